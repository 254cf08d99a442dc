"""A timeline in small: one row for each attempt, on the axis that all columns share. No words; they stand beside it."""

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from engine.core.run import Run
from gui.drawing import bars as paint
from gui.icons import paint_icon
from gui.models.story import story
from gui.models.timeline import Arrow, Bar, Layout, Phase, Timeline
from gui.theme import theme

BAR, PITCH, FOOT, NECK = 10.0, 15.0, 12.0, 4.0
LEAST_ROWS, MOST_ROWS = 3, 8
STEPS = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)  # seconds between two marks
FILL = 0.96  # of the width, up to the end of the axis


def axis(seconds: float) -> float:
    """The length of the shared axis: the next round number, so that it does not move with every frame."""
    for step in STEPS:
        if seconds <= step * 5:
            whole = max(1, -(-seconds // step))
            return max(2.0, whole * step)
    return -(-seconds // 60) * 60


def rows_height(rows: int) -> int:
    """How high a strip is for so many attempts, in logical pixels."""
    shown = min(max(rows, LEAST_ROWS), MOST_ROWS)
    return theme().px((shown - 1) * PITCH + BAR + FOOT)


class Strip(QWidget):
    """Draws a run up to now. `length` is that of the shared axis, in seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._layout = Layout()
        self._timeline: Timeline | None = None
        self._run: Run | None = None
        self._now = 0.0
        self.length = 2.0
        self.set_rows(LEAST_ROWS)

    def set_rows(self, rows: int) -> None:
        height = rows_height(rows)
        if height != self.minimumHeight():
            self.setFixedHeight(height)

    def show_run(self, run: Run | None, now: float) -> None:
        """Shows `run` as it stands at `now`, in run seconds."""
        self._run, self._now = run, now
        if run is None:
            self._timeline, self._layout = None, Layout()
        else:
            self._timeline = self._layout.at(run, now)
        self.update()

    def name(self) -> None:
        """Tells the whole story to a screen reader; a run that is over needs it once."""
        self.setAccessibleName(story(self._timeline) if self._timeline is not None else "Nothing was asked yet.")

    def sizeHint(self) -> QSize:
        return QSize(240, self.minimumHeight())

    def paintEvent(self, event: QPaintEvent) -> None:
        zoom = theme().zoom
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(zoom, zoom)
        area = QRectF(0, 0, self.width() / zoom, self.height() / zoom)
        rate = area.width() * FILL / self.length
        self._paint_axis(painter, area, rate)
        if self._timeline is not None:
            self._paint_rows(painter, area, rate, self._timeline)
        painter.end()

    def _paint_axis(self, painter: QPainter, area: QRectF, rate: float) -> None:
        palette, y = theme().palette, paint.crisp(area.bottom() - 1)
        painter.setPen(paint.pen(palette.line))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(paint.pen(palette.line_strong))
        step = next((s for s in STEPS if self.length / s <= 6), STEPS[-1])
        xs = [paint.crisp(area.left() + i * step * rate) for i in range(int(self.length / step) + 1)]
        painter.drawLines([QLineF(x, y - 4, x, y) for x in xs])

    def _paint_rows(self, painter: QPainter, area: QRectF, rate: float, timeline: Timeline) -> None:
        bars = timeline.bars[-MOST_ROWS:]
        rects = [_rect(bar, row, rate) for row, bar in enumerate(bars)]
        hidden = len(timeline.bars) - len(bars)
        for arrow in timeline.arrows:
            if arrow.target is not None and arrow.source > hidden and arrow.target > hidden:
                _paint_arrow(painter, arrow, rects, hidden)
        for bar, rect in zip(bars, rects, strict=True):
            _paint_bar(painter, bar, rect, rate, area)
        for pause in timeline.pauses:
            if pause.running and pause.attempt > hidden:
                _paint_wait(painter, rects[pause.attempt - 1 - hidden], self._now * rate, area)
        if timeline.live:
            x = paint.crisp(min(self._now * rate, area.width() - 1))
            painter.setPen(paint.pen(theme().palette.accent))
            painter.drawLine(QPointF(x, 0), QPointF(x, area.bottom() - 1))


def _rect(bar: Bar, row: int, rate: float) -> QRectF:
    width = (bar.end - bar.start) * rate
    least = BAR if bar.state is not None else 2.0
    return QRectF(bar.start * rate, row * PITCH, max(least, width), BAR)


def _paint_bar(painter: QPainter, bar: Bar, rect: QRectF, rate: float, area: QRectF) -> None:
    palette = theme().palette
    inside = rect if bar.state is None else rect.adjusted(0, 0, -BAR + 2, 0)
    for span in bar.spans:
        right = max(span.end * rate, rect.right() if span is bar.spans[-1] else 0.0)
        place = QRectF(span.start * rate, rect.top(), right - span.start * rate, BAR)
        if span.phase is Phase.CONNECT:
            neck = QRectF(place.left(), place.center().y() - NECK / 2, place.width(), NECK)
            painter.fillRect(neck.intersected(inside), palette.waiting)
        else:
            paint.paint_bar(painter, _capless(bar), [(span, place)], rect, palette, inside)
    if bar.state is not None:
        _paint_cap(painter, bar, rect)


def _capless(bar: Bar) -> Bar:
    """The same phases without the end that the large timeline draws."""
    return Bar(
        attempt=bar.attempt, lane=bar.lane, start=bar.start, end=bar.end, spans=(), state=None, icon="", word="",
        detail="", live=True, discarded=bar.discarded, served=bar.served,
    )  # fmt: skip


def _paint_cap(painter: QPainter, bar: Bar, rect: QRectF) -> None:
    palette = theme().palette
    assert bar.state is not None
    cap = QRectF(rect.right() - BAR, rect.top(), BAR, BAR)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(palette.state(bar.state)))
    painter.drawRoundedRect(cap, 2, 2)
    paint_icon(painter, bar.icon, cap.adjusted(1.5, 1.5, -1.5, -1.5), palette.surface)


def _paint_wait(painter: QPainter, source: QRectF, now: float, area: QRectF) -> None:
    """A wait that runs: a dashed line from the attempt that failed up to now."""
    painter.setPen(paint.pen(theme().palette.cooling, 1.5, (3, 3)))
    y = source.center().y()
    painter.drawLine(QPointF(source.right() + 2, y), QPointF(max(source.right() + 2, min(now, area.right())), y))


def _paint_arrow(painter: QPainter, arrow: Arrow, rects: list[QRectF], hidden: int) -> None:
    """From the end of one attempt down to the start of the next."""
    assert arrow.target is not None
    source, target = rects[arrow.source - 1 - hidden], rects[arrow.target - 1 - hidden]
    x = max(target.left() + 3, 3.0)
    start = QPointF(source.right(), source.center().y())
    if x < source.right() + 3:
        start = QPointF(x, source.bottom())
    colour = theme().palette.muted
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(paint.pen(colour, 1.0))
    tip = QPointF(x, target.top() + (BAR - NECK) / 2 - 1)
    painter.drawPath(paint.arrow_path(start, x, tip.y() + 2))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(colour))
    painter.drawPolygon([tip, tip + QPointF(2.5, -4), tip + QPointF(-2.5, -4)])
