"""The Responses API of OpenAI, and of those who serve it too (Azure, xAI, OpenRouter, ChatGPT, LM Studio ...).

Source: https://platform.openai.com/docs/api-reference/responses-streaming.
"""

from collections.abc import Hashable, Mapping
from typing import assert_never

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
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from engine.providers.answer import count, mapping, members, string
from engine.providers.base import Decoder
from engine.providers.catalog import Provider
from engine.providers.classify import classify
from engine.providers.render import authorize, endpoint, post, tool_id, travelling
from engine.providers.sse import Sse
from engine.providers.stream import JsonObject, StreamDecoder, error_in, event_object

FINISHES = {
    "completed": Finish.STOP,
    "done": Finish.STOP,
    "max_output_tokens": Finish.LENGTH,
    "max_tokens": Finish.LENGTH,
    "content_filter": Finish.CONTENT_FILTER,
}


class Responses:
    """The dialect `responses`."""

    def __init__(self, row: Provider) -> None:
        self._row = row

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        body = _body(request, candidate) | request.parameters.extra
        return post(endpoint(candidate.base_url or self._row.base_url, "/responses"), body)

    def sign(self, request: httpx.Request, secret: str) -> None:
        authorize(request, self._row.auth, secret)

    def decoder(self, content_type: str) -> Decoder:
        return ResponsesDecoder()

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        return classify(status, headers, body, now=now)


# The request.


def _body(request: Request, candidate: Candidate) -> JsonObject:
    items: list[JsonObject] = []
    for message in travelling(request, candidate):
        if message.role != "system":
            items += _items(message)
    body: JsonObject = {"model": candidate.model, "input": items, "stream": True, "store": False}
    system = [request.system, *(message.text for message in request.messages if message.role == "system")]
    if instructions := "\n\n".join(text for text in system if text.strip()):
        body["instructions"] = instructions
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    return body | _parameters(request.parameters)


def _parameters(parameters: Parameters) -> JsonObject:
    """`seed` and `stop` do not exist in this dialect and are not sent."""
    fields: JsonObject = {}
    if parameters.temperature is not None:
        fields["temperature"] = parameters.temperature
    if parameters.top_p is not None:
        fields["top_p"] = parameters.top_p
    if parameters.max_tokens is not None:
        fields["max_output_tokens"] = parameters.max_tokens
    if parameters.reasoning_effort is not None:
        fields["reasoning"] = {"effort": parameters.reasoning_effort, "summary": "auto"}
        fields["include"] = ["reasoning.encrypted_content"]  # nothing is stored there, so it must travel with us
    if parameters.json_schema is not None:
        schema = {"type": "json_schema", "name": "answer", "schema": parameters.json_schema}
        fields["text"] = {"format": schema}
    return fields


def _tool(tool: Tool) -> JsonObject:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.schema or {"type": "object", "properties": {}},
        "strict": False,
    }


def _items(message: Message) -> list[JsonObject]:
    """The input items of one turn, in their order; neighbouring texts and images share one message."""
    items: list[JsonObject] = []
    for part in message.parts:
        match part:
            case Text(text=text):
                kind = "output_text" if message.role == "assistant" else "input_text"
                _add_content(items, message.role, {"type": kind, "text": text})
            case Image(media_type=media_type, data=data):
                url = f"data:{media_type};base64,{data}"
                _add_content(items, message.role, {"type": "input_image", "image_url": url, "detail": "auto"})
            case Reasoning():
                items += _sealed(part)
            case ToolCall():
                call_id = tool_id(part.id, "any")
                call = {"call_id": call_id, "name": part.name, "arguments": part.arguments or "{}"}
                items.append({"type": "function_call", **call})
            case ToolResult():
                call_id = tool_id(part.call_id, "any")
                items.append({"type": "function_call_output", "call_id": call_id, "output": part.content})
            case _:
                assert_never(part)
    return items


def _add_content(items: list[JsonObject], role: str, content: JsonObject) -> None:
    role = "assistant" if role == "assistant" else "user"
    if items and items[-1].get("role") == role:
        items[-1]["content"].append(content)
    else:
        items.append({"role": role, "content": [content]})


def _sealed(part: Reasoning) -> list[JsonObject]:
    """Reasoning goes back only sealed: the seal is what the provider reads."""
    if not part.signature:
        return []
    summary = [{"type": "summary_text", "text": part.text}] if part.text else []
    return [{"type": "reasoning", "summary": summary, "encrypted_content": part.signature}]


# The answer.


