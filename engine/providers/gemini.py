"""Google's generateContent, at the Gemini API and at Vertex AI.

Source: https://ai.google.dev/api/generate-content, and Vertex AI's reference of the same methods.
"""

import re
from collections.abc import Iterable, Mapping
from typing import assert_never

import httpx

from engine.core.faults import Cause, Fault, Kind
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
from engine.providers.barejson import EventsOrObjects
from engine.providers.base import Decoder
from engine.providers.catalog import Auth, Provider
from engine.providers.classify import classify
from engine.providers.render import arguments_object, authorize, post, travelling
from engine.providers.stream import JsonObject, StreamDecoder, event_object, json_object, json_text

FINISHES = {
    "STOP": Finish.STOP,
    "MAX_TOKENS": Finish.LENGTH,
    "SAFETY": Finish.CONTENT_FILTER,
    "RECITATION": Finish.CONTENT_FILTER,
    "BLOCKLIST": Finish.CONTENT_FILTER,
    "PROHIBITED_CONTENT": Finish.CONTENT_FILTER,
    "SPII": Finish.CONTENT_FILTER,
    "MODEL_ARMOR": Finish.CONTENT_FILTER,
    "IMAGE_SAFETY": Finish.CONTENT_FILTER,
    "IMAGE_RECITATION": Finish.CONTENT_FILTER,
    "IMAGE_PROHIBITED_CONTENT": Finish.CONTENT_FILTER,
}
# Tokens, as https://ai.google.dev/gemini-api/docs/openai sets effort and budget equal.
THINKING_BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
# What Gemini 3 takes for a call that another model made: https://ai.google.dev/gemini-api/docs/thought-signatures.
FOREIGN_CALL = "skip_thought_signature_validator"
_VERSIONED = re.compile(r"/v\d+[a-z0-9]*$")
_QUALIFIED = ("models/", "tunedModels/", "endpoints/")


class Gemini:
    """The dialect `gemini`."""

    def __init__(self, row: Provider) -> None:
        self._row = row

    def build(self, request: Request, candidate: Candidate) -> httpx.Request:
        base = httpx.URL(candidate.base_url or self._row.base_url)
        path = f"{self._root(base.path.rstrip('/'))}/{_resource(candidate.model)}:streamGenerateContent"
        return post(base.copy_with(path=path, params={"alt": "sse"}), _body(request, candidate))

    def _root(self, path: str) -> str:
        """The path above the models. Vertex keeps them below a publisher; the Gemini API below a version."""
        if self._row.name == "vertex" or "/locations/" in path:
            return path if "/publishers/" in path else f"{path}/publishers/google"
        return path if _VERSIONED.search(path) else f"{path}/v1beta"

    def sign(self, request: httpx.Request, secret: str) -> None:
        """Vertex takes an OAuth access token, or an API key of its express mode, in the header of each."""
        is_key = secret.strip().startswith(("AIza", "AQ."))
        authorize(request, Auth.X_GOOG_API_KEY if is_key else self._row.auth, secret)

    def decoder(self, content_type: str) -> Decoder:
        return GeminiDecoder()

    def fault(self, status: int, headers: Mapping[str, str], body: bytes, *, now: float) -> Fault:
        return classify(status, headers, body, now=now)


def _resource(model: str) -> str:
    return model if model.startswith(_QUALIFIED) else f"models/{model}"


# The request.


def _body(request: Request, candidate: Candidate) -> JsonObject:
    messages = travelling(request, candidate)
    body: JsonObject = {"contents": _turns(messages, candidate)}
    system = [request.system, *(message.text for message in messages if message.role == "system")]
    if blocks := [{"text": text} for text in system if text.strip()]:
        body["systemInstruction"] = {"parts": blocks}
    if request.tools:
        tools = [{"name": t.name, "description": t.description} | _schema(t.schema) for t in request.tools]
        body["tools"] = [{"functionDeclarations": tools}]
    if config := _config(request.parameters, candidate.model):
        body["generationConfig"] = config
    return body | request.parameters.extra


def _schema(schema: JsonObject) -> JsonObject:
    return {"parametersJsonSchema": schema} if schema else {}


def _config(parameters: Parameters, model: str) -> JsonObject:
    config: JsonObject = {
        "temperature": parameters.temperature,
        "topP": parameters.top_p,
        "maxOutputTokens": parameters.max_tokens,
        "seed": parameters.seed,
        "stopSequences": list(parameters.stop) or None,
    }
    if parameters.json_schema is not None:
        config |= {"responseMimeType": "application/json", "responseJsonSchema": parameters.json_schema}
    if (effort := parameters.reasoning_effort) is not None:
        config["thinkingConfig"] = _thinking(effort, model)
    return {name: value for name, value in config.items() if value is not None}


