"""Where each run of a plot stands: round marks on the axis, dots that do not hide one another, and the plot as SVG."""

import math
from collections.abc import Sequence
from typing import NamedTuple

from engine.compare import stats
from engine.compare.report_plot import plot
from engine.compare.results import Result
from gui.tokens import Palette

LANES = (0, 5, -5, 10, -10)  # dots that would lie on one another are spread over these
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


class Scale(NamedTuple):
    """From 0 to `top`, with a mark each `step`."""

    top: float
    step: float

    @property
    def marks(self) -> list[float]:
        return [place * self.step for place in range(round(self.top / self.step) + 1)]


class Dot(NamedTuple):
    value: float
    lane: int  # pixels above or below the row's middle
    order: int  # of the run, from 1


def scale(values: Sequence[float]) -> Scale:
    """A round scale that holds all values, with about five marks."""
    largest = max(values, default=0.0)
    if largest <= 0:
        return Scale(1.0, 0.5)
    power = 10 ** math.floor(math.log10(largest / 5))
    step = next((power * step for step in STEPS if power * step * 5 >= largest), power * 10)
    return Scale(step * max(1, math.ceil(largest / step - 1e-9)), step)


def dots(metric: stats.Metric, results: Sequence[Result], column: int) -> list[Dot]:
    """The answered runs of one column whose value is known."""
    found: list[Dot] = []
    for result in results:
        value = metric.of(result.measures)
        if result.column == column and result.answered and value is not None:
            found.append(Dot(value, LANES[len(found) % len(LANES)], result.order))
    return found


def svg(metric: stats.Metric, results: Sequence[Result], columns: Sequence[stats.ColumnStats], palette: Palette) -> str:
    """The report's drawing of the same values, with its colours in it, so that it stands alone."""
    drawn = plot(metric, results, columns)
    look = (
        f"text{{font:11px Inter,sans-serif;fill:{palette.muted.name()}}}"
        f".name{{fill:{palette.text.name()};font-weight:600}}"
        f".grid{{stroke:{palette.grid.name()}}}.dot{{fill:{palette.accent.name()};fill-opacity:.55}}"
        f".span{{fill:{palette.accent.name()};fill-opacity:.12}}"
        f".median{{stroke:{palette.text.name()};stroke-width:2}}"
        f".failed{{stroke:{palette.failed_permanent.name()};stroke-width:1.5;fill:none}}"
    )
    opened = drawn.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    head, closing, rest = opened.partition(">")
    return f"{head}{closing}<style>{look}</style>{rest}" if drawn else ""
