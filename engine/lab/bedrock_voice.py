"""Text to the wire format of Amazon Bedrock's ConverseStream: binary event-stream frames with checksums."""

import zlib
from typing import Any

from engine.core.faults import Kind
from engine.core.request import Dialect, Finish, Usage
from engine.lab.errors import error_json
from engine.lab.voice import Block, Voice, dumps, halves


class BedrockVoice(Voice):
    dialect = Dialect.BEDROCK
    content_type = "application/vnd.amazon.eventstream"
    FINISH = {Finish.STOP: "end_turn", Finish.LENGTH: "max_tokens", Finish.TOOL_CALLS: "tool_use",
              Finish.CONTENT_FILTER: "content_filtered", Finish.OTHER: "other"}  # fmt: skip

    def role(self) -> bytes:
        self.begun = True
        return frame("messageStart", {"role": "assistant"})

    def _delta(self, block: Block, delta: dict[str, Any]) -> bytes:
        start = b""
        if block != self.block:
            start = self._close()
            self.block, self.index = block, self.index + 1
        return start + frame("contentBlockDelta", {"contentBlockIndex": self.index, "delta": delta})

    def _close(self) -> bytes:
        closed = frame("contentBlockStop", {"contentBlockIndex": self.index}) if self.block else b""
        self.block = ""
        return closed

    def think(self, text: str) -> bytes:
        return self._delta("reasoning", {"reasoningContent": {"text": text}})

    def say(self, text: str) -> bytes:
        return self._delta("text", {"text": text})

    def call(self, name: str, arguments: str) -> bytes:
        closed = self._close()
        self.block, self.index = "tool", self.index + 1
        start = {"toolUse": {"toolUseId": "tooluse_" + self.call_id(), "name": name}}
        opened = frame("contentBlockStart", {"contentBlockIndex": self.index, "start": start})
        parts = [self._delta("tool", {"toolUse": {"input": part}}) for part in halves(arguments)]
        return closed + opened + b"".join(parts) + self._close()

    def stop(self, finish: Finish, usage: Usage) -> bytes:
        return self._close() + frame("messageStop", {"stopReason": self.FINISH[finish]})

    def measure(self, usage: Usage) -> bytes:
        return frame("metadata", {"usage": self._usage(usage), "metrics": {"latencyMs": 900}})

    def end(self, finish: Finish, usage: Usage) -> bytes:
        return self.stop(finish, usage) + self.measure(usage)

    def whole(self, text: str, usage: Usage) -> bytes:
        message = {"role": "assistant", "content": [{"text": text}]}
        return dumps({"output": {"message": message}, "stopReason": "end_turn", "usage": self._usage(usage)})

    def comment(self, text: str) -> bytes:
        return b""

    def garble(self) -> bytes:
        whole = frame("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "x"}})
        return whole[:-4] + bytes(byte ^ 0xFF for byte in whole[-4:])

    def endless(self) -> bytes:
        prelude = (1 << 30).to_bytes(4, "big") + bytes(4)
        return prelude + zlib.crc32(prelude).to_bytes(4, "big")

    def error(self, kind: Kind, message: str) -> bytes:
        error = error_json(self.dialect, kind, message)
        name = error["__type"][0].lower() + error["__type"][1:]
        return frame(name, {"message": error["message"]}, type_="exception")

    @staticmethod
    def _usage(usage: Usage) -> dict[str, int]:
        counts = {"inputTokens": usage.input or 0, "outputTokens": usage.output or 0}
        return {**counts, "totalTokens": sum(counts.values()), "cacheReadInputTokens": usage.cached or 0}


def frame(name: str, payload: object, *, type_: str = "event") -> bytes:
    """One message of application/vnd.amazon.eventstream: prelude, its CRC, headers, payload, CRC of all."""
    fields = {f":{type_}-type": name, ":content-type": "application/json", ":message-type": type_}
    headers = b"".join(_header(key, value) for key, value in fields.items())
    body = dumps(payload)
    prelude = (16 + len(headers) + len(body)).to_bytes(4, "big") + len(headers).to_bytes(4, "big")
    message = prelude + zlib.crc32(prelude).to_bytes(4, "big") + headers + body
    return message + zlib.crc32(message).to_bytes(4, "big")


def _header(key: str, value: str) -> bytes:
    string = 7  # the type of a header's value
    return bytes([len(key)]) + key.encode() + bytes([string]) + len(value).to_bytes(2, "big") + value.encode()
