"""The style sheet for the stock widgets, written from the tokens."""

from collections.abc import Callable

from gui.tokens import Palette

_SHEET = """
QWidget[page="true"] {{ background: {surface}; }}
QToolTip {{ background: {surface}; color: {text}; border: 1px solid {line_strong}; padding: {p4}px {p8}px; }}

QPushButton {{ background: {surface}; color: {text}; border: 1px solid {button_line}; border-radius: {p6}px;
  padding: {p5}px {p12}px; min-height: {p18}px; }}
QPushButton:hover {{ background: {raised}; border-color: {line_strong}; }}
QPushButton:pressed {{ background: {sunken}; }}
QPushButton:checked {{ background: {accent_tint}; color: {accent}; border-color: {tint_line}; }}
QPushButton:focus {{ border: 2px solid {accent}; padding: {p4}px {p11}px; }}
QPushButton:disabled {{ color: {skipped}; border-color: {line}; }}
QPushButton[primary="true"] {{ background: {accent}; color: {on_accent}; border-color: {accent}; }}
QPushButton[primary="true"]:focus {{ border: 2px solid {text}; }}
QPushButton[primary="true"]:disabled {{ background: {sunken}; color: {skipped}; border-color: {line}; }}
QPushButton[flat="true"] {{ background: transparent; border-color: transparent; }}
QPushButton[flat="true"]:hover {{ background: {sunken}; }}
QToolButton {{ background: transparent; border: 1px solid transparent; border-radius: {p6}px; padding: {p4}px; }}
QToolButton:hover {{ background: {sunken}; }}
QToolButton:checked {{ background: {accent_tint}; border-color: {tint_line}; }}
QToolButton:focus {{ border: 2px solid {accent}; padding: {p3}px; }}
QToolButton::menu-indicator {{ image: none; }}

QLineEdit, QPlainTextEdit, QTextEdit, QSpinBox, QDoubleSpinBox, QComboBox {{ background: {surface}; color: {text};
  border: 1px solid {line_strong}; border-radius: {p6}px; padding: {p4}px {p8}px;
  selection-background-color: {accent}; selection-color: {on_accent}; }}
QLineEdit:focus, QPlainTextEdit:focus, QTextEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus {{
  border: 2px solid {accent}; padding: {p3}px {p7}px; }}
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {{ color: {skipped};
  border-color: {line}; }}
QComboBox::drop-down {{ border: none; width: {p24}px; }}
QComboBox QAbstractItemView {{ background: {surface}; border: 1px solid {line_strong}; outline: none;
  selection-background-color: {accent_tint}; selection-color: {accent}; }}

QTabWidget::pane {{ border: none; border-top: 1px solid {line}; }}
QTabBar {{ background: transparent; qproperty-drawBase: 0; }}
QTabBar::tab {{ background: transparent; color: {muted}; border: none; border-bottom: 2px solid transparent;
  padding: {p8}px 0; margin-right: {p24}px; }}
QTabBar::tab:hover {{ color: {text}; }}
QTabBar::tab:selected {{ color: {text}; border-bottom: 2px solid {accent}; }}
QTabBar::tab:focus {{ color: {accent}; }}

QMenu {{ background: {surface}; color: {text}; border: 1px solid {line_strong}; padding: {p4}px; }}
QMenu::item {{ padding: {p6}px {p24}px {p6}px {p12}px; border-radius: {p4}px; }}
QMenu::item:selected {{ background: {accent_tint}; color: {accent}; }}
QMenu::item:disabled {{ color: {skipped}; }}
QMenu::separator {{ height: 1px; background: {line}; margin: {p4}px {p8}px; }}
QMenuBar {{ background: {surface}; }}
QMenuBar::item:selected {{ background: {accent_tint}; color: {accent}; }}

QHeaderView::section {{ background: {surface}; color: {muted}; border: none; border-bottom: 1px solid {line};
  padding: {p6}px {p8}px; }}
QTableView, QTreeView, QListView {{ background: {surface}; border: none; gridline-color: {line};
  selection-background-color: {accent_tint}; selection-color: {text}; outline: none; }}
QTableView::item:focus, QTreeView::item:focus, QListView::item:focus {{ border: 1px solid {accent}; }}

QCheckBox, QRadioButton {{ spacing: {p8}px; }}
QCheckBox::indicator, QRadioButton::indicator {{ width: {p14}px; height: {p14}px; background: {surface};
  border: 1px solid {line_strong}; border-radius: {p3}px; }}
QRadioButton::indicator {{ border-radius: {p8}px; }}
QCheckBox::indicator:checked, QRadioButton::indicator:checked {{ background: {accent}; border: {p3}px solid {surface};
  outline: 1px solid {accent}; }}
QCheckBox::indicator:focus, QRadioButton::indicator:focus {{ border-color: {accent}; }}

QScrollArea {{ border: none; background: transparent; }}
QSplitter::handle {{ background: {line}; }}
QSplitter::handle:hover {{ background: {accent}; }}
QScrollBar:vertical {{ background: transparent; width: {p12}px; margin: 0; }}
QScrollBar:horizontal {{ background: transparent; height: {p12}px; margin: 0; }}
QScrollBar::handle {{ background: {line_strong}; border: {p3}px solid {surface}; border-radius: {p6}px; }}
QScrollBar::handle:vertical {{ min-height: {p32}px; }}
QScrollBar::handle:horizontal {{ min-width: {p32}px; }}
QScrollBar::handle:hover {{ background: {muted}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
QProgressBar {{ background: {sunken}; border: none; border-radius: {p3}px; height: {p6}px; color: transparent; }}
QProgressBar::chunk {{ background: {accent}; border-radius: {p3}px; }}
QGroupBox {{ border: none; border-top: 1px solid {line}; margin-top: {p16}px; padding-top: {p12}px; }}
QGroupBox::title {{ subcontrol-origin: margin; left: 0; color: {muted}; }}
QStatusBar::item {{ border: none; }}
"""

_TOKENS = (
    "surface", "raised", "sunken", "line", "line_strong", "text", "muted", "accent", "accent_tint", "tint_line",
    "on_accent", "skipped",
)  # fmt: skip
_LENGTHS = (3, 4, 5, 6, 7, 8, 11, 12, 14, 16, 18, 24, 32)


def style_sheet(colours: Palette, px: Callable[[float], int]) -> str:
    """The sheet for one palette; `px` scales a length by the zoom."""
    values: dict[str, object] = {token: getattr(colours, token).name() for token in _TOKENS}
    values |= {f"p{length}": px(length) for length in _LENGTHS}
    values["button_line"] = (colours.line_strong if colours.high_contrast else colours.line).name()
    return _SHEET.format_map(values)
