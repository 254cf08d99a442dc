"""Ollama's own dialect: /api/chat, one JSON object a line.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md.
"""

from collections.abc import Mapping

import httpx

from engine.core.faults import Fault
from engine.core.request import (
    Candidate,
    Finish,
    Image,
    Message,
    Parameters,
    Reasoning,
    Request,
    ToolCall,
    ToolResult,
    Usage,
)
from engine.providers.answer import count, mapping, members, string
from engine.providers.catalog import Provider
from engine.providers.classify import classify
from engine.providers.render import arguments_object, authorize, endpoint, post, travelling
from engine.providers.sse import Lines
from engine.providers.stream import JsonObject, StreamDecoder, error_in, event_object, json_text

FINISHES = {"stop": Finish.STOP, "length": Finish.LENGTH}
NO_MODEL_RUN = ("load", "unload")  # done reasons of a request without a prompt
EFFORTS = ("low", "medium", "high")


class Ollama:
    """The adapter, bound to one provider's habits."""

    def __init__(self, row: Provider) -> None:
        self._row = row

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        base_url = (candidate.base_url or self._row.base_url).rstrip("/").removesuffix("/v1")
        url = endpoint(base_url.removesuffix("/api"), "/api/chat")
        return post(url, chat_body(request, candidate), accept="application/x-ndjson")

    def sign(self, request: httpx.Request, secret: str) -> None:
        authorize(request, self._row.auth, secret)

    def decoder(self, content_type: str) -> "OllamaDecoder":
        """The same for every `content_type`: a whole answer is a stream of one line."""
        return OllamaDecoder()

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        return classify(status, headers, body, now=now)


def chat_body(request: Request, candidate: Candidate) -> JsonObject:
    """The body of a request, with the sampling parameters among its options."""
    p = request.parameters
    messages: list[JsonObject] = [{"role": "system", "content": request.system}] if request.system else []
    for message in travelling(request, candidate):
        messages.extend(_messages(message))
    options: JsonObject = {
        "temperature": p.temperature,
        "top_p": p.top_p,
        "num_predict": p.max_tokens,
        "seed": p.seed,
        "stop": list(p.stop) or None,
    }
    optional: JsonObject = {
        "options": {name: value for name, value in options.items() if value is not None} or None,
        "think": _think(p),
        "format": p.json_schema,
        "tools": [_tool(tool.name, tool.description, tool.schema) for tool in request.tools] or None,
    }
    body: JsonObject = {"model": candidate.model, "messages": messages, "stream": True}
    return body | {name: value for name, value in optional.items() if value is not None} | p.extra


def _think(p: Parameters) -> bool | str | None:
    if not p.reasoning_effort:
        return None
    if p.reasoning_effort in ("none", "off"):
        return False
    return p.reasoning_effort if p.reasoning_effort in EFFORTS else True


def _tool(name: str, description: str, schema: JsonObject) -> JsonObject:
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


def _messages(message: Message) -> list[JsonObject]:
    written: list[JsonObject] = [
        {"role": "tool", "content": part.content, "tool_name": part.name}
        for part in message.parts
        if isinstance(part, ToolResult)
    ]
    said: JsonObject = {"role": message.role, "content": message.text}
    if thinking := "".join(part.text for part in message.parts if isinstance(part, Reasoning)):
        said["thinking"] = thinking
    if images := [part.data for part in message.parts if isinstance(part, Image)]:
        said["images"] = images
    if calls := [part for part in message.parts if isinstance(part, ToolCall)]:
        said["tool_calls"] = [{"function": {"name": c.name, "arguments": arguments_object(c)}} for c in calls]
    return [*written, said] if message.text or images or calls else written


class OllamaDecoder(StreamDecoder):
    """Reads one answer, line by line."""

    lines_of_json = True

    def __init__(self) -> None:
        super().__init__(Lines())
        self._calls = 0

    def read_event(self, name: str, data: bytes) -> None:
        line = event_object(data)
        if error_in(line):
            return self.fail_with(line)
        self.answer.model(line.get("model"))
        message = mapping(line.get("message"))
        self.answer.reasoning(message.get("thinking"))
        self.answer.text(message.get("content") or line.get("response"))
        for call in map(mapping, members(message.get("tool_calls"))):
            self._call(string(call.get("id")), mapping(call.get("function")))
        if line.get("done") is True:
            self._done(line)
        return None

    def _call(self, id: str, function: JsonObject) -> None:
        """Each call comes whole. Older servers give it no id."""
        place = self._calls
        self._calls += 1
        arguments = json_text(function.get("arguments") or {})
        self.answer.call(place, id=id or f"call_{place}", name=function.get("name"), arguments=arguments)

    def _done(self, line: JsonObject) -> None:
        self.answer.meter(Usage(input=count(line.get("prompt_eval_count")), output=count(line.get("eval_count"))))
        self.answer.marked = True
        native = string(line.get("done_reason"))
        if native not in NO_MODEL_RUN:  # older servers name no reason
            self.answer.stop(FINISHES.get(native or "stop", Finish.OTHER), native)
        self.answer.conclude()
