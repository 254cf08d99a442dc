"""The interface of an adapter, and the deltas that its decoder yields. No adapter performs I/O or reads a clock.

A decoder never raises on what a provider sends: arbitrary bytes yield deltas, the last of which is `End` or `Failure`.
"""

from collections.abc import Mapping
from typing import Protocol

import httpx
from msgspec import Struct

from engine.core.faults import Fault
from engine.core.request import Candidate, Finish, Request, Usage

EVENT_BOUND = 1024 * 1024  # bytes of one event of a stream
ANSWER_BOUND = 16 * 1024 * 1024  # bytes of one whole answer, after decompression
ERROR_BODY_BOUND = 64 * 1024  # bytes read of an error's body


class Text(Struct, frozen=True):
    text: str


class Reasoning(Struct, frozen=True):
    text: str
    signature: str = ""


class Refusal(Struct, frozen=True):
    text: str


class ToolDelta(Struct, frozen=True, kw_only=True):
    """A part of a tool call. `index` tells the calls of one answer apart, in the order of their first delta from 0;
    `arguments` is appended to what came before."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


class Model(Struct, frozen=True):
    """The model that the provider reports."""

    name: str


class Metered(Struct, frozen=True):
    usage: Usage


class Stopped(Struct, frozen=True):
    """The finish reason, normalised and native."""

    finish: Finish
    native: str


class End(Struct, frozen=True):
    """The stream ended as it should; nothing follows. `warning` where it ended well enough but not by the book."""

    warning: str = ""


class Failure(Struct, frozen=True):
    """The stream failed; nothing follows."""

    fault: Fault


Delta = Text | Reasoning | Refusal | ToolDelta | Model | Metered | Stopped | End | Failure


class Decoder(Protocol):
    """Reads one response body. Bytes may be split anywhere."""

    def feed(self, data: bytes) -> list[Delta]:
        """The deltas that `data` completes. Behind an `End` or a `Failure`, further bytes yield nothing."""
        ...

    def finish(self, broken: Fault | None = None) -> list[Delta]:
        """The body is over: at its proper end, or by `broken`. Yields what was still held, then exactly one `End` or
        `Failure` (unless one was yielded before): `End` where a finish reason or an end mark was seen, else
        `Failure` with `broken`, or a fault of kind truncated, empty or malformed."""
        ...


class Adapter(Protocol):
    """One dialect."""

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        """The request to send, without its credentials. `candidate.base_url` is set."""
        ...

    def sign(self, request: httpx.Request, secret: str) -> None:
        """Adds the credentials to the headers (never to the URL)."""
        ...

    def decoder(self, content_type: str) -> Decoder:
        """For a response with status 200. A JSON body in place of a stream is read as one whole answer, and an error
        in it as its HTTP twin."""
        ...

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        """The meaning of any other response. `headers` is case-insensitive (httpx.Headers); `now` is Unix time, for
        dates in hints. `body` is at most ERROR_BODY_BOUND bytes, already decompressed, of any content at all."""
        ...
