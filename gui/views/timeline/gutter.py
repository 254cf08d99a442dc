"""The gutter: who each lane is, what it does now, and how its last runs went."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from gui.drawing import bars as paint
from gui.drawing.labels import LINE_HEIGHT, Ink, Word
from gui.icons import paint_icon
from gui.models.lanes import LAST_RUNS, Lane
from gui.theme import Palette
from gui.words import key_name

TICK, TICK_GAP = 4.0, 2.0


def paint_lane(painter: QPainter, ink: Ink, lane: Lane, place: QRectF, end: float, *, compact: bool) -> None:
    """A lane's words in `place`, which reaches from the pad to the plot; those of a standby lane go on to `end`."""
    if not lane.used:
        _paint_standby(painter, ink, lane, place, end)
        return
    palette, room, left = ink.theme.palette, place.width() - 12, place.left()
    step = 16.0 if compact else 18.0
    y = place.top() + (10.0 if compact else 21.0)
    ink.write((ink.elided(Word(lane.name, palette.text, 600, scale="control"), room),), QPointF(left, y))
    y += step
    if lane.key:
        paint_icon(painter, "key", QRectF(left, y + 2, 12, 12), palette.muted)
        key = ink.elided(Word(key_name(lane.key), palette.text, scale="control"), room - 18)
        x = ink.write((key,), QPointF(left + 18, y))
        _paint_past(painter, lane.past, QPointF(x + 8, y + 3), left + room, palette)
        y += step + 2
    colour = palette.state(lane.state) if lane.state is not None else palette.muted
    paint_icon(painter, lane.icon, QRectF(left, y + 2, 12, 12), colour)
    x = ink.write((ink.elided(Word(lane.word, colour, 500), room - 18),), QPointF(left + 18, y))
    if not lane.key:
        _paint_past(painter, lane.past, QPointF(x + 8, y + 3), left + room, palette)


def paint_name(ink: Ink, lane: Lane, place: QRectF) -> None:
    """The one line that a lane of the narrow strip has: its model, in the colour of its state."""
    if place.height() < LINE_HEIGHT - 2:
        return
    palette = ink.theme.palette
    colour = palette.state(lane.state) if lane.state is not None else palette.text
    word = ink.elided(Word(lane.model, colour, 500), place.width() - 8)
    ink.write((word,), QPointF(place.left(), place.center().y() - LINE_HEIGHT / 2))


def _paint_standby(painter: QPainter, ink: Ink, lane: Lane, place: QRectF, end: float) -> None:
    palette = ink.theme.palette
    name = Word(lane.name, palette.muted, scale="control")
    ink.write((ink.elided(name, place.width() - 12),), QPointF(place.left(), place.top() + 12))
    paint_icon(painter, lane.icon, QRectF(place.right(), place.top() + 14, 12, 12), palette.skipped)
    word = ink.elided(Word(lane.word, palette.muted), end - place.right() - 24)
    ink.write((word,), QPointF(place.right() + 18, place.top() + 12))


def _paint_past(painter: QPainter, past: tuple[bool, ...], at: QPointF, end: float, palette: Palette) -> None:
    """The last runs as ticks, the newest at the right: low and grey where it answered, high and hollow where not."""
    room = int((end - at.x()) // (TICK + TICK_GAP))
    for i, answered in enumerate(past[-min(LAST_RUNS, max(room, 0)) :] if room >= 3 else ()):
        x = at.x() + i * (TICK + TICK_GAP)
        if answered:
            painter.fillRect(QRectF(x, at.y() + 6, TICK, 4), palette.skipped)
        else:
            painter.setPen(paint.pen(palette.failed_transient))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(x + 0.5, at.y() + 0.5, TICK - 1, 9))