class ResponsesDecoder(StreamDecoder):
    """Text comes by deltas; what a server leaves out of them is taken from the finished item.

    The body's end is the stream's: gateways that run tools send several responses in one body.
    """

    def __init__(self) -> None:
        super().__init__(Sse())
        self._response = 0  # number of the response that is being read
        self._heard: set[str] = set()  # kinds of output that this response brought by deltas
        self._told: set[Hashable] = set()  # calls whose arguments came by deltas
        self._items = 0  # items of this response that came finished

    def read_event(self, name: str, data: bytes) -> None:
        if not data.strip():
            return None
        if data == b"[DONE]":
            self.answer.marked = True
            return self.answer.conclude()
        event = event_object(data)
        kind = string(event.get("type")) or name
        match kind:
            case "response.output_text.delta":
                self._heard.add("text")
                self.answer.text(event.get("delta"))
            case "response.refusal.delta":
                self._heard.add("refusal")
                self.answer.refusal(event.get("delta"))
            case "response.reasoning_summary_text.delta" | "response.reasoning_text.delta":
                self._think("summary" if "summary" in kind else "reasoning", event.get("delta"))
            case "response.function_call_arguments.delta":
                call = self._key(event, {})
                self._told.add(call)
                self.answer.call(call, arguments=event.get("delta"))
            case "response.output_item.added" | "response.output_item.done":
                item = mapping(event.get("item"))
                self._item(self._key(event, item), item, done=kind.endswith("done"))
            case "response.completed" | "response.incomplete" | "response.failed" | "response.done":
                self._finish(mapping(event.get("response")), kind.removeprefix("response."))
            case "response.created":
                self._begin(mapping(event.get("response")))
            case _:
                if error_in(event, name):
                    self.fail_with(event)
        return None

    def read_whole(self, answer: JsonObject) -> None:
        if "output" not in answer and "status" not in answer:
            return self.fail_with(answer)
        return self._finish(answer, string(answer.get("status")) or "completed")

    def _key(self, event: JsonObject, item: JsonObject) -> Hashable:
        """What tells this output from others. Some servers give another item id in each event."""
        index = count(event.get("output_index"))
        return self._response, index, event.get("item_id") or item.get("id") if index is None else None

    def _begin(self, response: JsonObject) -> None:
        self._response += 1
        self._items = 0
        self._heard.clear()
        self.answer.model(response.get("model"))

    def _think(self, kind: str, delta: object) -> None:
        """The summary or the reasoning itself: the one that came first, where a server sends both."""
        if not self._heard & ({"summary", "reasoning"} - {kind}):
            self._heard.add(kind)
            self.answer.reasoning(delta)

    def _item(self, key: Hashable, item: JsonObject, *, done: bool) -> None:
        self._items += done
        match item.get("type"):
            case "function_call":
                self._call(key, item, done=done)
            case "message" if done:
                self._message(item)
            case "reasoning" if done:
                if not self._heard & {"summary", "reasoning"}:
                    for part in members(item.get("content")) or members(item.get("summary")):
                        self.answer.reasoning(mapping(part).get("text"))
                self.answer.reasoning("", item.get("encrypted_content"))
            case _:
                pass  # the beginnings of items, and calls of the provider's own tools

    def _call(self, key: Hashable, item: JsonObject, *, done: bool) -> None:
        if not self.answer.has_call(key):
            self.answer.call(key, id=item.get("call_id") or item.get("id"), name=item.get("name"))
        if done and key not in self._told:
            self._told.add(key)
            self.answer.call(key, arguments=item.get("arguments"))

    def _message(self, item: JsonObject) -> None:
        for part in map(mapping, members(item.get("content"))):
            if "text" not in self._heard:
                self.answer.text(part.get("text"))
            if "refusal" not in self._heard:
                self.answer.refusal(part.get("refusal"))

    def _finish(self, response: JsonObject, ended: str) -> None:
        """Reads the last event, which holds the whole response; or a response that did not stream."""
        self.answer.model(response.get("model"))
        if not self._heard and not self._items and not self.answer.calls:
            for index, item in enumerate(members(response.get("output"))):
                self._item(index, mapping(item), done=True)
        self.answer.meter(_usage(mapping(response.get("usage"))))
        if ended in ("failed", "cancelled"):
            error = response.get("error") or {"message": f"The response was {ended}."}
            return self.fail_with({"error": error})
        native = string(mapping(response.get("incomplete_details")).get("reason")) or ended
        self.answer.stop(FINISHES.get(native, Finish.OTHER), native)
        return None


def _usage(wire: JsonObject) -> Usage:
    return Usage(
        input=count(wire.get("input_tokens")),
        output=count(wire.get("output_tokens")),
        reasoning=count(mapping(wire.get("output_tokens_details")).get("reasoning_tokens")),
        cached=count(mapping(wire.get("input_tokens_details")).get("cached_tokens")),
    )
