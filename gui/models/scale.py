"""Where a moment stands on the screen: seconds to pixels and back, with long waits folded to a fixed width."""

from dataclasses import dataclass

FOLD = 48.0  # pixels of a folded wait
FOLD_FROM = 10.0  # seconds: a longer wait is folded
LEAST_RATE = 8.0  # pixels for each second while following; below it the plot scrolls
LEAST_SPAN = 5.0  # seconds shown before the plot begins to shrink
NOW_AT = 0.8  # of the plot's width
STEPS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)


@dataclass(frozen=True, slots=True)
class Scale:
    """`rate` is pixels for each second, `offset` the pixels scrolled away at the left; folds are sorted spans."""

    rate: float
    offset: float = 0.0
    folds: tuple[tuple[float, float], ...] = ()

    def x(self, at: float) -> float:
        """Pixels from the plot's left edge."""
        shown = at * self.rate - self.offset
        for start, end in self.folds:
            if at <= start:
                break
            covered = min(at, end) - start
            shown += covered / (end - start) * FOLD - covered * self.rate
        return shown

    def at(self, x: float) -> float:
        """The moment at a distance from the plot's left edge."""
        left, moment = x + self.offset, 0.0
        for start, end in self.folds:
            plain = (start - moment) * self.rate
            if left <= plain:
                return moment + left / self.rate
            left -= plain
            if left <= FOLD:
                return start + left / FOLD * (end - start)
            left, moment = left - FOLD, end
        return moment + left / self.rate

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


def _ending_at(end: float, width: float, least: float, folds: tuple[tuple[float, float], ...]) -> Scale:
    passed = tuple(fold for fold in folds if fold[0] < end)
    folded = sum(min(stop, end) - start for start, stop in passed)
    pixels = sum((min(stop, end) - start) / (stop - start) * FOLD for start, stop in passed)
    rate = max((width - pixels) / max(end - folded, LEAST_SPAN * NOW_AT), least)
    return Scale(rate, max(0.0, Scale(rate, 0.0, folds).x(end) - width), folds)


def ticks(scale: Scale, width: float, least: float = 84.0) -> tuple[float, list[float]]:
    """The step of the axis and its moments: at least `least` pixels apart, none inside a fold."""
    step = next((step for step in STEPS if step * scale.rate >= least), STEPS[-1])
    first, last = max(0, int(scale.at(0) / step)), int(scale.at(width) / step) + 1
    moments = [i * step for i in range(first, min(last, first + 400) + 1)]
    folded = scale.folds
    return step, [m for m in moments if not any(start < m < end for start, end in folded)]
