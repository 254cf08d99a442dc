"""The retry budget that runs share."""

import pytest

from engine.core import events as e
from engine.core.budget import CAPACITY, Budget, lent, retries_of, settled
from engine.core.faults import Kind
from engine.core.request import ask
from tests.engine.core.playing import DONE, candidate, fault, play, route, send, told

OPENAI, CLAUDE = candidate("openai", "gpt"), candidate("anthropic", "claude")
BOTH = route(OPENAI, CLAUDE)
DOWN = [[fault(Kind.SERVER)]] * 9


def test_a_run_without_a_share_goes_on_at_once_and_says_why():
    run = send(ask("Why?", BOTH), *DOWN, retries=0)
    assert told(run) == [(0, ""), (1, "")]
    assert e.Rule.BUDGET_SPENT in [decision.rule for decision in run.trail]


def test_a_share_bounds_the_retries_of_all_candidates_together():
    run = send(ask("Why?", BOTH), *DOWN, retries=3)
    assert told(run) == [(0, "")] * 3 + [(1, "")] * 2
    assert retries_of(run) == 3


def test_rotations_cost_nothing():
    pool = candidate("openai", "gpt", keys=("env:A", "env:B"))
    run = send(ask("Why?", route(pool)), [fault(Kind.AUTH)], ["Hi", DONE], retries=0)
    assert told(run) == [(0, "env:A"), (0, "env:B")]


def test_all_runs_together_borrow_no_more_than_there_is():
    budget, shares = Budget(), []
    for _ in range(50):
        budget, share = lent(budget, 1_000.0, BOTH)
        shares.append(share)
    assert sum(shares) <= CAPACITY
    assert shares[0] == 4
    assert shares[-1] == 0
    assert budget.left >= 0


def test_what_was_not_used_comes_back_with_one_more_for_an_answer():
    budget, share = lent(Budget(left=10.0), 1_000.0, BOTH)
    answered = send(ask("Why?", BOTH), [fault(Kind.SERVER)], ["Hi", DONE], retries=share)
    assert settled(budget, 1_000.0, answered).left == pytest.approx(10.0 - 1 + 1)
    failed = send(ask("Why?", BOTH), *DOWN, retries=share)
    assert settled(budget, 1_000.0, failed).left == pytest.approx(10.0 - 4)


def test_it_is_never_fuller_than_full_and_time_fills_it_again():
    calm = play(BOTH, ["Hi", DONE])
    assert settled(Budget(), 1_000.0, calm).left == CAPACITY
    empty = Budget(left=0.0, wall=1_000.0)
    assert lent(empty, 1_000.0, BOTH)[1] == 0
    assert lent(empty, 1_040.0, BOTH)[1] == 2
    assert lent(empty, 0.0, BOTH)[1] == 0
