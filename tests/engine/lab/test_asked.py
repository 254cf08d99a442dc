"""What is asked is understood in every dialect, and nonsense does no harm."""

import asyncio
import json

import h11
import pytest

from engine.core.request import Dialect
from engine.lab.asked import Gone, Incoming, Unreadable, spoken, understood
from tests.engine.lab.conftest import PATHS


def asked(body: bytes, path: str = "/v1/chat/completions"):
    return understood(h11.Request(method="POST", target=path, headers=[("host", "lab")]), body)


@pytest.mark.parametrize(
    "body",
    [
        {"messages": [{"role": "user", "content": "first"}, {"role": "user", "content": "second"}]},
        {"messages": [{"role": "user", "content": "second"}, {"role": "assistant", "content": "partial"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "second"}]}]},
        {"contents": [{"role": "user", "parts": [{"text": "second"}]}]},
        {"input": "second"},
        {"input": [{"role": "user", "content": [{"type": "input_text", "text": "second"}]}]},
        {"messages": [{"role": "user", "content": [{"text": "second"}]}], "inferenceConfig": {}},
    ],
)  # fmt: skip
def test_the_last_turn_of_the_user_is_the_prompt(body: object) -> None:
    assert asked(json.dumps(body).encode()).prompt == "second"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff", b'{"messages": 7}', b'{"messages": [null, 3]}', b"null"])
def test_nonsense_has_no_prompt(body: bytes) -> None:
    understood_ = asked(body)
    assert (understood_.prompt, understood_.model) == ("", "")


def test_the_words_of_the_whole_conversation_are_counted() -> None:
    body = {"system": "be brief", "messages": [{"role": "user", "content": "one two three"}]}
    assert asked(json.dumps(body).encode()).words == 5


@pytest.mark.parametrize("dialect", PATHS)
def test_the_path_tells_the_dialect(dialect: Dialect) -> None:
    found, model = spoken("/a/scenario/0" + PATHS[dialect].partition("?")[0])
    assert found is dialect
    assert model == ("lab-model" if dialect in (Dialect.GEMINI, Dialect.BEDROCK) else "")


def incoming(data: bytes, *, over: bool = False) -> Incoming:
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    if over:
        reader.feed_eof()
    return Incoming(reader)


async def test_a_chunked_request_is_read_whole() -> None:
    head = b"POST /api/chat HTTP/1.1\r\nhost: lab\r\ntransfer-encoding: chunked\r\n\r\n"
    request = await incoming(head + b'5\r\n{"mod\r\n8\r\nel":"m"}\r\n0\r\n\r\n').request()
    assert request.model == "m"


async def test_the_end_of_the_connection_is_the_client_gone() -> None:
    with pytest.raises(Gone):
        await incoming(b"", over=True).request()
    with pytest.raises(Gone):
        await incoming(b"POST / HTTP/1.1\r\nhost: lab\r\ncontent-length: 5\r\n\r\nab", over=True).request()
    with pytest.raises(Gone):
        await incoming(b"", over=True).pause(60)


async def test_a_body_beyond_the_bound_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.lab.asked.BODY_BOUND", 10)
    with pytest.raises(Unreadable, match="too large"):
        await incoming(b"POST / HTTP/1.1\r\nhost: lab\r\ncontent-length: 50\r\n\r\n" + b"x" * 50).request()


async def test_what_comes_during_a_pause_is_kept_for_the_next_request() -> None:
    connection = incoming(b"GET /v1/models HTTP/1.1\r\nhost: lab\r\n\r\n")
    await connection.pause(0.01)
    assert (await connection.request()).path == "/v1/models"


def test_a_request_shows_no_header_in_its_repr() -> None:
    head = h11.Request(method="POST", target="/x", headers=[("host", "lab"), ("x-api-key", "sk-secret")])
    assert "sk-secret" not in repr(understood(head, b"{}"))
