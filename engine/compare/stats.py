"""Statistics of a comparison: for each column and metric, with failures counted and unknown values left unknown. Pure.

The interval is a percentile bootstrap of the median (2,000 resamples, 95 %). BCa is not used: its correction rests on
a jackknife, which is not consistent for a median (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, 11.6).
"""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from engine.compare.results import Measures, Result

RESAMPLES = 2000
COVERAGE = 0.95
FEWEST_FOR_INTERVAL = 5
ENOUGH = {50: 1, 95: 20, 99: 100}  # runs below which a percentile is little more than the slowest run


class Better(StrEnum):
    LOWER = "lower"
    HIGHER = "higher"
    NEITHER = "neither"


class Metric(Struct, frozen=True, kw_only=True):
    """`unit` is s, /s, tokens, $ or empty; `meaning` is one sentence."""

    name: str
    title: str
    unit: str
    better: Better
    meaning: str

    def of(self, measures: Measures) -> float | None:
        return getattr(measures, self.name)


LOWER, HIGHER, NEITHER = Better.LOWER, Better.HIGHER, Better.NEITHER

METRICS = (
    Metric(
        name="connect", title="Connect", unit="s", better=LOWER,
        meaning="From the start of the answering attempt until its new connection stood; a reused connection has none.",
    ),
    Metric(
        name="first_byte", title="First byte", unit="s", better=LOWER,
        meaning="From the start of the answering attempt until the head of its response.",
    ),
    Metric(
        name="first_reasoning", title="First reasoning", unit="s", better=LOWER,
        meaning="From the prompt until the first reasoning of the answering attempt, where it came before any word.",
    ),
    Metric(
        name="first_word", title="First visible word", unit="s", better=LOWER,
        meaning="From the prompt until the first word of the answer, with all failed attempts and waits before it.",
    ),
    Metric(
        name="tokens_per_second", title="Tokens per second", unit="/s", better=HIGHER,
        meaning="Streamed output tokens by the provider's count, less one, over the time from first to last output.",
    ),
    Metric(
        name="pieces_per_second", title="Pieces per second", unit="/s", better=HIGHER,
        meaning="Pieces of text and reasoning as they came, less one, over the time from first to last output.",
    ),
    Metric(
        name="total", title="Total", unit="s", better=LOWER,
        meaning="From the prompt until the end of the run.",
    ),
    Metric(
        name="tokens_in", title="Tokens in", unit="tokens", better=NEITHER,
        meaning="Input tokens of the answering attempt, as the provider counts them.",
    ),
    Metric(
        name="tokens_out", title="Tokens out", unit="tokens", better=NEITHER,
        meaning="Output tokens of the answering attempt, as the provider counts them.",
    ),
    Metric(
        name="cost", title="Cost", unit="$", better=LOWER,
        meaning="All attempts of the run together, failed ones as well, by the table of prices.",
    ),
    Metric(
        name="attempts", title="Attempts", unit="", better=LOWER,
        meaning="Streams that were started, with retries, rotations and fallbacks.",
    ),
)  # fmt: skip


class Spread(Struct, frozen=True, kw_only=True):
    """One metric of one column, over its answered runs. `n` counts the values that are known; `low` and `high` bound
    the median's interval. None: not known, or too few runs."""

    n: int
    mean: float | None = None
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    low: float | None = None
    high: float | None = None
    best: bool = False


class ColumnStats(Struct, frozen=True, kw_only=True):
    """One column. `runs` = `answered` + `failed`; `fell_back` counts the answered ones that another candidate served.
    `faults` counts each kind over all attempts. `spreads` is by the metric's name."""

    label: str
    runs: int
    answered: int
    failed: int
    fell_back: int
    cold: int
    warm: int
    checks_passed: int
    checks: int
    faults: tuple[tuple[str, int], ...] = ()
    same_answers: float | None = None
    spreads: dict[str, Spread] = {}

    @property
    def may_win(self) -> bool:
        """Whether its medians say something of the column: more than half of its runs were answered."""
        return self.answered * 2 > self.runs


def statistics(labels: Sequence[str], results: Iterable[Result], *, seed: int = 0) -> tuple[ColumnStats, ...]:
    """The statistics of each column, the best medians marked. `seed` is that of the bootstrap."""
    known = list(results)
    columns = [_column(label, [r for r in known if r.column == i], seed) for i, label in enumerate(labels)]
    return tuple(_crowned(columns))


def only(results: Iterable[Result], *, cold: bool) -> tuple[Result, ...]:
    """The runs whose answer came over a new connection, or over one that stood already."""
    return tuple(result for result in results if result.cold is cold)


