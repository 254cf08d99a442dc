"""Chat completions: OpenAI's first dialect, and what others have made of it.

Source: https://platform.openai.com/docs/api-reference/chat-streaming, and what the providers of the catalogue send.
"""

from collections.abc import Mapping
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from engine.core.faults import Fault, Kind
from engine.core.request import Candidate, Finish, Request, Usage
from engine.providers.answer import Answer, count, mapping, members, string
from engine.providers.catalog import Auth, Provider
from engine.providers.classify import classify
from engine.providers.render import authorize, chat_body, endpoint, post
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

FINISHES = {
    "stop": Finish.STOP,
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "eos": Finish.STOP,
    "eos_token": Finish.STOP,
    "completed": Finish.STOP,
    "length": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "max_output_tokens": Finish.LENGTH,
    "model_length": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "tool_calls": Finish.TOOL_CALLS,
    "tool_use": Finish.TOOL_CALLS,
    "function_call": Finish.TOOL_CALLS,
    "content_filter": Finish.CONTENT_FILTER,
    "safety": Finish.CONTENT_FILTER,
    "refusal": Finish.CONTENT_FILTER,
    "sensitive": Finish.CONTENT_FILTER,  # Z.AI
}

# Finish reasons that are failures: OpenRouter's and vLLM's, DeepSeek's, Z.AI's, in this order.
FAILED_FINISHES = {
    "error": Kind.STREAM_ERROR,
    "insufficient_system_resource": Kind.OVERLOADED,
    "network_error": Kind.SERVER,
}


class ChatCompletions:
    """The adapter, bound to one provider's habits."""

    def __init__(self, row: Provider) -> None:
        self._row = row
        # Google's chat completions read a bearer token, unlike its own dialect.
        self._auth = Auth.BEARER if row.auth is Auth.X_GOOG_API_KEY else row.auth

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        base_url = candidate.base_url or self._row.base_url
        return post(endpoint(base_url, "/chat/completions"), chat_body(request, candidate, self._row))

    def sign(self, request: httpx.Request, secret: str) -> None:
        authorize(request, self._auth, secret)

    def decoder(self, content_type: str) -> "ChatDecoder":
        """The body says what it is better than `content_type` does, which gateways set wrongly."""
        return ChatDecoder()

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        return classify(status, headers, body, now=now)


class _Delta(Struct):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: Any = None
    reasoning_details: Any = None
    refusal: Any = None
    tool_calls: Any = None
    function_call: Any = None


class _Choice(Struct):
    delta: _Delta
    index: int = 0
    finish_reason: Any = None


class _Chunk(Struct):
    choices: tuple[_Choice]  # exactly one
    model: str | None = None
    usage: Any = None
    error: Any = None
    x_groq: Any = None
    object: str | None = None
    type: Any = None


_CHUNKS = msgspec.json.Decoder(_Chunk)


class ChatDecoder(StreamDecoder):
    """Reads one answer. A chunk that holds nothing but text takes the short way; any other is read leniently."""

    def __init__(self) -> None:
        super().__init__(Sse())
        self._model: str | None = None
        self._usage: object = None
        self._calls = _Calls()

    def read_event(self, name: str, data: bytes) -> None:
        if name or not self._read_plain(data):
            self._read_any(name, data)

    def _read_plain(self, data: bytes) -> bool:
        try:
            chunk = _CHUNKS.decode(data)
        except UNREADABLE:
            return False
        choice, special = chunk.choices[0], chunk.usage or chunk.error or chunk.x_groq or chunk.type
        delta = choice.delta
        if special or choice.finish_reason or choice.index or chunk.object == "error":
            return False
        if delta.tool_calls or delta.reasoning or delta.reasoning_details or delta.refusal or delta.function_call:
            return False
        if chunk.model != self._model:
            self._model = chunk.model
            self.answer.model(chunk.model)
        if delta.reasoning_content:
            self.answer.reasoning(delta.reasoning_content)
        if delta.content:
            self.answer.text(delta.content)
        return True

    def _read_any(self, name: str, data: bytes) -> None:
        data = data.strip()
        if data == b"[DONE]":
            self.answer.marked = True
            self.answer.conclude()
        elif data:
            self._read_chunk(event_object(data), name)

    def read_whole(self, answer: JsonObject) -> None:
        self._read_chunk(answer, "")
        if not self.answer.over and "choices" not in answer:
            raise NotDialectError
        self.answer.marked = True

    def _read_chunk(self, chunk: JsonObject, name: str) -> None:
        if error_in(chunk, name) or _is_bare_error(chunk):
            return self.fail_with(chunk)
        self.answer.model(chunk.get("model"))
        self._meter(chunk)
        for choice in map(mapping, members(chunk.get("choices"))):
            if not choice.get("index"):
                self._read_choice(choice)
        return None

    def _meter(self, chunk: JsonObject) -> None:
        usage = chunk.get("usage") or mapping(chunk.get("x_groq")).get("usage")
        if usage and usage != self._usage:  # some repeat it with every chunk
            self._usage = usage
            self.answer.meter(usage_of(mapping(usage)))

    def _read_choice(self, choice: JsonObject) -> None:
        # Some send the whole message so far beside each delta; the delta is what is new.
        delta = mapping(choice.get("delta") or choice.get("message"))
        self.answer.reasoning(_reasoning_of(delta))
        content = delta.get("content") if "delta" in choice or "message" in choice else choice.get("text")
        self._read_content(content)
        self.answer.refusal(delta.get("refusal"))
        self._calls.read(delta, self.answer)
        if native := string(choice.get("finish_reason")):
            self._stop(native)

    def _read_content(self, content: object) -> None:
        self.answer.text(content)
        for part in map(mapping, members(content)):
            self.answer.reasoning(_joined(part.get("thinking")))
            self.answer.text(part.get("text"))

    def _stop(self, native: str) -> None:
        if (kind := FAILED_FINISHES.get(native.lower())) is not None:
            detail = f"The provider ended the stream with the finish reason {native}."
            return self.answer.fail(Fault(kind=kind, detail=detail, code=native, in_stream=True))
        return self.answer.stop(FINISHES.get(native.lower(), Finish.OTHER), native)


