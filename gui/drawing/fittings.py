"""Small parts that the pages share, dressed by the theme: text, lines, buttons, ticks, choices, a field to find by."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QStyle,
    QStyleOptionButton,
    QToolButton,
    QWidget,
)

from gui.icons import icon, paint_icon
from gui.theme import Palette, Size, theme


class Text(QLabel):
    """Plain text of the type scale in a colour of the palette."""

    def __init__(
        self, text: str = "", size: Size = "control", weight: int = 400, token: str = "text", *, mono: bool = False,
        wraps: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(text)
        self._look: tuple[Size, int, bool] = (size, weight, mono)
        self._token = token
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wraps)
        theme().changed.connect(self._restyle)
        self._restyle()

    def tint(self, token: str) -> None:
        """Changes the colour to another token of the palette."""
        if token != self._token:
            self._token = token
            self._restyle()

    def _restyle(self) -> None:
        size, weight, mono = self._look
        self.setFont(theme().font(size, weight, mono=mono))
        colour: QColor = getattr(theme().palette, self._token)
        self.setStyleSheet(f"color: {colour.name()}; background: transparent;")


class Line(QFrame):
    """A hairline."""

    def __init__(self, *, upright: bool = False) -> None:
        super().__init__()
        if upright:
            self.setFixedWidth(1)
        else:
            self.setFixedHeight(1)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().palette.line)
        painter.end()


class Button(QPushButton):
    """A button; `primary` for the one that matters most, `flat` for those that matter least."""

    def __init__(self, text: str, *, mark: str = "", primary: bool = False, flat: bool = False) -> None:
        super().__init__(f" {text}" if mark else text)  # Qt sets an icon too close to its text
        self.setAccessibleName(text)
        self._mark, self._primary = mark, primary
        self.setProperty("primary", primary)
        self.setProperty("flat", flat)
        theme().changed.connect(self._restyle)
        self._restyle()

    def name(self, text: str) -> None:
        """Gives it another text."""
        self.setText(f" {text}" if self._mark else text)
        self.setAccessibleName(text)

    def _restyle(self) -> None:
        p = theme().palette
        self.setFont(theme().font("control", 500))
        if self._mark:
            self.setIcon(icon(self._mark, p.on_accent if self._primary else p.text, theme().px(14)))
            self.setIconSize(QSize(theme().px(14), theme().px(14)))


class IconButton(QToolButton):
    """An icon alone; `words` are its tool tip and its name."""

    def __init__(self, mark: str, words: str) -> None:
        super().__init__()
        self._mark = mark
        self.setToolTip(words)
        self.setAccessibleName(words)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        side = theme().px(14)
        self.setIcon(icon(self._mark, theme().palette.muted, side))
        self.setIconSize(QSize(side, side))


class Tick(QCheckBox):
    """A check box with a check in it: a style sheet draws none without an image file."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAccessibleName(text)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        accent, line, px = theme().palette.accent.name(), theme().palette.text.name(), theme().px
        self.setFont(theme().font())
        self.setStyleSheet(
            f"QCheckBox::indicator:checked {{ background: {accent}; border: 1px solid {accent};"
            f" width: {px(14)}px; height: {px(14)}px; }} QCheckBox::indicator:checked:focus {{ border-color: {line}; }}"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        if self.isChecked():
            option = QStyleOptionButton()
            self.initStyleOption(option)
            box = QRectF(self.style().subElementRect(QStyle.SubElement.SE_CheckBoxIndicator, option, self))
            mark = QRectF(0, 0, theme().px(10), theme().px(10))
            mark.moveCenter(box.center())
            paint_icon(painter, "check", mark, theme().palette.on_accent)
        if self.hasFocus():
            paint_focus(painter, QRectF(self.rect()), theme().palette)
        painter.end()


class Choice(QComboBox):
    """A list to choose from, with a chevron, for the same reason."""

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        px, painter = theme().px, QPainter(self)
        mark = QRectF(self.width() - px(24), (self.height() - px(14)) / 2, px(14), px(14))
        paint_icon(painter, "chevron-down", mark, theme().palette.muted)
        painter.end()


class Picture(QWidget):
    """A square that paints itself by `paint(painter, rect, palette)`."""

    def __init__(self, side: float, paint: Callable[[QPainter, QRectF, Palette], None]) -> None:
        super().__init__()
        self._side, self._paint = side, paint
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFixedSize(theme().px(self._side), theme().px(self._side))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint(painter, QRectF(self.rect()), theme().palette)
        painter.end()


class FindField(QLineEdit):
    """A line to find by, with a lens in front. Down and Enter go to what is found; Esc clears, then leaves."""

    into_results = Signal()
    left = Signal()

    def __init__(self, words: str, name: str) -> None:
        super().__init__()
        self.setPlaceholderText(words)
        self.setAccessibleName(name)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setTextMargins(theme().px(20), 0, 0, 0)
        self.setFont(theme().font())

    def event(self, event: QEvent) -> bool:
        """Esc is its own, not the window's."""
        return keeps_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.into_results.emit()
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, side = QPainter(self), theme().px(14)
        place = QRectF(theme().px(9), (self.height() - side) / 2, side, side)
        paint_icon(painter, "search", place, theme().palette.muted)
        painter.end()


def keeps_escape(event: QEvent) -> bool:
    """For a widget's `event`: keeps Esc from the window's shortcuts, so that it comes as a key. Whether it did."""
    if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.ShortcutOverride:
        return False
    if event.key() == Qt.Key.Key_Escape:
        event.accept()
    return event.key() == Qt.Key.Key_Escape


def paint_focus(painter: QPainter, rect: QRectF, palette: Palette) -> None:
    """The focus of a row or a box: 2 px of accent, inside."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.accent, 2))
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 3, 3)
    painter.restore()


def write(
    painter: QPainter, room: QRectF, text: str, font: QFont, colour: QColor,
    align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
) -> float:  # fmt: skip
    """Writes one line, shortened where it does not fit. Returns its width."""
    metrics = QFontMetricsF(font)
    fitting = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room.width()))
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(room, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, fitting)
    return metrics.horizontalAdvance(fitting)


def paint_caps(painter: QPainter, right: float, middle: float, shortcut: str, palette: Palette) -> float:
    """Draws a combination of keys as caps that end at `right`; returns where they begin."""
    look, px = theme(), theme().px
    font = look.font("caption", mono=True)
    metrics = QFontMetricsF(font)
    for cap in reversed(caps(shortcut)):
        width = max(px(18), metrics.horizontalAdvance(cap) + px(10))
        box = QRectF(right - width, middle - px(9), width, px(18)).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(palette.line_strong if palette.high_contrast else palette.line, 1))
        painter.setBrush(palette.raised)
        painter.drawRoundedRect(box, 3, 3)
        painter.setFont(font)
        painter.setPen(palette.muted)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, cap)
        right -= width + px(4)
    return right


def caps(shortcut: str) -> list[str]:
    """ "Ctrl+Shift+P" as its keys; the last may be "+" itself."""
    if shortcut.endswith("+") and shortcut not in ("", "+"):
        return [*caps(shortcut[:-1].removesuffix("+")), "+"]
    return [part for part in shortcut.split("+") if part] if shortcut != "+" else ["+"]


def grounded(widget: QWidget, token: str = "surface") -> None:
    """Fills the widget's ground with a colour of the palette."""
    palette = widget.palette()
    palette.setColor(widget.backgroundRole(), getattr(theme().palette, token))
    widget.setPalette(palette)
    widget.setAutoFillBackground(True)
