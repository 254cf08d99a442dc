"""Planted keys, and every way they could come out: nothing that is written, shown or kept holds one of them."""

import asyncio
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.engine.wire import SSE, TEXT, Exchange, RawServer, answer, chunk, head

ROOT = Path(__file__).resolve().parents[2]
SEED = "PLANTED"  # stands in every planted value, and in no other word


def planted(number: int) -> str:
    """Every second one has the shape of a key; the others are known for what they are alone."""
    return f"sk-{SEED}{number:02d}q8Zr7Lw3Vx9Tk2Nd5Hs4Jf6Gb1Mc0" if number % 2 == 0 else f"my {SEED} {number} word"


def key_in(text: str) -> str:
    """The key that the request carries."""
    for line in text.split("\r\n"):
        name, _, value = line.partition(":")
        if name.lower() in ("authorization", "x-api-key", "x-goog-api-key", "api-key"):
            return value.strip().removeprefix("Bearer ")
    return ""


def error(message: str, code: str = "", type: str = "server_error") -> bytes:
    return json.dumps({"error": {"message": message, "code": code or None, "type": type}}).encode()


def event(payload: object) -> bytes:
    return b"data: " + (payload if isinstance(payload, bytes) else json.dumps(payload).encode()) + b"\n\n"


def told(key: str) -> dict[str, bytes]:
    """What each place answers to this key: a failure that echoes it in one form or another."""
    raw = key.encode()
    json_type = b"content-type: application/json\r\n"
    chunk_of = {"choices": [{"index": 0, "delta": {"content": "Hi"}}]}
    return {
        "401": answer(error(f"Incorrect API key provided: {key}."), status="401 U", headers=json_type),
        "403": answer(f"<html><title>Denied {key}</title>{key}</html>".encode(), status="403 F", headers=b""),
        "429": answer(error(f"Key {quote(key)} is limited", code=key), status="429 T", headers=b"retry-after: 99\r\n"),
        "400": answer(error(json.dumps({"sent": {"authorization": f"Bearer {key}"}}), type=key), status="400 B"),
        "500": answer(raw * 40, status="500 S", headers=b"x-request-id: %b\r\nserver: %0280d%b\r\n" % (raw, 0, raw)),
        "307": answer(b"", status="307 T", headers=b"location: http://%b@other.invalid/%b?k=%b\r\n" % (raw, raw, raw)),
        "event": answer(TEXT + event({"error": {"message": f"Bad key {key}", "code": key}})),
        "first": answer(event({"object": "error", "message": f"Bad key {key}", "code": key})),
        "model": answer(event(chunk_of | {"model": key})),
        "finish": answer(event({"choices": [{"index": 0, "delta": {}, "finish_reason": key}]})),
        "garbage": answer((b"{" + raw + b"\n\n") * 9),
        "whole": answer(error(f"No such key: {key}"), headers=json_type),
        "page": answer(b"<html>" + raw + b"</html>"),
        "cut": head() + chunk(TEXT) + raw,
        "head": b"HTTP/1.1 " + raw + b"\r\n\r\n",
        "encoding": answer(TEXT, headers=SSE + b"content-encoding: " + raw + b"\r\n"),
    }  # fmt: skip


async def echo(exchange: Exchange) -> None:
    """Answers as the place in the path says, with the key that came."""
    place = exchange.head.split("/", 2)[1]
    await exchange.say(told(key_in(exchange.head))[place])
    exchange.writer.close()


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """A server that echoes keys, in a thread of its own."""
    loop, server = asyncio.new_event_loop(), RawServer(echo)

    async def start() -> asyncio.Server:
        return await asyncio.start_server(server.serve, "127.0.0.1", 0)

    listening = loop.run_until_complete(start())
    thread = threading.Thread(target=loop.run_forever, name="echo")
    thread.start()
    yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"

    async def stop() -> None:
        listening.close()
        await server.stop()

    asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


def route_file(path: Path, urls: dict[str, str], extra: str = "") -> dict[str, str]:
    """Writes a route of these addresses, each with a key of its own; returns the environment that holds the keys."""
    keys: dict[str, str] = {}
    lines = ["[policy]", "attempts = 1", "backoff = 0.01", 'on_content_filter = "next"']
    for number, (name, url) in enumerate(urls.items()):
        variable = f"KEY_{number}"
        keys[variable] = planted(number)
        lines += ["[[candidates]]", 'provider = "openai_compatible"', f'model = "{name}"', f'base_url = "{url}"']
        lines += [f'keys = ["env:{variable}"]']
    path.write_text("\n".join([*lines, extra]))
    return keys


def run_cli(directory: Path, environment: dict[str, str], *arguments: str) -> tuple[str, dict[str, bytes]]:
    """All that the program says, and all files that it leaves in its state."""
    state = directory / "state"
    command = [sys.executable, "-X", "dev", "-m", "engine.cli", "ask", *arguments, "--state", str(state)]
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        command, cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=50, check=False
    )
    files = {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file() and path.suffix != ".toml"}
    return done.stdout + done.stderr, files


