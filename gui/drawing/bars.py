"""How the parts of a timeline are painted: pure drawing by the tokens, at any zoom and pixel ratio."""

from collections.abc import Iterable

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPainterPath, QPen

from gui.icons import paint_icon
from gui.models.timeline import Bar, Phase, Span
from gui.theme import Palette, State

BAR, NECK, CAP, CAP_ICON = 18.0, 6.0, 18.0, 12.0


def pen(colour: QColor, width: float = 1.0, dash: Iterable[float] = ()) -> QPen:
    """A pen with flat ends; `dash` is in pixels."""
    made = QPen(colour, width)
    made.setCapStyle(Qt.PenCapStyle.FlatCap)
    lengths = [length / max(width, 1e-3) for length in dash]
    if lengths:
        made.setDashPattern(lengths)
    return made


def faded(colour: QColor, alpha: float) -> QColor:
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def crisp(value: float) -> float:
    """The middle of a pixel, for lines of one pixel."""
    return int(value) + 0.5


# Fills.


def fill(painter: QPainter, rect: QRectF, state: State, palette: Palette, visible: QRectF) -> None:
    """Fills `rect` with the pattern of `state`. Patterns are anchored at the rect and drawn where `visible`."""
    colour = palette.state(state)
    shown = rect.intersected(visible)
    if shown.isEmpty():
        return
    painter.save()
    painter.setClipRect(shown.adjusted(0, 0, 0.5, 0.5), Qt.ClipOperation.IntersectClip)
    match state:
        case State.WAITING:
            _dots(painter, rect, shown, colour)
        case State.REASONING:
            painter.fillRect(shown, faded(colour, 0.16))
            _rows(painter, rect, shown, colour)
        case State.SUPERSEDED:
            painter.fillRect(shown, faded(colour, 0.10))
            _slants(painter, rect, shown, colour, falling=True)
        case State.FAILED_TRANSIENT:
            painter.fillRect(shown, faded(colour, 0.10))
            _slants(painter, rect, shown, colour, falling=False)
        case State.FAILED_PERMANENT:
            painter.fillRect(shown, faded(colour, 0.10))
            _slants(painter, rect, shown, colour, falling=True)
            _slants(painter, rect, shown, colour, falling=False)
        case State.COOLING:
            _upright(painter, rect, shown, colour)
        case _:
            painter.fillRect(shown, colour)
    painter.restore()


def _dots(painter: QPainter, rect: QRectF, shown: QRectF, colour: QColor) -> None:
    made = QPen(colour, 1.5)
    made.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(made)
    first = int((shown.left() - rect.left()) / 5)
    rows = [rect.top() + 3.0 + 6.0 * row for row in range(int((rect.height() - 2) / 6) + 1)]
    columns = [rect.left() + 3.5 + 5.0 * i for i in range(first, first + int(shown.width() / 5) + 2)]
    painter.drawPoints([QPointF(x, y) for x in columns for y in rows if y < rect.bottom() - 1])


def _rows(painter: QPainter, rect: QRectF, shown: QRectF, colour: QColor) -> None:
    painter.setPen(pen(colour, 1.5))
    count = int(rect.height() / 4.5)
    lines = [rect.top() + 4.5 * i for i in range(1, count)]
    painter.drawLines([QLineF(shown.left(), y, shown.right(), y) for y in lines])


def _slants(painter: QPainter, rect: QRectF, shown: QRectF, colour: QColor, *, falling: bool) -> None:
    painter.setPen(pen(colour, 1.2))
    height = rect.height()
    first = int((shown.left() - rect.left() - height) / 6) - 1
    starts = [rect.left() + 6.0 * i for i in range(first, first + int((shown.width() + height) / 6) + 4)]
    top, bottom = (rect.top(), rect.bottom()) if falling else (rect.bottom(), rect.top())
    painter.drawLines([QLineF(x, top, x + height, bottom) for x in starts])


def _upright(painter: QPainter, rect: QRectF, shown: QRectF, colour: QColor) -> None:
    painter.setPen(pen(colour, 1.4))
    first = max(0, int((shown.left() - rect.left()) / 4))
    xs = [rect.left() + 1 + 4.0 * i for i in range(first, first + int(shown.width() / 4) + 2)]
    painter.drawLines([QLineF(x, rect.top(), x, rect.bottom()) for x in xs])


# Bars.


def paint_bar(
    painter: QPainter, bar: Bar, spans: list[tuple[Span, QRectF]], rect: QRectF, palette: Palette, visible: QRectF,
) -> None:  # fmt: skip
    """A bar whose phases stand at `spans` and whose whole stands at `rect`, with its cap where it has ended."""
    inside = visible if bar.state is None else visible.intersected(rect.adjusted(-1, 0, -4, 0))  # not past the cap
    for span, place in spans:
        _paint_span(painter, bar, span, place, palette, inside)
    if bar.state is not None:
        paint_cap(painter, rect, bar.state, bar.icon, palette)


