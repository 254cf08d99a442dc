"""What a run cost: each second of the wait has one place on the critical path."""

import itertools

import pytest

from engine.core.cost import Part, cost_lines, cost_of, critical_path
from engine.core.faults import Kind
from engine.core.request import Usage
from tests.engine.core.playing import DONE, candidate, fault, play, route, thought


def two(**policy):
    return route(candidate("openai", keys=("env:A", "env:B")), candidate("anthropic"), **policy)


def cut_then_answered():
    """Text for 2 s, a silence of 1 s before the stream breaks, then another answers from 3 s to 5 s."""
    broken = fault(Kind.TRUNCATED, in_stream=True)
    return play(two(), [1.0, "Half an ", 1.0, "answer", 1.0, broken], [0.5, "The whole answer.", 1.5, DONE])


def covers(run):
    path = critical_path(run)
    assert path[0].start == pytest.approx(0.0)
    assert path[-1].end == pytest.approx(run.ended if run.ended is not None else run.now)
    for one, other in itertools.pairwise(path):
        assert one.end == pytest.approx(other.start)
    return path


def test_the_path_has_no_gaps_and_ends_with_the_answer():
    parts = [step.part for step in covers(cut_then_answered())]
    assert parts == [Part.FAILED, Part.WAIT, Part.STREAM]


def test_what_failed_before_the_answer_is_lost():
    cost = cost_of(cut_then_answered())
    assert cost.lost == pytest.approx(3.0)
    assert cost.added == pytest.approx(3.0)


def test_silence_before_a_break_is_a_stall():
    assert cost_of(cut_then_answered()).stalled == pytest.approx(1.0)


def test_a_calm_run_loses_nothing():
    cost = cost_of(play(two(), [0.4, thought("Hm."), 0.6, "Blue.", DONE]))
    assert (cost.lost, cost.added, cost.stalled, cost.wasted.count) == (0.0, 0.0, 0.0, 0)
    assert [step.part for step in cost.path] == [Part.WAIT, Part.REASONING]


def test_waits_between_tries_are_on_the_path():
    run = play(two(), [0.2, fault(Kind.SERVER, status=500)], [0.1, "Blue.", DONE])
    path = covers(run)
    assert [step.part for step in path][:2] == [Part.FAILED, Part.PAUSE]
    assert cost_of(run).lost == pytest.approx(run.attempts[1].started)


def test_a_run_that_fails_is_lost_whole():
    run = play(route(candidate()), [0.5, fault(Kind.AUTH, status=401)])
    covers(run)
    cost = cost_of(run)
    assert cost.lost == pytest.approx(0.5)
    assert cost.added is None


def test_a_hedge_that_wins_counts_the_delay_and_not_as_a_failure():
    run = play(two(hedge_delay=1.0), [9.0, "Late."], [0.5, "Soon.", DONE])
    parts = [step.part for step in covers(run)]
    assert parts[0] is Part.HEDGE
    assert cost_of(run).lost == 0.0
    assert cost_of(run).added == pytest.approx(1.0)


def test_discarded_text_is_wasted_tokens_and_money():
    run = cut_then_answered()
    cost = cost_of(run, lambda provider, model, usage: (usage.output or 0) * 0.01)
    assert cost.wasted.count == 4  # 14 characters, estimated
    assert cost.wasted.estimated
    assert cost.money_wasted == pytest.approx(0.04)
    assert cost.money is not None
    assert cost.money > cost.money_wasted


def test_an_unknown_price_leaves_the_money_unknown():
    cost = cost_of(cut_then_answered(), lambda provider, model, usage: None)
    assert cost.money is None
    assert "Money" not in dict(cost_lines(cut_then_answered(), lambda *_: None))


def test_a_refused_attempt_costs_no_money():
    asked = []

    def price(provider: str, model: str, usage: Usage) -> float:
        asked.append(provider)
        return 1.0

    run = play(two(attempts=1), [fault(Kind.SERVER, status=500)], ["Blue.", DONE])
    assert cost_of(run, price).money == 1.0
    assert asked == ["anthropic"]


def test_the_lines_name_the_longest_stretch():
    lines = dict(cost_lines(cut_then_answered()))
    assert lines["Lost to failures"] == "3.0 s"
    assert "stream cut" in lines["Longest stretch"]
    assert lines["0.0 to 3.0 s"] == "openai · m: stream cut"