def percentile(values: Sequence[float], percent: float) -> float | None:
    """By linear interpolation between the sorted values (Hyndman and Fan's type 7). None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def interval(values: Sequence[float], seed: int = 0) -> tuple[float, float] | None:
    """The percentile bootstrap interval of the median, 95 %. None for fewer than five values."""
    n = len(values)
    if n < FEWEST_FOR_INTERVAL:
        return None
    ordered, dice = sorted(values), random.Random(seed)
    medians = sorted(_resampled_median(ordered, dice) for _ in range(RESAMPLES))
    tail = round(RESAMPLES * (1 - COVERAGE) / 2)
    return medians[tail], medians[-tail - 1]


def _resampled_median(ordered: list[float], dice: random.Random) -> float:
    """The median of a resample, without drawing it whole: the k-th smallest of n uniform draws is Beta(k, n + 1 - k),
    and the next one lies above it by the same rule. So ten thousand runs cost what ten do."""
    n, k = len(ordered), (len(ordered) + 1) // 2
    lower = dice.betavariate(k, n + 1 - k)
    one = ordered[min(n - 1, int(lower * n))]
    if n % 2:
        return one
    upper = lower + (1 - lower) * dice.betavariate(1, n - k)
    return (one + ordered[min(n - 1, int(upper * n))]) / 2


def spread(values: Sequence[float], seed: int = 0) -> Spread:
    if not values:
        return Spread(n=0)
    bounds = interval(values, seed)
    return Spread(
        n=len(values),
        mean=math.fsum(values) / len(values),
        p50=percentile(values, 50),
        p95=percentile(values, 95),
        p99=percentile(values, 99),
        low=bounds[0] if bounds else None,
        high=bounds[1] if bounds else None,
    )


def _column(label: str, results: list[Result], seed: int) -> ColumnStats:
    answered = [result for result in results if result.answered]
    judged = [check for result in results for check in result.checks]
    faults = Counter(tried.fault for result in results for tried in result.tried if tried.fault)
    return ColumnStats(
        label=label,
        runs=len(results),
        answered=len(answered),
        failed=len(results) - len(answered),
        fell_back=sum(result.fallbacks > 0 for result in answered),
        cold=len(only(results, cold=True)),
        warm=len(only(results, cold=False)),
        checks_passed=sum(check.passed for check in judged),
        checks=len(judged),
        faults=tuple(faults.most_common()),
        same_answers=_same_answers(answered),
        spreads={metric.name: spread(known(metric, answered), seed) for metric in METRICS},
    )


def known(metric: Metric, results: Iterable[Result]) -> list[float]:
    """The metric's values, in the order of the results, those that are not known left out."""
    return [value for result in results if (value := metric.of(result.measures)) is not None]


def _same_answers(answered: list[Result]) -> float | None:
    """How often two answers to the same case are the same text, from 0 to 1. None without two of the same case."""
    alike = pairs = 0
    for case in {result.case for result in answered}:
        texts = Counter(result.text.strip() for result in answered if result.case == case)
        n = texts.total()
        pairs += n * (n - 1)
        alike += sum(count * (count - 1) for count in texts.values())
    return alike / pairs if pairs else None


def _crowned(columns: list[ColumnStats]) -> list[ColumnStats]:
    """The columns, with the best median of each metric marked. Ties share it; where all are alike, none is."""
    best = {metric.name: _winners(metric, columns) for metric in METRICS}
    return [
        replace(
            column,
            spreads={name: replace(found, best=i in best[name]) for name, found in column.spreads.items()},
        )
        for i, column in enumerate(columns)
    ]


def _winners(metric: Metric, columns: list[ColumnStats]) -> set[int]:
    """The best median's column, and those whose median lies within its interval: they may be as good."""
    entrants = ((i, column.spreads[metric.name]) for i, column in enumerate(columns) if column.may_win)
    medians = {i: found.p50 for i, found in entrants if found.p50 is not None}
    choose: dict[Better, Callable[[Iterable[float]], float]] = {LOWER: min, HIGHER: max}
    if metric.better is NEITHER or len(medians) < 2:
        return set()
    top = choose[metric.better](medians.values())
    found = columns[next(i for i, value in medians.items() if value == top)].spreads[metric.name]
    low, high = (top, top) if found.low is None or found.high is None else (found.low, found.high)
    winners = {i for i, value in medians.items() if low <= value <= high}
    return set() if len(winners) == len(medians) else winners
