"""Cohere's chat, version 2; answers of version 1, one JSON object a line, are read as well.

Source: https://docs.cohere.com/reference/chat-stream.
"""

from collections.abc import Mapping

import httpx

from engine.core.faults import Fault
from engine.core.request import Candidate, Finish, Parameters, Request, Usage
from engine.providers.answer import count, mapping, members, string
from engine.providers.barejson import EventsOrObjects
from engine.providers.base import Decoder
from engine.providers.catalog import Provider
from engine.providers.classify import classify
from engine.providers.render import authorize, chat_messages, endpoint, post
from engine.providers.stream import JsonObject, StreamDecoder, event_object, json_text

FINISHES = {
    "COMPLETE": Finish.STOP,
    "STOP_SEQUENCE": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "ERROR_LIMIT": Finish.LENGTH,
    "TOOL_CALL": Finish.TOOL_CALLS,
    "ERROR_TOXIC": Finish.CONTENT_FILTER,
}
FAILED_FINISHES = {"ERROR": 500, "TIMEOUT": 504}  # with the status that each has when it comes before the stream


class Cohere:
    """The dialect `cohere`."""

    def __init__(self, row: Provider) -> None:
        self._row = row

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        base = (candidate.base_url or self._row.base_url).rstrip("/").removesuffix("/v2")
        messages = [_without_none(message) for message in chat_messages(request, candidate, self._row)]
        body: JsonObject = {"model": candidate.model, "messages": messages, "stream": True}
        if request.tools:
            body["tools"] = [
                {
                    "type": "function",
                    "function": {"name": tool.name, "description": tool.description, "parameters": tool.schema},
                }
                for tool in request.tools
            ]
        return post(endpoint(base, "/v2/chat"), body | _parameters(request.parameters))

    def sign(self, request: httpx.Request, secret: str) -> None:
        authorize(request, self._row.auth, secret)

    def decoder(self, content_type: str) -> Decoder:
        return CohereDecoder()

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        return classify(status, headers, body, now=now)


def _parameters(parameters: Parameters) -> JsonObject:
    fields: JsonObject = {
        "temperature": parameters.temperature,
        "p": parameters.top_p,
        "max_tokens": parameters.max_tokens,
        "seed": parameters.seed,
        "stop_sequences": list(parameters.stop) or None,
    }
    if parameters.json_schema is not None:
        fields["response_format"] = {"type": "json_object", "json_schema": parameters.json_schema}
    if parameters.reasoning_effort is not None:
        fields["thinking"] = {"type": "disabled" if parameters.reasoning_effort == "none" else "enabled"}
    return _without_none(fields) | parameters.extra


def _without_none(fields: JsonObject) -> JsonObject:
    return {name: value for name, value in fields.items() if value is not None}


class CohereDecoder(StreamDecoder):
    lines_of_json = True

    def __init__(self) -> None:
        super().__init__(EventsOrObjects())

    def read_event(self, name: str, data: bytes) -> None:
        if not data.strip():
            return None
        if data == b"[DONE]":
            self.answer.marked = True
            return self.answer.conclude()
        event = event_object(data)
        kind = string(event.get("type")) or name
        if "event_type" in event:
            self._first_version(string(event["event_type"]), event)
        elif kind:
            self._event(kind, event)
        elif "finish_reason" in event:
            self._unstreamed(event)
        else:
            self.fail_with(event)
        return None

    def _event(self, kind: str, event: JsonObject) -> None:
        delta = mapping(event.get("delta"))
        message = mapping(delta.get("message"))
        match kind:
            case "content-start" | "content-delta":
                self._content(mapping(message.get("content")))
            case "tool-call-start" | "tool-call-delta":
                self._call(count(event.get("index")), mapping(message.get("tool_calls")))
            case "message-end":
                self._finish(delta)
            case "error":
                self.fail_with(event)
            case _:
                pass  # citations, the ends of parts, and the tool plan, which is neither answer nor reasoning

    def _content(self, content: JsonObject) -> None:
        self.answer.reasoning(content.get("thinking"))
        self.answer.text(content.get("text"))

    def _call(self, key: int | None, call: JsonObject) -> None:
        function = mapping(call.get("function"))
        arguments = json_text(function.get("arguments"))
        self.answer.call(key, id=call.get("id"), name=function.get("name"), arguments=arguments)

    def _finish(self, ended: JsonObject) -> None:
        self.answer.meter(_usage(mapping(ended.get("usage"))))
        self._stop(string(ended.get("finish_reason")), ended.get("error"))

    def _stop(self, native: str, error: object = None) -> None:
        if (status := FAILED_FINISHES.get(native)) is not None:
            message = string(error) or f"The answer ended with {native}."
            return self.fail_with({"error": {"message": message, "code": status}})
        if native:
            self.answer.stop(FINISHES.get(native, Finish.OTHER), native)
        self.answer.marked = True
        return self.answer.conclude()

    def _unstreamed(self, answer: JsonObject) -> None:
        """An answer that did not stream."""
        message = mapping(answer.get("message"))
        for part in members(message.get("content")):
            self._content(mapping(part))
        for call in members(message.get("tool_calls")):
            self._call(self.answer.calls, mapping(call))
        self._finish(answer)

    def _first_version(self, kind: str, event: JsonObject) -> None:
        match kind:
            case "text-generation":
                self.answer.text(event.get("text"))
            case "tool-calls-generation":
                for call in map(mapping, members(event.get("tool_calls"))):
                    arguments = json_text(call.get("parameters"))
                    self.answer.call(self.answer.calls, id=call.get("id"), name=call.get("name"), arguments=arguments)
            case "stream-end":
                self.answer.meter(_usage(mapping(mapping(event.get("response")).get("meta"))))
                self._stop(string(event.get("finish_reason")), event.get("error"))
            case _:
                pass


def _usage(wire: JsonObject) -> Usage:
    tokens = mapping(wire.get("tokens"))
    return Usage(
        input=count(tokens.get("input_tokens")),
        output=count(tokens.get("output_tokens")),
        reasoning=count(tokens.get("reasoning_tokens")),
        cached=count(wire.get("cached_tokens")),
    )
