"""Text to the wire format of the OpenAI Responses API (streaming events reference)."""

from typing import Any

from engine.core.faults import Kind
from engine.core.request import Dialect, Finish, Usage
from engine.lab.errors import error_json
from engine.lab.voice import CREATED, Block, Voice, dumps, halves, sse


class ResponsesVoice(Voice):
    dialect = Dialect.RESPONSES

    def __init__(self, model: str, number: int, counts: Usage) -> None:
        super().__init__(model, number, counts)
        self.sequence = -1
        self.output: list[Any] = []

    def _event(self, type_: str, **fields: Any) -> bytes:
        self.sequence += 1
        return sse({"type": type_, "sequence_number": self.sequence, **fields}, type_)

    def _response(self, status: str, **fields: Any) -> dict[str, Any]:
        head = {"id": f"resp_lab{self.number}", "object": "response", "created_at": CREATED, "status": status}
        rest: dict[str, Any] = {"error": None, "incomplete_details": None, "model": self.model, "output": self.output}
        return {**head, **rest, "usage": None, **fields}

    def role(self) -> bytes:
        self.begun = True
        response = self._response("in_progress")
        return self._event("response.created", response=response) + self._event(
            "response.in_progress", response=response
        )

    def _switch(self, block: Block) -> bytes:
        if block == self.block:
            return b""
        closed = self._close()
        self.block, self.index = block, self.index + 1
        return closed + self._event(
            "response.output_item.added", output_index=self.index, item=self._item("in_progress")
        )

    def _item(self, status: str) -> dict[str, Any]:
        done = status == "completed"
        if self.block == "reasoning":
            summary = [{"type": "summary_text", "text": self.reasoning}] if done else []
            return {"id": f"rs_lab{self.number}_{self.index}", "type": "reasoning", "summary": summary}
        content: list[Any] = [{"type": "output_text", "text": self.text, "annotations": []}] if done else []
        head = {"id": f"msg_lab{self.number}_{self.index}", "type": "message", "status": status}
        return {**head, "role": "assistant", "content": content}

    def _close(self) -> bytes:
        if not self.block:
            return b""
        item = self._item("completed")
        where = {"item_id": item["id"], "output_index": self.index}
        if self.block == "reasoning":
            done = self._event("response.reasoning_summary_text.done", **where, summary_index=0, text=self.reasoning)
        else:
            done = self._event("response.output_text.done", **where, content_index=0, text=self.text)
        self.output.append(item)
        self.block, self.text, self.reasoning = "", "", ""
        return done + self._event("response.output_item.done", output_index=self.index, item=item)

    def think(self, text: str) -> bytes:
        start = self._switch("reasoning")
        self.reasoning += text
        where = {"item_id": f"rs_lab{self.number}_{self.index}", "output_index": self.index, "summary_index": 0}
        return start + self._event("response.reasoning_summary_text.delta", **where, delta=text)

    def say(self, text: str) -> bytes:
        start = self._switch("text")
        self.text += text
        where = {"item_id": f"msg_lab{self.number}_{self.index}", "output_index": self.index, "content_index": 0}
        return start + self._event("response.output_text.delta", **where, delta=text)

    def call(self, name: str, arguments: str) -> bytes:
        closed = self._close()
        self.index += 1
        head = {"id": f"fc_lab{self.number}_{self.index}", "type": "function_call", "call_id": self.call_id()}
        opened = {**head, "name": name, "arguments": "", "status": "in_progress"}
        item = {**head, "name": name, "arguments": arguments, "status": "completed"}
        self.output.append(item)
        at = self.index
        where: dict[str, Any] = {"item_id": head["id"], "output_index": at}
        deltas = [self._event("response.output_item.added", output_index=at, item=opened)]
        deltas += [self._event("response.function_call_arguments.delta", **where, delta=p) for p in halves(arguments)]
        deltas.append(self._event("response.function_call_arguments.done", **where, arguments=arguments))
        deltas.append(self._event("response.output_item.done", output_index=at, item=item))
        return closed + b"".join(deltas)

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        closed = self._close()
        if finish in (Finish.STOP, Finish.TOOL_CALLS):
            response = self._response("completed", usage=self._usage(usage))
            return closed + self._event("response.completed", response=response)
        why = {Finish.LENGTH: "max_output_tokens", Finish.CONTENT_FILTER: "content_filter"}.get(finish, "other")
        response = self._response("incomplete", incomplete_details={"reason": why}, usage=self._usage(usage))
        return closed + self._event("response.incomplete", response=response)

    def whole(self, text: str, usage: Usage) -> bytes:
        self.block, self.text = "text", text
        self.output.append(self._item("completed"))
        return dumps(self._response("completed", usage=self._usage(usage)))

    def error(self, kind: Kind, message: str) -> bytes:
        error = error_json(self.dialect, kind, message)["error"]
        failure = {"code": error["code"] or error["type"], "message": error["message"]}
        return self._event("response.failed", response=self._response("failed", error=failure))

    @staticmethod
    def _usage(usage: Usage) -> dict[str, Any]:
        return {
            "input_tokens": usage.input or 0,
            "input_tokens_details": {"cached_tokens": usage.cached or 0},
            "output_tokens": usage.output or 0,
            "output_tokens_details": {"reasoning_tokens": usage.reasoning or 0},
            "total_tokens": (usage.input or 0) + (usage.output or 0),
        }
