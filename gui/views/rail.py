"""The rail: a column of pages, one icon each, with the mark of the app on top and the settings at the bottom."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QSizePolicy, QVBoxLayout, QWidget

from gui.drawing.labels import Ink, Word
from gui.icons import paint_icon
from gui.theme import Theme, theme

WIDTH, BUTTON, ICON, GAP = 56.0, 40.0, 18.0, 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the window. `name` is what the rail says when it is chosen; `shortcut` is shown, not bound."""

    name: str
    icon: str
    title: str
    shortcut: str = ""
    bottom: bool = False


class Rail(QWidget):
    """One stop of the Tab key: Up and Down move, Enter and Space choose."""

    page_chosen = Signal(str)

    def __init__(self, pages: Sequence[Page], parent: QWidget | None = None, *, look: Theme | None = None) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self._group = QButtonGroup(self)
        self.buttons = {page.name: RailButton(page, self._theme, self) for page in pages}
        self._column = QVBoxLayout(self)
        self._mark = _Mark(self._theme, self)
        self._column.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignHCenter)
        for page in (page for page in pages if not page.bottom):
            self._add(page)
        self._column.addStretch(1)
        for page in (page for page in pages if page.bottom):
            self._add(page)
        if pages:
            self.show_page(min(pages, key=lambda page: page.bottom).name)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Pages")
        self._theme.changed.connect(self._dress)
        self._dress()

    def show_page(self, name: str) -> None:
        """Marks a page as the one that is open. Says nothing. Raises KeyError for an unknown name."""
        chosen = self.buttons[name]
        chosen.setChecked(True)
        for button in self.buttons.values():
            here = button is chosen
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus if here else Qt.FocusPolicy.ClickFocus)

    @property
    def page(self) -> str:
        """The page that is marked as open."""
        return next((name for name, button in self.buttons.items() if button.isChecked()), "")

    def set_badge(self, name: str, text: str) -> None:
        """Puts a word or a number at a page's icon; an empty one takes it away."""
        self.buttons[name].set_badge(text)

    def _add(self, page: Page) -> None:
        button = self.buttons[page.name]
        self._group.addButton(button)
        self._column.addWidget(button)
        button.installEventFilter(self)
        button.clicked.connect(lambda _=False, name=page.name: self._choose(name))

    def _choose(self, name: str) -> None:
        self.show_page(name)
        self.page_chosen.emit(name)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            return self._key(watched, event)
        return super().eventFilter(watched, event)

    def _key(self, watched: QObject, event: QKeyEvent) -> bool:
        buttons: list[QAbstractButton] = self._group.buttons()
        place = next((i for i, button in enumerate(buttons) if button is watched), 0)
        match event.key():
            case Qt.Key.Key_Up | Qt.Key.Key_Left:
                place -= 1
            case Qt.Key.Key_Down | Qt.Key.Key_Right:
                place += 1
            case Qt.Key.Key_Home:
                place = 0
            case Qt.Key.Key_End:
                place = len(buttons) - 1
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                buttons[place].click()
                return True
            case _:
                return False
        buttons[place % len(buttons)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def _dress(self) -> None:
        self._column.setContentsMargins(0, self._theme.px(8), 0, self._theme.px(8))
        self._column.setSpacing(self._theme.px(GAP))
        self.setFixedWidth(self._theme.px(WIDTH))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), palette.raised)
        painter.fillRect(self.width() - 1, 0, 1, self.height(), palette.line)
        painter.end()


class _Mark(QWidget):
    """The mark of the app: a line that falls over to the next."""

    def __init__(self, look: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = look
        look.changed.connect(self._renew)
        self._renew()

    def _renew(self) -> None:
        self.setFixedSize(self._theme.px(WIDTH), self._theme.px(48))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, side = QPainter(self), self._theme.px(20)
        place = QRectF((self.width() - side) / 2, self._theme.px(6), side, side)
        paint_icon(painter, "app", place, self._theme.palette.text)
        painter.end()


class RailButton(QAbstractButton):
    """A page's icon, framed and with a bar at the left while its page is open."""

    def __init__(self, page: Page, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.page, self._theme, self.badge = page, look, ""
        self.setCheckable(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        shortcut = QKeySequence(page.shortcut).toString(QKeySequence.SequenceFormat.NativeText)
        self.setToolTip(f"{page.title}  {shortcut}" if shortcut else page.title)
        self._name()
        look.changed.connect(self._renew)
        self._renew()

    def set_badge(self, text: str) -> None:
        self.badge = text
        self._name()
        self.update()

    def _name(self) -> None:
        self.setAccessibleName(f"{self.page.title}, {self.badge}" if self.badge else self.page.title)

    def _renew(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(WIDTH), self._theme.px(BUTTON))

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter = self._theme.palette, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self._theme.zoom, self._theme.zoom)
        box = QRectF((WIDTH - BUTTON) / 2, 0, BUTTON, BUTTON).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(palette.accent_tint)
            painter.setPen(QPen(palette.tint_line, 1))
            painter.drawRoundedRect(box, 6, 6)
            painter.fillRect(QRectF(0, 10, 2, BUTTON - 20), palette.accent)
        elif self.underMouse() or self.isDown():
            painter.setBrush(palette.sunken)
            painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(palette.accent, 2))
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        lit = self.isChecked() or self.underMouse() or self.hasFocus()
        colour = palette.accent if self.isChecked() else palette.text if lit else palette.muted
        place = QRectF((WIDTH - ICON) / 2, (BUTTON - ICON) / 2, ICON, ICON)
        paint_icon(painter, self.page.icon, place, colour)
        if self.badge:
            self._paint_badge(painter)
        painter.end()

    def _paint_badge(self, painter: QPainter) -> None:
        ink, palette = Ink(painter, self._theme), self._theme.palette
        word = (Word(self.badge, palette.on_accent, 600),)
        width = max(16.0, ink.width(word) + 8)
        rect = QRectF(WIDTH - 6 - width, 1, width, 16)
        painter.setPen(QPen(palette.raised, 2))
        painter.setBrush(palette.accent)
        painter.drawRoundedRect(rect, 8, 8)
        ink.write(word, QPointF(rect.center().x() - ink.width(word) / 2, rect.top()))
