"""The matrix of faults, rows 60 to 78: what lies between, users, keys, races, rests and identities."""

import asyncio
import time
from email.utils import formatdate
from pathlib import Path

import pytest

from engine.core import events as e
from engine.core.faults import Cause, Fault, Kind
from engine.core.repair import repaired
from engine.core.request import Candidate, Capabilities, Dialect, Image, Message, Reasoning, Request, Text, ask
from engine.core.run import evolve
from engine.lab import beats as b
from tests.engine.core.playing import DONE, SKIP, STOP, World, candidate, fault, gaps, play, route, rules, send, told
from tests.engine.matrix.stage import ANSWER, GOOD, kinds, stage
from tests.virtual_time import in_virtual_time

OPENAI = candidate("openai", "gpt", keys=("env:A", "env:B"))
CLAUDE = candidate("anthropic", "claude")
HI = ["Hi", DONE]
FIRST, SECOND = (0, "env:A"), (1, "")


def bench(provider: str = "openai", until: float = 300.0, kind: Kind = Kind.RATE_LIMIT, **more: object) -> e.Bench:
    return e.Bench(provider=provider, since=-1.0, until=until, kind=kind, reason="earlier", **more)


@in_virtual_time
async def test_row_60_an_answer_that_comes_in_one_burst_is_noted_as_buffered(tmp_path: Path):
    async with stage(tmp_path) as s:
        burst = await s.ask(s.candidate((b.Wait(seconds=4), b.Say(text="word " * 80, rate=0), b.End())))
        flowing = await s.ask(s.candidate((b.Say(text="word " * 80, rate=40), b.End())))
        assert burst.answer.buffered
        assert not flowing.answer.buffered


@in_virtual_time
async def test_row_61_a_key_does_not_follow_a_redirect(tmp_path: Path):
    async with stage(tmp_path) as s:
        elsewhere = s.candidate()
        moved = b.Status(code=307, headers=(("location", f"{elsewhere.base_url}/chat/completions"),))
        run = await s.ask(s.candidate((moved,), keys=("a", "b")), s.candidate())
        assert s.asked() == ["c2:a", "c3"]
        assert kinds(run) == ["bad_request/address"]


@in_virtual_time
async def test_row_62_a_proxy_that_refuses_is_left_with_a_hint(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate((b.Status(code=407, body=""),), keys=("a", "b")), s.candidate())
        assert s.asked() == ["c1:a", "c2"]
        assert kinds(run) == ["connect/proxy"]


@pytest.mark.parametrize("before", [[], ["Half"]])
def test_row_63_a_stop_falls_back_to_nobody_and_keeps_what_was_said(before: list[str]):
    run = play(route(OPENAI, CLAUDE), [*before, STOP])
    assert (told(run), run.outcome, run.text) == ([FIRST], e.Outcome.STOPPED, "".join(before))
    waiting = play(route(OPENAI, CLAUDE), [fault(Kind.SERVER)], [fault(Kind.SERVER), STOP])
    assert waiting.live == ()


def test_row_63_a_stop_while_it_waits_sends_nothing_more():
    limit = fault(Kind.RATE_LIMIT, wait_hint=8.0)
    world = World(ask("Why?", route(candidate(keys=("env:A",)))), [[limit]])
    world.settle()
    world.step()
    world.settle()
    assert world.run.waiting is not None
    world.emit(e.StopAsked(run="r1", at=world.now))
    assert world.play().outcome is e.Outcome.STOPPED
    assert len(world.run.attempts) == 1


@in_virtual_time
async def test_row_64_closing_in_mid_answer_cuts_the_stream_and_saves_the_trail(tmp_path: Path):
    async with stage(tmp_path) as s:
        handle = s.playground.start(ask("Why?", s.route(s.candidate((b.Say(words=9, rate=2), b.Stall())))))
        batches = handle.batches()
        async for events, _ in batches:
            if any(isinstance(event, e.Said) for event in events):
                break
        log = s.lab.log
    await batches.aclose()
    assert [entry.ended for entry in log.requests()] == ["client cut"]
    async with stage(tmp_path) as s:
        (entry,) = s.playground.history.entries()
        assert entry.outcome == "stopped"
        assert entry.answer


