"""A theme to choose, as a small picture of the window in its colours."""

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QWidget

from gui.drawing.fittings import write
from gui.icons import paint_icon
from gui.theme import PALETTES, Mode, Palette, State, theme

NAMES: dict[Mode, str] = {
    "system": "System",
    "light": "Light",
    "dark": "Dark",
    "hc-light": "High contrast, light",
    "hc-dark": "High contrast, dark",
}
WIDTH, HEIGHT, PICTURE = 136, 120, 84
BARS = ((0.0, 0.34, State.FAILED_TRANSIENT), (0.3, 0.66, State.SUPERSEDED), (0.6, 1.0, State.STREAMING))


class Swatch(QAbstractButton):
    def __init__(self, mode: Mode) -> None:
        super().__init__()
        self.mode: Mode = mode
        self.setCheckable(True)
        self.setAccessibleName(f"Theme: {NAMES[mode]}")
        self.setText(NAMES[mode])
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme().px(WIDTH), theme().px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        px, p, painter = theme().px, theme().palette, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(2, 2, self.width() - 4, px(PICTURE))
        outline = QPainterPath()
        outline.addRoundedRect(box, px(6), px(6))
        painter.save()
        painter.setClipPath(outline)
        halves = ("light", "dark") if self.mode == "system" else (self.mode,)
        for place, name in enumerate(halves):
            painter.save()
            wide = box.width() / len(halves)
            painter.setClipRect(QRectF(box.left() + place * wide, box.top(), wide, box.height()), _WITHIN)
            _picture(painter, box, PALETTES[name], theme().zoom)
            painter.restore()
        painter.restore()
        self._frame(painter, outline)
        room = QRectF(0, box.bottom() + px(4), self.width(), self.height() - box.bottom() - px(4))
        if self.isChecked():
            paint_icon(painter, "check", QRectF(2, room.center().y() - px(6), px(12), px(12)), p.accent)
            room.setLeft(px(18))
        colour = p.accent if self.isChecked() else p.text
        write(painter, room, self.text(), theme().font("caption", 600 if self.isChecked() else 400), colour)
        painter.end()

    def _frame(self, painter: QPainter, outline: QPainterPath) -> None:
        p = theme().palette
        strong = self.isChecked() or self.hasFocus()
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(p.accent if strong else p.line_strong, 2 if strong else 1))
        painter.drawPath(outline)
        if self.hasFocus():
            painter.setPen(QPen(p.text, 1, Qt.PenStyle.DotLine))
            painter.drawRect(QRectF(0.5, self.height() - theme().px(30), self.width() - 1, theme().px(29)))


_WITHIN = Qt.ClipOperation.IntersectClip


def _picture(painter: QPainter, box: QRectF, p: Palette, zoom: float) -> None:
    """A rail, two lines of text, and a run that fell back twice."""
    painter.fillRect(box, p.surface)
    rail = QRectF(box.left(), box.top(), 14 * zoom, box.height())
    painter.fillRect(rail, p.raised)
    painter.fillRect(QRectF(rail.right(), box.top(), 1, box.height()), p.line)
    left, wide = rail.right() + 10 * zoom, box.width() - rail.width() - 20 * zoom
    for row, (share, colour) in enumerate(((0.82, p.text), (0.55, p.muted))):
        painter.fillRect(QRectF(left, box.top() + (12 + 9 * row) * zoom, wide * share, 3 * zoom), colour)
    for row, (begin, end, state) in enumerate(BARS):
        top = box.top() + (38 + 13 * row) * zoom
        painter.fillRect(QRectF(left + begin * wide, top, (end - begin) * wide, 7 * zoom), p.state(state))


class ThemeChooser(QWidget):
    """The five themes side by side; arrow keys choose."""

    def __init__(self) -> None:
        super().__init__()
        self.group = QButtonGroup(self)
        self.group.setExclusive(True)
        self.swatches = {mode: Swatch(mode) for mode in NAMES}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        for swatch in self.swatches.values():
            self.group.addButton(swatch)
        self.setMinimumWidth(1)
        self._columns = 0
        theme().changed.connect(self._arrange)
        self._arrange()

    def _arrange(self) -> None:
        """As many in a row as fit."""
        columns = max(1, self.width() // (theme().px(WIDTH) + self._grid.horizontalSpacing()))
        if columns != self._columns:
            self._grid.setColumnStretch(self._columns, 0)
            self._columns = columns
            for place, swatch in enumerate(self.swatches.values()):
                self._grid.addWidget(swatch, place // columns, place % columns, Qt.AlignmentFlag.AlignLeft)
            self._grid.setColumnStretch(columns, 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    @property
    def mode(self) -> Mode:
        chosen = self.group.checkedButton()
        return chosen.mode if isinstance(chosen, Swatch) else "system"

    def choose(self, mode: str) -> None:
        next((s for m, s in self.swatches.items() if m == mode), self.swatches["system"]).setChecked(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        if event.key() not in steps:
            super().keyPressEvent(event)
            return
        modes = list(self.swatches)
        place = (modes.index(self.mode) + steps[Qt.Key(event.key())]) % len(modes)
        self.swatches[modes[place]].click()
        self.swatches[modes[place]].setFocus()
