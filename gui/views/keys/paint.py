"""How the keys page is painted: states, rings and strips, by the tokens and at any zoom."""

from typing import NamedTuple

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from gui.icons import paint_icon
from gui.models.key_past import WINDOW, Mark, MarkKind
from gui.models.keys import KeyRow, Standing
from gui.theme import Palette, State


class Look(NamedTuple):
    state: State
    icon: str


LOOKS: dict[Standing, Look] = {
    Standing.SERVING: Look(State.STREAMING, "lines"),
    Standing.READY: Look(State.SUCCEEDED, "ring"),
    Standing.COOLING: Look(State.COOLING, "snowflake"),
    Standing.PROBATION: Look(State.FAILED_TRANSIENT, "warning"),
    Standing.DEAD: Look(State.FAILED_PERMANENT, "cross"),
    Standing.UNREACHABLE: Look(State.FAILED_PERMANENT, "lock"),
    Standing.UNCHECKED: Look(State.WAITING, "clock"),
    Standing.OFF: Look(State.SKIPPED, "chevrons"),
}

MARKS: dict[MarkKind, State] = {
    MarkKind.SERVED: State.SUCCEEDED,
    MarkKind.FAILED: State.FAILED_TRANSIENT,
    MarkKind.COOLING: State.COOLING,
    MarkKind.DEAD: State.FAILED_PERMANENT,
    MarkKind.LIVE: State.STREAMING,
}
LEAST = 3.0  # px at zoom 1: the narrowest mark that still shows


def colour_of(standing: Standing, palette: Palette) -> QColor:
    return palette.state(LOOKS[standing].state)


def left_of(row: KeyRow, now: float) -> float:
    """The part of a rest that is left, from 1 down to 0."""
    if row.since is None or row.until is None or row.until <= row.since:
        return 0.0
    return min(1.0, max(0.0, (row.until - now) / (row.until - row.since)))


def paint_state(painter: QPainter, rect: QRectF, row: KeyRow, now: float, palette: Palette) -> None:
    """The icon of a key's state; while it cools, the ring that empties."""
    if row.state is Standing.COOLING:
        paint_ring(painter, rect, left_of(row, now), rect.width() * 0.16, palette)
        return
    look = LOOKS[row.state]
    paint_icon(painter, look.icon, rect, palette.state(look.state))


def paint_ring(painter: QPainter, rect: QRectF, left: float, width: float, palette: Palette) -> None:
    """A countdown: full at the start, emptying clockwise from twelve o'clock."""
    box = rect.adjusted(width / 2, width / 2, -width / 2, -width / 2)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.grid, width))
    painter.drawEllipse(box)
    painter.setPen(QPen(palette.cooling, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.drawArc(box, 90 * 16, round(360 * 16 * left))
    painter.restore()


def paint_strip(
    painter: QPainter, rect: QRectF, marks: tuple[Mark, ...], now: float, zoom: float, palette: Palette, ground: QColor
) -> None:
    """The last 15 minutes: a base line, what lasted on it, and failures as upright ticks over it. `ground` is the
    colour of the row, which clears the base line below a pattern."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle = rect.center().y()
    painter.fillRect(QRectF(rect.left(), middle - zoom, rect.width(), 2 * zoom), palette.line)
    for mark in marks:
        start = max(rect.left(), rect.right() - (now - mark.start) / WINDOW * rect.width())
        end = max(rect.left(), rect.right() - (now - mark.end) / WINDOW * rect.width())
        paint_mark(painter, mark.kind, start, min(rect.right(), end), middle, zoom, palette, ground)
    painter.restore()


def paint_mark(
    painter: QPainter, kind: MarkKind, start: float, end: float, middle: float, zoom: float, palette: Palette,
    ground: QColor,
) -> None:  # fmt: skip
    """One mark: solid bar, tick, upright lines, cross-hatch or block, so that it is told without its colour."""
    colour, least = palette.state(MARKS[kind]), LEAST * zoom
    start, end = (start, end) if end - start >= least else (end - least, end)
    match kind:
        case MarkKind.SERVED:
            painter.fillRect(QRectF(start, middle - 2 * zoom, end - start, 4 * zoom), colour)
        case MarkKind.FAILED:
            painter.fillRect(QRectF(start, middle - 5 * zoom, end - start, 10 * zoom), colour)
        case MarkKind.LIVE:
            width = max(end - start, 8 * zoom)
            painter.fillRect(QRectF(end - width, middle - 5 * zoom, width, 10 * zoom), colour)
        case MarkKind.COOLING:
            _ticks(painter, QRectF(start, middle - 5 * zoom, end - start, 10 * zoom), colour, zoom, ground)
        case MarkKind.DEAD:
            _hatch(painter, QRectF(start, middle - 4.5 * zoom, end - start, 9 * zoom), colour, zoom, ground)


def _ticks(painter: QPainter, rect: QRectF, colour: QColor, zoom: float, ground: QColor) -> None:
    painter.fillRect(rect, ground)
    painter.setPen(QPen(colour, 1.4 * zoom, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    count = int(rect.width() / (4 * zoom)) + 1
    xs = [rect.left() + zoom + 4 * zoom * i for i in range(count)]
    painter.drawLines([QLineF(x, rect.top(), x, rect.bottom()) for x in xs if x <= rect.right()])


def _hatch(painter: QPainter, rect: QRectF, colour: QColor, zoom: float, ground: QColor) -> None:
    painter.save()
    painter.fillRect(rect, ground)
    painter.setPen(QPen(colour, zoom))
    painter.drawRect(rect.adjusted(zoom / 2, zoom / 2, -zoom / 2, -zoom / 2))
    painter.setClipRect(rect, Qt.ClipOperation.IntersectClip)
    height, step = rect.height(), 6 * zoom
    xs = [rect.left() - height + step * i for i in range(int((rect.width() + height) / step) + 2)]
    painter.setPen(QPen(colour, 1.1 * zoom))
    painter.drawLines([QLineF(x, rect.top(), x + height, rect.bottom()) for x in xs])
    painter.drawLines([QLineF(x, rect.bottom(), x + height, rect.top()) for x in xs])
    painter.restore()


def paint_focus(painter: QPainter, rect: QRectF, palette: Palette) -> None:
    """The focus of a row: 2 px of accent, inside."""
    painter.save()
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.accent, 2))
    painter.drawRect(rect.adjusted(1, 1, -1, -1))
    painter.restore()


def paint_tint(painter: QPainter, rect: QRectF, palette: Palette) -> None:
    """A selected row: a tint, or a frame in high contrast; always with a bar of accent at its left."""
    if palette.high_contrast:
        painter.setPen(QPen(palette.accent, 1))
        painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -1.5))
    else:
        painter.fillRect(rect, palette.accent_tint)