def _is_bare_error(chunk: JsonObject) -> bool:
    """Some errors stand in the event itself, under no name."""
    if "choices" in chunk:
        return False
    return bool(string(chunk.get("detail"))) or (bool(string(chunk.get("message"))) and "code" in chunk)


def _joined(value: object) -> str:
    """Text that is a string, or parts that hold one each."""
    if isinstance(value, str):
        return value
    return "".join(string(part if isinstance(part, str) else mapping(part).get("text")) for part in members(value))


def _reasoning_of(delta: JsonObject) -> str:
    """The reasoning of one delta. Gateways say it in several fields at once: the first that speaks is taken."""
    if spoken := string(delta.get("reasoning_content")) or _joined(delta.get("reasoning")):
        return spoken
    details = map(mapping, members(delta.get("reasoning_details")))
    return "".join(string(item.get("text")) or string(item.get("summary")) for item in details)


def usage_of(usage: Mapping[str, Any]) -> Usage:
    """The usage of a chat completion, whose details not every provider gives."""
    prompt, completion = mapping(usage.get("prompt_tokens_details")), mapping(usage.get("completion_tokens_details"))
    cached, reasoning = count(prompt.get("cached_tokens")), count(completion.get("reasoning_tokens"))
    return Usage(
        input=count(usage.get("prompt_tokens", usage.get("input_tokens"))),
        output=count(usage.get("completion_tokens", usage.get("output_tokens"))),
        reasoning=count(usage.get("reasoning_tokens")) if reasoning is None else reasoning,
        cached=count(usage.get("prompt_cache_hit_tokens")) if cached is None else cached,
    )


class _Calls:
    """Tells the tool calls of one answer apart, however loosely their deltas are numbered."""

    def __init__(self) -> None:
        self._ids: list[str] = []  # of each call, by its place in the answer
        self._places: dict[int, int] = {}  # from the wire's index to the place

    def read(self, delta: JsonObject, answer: Answer) -> None:
        for part in map(mapping, members(delta.get("tool_calls"))):
            function = mapping(part.get("function"))
            self._tell(answer, part.get("index"), string(part.get("id")), function)
        if legacy := mapping(delta.get("function_call")):
            self._tell(answer, 0, "", legacy)

    def _tell(self, answer: Answer, index: object, id: str, function: JsonObject) -> None:
        name, known = string(function.get("name")), len(self._ids)
        place = self._place(index, id, name)
        begins = place == known
        answer.call(
            place,
            id=id if begins or not self._ids[place] else "",
            name=name,
            arguments=json_text(function.get("arguments")),
        )
        self._ids[place] = self._ids[place] or id

    def _place(self, index: object, id: str, name: str) -> int:
        """The place of the call that a delta belongs to; a new one where it begins a call."""
        if isinstance(index, int):
            place = self._places.get(index)
            # Some number every call 0: another id with a name begins another call.
            if place is None or (id and name and self._ids[place] not in ("", id)):
                place = self._places[index] = self._begin()
            return place
        if id and id in self._ids:
            return self._ids.index(id)
        if id or name or not self._ids:
            return self._begin()
        return len(self._ids) - 1

    def _begin(self) -> int:
        self._ids.append("")
        return len(self._ids) - 1
