"""A check tells what a run would meet, through the real engine and a provider that fails on purpose."""

import asyncio
import functools

import pytest

from engine import check
from engine.check import CheckResult, Trial, check_all, check_key, cost_note, trials
from engine.core.faults import Kind
from engine.core.request import Candidate, Dialect
from engine.keys import KeyState
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.playground import Playground
from engine.prices import Price


@pytest.fixture
async def playground(tmp_path):
    async with Playground(tmp_path, lab=Lab(speed=50)) as playground:
        await playground.lab.start()
        yield playground


def candidate(playground, *play, dialect=Dialect.CHAT_COMPLETIONS, place="/here/v1"):
    base = playground.lab.play(place, *play, keys_required=True)
    return Candidate(provider="lab", model="lab-model", base_url=base, dialect=dialect)


def refused(code, kind):
    return (b.Status(code=code, kind=kind),)


async def test_a_key_that_answers_works(playground):
    mine = candidate(playground, (b.Say(words=1), b.End()))
    result = await check_key(playground.start, mine, "lab:work")
    assert (result.ok, result.kind, result.state) == (True, None, KeyState.VERIFIED)
    assert 0 < result.seconds < 10


async def test_one_request_is_made_and_asks_for_one_token(playground):
    playground.lab.log.bodies = True
    await check_key(playground.start, candidate(playground, refused(503, Kind.SERVER)), "lab:work")
    (entry,) = playground.lab.log.requests()
    assert '"max_tokens":1' in entry.body


@pytest.mark.parametrize(
    ("code", "kind", "state"),
    [
        (401, Kind.AUTH, KeyState.INVALID),
        (402, Kind.QUOTA, KeyState.NO_QUOTA),
        (429, Kind.RATE_LIMIT, None),
        (403, Kind.PERMISSION, None),
        (404, Kind.MODEL_NOT_FOUND, None),
        (500, Kind.SERVER, None),
    ],
)
async def test_each_fault_says_what_it_tells_of_the_key(playground, code, kind, state):
    result = await check_key(playground.start, candidate(playground, refused(code, kind)), "lab:work")
    assert (result.ok, result.kind, result.state) == (False, kind, state)
    assert result.words.endswith(".")


async def test_a_key_that_rests_is_asked_all_the_same(playground):
    mine = candidate(playground, refused(401, Kind.AUTH), (b.Say(words=1), b.End()))
    start = functools.partial(playground.start, afresh=True)
    first = await check_key(start, mine, "lab:work")
    second = await check_key(start, mine, "lab:work")
    assert (first.kind, second.ok) == (Kind.AUTH, True)
    assert playground.lab.log.requests()[-1].status == 200


async def test_a_success_ends_the_rest_of_the_key(playground):
    mine = candidate(playground, refused(401, Kind.AUTH), (b.Say(words=1), b.End()))
    await check_key(playground.start, mine, "lab:work")
    assert [bench.kind for bench in playground.health.benches] == [Kind.AUTH]
    await check_key(functools.partial(playground.start, afresh=True), mine, "lab:work")
    assert playground.health.benches == ()


async def test_a_key_that_is_not_there_is_said_so(playground):
    mine = candidate(playground, (b.Say(words=1), b.End()))
    result = await check_key(playground.start, mine, "keyring:nobody")
    assert (result.ok, result.kind) == (False, Kind.KEY_UNAVAILABLE)
    assert "nobody" in result.words
    assert playground.lab.log.requests() == ()


async def test_an_answer_that_heeds_no_limit_is_cut(playground):
    mine = candidate(playground, (b.Say(words=100_000), b.End()))
    result = await asyncio.wait_for(check_key(playground.start, mine, "lab:work"), 20)
    assert result.ok


async def test_an_unknown_provider_is_a_result(playground):
    result = await check_key(playground.start, Candidate(provider="nobody", model="m"), "env:X")
    assert not result.ok
    assert "nobody" in result.words


async def test_a_secret_that_is_echoed_is_not_repeated(playground):
    secret = playground.lab.secret("work")
    play = (b.Status(code=401, kind=Kind.AUTH, message=f"Incorrect key {secret}"),)
    result = await check_key(playground.start, candidate(playground, play), "lab:work")
    assert secret not in repr(result)


async def test_a_matrix_asks_each_key_with_each_model(playground):
    good = candidate(playground, (b.Say(words=1), b.End()), place="/good/v1")
    bad = candidate(playground, refused(404, Kind.MODEL_NOT_FOUND), place="/bad/v1")
    told: dict[str, CheckResult] = {}
    await check_all(
        playground.start, trials((good, bad), ("lab:a", "lab:b")), lambda t, result: told.update({t.id: result})
    )
    assert {name: result.ok for name, result in told.items()} == {"0/0": True, "0/1": True, "1/0": False, "1/1": False}


class Slow:
    """Runs that end when they are told to; it counts how many are open."""

    def __init__(self, start):
        self.start, self.now, self.most, self.begun = start, 0, 0, 0

    def __call__(self, request):
        handle = self.start(request)
        self.now, self.begun = self.now + 1, self.begun + 1
        self.most = max(self.most, self.now)
        closing = handle.aclose

        async def aclose():
            self.now -= 1
            await closing()

        handle.aclose = aclose
        return handle


async def test_no_more_than_the_limit_go_on_at_a_time(playground):
    mine = candidate(playground, (b.Wait(seconds=1.0), b.Say(words=1), b.End()))
    slow = Slow(playground.start)
    wanted = [Trial(id=str(n), candidate=mine, key=f"lab:{n}") for n in range(9)]
    told = []
    await check_all(slow, wanted, lambda trial, result: told.append(result.ok), limit=3)
    assert told == [True] * 9
    assert slow.most == 3


async def test_a_cancelled_matrix_stops_what_is_under_way_and_begins_no_more(playground):
    mine = candidate(playground, (b.Stall(),))
    slow = Slow(playground.start)
    wanted = [Trial(id=str(n), candidate=mine, key=f"lab:{n}") for n in range(9)]
    told = []
    task = asyncio.create_task(check_all(slow, wanted, lambda *news: told.append(news), limit=2))
    while slow.begun < 2:  # noqa: ASYNC110  # there is no event to wait for
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (slow.begun, slow.now, told) == (2, 0, [])


def test_the_cost_is_an_upper_bound_where_prices_are_known():
    two = [Candidate(provider="openai", model="gpt-5-mini"), Candidate(provider="openai", model="nobody-knows-it")]
    assert cost_note(two) == "This costs less than $0.01; for 1 of 2 the price is unknown."
    assert "unknown" in cost_note(two[1:])
    assert cost_note([Candidate(provider="ollama", model="m")]) == "This costs nothing."
    dear = Price(provider="openai", model="m", input=1000.0, output=10_000.0)
    most = (check.INPUT_TOKENS * 1000 + check.OUTPUT_TOKENS * 10_000) / 1_000_000
    assert cost_note(two[:1], lambda provider, model: dear) == f"This costs at most ${most:.2f}."
