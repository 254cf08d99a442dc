"""The figures of a selected stretch of time, in a small panel over the plot."""

from html import escape

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gui.models.area import Facts
from gui.theme import Theme


class AreaPanel(QFrame):
    """Stands at the lower right of its parent while an area is selected."""

    zoom_asked = Signal()
    close_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._over = theme, parent
        self.setAccessibleName("Selected time")
        self._label = QLabel(self)
        self.zoom = QPushButton("Zoom to it", self)
        self.zoom.setToolTip("Show only this stretch (R)")
        self.close_button = QPushButton("Drop", self)
        self.close_button.setToolTip("Drop the selection (Esc)")
        self.zoom.clicked.connect(self.zoom_asked)
        self.close_button.clicked.connect(self.close_asked)
        buttons = QHBoxLayout()
        buttons.addWidget(self.zoom)
        buttons.addWidget(self.close_button)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        px = theme.px
        column.setContentsMargins(px(12), px(8), px(12), px(12))
        column.setSpacing(px(8))
        column.addWidget(self._label)
        column.addLayout(buttons)
        theme.changed.connect(self._dress)
        self._dress()
        self.hide()

    def show_facts(self, facts: Facts | None) -> None:
        """Shows the figures; None hides the panel."""
        if facts is None:
            self.hide()
            return
        lines = facts.lines()
        self.setAccessibleDescription(", ".join(f"{name} {value}" for name, value in lines))
        muted = self._theme.palette.muted.name()
        rows = "".join(
            f"<tr><td style='color:{muted};padding-right:16px'>{escape(name)}</td><td>{escape(value)}</td></tr>"
            for name, value in lines
        )
        self._label.setText(f"<table cellspacing='0' cellpadding='1'>{rows}</table>")
        self.adjustSize()
        self.place()
        self.show()
        self.raise_()

    def place(self) -> None:
        parent, gap = self._over.rect(), self._theme.px(12)
        self.move(max(0, parent.right() - self.width() - gap), max(0, parent.bottom() - self.height() - gap))

    def _dress(self) -> None:
        palette = self._theme.palette
        self.setStyleSheet(
            f"AreaPanel {{ background: {palette.surface.name()}; border: 1px solid {palette.line_strong.name()};"
            f" border-radius: {self._theme.px(6)}px; }} QLabel {{ border: none; background: transparent; }}"
        )
        self._label.setFont(self._theme.font("caption"))
