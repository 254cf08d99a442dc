"""The beats of which a scripted answer is made: each is one thing that a provider does, well or badly.

A play is a tuple of beats, carried out in order for one request. Beats are plain data and travel as JSON.
"""

from typing import Literal

from msgspec import Struct

from engine.core.faults import Kind
from engine.core.request import Finish

STALL_BOUND = 600.0  # seconds; a stall that nobody cuts ends then


class Beat(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="beat", tag=str.lower):
    """One step of a play."""

    @property
    def name(self) -> str:
        return type(self).__name__.lower()


class Wait(Beat, frozen=True):
    """Nothing for `seconds`, divided by the lab's speed."""

    seconds: float


class Status(Beat, frozen=True):
    """An answer with this status. Without a `body`, the dialect's typical error for `kind` (told from the code where
    it is not named). `retry_after` in seconds, sent as a header and, where the dialect does so, in the body."""

    code: int
    kind: Kind | None = None
    message: str = ""
    retry_after: float | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: str | None = None


class Page(Beat, frozen=True):
    """An HTML page with status 200, as a captive portal sends it."""

    html: str = (
        "<!doctype html><html><head><title>Sign in</title></head><body><h1>Welcome to guest Wi-Fi</h1></body></html>"
    )


class Whole(Beat, frozen=True):
    """The whole answer as one JSON body, though a stream was asked for."""


class Head(Beat, frozen=True):
    """Status 200 with the dialect's content type. Sent by itself before the first beat that needs it."""

    headers: tuple[tuple[str, str], ...] = ()


class Comment(Beat, frozen=True):
    """Keep-alive comments, `gap` seconds apart."""

    text: str = "keep-alive"
    times: int = 1
    gap: float = 0.0


class Role(Beat, frozen=True):
    """The preamble of the dialect: a delta that names the role and says nothing."""


class Empty(Beat, frozen=True):
    """Deltas without any text."""

    times: int = 1


class Think(Beat, frozen=True):
    """Reasoning: `text`, or the next `words` of the thought that goes with the answer. `rate` in words per second,
    0 for all at once."""

    text: str = ""
    words: int | None = None
    rate: float = 40.0


class Say(Beat, frozen=True):
    """Text: `text`, or the next `words` of the answer (all that is left when None). `rate` in words per second, 0 for
    all at once in pieces of a word each."""

    text: str = ""
    words: int | None = None
    rate: float = 45.0


class SplitUtf8(Beat, frozen=True):
    """Text whose characters are cut apart between two writes to the socket."""

    text: str = "Grüße, 你好, 🌊"


class Repeat(Beat, frozen=True):
    """The same delta again and again."""

    text: str
    times: int = 200


class Call(Beat, frozen=True):
    """A tool call. `arguments` is JSON text, sent in several parts where the dialect streams it."""

    tool: str
    arguments: str = "{}"


class Usage(Beat, frozen=True):
    """Token counts by themselves; None stands for the lab's own count of this answer."""

    input: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cached: int | None = None


class Stopped(Beat, frozen=True):
    """The finish reason, without the end mark. None: `tool_calls` behind a call, else `stop`."""

    finish: Finish | None = None


class Mark(Beat, frozen=True):
    """The end mark alone, where the dialect has one."""


class End(Beat, frozen=True):
    """Finish reason, usage, end mark and the end of the body: an answer by the book. `finish` as for Stopped."""

    finish: Finish | None = None


class Stall(Beat, frozen=True):
    """Silence with the connection open, until the client cuts it or ten minutes are over. Not hastened by speed."""

    seconds: float = STALL_BOUND


class Reset(Beat, frozen=True):
    """The connection is reset, as by a crashed process. The first beat of a play: before any header."""


class Truncate(Beat, frozen=True):
    """The connection is closed with the chunked body unterminated."""


class Cut(Beat, frozen=True):
    """The body ends cleanly, wherever the answer stood."""


class Garble(Beat, frozen=True):
    """Events that are broken inside."""

    times: int = 1


class Raw(Beat, frozen=True):
    """Text as it stands, put on the wire as a piece of the body."""

    text: str


class ErrorEvent(Beat, frozen=True):
    """An error inside the 200, in the dialect's own form. The body goes on until a later beat ends it."""

    kind: Kind = Kind.SERVER
    message: str = ""


class Flood(Beat, frozen=True):
    """Far too much of something: `megabytes` of headers, of comments, of one event, or of text."""

    of: Literal["headers", "comments", "event", "text"]
    megabytes: int = 64


AnyBeat = (
    Wait | Status | Page | Whole | Head | Comment | Role | Empty | Think | Say | SplitUtf8 | Repeat | Call | Usage
    | Stopped | Mark | End | Stall | Reset | Truncate | Cut | Garble | Raw | ErrorEvent | Flood
)  # fmt: skip

Headers = tuple[tuple[str, str], ...]
Play = tuple[AnyBeat, ...]
FAULTY = (Page, Stall, Reset, Truncate, Cut, Garble, ErrorEvent, Flood, Repeat)


def strikes(beat: AnyBeat) -> bool:
    """Whether this beat is a fault put there on purpose."""
    return isinstance(beat, FAULTY) or (isinstance(beat, Status) and beat.code >= 400)
