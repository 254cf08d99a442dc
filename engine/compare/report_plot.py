"""The plot of a metric: a row for each column, every run a dot, the median a line over its interval. Plain SVG."""

import math
from collections.abc import Sequence
from html import escape

from engine.compare import stats
from engine.compare.report_words import amount
from engine.compare.results import Result

WIDTH, LEFT, RIGHT, ROW, AXIS = 1050, 230, 110, 44, 28  # of the drawing, in its own units
TOP = 6
ASIDE = WIDTH - RIGHT + 26  # where the median's number and the failures stand
LANES = (0, 5, -5, 10, -10)  # dots that would lie on one another are spread over these
LONGEST_NAME = 30
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def plot(metric: stats.Metric, results: Sequence[Result], columns: Sequence[stats.ColumnStats]) -> str:
    """The drawing; empty where no value is known. Failures stand at the right, outside the scale."""
    values = stats.known(metric, [result for result in results if result.answered])
    if not values:
        return ""
    step = _step(max(values))
    top = step * max(1, math.ceil(max(values) / step - 1e-9))
    height = TOP + ROW * len(columns) + AXIS
    parts = _axis(metric, top, step, height)
    for i, column in enumerate(columns):
        own = [result for result in results if result.column == i]
        parts += _row(metric, column, own, TOP + ROW * i + ROW / 2, top)
    label = escape("; ".join(_told(metric, column) for column in columns), quote=True)
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{metric.title}. {label}">{"".join(parts)}</svg>'


def _told(metric: stats.Metric, column: stats.ColumnStats) -> str:
    return f"{column.label}: median {amount(metric, column.spreads[metric.name].p50)}, {column.failed} failed"


def _step(largest: float) -> float:
    """A round distance between marks, for about five of them."""
    if largest <= 0:
        return 1.0
    power = 10 ** math.floor(math.log10(largest / 5))
    return next((power * step for step in _STEPS if power * step * 5 >= largest), power * 10)


def _x(value: float, top: float) -> float:
    return round(LEFT + (WIDTH - LEFT - RIGHT) * value / top, 2)


def _axis(metric: stats.Metric, top: float, step: float, height: float) -> list[str]:
    parts: list[str] = []
    for i in range(round(top / step) + 1):
        x = _x(i * step, top)
        parts.append(f'<line class="grid" x1="{x}" x2="{x}" y1="{TOP}" y2="{height - AXIS}"/>')
        text = _mark(metric, i * step, step)
        parts.append(f'<text x="{x}" y="{height - 10}" text-anchor="middle">{text}</text>')
    return parts


def _mark(metric: stats.Metric, value: float, step: float) -> str:
    """A round number, in one unit along the whole axis."""
    digits = len(f"{step:.9f}".rstrip("0").partition(".")[2])
    shown = f"{value:.{digits}f}"
    return f"${shown}" if metric.unit == "$" else f"{shown} {metric.unit}".strip()


def _row(metric: stats.Metric, column: stats.ColumnStats, own: Sequence[Result], y: float, top: float) -> list[str]:
    name = column.label if len(column.label) <= LONGEST_NAME else column.label[: LONGEST_NAME - 1] + "…"
    parts = [f'<text class="name" x="0" y="{y + 4}">{escape(name)}<title>{escape(column.label)}</title></text>']
    parts += _middle(metric, column.spreads[metric.name], y, top)
    for place, result in enumerate([result for result in own if result.answered]):
        if (value := metric.of(result.measures)) is not None:
            height = y + LANES[place % len(LANES)]
            title = f"<title>{escape(f'run {result.order}: {amount(metric, value)}')}</title>"
            parts.append(f'<circle class="dot" cx="{_x(value, top)}" cy="{height}" r="3.5">{title}</circle>')
    return parts + _failures(column.failed, y)


def _middle(metric: stats.Metric, spread: stats.Spread, y: float, top: float) -> list[str]:
    parts: list[str] = []
    if spread.low is not None and spread.high is not None:
        low, high = _x(spread.low, top), _x(spread.high, top)
        parts.append(f'<rect class="span" x="{low}" width="{max(1.0, high - low):.2f}" y="{y - 15}" height="30"/>')
    if spread.p50 is not None:
        x, title = _x(spread.p50, top), f"<title>median {amount(metric, spread.p50)}</title>"
        parts.append(f'<line class="median" x1="{x}" x2="{x}" y1="{y - 17}" y2="{y + 17}">{title}</line>')
        parts.append(f'<text class="name" x="{ASIDE}" y="{y - 2}">{amount(metric, spread.p50)}</text>')
    return parts


def _failures(count: int, y: float) -> list[str]:
    if not count:
        return []
    cross = f'<path class="failed" d="M{ASIDE + 1} {y + 6}l8 8m0 -8l-8 8"/>'
    return [f'{cross}<text x="{ASIDE + 15}" y="{y + 14}">{count} failed</text>']
