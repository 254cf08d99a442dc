"""What a decoder keeps in mind while it reads one answer, and what the answer's end then means."""

from collections.abc import Hashable
from typing import Any, cast

from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Finish, Usage
from engine.providers.base import (
    Delta,
    End,
    Failure,
    Metered,
    Model,
    Reasoning,
    Refusal,
    Stopped,
    Text,
    ToolDelta,
)

MOST_CALLS = 256  # tool calls of one answer; no provider allows as many
WRONG_EVENTS = 3  # so many events that cannot be read are skipped; one more and the stream is not the dialect


class Answer:
    """Gathers the deltas of one answer. Values of the wrong type and empty ones are dropped without a word."""

    def __init__(self) -> None:
        self._out: list[Delta] = []
        self._calls: dict[Hashable, int] = {}
        self._model = ""
        self._usage = Usage()
        self._stopped: Stopped | None = None
        self._spoke = False
        self._wrong = 0
        self.marked = False  # the dialect's end mark was seen
        self.over = False  # an End or a Failure was given

    @property
    def finished(self) -> bool:
        """Whether a finish reason was seen."""
        return self._stopped is not None

    @property
    def calls(self) -> int:
        """How many tool calls have begun."""
        return len(self._calls)

    def take(self) -> list[Delta]:
        """The deltas gathered since the last call, up to the end where it came."""
        out, self._out = self._out, []
        if not self.over:
            return out
        end = next((i for i, delta in enumerate(out) if isinstance(delta, End | Failure)), len(out))
        return out[: end + 1]

    def text(self, value: object) -> None:
        if isinstance(value, str) and value:
            self._spoke = self._spoke or not value.isspace()
            self._out.append(Text(value))

    def reasoning(self, value: object, signature: object = "") -> None:
        text, seal = string(value), string(signature)
        if text or seal:
            self._out.append(Reasoning(text, seal))

    def refusal(self, value: object) -> None:
        if isinstance(value, str) and value:
            self._spoke = True
            self._out.append(Refusal(value))

    def has_call(self, key: Hashable) -> bool:
        return key in self._calls

    def call(self, key: Hashable, *, id: object = "", name: object = "", arguments: object = "") -> None:
        """A part of the tool call that the wire knows by `key`."""
        if key not in self._calls and len(self._calls) >= MOST_CALLS:
            self.fail(runaway(f"The answer holds more than {MOST_CALLS} tool calls."))
            return
        index = self._calls.setdefault(key, len(self._calls))
        self._spoke = True
        self._out.append(ToolDelta(index=index, id=string(id), name=string(name), arguments=string(arguments)))

    def adopt(self, deltas: list[Delta]) -> None:
        """Takes over what another decoder read from a stream inside this one, with its end."""
        self._out += deltas
        self.over = self.over or any(isinstance(delta, End | Failure) for delta in deltas)

    def model(self, name: object) -> None:
        if isinstance(name, str) and name and name != self._model:
            self._model = name
            self._out.append(Model(name))

    def meter(self, usage: Usage) -> None:
        if usage not in (self._usage, Usage()):
            self._usage = usage
            self._out.append(Metered(usage))

    def stop(self, finish: Finish, native: str) -> None:
        if finish is Finish.STOP and self._calls:
            finish = Finish.TOOL_CALLS
        stopped = Stopped(finish, native)
        if stopped != self._stopped:
            self._stopped = stopped
            self._out.append(stopped)

    def end(self, warning: str = "") -> None:
        self._out.append(End(warning))
        self.over = True

    def fail(self, fault: Fault) -> None:
        if self.over:
            return
        self._out.append(Failure(fault))
        self.over = True

    def wrong(self) -> None:
        """An event could not be read."""
        self._wrong += 1
        if self._wrong > WRONG_EVENTS:
            self.fail(malformed("The stream holds events that are not of this dialect."))

    def conclude(self, broken: Fault | None = None) -> None:
        """The body is over: says what that means, unless it was said before.

        A finish reason or an end mark makes the answer whole, however the connection ended; but an answer that came
        to its natural end without a word is a failure. One that a stop sequence cut at once is not.
        """
        if self.over:
            return
        if self._stopped is not None:
            self._conclude_stopped(self._stopped)
        elif self.marked and self._spoke:
            self.end("The stream ended without a finish reason.")
        elif broken is not None:
            self.fail(broken)
        elif self.marked:
            self.fail(Fault(kind=Kind.EMPTY, detail="The stream ended without any output.", in_stream=True))
        elif self._wrong and not self._spoke:
            self.fail(malformed("The answer is not of this dialect."))
        else:
            self.fail(Fault(kind=Kind.TRUNCATED, detail="The stream ended without a finish reason.", in_stream=True))

    def _conclude_stopped(self, stopped: Stopped) -> None:
        if self._spoke or stopped.finish is Finish.LENGTH or stopped.native.lower() == "stop_sequence":
            skipped = f"Events that could not be read, and were skipped: {self._wrong}." if self._wrong else ""
            self.end(skipped)
        elif stopped.finish is Finish.CONTENT_FILTER:
            detail = "The provider's filter stopped the answer before any output."
            self.fail(Fault(kind=Kind.CONTENT_FILTER, detail=detail, code=stopped.native, in_stream=True))
        else:
            detail = f"The answer is empty; its finish reason is {stopped.native}."
            self.fail(Fault(kind=Kind.EMPTY, detail=detail, in_stream=True))


def malformed(detail: str) -> Fault:
    return Fault(kind=Kind.MALFORMED, detail=detail, in_stream=True)


def runaway(detail: str) -> Fault:
    return Fault(kind=Kind.MALFORMED, cause=Cause.RUNAWAY, detail=detail, in_stream=True)


def page() -> Fault:
    return Fault(kind=Kind.MALFORMED, cause=Cause.PAGE, detail="A web page came in place of an answer.", in_stream=True)


def mapping(value: object) -> dict[str, Any]:
    """A JSON object as it is; anything else as an empty one."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def members(value: object) -> list[Any]:
    """A JSON array as it is; anything else as an empty one."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def string(value: object) -> str:
    """A string as it is; anything else as an empty one."""
    return value if isinstance(value, str) else ""


def count(value: object) -> int | None:
    """A number of tokens; None for what is not one."""
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 2**53:
        return int(value)
    return None