@in_virtual_time
async def test_row_65_our_own_slowness_is_never_the_providers_silence(tmp_path: Path):
    async with stage(tmp_path) as s:
        text = " ".join(map(str, range(40_000)))
        long = (b.Say(text=text, rate=0), b.End())
        handle = s.playground.start(ask("Why?", s.route(s.candidate(long), idle=3.0)))
        held = False
        async for _, run in handle.batches():
            if run.text and not held:
                held = True
                await asyncio.sleep(60)
        run = await handle
        assert s.asked() == ["c1"]
        assert (run.outcome, len(run.text)) == (e.Outcome.ANSWERED, len(text))


@in_virtual_time
async def test_row_66_a_key_that_cannot_be_read_is_gone_past_with_a_hint(tmp_path: Path):
    async with stage(tmp_path) as s:
        keyed = s.candidate(keys=("a",))
        unread = Candidate(
            provider="openai", model="m", base_url=keyed.base_url, dialect=keyed.dialect, keys=("env:NOT_SET", "lab:a")
        )
        run = await s.ask(unread)
        assert s.asked() == ["c1:a"]
        assert kinds(run) == ["key_unavailable"]
        assert "NOT_SET" in run.attempts[0].fault.detail
        assert run.benches == ()


@in_virtual_time
async def test_row_67_a_wait_until_a_date_counts_by_the_servers_clock(tmp_path: Path):
    async with stage(tmp_path, wall=lambda: time.time() + 3600) as s:
        date = formatdate(time.time() + 6, usegmt=True)
        dated = b.Status(code=429, kind=Kind.RATE_LIMIT, headers=(("retry-after", date),))
        await s.ask(s.candidate((dated,), GOOD, keys=("a",)))
        assert s.asked() == ["c1:a", "c1:a"]
        assert s.pauses() == [pytest.approx(5.5, abs=1.1)]


def test_row_68_when_all_keys_rest_the_soonest_is_waited_for_or_the_next_candidate_asked():
    short = [fault(Kind.RATE_LIMIT, wait_hint=8.0)], [fault(Kind.RATE_LIMIT, wait_hint=3.0)]
    run = play(route(OPENAI, CLAUDE), *short, HI)
    assert told(run) == [FIRST, (0, "env:B"), (0, "env:B")]
    assert gaps(run)[1] == pytest.approx(3)
    long = [fault(Kind.RATE_LIMIT, wait_hint=80.0)], [fault(Kind.RATE_LIMIT, wait_hint=30.0)]
    run = play(route(OPENAI, CLAUDE), *long, HI)
    assert told(run) == [FIRST, (0, "env:B"), SECOND]
    assert gaps(run)[1] == 0


def test_row_69_when_everything_rests_the_soonest_is_waited_for():
    run = play(route(OPENAI), HI, benches=(bench(key="env:A", until=9.0), bench(key="env:B", until=4.0)))
    assert told(run) == [(0, "env:B")]
    assert run.attempts[0].started == pytest.approx(4)


def test_row_69_or_the_end_says_when_the_next_one_is_fit():
    both = (bench(key="env:A", until=900.0), bench(key="env:B", until=300.0))
    run = play(route(OPENAI), benches=both)
    assert (run.outcome, told(run), run.trail[-1].available_at) == (e.Outcome.FAILED, [], pytest.approx(300))
    resting = play(route(OPENAI), benches=(*both, bench(model="gpt", until=700.0, kind=Kind.SERVER)))
    assert resting.trail[-1].available_at == pytest.approx(700)


def test_row_69_what_only_a_person_can_mend_names_no_time():
    dead = (bench(key="env:A", kind=Kind.AUTH), bench(key="env:B", kind=Kind.AUTH))
    assert play(route(OPENAI), benches=dead).trail[-1].available_at is None
    assert play(route(OPENAI), benches=(*dead[:1], bench(key="env:B", until=99.0))).trail[-1].available_at == 99
    elsewhere = bench(provider="gemini", key="env:A", until=5.0)
    assert play(route(OPENAI), benches=(*dead, elsewhere)).trail[-1].available_at is None


