"""The messages dialect: Anthropic's own, spoken by several gateways too.

Source: https://docs.anthropic.com/en/api/messages-streaming and /en/docs/build-with-claude/extended-thinking.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from engine.core.faults import Fault
from engine.core.request import (
    Candidate,
    Finish,
    Image,
    Message,
    Parameters,
    Part,
    Reasoning,
    Request,
    Text,
    ToolCall,
    ToolResult,
    Usage,
)
from engine.providers.answer import count, mapping, members, string
from engine.providers.catalog import Provider
from engine.providers.classify import classify
from engine.providers.render import arguments_object, authorize, endpoint, post, tool_id, travelling
from engine.providers.sse import Sse
from engine.providers.stream import (
    UNREADABLE,
    JsonObject,
    NotDialectError,
    StreamDecoder,
    error_in,
    event_object,
    json_text,
)

VERSION = "2023-06-01"
VERTEX_VERSION = "vertex-2023-10-16"
MAX_TOKENS = 4096  # the dialect demands a limit; this one holds where the user sets none

# Tokens of thinking for each word that other dialects use; Anthropic's least is 1024.
THINKING = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 24576, "xhigh": 32768, "max": 32768}
NO_EFFORT = ("none", "off")

FINISHES = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_use": Finish.TOOL_CALLS,
    "refusal": Finish.CONTENT_FILTER,
}


class Messages:
    """The adapter, bound to one provider's habits."""

    def __init__(self, row: Provider) -> None:
        self._row = row
        self._vertex = row.name == "vertex"

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        body = messages_body(request, candidate)
        base_url = candidate.base_url or self._row.base_url
        if self._vertex:
            model = quote(body.pop("model"), safe="@")
            path = f"/publishers/anthropic/models/{model}:streamRawPredict"
            return post(endpoint(base_url, path), body | {"anthropic_version": VERTEX_VERSION})
        stem = base_url.rstrip("/").removesuffix("/messages").removesuffix("/v1")
        wire = post(endpoint(stem, "/v1/messages"), body)
        wire.headers["anthropic-version"] = VERSION
        return wire

    def sign(self, request: httpx.Request, secret: str) -> None:
        authorize(request, self._row.auth, secret)

    def decoder(self, content_type: str) -> "MessagesDecoder":
        """The body says what it is better than `content_type` does, which gateways set wrongly."""
        return MessagesDecoder()

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        return classify(status, headers, body, now=now)


def messages_body(request: Request, candidate: Candidate) -> JsonObject:
    """The body of a request. The dialect knows no seed; it is left out."""
    p, thinking = request.parameters, _thinking(request.parameters)
    budget = thinking["budget_tokens"] if thinking else 0
    system = [request.system, *(m.text for m in request.messages if m.role == "system")]
    body: JsonObject = {
        "model": candidate.model,
        "max_tokens": (p.max_tokens or MAX_TOKENS) + (budget if (p.max_tokens or MAX_TOKENS) <= budget else 0),
        "messages": _turns(travelling(request, candidate)),
        "stream": True,
    }
    optional: JsonObject = {
        "system": "\n\n".join(filter(None, system)) or None,
        "temperature": None if thinking else p.temperature,  # refused beside thinking
        "top_p": None if thinking else p.top_p,
        "stop_sequences": list(p.stop) or None,
        "thinking": thinking,
        "output_config": {"format": {"type": "json_schema", "schema": p.json_schema}} if p.json_schema else None,
        "tools": [_tool(tool.name, tool.description, tool.schema) for tool in request.tools] or None,
    }
    return body | {name: value for name, value in optional.items() if value is not None} | p.extra


def _thinking(p: Parameters) -> JsonObject | None:
    if not p.reasoning_effort or p.reasoning_effort in NO_EFFORT:
        return None
    return {"type": "enabled", "budget_tokens": THINKING.get(p.reasoning_effort, THINKING["medium"])}


def _tool(name: str, description: str, schema: JsonObject) -> JsonObject:
    return {"name": name, "description": description, "input_schema": {"type": "object"} | schema}


def _turns(messages: list[Message]) -> list[JsonObject]:
    """Turns by turns, as the dialect wants them: neighbours of one role joined, tool results in a user's turn."""
    turns: list[JsonObject] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts for block in _blocks(part)]
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"].extend(blocks)
        elif blocks:
            turns.append({"role": role, "content": blocks})
    for turn in turns:  # tool results must stand first in their turn
        turn["content"].sort(key=_after_results)
    if turns and turns[-1]["role"] == "assistant":
        _trim(turns[-1]["content"])
    return turns


def _after_results(block: JsonObject) -> bool:
    return block["type"] != "tool_result"


def _trim(blocks: list[JsonObject]) -> None:
    """A partial turn at the end may not end in blanks: the API refuses it."""
    if blocks and blocks[-1]["type"] == "text":
        blocks[-1]["text"] = blocks[-1]["text"].rstrip() or "…"


def _blocks(part: Part) -> list[JsonObject]:
    match part:
        case Text(text=text):
            return [{"type": "text", "text": text}] if text.strip() else []
        case Image():
            source = {"type": "base64", "media_type": part.media_type, "data": part.data}
            return [{"type": "image", "source": source}]
        case Reasoning(text="", signature=signature):
            return [{"type": "redacted_thinking", "data": signature}] if signature else []
        case Reasoning(text=text, signature=signature):
            return [{"type": "thinking", "thinking": text, "signature": signature}] if signature else []
        case ToolCall():
            id = tool_id(part.id, "word")
            return [{"type": "tool_use", "id": id, "name": part.name, "input": arguments_object(part)}]
        case ToolResult():
            id = tool_id(part.call_id, "word")
            return [{"type": "tool_result", "tool_use_id": id, "content": part.content}]