def _paint_span(painter: QPainter, bar: Bar, span: Span, rect: QRectF, palette: Palette, visible: QRectF) -> None:
    match span.phase:
        case Phase.CONNECT:
            neck = QRectF(rect.left(), rect.center().y() - NECK / 2, rect.width(), NECK)
            painter.fillRect(neck.intersected(visible), palette.waiting)
        case Phase.WAIT:
            fill(painter, rect, State.WAITING, palette, visible)
            outline(painter, rect, palette.waiting, visible, radius=2.0)
        case Phase.REASONING:
            fill(painter, rect, State.REASONING, palette, visible)
            outline(painter, rect, palette.reasoning, visible)
        case Phase.STREAM if bar.discarded:
            fill(painter, rect, State.SUPERSEDED, palette, visible)
            outline(painter, rect, palette.superseded, visible)
        case _:
            painter.fillRect(rect.intersected(visible), palette.streaming)


def outline(painter: QPainter, rect: QRectF, colour: QColor, visible: QRectF, radius: float = 0.0) -> None:
    """A line of one pixel inside the rect; ends that lie far off the screen are pulled near."""
    shown = rect.intersected(visible.adjusted(-20, -400, 20, 400)).adjusted(0.5, 0.5, -0.5, -0.5)
    if shown.width() <= 0:
        return
    painter.setPen(pen(colour))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(shown, radius, radius)


def paint_cap(painter: QPainter, rect: QRectF, state: State, icon: str, palette: Palette) -> None:
    """The end of a bar: a block in the state's colour with its icon, inside the bar's right end."""
    side = min(CAP, rect.width())
    cap = QRectF(rect.right() - side, rect.top(), side, rect.height())
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(palette.state(state)))
    painter.drawRoundedRect(cap, 3, 3)
    if side >= CAP_ICON + 2:
        place = QRectF(0, 0, CAP_ICON, CAP_ICON)
        place.moveCenter(cap.center())
        paint_icon(painter, icon, place, palette.surface)


# Strips, waits, rings, arrows.


def paint_ring(
    painter: QPainter, centre: QPointF, radius: float, left: float, colour: QColor, palette: Palette
) -> None:
    """A countdown: full at the start, emptying clockwise from twelve o'clock. `left` is from 1 down to 0."""
    box = QRectF(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width = 5.0 if radius > 20 else 2.5
    painter.setPen(QPen(palette.grid, width))
    painter.drawEllipse(box)
    painter.setPen(pen(colour, width))
    painter.drawArc(box, 90 * 16, round(360 * 16 * left))


def paint_strip(
    painter: QPainter, left: float, now: float, right: float, y: float, palette: Palette, visible: QRectF
) -> None:
    """A key that cools: ticks up to now, dashes behind it."""
    colour = palette.cooling
    ticked = QRectF(left, y, max(0.0, min(now, right) - left), 5)
    fill(painter, ticked, State.COOLING, palette, visible)
    start = max(left, now, visible.left())
    if right > start:
        painter.setPen(pen(colour, 1.4, (3, 3)))
        painter.drawLine(QPointF(start + 1, y + 2.5), QPointF(min(right, visible.right()), y + 2.5))


def arrow_path(start: QPointF, corner_x: float, end_y: float) -> QPainterPath:
    """From `start` along to `corner_x`, round a corner of 4, and to `end_y`."""
    path = QPainterPath(start)
    down = 1 if end_y > start.y() else -1
    radius = min(4.0, abs(corner_x - start.x()), abs(end_y - start.y()))
    if radius >= 1:
        path.lineTo(corner_x - radius, start.y())
        path.quadTo(corner_x, start.y(), corner_x, start.y() + down * radius)
    path.lineTo(corner_x, end_y - down * 5)
    return path


def paint_arrow(
    painter: QPainter, path: QPainterPath, tip: QPointF, towards: QPointF, colour: QColor, width: float
) -> None:
    """A line and its head of 8 x 6, whose tip is at `tip` and which points along `towards` (a unit vector)."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap, Qt.PenJoinStyle.RoundJoin))
    painter.drawPath(path)
    back = tip - towards * 6
    side = QPointF(-towards.y(), towards.x()) * 4
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(colour))
    painter.drawPolygon([tip, back + side, back - side])


def paint_focus(painter: QPainter, rect: QRectF, palette: Palette) -> None:
    """The ring of what is selected: 2 px of accent, 2 px outside."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(palette.accent, 2))
    painter.drawRoundedRect(rect.adjusted(-3, -3, 3, 3), 4, 4)


def paint_break(painter: QPainter, x: float, y: float, palette: Palette) -> None:
    """Two slanting strokes: time is folded here."""
    painter.fillRect(QRectF(x - 4, y - 6, 8, 12), palette.surface)
    painter.setPen(pen(palette.muted, 1.5))
    painter.drawLines([QLineF(x - 5, y + 5, x - 1, y - 5), QLineF(x + 1, y + 5, x + 5, y - 5)])
