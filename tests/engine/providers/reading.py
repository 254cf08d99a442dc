"""Reading a body whole, cut anywhere, or byte by byte, and what comes of it."""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import httpx
import msgspec

from engine.core.faults import Fault
from engine.core.request import (
    Candidate,
    Image,
    Message,
    Parameters,
    Reasoning,
    Request,
    Route,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from engine.core.run import merged
from engine.providers import base
from engine.providers.registry import adapter_for, resolve


class Read(NamedTuple):
    """What the deltas of one body come to."""

    text: str
    reasoning: str
    refusal: str
    signature: str
    calls: tuple[tuple[str, str, str], ...]
    models: tuple[str, ...]
    usage: Usage
    finish: str | None
    native: str
    warning: str | None
    fault: Fault | None


def read(decoder: base.Decoder, pieces: Iterable[bytes], broken: Fault | None = None) -> Read:
    """Feeds the pieces and folds the deltas, of which exactly the last must be an End or a Failure."""
    deltas = [delta for piece in pieces for delta in decoder.feed(piece)]
    deltas += decoder.finish(broken)
    assert [isinstance(delta, base.End | base.Failure) for delta in deltas] == [False] * (len(deltas) - 1) + [True]
    assert decoder.feed(b"data: more\n\n") == []
    assert decoder.finish() == []
    return folded(deltas)


def folded(deltas: list[base.Delta]) -> Read:
    def of(kind: type) -> list[Any]:
        return [delta for delta in deltas if isinstance(delta, kind)]

    calls: dict[int, list[str]] = {}
    for delta in of(base.ToolDelta):
        call = calls.setdefault(delta.index, ["", "", ""])
        call[:] = call[0] or delta.id, call[1] or delta.name, call[2] + delta.arguments
    usage = Usage()
    for delta in of(base.Metered):
        usage = merged(usage, delta.usage)
    stopped = of(base.Stopped)[-1] if of(base.Stopped) else None
    last = deltas[-1]
    return Read(
        text="".join(delta.text for delta in of(base.Text)),
        reasoning="".join(delta.text for delta in of(base.Reasoning)),
        refusal="".join(delta.text for delta in of(base.Refusal)),
        signature="".join(delta.signature for delta in of(base.Reasoning)),
        calls=tuple((id, name, arguments) for id, name, arguments in calls.values()),
        models=tuple(delta.name for delta in of(base.Model)),
        usage=usage,
        finish=str(stopped.finish) if stopped else None,
        native=stopped.native if stopped else "",
        warning=last.warning if isinstance(last, base.End) else None,
        fault=last.fault if isinstance(last, base.Failure) else None,
    )


def read_however_cut(make: Callable[[], base.Decoder], body: bytes) -> Read:
    """The reading of the whole body, after every cut in two and byte by byte gave the same."""
    whole = read(make(), [body])
    for place in range(len(body) + 1):
        assert read(make(), [body[:place], body[place:]]) == whole, f"cut at {place}"
    assert read(make(), [body[i : i + 1] for i in range(len(body))]) == whole
    return whole


def sse(*events: dict[str, Any]) -> bytes:
    """Events as a server sends them, each with the name that its type gives."""
    return b"".join(_event(event) for event in events)


def _event(event: dict[str, Any]) -> bytes:
    name = f"event: {event['type']}\n".encode() if "type" in event else b""
    return name + b"data: " + msgspec.json.encode(event) + b"\n\n"


def built(candidate: Candidate, request: Request) -> httpx.Request:
    candidate = resolve(candidate)
    return adapter_for(candidate).build(request, candidate)


def body_of(candidate: Candidate, request: Request) -> dict[str, Any]:
    return msgspec.json.decode(built(candidate, request).content)


def asking(*messages: Message, system: str = "", tools: tuple[Tool, ...] = (), **parameters: Any) -> Request:
    route = Route(name="r", candidates=())
    return Request(
        messages=messages or (Message("user", (Text("Hi"),)),),
        route=route,
        system=system,
        tools=tools,
        parameters=Parameters(**parameters),
    )


WEATHER = Tool(name="weather", description="Says the weather.", schema={"type": "object", "properties": {}})


def tool_conversation(provider: str) -> tuple[Message, ...]:
    """A user who shows a picture, a model that thinks and calls a tool, its result, and a second question."""
    return (
        Message("user", (Text("Where is this?"), Image("image/png", "QUJD"))),
        Message(
            "assistant",
            (
                Reasoning(text="Let me look.", signature="SEAL", provider=provider),
                Text("I look."),
                ToolCall(id="call:1", name="weather", arguments='{"city":"Rome"}'),
            ),
        ),
        Message("tool", (ToolResult(call_id="call:1", name="weather", content="sunny"),)),
        Message("user", (Text("And now?"),)),
    )
