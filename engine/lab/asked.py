"""Reads a request off the socket, and what it asks out of its path and body."""

import asyncio
import re
from typing import Any, cast

import h11
import msgspec
from msgspec import Struct

from engine.core.request import Dialect
from engine.lab.log import presented_key

BODY_BOUND = 64 * 1024 * 1024  # bytes of one request's body


class Gone(Exception):
    """The client has left."""


class Unreadable(Exception):
    """What came is not HTTP, or too much of it."""


class Asked(Struct, frozen=True, kw_only=True):
    """One request as the lab understands it. `words` counts those of the whole conversation."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    dialect: Dialect | None
    model: str
    prompt: str
    words: int
    key: str

    def __repr__(self) -> str:
        return f"Asked({self.method} {self.path.partition('?')[0]})"


PATHS: tuple[tuple[re.Pattern[str], Dialect], ...] = (
    (re.compile(r"/chat/completions$"), Dialect.CHAT_COMPLETIONS),
    (re.compile(r"/v1/messages$"), Dialect.MESSAGES),
    (re.compile(r"/responses$"), Dialect.RESPONSES),
    (re.compile(r"/v2/chat$"), Dialect.COHERE),
    (re.compile(r"/api/chat$"), Dialect.OLLAMA),
    (re.compile(r"/models/(?P<model>[^/]+):streamGenerateContent$"), Dialect.GEMINI),
    (re.compile(r"/model/(?P<model>[^/]+)/converse-stream$"), Dialect.BEDROCK),
)
TEXTUAL = ("system", "instructions", "messages", "contents", "input", "content", "parts", "text")
LISTS = re.compile(r"/(models|api/tags)$")


class Incoming:
    """The reading side of one connection. Reading also is how a client's leaving is noticed: while an answer plays,
    whatever comes is kept for the next request."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._kept = b""

    async def pause(self, seconds: float) -> None:
        """Waits, in seconds. Raises Gone as soon as the client leaves."""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._kept += await self._read()
                    if len(self._kept) > BODY_BOUND:
                        raise Gone
        except TimeoutError:
            return

    def check(self) -> None:
        """Raises Gone where the client has left already."""
        if self._reader.at_eof() or self._reader.exception() is not None:
            raise Gone

    async def _read(self) -> bytes:
        try:
            data = await self._reader.read(65536)
        except OSError as error:
            raise Gone from error
        if not data:
            raise Gone
        return data

    async def request(self) -> Asked:
        """The next request, whole. Raises Gone at the end of the connection, Unreadable on nonsense."""
        parser = h11.Connection(h11.SERVER, max_incomplete_event_size=65536)
        if self._kept:  # to h11, no bytes are the end of the connection
            parser.receive_data(self._kept)
            self._kept = b""
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._next(parser)
            if event is h11.NEED_DATA:
                parser.receive_data(await self._read())
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > BODY_BOUND:
                    raise Unreadable("The request's body is too large for the lab.")
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                self._kept = parser.trailing_data[0]
                return understood(head, bytes(body))
            else:
                raise Gone

    @staticmethod
    def _next(parser: h11.Connection) -> object:
        try:
            return parser.next_event()
        except h11.RemoteProtocolError as error:
            raise Unreadable(str(error)) from error


def understood(head: h11.Request, raw: bytes) -> Asked:
    path = head.target.decode("ascii", errors="replace")
    headers = {name.decode().lower(): value.decode("latin-1") for name, value in head.headers}
    dialect, model = spoken(path.partition("?")[0])
    body = _body(raw)
    texts = list(_texts(body))
    return Asked(
        method=head.method.decode(),
        path=path,
        headers=headers,
        body=raw,
        dialect=dialect,
        model=model or str(body.get("model") or ""),
        prompt=prompt_of(body),
        words=sum(len(text.split()) for text in texts),
        key=presented_key(headers),
    )


def spoken(path: str) -> tuple[Dialect | None, str]:
    """The dialect that a path belongs to, and the model where the path names it."""
    for pattern, dialect in PATHS:
        if match := pattern.search(path):
            return dialect, match.groupdict().get("model", "")
    return None, ""


def _body(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body; empty where it is anything else."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return {}


def prompt_of(body: dict[str, Any]) -> str:
    """The text of the last turn that is the user's, in any dialect."""
    turns: object = body.get("messages") or body.get("contents") or body.get("input")
    if isinstance(turns, str):
        return turns
    for turn in reversed(_objects(turns)):
        if turn.get("role", "user") == "user":
            return "\n".join(_texts(turn))
    return ""


def _objects(value: object) -> list[dict[str, Any]]:
    items = cast(list[object], value) if isinstance(value, list) else []
    return [cast(dict[str, Any], item) for item in items if isinstance(item, dict)]


def _texts(value: object) -> list[str]:
    """Every text in a piece of a request, by the names under which the dialects keep it."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for item in cast(list[object], value) for text in _texts(item)]
    if not isinstance(value, dict):
        return []
    fields = cast(dict[str, object], value)
    return [text for name in TEXTUAL if name in fields for text in _texts(fields[name])]