def _thinking(effort: str, model: str) -> JsonObject:
    """Gemini 2.5 is told a budget; later models a level."""
    if "gemini-2" in model:
        budget = THINKING_BUDGETS.get(effort, THINKING_BUDGETS["medium"])
        return {"includeThoughts": budget > 0, "thinkingBudget": budget}
    return {"includeThoughts": True, "thinkingLevel": effort}


def _turns(messages: Iterable[Message], candidate: Candidate) -> list[JsonObject]:
    """Turns of user and model; the results of all calls of one turn must stand in the one behind it."""
    turns: list[JsonObject] = []
    for message in messages:
        role = "model" if message.role == "assistant" else "user"
        parts = _parts(message, candidate)
        if message.role == "system" or not parts:
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["parts"] += parts
        else:
            turns.append({"role": role, "parts": parts})
    return turns


def _parts(message: Message, candidate: Candidate) -> list[JsonObject]:
    """Thoughts do not go back, but their seal does: on the first call of the turn, else on its last part."""
    written = [part for given in message.parts if (part := _part(given)) is not None]
    seals = [part.signature for part in message.parts if isinstance(part, Reasoning) and part.signature]
    calls = [part for part in written if "functionCall" in part]
    if seals and written:
        (calls[0] if calls else written[-1])["thoughtSignature"] = seals[-1]
    elif calls and "gemini-3" in candidate.model:
        calls[0]["thoughtSignature"] = FOREIGN_CALL
    return written


def _part(part: Part) -> JsonObject | None:
    match part:
        case Text(text=text):
            return {"text": text}
        case Image(media_type=media_type, data=data):
            return {"inlineData": {"mimeType": media_type, "data": data}}
        case Reasoning():
            return None
        case ToolCall():
            return {"functionCall": {"name": part.name, "args": arguments_object(part)}}
        case ToolResult(name=name, content=content):
            response = json_object(content.encode()) or {"result": content}
            return {"functionResponse": {"name": name, "response": response}}
        case _:
            assert_never(part)


# The answer.


class GeminiDecoder(StreamDecoder):
    """There is no end mark: the body's end is the stream's, and an error may come behind a finish reason."""

    lines_of_json = True

    def __init__(self) -> None:
        super().__init__(EventsOrObjects())
        self._response = ""

    def read_event(self, name: str, data: bytes) -> None:
        if not data.strip():
            return None
        if data == b"[DONE]":
            self.answer.marked = True  # not Google's, but some gateways add it
            return None
        chunk = event_object(data)
        if chunk.get("error"):
            return self.fail_with(chunk)
        self._response = string(chunk.get("responseId")) or self._response
        self.answer.model(chunk.get("modelVersion"))
        for candidate in members(chunk.get("candidates"))[:1]:
            self._candidate(mapping(candidate))
        self.answer.meter(_usage(mapping(chunk.get("usageMetadata"))))
        if reason := string(mapping(chunk.get("promptFeedback")).get("blockReason")):
            self.answer.fail(_blocked(reason))
        return None

    def _candidate(self, candidate: JsonObject) -> None:
        for part in members(mapping(candidate.get("content")).get("parts")):
            self._part(mapping(part))
        if native := string(candidate.get("finishReason")):
            self.answer.stop(FINISHES.get(native, Finish.OTHER), native)

    def _part(self, part: JsonObject) -> None:
        seal = part.get("thoughtSignature")
        if part.get("thought") is True:
            self.answer.reasoning(part.get("text"), seal)
        else:
            self.answer.reasoning("", seal)
            self.answer.text(part.get("text"))
        if isinstance(part.get("functionCall"), dict):
            self._call(mapping(part["functionCall"]))

    def _call(self, call: JsonObject) -> None:
        """Each part is one whole call. Where it has no id, the response's makes one that is its own in the chat."""
        number = self.answer.calls
        made = "_".join(filter(None, ("call", self._response, str(number))))
        arguments = json_text(mapping(call.get("args")))
        self.answer.call(number, id=string(call.get("id")) or made, name=call.get("name"), arguments=arguments)


def _blocked(reason: str) -> Fault:
    detail = f"The prompt was blocked: {reason}."
    return Fault(kind=Kind.CONTENT_FILTER, cause=Cause.MODERATION, detail=detail, code=reason, in_stream=True)


def _usage(wire: JsonObject) -> Usage:
    return Usage(
        input=count(wire.get("promptTokenCount")),
        output=count(wire.get("candidatesTokenCount")),
        reasoning=count(wire.get("thoughtsTokenCount")),
        cached=count(wire.get("cachedContentTokenCount")),
    )
