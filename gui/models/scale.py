"""Where a moment stands on the screen: seconds to pixels and back, with long waits folded to a fixed width."""

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate
from math import ceil

FOLD = 48.0  # pixels of a folded wait
FOLD_FROM = 10.0  # seconds: a longer wait is folded
LEAST_RATE = 8.0  # pixels for each second while following; below it the plot scrolls
LEAST_SPAN = 5.0  # seconds shown before the plot begins to shrink
NOW_AT = 0.8  # of the plot's width
MOST_TICKS = 400
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


class Folds(tuple[tuple[float, float], ...]):
    """Sorted spans of time that are shown at a fixed width, indexed so that any number of them costs the same."""

    starts: list[float]
    covered: list[float]  # seconds in all folds before each

    def __new__(cls, spans: Iterable[tuple[float, float]] = ()) -> "Folds":
        made = super().__new__(cls, sorted(spans))
        made.starts = [start for start, _ in made]
        made.covered = list(accumulate((end - start for start, end in made), initial=0.0))
        return made

    def x_of(self, index: int, rate: float) -> float:
        """Pixels from second zero to the start of a fold."""
        return (self.starts[index] - self.covered[index]) * rate + index * FOLD


NONE = Folds()


@dataclass(frozen=True)
class Scale:
    """`rate` is pixels for each second, `offset` the pixels scrolled away at the left; folds are sorted spans."""

    rate: float
    offset: float = 0.0
    folds: tuple[tuple[float, float], ...] = NONE

    @cached_property
    def _folds(self) -> Folds:
        return self.folds if isinstance(self.folds, Folds) else Folds(self.folds)

    def x(self, at: float) -> float:
        """Pixels from the plot's left edge."""
        plain, folds = at * self.rate - self.offset, self._folds
        i = bisect_left(folds.starts, at) - 1
        if i < 0:
            return plain
        start, end = folds[i]
        covered = min(at, end) - start
        folded = i * FOLD + covered / (end - start) * FOLD
        return plain + folded - (folds.covered[i] + covered) * self.rate

    def at(self, x: float) -> float:
        """The moment at a distance from the plot's left edge."""
        left, folds = x + self.offset, self._folds
        i = bisect_left(range(len(folds)), left, key=lambda i: folds.x_of(i, self.rate)) - 1
        if i < 0:
            return left / self.rate
        start, end = folds[i]
        behind = left - folds.x_of(i, self.rate)
        if behind <= FOLD:
            return start + behind / FOLD * (end - start)
        return end + (behind - FOLD) / self.rate

    def moved(self, pixels: float) -> "Scale":
        """Panned to the right in time by `pixels`."""
        return Scale(self.rate, self.offset + pixels, self.folds)

    def zoomed(self, factor: float, x: float) -> "Scale":
        """Zoomed about the moment at `x`, between 0.2 and 20,000 pixels for each second."""
        moment = self.at(x)
        fresh = Scale(min(max(self.rate * factor, 0.2), 20_000.0), 0.0, self.folds)
        return Scale(fresh.rate, fresh.x(moment) - x, self.folds)


def following(now: float, width: float, folds: tuple[tuple[float, float], ...] = ()) -> Scale:
    """The scale by which `now` stands at four fifths of the width, with all that went before where it fits."""
    return _ending_at(now, width * NOW_AT, LEAST_RATE, folds)


def fitted(end: float, width: float, folds: tuple[tuple[float, float], ...] = ()) -> Scale:
    """The scale that shows the whole run, however long."""
    return _ending_at(end, width * NOW_AT, 0.2, folds)


def spanning(start: float, end: float, width: float, folds: tuple[tuple[float, float], ...] = ()) -> Scale:
    """The scale whose left edge is at `start` and whose right edge is at `end`, in run seconds."""
    folded = [
        (max(left, start), min(right, end), right - left) for left, right in folds if left < end and right > start
    ]
    pixels = sum((right - left) / length * FOLD for left, right, length in folded)
    plain = (end - start) - sum(right - left for left, right, _ in folded)
    rate = min(max((width - pixels) / max(plain, 1e-3), 0.2), 20_000.0)
    return Scale(rate, Scale(rate, 0.0, folds).x(start), folds)


def _ending_at(end: float, width: float, least: float, folds: tuple[tuple[float, float], ...]) -> Scale:
    passed = tuple(fold for fold in folds if fold[0] < end)
    folded = sum(min(stop, end) - start for start, stop in passed)
    pixels = sum((min(stop, end) - start) / (stop - start) * FOLD for start, stop in passed)
    rate = max((width - pixels) / max(end - folded, LEAST_SPAN * NOW_AT), least)
    return Scale(rate, max(0.0, Scale(rate, 0.0, folds).x(end) - width), folds)


def ticks(scale: Scale, width: float, least: float = 84.0) -> tuple[float, list[float]]:
    """The step of the axis and its moments: at least `least` pixels apart, none inside a fold."""
    step = next((step for step in STEPS if step * scale.rate >= least), STEPS[-1])
    moments: list[float] = []
    for start, end in _plain_spans(scale, max(0.0, scale.at(0)), scale.at(width)):
        first = ceil(start / step - 1e-9)
        moments += [i * step for i in range(first, min(int(end / step + 1e-9), first + MOST_TICKS) + 1)]
    return step, moments


def _plain_spans(scale: Scale, start: float, end: float) -> list[tuple[float, float]]:
    """What of a span lies outside all folds."""
    folds = Folds(scale.folds) if not isinstance(scale.folds, Folds) else scale.folds
    spans: list[tuple[float, float]] = []
    for fold in folds[max(0, bisect_left(folds.starts, start) - 1) : bisect_left(folds.starts, end)]:
        if fold[0] >= start:
            spans.append((start, fold[0]))
        start = max(start, fold[1])
    return [*spans, (start, end)] if start <= end else spans
