"""Providers of the user's own, used by a run."""

from pathlib import Path

from engine.core.events import Outcome
from engine.core.request import Candidate, Route, ask
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.playground import Playground


async def test_a_route_may_name_a_provider_of_ones_own_and_gets_its_clocks(tmp_path: Path):
    async with Lab(speed=50) as lab:
        base = lab.play("own", (b.Say(text="From my own house."), b.End()))
        (tmp_path / "providers.toml").write_text(
            f'[[providers]]\nname = "house"\nbase_url = "{base}/v1"\nneeds_key = false\nfirst_token = 7.0\n'
        )
        async with Playground(tmp_path) as playground:
            route = Route(name="r", candidates=(Candidate(provider="house", model="m"),))
            run = await playground.start(ask("Where from?", route))
    assert run.outcome is Outcome.ANSWERED
    assert run.text == "From my own house."
    assert run.candidates[0].clocks.first_token == 7.0


async def test_a_damaged_file_of_providers_is_told_of_and_stops_nothing(tmp_path: Path):
    (tmp_path / "providers.toml").write_text("[[providers]\n")
    async with Playground(tmp_path) as playground:
        assert any("providers.toml" in notice for notice in playground.notices)
