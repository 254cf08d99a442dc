"""The command line in bad company: what it sends, when and with which key, and how it leaves, as a stranger sees it."""

import asyncio
import json
import os
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from engine.health_file import NAME
from tests.engine.wire import (
    DONE,
    STOP,
    TEXT,
    Exchange,
    Play,
    RawServer,
    answer,
    chunk,
    halting,
    head,
    playing,
    serving,
)

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"CRASH_A": "sk-crash-aaaa0123456789abcdef", "CRASH_B": "sk-crash-bbbb0123456789abcdef"}
LIMITED = b'{"error":{"message":"Rate limit reached","type":"requests","code":"rate_limit_exceeded"}}'
REFUSED = b'{"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}}'
BROKEN = b'{"error":{"message":"boom","type":"server_error"}}'
GOOD = playing(answer(TEXT + STOP + DONE))
HALF = playing(head(), chunk(TEXT.replace(b"Hi", b"Half an ")))


class Told(NamedTuple):
    """What the program left behind. `lines` are the JSON lines of standard output."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        assert self.lines[-1]["type"] == "summary"
        return self.lines[-1]

    @property
    def rules(self) -> list[str]:
        return [attempt["rule"] for attempt in self.summary["attempts"]]


def refusing(status: str, body: bytes, headers: bytes = b"") -> Play:
    return playing(answer(body, status=status, headers=b"content-type: application/json\r\n" + headers))


class InTurn:
    """Plays one after the other, the last one again and again, and notes when each request came and with which key."""

    def __init__(self, *plays: Play) -> None:
        self.plays = plays
        self.times: list[float] = []
        self.keys: list[str] = []

    async def __call__(self, exchange: Exchange) -> None:
        self.times.append(time.monotonic())
        sent = exchange.head.partition("uthorization: Bearer ")[2].split("\r\n")[0]
        self.keys += [name for name, value in KEYS.items() if value == sent] or [sent]
        await self.plays[min(len(self.times), len(self.plays)) - 1](exchange)

    @property
    def gaps(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.times)]


def route(folder: Path, *servers: RawServer | str, policy: str = "", keys: str = '"env:CRASH_A"') -> str:
    """A route file with a candidate for each server or address."""
    parts = [f"[policy]\n{policy}\n"]
    for place, server in enumerate(servers):
        base = server if isinstance(server, str) else server.base
        parts.append(
            f'[[candidates]]\nprovider = "openai"\nmodel = "m{place}"\nbase_url = "{base}/v1"\nkeys = [{keys}]\n'
        )
    path = folder / f"route-{len(list(folder.glob('route-*')))}.toml"
    path.write_text("\n".join(parts), encoding="utf-8")
    return str(path)


async def start(
    file: str,
    state: Path,
    *more: str,
    prompt: str = "Why?",
    form: str = "--json",
    env: dict[str, str] | None = None,
    program: str = "",
) -> asyncio.subprocess.Process:
    how = ("-c", program) if program else ("-m", "engine.cli")
    arguments = (*how, "ask", prompt, "--route", file, "--state", str(state), *((form,) if form else ()), *more)
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable, *arguments, cwd=ROOT, stdout=pipe, stderr=pipe, limit=1 << 24,
        env={**os.environ, **KEYS, **(env or {})},
    )  # fmt: skip


async def cli(file: str, state: Path, *more: str, **how: Any) -> Told:
    """Runs the program to its end. No key and no traceback may ever be seen."""
    process = await start(file, state, *more, **how)
    out, err = await process.communicate()
    assert process.returncode is not None
    told = Told(process.returncode, out.decode(), err.decode())
    assert not any(value in told.out + told.err for value in KEYS.values())
    assert "Traceback" not in told.err
    return told


async def test_a_limited_key_is_sent_again_when_the_provider_asked_for_it_and_not_before(tmp_path: Path):
    play = InTurn(refusing("429 Too Many Requests", LIMITED, b"retry-after: 1\r\n"), GOOD)
    async with serving(play) as server:
        told = await cli(route(tmp_path, server), tmp_path)
    assert (told.code, told.rules) == (0, ["first_fit", "wait_as_asked"])
    assert play.keys == ["CRASH_A", "CRASH_A"]
    assert 0.98 <= play.gaps[0] < 2.0


async def test_a_wait_that_is_too_long_is_not_sat_out(tmp_path: Path):
    limited, good = InTurn(refusing("429 Too Many Requests", LIMITED, b"retry-after: 60\r\n")), InTurn(GOOD)
    async with serving(limited) as one, serving(good) as other:
        told = await cli(route(tmp_path, one, other), tmp_path)
    assert (told.code, told.rules) == (0, ["first_fit", "wait_too_long"])
    assert (len(limited.times), len(good.times)) == (1, 1)
    assert told.summary["elapsed"] < 5.0


async def test_a_rotation_sends_the_other_key(tmp_path: Path):
    play = InTurn(refusing("401 Unauthorized", REFUSED), GOOD)
    async with serving(play) as server:
        told = await cli(route(tmp_path, server, keys='"env:CRASH_A", "env:CRASH_B"'), tmp_path)
    assert (told.code, play.keys) == (0, ["CRASH_A", "CRASH_B"])
    assert told.summary["served_by"]["key"] == "env:CRASH_B"


async def test_the_gaps_before_a_limited_key_grow_and_are_not_the_same_for_everybody(tmp_path: Path):
    waits: list[list[float]] = []
    for state in (tmp_path / "one", tmp_path / "other"):
        play = InTurn(refusing("429 Too Many Requests", LIMITED))
        async with serving(play) as server:
            told = await cli(route(tmp_path, server, policy="attempts = 4\nbackoff = 0.2"), state)
        assert (told.code, len(play.times)) == (1, 4)
        assert [low <= gap < 2 * low + 0.3 for low, gap in zip((0.1, 0.2, 0.4), play.gaps, strict=True)] == [True] * 3
        waits.append([line["until"] - line["at"] for line in told.lines if line["type"] == "wait_started"])
    assert waits[0] != waits[1]


async def test_a_stream_is_opened_only_when_its_turn_has_come(tmp_path: Path):
    silent, good = InTurn(halting(head(), chunk(b": ping\n\n"))), InTurn(GOOD)
    async with serving(silent) as one, serving(good) as other:
        told = await cli(route(tmp_path, one, other, policy="first_token = 0.6"), tmp_path)
        await one.emptied()
        assert (one.connections, other.connections) == (1, 1)
    assert told.summary["attempts"][0]["fault"]["kind"] == "first_token"
    assert good.times[0] - silent.times[0] >= 0.55


async def test_text_that_was_cut_never_stands_in_the_answer(tmp_path: Path):
    async with serving(HALF) as one, serving(HALF) as other, serving(GOOD) as good:
        told = await cli(route(tmp_path, one, other, good), tmp_path)
    assert (told.code, told.summary["text"]) == (0, "Hi")
    assert [line["attempt"] for line in told.lines if line["type"] == "text_superseded"] == [1, 2]


async def test_a_partial_answer_that_is_kept_is_another_exit_code(tmp_path: Path):
    good = InTurn(GOOD)
    async with serving(HALF) as one, serving(good) as other:
        told = await cli(route(tmp_path, one, other, policy='midstream = "keep"'), tmp_path)
    assert (told.code, told.summary["outcome"], told.summary["text"]) == (3, "partial", "Half an ")
    assert good.times == []


async def test_the_total_clock_ends_a_stream_that_would_go_on_for_ever(tmp_path: Path):
    async def talk(exchange: Exchange) -> None:
        await exchange.say(head())
        for number in range(10_000):
            await exchange.say(chunk(TEXT.replace(b"Hi", b"%d " % number)))
            await asyncio.sleep(0.05)

    async with serving(talk) as server:
        told = await cli(route(tmp_path, server, policy="total = 1"), tmp_path)
        await server.emptied()
    assert (told.code, told.summary["attempts"][0]["fault"]["kind"]) == (3, "total")
    assert 0.99 <= told.summary["elapsed"] < 2.0


async def test_a_key_that_was_replaced_under_its_name_is_asked_again(tmp_path: Path):
    play = InTurn(refusing("401 Unauthorized", REFUSED), GOOD)
    async with serving(play) as server:
        file = route(tmp_path, server)
        assert (await cli(file, tmp_path)).code == 1
        told = await cli(file, tmp_path, env={"CRASH_A": KEYS["CRASH_B"]})
    assert (told.code, play.keys) == (0, ["CRASH_A", "CRASH_B"])


async def test_programs_that_share_a_state_keep_what_each_has_learned(tmp_path: Path):
    begun, learned = asyncio.Event(), asyncio.Event()

    async def linger(exchange: Exchange) -> None:
        begun.set()
        await exchange.say(head(), chunk(TEXT))
        await learned.wait()
        await exchange.say(chunk(STOP + DONE), chunk(b"") + b"0\r\n\r\n")

    broken = InTurn(refusing("500 Internal Server Error", BROKEN))
    async with serving(linger) as slow, serving(broken) as down, serving(GOOD) as good:
        first = asyncio.create_task(cli(route(tmp_path, slow), tmp_path))
        await begun.wait()
        file = route(tmp_path, down, good, policy="attempts = 1")
        await cli(file, tmp_path)
        learned.set()
        assert (await first).code == 0
        told = await cli(file, tmp_path)
    assert (told.summary["served_by"]["model"], len(broken.times)) == ("m1", 1)


async def test_what_a_wrong_clock_has_noted_does_not_hold_for_years(tmp_path: Path):
    async with serving(GOOD) as one, serving(GOOD) as other:
        rest = {"provider": "openai", "base_url": f"{one.base}/v1", "model": "m0", "since": 4e9, "until": 5e9}
        (tmp_path / NAME).write_text(json.dumps({"benches": [{**rest, "kind": "server", "reason": "boom"}]}))
        told = await cli(route(tmp_path, one, other), tmp_path)
    assert told.summary["served_by"]["model"] == "m0"


async def test_a_reader_that_has_seen_enough_ends_the_program_without_a_word(tmp_path: Path):
    async def talk(exchange: Exchange) -> None:
        await exchange.say(head())
        for number in range(10_000):
            await exchange.say(chunk(TEXT.replace(b"Hi", b"%d " % number)))
            await asyncio.sleep(0.01)

    async with serving(talk) as server:
        process = await start(route(tmp_path, server), tmp_path)
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"run_requested" in await process.stdout.readline()
        process._transport.get_pipe_transport(1).close()  # type: ignore[attr-defined] # asyncio has no public way
        err = await process.stderr.read()
        assert (await process.wait(), err) == (130, b"")
        await server.emptied()


async def test_without_a_standard_output_the_run_is_made_all_the_same(tmp_path: Path):
    program = "import sys; sys.stdout = sys.stderr = None; from engine.cli import main; sys.exit(main())"
    async with serving(GOOD) as server:
        assert (await cli(route(tmp_path, server), tmp_path, program=program)).code == 0
        assert len(server.heads) == 1


async def test_the_json_lines_are_utf_8_and_lines_in_any_locale(tmp_path: Path):
    odd = "世界 é\u2028\u0085\x9b"
    async with serving(playing(answer(TEXT.replace(b"Hi", odd.encode()) + STOP + DONE))) as server:
        told = await cli(route(tmp_path, server), tmp_path, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert (told.code, told.summary["text"]) == (0, odd)
    assert "世界 é" in told.out


async def test_a_prompt_that_is_no_text_is_refused_in_one_line(tmp_path: Path):
    async with serving(GOOD) as server:
        told = await cli(route(tmp_path, server), tmp_path, prompt="a\udcffb")
        assert server.heads == []
    assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)


async def test_the_look_up_of_a_name_does_not_hold_up_the_end(tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text(
        "import socket, time\nknown = socket.getaddrinfo\n"
        "def slow(host, *a, **k):\n"
        "    if host in ('slow.test', b'slow.test'):\n        time.sleep(20)\n"
        "    return known(host, *a, **k)\n"
        "socket.getaddrinfo = slow\n"
    )
    async with serving(GOOD) as server:
        file = route(tmp_path, "http://slow.test", server, policy="connect = 0.3\nattempts = 1")
        begun = time.monotonic()
        told = await cli(file, tmp_path, env={"PYTHONPATH": str(tmp_path)})
    assert (told.code, told.summary["attempts"][0]["fault"]["detail"]) == (0, "No connection within 0.3 s.")
    assert time.monotonic() - begun < 10.0


async def test_two_servers_that_are_not_started_are_no_sign_of_being_offline(tmp_path: Path):
    async with serving(GOOD) as one, serving(GOOD) as other:
        file = route(tmp_path, one, other)
    told = await cli(file, tmp_path, form="")
    assert (told.code, told.out, told.err.count("Start the server")) == (1, "", 2)
    assert "offline" not in told.err


async def test_a_route_that_can_reach_nobody_is_refused_before_anything_is_asked(tmp_path: Path):
    for wrong in ("http://127.0.0.1:99999", "http://127.0.0.1:port", "http://[::1"):
        told = await cli(route(tmp_path, wrong), tmp_path)
        assert (told.code, told.out, told.err.count("\n")) == (2, "", 1)
        assert "line 7" in told.err
