"""What the dialects share in writing a request: the address, the credentials, and a history that travels."""

import hashlib
import re
from functools import lru_cache
from typing import Any, Literal, cast

import httpx
import msgspec

from engine.core.request import Candidate, Image, Message, Part, Reasoning, Request, Text, ToolCall, ToolResult
from engine.providers.catalog import Auth, Provider

JsonObject = dict[str, Any]
ToolIds = Literal["any", "word", "alnum9"]

# What each kind of tool id may look like. OpenAI takes 40 characters (its reference, tool_calls.id); Anthropic letters,
# digits, _ and - (its reference, tool_use.id); Mistral exactly nine letters and digits (its error 3280).
_TOOL_IDS: dict[ToolIds, tuple[re.Pattern[str], str, int]] = {
    "any": (re.compile(r".{1,40}", re.DOTALL), "call_", 24),
    "word": (re.compile(r"[a-zA-Z0-9_-]{1,64}"), "call_", 24),
    "alnum9": (re.compile(r"[a-zA-Z0-9]{9}"), "", 9),
}


@lru_cache(256)  # parsed anew, an address costs a tenth of a millisecond in each attempt
def endpoint(base_url: str, path: str) -> httpx.URL:
    """`base_url` followed by `path`, unless it ends in it already; a query of the base URL is kept."""
    url = httpx.URL(base_url)
    stem = url.path.rstrip("/")
    return url.copy_with(path=stem if stem.endswith(path) else stem + path)


def post(url: httpx.URL, body: JsonObject, *, accept: str = "text/event-stream") -> httpx.Request:
    """A POST of `body` as JSON, without credentials."""
    headers = {"accept": accept, "content-type": "application/json", "user-agent": "streamover"}
    return httpx.Request("POST", url, headers=headers, content=msgspec.json.encode(body))


def authorize(request: httpx.Request, auth: Auth, secret: str) -> None:
    """Puts the key where the provider reads it. An empty key leaves the request as it is.

    Raises ValueError, which does not show the key, when it cannot stand in a header.
    """
    secret = secret.strip()
    if not secret:
        return
    if not (secret.isascii() and secret.isprintable()):
        raise ValueError("The key holds characters that no key has: copy it again.")
    request.headers[auth.value] = f"Bearer {secret}" if auth is Auth.BEARER else secret


def tool_id(id: str, kind: ToolIds) -> str:
    """`id` where the format takes it, else one made from it: the same for a call and for its result."""
    pattern, prefix, length = _TOOL_IDS[kind]
    if pattern.fullmatch(id):
        return id
    return prefix + hashlib.sha256(id.encode("utf-8", "replace")).hexdigest()[:length]


def travelling(request: Request, candidate: Candidate) -> list[Message]:
    """The conversation as `candidate` may read it.

    Reasoning of other providers is left out, so are tool calls without a result and results without a call, which
    every provider refuses, and turns that are empty then.
    """
    called = {part.id for message in request.messages for part in message.parts if isinstance(part, ToolCall)}
    answered = {part.call_id for message in request.messages for part in message.parts if isinstance(part, ToolResult)}
    paired = called & answered

    def travels(part: Part) -> bool:
        match part:
            case Reasoning():
                return part.provider == candidate.provider
            case ToolCall():
                return part.id in paired
            case ToolResult():
                return part.call_id in paired
            case Text():
                return part.text != ""
            case Image():
                return True

    kept = (Message(m.role, tuple(part for part in m.parts if travels(part))) for m in request.messages)
    return [m for m in kept if any(not isinstance(part, Reasoning) for part in m.parts)]


def arguments_object(call: ToolCall) -> JsonObject:
    """The arguments of a call as an object; one that the model wrote wrongly stands in it as text."""
    try:
        value = msgspec.json.decode(call.arguments or "{}")
    except (msgspec.DecodeError, RecursionError):
        value = None
    return cast(JsonObject, value) if isinstance(value, dict) else {"_raw": call.arguments}


def chat_body(request: Request, candidate: Candidate, row: Provider) -> JsonObject:
    """The body of a chat completion, by the habits of the provider."""
    p = request.parameters
    body: JsonObject = {"model": candidate.model, "messages": chat_messages(request, candidate, row), "stream": True}
    if row.stream_options:
        body["stream_options"] = {"include_usage": True}
    sampling: JsonObject = {
        "temperature": p.temperature,
        "top_p": p.top_p,
        row.limit_field: p.max_tokens,
        row.seed_field: p.seed,
        "stop": list(p.stop) or None,
        "reasoning_effort": p.reasoning_effort,
        "response_format": _response_format(p.json_schema, row),
        "tools": [_chat_tool(tool.name, tool.description, tool.schema) for tool in request.tools] or None,
    }
    return body | {name: value for name, value in sampling.items() if value is not None} | p.extra


def _response_format(schema: JsonObject | None, row: Provider) -> JsonObject | None:
    if schema is None:
        return None
    if not row.json_schema:
        return {"type": "json_object"}
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _chat_tool(name: str, description: str, schema: JsonObject) -> JsonObject:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def chat_messages(request: Request, candidate: Candidate, row: Provider) -> list[JsonObject]:
    """The conversation in the form of chat completions, the system prompt first."""
    written: list[JsonObject] = [{"role": "system", "content": request.system}] if request.system else []
    for message in travelling(request, candidate):
        written.extend(_chat_message(message, row))
    if row.prefill_mark and written and written[-1]["role"] == "assistant":
        written[-1][row.prefill_mark] = True
    return written


def _chat_message(message: Message, row: Provider) -> list[JsonObject]:
    results = [
        {"role": "tool", "tool_call_id": tool_id(part.call_id, row.tool_id), "content": part.content}
        for part in message.parts
        if isinstance(part, ToolResult)
    ]
    calls = [_chat_call(part, row) for part in message.parts if isinstance(part, ToolCall)]
    content = _chat_content(message)
    if content is None and not calls:
        return results
    written: JsonObject = {"role": message.role, "content": content}
    if calls:
        written["tool_calls"] = calls
        if row.reasoning_back:
            written["reasoning_content"] = "".join(p.text for p in message.parts if isinstance(p, Reasoning))
    return [*results, written]


def _chat_call(call: ToolCall, row: Provider) -> JsonObject:
    function = {"name": call.name, "arguments": call.arguments or "{}"}
    return {"id": tool_id(call.id, row.tool_id), "type": "function", "function": function}


def _chat_content(message: Message) -> str | list[JsonObject] | None:
    if not any(isinstance(part, Image) for part in message.parts):
        return message.text or None
    content: list[JsonObject] = []
    for part in message.parts:
        if isinstance(part, Text):
            content.append({"type": "text", "text": part.text})
        elif isinstance(part, Image):
            url = f"data:{part.media_type};base64,{part.data}"
            content.append({"type": "image_url", "image_url": {"url": url}})
    return content
