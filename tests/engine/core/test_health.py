"""What runs learn from one another: spent keys, shared accounts, rests of any length, half-open trials."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from engine.core import events as e
from engine.core.faults import Cause, Kind
from engine.core.health import LONGEST, PROBE_REST, Health, admitted, known_to, learned, pruned
from engine.core.request import Finish, Route, ask
from engine.core.run import Run, begin, evolve
from tests.engine.core.playing import DONE, SKIP, World, candidate, fault, finished, route, told

OPENAI = candidate("openai", "gpt", keys=("env:A", "env:B"))
MINI = candidate("openai", "mini", keys=("env:A",))
CLAUDE = candidate("anthropic", "claude")
ALONE = route(candidate("openai", "gpt"))
HI = ["Hi", DONE]


class Life:
    """Runs one after the other, or side by side, that share what they learn. Times in Unix seconds."""

    def __init__(self) -> None:
        self.health, self.wall = Health(), 1_000_000.0

    def begin(self, a_route: Route, *scripts: list[object]) -> World:
        """A run that was let in and has not begun."""
        world = World(ask("Why?", a_route), scripts)
        benches = known_to(self.health, self.wall, a_route.candidates)
        requested = replace(world.journal[0], wall=self.wall, benches=benches)
        world.journal, world.run = [requested], begin(requested)
        self.health = admitted(self.health, requested)
        return world

    def end(self, world: World) -> Run:
        run = world.play()
        folded = begin(world.journal[0])
        for event in world.journal[1:]:
            folded = evolve(folded, event)
            self.health = learned(self.health, folded, event)
        return run

    def run(self, a_route: Route, *scripts: list[object]) -> Run:
        return self.end(self.begin(a_route, *scripts))


def test_a_spent_key_is_not_asked_again_by_the_next_run():
    life = Life()
    assert told(life.run(route(OPENAI), [fault(Kind.AUTH)], HI)) == [(0, "env:A"), (0, "env:B")]
    assert told(life.run(route(OPENAI), HI)) == [(0, "env:B")]
    life.wall += 3601
    assert told(life.run(route(OPENAI), HI)) == [(0, "env:A")]


def test_an_accounts_limit_holds_for_all_its_candidates():
    life = Life()
    run = life.run(route(MINI, OPENAI), [fault(Kind.RATE_LIMIT, wait_hint=60.0)], HI)
    assert told(run) == [(0, "env:A"), (1, "env:B")]
    assert told(life.run(route(OPENAI), HI)) == [(0, "env:B")]


def test_a_plan_without_one_model_leaves_the_key_to_the_others():
    life = Life()
    life.run(route(MINI, CLAUDE), [fault(Kind.QUOTA, Cause.PLAN)], HI)
    assert told(life.run(route(MINI, CLAUDE), HI)) == [(1, "")]
    assert told(life.run(route(OPENAI), HI)) == [(0, "env:A")]


@pytest.mark.parametrize("seconds", [0.004, 1.0, 90.0, 86_400.0, LONGEST])
def test_a_rest_lasts_as_long_as_the_provider_says(seconds: float):
    life = Life()
    life.run(route(MINI, CLAUDE, longest_wait=0.001), [fault(Kind.RATE_LIMIT, wait_hint=seconds)], HI)
    until = 1_000_000.0 + seconds
    assert [bench.until for bench in life.health.benches] == [pytest.approx(until, abs=1e-4)]
    life.wall = until - seconds / 2
    assert told(life.run(route(MINI, CLAUDE, longest_wait=0.001), HI)) == [(1, "")]
    life.wall = until + 0.001
    assert told(life.run(route(MINI, CLAUDE), HI)) == [(0, "env:A")]


def test_no_rest_is_longer_than_a_week():
    life = Life()
    life.run(route(MINI, CLAUDE), [fault(Kind.RATE_LIMIT, wait_hint=1e9)], HI)
    assert life.health.benches[0].until == pytest.approx(1_000_000 + LONGEST)


def test_any_success_closes_the_circuit_also_one_without_an_end_mark():
    for ending in ([DONE], [finished(Finish.STOP)]):
        life = Life()
        life.run(route(CLAUDE, OPENAI, attempts=1), [fault(Kind.SERVER)], HI)
        assert [bench.model for bench in life.health.benches] == ["claude"]
        life.wall += 16
        life.run(route(CLAUDE, OPENAI), ["Hi", *ending])
        assert life.health.benches == ()


def test_a_cut_or_a_failure_closes_nothing():
    life = Life()
    life.run(route(CLAUDE, OPENAI, attempts=1), [fault(Kind.SERVER)], HI)
    for script in ([], [SKIP]):
        life.wall += 30
        assert told(life.run(route(CLAUDE, OPENAI), script, HI))[0] == (0, "")
        assert [bench.model for bench in life.health.benches] == ["claude"]


def test_while_a_provider_is_down_it_is_tried_once_for_each_rest_and_is_back_soon_after():
    life, tried = Life(), []
    for second in range(180):
        life.wall = 1_000_000.0 + second
        down = second < 120
        script = [fault(Kind.SERVER)] if down else HI
        world = life.begin(route(CLAUDE, OPENAI, attempts=1))
        world.scripts = [script, HI] if world.run.benches == () else [HI]
        if (0, "") in told(life.end(world)):
            tried.append(second)
    outage = [second for second in tried if second < 120]
    assert len(outage) <= 120 / 15 + 1
    assert min(later - earlier for earlier, later in pairwise(outage)) >= 15
    back = [second for second in tried if second >= 120]
    assert back[0] <= 120 + 30
    assert back == list(range(back[0], 180))


def test_runs_that_begin_together_try_what_rested_only_once():
    life = Life()
    life.run(route(CLAUDE, OPENAI, attempts=1), [fault(Kind.SERVER)], HI)
    life.wall += PROBE_REST + 1
    together = [life.begin(route(CLAUDE, OPENAI, attempts=1), HI, HI) for _ in range(8)]
    tries = [told(life.end(world))[0] for world in together]
    assert tries.count((0, "")) == 1


def test_runs_that_have_nobody_else_try_what_rests_one_at_a_time():
    life = Life()
    life.run(ALONE, *[[fault(Kind.SERVER)]] * 3)
    together = [life.begin(ALONE, [fault(Kind.BAD_REQUEST)]) for _ in range(8)]
    assert sorted(len(life.end(world).attempts) for world in together) == [0] * 7 + [1]


def test_a_trial_that_never_reports_is_followed_by_another():
    life = Life()
    life.run(route(CLAUDE, OPENAI, attempts=1), [fault(Kind.SERVER)], HI)
    life.wall += 16
    life.begin(route(CLAUDE, OPENAI), [])
    life.wall += PROBE_REST - 1
    assert told(life.run(route(CLAUDE, OPENAI), HI)) == [(1, "env:A")]
    life.wall += 2
    assert told(life.run(route(CLAUDE, OPENAI), HI)) == [(0, "")]


def test_what_has_been_over_for_a_day_is_forgotten():
    over = e.Bench(provider="openai", model="gpt", since=0.0, until=10.0, kind=Kind.SERVER)
    assert pruned(Health(benches=(over,)), 10.0 + 86_000).benches == (over,)
    assert pruned(Health(benches=(over,)), 10.0 + 87_000).benches == ()


def test_a_trial_marks_its_rest_once_however_often_it_asks():
    life = Life()
    life.run(route(CLAUDE, OPENAI, attempts=1), [fault(Kind.SERVER)], HI)
    life.wall += 16
    world = life.begin(route(CLAUDE))
    marked = life.health
    began = e.AttemptStarted(run="r1", at=5.0, attempt=1, candidate=0, rule=e.Rule.FIRST_FIT)
    assert learned(marked, world.run, began) == marked
