"""Icons as paths on a grid of 16: strokes of 1.5 with round ends, drawn in any colour, size and pixel ratio.

The path language: M x y, L x y, Q cx cy x y, C x1 y1 x2 y2 x y, Z, A x y w h start sweep (degrees, counter-clockwise),
O cx cy radius (a circle), R x y w h radius (a rounded rectangle). What stands behind `|` is filled.
"""

from collections.abc import Iterator
from functools import cache

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QIcon, QIconEngine, QPainter, QPainterPath, QPen, QPixmap

GRID = 16.0
STROKE = 1.5

ICONS: dict[str, str] = {
    "app": "M 1.5 3 L 6.5 3 L 6.5 8 L 11 8 L 11 13 L 14.5 13",
    "arrow-next": "M 2.5 8 L 13 8 M 9.2 4.2 L 13 8 L 9.2 11.8",
    "arrow-up": "M 8 13 L 8 3 M 4.2 6.8 L 8 3 L 11.8 6.8",
    "attach": "M 13.2 7.4 L 8 12.6 C 6.6 14 4.4 14 3.1 12.7 C 1.8 11.4 1.9 9.3 3.2 8 L 8.7 2.6 "
    "C 9.6 1.7 11 1.7 11.9 2.6 C 12.7 3.5 12.7 4.9 11.8 5.7 L 6.6 10.9 C 6.2 11.3 5.5 11.3 5.1 10.9 "
    "C 4.7 10.5 4.7 9.8 5.1 9.4 L 9.6 5",
    "bolt": "M 9.2 1.6 L 3 9.2 L 7.4 9.2 L 6.6 14.4 L 13 6.6 L 8.6 6.6 Z",
    "chat": "M 3 2.8 L 13 2.8 Q 14.2 2.8 14.2 4 L 14.2 10 Q 14.2 11.2 13 11.2 L 7 11.2 L 4 13.8 L 4 11.2 L 3 11.2 "
    "Q 1.8 11.2 1.8 10 L 1.8 4 Q 1.8 2.8 3 2.8 Z",
    "check": "M 2.6 8.6 L 6.2 12.2 L 13.4 4.2",
    "chevron-down": "M 4 6 L 8 10 L 12 6",
    "chevron-right": "M 6 4 L 10 8 L 6 12",
    "chevrons": "M 3.4 3.6 L 7.6 8 L 3.4 12.4 M 8.4 3.6 L 12.6 8 L 8.4 12.4",
    "clock": "O 8 8 6.2 M 8 4.6 L 8 8.2 L 10.6 9.6",
    "close": "M 3.6 3.6 L 12.4 12.4 M 12.4 3.6 L 3.6 12.4",
    "columns": "R 1.8 3 3 10 .8 R 6.5 3 3 10 .8 R 11.2 3 3 10 .8",
    "copy": "R 5.4 5.4 8.6 8.6 1.4 M 10.6 2.4 L 3.6 2.4 Q 2.2 2.4 2.2 3.8 L 2.2 10.6",
    "cross": "M 3.4 3.4 L 12.6 12.6 M 12.6 3.4 L 3.4 12.6",
    "discarded": "M 4.4 4 L 13 4 M 1.6 8 L 14.4 8 M 4.4 12 L 10.6 12",
    "download": "M 8 2.2 L 8 10.4 M 4.6 7.2 L 8 10.6 L 11.4 7.2 M 2.4 13.6 L 13.6 13.6",
    "drag": "| O 5.6 3.6 1.1 O 10.4 3.6 1.1 O 5.6 8 1.1 O 10.4 8 1.1 O 5.6 12.4 1.1 O 10.4 12.4 1.1",
    "eye": "M 1.4 8 C 3.4 4.6 5.6 3.4 8 3.4 C 10.4 3.4 12.6 4.6 14.6 8 C 12.6 11.4 10.4 12.6 8 12.6 "
    "C 5.6 12.6 3.4 11.4 1.4 8 Z O 8 8 2.1",
    "fallback": "M 3.4 2.4 L 3.4 8.4 Q 3.4 10.4 5.4 10.4 L 13 10.4 M 9.8 7.2 L 13 10.4 L 9.8 13.6",
    "follow": "M 2 8 L 10.4 8 M 7 4.6 L 10.4 8 L 7 11.4 M 13.8 2.8 L 13.8 13.2",
    "grid": "R 2.2 2.2 4.6 4.6 .8 R 9.2 2.2 4.6 4.6 .8 R 2.2 9.2 4.6 4.6 .8 R 9.2 9.2 4.6 4.6 .8",
    "key": "O 4.4 8 2.7 M 7.2 8 L 14.4 8 L 14.4 10.4 M 11.4 8 L 11.4 10",
    "lines": "M 2 4 L 14 4 M 2 8 L 10.6 8 M 2 12 L 7.4 12",
    "link": "M 6.6 9.4 L 9.4 6.6 M 7.6 4.6 L 9.6 2.6 C 10.8 1.5 12.4 1.6 13.4 2.6 C 14.4 3.6 14.5 5.2 13.4 6.4 "
    "L 11.4 8.4 M 8.4 11.4 L 6.4 13.4 C 5.2 14.5 3.6 14.4 2.6 13.4 C 1.6 12.4 1.5 10.8 2.6 9.6 L 4.6 7.6",
    "lock": "R 2.8 7 10.4 6.8 1.2 M 5 7 L 5 5 C 5 1.2 11 1.2 11 5 L 11 7",
    "pause": "M 5.4 3.4 L 5.4 12.6 M 10.6 3.4 L 10.6 12.6",
    "play": "M 4.4 2.8 L 13 8 L 4.4 13.2 Z",
    "plus": "M 8 3 L 8 13 M 3 8 L 13 8",
    "retry": "A 2.6 2.6 10.8 10.8 40 290 M 12.4 1.6 L 12.3 4.6 L 9.3 4.5",
    "ring": "O 8 8 4.6",
    "rotate": "A 2.6 2.6 10.8 10.8 150 -125 M 13.6 2.2 L 12.9 5.5 L 9.7 5.1 A 2.6 2.6 10.8 10.8 330 -125 "
    "M 2.4 13.8 L 3.1 10.5 L 6.3 10.9",
    "search": "O 6.8 6.8 4.6 M 10.3 10.3 L 14 14",
    "settings": "O 8 8 2.2 M 8 1.6 L 8 3.4 M 8 12.6 L 8 14.4 M 1.6 8 L 3.4 8 M 12.6 8 L 14.4 8 M 3.5 3.5 L 4.7 4.7 "
    "M 11.3 11.3 L 12.5 12.5 M 12.5 3.5 L 11.3 4.7 M 4.7 11.3 L 3.5 12.5",
    "sliders": "M 1.8 4.6 L 8.2 4.6 O 10.2 4.6 1.8 M 12.2 4.6 L 14.2 4.6 M 1.8 11.4 L 3.8 11.4 O 5.8 11.4 1.8 "
    "M 7.8 11.4 L 14.2 11.4",
    "snowflake": "M 8 1.8 L 8 14.2 M 2.6 4.9 L 13.4 11.1 M 13.4 4.9 L 2.6 11.1",
    "stall": "M 3.6 2 L 12.4 2 M 3.6 14 L 12.4 14 M 4.8 2 C 4.8 7 11.2 9 11.2 14 M 11.2 2 C 11.2 7 4.8 9 4.8 14",
    "star": "M 8 1.4 C 8.6 5.6 10.4 7.4 14.6 8 C 10.4 8.6 8.6 10.4 8 14.6 C 7.4 10.4 5.6 8.6 1.4 8 "
    "C 5.6 7.4 7.4 5.6 8 1.4 Z",
    "stop": "R 3.4 3.4 9.2 9.2 1",
    "table": "R 2 2.6 12 10.8 1 M 2 6.4 L 14 6.4 M 6.6 6.4 L 6.6 13.4",
    "timeline": "M 1.8 3.8 L 7 3.8 M 5 8 L 11 8 M 9 12.2 L 14.2 12.2",
    "trash": "M 2.4 4.2 L 13.6 4.2 M 6 4 L 6 2.2 L 10 2.2 L 10 4 M 3.8 4.4 L 4.6 13.8 L 11.4 13.8 L 12.2 4.4 "
    "M 6.7 7 L 6.8 11 M 9.3 7 L 9.2 11",
    "upload": "M 8 10.8 L 8 2.6 M 4.6 5.8 L 8 2.4 L 11.4 5.8 M 2.4 13.6 L 13.6 13.6",
    "warning": "M 8 2 L 14.6 13.4 L 1.4 13.4 Z M 8 6.4 L 8 9.2 | O 8 11.3 .85",
}