class _TextDelta(Struct):
    type: str
    text: str


class _TextEvent(Struct, tag_field="type", tag="content_block_delta"):
    delta: _TextDelta


_TEXT_EVENTS = msgspec.json.Decoder(_TextEvent)


class _OpenCall:
    """A tool call that is still being written. `start` is the input that it began with, which deltas replace."""

    def __init__(self, place: int, block: JsonObject) -> None:
        self.place = place
        self.id = block.get("id")
        self.name = block.get("name")
        self.start = json_text(block.get("input") or {})
        self.parts: list[str] = []


class MessagesDecoder(StreamDecoder):
    """Reads one answer. An event of text takes the short way; any other is read leniently.

    A tool call is told when its block is whole; until then its deltas say only that it grows. A gateway that fails
    over begins a second message inside the stream, and the calls that the first one left open are then void.
    """

    def __init__(self) -> None:
        super().__init__(Sse())
        self._usage: dict[str, Any] = {}
        self._open: dict[object, _OpenCall] = {}  # calls that are not whole yet, by the index of their block
        self._told = 0  # whole calls so far

    def read_event(self, name: str, data: bytes) -> None:
        if name in ("", "content_block_delta") and self._read_text(data):
            return
        data = data.strip()
        if data == b"[DONE]":  # some gateways add it
            self._mark()
        elif data:
            self._read_any(name, event_object(data))

    def _read_text(self, data: bytes) -> bool:
        try:
            delta = _TEXT_EVENTS.decode(data).delta
        except UNREADABLE:
            return False
        if delta.type == "text_delta":
            self.answer.text(delta.text)
        return delta.type == "text_delta"

    def _read_any(self, name: str, event: JsonObject) -> None:
        if error_in(event, name):
            return self.fail_with(event)
        match event.get("type", name):
            case "message_start":
                self._open.clear()
                message = mapping(event.get("message"))
                self.answer.model(message.get("model"))
                self._meter(message.get("usage"))
                self._read_content(message.get("content"))
            case "content_block_start":
                self._start_block(event.get("index"), mapping(event.get("content_block")))
            case "content_block_delta":
                self._read_delta(event.get("index"), mapping(event.get("delta")))
            case "content_block_stop":
                self._close_call(event.get("index"))
            case "message_delta":
                self._meter(event.get("usage"))
                self._stop(mapping(event.get("delta")))
            case "message_stop":
                self._mark()
            case _:
                pass  # a ping, or a kind of event that is newer than we are
        return None

    def read_whole(self, answer: JsonObject) -> None:
        if error_in(answer):
            return self.fail_with(answer)
        if "content" not in answer:
            raise NotDialectError
        self.answer.model(answer.get("model"))
        self._meter(answer.get("usage"))
        self._read_content(answer.get("content"))
        self._stop(answer)
        self.answer.marked = True
        return None

    def _read_content(self, content: object) -> None:
        for index, block in enumerate(map(mapping, members(content))):
            self._start_block(index, block)
            self._close_call(index)

    def _start_block(self, index: object, block: JsonObject) -> None:
        match block.get("type"):
            case "text":
                self.answer.text(block.get("text"))
            case "thinking":
                self.answer.reasoning(block.get("thinking"), block.get("signature"))
            case "redacted_thinking":
                self.answer.reasoning("", block.get("data"))
            case "tool_use":
                self._open[_key(index)] = call = _OpenCall(self._told + len(self._open), block)
                self.answer.call(call.place)
            case _:
                pass  # blocks of the provider's own tools, which are no part of the answer

    def _read_delta(self, index: object, delta: JsonObject) -> None:
        match delta.get("type"):
            case "text_delta":
                self.answer.text(delta.get("text"))
            case "thinking_delta":
                self.answer.reasoning(delta.get("thinking"))
            case "signature_delta":
                self.answer.reasoning("", delta.get("signature"))
            case "input_json_delta":
                self._read_input(_key(index), string(delta.get("partial_json")))
            case _:
                pass  # citations, and what is newer than we are

    def _read_input(self, key: int, text: str) -> None:
        if text and (call := self._open.get(key)) is not None:
            call.parts.append(text)
            self.answer.call(call.place)

    def _close_call(self, index: object) -> None:
        if (call := self._open.pop(_key(index), None)) is not None:
            self._told += 1
            self.answer.call(call.place, id=call.id, name=call.name, arguments="".join(call.parts) or call.start)

    def close(self) -> None:
        for index in list(self._open):
            self._close_call(index)

    def _stop(self, delta: JsonObject) -> None:
        if native := string(delta.get("stop_reason")):
            self.answer.stop(FINISHES.get(native, Finish.OTHER), native)

    def _mark(self) -> None:
        self.close()
        self.answer.marked = True
        self.answer.conclude()

    def _meter(self, usage: object) -> None:
        """Each report may name a part only: what it names replaces what was known."""
        news = {name: value for name, value in mapping(usage).items() if value is not None}
        if news and self._usage | news != self._usage:
            self._usage |= news
            self.answer.meter(usage_of(self._usage))


def usage_of(usage: Mapping[str, Any]) -> Usage:
    """The usage of a message, as Anthropic counts it: tokens read from the cache stand beside the input's."""
    details = mapping(usage.get("output_tokens_details"))
    return Usage(
        input=count(usage.get("input_tokens")),
        output=count(usage.get("output_tokens")),
        reasoning=count(details.get("thinking_tokens")),
        cached=count(usage.get("cache_read_input_tokens")),
    )


def _key(index: object) -> int:
    return index if isinstance(index, int) else 0
