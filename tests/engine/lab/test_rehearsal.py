"""A rehearsal, which waits for nothing, ends as the scenario promises and as the real run does."""

import httpx
import pytest
from msgspec.structs import replace

from engine.core.events import AttemptStarted, Rule
from engine.core.faults import Kind
from engine.core.request import ask
from engine.core.run import Run
from engine.lab import beats as b
from engine.lab.programme import Part, Scenario
from engine.lab.rehearsal import CONNECT, rehearse
from engine.lab.scenarios import SCENARIOS
from engine.lab.server import Lab
from tests.engine.lab.walk import walk

every_scenario = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
SAMPLE = SCENARIOS["calm"]


def playing(*beats: b.AnyBeat) -> Run:
    """The rehearsal of a calm day whose first candidate plays `beats` instead."""
    return rehearse(replace(SAMPLE, parts=(Part(plays=(beats,)),)))


def told(run: Run) -> list[tuple[int, str, Kind | None]]:
    return [(a.candidate, a.key, None if a.fault is None else a.fault.kind) for a in run.attempts]


@every_scenario
def test_a_rehearsal_ends_as_the_scenario_promises(scenario: Scenario) -> None:
    run, expected = rehearse(scenario), scenario.expected
    assert run.outcome is expected.outcome
    assert len(run.attempts) == expected.attempts
    assert tuple(a.fault.kind for a in run.attempts if a.fault is not None) == expected.kinds
    served = None if run.served_by is None else run.attempt(run.served_by).candidate
    assert served == expected.served_by
    rest = iter([decision.rule for decision in run.trail])
    assert all(rule in rest for rule in expected.rules)


@pytest.mark.parametrize("name", ["first", "stall", "all-limited", "error-in-stream", "filtered"])
async def test_a_rehearsal_tells_the_story_of_the_real_run(client: httpx.AsyncClient, name: str) -> None:
    rehearsed = rehearse(SCENARIOS[name])
    async with Lab(speed=12) as lab:
        real = await walk(lab, client, ask(SCENARIOS[name].prompt, lab.route(name)))
    assert told(rehearsed) == told(real)
    assert [str(a.text) for a in rehearsed.attempts] == [str(a.text) for a in real.attempts]
    assert [a.status for a in rehearsed.attempts] == [a.status for a in real.attempts]


def test_a_rehearsal_is_the_same_each_time() -> None:
    assert rehearse(SCENARIOS["first"]) == rehearse(SCENARIOS["first"])


def test_virtual_seconds_pass_as_the_beats_say() -> None:
    run = rehearse(SCENARIOS["silence"])
    silent, served = run.attempts
    assert silent.connected == pytest.approx(CONNECT)
    assert silent.ended == pytest.approx(CONNECT + 4.0)
    assert served.started == silent.ended
    assert served.first_text is not None
    assert served.first_text - served.started == pytest.approx(CONNECT + 0.6)


def test_a_wait_that_the_provider_asks_for_is_sat_out() -> None:
    run = rehearse(SCENARIOS["all-limited"])
    asked = [d for d in run.trail if isinstance(d, AttemptStarted) and d.rule is Rule.WAIT_AS_ASKED]
    assert len(asked) == 1
    assert asked[0].at == pytest.approx(4.0 + (run.attempts[0].ended or 0.0), abs=0.01)


def test_a_connection_that_stands_is_used_again() -> None:
    first, second = rehearse(SCENARIOS["key-rotation"]).attempts
    assert not first.reused
    assert second.reused
    assert second.connected == second.started


def test_faults_put_there_on_purpose_are_marked() -> None:
    limited, cut, served = rehearse(SCENARIOS["first"]).attempts
    assert [name for _, name in limited.injected] == ["status"]
    assert [name for _, name in cut.injected] == ["truncate"]
    assert not served.injected


@pytest.mark.parametrize(
    ("beats", "kind"),
    [
        ((b.Reset(),), Kind.CONNECT),
        ((b.Say(words=3), b.Reset()), Kind.TRUNCATED),
        ((b.Flood(of="event", megabytes=2),), Kind.MALFORMED),
        ((b.Garble(times=5), b.Cut()), Kind.MALFORMED),
        ((b.Role(), b.Status(code=500)), Kind.TRUNCATED),
        ((b.Say(words=3), b.Stopped(finish=None), b.Page()), None),
    ],
)
def test_beats_that_no_scenario_has_are_rehearsed_as_well(beats: tuple[b.AnyBeat, ...], kind: Kind | None) -> None:
    first = playing(*beats).attempts[0]
    assert (None if first.fault is None else first.fault.kind) is kind


def test_a_whole_answer_in_one_body_is_read() -> None:
    run = playing(b.Whole())
    assert len(run.attempts) == 1
    assert run.text.startswith("Sunlight looks white")


def test_a_tool_call_is_heard() -> None:
    call = playing(b.Call(tool="tide_table", arguments='{"port": "Brest"}'), b.End()).attempts[0].tool_calls[0]
    assert (call.name, call.arguments) == ("tide_table", '{"port": "Brest"}')
