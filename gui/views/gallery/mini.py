"""A timeline in small: one row for each attempt, no words. The words stand beside it."""

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter

from gui.drawing import bars as paint
from gui.models.gallery import Sketch
from gui.models.timeline import Arrow, Bar, Phase
from gui.theme import Palette, State

BAR, PITCH = 18.0, 28.0
SHORT = 44.0  # pixels: in a bar below this, the cap stands behind the end, so that the phases are seen
LEAST_LENGTH = 5.0  # seconds: shorter runs do not fill the width, so that a short one looks short
TICK_EVERY = 1.0  # seconds


def paint_mini(painter: QPainter, area: QRectF, sketch: Sketch, palette: Palette) -> None:
    """Draws `sketch` into `area`, whose lower edge is the time axis, with a mark each second."""
    rate = area.width() * 0.97 / max(sketch.length, LEAST_LENGTH)
    _paint_axis(painter, area, rate, palette)
    rects = bar_rects(area, sketch.timeline.bars, rate)
    for arrow in sketch.timeline.arrows:
        if arrow.target is not None:
            _paint_step(painter, area, sketch, arrow, rects, rate, palette)
    for bar, rect in zip(sketch.timeline.bars, rects, strict=True):
        spans = [(span, _span_rect(area, rect, span.start, span.end, rate)) for span in bar.spans]
        paint.paint_bar(painter, bar, spans, rect, palette, area)


def bar_rects(area: QRectF, bars: tuple[Bar, ...], rate: float) -> list[QRectF]:
    """A row for each bar, from the top; rows come nearer to one another where there are many."""
    room = (area.height() - 14 - BAR) / max(1, len(bars) - 1)
    pitch = min(PITCH, room)
    height = min(BAR, pitch - 3) if len(bars) > 1 else BAR
    found: list[QRectF] = []
    for row, bar in enumerate(bars):
        width = (bar.end - bar.start) * rate
        width += BAR if width < SHORT and bar.state is not None else 0.0
        found.append(QRectF(area.left() + bar.start * rate, area.top() + row * pitch, width, height))
    return found


def _span_rect(area: QRectF, bar: QRectF, start: float, end: float, rate: float) -> QRectF:
    left = area.left() + start * rate
    return QRectF(left, bar.top(), max(0.0, min(area.left() + end * rate, bar.right()) - left), bar.height())


def _paint_axis(painter: QPainter, area: QRectF, rate: float, palette: Palette) -> None:
    y = paint.crisp(area.bottom())
    painter.setPen(paint.pen(palette.line))
    painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
    painter.setPen(paint.pen(palette.line_strong))
    count = int(area.width() / (rate * TICK_EVERY)) + 1
    xs = [paint.crisp(area.left() + i * TICK_EVERY * rate) for i in range(count)]
    painter.drawLines([QLineF(x, y - (4 if i % 5 == 0 else 2), x, y) for i, x in enumerate(xs)])


def _paint_step(
    painter: QPainter, area: QRectF, sketch: Sketch, arrow: Arrow, rects: list[QRectF], rate: float, palette: Palette
) -> None:
    """From the end of one attempt to the start of the next, with ticks where a wait is sat out as asked."""
    assert arrow.target is not None
    source, target = rects[arrow.source - 1], rects[arrow.target - 1]
    x, middle = target.left() + 4.0, source.center().y()
    start = QPointF(source.right(), middle)
    if x <= source.right() - 8:  # it starts well before the cap ends: the arrow leaves the lower edge
        start = QPointF(x, source.bottom())
    elif x < source.right() + 6:
        x = source.right() + 6
    elif arrow.target in sketch.asked:
        wait = QRectF(source.right() + 4, middle - 3.5, x - source.right() - 8, 7)
        paint.fill(painter, wait, State.COOLING, palette, area)
        start = QPointF(x, middle - 3.5)
    on_neck = x - area.left() <= _neck_end(sketch.timeline.bars[arrow.target - 1]) * rate
    tip = QPointF(x, target.center().y() - paint.NECK / 2 if on_neck else target.top())
    path = paint.arrow_path(start, x, tip.y())
    paint.paint_arrow(painter, path, tip, QPointF(0, 1), palette.muted, 1.5)


def _neck_end(bar: Bar) -> float:
    """When its connection stood, in run seconds; 0 where it stood already."""
    first = next(iter(bar.spans), None)
    return first.end if first is not None and first.phase is Phase.CONNECT else 0.0
