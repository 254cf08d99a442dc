"""Amazon Bedrock: ConverseStream, framed as an AWS event stream.

Frames of InvokeModelWithResponseStream (`chunk`, the model's own format in base64) are read as well, since gateways
in front of Bedrock pass them on. Source: Amazon Bedrock API Reference, ConverseStream.
"""

import base64
import importlib
import logging
import re
from collections.abc import Mapping
from typing import assert_never
from urllib.parse import quote

import httpx
import msgspec

from engine.core.faults import Fault
from engine.core.request import (
    Candidate,
    Finish,
    Image,
    Parameters,
    Part,
    Reasoning,
    Request,
    Text,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from engine.providers.answer import count, malformed, mapping, members, string
from engine.providers.anthropic import NO_EFFORT, THINKING, Messages
from engine.providers.base import Decoder, Delta
from engine.providers.catalog import Auth, Provider
from engine.providers.classify import classify, classify_payload
from engine.providers.eventstream import EventStream
from engine.providers.openai import ChatCompletions
from engine.providers.render import arguments_object, authorize, post, tool_id, travelling
from engine.providers.stream import JsonObject, NotDialectError, StreamDecoder, event_object, json_object, json_text

FINISHES = {
    "end_turn": Finish.STOP,
    "stop_sequence": Finish.STOP,
    "stop": Finish.STOP,
    "FINISH": Finish.STOP,
    "tool_use": Finish.TOOL_CALLS,
    "max_tokens": Finish.LENGTH,
    "model_context_window_exceeded": Finish.LENGTH,
    "length": Finish.LENGTH,
    "LENGTH": Finish.LENGTH,
    "guardrail_intervened": Finish.CONTENT_FILTER,
    "content_filtered": Finish.CONTENT_FILTER,
    "CONTENT_FILTERED": Finish.CONTENT_FILTER,
}
# The HTTP status that each exception has when it comes before the stream.
STATUSES = {
    "throttlingException": 429,
    "validationException": 400,
    "modelStreamErrorException": 424,
    "modelTimeoutException": 408,
    "internalServerException": 500,
    "serviceUnavailableException": 503,
}
PLAIN_TEXTS = ("generation", "completion", "outputText")  # Llama's, old Claude's, Titan's
_ACCESS_KEY = re.compile(r"([A-Z0-9]{16,128}):([!-9;-~]+)(?::([!-~]+))?")  # of characters that a header takes
_REGION = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")


class MissingExtra(ValueError):
    """An optional dependency is not installed; the message names the remedy."""


class Bedrock:
    """The dialect `bedrock`."""

    def __init__(self, row: Provider) -> None:
        self._row = row

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        base = (candidate.base_url or self._row.base_url).rstrip("/")
        url = f"{base}/model/{quote(candidate.model, safe='')}/converse-stream"
        body = _body(request, candidate) | request.parameters.extra
        return post(httpx.URL(url), body, accept="application/vnd.amazon.eventstream")

    def sign(self, request: httpx.Request, secret: str) -> None:
        """`secret` is a Bedrock API key, or ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN].

        The latter is signed with botocore; raises MissingExtra where that is not installed.
        """
        if (match := _ACCESS_KEY.fullmatch(secret.strip())) is None:
            return authorize(request, Auth.BEARER, secret)
        request.headers.update(_signature(request, *match.groups()))
        return None

    def decoder(self, content_type: str) -> Decoder:
        return BedrockDecoder()

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        return classify(status, headers, body, now=now)


def _signature(request: httpx.Request, access: str, secret: str, token: str | None) -> dict[str, str]:
    try:
        auth = importlib.import_module("botocore.auth")
        awsrequest = importlib.import_module("botocore.awsrequest")
        credentials = importlib.import_module("botocore.credentials")
    except ImportError:
        remedy = "Install it with `pip install streamover[bedrock]`, or use a Bedrock API key."
        raise MissingExtra(f"Signing with an AWS access key needs botocore. {remedy}") from None
    logging.getLogger("botocore.auth").setLevel(logging.INFO)  # its debug lines show the session token
    headers = {"content-type": request.headers["content-type"]}
    signed = awsrequest.AWSRequest("POST", str(request.url), data=request.content, headers=headers)
    signer = auth.SigV4Auth(credentials.Credentials(access, secret, token), "bedrock", region_of(request.url.host))
    signer.add_auth(signed)
    return dict(signed.headers.items())


def region_of(host: str) -> str:
    """The AWS region that a Bedrock host name holds; us-east-1 where it holds none."""
    match = _REGION.search(host)
    return match[1] if match else "us-east-1"


# The request.


def _body(request: Request, candidate: Candidate) -> JsonObject:
    body: JsonObject = {"messages": _turns(request, candidate)}
    system = [request.system, *(message.text for message in request.messages if message.role == "system")]
    if blocks := [{"text": text} for text in system if text.strip()]:
        body["system"] = blocks
    thinking = _thinking(candidate.model, request.parameters.reasoning_effort)
    if inference := _inference(request.parameters, thinking.get("thinking")):
        body["inferenceConfig"] = inference
    if thinking:
        body["additionalModelRequestFields"] = thinking
    if request.tools:
        body["toolConfig"] = {"tools": [_tool(tool) for tool in request.tools]}
    if (schema := request.parameters.json_schema) is not None:
        text = msgspec.json.encode(schema).decode()
        structure = {"jsonSchema": {"schema": text, "name": "answer"}}
        body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": structure}}
    return body


def _inference(parameters: Parameters, claude: JsonObject | None) -> JsonObject:
    """Claude, where it thinks, takes no sampling, and a limit only above its budget."""
    limit = parameters.max_tokens
    if claude and limit is not None and limit <= claude["budget_tokens"]:
        limit += claude["budget_tokens"]
    fields = {
        "maxTokens": limit,
        "temperature": None if claude else parameters.temperature,
        "topP": None if claude else parameters.top_p,
        "stopSequences": list(parameters.stop) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _thinking(model: str, effort: str | None) -> JsonObject:
    """Converse has no field of its own for this; each family of models takes its own."""
    if effort is None or effort in NO_EFFORT:
        return {}
    if "anthropic" in model:
        return {"thinking": {"type": "enabled", "budget_tokens": THINKING.get(effort, THINKING["medium"])}}
    if "nova" in model:
        return {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": effort}}
    return {"reasoning_effort": effort}


def _tool(tool: Tool) -> JsonObject:
    spec: JsonObject = {"name": tool.name, "inputSchema": {"json": tool.schema or {"type": "object"}}}
    if tool.description:
        spec["description"] = tool.description
    return {"toolSpec": spec}


def _turns(request: Request, candidate: Candidate) -> list[JsonObject]:
    """Turns of user and assistant in strict alternation; results of tools are the user's."""
    turns: list[JsonObject] = []
    for message in travelling(request, candidate):
        role = "assistant" if message.role == "assistant" else "user"
        blocks = [block for part in message.parts if (block := _block(part)) is not None]
        if message.role == "system" or not blocks:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": role, "content": blocks})
    return turns


def _block(part: Part) -> JsonObject | None:
    """Blank texts and reasoning without its seal are refused there, and left out."""
    match part:
        case Text(text=text):
            return {"text": text} if text.strip() else None
        case Image():
            name = part.media_type.removeprefix("image/").replace("jpg", "jpeg")
            return {"image": {"format": name, "source": {"bytes": part.data}}}
        case Reasoning():
            sealed = {"text": part.text, "signature": part.signature}
            return {"reasoningContent": {"reasoningText": sealed}} if part.signature else None
        case ToolCall():
            call = {"toolUseId": tool_id(part.id, "word"), "name": part.name, "input": arguments_object(part)}
            return {"toolUse": call}
        case ToolResult():
            result = {"toolUseId": tool_id(part.call_id, "word"), "content": [{"text": part.content}]}
            return {"toolResult": result}
        case _:
            assert_never(part)


# The answer.


class BedrockDecoder(StreamDecoder):
    def __init__(self) -> None:
        self._stream = EventStream()
        super().__init__(self._stream)
        self._inner: Decoder | None = None  # reads the model's own format inside `chunk` frames

    def feed(self, data: bytes) -> list[Delta]:
        deltas = super().feed(data)
        if self._stream.damage and not self.answer.over and not self.answer.finished:
            self.answer.fail(malformed(self._stream.damage))
            deltas += self.answer.take()
        return deltas

    def finish(self, broken: Fault | None = None) -> list[Delta]:
        if self._inner is None or self.answer.over:
            return super().finish(broken)
        self.answer.adopt(self._inner.finish(broken))
        return self.answer.take()

    def read_event(self, name: str, data: bytes) -> None:
        if name.startswith("exception:"):
            self._fail_as(name.removeprefix("exception:"), data)
        else:
            self._event(name, event_object(data))

    def read_whole(self, answer: JsonObject) -> None:
        """Reads the answer of Converse, which does not stream, or an error under status 200."""
        if "output" not in answer:
            return self.fail_with(answer)
        for block in members(mapping(mapping(answer["output"]).get("message")).get("content")):
            self._whole_block(mapping(block))
        self.answer.meter(_usage(mapping(answer.get("usage"))))
        self._stop(string(answer.get("stopReason")))
        return None

    def _whole_block(self, block: JsonObject) -> None:
        reasoning = mapping(mapping(block.get("reasoningContent")).get("reasoningText"))
        self.answer.reasoning(reasoning.get("text"), reasoning.get("signature"))
        self.answer.text(block.get("text"))
        if tool := mapping(block.get("toolUse")):
            arguments = json_text(tool.get("input"))
            self.answer.call(self.answer.calls, id=tool.get("toolUseId"), name=tool.get("name"), arguments=arguments)

    def _fail_as(self, code: str, data: bytes) -> None:
        payload = json_object(data) or {}
        status = STATUSES.get(code) or count(payload.get("originalStatusCode"))
        self.answer.fail(classify_payload({"__type": code, **payload}, status=status, in_stream=True))

    def _event(self, kind: str, event: JsonObject) -> None:
        block = count(event.get("contentBlockIndex"))
        match kind:
            case "contentBlockStart":
                if tool := mapping(mapping(event.get("start")).get("toolUse")):
                    self.answer.call(block, id=tool.get("toolUseId"), name=tool.get("name"))
            case "contentBlockDelta":
                self._delta(block, mapping(event.get("delta")))
            case "messageStop":
                self._stop(string(event.get("stopReason")))
            case "metadata":
                self.answer.meter(_usage(mapping(event.get("usage"))))
            case "chunk":
                self._chunk(string(event.get("bytes")))
            case _:
                pass  # messageStart, contentBlockStop, and what may come to be

    def _delta(self, block: int | None, delta: JsonObject) -> None:
        self.answer.text(delta.get("text"))
        reasoning = mapping(delta.get("reasoningContent"))
        self.answer.reasoning(reasoning.get("text"), reasoning.get("signature"))
        if tool := mapping(delta.get("toolUse")):
            self.answer.call(block, arguments=json_text(tool.get("input")))

    def _stop(self, native: str) -> None:
        if native:
            self.answer.stop(FINISHES.get(native, Finish.OTHER), native)

    # InvokeModelWithResponseStream.

    def _chunk(self, encoded: str) -> None:
        """Reads one event of the model's own stream: Nova's, Claude's, an OpenAI model's, or one of plain text."""
        try:
            raw = base64.b64decode(encoded, validate=True)
        except ValueError:
            raise NotDialectError("not base64") from None
        event = event_object(raw)
        if "type" in event or "choices" in event:
            self.answer.adopt(self._own(event).feed(b"data: " + raw + b"\n\n"))
        elif any(field in event for field in PLAIN_TEXTS):
            self._plain(event)
        else:
            for kind, value in event.items():
                self._event(kind, mapping(value))

    def _own(self, event: JsonObject) -> Decoder:
        """The decoder of the model's own dialect, which its first event shows."""
        if self._inner is None:
            row = Provider(name="bedrock", label="Amazon Bedrock")
            adapter = Messages(row) if "type" in event else ChatCompletions(row)
            self._inner = adapter.decoder("text/event-stream")
        return self._inner

    def _plain(self, event: JsonObject) -> None:
        for field in PLAIN_TEXTS:
            self.answer.text(event.get(field))
        native = string(event.get("stop_reason")) or string(event.get("completionReason"))
        if native and event.get("amazon-bedrock-guardrailAction") == "INTERVENED":
            native = "guardrail_intervened"
        self._stop(native)


def _usage(wire: JsonObject) -> Usage:
    return Usage(
        input=count(wire.get("inputTokens")),
        output=count(wire.get("outputTokens")),
        cached=count(wire.get("cacheReadInputTokens")),
    )
