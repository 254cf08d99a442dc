"""The engine whole: real HTTP to the lab, real sockets, real clocks made short."""

from pathlib import Path

import pytest

from engine.core.request import ask
from engine.lab.scenarios import SCENARIOS
from engine.lab.server import Lab
from engine.playground import Playground

SPEED = 12.0


@pytest.mark.parametrize("name", sorted(SCENARIOS))
async def test_each_scenario_ends_as_it_promises(name: str, tmp_path: Path):
    scenario = SCENARIOS[name]
    async with Playground(tmp_path) as playground:
        playground.lab = Lab(speed=SPEED)
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
