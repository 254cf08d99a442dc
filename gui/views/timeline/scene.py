"""One picture of a timeline: where its lanes, bars and arrows stand on the screen.

Everything is in the design's units; the painter carries the zoom. Only what is on the screen is looked at: bars are
found by bisection, and those that would share a pixel are drawn once.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from functools import cached_property

from PySide6.QtCore import QPointF, QRectF

from gui.drawing import bars as paint
from gui.drawing.labels import Placer
from gui.models.scale import Scale
from gui.models.timeline import Arrow, Bar, Mark, Span
from gui.theme import State, Theme
from gui.views.timeline.rows import Rows

PAD, GUTTER, NARROW_GUTTER, AXIS = 16.0, 176.0, 112.0, 30.0
FULL, ROOMY, COMPACT, STANDBY = 92.0, 84.0, 64.0, 40.0
STRIP_TOP, STRIP_LANE = 4.0, 22.0
LEAST = 2.0  # the width of a bar that is too short to be seen; those that would share it are drawn once
BAR_TOP, COMPACT_BAR_TOP = 28.0, 20.0
CROWD = 60  # bars on the screen beyond which only figures are drawn, and no words
FADED = 0.22  # the opacity of what a filter does not let through

Target = tuple[str, int]  # ("bar", attempt) or ("arrow", index in the trail)


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
    passed: set[int] | None = None  # the attempts that the filter lets through; None: all
    strip: bool = False  # the low form: bars and names, no reasons
    area: tuple[float, float] | None = None  # the stretch of time that is selected, in run seconds
    rects: dict[int, QRectF] = field(default_factory=dict)  # of the bars on the screen, by attempt
    placer: Placer = field(default_factory=lambda: Placer(QRectF()))
    arrows: list[Arrow] = field(default_factory=list)  # those on the screen
    paths: list[tuple[QRectF, Target]] = field(default_factory=list)

    # Where things stand.

    @property
    def crowded(self) -> bool:
        return len(self.rects) > CROWD

    @cached_property
    def folded(self) -> frozenset[tuple[float, float]]:
        return frozenset(self.scale.folds)

    def opacity(self, attempt: int) -> float:
        return 1.0 if self.passed is None or attempt in self.passed else FADED

    @cached_property
    def left(self) -> float:
        """Where the plot begins, behind the gutter."""
        return PAD + (GUTTER if self.width >= 560 and not self.strip else NARROW_GUTTER)

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
        used = max(1, sum(lane.used for lane in self.rows.timeline.lanes))
        if self.strip:
            return min(max((self.height - AXIS) / used, 9.0), STRIP_LANE)
        standby = len(self.rows.timeline.lanes) - used
        return min(max((self.height - AXIS - standby * STANDBY) / used, COMPACT), FULL)

    @cached_property
    def bar_height(self) -> float:
        return min(paint.BAR, self.lane_height - 4) if self.strip else paint.BAR

    @cached_property
    def tops(self) -> list[float]:
        """The top of each lane, and the bottom of the last."""
        found = [AXIS - self.scroll]
        standby = 0.0 if self.strip else STANDBY
        for lane in self.rows.timeline.lanes:
            found.append(found[-1] + (self.lane_height if lane.used else standby))
        return found

    def x(self, at: float) -> float:
        return self.left + self.scale.x(at)

    def bar_top(self, lane: int) -> float:
        if self.strip:
            return self.tops[lane] + (self.lane_height - self.bar_height) / 2
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
            room = left + min(paint.CAP, left - self.x(row[i - 1].start) if i else paint.CAP)
            room = self.x(row[i + 1].start) - 4 if i + 1 < len(row) else room
            right = max(right, min(left + paint.CAP, room))
        return QRectF(left, top, max(LEAST, right - left), self.bar_height)

    def arrow_x(self, arrow: Arrow, source: QRectF) -> tuple[float, bool]:
        """Where the upright part of an arrow stands, and whether it leaves the bar at its end (else at its edge)."""
        x = self.x(arrow.at)
        if x >= source.right() + 5:
            return x + 0.5, True
        if x + 4 <= source.right() - 3:
            return max(x, source.left()) + 4, False
        return max(x, source.right()) + 6, True

    def span_rects(self, bar: Bar, rect: QRectF) -> list[tuple[Span, QRectF]]:
        found: list[tuple[Span, QRectF]] = []
        for span in bar.spans:
            left = self.x(span.start)
            right = rect.right() if span is bar.spans[-1] else min(self.x(span.end), rect.right())
            found.append((span, QRectF(left, rect.top(), max(0.0, right - left), rect.height())))
        return found


MARK_STATES: dict[Mark, State] = {
    Mark.INJECTED: State.INJECTED,
    Mark.STALL: State.FAILED_TRANSIENT,
    Mark.RETRY_AFTER: State.FAILED_TRANSIENT,
    Mark.RESTS: State.COOLING,
    Mark.TRIED: State.COOLING,
    Mark.SKIP: State.SKIPPED,
}
