"""The matrix of faults, rows 1 to 26: connections, silence, limits, keys and models."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from engine.clients import Clients
from engine.core import events as e
from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Clocks, Dialect, Midstream, OnFilter
from engine.lab import beats as b
from engine.transport import fault_of
from tests.engine.core.playing import DONE, candidate, fault, gaps, play, route, rules, thought, told
from tests.engine.matrix.stage import ANSWER, GOOD, kinds, stage
from tests.virtual_time import in_virtual_time

OPENAI = candidate("openai", "gpt", keys=("env:A",))
POOL = candidate("openai", "gpt", keys=("env:A", "env:B"))
CLAUDE = candidate("anthropic", "claude")
HI = ["Hi", DONE]


def rests(run: e.Event) -> list[tuple[str, str, float]]:
    """What was put on the bench: (key, model, seconds)."""
    return [(bench.key, bench.model, round(bench.until - bench.since, 1)) for bench in run.benches]


def free_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def limited(code: int = 429, kind: Kind = Kind.RATE_LIMIT, wait: float | None = None, **more: object) -> b.Play:
    return (b.Status(code=code, kind=kind, retry_after=wait, **more),)


def test_row_01_a_name_that_is_not_found_is_tried_twice_and_then_left():
    run = play(route(OPENAI, CLAUDE), [fault(Kind.CONNECT, Cause.DNS)], [fault(Kind.CONNECT, Cause.DNS)], HI)
    assert told(run) == [(0, "env:A"), (0, "env:A"), (1, "")]
    assert gaps(run)[0] <= 0.5
    assert rests(run) == [("", "gpt", 15)]


def test_row_01_when_nobody_can_be_reached_the_end_says_so_once():
    lost = [[fault(Kind.CONNECT, Cause.DNS)]] * 4
    run = play(route(OPENAI, CLAUDE), *lost)
    assert run.trail[-1].why == "No provider could be reached: this machine seems to be offline."
    alone = play(route(OPENAI), *lost)
    assert "offline" not in alone.trail[-1].why
    mixed = play(
        route(OPENAI, CLAUDE), [fault(Kind.CONNECT, Cause.DNS)], [fault(Kind.SERVER)], *[[fault(Kind.SERVER)]] * 9
    )
    assert "offline" not in mixed.trail[-1].why


@in_virtual_time
async def test_row_02_a_refused_connection_is_not_tried_twice(tmp_path: Path):
    async with stage(tmp_path) as s:
        closed = Candidate(provider="ollama", model="small", base_url=f"http://127.0.0.1:{free_port()}")
        run = await s.ask(closed, s.candidate())
        assert kinds(run) == ["connect/refused"]
        assert run.text == ANSWER
        assert gaps(run) == [pytest.approx(0, abs=0.1)]


def test_row_03_a_certificate_is_not_tried_twice_and_a_handshake_once_more():
    run = play(route(OPENAI, CLAUDE), [fault(Kind.TLS, Cause.CERTIFICATE)], HI)
    assert told(run) == [(0, "env:A"), (1, "")]
    run = play(route(OPENAI, CLAUDE), [fault(Kind.TLS)], [fault(Kind.TLS)], HI)
    assert told(run) == [(0, "env:A"), (0, "env:A"), (1, "")]


@in_virtual_time
async def test_row_04_a_connection_that_does_not_come_is_tried_once_more(tmp_path: Path):
    async with stage(tmp_path) as s:
        with socket.socket() as deaf:  # a full backlog: the kernel answers no more connections
            deaf.bind(("127.0.0.1", 0))
            deaf.listen(0)
            port = deaf.getsockname()[1]
            fillers = [socket.socket() for _ in range(4)]
            for filler in fillers:
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
            silent = Candidate(provider="openai", model="deaf", base_url=f"http://127.0.0.1:{port}/v1")
            run = await s.ask(silent, s.candidate(), connect=5.0)
            for filler in fillers:
                filler.close()
        assert kinds(run) == ["connect", "connect"]
        assert [round(a.ended - a.started) for a in run.attempts[:2]] == [5, 5]
        assert run.text == ANSWER


async def test_row_05_our_own_exhausted_pool_is_never_the_providers_fault(tmp_path: Path):
    made: list[httpx.AsyncClient] = []

    async def stream(body: str) -> AsyncIterator[bytes]:
        yield body.encode()

    def refuse(request: httpx.Request) -> httpx.Response:
        if len(made) == 1:
            raise httpx.PoolTimeout("no slot", request=request)
        chunk = '{"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}'
        return httpx.Response(200, content=stream(f"data: {chunk}\n\ndata: [DONE]\n\n"))

    def make(**options: object) -> httpx.AsyncClient:
        made.append(httpx.AsyncClient(transport=httpx.MockTransport(refuse)))
        return made[-1]

    async with stage(tmp_path) as s:
        s.playground._own_transport.clients = Clients(make)
        run = await s.ask(s.candidate(), backoff=0.01)
    assert kinds(run) == ["connect/pool"]
    assert run.text == "Hi"
    assert len(made) == 2
    assert run.benches == ()


@in_virtual_time
async def test_row_06_a_reset_before_headers_is_retried_and_then_left(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate((b.Reset(),)), s.candidate())
        assert s.asked() == ["c1", "c1", "c1", "c2"]
        assert kinds(run) == ["connect/reset"] * 3
        assert "may have been billed" in run.attempts[0].fault.detail
        assert s.pauses()[0] <= 0.6
        assert s.pauses()[1] <= 1.1


def test_row_07_a_write_error_is_ambiguous_and_retried():
    broken = fault_of(httpx.WriteError("broken pipe"))
    assert (broken.kind, broken.cause) == (Kind.CONNECT, Cause.RESET)
    run = play(route(OPENAI, CLAUDE), [broken], [broken], [broken], HI)
    assert told(run) == [(0, "env:A")] * 3 + [(1, "")]


@in_virtual_time
async def test_row_08_silence_without_headers_moves_on_at_the_limit_and_is_not_asked_twice(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate((b.Stall(),)), s.candidate())
        assert s.asked() == ["c1", "c2"]
        assert s.pauses() == [pytest.approx(10, abs=0.1)]
        assert kinds(run) == ["first_token"]
        assert [entry.ended for entry in s.lab.log.requests()] == ["client cut", "done"]


@pytest.mark.parametrize(
    ("row", "play_of"),
    [
        ("09 headers", (b.Head(), b.Stall())),
        ("10 comments", (b.Comment(times=100, gap=1), b.Stall())),
        ("11 role and empty deltas", (b.Role(), b.Empty(times=5), b.Wait(seconds=5), b.Empty(times=5), b.Stall())),
    ],
)
def test_rows_09_to_11_what_is_no_output_does_not_stop_the_first_token_clock(tmp_path: Path, row: str, play_of: b.Play):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            run = await s.ask(s.candidate(play_of), s.candidate())
            assert s.asked() == ["c1", "c2"]
            assert s.pauses() == [pytest.approx(10, abs=0.1)]
            assert kinds(run) == ["first_token"]
            assert run.text == ANSWER

    scene()


@in_virtual_time
async def test_row_10_comments_behind_the_first_text_do_not_feed_the_idle_clock(tmp_path: Path):
    async with stage(tmp_path) as s:
        chatty = (b.Say(text="Half", rate=0), b.Comment(times=100, gap=1), b.Stall())
        run = await s.ask(s.candidate(chatty), s.candidate())
        assert kinds(run) == ["idle"]
        assert run.attempts[0].ended == pytest.approx(10, abs=0.3)
        assert run.text == ANSWER


@in_virtual_time
async def test_row_12_long_reasoning_is_progress(tmp_path: Path):
    async with stage(tmp_path) as s:
        thinks = (b.Think(text="well " * 60, rate=1), *GOOD)
        run = await s.ask(s.candidate(thinks, dialect=Dialect.MESSAGES, provider="anthropic"))
        assert s.asked() == ["c1"]
        assert run.text == ANSWER
        assert run.ended > 50


def test_row_12_a_reasoning_candidate_may_have_a_first_token_clock_of_its_own():
    slow = candidate("openai", "thinks", clocks=Clocks(first_token=60))
    run = play(route(slow, CLAUDE), [55.0, thought("hm"), "Hi", DONE])
    assert told(run) == [(0, "")]


@in_virtual_time
async def test_row_13_a_local_model_has_time_to_load(tmp_path: Path):
    async with stage(tmp_path) as s:
        cold = s.candidate((b.Wait(seconds=100), *GOOD), provider="ollama", dialect=Dialect.OLLAMA)
        run = await s.ask(cold, s.candidate())
        assert s.asked() == ["c1"]
        assert run.text == ANSWER


def test_row_14_a_drip_is_left_at_the_end_of_its_window_where_the_route_has_a_floor():
    drip = [beat for _ in range(60) for beat in ("ab", 1.0)]
    run = play(route(OPENAI, CLAUDE, floor=5.0), drip, HI)
    assert told(run) == [(0, "env:A"), (1, "")]
    assert run.attempts[0].fault.cause is Cause.SLOW
    assert run.attempts[0].ended == pytest.approx(10)
    assert run.attempts[0].superseded is not None
    assert rests(run) == [("", "gpt", 15)]


def test_row_14_a_collapse_behind_a_good_start_is_seen_too():
    brisk = [beat for _ in range(30) for beat in ("word " * 4, 0.5)]
    drip = [beat for _ in range(60) for beat in ("a", 2.0)]
    run = play(route(OPENAI, CLAUDE, floor=5.0), [*brisk, *drip, DONE], HI)
    assert told(run) == [(0, "env:A"), (1, "")]
    assert 15 <= run.attempts[0].ended <= 35


def test_row_14_no_floor_no_other_candidate_or_a_text_to_keep_leave_the_drip_alone():
    drip = [*[beat for _ in range(20) for beat in ("ab", 1.0)], DONE]
    for one in (
        route(OPENAI, CLAUDE),
        route(OPENAI, floor=5.0),
        route(OPENAI, CLAUDE, floor=5.0, midstream=Midstream.KEEP),
        route(OPENAI, CLAUDE, floor=1.0),
    ):
        run = play(one, drip)
        assert (told(run), run.outcome) == ([(0, "env:A")], e.Outcome.ANSWERED)


@in_virtual_time
async def test_row_15_a_short_rate_limit_rotates_the_key_and_backs_off(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate(limited(wait=4), GOOD, keys=("a", "b")), s.candidate())
        assert s.asked() == ["c1:a", "c1:b"]
        assert s.pauses()[0] <= 0.6
        assert rests(run) == [("lab:a", "", 4)]
        assert run.text == ANSWER


@in_virtual_time
async def test_row_15_a_short_rate_limit_of_the_only_key_is_sat_out(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate(limited(wait=4), GOOD, keys=("a",)), s.candidate())
        assert s.asked() == ["c1:a", "c1:a"]
        assert s.pauses() == [pytest.approx(4, abs=0.1)]
        assert "WAIT_AS_ASKED" in rules(run)


def test_row_15_a_rate_limit_behind_the_first_text_starts_again_elsewhere():
    run = play(route(POOL, CLAUDE), ["Half", fault(Kind.RATE_LIMIT, wait_hint=2.0)], HI)
    assert told(run) == [(0, "env:A"), (1, "")]
    assert run.text == "Hi"
    run = play(route(POOL), ["Half", fault(Kind.RATE_LIMIT, wait_hint=2.0)], HI)
    assert told(run) == [(0, "env:A"), (0, "env:B")]
    assert run.attempts[0].superseded is not None


@in_virtual_time
async def test_row_16_a_long_rate_limit_moves_on_and_the_rest_outlives_the_run(tmp_path: Path):
    async with stage(tmp_path) as s:
        place = s.candidate(limited(wait=90), GOOD, keys=("a",))
        run = await s.ask(place, s.candidate())
        assert s.asked() == ["c1:a", "c2"]
        assert s.pauses()[0] <= 0.1
        assert rests(run) == [("lab:a", "", 90)]
        again = await s.ask(place, s.candidate())
        assert s.asked()[2:] == ["c3"]
        assert rules(again)[0] == "COOLING"


@pytest.mark.parametrize(("code", "message"), [(429, ""), (402, ""), (400, "Your credit balance is too low.")])
def test_row_17_a_spent_quota_rotates_without_a_wait_and_the_key_is_not_asked_again(
    tmp_path: Path, code: int, message: str
):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            place = s.candidate(limited(code, Kind.QUOTA, message=message), GOOD, keys=("a", "b"))
            run = await s.ask(place, attempts=1)
            assert s.asked() == ["c1:a", "c1:b"]
            assert s.pauses()[0] <= 0.1
            assert kinds(run) == ["quota"]
            assert rests(run) == [("lab:a", "", 3600)]
            await s.ask(place)
            assert s.asked()[2:] == ["c1:b"]

    scene()


def test_row_17_a_quota_behind_the_first_text_starts_again_with_another_key_where_nobody_else_is_left():
    run = play(route(POOL), ["Half", fault(Kind.QUOTA)], HI)
    assert told(run) == [(0, "env:A"), (0, "env:B")]
    assert run.text == "Hi"


def test_row_18_a_plan_without_the_model_benches_the_key_for_that_model_only():
    other = candidate("openai", "mini", keys=("env:A",))
    run = play(route(OPENAI, other), [fault(Kind.QUOTA, Cause.PLAN)], HI)
    assert told(run) == [(0, "env:A"), (1, "env:A")]
    assert rests(run) == [("env:A", "gpt", 3600)]
    assert told(play(route(OPENAI, other), HI, benches=run.benches)) == [(1, "env:A")]


def test_row_19_a_daily_quota_rests_until_its_reset():
    run = play(route(POOL, CLAUDE), [fault(Kind.QUOTA, Cause.DAILY, spent_for=30_000.0)], HI)
    assert told(run) == [(0, "env:A"), (0, "env:B")]
    assert gaps(run) == [0]
    assert rests(run) == [("env:A", "", 30_000)]


@in_virtual_time
async def test_row_20_an_overload_burns_no_key(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate(limited(529, Kind.OVERLOADED), keys=("a", "b")), s.candidate(), attempts=9)
        assert s.asked() == ["c1:a", "c1:a", "c1:a", "c2"]
        assert kinds(run) == ["overloaded"] * 3
        assert [key for key, *_ in rests(run)] == [""]


@pytest.mark.parametrize("code", [500, 502, 503, 504, 520, 524, 408, 409, 425, 498])
def test_rows_21_and_22_a_passing_fault_is_retried_with_growing_gaps_and_then_left(tmp_path: Path, code: int):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            play_of = (b.Status(code=code, body=""),)
            run = await s.ask(s.candidate(play_of, keys=("a", "b")), s.candidate())
            assert s.asked() == ["c1:a", "c1:a", "c1:a", "c2"]
            for pause, longest in zip(s.pauses(), (0.5, 1.0, 0.0), strict=True):
                assert pause <= longest + 0.1
            assert rests(run) == [("", "m1", 15)]

    scene()


@in_virtual_time
async def test_row_23_a_refused_key_is_named_and_left_at_once(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate(limited(401, Kind.AUTH, wait=2), GOOD, keys=("old", "new")), attempts=1)
        assert s.asked() == ["c1:old", "c1:new"]
        assert s.pauses()[0] <= 0.1
        rotated = next(d for d in run.trail if isinstance(d, e.KeyRotated))
        assert rotated.why.startswith("Key old: 401 key refused")
        assert rests(run) == [("lab:old", "", 3600)]


@pytest.mark.parametrize("kind", [Kind.PERMISSION, Kind.REGION])
def test_row_24_a_missing_permission_is_the_keys(kind: Kind):
    run = play(route(POOL, CLAUDE), [fault(kind, status=403)], [fault(kind, status=403)], HI)
    assert told(run) == [(0, "env:A"), (0, "env:B"), (1, "")]
    assert gaps(run) == [0, 0]


@in_virtual_time
async def test_row_25_a_moderated_input_ends_the_run(tmp_path: Path):
    body = '{"error":{"code":403,"message":"Your input was flagged","metadata":{"reasons":["violence"]}}}'
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate((b.Status(code=403, body=body),), keys=("a", "b")), s.candidate())
        assert s.asked() == ["c1:a"]
        assert kinds(run) == ["content_filter/moderation"]
        assert rules(run)[-1] == "FILTERED"
    opted = play(route(POOL, CLAUDE, on_content_filter=OnFilter.NEXT), [fault(Kind.CONTENT_FILTER)], HI)
    assert told(opted) == [(0, "env:A"), (1, "")]


@pytest.mark.parametrize(
    ("refusal", "asked", "seconds"),
    [(Fault(kind=Kind.MODEL_NOT_FOUND), ["env:A", "env:B"], 300),
     (Fault(kind=Kind.MODEL_NOT_FOUND, cause=Cause.GONE), ["env:A"], 3600)],
)  # fmt: skip
def test_row_26_a_missing_model_is_left_and_marked_stale(refusal: Fault, asked: list[str], seconds: float):
    run = play(route(POOL, CLAUDE), *[[refusal]] * len(asked), HI)
    assert told(run) == [*[(0, key) for key in asked], (1, "")]
    assert rests(run) == [("", "gpt", seconds)]
    assert told(play(route(POOL, CLAUDE), HI, benches=run.benches)) == [(1, "")]
