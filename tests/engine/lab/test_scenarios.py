"""Each scenario is sound data, and the real policy and adapters make of it what it promises."""

from collections.abc import Iterable

import httpx
import msgspec
import pytest

from engine.core.events import Outcome, Rule
from engine.core.request import Dialect, ask
from engine.lab.programme import Programme, Scenario, lab_route
from engine.lab.scenarios import SCENARIOS
from engine.lab.server import Lab
from engine.providers.registry import resolve
from tests.engine.lab.walk import walk

SPEED = 12
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)


def in_order(wanted: Iterable[Rule], given: Iterable[Rule]) -> bool:
    rest = iter(given)
    return all(rule in rest for rule in wanted)


@every_scenario
async def test_a_scenario_ends_as_it_promises(client: httpx.AsyncClient, scenario: Scenario) -> None:
    async with Lab(speed=SPEED) as lab:
        run = await walk(lab, client, ask(scenario.prompt, lab.route(scenario.name)))
        requests = lab.log.requests()
    expected = scenario.expected
    story = [(a.candidate, a.key, a.fault) for a in run.attempts], [(type(d).__name__, d.rule.name) for d in run.trail]
    assert run.outcome is expected.outcome, story
    assert len(run.attempts) == expected.attempts, story
    assert tuple(a.fault.kind for a in run.attempts if a.fault is not None) == expected.kinds, story
    served = None if run.served_by is None else run.attempt(run.served_by).candidate
    assert served == expected.served_by, story
    assert in_order(expected.rules, [decision.rule for decision in run.trail]), story
    assert len(requests) == expected.attempts
    if run.outcome is Outcome.ANSWERED:
        assert run.answer is not None
        assert str(run.answer.text).rstrip().endswith(".")


async def test_a_run_repeats_itself(client: httpx.AsyncClient) -> None:
    texts: set[str] = set()
    async with Lab(speed=SPEED) as lab:
        for _ in range(2):
            run = await walk(lab, client, ask(SCENARIOS["first"].prompt, lab.route("first")))
            texts.add(" | ".join(str(attempt.text) for attempt in run.attempts))
    assert len(texts) == 1


async def test_the_first_start_withdraws_one_text_and_shows_another(client: httpx.AsyncClient) -> None:
    async with Lab(speed=SPEED) as lab:
        run = await walk(lab, client, ask(SCENARIOS["first"].prompt, lab.route("first")))
    limited, cut, served = run.attempts
    assert not limited.text
    assert cut.superseded is not None
    assert len(str(cut.text).split()) == 44
    assert served.reasoning
    assert str(served.text)[:20] != str(cut.text)[:20]


@every_scenario
def test_a_scenario_is_complete_for_its_card(scenario: Scenario) -> None:
    assert scenario.title
    assert scenario.sentence.endswith(".")
    assert scenario.expected.word
    assert scenario.prompt
    places = range(len(scenario.candidates))
    for part in scenario.parts:
        assert part.candidate in places
        assert part.plays
        assert part.key in ("", *(key.removeprefix("lab:") for key in scenario.candidates[part.candidate].keys))


@every_scenario
def test_a_scenario_travels_as_json(scenario: Scenario) -> None:
    assert msgspec.json.decode(msgspec.json.encode(scenario), type=Scenario) == scenario


def test_there_are_at_least_twelve_under_their_own_names() -> None:
    assert len(SCENARIOS) >= 12
    assert all(name == scenario.name for name, scenario in SCENARIOS.items())
    assert len({scenario.title for scenario in SCENARIOS.values()}) == len(SCENARIOS)


def test_a_route_points_at_the_lab_in_each_dialects_way() -> None:
    route = lab_route(SCENARIOS["first"], "http://127.0.0.1:9")
    bases = [(candidate.dialect, candidate.base_url) for candidate in route.candidates]
    assert bases[0] == (Dialect.CHAT_COMPLETIONS, "http://127.0.0.1:9/first/0/v1")
    assert bases[1] == (Dialect.MESSAGES, "http://127.0.0.1:9/first/1")
    assert route.candidates[0].keys == ("lab:work", "lab:spare")
    assert all(resolve(candidate).base_url == candidate.base_url for candidate in route.candidates)


def test_speed_hastens_the_routes_patience_but_not_its_connect_clock() -> None:
    usual, fast = (lab_route(SCENARIOS["stall"], "http://127.0.0.1:9", speed=speed).policy for speed in (1, 10))
    assert fast.first_token == usual.first_token / 10
    assert fast.idle == usual.idle / 10
    assert fast.connect == usual.connect


def test_sessions_have_addresses_of_their_own() -> None:
    one, two = (lab_route(SCENARIOS["calm"], "http://lab", session=n).candidates[0].base_url for n in (1, 2))
    assert one == "http://lab/calm.1/0/v1"
    assert two == "http://lab/calm.2/0/v1"


def test_whoever_has_no_part_answers_by_the_book() -> None:
    number, part = Programme().part(3, "work")
    assert number == 3
    assert part.nth(9)[-1].name == "end"


def test_there_is_no_route_for_an_unknown_scenario() -> None:
    with pytest.raises(KeyError):
        Lab().route("unheard-of")
