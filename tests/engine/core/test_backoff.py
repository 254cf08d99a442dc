"""How long to wait: doubled, capped, and the same again in a replay."""

from engine.core.backoff import ceiling, jittered
from engine.core.request import Policy

POLICY = Policy(backoff=0.5, backoff_cap=8.0)


def test_the_ceiling_doubles_with_each_failure_up_to_the_cap():
    assert [ceiling(POLICY, n) for n in (1, 2, 3, 4, 5, 6, 10_000)] == [0.5, 1, 2, 4, 8, 8, 8]


def test_the_jitter_is_spread_over_the_whole_range_and_is_the_runs_own():
    waits = [jittered(POLICY, f"run{n}", 5) for n in range(500)]
    assert 0 <= min(waits) < 0.5
    assert 7.5 < max(waits) <= 8
    assert 3.5 < sum(waits) / len(waits) < 4.5
    assert waits == [jittered(POLICY, f"run{n}", 5) for n in range(500)]
    assert jittered(POLICY, "run0", 5, salt=1) != waits[0]
