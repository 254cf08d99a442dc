"""From the bytes of one body to the events of one dialect: what every decoder of a text stream shares."""

import json
from typing import Any, Protocol, cast

import msgspec

from engine.core.faults import Fault, Kind
from engine.providers.answer import Answer, malformed, mapping, page, runaway
from engine.providers.base import ANSWER_BOUND, Delta
from engine.providers.classify import classify_payload
from engine.providers.sse import BOM, Frame

JsonObject = dict[str, Any]

# What decoding raises: no JSON or another shape, bad UTF-8, nesting without end.
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Frames(Protocol):
    """Cuts a body into named pieces of data; `overflow` when one of them grew beyond EVENT_BOUND."""

    overflow: bool

    def feed(self, data: bytes) -> list[Frame]: ...

    def finish(self) -> list[Frame]: ...


class NotDialectError(ValueError):
    """This event is none of the dialect's: it is skipped and counted."""


class StreamDecoder:
    """A decoder for one response body. A dialect says how one event is read, and how one whole answer.

    A body that begins with a brace or a bracket is one whole answer in place of a stream (unless `lines_of_json`: then
    the stream itself looks so), and one that begins with `<` is a web page.
    """

    lines_of_json = False

    def __init__(self, frames: Frames) -> None:
        self.answer = Answer()
        self._frames = frames
        self._begun = False
        self._whole: list[bytes] | None = None  # the body so far, where it is one whole answer
        self._size = 0
        self._events = 0

    def read_event(self, name: str, data: bytes) -> None:
        """Reads one event. Raises NotDialectError for what is none."""
        raise NotImplementedError

    def read_whole(self, answer: JsonObject) -> None:
        """Reads a whole answer. Raises NotDialectError for what is none."""
        raise NotImplementedError

    def close(self) -> None:
        """Tells what the dialect held back, where the body ends before its end mark."""

    def feed(self, data: bytes) -> list[Delta]:
        """The deltas that `data` completes."""
        if self.answer.over:
            return []
        self._size += len(data)
        if self._size > ANSWER_BOUND:
            self.answer.fail(runaway("The answer is larger than 16 MiB."))
        elif self._whole is not None:
            self._whole.append(data)
        elif self._begun or self._begins_stream(data):
            self._read(self._frames.feed(data))
        return self.answer.take()

    def finish(self, broken: Fault | None = None) -> list[Delta]:
        """What was still held, then one End or Failure, unless there was one already."""
        if self.answer.over:
            return []
        if self._whole is not None:
            self._read_body(broken)
        else:
            self._read(self._frames.finish(), last=True)
        if not self.answer.over:
            self.close()
            self._conclude(broken)
        return self.answer.take()

    def fail_with(self, payload: object) -> None:
        """Ends by an error that stands inside the stream, in any known shape."""
        self.answer.fail(classify_payload(payload, in_stream=True))

    def _begins_stream(self, data: bytes) -> bool:
        start = data.removeprefix(BOM).lstrip()[:1]
        self._begun = start != b""
        if start == b"<":
            self.answer.fail(page())
            return False
        if start in (b"{", b"[") and not self.lines_of_json:
            self._whole = [data]
            return False
        return True

    def _read(self, frames: list[Frame], *, last: bool = False) -> None:
        answer = self.answer
        self._events += len(frames)
        for name, data in frames:
            try:
                self.read_event(name, data)
            except NotDialectError:
                self._skip(data, last=last)
            if answer.over:
                return
        if self._frames.overflow:
            answer.fail(runaway("One event of the stream is larger than 1 MiB."))

    def _skip(self, data: bytes, *, last: bool) -> None:
        if data.lstrip()[:1] == b"<":
            self.answer.fail(page())
        elif not last:  # the last may be the stump of an event that was cut; the end is judged without it
            self.answer.wrong()

    def _read_body(self, broken: Fault | None) -> None:
        body = json_object(b"".join(self._whole or ()).removeprefix(BOM))
        try:
            if body is None:
                raise NotDialectError
            self.read_whole(body)
        except NotDialectError:
            self.answer.fail(broken or malformed("The answer is not what was asked for."))

    def _conclude(self, broken: Fault | None) -> None:
        if self._events or self._whole is not None or broken is not None:
            self.answer.conclude(broken)
        elif self._begun:
            self.answer.fail(malformed("The answer is no stream of events."))
        else:
            self.answer.fail(Fault(kind=Kind.EMPTY, detail="The answer has no content.", in_stream=True))


def json_object(data: bytes) -> JsonObject | None:
    """The object that `data` holds, read leniently; None for anything else.

    Bad UTF-8 and halves of surrogate pairs, which some servers cut between two tokens, become U+FFFD; NaN is taken.
    """
    try:
        value = msgspec.json.decode(data)
    except UNREADABLE:
        value = _lenient(data)
    return cast(JsonObject, value) if isinstance(value, dict) else None


def _lenient(data: bytes) -> object:
    try:
        text = json.dumps(json.loads(data.decode("utf-8", "replace")), ensure_ascii=False)
        return json.loads(text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"))
    except (ValueError, RecursionError):
        return None


def event_object(data: bytes) -> JsonObject:
    """The object that an event holds. Raises NotDialectError for anything else."""
    if (value := json_object(data)) is None:
        raise NotDialectError
    return value


def error_in(payload: JsonObject, name: str = "") -> bool:
    """Whether an event is an error: by its name, its `error`, or its type."""
    error = payload.get("error")
    if name == "error" or payload.get("object") == "error" or payload.get("type") == "error":
        return True
    return bool(error) and (isinstance(error, str) or bool(mapping(error)))


def json_text(value: object) -> str:
    """Tool arguments as JSON text: a string is taken to be it already."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode()