def icon(name: str, colour: QColor, size: int = 16) -> QIcon:
    """The icon in `colour`; greyed where disabled. It stays sharp at every size and ratio; `size` is its own size."""
    return QIcon(_Engine(name, QColor(colour), size))


def paint_icon(painter: QPainter, name: str, rect: QRectF, colour: QColor) -> None:
    """Draws the icon into `rect`, which should be a square. Raises KeyError for an unknown name."""
    strokes, filled = _paths(name)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(rect.topLeft())
    painter.scale(rect.width() / GRID, rect.height() / GRID)
    pen = QPen(colour, STROKE * max(1.0, 13.5 / rect.width()))  # small icons keep a line of about 1.3
    pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(strokes)
    painter.fillPath(filled, colour)
    painter.restore()


def pixmap(name: str, colour: QColor, size: int, ratio: float = 1.0) -> QPixmap:
    """The icon as a pixmap of `size` logical pixels at a device pixel ratio."""
    drawn = QPixmap(round(size * ratio), round(size * ratio))
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    paint_icon(painter, name, QRectF(0, 0, size, size), colour)
    painter.end()
    return drawn


class _Engine(QIconEngine):
    def __init__(self, name: str, colour: QColor, size: int) -> None:
        super().__init__()
        self._name, self._colour, self._size = name, colour, size

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = QColor(self._colour)
        if mode is QIcon.Mode.Disabled:
            colour.setAlphaF(0.4)
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        paint_icon(painter, self._name, square, colour)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        drawn = QPixmap(size * scale)
        drawn.fill(Qt.GlobalColor.transparent)
        painter = QPainter(drawn)
        self.paint(painter, drawn.rect(), mode, state)
        painter.end()
        drawn.setDevicePixelRatio(scale)
        return drawn

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        return self.scaledPixmap(size, mode, state, 1.0)

    def actualSize(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QSize:
        side = min(size.width(), size.height(), self._size) if size.isValid() else self._size
        return QSize(side, side)

    def clone(self) -> QIconEngine:
        return _Engine(self._name, self._colour, self._size)


@cache
def _paths(name: str) -> tuple[QPainterPath, QPainterPath]:
    strokes, _, filled = ICONS[name].partition("|")
    return _path(strokes), _path(filled)


def _path(text: str) -> QPainterPath:
    path, tokens = QPainterPath(), iter(text.split())
    for command in tokens:
        _draw(path, command, tokens)
    return path


def _draw(path: QPainterPath, command: str, tokens: Iterator[str]) -> None:
    count = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0, "A": 6, "O": 3, "R": 5}[command]
    n = [float(next(tokens)) for _ in range(count)]
    match command:
        case "M":
            path.moveTo(n[0], n[1])
        case "L":
            path.lineTo(n[0], n[1])
        case "Q":
            path.quadTo(n[0], n[1], n[2], n[3])
        case "C":
            path.cubicTo(n[0], n[1], n[2], n[3], n[4], n[5])
        case "A":
            path.arcMoveTo(QRectF(n[0], n[1], n[2], n[3]), n[4])
            path.arcTo(QRectF(n[0], n[1], n[2], n[3]), n[4], n[5])
        case "O":
            path.addEllipse(QPointF(n[0], n[1]), n[2], n[2])
        case "R":
            path.addRoundedRect(QRectF(n[0], n[1], n[2], n[3]), n[4], n[4])
        case _:
            path.closeSubpath()