@in_virtual_time
async def test_row_70_nothing_below_us_retries(tmp_path: Path):
    async with stage(tmp_path) as s:
        places = [s.candidate((play_of,)) for play_of in (b.Status(code=500), b.Reset(), b.Status(code=429))]
        run = await s.ask(*places, attempts=2)
        assert len(s.asked()) == len(run.attempts) == 6


def test_row_71_a_late_word_from_a_cut_attempt_is_dropped():
    world = World(ask("Why?", route(OPENAI, CLAUDE)), [["Half", SKIP], ["Whole", DONE]])
    world.play()
    before = world.run
    for late in (
        e.Said(run="r1", at=9.0, attempt=1, pieces=("late",)),
        e.Faulted(run="r1", at=9.0, attempt=1, fault=Fault(kind=Kind.SERVER)),
        e.Completed(run="r1", at=9.0, attempt=1),
    ):
        assert evolve(before, late) == before
    assert before.text == "Whole"


@pytest.mark.parametrize(
    ("can", "request_of"),
    [
        (Capabilities(vision=False), {"messages": (Message("user", (Image("image/png", ""), Text("What?"))),)}),
        (Capabilities(tools=False), {"tools": ({"name": "look"},)}),
        (Capabilities(json=False), {"json_schema": {"type": "object"}}),
    ],
)
def test_row_72_who_cannot_is_skipped_before_anything_is_sent(can: Capabilities, request_of: dict[str, object]):
    from engine.core.request import Parameters, Tool

    unable = candidate("groq", "text", capabilities=can)
    messages = request_of.get("messages", (Message("user", (Text("Why?"),)),))
    tools = tuple(Tool(**tool) for tool in request_of.get("tools", ()))
    parameters = Parameters(json_schema=request_of.get("json_schema"))
    request = Request(messages=messages, route=route(unable, CLAUDE), tools=tools, parameters=parameters)
    run = send(request, HI)
    assert told(run) == [(1, "")]
    assert (run.trail[0].rule, run.trail[0].candidate) == (e.Rule.INCAPABLE, 0)


@in_virtual_time
async def test_row_73_the_loser_of_a_race_is_cut_at_once(tmp_path: Path):
    async with stage(tmp_path) as s:
        slow = s.candidate((b.Usage(input=7, output=0), b.Wait(seconds=6), *GOOD))
        run = await s.ask(slow, s.candidate((b.Wait(seconds=1), *GOOD)), hedge_delay=2.0)
        assert s.pauses() == [pytest.approx(2, abs=0.1)]
        assert (run.text, run.answer.candidate, run.attempts[0].cut) == (ANSWER, 1, e.Rule.HEDGE_LOST)
        assert run.attempts[0].usage.input == 7
        assert sorted(entry.ended for entry in s.lab.log.requests()) == ["client cut", "done"]
        assert run.ended == pytest.approx(3, abs=0.2)


def whole(number: int, at: float) -> e.AnyEvent:
    return e.Completed(run="r1", at=at, attempt=number)


def test_row_73_a_hedge_that_answers_in_one_read_ends_the_run():
    world = World(ask("Why?", route(OPENAI, CLAUDE, hedge_delay=1.0)), [[9.0, *HI], []])
    world.settle()
    while len(world.run.attempts) < 2:
        world.step()
        world.settle()
    world.emit(e.Said(run="r1", at=world.now, attempt=2, pieces=("fast",)))
    world.emit(whole(2, world.now))
    world.settle()
    assert (world.run.outcome, world.run.text, world.run.served_by) == (e.Outcome.ANSWERED, "fast", 2)
    assert world.run.attempts[0].cut is e.Rule.HEDGE_LOST


def test_row_73_a_hedge_is_no_way_to_wake_what_rests():
    run = play(route(OPENAI, CLAUDE, hedge_delay=1.0), [5.0, *HI], benches=(bench("anthropic", model="claude"),))
    assert told(run) == [FIRST]


