"""Text to each provider's wire format: the inverse of `engine.providers`, and independent of it.

Formats follow the vendors' public streaming references; the keys of the JSON stand in the order that they show.
"""

from typing import Any, assert_never

import msgspec

from engine.core.faults import Kind
from engine.core.request import Dialect, Finish, Usage
from engine.lab.bedrock_voice import BedrockVoice
from engine.lab.errors import error_json, usual_status
from engine.lab.responses_voice import ResponsesVoice
from engine.lab.voice import CREATED, Block, Voice, dumps, halves, sse


class ChatVoice(Voice):
    dialect = Dialect.CHAT_COMPLETIONS
    FINISH = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.TOOL_CALLS: "tool_calls",
              Finish.CONTENT_FILTER: "content_filter", Finish.OTHER: "other"}  # fmt: skip

    def _chunk(self, choices: list[Any], **more: Any) -> bytes:
        head = {"id": f"chatcmpl-lab{self.number}", "object": "chat.completion.chunk", "created": CREATED}
        return sse({**head, "model": self.model, "choices": choices, **more})

    def _delta(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return self._chunk([{"index": 0, "delta": delta, "finish_reason": finish}])

    def role(self) -> bytes:
        self.begun = True
        return self._delta({"role": "assistant", "content": ""})

    def think(self, text: str) -> bytes:
        return self._delta({"reasoning_content": text})

    def say(self, text: str) -> bytes:
        return self._delta({"content": text})

    def call(self, name: str, arguments: str) -> bytes:
        index = self.calls
        function = {"name": name, "arguments": ""}
        first = {"index": index, "id": self.call_id(), "type": "function", "function": function}
        parts = [{"index": index, "function": {"arguments": part}} for part in halves(arguments)]
        return b"".join(self._delta({"tool_calls": [part]}) for part in (first, *parts))

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        return self._delta({}, self.FINISH[finish])

    def measure(self, usage: Usage) -> bytes:
        return self._chunk([], usage=self._usage(usage))

    def mark(self) -> bytes:
        return b"data: [DONE]\n\n"

    def end(self, finish: Finish, usage: Usage) -> bytes:
        return self.stop(finish, usage) + self.measure(usage) + self.mark()

    def whole(self, text: str, usage: Usage) -> bytes:
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        head = {"id": f"chatcmpl-lab{self.number}", "object": "chat.completion", "created": CREATED}
        return dumps({**head, "model": self.model, "choices": [choice], "usage": self._usage(usage)})

    @staticmethod
    def _usage(usage: Usage) -> dict[str, Any]:
        return {
            "prompt_tokens": usage.input or 0,
            "completion_tokens": usage.output or 0,
            "total_tokens": (usage.input or 0) + (usage.output or 0),
            "prompt_tokens_details": {"cached_tokens": usage.cached or 0},
            "completion_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
        }


class MessagesVoice(Voice):
    dialect = Dialect.MESSAGES
    FINISH = {Finish.STOP: "end_turn", Finish.LENGTH: "max_tokens", Finish.TOOL_CALLS: "tool_use",
              Finish.CONTENT_FILTER: "refusal", Finish.OTHER: "pause_turn"}  # fmt: skip

    def _event(self, type_: str, **fields: Any) -> bytes:
        return sse({"type": type_, **fields}, type_)

    def _message(self, content: list[Any], stop: str | None, usage: dict[str, Any]) -> dict[str, Any]:
        head = {"id": f"msg_lab{self.number}", "type": "message", "role": "assistant", "model": self.model}
        return {**head, "content": content, "stop_reason": stop, "stop_sequence": None, "usage": usage}

    def role(self) -> bytes:
        self.begun = True
        usage = {**self._usage(self.counts), "output_tokens": 1}
        return self._event("message_start", message=self._message([], None, usage)) + self._event("ping")

    def _switch(self, block: Block, start: dict[str, Any]) -> bytes:
        if block == self.block and block != "tool":
            return b""
        closed = self._close()
        self.block, self.index = block, self.index + 1
        return closed + self._event("content_block_start", index=self.index, content_block=start)

    def _close(self) -> bytes:
        if not self.block:
            return b""
        seal = b""
        if self.block == "reasoning":
            seal = self._delta({"type": "signature_delta", "signature": f"lab-seal-{self.number}"})
        self.block = ""
        return seal + self._event("content_block_stop", index=self.index)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return self._event("content_block_delta", index=self.index, delta=delta)

    def think(self, text: str) -> bytes:
        start = self._switch("reasoning", {"type": "thinking", "thinking": "", "signature": ""})
        return start + self._delta({"type": "thinking_delta", "thinking": text})

    def say(self, text: str) -> bytes:
        start = self._switch("text", {"type": "text", "text": ""})
        return start + self._delta({"type": "text_delta", "text": text})

    def call(self, name: str, arguments: str) -> bytes:
        block: dict[str, Any] = {"type": "tool_use", "id": "tool" + self.call_id(), "name": name, "input": {}}
        start = self._switch("tool", block)
        parts = [self._delta({"type": "input_json_delta", "partial_json": part}) for part in halves(arguments)]
        return start + b"".join(parts)

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        delta = {"stop_reason": self.FINISH[finish], "stop_sequence": None}
        return self._close() + self._event("message_delta", delta=delta, usage=self._usage(usage))

    def measure(self, usage: Usage) -> bytes:
        delta = {"stop_reason": None, "stop_sequence": None}
        return self._event("message_delta", delta=delta, usage=self._usage(usage))

    def mark(self) -> bytes:
        return self._event("message_stop")

    def whole(self, text: str, usage: Usage) -> bytes:
        return dumps(self._message([{"type": "text", "text": text}], "end_turn", self._usage(usage)))

    def error(self, kind: Kind, message: str) -> bytes:
        return sse(error_json(self.dialect, kind, message), "error")

    @staticmethod
    def _usage(usage: Usage) -> dict[str, Any]:
        cached = usage.cached or 0
        return {
            "input_tokens": (usage.input or 0) - cached,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": cached,
            "output_tokens": usage.output or 0,
        }


class GeminiVoice(Voice):
    dialect = Dialect.GEMINI
    preamble = False
    FINISH = {Finish.STOP: "STOP", Finish.LENGTH: "MAX_TOKENS", Finish.TOOL_CALLS: "STOP",
              Finish.CONTENT_FILTER: "SAFETY", Finish.OTHER: "OTHER"}  # fmt: skip

    def _chunk(self, parts: list[Any], finish: str = "", usage: Usage | None = None) -> dict[str, Any]:
        candidate: dict[str, Any] = {"content": {"parts": parts, "role": "model"}, "index": 0}
        if finish:
            candidate["finishReason"] = finish
        head: dict[str, Any] = {"candidates": [candidate]}
        if usage is not None:
            head["usageMetadata"] = self._usage(usage)
        return {**head, "modelVersion": self.model, "responseId": f"lab{self.number}"}

    def role(self) -> bytes:
        self.begun = True
        return sse(self._chunk([{"text": ""}]))

    def think(self, text: str) -> bytes:
        return sse(self._chunk([{"text": text, "thought": True}]))

    def say(self, text: str) -> bytes:
        return sse(self._chunk([{"text": text}]))

    def call(self, name: str, arguments: str) -> bytes:
        call = {"id": self.call_id(), "name": name, "args": msgspec.json.decode(arguments)}
        return sse(self._chunk([{"functionCall": call}]))

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        return sse(self._chunk([{"text": ""}], self.FINISH[finish], usage))

    def measure(self, usage: Usage) -> bytes:
        return sse(self._chunk([{"text": ""}], usage=usage))

    def whole(self, text: str, usage: Usage) -> bytes:
        return dumps(self._chunk([{"text": text}], "STOP", usage))

    @staticmethod
    def _usage(usage: Usage) -> dict[str, int]:
        thoughts = usage.reasoning or 0
        return {
            "promptTokenCount": usage.input or 0,
            "candidatesTokenCount": (usage.output or 0) - thoughts,
            "totalTokenCount": (usage.input or 0) + (usage.output or 0),
            "cachedContentTokenCount": usage.cached or 0,
            "thoughtsTokenCount": thoughts,
        }


class CohereVoice(Voice):
    dialect = Dialect.COHERE
    FINISH = {Finish.STOP: "COMPLETE", Finish.LENGTH: "MAX_TOKENS", Finish.TOOL_CALLS: "TOOL_CALL",
              Finish.CONTENT_FILTER: "ERROR_TOXIC", Finish.OTHER: "ERROR"}  # fmt: skip

    def _event(self, type_: str, **fields: Any) -> bytes:
        return sse({"type": type_, **fields}, type_)

    def role(self) -> bytes:
        self.begun = True
        message: dict[str, Any] = {
            "role": "assistant",
            "content": [],
            "tool_plan": "",
            "tool_calls": [],
            "citations": [],
        }
        return self._event("message-start", id=f"lab-{self.number}", delta={"message": message})

    def _part(self, block: Block, type_: str, text: str) -> bytes:
        start = b""
        if block != self.block:
            start = self._close()
            self.block, self.index = block, self.index + 1
            content = {"type": type_, type_: ""}
            start += self._event("content-start", index=self.index, delta={"message": {"content": content}})
        delta = {"message": {"content": {type_: text}}}
        return start + self._event("content-delta", index=self.index, delta=delta)

    def _close(self) -> bytes:
        closed = self._event("content-end", index=self.index) if self.block else b""
        self.block = ""
        return closed

    def think(self, text: str) -> bytes:
        return self._part("reasoning", "thinking", text)

    def say(self, text: str) -> bytes:
        return self._part("text", "text", text)

    def call(self, name: str, arguments: str) -> bytes:
        closed, index = self._close(), self.calls
        function = {"name": name, "arguments": ""}
        start = {"id": self.call_id(), "type": "function", "function": function}
        events = [self._event("tool-call-start", index=index, delta={"message": {"tool_calls": start}})]
        for part in halves(arguments):
            delta = {"message": {"tool_calls": {"function": {"arguments": part}}}}
            events.append(self._event("tool-call-delta", index=index, delta=delta))
        return closed + b"".join(events) + self._event("tool-call-end", index=index)

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        delta = {"finish_reason": self.FINISH[finish], "usage": self._usage(usage)}
        return self._close() + self._event("message-end", id=f"lab-{self.number}", delta=delta)

    def whole(self, text: str, usage: Usage) -> bytes:
        message = {"role": "assistant", "content": [{"type": "text", "text": text}]}
        head = {"id": f"lab-{self.number}", "finish_reason": "COMPLETE"}
        return dumps({**head, "message": message, "usage": self._usage(usage)})

    @staticmethod
    def _usage(usage: Usage) -> dict[str, Any]:
        counts = {"input_tokens": usage.input or 0, "output_tokens": usage.output or 0}
        return {"billed_units": counts, "tokens": counts, "cached_tokens": usage.cached or 0}


class OllamaVoice(Voice):
    dialect = Dialect.OLLAMA
    preamble = False
    content_type = "application/x-ndjson"
    FINISH = {Finish.STOP: "stop", Finish.LENGTH: "length", Finish.TOOL_CALLS: "stop",
              Finish.CONTENT_FILTER: "stop", Finish.OTHER: "other"}  # fmt: skip

    def _line(self, message: dict[str, Any], **more: Any) -> bytes:
        head = {"model": self.model, "created_at": "2025-10-09T08:53:20.000000000Z"}
        message = {"role": "assistant", "content": "", **message}
        return dumps({**head, "message": message, "done": False, **more}) + b"\n"

    def role(self) -> bytes:
        self.begun = True
        return self._line({})

    def think(self, text: str) -> bytes:
        return self._line({"thinking": text})

    def say(self, text: str) -> bytes:
        return self._line({"content": text})

    def call(self, name: str, arguments: str) -> bytes:
        self.calls += 1
        return self._line({"tool_calls": [{"function": {"name": name, "arguments": msgspec.json.decode(arguments)}}]})

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        return self._line({}, done=True, done_reason=self.FINISH[finish], **self._usage(usage))

    def whole(self, text: str, usage: Usage) -> bytes:
        return self._line({"content": text}, done=True, done_reason="stop", **self._usage(usage))

    def comment(self, text: str) -> bytes:
        return b"\n"

    def garble(self) -> bytes:
        return b'{"message": {"role": \n'

    def endless(self) -> bytes:
        return b'{"endless": "'

    def error(self, kind: Kind, message: str) -> bytes:
        return dumps(error_json(self.dialect, kind, message)) + b"\n"

    @staticmethod
    def _usage(usage: Usage) -> dict[str, int]:
        counts = {"prompt_eval_count": usage.input or 0, "eval_count": usage.output or 0}
        return {"total_duration": 1_000_000_000, **counts, "eval_duration": 900_000_000}


def voice(dialect: Dialect, model: str, number: int, counts: Usage) -> Voice:
    """The voice of one answer. `counts.input` is what the preamble of some dialects already tells."""
    match dialect:
        case Dialect.CHAT_COMPLETIONS:
            return ChatVoice(model, number, counts)
        case Dialect.RESPONSES:
            return ResponsesVoice(model, number, counts)
        case Dialect.MESSAGES:
            return MessagesVoice(model, number, counts)
        case Dialect.GEMINI:
            return GeminiVoice(model, number, counts)
        case Dialect.COHERE:
            return CohereVoice(model, number, counts)
        case Dialect.OLLAMA:
            return OllamaVoice(model, number, counts)
        case Dialect.BEDROCK:
            return BedrockVoice(model, number, counts)
        case _:
            assert_never(dialect)


def error_body(dialect: Dialect, kind: Kind, message: str, status: int | None, wait: float | None) -> tuple[int, bytes]:
    """Status and JSON body of an error response."""
    status = status or usual_status(dialect, kind)
    return status, dumps(error_json(dialect, kind, message, status, wait))
