"""What every dialect's writer shares: a `Voice` writes one answer.

It keeps what a format makes a server keep: which block is open, and what was said so far.
"""

from typing import Literal

import msgspec

from engine.core.faults import Kind
from engine.core.request import Dialect, Finish, Usage
from engine.lab.errors import error_json

Block = Literal["", "text", "reasoning", "tool"]
CREATED = 1_760_000_000  # Unix time; fixed, so that the same play writes the same bytes


def dumps(value: object) -> bytes:
    return msgspec.json.encode(value)


def sse(payload: object, event: str = "") -> bytes:
    """One server-sent event."""
    return (f"event: {event}\n".encode() if event else b"") + b"data: " + dumps(payload) + b"\n\n"


def halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


class Voice:
    """One answer in one dialect; each method gives the bytes to write. `number` makes its ids."""

    dialect: Dialect
    preamble = True  # whether the dialect begins with an event of its own before any output
    content_type = "text/event-stream; charset=utf-8"

    def __init__(self, model: str, number: int, counts: Usage) -> None:
        self.model, self.number, self.counts = model, number, counts
        self.begun = False
        self.block: Block = ""
        self.index = -1
        self.calls = 0
        self.text = ""
        self.reasoning = ""

    def role(self) -> bytes:
        """The preamble."""
        self.begun = True
        return b""

    def empty(self) -> bytes:
        return self.say("")

    def think(self, text: str) -> bytes:
        raise NotImplementedError

    def say(self, text: str) -> bytes:
        raise NotImplementedError

    def call(self, name: str, arguments: str) -> bytes:
        raise NotImplementedError

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        """The finish reason, with the usage where the dialect puts them in one event."""
        raise NotImplementedError

    def measure(self, usage: Usage) -> bytes:
        """The usage in an event of its own; nothing where the dialect has none."""
        return b""

    def mark(self) -> bytes:
        """The end mark; nothing where the dialect has none."""
        return b""

    def end(self, finish: Finish, usage: Usage) -> bytes:
        return self.stop(finish, usage) + self.mark()

    def whole(self, text: str, usage: Usage) -> bytes:
        """The whole answer as one JSON body."""
        raise NotImplementedError

    def comment(self, text: str) -> bytes:
        return f": {text}\n\n".encode()

    def garble(self) -> bytes:
        return b'data: {"broken": "\n\n'

    def endless(self) -> bytes:
        """How an event begins that will never end."""
        return b'data: {"endless": "'

    def error(self, kind: Kind, message: str) -> bytes:
        return sse(error_json(self.dialect, kind, message))

    def call_id(self) -> str:
        self.calls += 1
        return f"call_{self.number:04d}{self.calls:02d}"