def hits(said: str, files: dict[str, bytes]) -> list[str]:
    """Where a planted value stands, with what is around it."""
    places = [f"output: {said[max(0, i - 80) : i + 60]!r}" for i in found(said)]
    for name, data in files.items():
        text = data.decode("latin-1")
        places += [f"{name}: {text[max(0, i - 80) : i + 60]!r}" for i in found(text)]
    return places


def found(text: str) -> list[int]:
    return [i for i in range(len(text)) if text.startswith(SEED, i)]


PLACES = sorted(told("k"))


@pytest.mark.parametrize(
    ("place", "form"), [(p, ("--json",)) for p in PLACES] + [(p, ()) for p in ("401", "500", "event", "307")]
)
def test_no_key_comes_out_of_a_failure(base: str, tmp_path: Path, place: str, form: tuple[str, ...]):
    route = tmp_path / "route.toml"
    keys = route_file(route, {"first": f"{base}/{place}/v1", "second": f"{base}/{place}"})
    said, files = run_cli(tmp_path, keys, "Why is the sky blue?", "--route", str(route), *form)
    assert "attempt" in said
    assert any(name.endswith("history.db") for name in files)
    assert hits(said, files) == []
    assert "Traceback" not in said


def test_no_password_of_a_proxy_comes_out(base: str, tmp_path: Path):
    route = tmp_path / "route.toml"
    keys = route_file(route, {"plain": "http://provider.invalid/v1", "tls": "https://provider.invalid/v1"})
    for proxy in (
        f"http://user:{SEED}@127.0.0.1:1",
        f"socks5://user:{SEED}@127.0.0.1:1",
        f"gopher://u:{SEED}@127.0.0.1:1",
    ):
        proxies = {"HTTP_PROXY": proxy, "http_proxy": proxy, "HTTPS_PROXY": proxy}
        said, files = run_cli(tmp_path, keys | proxies, "Why?", "--route", str(route), "--json")
        assert hits(said, files) == []
        assert "Traceback" not in said


def test_a_prompt_is_kept_as_it_is_and_nothing_else_is(base: str, tmp_path: Path):
    route, prompt = tmp_path / "route.toml", "What is wrong with my key sk-ROMPTq8Zr7Lw3Vx9Tk2Nd5Hs4Jf6Gb1Mc0?"
    keys = route_file(route, {"first": f"{base}/401/v1"})
    said, files = run_cli(tmp_path, keys, prompt, "--route", str(route), "--json")
    assert hits(said, files) == []
    (requested,) = [line for line in said.splitlines() if '"run_requested"' in line]
    assert prompt in requested


@pytest.mark.parametrize(
    "url",
    [
        f"http://user:{SEED}x@127.0.0.1:1/v1",
        f"http://127.0.0.1:1/v1?key={planted(2)}",
        f"http://127.0.0.1:1/{planted(2)}/v1",
    ],
)
def test_a_key_in_an_address_is_refused_and_not_repeated(tmp_path: Path, url: str):
    route = tmp_path / "route.toml"
    keys = route_file(route, {"first": url})
    said, files = run_cli(tmp_path, keys, "Why?", "--route", str(route))
    assert "base_url" in said
    assert hits(said, files) == []


def test_a_key_in_a_route_is_refused_and_not_repeated(tmp_path: Path):
    route = tmp_path / "route.toml"
    route_file(route, {"first": "http://127.0.0.1:1/v1"}, extra=f'api_key = "{planted(2)}"')
    said, files = run_cli(tmp_path, {}, "Why?", "--route", str(route))
    assert hits(said, files) == []
    route.write_text(route.read_text().replace("env:KEY_0", planted(4)).replace("api_key", "# api_key"))
    said, files = run_cli(tmp_path, {}, "Why?", "--route", str(route))
    assert hits(said, files) == []


def test_a_key_pair_that_a_provider_echoes_in_parts_does_not_come_out(base: str, tmp_path: Path):
    access, secret = f"AKIA{SEED}0123456789"[:20], f"{SEED}/w3Vx9Tk2Nd5Hs4Jf6Gb1Mc0q8Zr7L"
    route = tmp_path / "route.toml"
    route.write_text(
        f'[[candidates]]\nprovider = "bedrock"\nmodel = "m"\nbase_url = "{base}/401"\nkeys = ["env:PAIR"]\n'
        f'[[candidates]]\nprovider = "bedrock"\nmodel = "n"\nbase_url = "{base}/event"\nkeys = ["env:PAIR"]\n'
    )
    said, files = run_cli(tmp_path, {"PAIR": f"{access}:{secret}"}, "Why?", "--route", str(route), "--json")
    assert '"run_ended"' in said
    assert hits(said, files) == []
