"""The engine whole: real HTTP to the lab, real sockets, real clocks made short."""

import asyncio
from pathlib import Path

import pytest

from engine.core import journal
from engine.core.events import Outcome, Rule, Said
from engine.core.faults import Kind
from engine.core.request import Candidate, Route, ask
from engine.lab import beats as b
from engine.lab.scenarios import SCENARIOS
from engine.lab.server import Lab
from engine.playground import Playground

SPEED = 12.0


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_each_scenario_ends_as_it_promises(name: str, tmp_path: Path):
    scenario = SCENARIOS[name]
    async with Playground(tmp_path, lab=Lab(speed=SPEED)) as playground:
        await playground.lab.start()
        run = await playground.start(ask(scenario.prompt, playground.lab.route(name)))
    expected = scenario.expected
    assert run.outcome is expected.outcome
    assert len(run.attempts) == expected.attempts
    kinds = tuple(attempt.fault.kind for attempt in run.attempts if attempt.fault is not None)
    if expected.kinds:
        assert kinds[: len(expected.kinds)] == expected.kinds
    fired = iter(decision.rule for decision in run.trail)
    assert all(rule in fired for rule in expected.rules), [d.rule.name for d in run.trail]
    if expected.served_by is not None:
        assert run.answer is not None
        assert run.answer.candidate == expected.served_by


async def test_the_labs_faults_are_marked_on_the_attempt_they_struck(tmp_path: Path):
    async with Playground(tmp_path, lab=Lab(speed=SPEED)) as playground:
        await playground.lab.start()
        run = await playground.start(ask("Why?", playground.lab.route("first")))
    assert [[name for _, name in attempt.injected] for attempt in run.attempts] == [["status"], ["truncate"], []]


async def test_events_come_one_by_one_and_fold_to_the_run(tmp_path: Path):
    async with Playground(tmp_path, lab=Lab(speed=SPEED)) as playground:
        await playground.lab.start()
        async with playground.start(ask("Why?", playground.lab.route("cut"))) as handle:
            events = [event async for event in handle.events()]
            run = await handle
        assert journal.fold(events) == run
        assert any(isinstance(event, Said) for event in events)


async def test_history_gives_the_run_back(tmp_path: Path):
    async with Playground(tmp_path, lab=Lab(speed=SPEED)) as playground:
        await playground.lab.start()
        run = await playground.start(ask("Why?", playground.lab.route("cut")))
    async with Playground(tmp_path) as playground:
        (entry,) = playground.history.entries()
        assert entry.outcome == "answered"
        assert entry.answer == run.text
        assert journal.fold(playground.history.events(run.id)) == run


async def test_leaving_the_iterator_stops_the_run_and_cuts_the_stream(tmp_path: Path):
    async with Playground(tmp_path, lab=Lab()) as playground:
        await playground.lab.start()
        handle = playground.start(ask("Why?", playground.lab.route("calm")))
        batches = handle.batches()
        async for events, _ in batches:
            if any(isinstance(event, Said) for event in events):
                break
        await batches.aclose()
        run = await handle
        assert run.outcome is Outcome.STOPPED
        await asyncio.sleep(0.1)
        assert [entry.ended for entry in playground.lab.log.requests()] == ["client cut"]


async def test_a_skip_while_it_waits_starts_the_next_candidate_now(tmp_path: Path):
    async with Playground(tmp_path, lab=Lab()) as playground:
        await playground.lab.start()
        limited = playground.lab.play("limited", (b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=8),))
        good = playground.lab.play("good", (b.Say(text="Here I am."), b.End()))
        route = Route(
            name="skip",
            candidates=tuple(Candidate(provider="openai", model=u[-4:], base_url=f"{u}/v1") for u in (limited, good)),
        )
        handle = playground.start(ask("Why?", route))
        asked = False
        async for _, run in handle.batches():
            if run.waiting is not None and not asked:
                asked = True
                handle.skip()
    assert asked
    assert run.text == "Here I am."
    assert run.attempts[1].rule is Rule.SKIPPED
    assert run.ended is not None
    assert run.ended < 7
