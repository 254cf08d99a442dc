"""One picture of a timeline: where its lanes, bars and arrows stand, and the order in which they are painted.

Everything is in the design's units; the painter carries the zoom. Only what is on the screen is looked at: bars are
found by bisection, and those that would share a pixel are drawn once.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath

from gui.drawing import bars as paint
from gui.drawing.labels import Ink, Label, Placer, Word
from gui.icons import paint_icon
from gui.models.lanes import Lane
from gui.models.scale import Scale, ticks
from gui.models.timeline import Arrow, Bar, Mark, Pause, Span, Strip, Timeline
from gui.theme import State, Theme
from gui.words import key_name, limit, seconds

PAD, GUTTER, NARROW_GUTTER, AXIS = 16.0, 176.0, 112.0, 30.0
FULL, ROOMY, COMPACT, STANDBY = 92.0, 84.0, 64.0, 40.0
STRIP_TOP = 4.0
LEAST = 2.0  # the width of a bar that is too short to be seen; those that would share it are drawn once
BAR_TOP, COMPACT_BAR_TOP = 28.0, 20.0
CROWD = 120  # bars on the screen beyond which only figures are drawn, and no words

Target = tuple[str, int]  # ("bar", attempt) or ("arrow", index in the trail)


@dataclass(slots=True)
class Rows:
    """A timeline, indexed for the screen: made once for each layout."""

    timeline: Timeline
    bars: list[list[Bar]] = field(default_factory=list)
    starts: list[list[float]] = field(default_factory=list)
    arrow_times: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.bars = [[] for _ in self.timeline.lanes]
        for bar in self.timeline.bars:
            self.bars[bar.lane].append(bar)
        self.starts = [[bar.start for bar in row] for row in self.bars]
        self.arrow_times = [arrow.at for arrow in self.timeline.arrows]


@dataclass
class Scene:
    """`width` and `height` are of the whole plot, `scroll` what is scrolled away at the top of the lanes."""

    rows: Rows
    scale: Scale
    theme: Theme
    width: float
    height: float
    scroll: float = 0.0
    selected: Target | None = None
    hovered: int | None = None
    rects: dict[int, QRectF] = field(default_factory=dict)  # of the bars on the screen, by attempt
    placer: Placer = field(default_factory=lambda: Placer(QRectF()))
    paths: list[tuple[QRectF, Target]] = field(default_factory=list)

    # Where things stand.

    @cached_property
    def left(self) -> float:
        """Where the plot begins, behind the gutter."""
        return PAD + (GUTTER if self.width >= 560 else NARROW_GUTTER)

    @cached_property
    def plot(self) -> QRectF:
        return QRectF(self.left, AXIS, max(1.0, self.width - self.left), max(1.0, self.height - AXIS))

    @property
    def compact(self) -> bool:
        """Whether lanes are too low for reasons below the decisions."""
        return self.lane_height < ROOMY

    @cached_property
    def lane_height(self) -> float:
        """Of a lane in use: as the height allows, between compact and full."""
        used = sum(lane.used for lane in self.rows.timeline.lanes)
        standby = len(self.rows.timeline.lanes) - used
        return min(max((self.height - AXIS - standby * STANDBY) / max(1, used), COMPACT), FULL)

    @cached_property
    def tops(self) -> list[float]:
        """The top of each lane, and the bottom of the last."""
        found = [AXIS - self.scroll]
        for lane in self.rows.timeline.lanes:
            found.append(found[-1] + (self.lane_height if lane.used else STANDBY))
        return found

    def x(self, at: float) -> float:
        return self.left + self.scale.x(at)

    def bar_top(self, lane: int) -> float:
        return self.tops[lane] + (COMPACT_BAR_TOP if self.compact else BAR_TOP)

    def target_at(self, point: QPointF) -> Target | None:
        """The label, bar or arrow under a point."""
        for rect, target in self.placer.targets:
            if rect.contains(point):
                return target
        for attempt, rect in self.rects.items():
            if rect.adjusted(-2, -4, 2, 4).contains(point):
                return ("bar", attempt)
        for rect, target in self.paths:
            if rect.contains(point):
                return target
        return None

    # Painting.

    def paint(self, painter: QPainter, write: Callable[["Scene", Ink], None]) -> None:
        """Paints all of it; `write` places the words once bars and arrows have taken their room."""
        palette, plot = self.theme.palette, self.plot
        painter.fillRect(QRectF(0, 0, self.width, self.height), palette.surface)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.find_bars()
        ink = Ink(painter, self.theme)
        self.placer = Placer(plot.adjusted(-2, 0, 0, 400))
        self._paint_grid(painter)
        painter.save()
        painter.setClipRect(QRectF(0, AXIS, self.width, self.height - AXIS))
        self._paint_lanes(painter, ink)
        painter.setClipRect(plot.adjusted(-4, 0, 0, 0))
        self._paint_strips(painter, ink)
        self._paint_pauses(painter, ink)
        self._paint_bars(painter)
        self._paint_arrows(painter)
        self._paint_now(painter)
        if len(self.rects) <= CROWD:
            write(self, ink)
        self._paint_rings(painter)
        painter.restore()
        self._paint_axis(painter, ink)

    def find_bars(self) -> None:
        self.rects = {}
        first, last = self.scale.at(0.0), self.scale.at(self.width - self.left)
        tops = self.tops
        for lane, (row, starts) in enumerate(zip(self.rows.bars, self.rows.starts, strict=True)):
            if not row or tops[lane + 1] < AXIS or tops[lane] > self.height:
                continue
            i, top = max(0, bisect_right(starts, first) - 2), self.bar_top(lane)
            while i < len(row) and starts[i] <= last:
                rect = self._bar_rect(row, i, top)
                self.rects[row[i].attempt] = rect
                i = max(i + 1, bisect_left(starts, self.scale.at(rect.left() - self.left + LEAST)))

    def _bar_rect(self, row: list[Bar], i: int, top: float) -> QRectF:
        bar = row[i]
        left, right = self.x(bar.start), self.x(bar.end)
        if right - left < paint.CAP and not bar.live:
            room = self.x(row[i + 1].start) - 4 if i + 1 < len(row) else left + paint.CAP
            right = max(right, min(left + paint.CAP, room))
        return QRectF(left, top, max(LEAST, right - left), paint.BAR)

    def _paint_grid(self, painter: QPainter) -> None:
        bottom = min(self.height, self.tops[-1])
        painter.setPen(paint.pen(self.theme.palette.grid))
        _, moments = ticks(self.scale, self.width - self.left)
        xs = [paint.crisp(self.x(moment)) for moment in moments]
        painter.drawLines([QLineF(x, AXIS, x, bottom) for x in xs if x >= self.left - 1])

    def _paint_lanes(self, painter: QPainter, ink: Ink) -> None:
        palette, tops = self.theme.palette, self.tops
        for lane in self.rows.timeline.lanes:
            top = tops[lane.index]
            if tops[lane.index + 1] >= 0 and top <= self.height:
                painter.setPen(paint.pen(palette.line))
                painter.drawLine(QPointF(PAD, paint.crisp(top)), QPointF(self.width, paint.crisp(top)))
                self._paint_lane(painter, ink, lane, top)
            self.placer.take(QRectF(self.left, top, self.width, 0.5))

    def _paint_lane(self, painter: QPainter, ink: Ink, lane: Lane, top: float) -> None:
        palette, room = self.theme.palette, self.left - PAD - 12
        if not lane.used:
            name = Word(lane.name, palette.muted, scale="control")
            ink.write((ink.elided(name, room),), QPointF(PAD, top + 12))
            paint_icon(painter, lane.icon, QRectF(self.left, top + 14, 12, 12), palette.skipped)
            word = Word(lane.word, palette.muted)
            ink.write((ink.elided(word, self.width - self.left - 24),), QPointF(self.left + 18, top + 12))
            return
        first = 10.0 if self.compact else 21.0
        step = 16.0 if self.compact else 18.0
        ink.write((ink.elided(Word(lane.name, palette.text, 600, scale="control"), room),), QPointF(PAD, top + first))
        y = top + first + step
        if lane.key:
            paint_icon(painter, "key", QRectF(PAD, y + 2, 12, 12), palette.muted)
            key = Word(key_name(lane.key), palette.text, scale="control")
            ink.write((ink.elided(key, room - 18),), QPointF(PAD + 18, y))
            y += step + 2
        colour = palette.state(lane.state) if lane.state is not None else palette.muted
        paint_icon(painter, lane.icon, QRectF(PAD, y + 2, 12, 12), colour)
        ink.write((ink.elided(Word(lane.word, colour, 500), room - 18),), QPointF(PAD + 18, y))

    def _paint_bars(self, painter: QPainter) -> None:
        palette, visible = self.theme.palette, self.plot.adjusted(-4, -200, 0, 400)
        bars, crowded = self.rows.timeline.bars, len(self.rects) > CROWD
        for attempt, rect in self.rects.items():
            bar = bars[attempt - 1]
            if not crowded:
                self.placer.take(rect)
            if bar.state is not None and rect.width() < 5:
                painter.fillRect(rect, palette.state(bar.state))
                continue
            covered = bar.state is not None and rect.width() <= paint.CAP  # the cap hides all phases
            paint.paint_bar(painter, bar, [] if covered else self._span_rects(bar, rect), rect, palette, visible)

    def _paint_rings(self, painter: QPainter) -> None:
        """What is selected and what is pointed at, over all words."""
        kind, number = self.selected or ("", 0)
        if kind == "bar" and (rect := self.rects.get(number)) is not None:
            paint.paint_focus(painter, rect, self.theme.palette)
        elif self.hovered is not None and (rect := self.rects.get(self.hovered)) is not None:
            paint.outline(painter, rect.adjusted(-2, -2, 2, 2), self.theme.palette.text, self.plot, radius=4.0)

    def _span_rects(self, bar: Bar, rect: QRectF) -> list[tuple[Span, QRectF]]:
        found: list[tuple[Span, QRectF]] = []
        for span in bar.spans:
            left = self.x(span.start)
            right = rect.right() if span is bar.spans[-1] else min(self.x(span.end), rect.right())
            found.append((span, QRectF(left, rect.top(), max(0.0, right - left), rect.height())))
        return found

    def _paint_strips(self, painter: QPainter, ink: Ink) -> None:
        edge = self.width - 62
        for strip in self.rows.timeline.strips:
            left, right = self.x(strip.start), min(self.x(strip.end), edge)
            y = self.tops[strip.lane] + STRIP_TOP
            if right > self.left and left < edge:
                now = self.x(self.rows.timeline.now)
                paint.paint_strip(painter, left, now, right, y, self.theme.palette, self.plot)
                self._paint_cooling(painter, ink, strip, right, y)
                self.placer.take(QRectF(left, y - 2, right - left, 9))

    def _paint_cooling(self, painter: QPainter, ink: Ink, strip: Strip, right: float, y: float) -> None:
        now, palette = self.rows.timeline.now, self.theme.palette
        rest = strip.end - now
        if rest <= 0:
            return
        colour = palette.cooling
        share = rest / max(rest, strip.end - strip.start)
        paint.paint_ring(painter, QPointF(right + 10, y + 2.5), 5.5, share, colour, palette)
        ink.write((Word(seconds(rest), colour, 600),), QPointF(right + 20, y - 5.5))
        self.placer.take(QRectF(right + 2, y - 6, 60, 17))

    def _paint_pauses(self, painter: QPainter, ink: Ink) -> None:
        for pause in self.rows.timeline.pauses:
            rect = self.rects.get(pause.attempt)
            if rect is not None:
                self._paint_pause(painter, ink, pause, rect)

    def _paint_pause(self, painter: QPainter, ink: Ink, pause: Pause, rect: QRectF) -> None:
        palette, y = self.theme.palette, rect.center().y()
        colour = palette.state(pause.state)
        now = self.rows.timeline.now
        left, until = rect.right(), self.x(pause.end)
        right = self.x(min(now, pause.end)) if pause.running else until - (6 if until - left > 14 else 0)
        if right > left:
            painter.fillRect(
                QRectF(left, y - 2, right - left, 4), colour if pause.running else paint.faded(colour, 0.8)
            )
            self.placer.take(QRectF(left, y - 3, right - left, 6))
        for start, end in self.scale.folds:
            if pause.start <= start and end <= pause.end:
                paint.paint_break(painter, (self.x(start) + self.x(end)) / 2, y, palette)
                word = Word(limit(end - start), palette.muted)
                self.placer.place([Label(((word,),), (QPointF(self.x(start) + 8, y - 24),))], ink)
        if pause.running:
            self._paint_countdown(painter, ink, pause, max(left, right), min(until, self.width - 150), y)

    def _paint_countdown(self, painter: QPainter, ink: Ink, pause: Pause, left: float, right: float, y: float) -> None:
        palette = self.theme.palette
        colour = palette.state(pause.state)
        right = max(right, left)
        painter.setPen(paint.pen(colour, 1.4, (3, 3)))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
        left_of = pause.left(self.rows.timeline.now)
        paint.paint_ring(painter, QPointF(right + 14, y), 7, left_of, colour, palette)
        word = Word(pause.word, colour, 600)
        ink.painter.fillRect(QRectF(right + 24, y - 8, ink.width((word,)) + 4, 16), palette.surface)
        ink.write((word,), QPointF(right + 26, y - 8))
        self.placer.take(QRectF(left, y - 9, right - left + 30 + ink.width((word,)), 18))

    def _paint_arrows(self, painter: QPainter) -> None:
        self.paths = []
        times = self.rows.arrow_times
        first, last = self.scale.at(-200.0), self.scale.at(self.width - self.left)
        i, drawn_until = max(0, bisect_left(times, first)), -1e9
        while i < len(times) and times[i] <= last:
            arrow = self.rows.timeline.arrows[i]
            i += 1
            if arrow.target is not None and self.x(arrow.at) >= drawn_until:
                self._paint_arrow(painter, arrow)
                drawn_until = self.x(arrow.at) + (3.0 if len(self.rects) > CROWD else 0.0)

    def _paint_arrow(self, painter: QPainter, arrow: Arrow) -> None:
        assert arrow.target is not None
        source, target = self.rects.get(arrow.source), self.rects.get(arrow.target)
        if source is None or target is None:
            return
        palette, chosen = self.theme.palette, self.selected == ("arrow", arrow.index)
        colour, width = (palette.accent, 2.0) if chosen else (palette.muted, 1.5)
        if arrow.lane == arrow.to_lane:
            tip, start = QPointF(target.left(), target.center().y()), QPointF(source.right(), source.center().y())
            if tip.x() - start.x() > 9:
                paint.paint_arrow(painter, QPainterPath(tip), tip, QPointF(1, 0), colour, width)
            self._take_path(QRectF(start, tip).normalized().adjusted(0, -4, 0, 4), arrow)
            return
        down = arrow.to_lane > arrow.lane
        x, from_side = self.arrow_x(arrow, source)
        edge = source.bottom() if down else source.top()
        start = QPointF(max(source.right(), x - 8), source.center().y()) if from_side else QPointF(x, edge)
        tip = QPointF(x, target.top() if down else target.bottom())
        paint.paint_arrow(
            painter, paint.arrow_path(start, x, tip.y()), tip, QPointF(0, 1 if down else -1), colour, width
        )
        self._take_path(QRectF(QPointF(x, start.y()), tip).normalized().adjusted(-3, 0, 3, 0), arrow)

    def _take_path(self, rect: QRectF, arrow: Arrow) -> None:
        self.placer.take(rect)
        self.paths.append((rect, ("arrow", arrow.index)))

    def arrow_x(self, arrow: Arrow, source: QRectF) -> tuple[float, bool]:
        """Where the upright part of an arrow stands, and whether it leaves the bar at its end (else at its edge)."""
        x = self.x(arrow.at)
        if x >= source.right() + 5:
            return x + 0.5, True
        if x + 4 <= source.right() - 3:
            return max(x, source.left()) + 4, False
        return max(x, source.right()) + 6, True

    def _paint_now(self, painter: QPainter) -> None:
        timeline = self.rows.timeline
        if timeline.live and timeline.bars:
            x = paint.crisp(self.x(timeline.now))
            painter.setPen(paint.pen(self.theme.palette.accent))
            painter.drawLine(QPointF(x, AXIS), QPointF(x, min(self.height, self.tops[-1])))

    def _paint_axis(self, painter: QPainter, ink: Ink) -> None:
        palette, timeline = self.theme.palette, self.rows.timeline
        painter.save()
        painter.setClipRect(QRectF(self.left - 24, 0, self.width, AXIS + 0.5))
        pill = self.x(timeline.now) if timeline.live and timeline.bars else -1e9
        step, moments = ticks(self.scale, self.width - self.left)
        for moment in moments:
            x, word = self.x(moment) + 5, Word(axis_word(moment, step), palette.muted)
            end = x + ink.width((word,))
            if x >= self.left and end < self.width - 4 and not (x < pill + 30 and end > pill - 30):
                ink.write((word,), QPointF(x, 7))
        if pill > -1e8:
            self._paint_pill(painter, ink, pill, seconds(timeline.now))
        painter.restore()

    def _paint_pill(self, painter: QPainter, ink: Ink, x: float, text: str) -> None:
        word = Word(text, self.theme.palette.on_accent, 600)
        width = max(40.0, ink.width((word,)) + 10)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.theme.palette.accent)
        painter.drawRoundedRect(QRectF(x - width / 2, 7, width, 16), 3, 3)
        ink.write((word,), QPointF(x - ink.width((word,)) / 2, 7))
        painter.fillRect(QRectF(paint.crisp(x) - 0.5, 23, 1, AXIS - 23), self.theme.palette.accent)


def axis_word(moment: float, step: float) -> str:
    """ "0", "2 s", "0.25 s", "1:30"."""
    if moment == 0:
        return "0"
    if step >= 20 and moment >= 60:
        return f"{int(moment) // 60}:{int(moment) % 60:02}"
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    return f"{moment:.{digits}f} s"


MARK_STATES: dict[Mark, State] = {
    Mark.INJECTED: State.INJECTED,
    Mark.STALL: State.FAILED_TRANSIENT,
    Mark.RETRY_AFTER: State.FAILED_TRANSIENT,
}