def test_row_74_an_error_or_an_empty_frame_cannot_win_and_leaves_its_lesson():
    keyed = candidate("anthropic", "claude", keys=("env:C",))
    run = play(route(OPENAI, keyed, hedge_delay=1.0), [5.0, *HI], [fault(Kind.AUTH)])
    assert (run.served_by, told(run)) == (1, [FIRST, (1, "env:C")])
    assert [b.key for b in run.benches] == ["env:C"]
    silent = play(route(OPENAI, CLAUDE, hedge_delay=1.0), [5.0, *HI], [fault(Kind.EMPTY)])
    assert silent.served_by == 1


@in_virtual_time
async def test_row_75_behind_a_broken_connection_the_next_try_has_a_new_one(tmp_path: Path):
    async with stage(tmp_path) as s:
        broken = s.candidate(GOOD, (b.Say(text="Half", rate=0), b.Reset()), GOOD)
        await s.ask(broken)
        run = await s.ask(broken)
        assert [attempt.reused for attempt in run.attempts] == [True, False]
        assert run.text == ANSWER
        assert run.attempts[0].superseded is not None


@in_virtual_time
async def test_row_76_reasoning_of_another_provider_is_not_sent(tmp_path: Path):
    async with stage(tmp_path) as s:
        thought = Reasoning(text="my secret plan", signature="seal", provider="anthropic")
        turns = (
            Message("user", (Text("Why?"),)),
            Message("assistant", (thought, Text("Because."))),
            Message("user", (Text("And?"),)),
        )
        own = s.candidate((b.Status(code=500),), provider="anthropic", dialect=Dialect.MESSAGES)
        await s.send(Request(messages=turns, route=s.route(own, s.candidate(), attempts=1)))
        bodies = [entry.body or "" for entry in s.lab.log.requests()]
        assert ["my secret plan" in body for body in bodies] == [True, False]


def test_row_76_a_refused_history_is_sent_once_more_without_reasoning():
    thought = Reasoning(text="plan", signature="seal", provider="openai")
    turns = (
        Message("user", (Text("Why?"),)),
        Message("assistant", (thought, Text("So."))),
        Message("user", (Text("?"),)),
    )
    request = Request(messages=turns, route=route(OPENAI, CLAUDE))
    refused = fault(Kind.BAD_REQUEST, Cause.HISTORY)
    run = send(request, [refused], [refused], HI)
    assert told(run) == [FIRST, FIRST, SECOND]
    assert [a.without for a in run.attempts] == [(), ("reasoning",), ()]
    assert repaired(request, ("reasoning",)).messages[1].parts == (Text("So."),)
    plain = send(ask("Why?", route(OPENAI, CLAUDE)), [refused], HI)
    assert told(plain) == [FIRST, SECOND]


def test_row_77_a_rest_holds_for_one_provider_one_address_and_one_model():
    for other in (bench("groq", model="gpt"), bench(model="gpt", base_url="http://b"), bench(model="gpt-mini")):
        assert told(play(route(OPENAI, CLAUDE), HI, benches=(other,))) == [FIRST]
    assert told(play(route(OPENAI, CLAUDE), HI, benches=(bench(model="gpt"),))) == [SECOND]


def test_row_78_what_rests_is_skipped_with_its_reason_and_tried_when_nothing_else_is_left():
    down = bench(model="gpt", until=12.0, kind=Kind.SERVER)
    run = play(route(OPENAI, CLAUDE), HI, benches=(down,))
    assert told(run) == [SECOND]
    assert "cooling for 12.0 s more: earlier" in run.trail[0].why
    alone = play(route(OPENAI), HI, benches=(down,))
    assert (told(alone), rules(alone)[0]) == ([FIRST], "HALF_OPEN")


def test_row_78_one_run_at_a_time_tries_what_rests():
    near = bench(model="gpt", until=6.0, kind=Kind.SERVER, probed=True)
    run = play(route(OPENAI), HI, benches=(near,))
    assert run.attempts[0].started == pytest.approx(6)
    far = bench(model="gpt", until=14.0, kind=Kind.SERVER, probed=True)
    refused = play(route(OPENAI), HI, benches=(far,))
    assert (told(refused), refused.trail[-1].available_at) == ([], pytest.approx(14))
