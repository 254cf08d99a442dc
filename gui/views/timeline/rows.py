"""A timeline, indexed for the screen: what is on it is found by bisection, and a frame indexes only what is new."""

from bisect import bisect_left, bisect_right
from itertools import accumulate

from gui.models.scale import Folds
from gui.models.timeline import Arrow, Bar, Marker, Pause, Strip, Timeline


class Rows:
    """Bars by lane, with their starts. `show` takes a later layout of the same run for the price of its news."""

    def __init__(self, timeline: Timeline = Timeline()) -> None:
        self._clear(timeline)
        self.show(timeline)

    def _clear(self, timeline: Timeline) -> None:
        self.timeline = timeline
        self.bars: list[list[Bar]] = []
        self.starts: list[list[float]] = []
        self._shown = 0  # bars that are in their lanes
        self._settled = 0
        self._last: Bar | None = None  # the last of those that are settled
        self._arrows: list[Arrow] = []
        self._arrow_times: list[float] = []
        self._strips = self._ends = self._strip_starts = ()
        self.folds = Folds()

    def show(self, timeline: Timeline) -> None:
        if self._settled > len(timeline.bars) or (self._settled and timeline.bars[self._settled - 1] is not self._last):
            self._clear(timeline)
        self._take_back()
        self.timeline = timeline
        while len(self.bars) < len(timeline.lanes):
            self.bars.append([])
            self.starts.append([])
        for bar in timeline.bars[self._settled :]:
            self.bars[bar.lane].append(bar)
            self.starts[bar.lane].append(bar.start)
        self._shown, self._settled = len(timeline.bars), timeline.settled
        self._last = timeline.bars[self._settled - 1] if self._settled else None
        self._index_steps(timeline)
        self._index_strips(timeline)

    def _take_back(self) -> None:
        """The bars that may have changed leave their lanes; they are the last of each."""
        for bar in self.timeline.bars[self._settled : self._shown]:
            self.bars[bar.lane].pop()
            self.starts[bar.lane].pop()

    def _index_steps(self, timeline: Timeline) -> None:
        kept = min(max(0, self._settled - 1), len(self._arrows))
        while kept and (kept > len(timeline.arrows) or self._arrows[kept - 1] is not timeline.arrows[kept - 1]):
            kept -= 1
        del self._arrows[kept:], self._arrow_times[kept:]
        self._arrows += timeline.arrows[kept:]
        self._arrow_times += [arrow.at for arrow in timeline.arrows[kept:]]

    def _index_strips(self, timeline: Timeline) -> None:
        if len(self._strips) != len(timeline.strips) or (self._strips and self._strips[-1] is not timeline.strips[-1]):
            self._strips = tuple(sorted(timeline.strips, key=lambda strip: strip.start))
            self._strip_starts = tuple(strip.start for strip in self._strips)
            self._ends = tuple(accumulate((strip.end for strip in self._strips), max))

    # What lies between two moments, or between two attempts.

    def strips(self, first: float, last: float) -> tuple[Strip, ...]:
        return self._strips[bisect_left(self._ends, first) : bisect_right(self._strip_starts, last)]

    def arrows(self, first: float, last: float) -> list[Arrow]:
        return self._arrows[bisect_left(self._arrow_times, first) : bisect_right(self._arrow_times, last)]

    def pauses(self, first: int, last: int) -> tuple[Pause, ...]:
        """The waits behind the attempts from `first` to `last`."""
        pauses = self.timeline.pauses
        begin = bisect_left(pauses, first, key=lambda pause: pause.attempt)
        return pauses[begin : bisect_right(pauses, last, key=lambda pause: pause.attempt)]

    def markers(self, first: int, last: int) -> tuple[Marker, ...]:
        markers = self.timeline.markers
        begin = bisect_left(markers, first, key=lambda marker: marker.attempt)
        return markers[begin : bisect_right(markers, last, key=lambda marker: marker.attempt)]
