"""The small local model, where its packages are installed."""

from pathlib import Path

import pytest

from engine import local
from engine.core.events import Outcome
from engine.core.faults import Kind
from engine.core.request import Candidate, Parameters, Route, ask
from engine.playground import Playground

SMALL = Candidate(provider="local", model="smollm2-135m-instruct")
ROUTE = Route(name="local", candidates=(SMALL,))


@pytest.mark.slow
@pytest.mark.skipif(not local.available(), reason="the packages of the local model are optional, and not installed")
async def test_the_local_model_answers_without_a_key(tmp_path: Path):
    request = ask("What is the capital of France?", ROUTE, parameters=Parameters(max_tokens=40))
    async with Playground(tmp_path) as playground:
        run = await playground.start(request)
    assert run.outcome is Outcome.ANSWERED
    assert run.text.strip()
    assert run.attempts[0].usage.output


async def test_without_its_packages_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(local, "model_file", lambda: None)
    async with Playground(tmp_path) as playground:
        run = await playground.start(ask("Hello?", ROUTE))
    fault = run.attempts[0].fault
    assert fault is not None
    assert fault.kind is Kind.CONNECT
    assert "pip install xllamacpp" in fault.detail
