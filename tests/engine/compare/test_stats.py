"""Statistics: percentiles, the interval of the median, and that failures are counted and never dropped."""

import random
import statistics as library

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compare import stats
from engine.compare.results import Measures, Tried
from engine.core.events import Outcome
from tests.engine.compare.putting import result

values = st.lists(st.floats(0, 1e6), min_size=1, max_size=60)


@given(values)
def test_the_middle_percentile_is_the_median(known: list[float]):
    assert stats.percentile(known, 50) == pytest.approx(library.median(known))


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=60))
def test_percentiles_are_those_of_the_standard_library(known: list[float]):
    cuts = library.quantiles(known, n=100, method="inclusive")
    assert stats.percentile(known, 95) == pytest.approx(cuts[94])
    assert stats.percentile(known, 99) == pytest.approx(cuts[98])


def test_of_nothing_nothing_is_known():
    assert stats.percentile([], 50) is None
    assert stats.spread([]) == stats.Spread(n=0)
    assert stats.interval([1, 2, 3, 4]) is None


@given(st.lists(st.floats(0, 1e6), min_size=5, max_size=60), st.integers(0, 99))
def test_the_interval_holds_the_median_and_is_the_same_for_a_seed(known: list[float], seed: int):
    low, high = stats.interval(known, seed) or (0, 0)
    assert min(known) <= low <= high <= max(known)
    assert (low, high) == stats.interval(known, seed)


@pytest.mark.parametrize("n", [11, 12])
def test_the_interval_is_that_of_whole_resamples(n: int):
    dice = random.Random(3)
    known = [dice.gauss(10, 2) for _ in range(n)]
    drawn = sorted(library.median(dice.choices(known, k=n)) for _ in range(8000))
    low, high = stats.interval(known, 1) or (0, 0)
    share = [sum(d < low for d in drawn) / 8000, sum(d <= low for d in drawn) / 8000]
    assert share[0] - 0.01 <= 0.025 <= share[1] + 0.01
    share = [sum(d < high for d in drawn) / 8000, sum(d <= high for d in drawn) / 8000]
    assert share[0] - 0.01 <= 0.975 <= share[1] + 0.01


def timed(column: int, i: int, seconds: float | None, **fields):
    return result(column, i, measures=Measures(total=seconds), **fields)


def test_failures_and_fallbacks_are_counted():
    fault = Tried(label="x", key="", started=0, ended=1, status=500, fault="server", word="server error")
    runs = [timed(0, i, 1.0, fallbacks=i % 2, tried=(fault,) * (i % 2)) for i in range(4)]
    runs += [timed(0, 9, 0.001, outcome=Outcome.FAILED, tried=(fault,))]
    (found,) = stats.statistics(["a"], runs)
    assert (found.runs, found.answered, found.failed, found.fell_back) == (5, 4, 1, 2)
    assert found.faults == (("server", 3),)
    assert found.spreads["total"].n == 4
    assert found.spreads["total"].p50 == 1.0
    assert found.spreads["cost"].p50 is None


def test_the_best_median_is_marked_and_mostly_failing_columns_cannot_win():
    runs = [timed(0, i, 1.0 + i / 100) for i in range(6)] + [timed(1, i, 2.0) for i in range(6)]
    runs += [timed(2, 0, 0.1)] + [timed(2, i, 0.1, outcome=Outcome.FAILED) for i in range(1, 6)]
    found = stats.statistics(["a", "b", "c"], runs)
    assert [column.spreads["total"].best for column in found] == [True, False, False]


def test_ties_share_the_mark_and_no_one_is_best_where_all_are_alike():
    three = stats.statistics(["a", "b", "c"], [timed(0, 0, 1.0), timed(1, 0, 1.0), timed(2, 0, 2.0)])
    assert [column.spreads["total"].best for column in three] == [True, True, False]
    two = stats.statistics(["a", "b"], [timed(0, 0, 1.0), timed(1, 0, 1.0)])
    assert not any(column.spreads["total"].best for column in two)


def test_speed_is_better_when_higher():
    runs = [result(i, measures=Measures(tokens_per_second=10.0 + i)) for i in range(2)]
    assert [c.spreads["tokens_per_second"].best for c in stats.statistics(["a", "b"], runs)] == [False, True]


def test_cold_and_warm_are_told_apart():
    runs = [timed(0, 0, 1.0, cold=True), timed(0, 1, 0.5, cold=False), timed(0, 2, 0.6, cold=None)]
    (found,) = stats.statistics(["a"], runs)
    assert (found.cold, found.warm) == (1, 1)
    assert stats.only(runs, cold=False) == (runs[1],)


def test_the_same_answer_again_is_counted_within_a_case():
    runs = [timed(0, 0, 1, text="a"), timed(0, 1, 1, text="a "), timed(0, 2, 1, text="b")]
    (found,) = stats.statistics(["a"], runs)
    assert found.same_answers == pytest.approx(1 / 3)


def test_every_number_that_is_kept_has_its_definition():
    assert {metric.name for metric in stats.METRICS} == set(Measures.__struct_fields__)
    assert all(metric.meaning.endswith(".") for metric in stats.METRICS)
