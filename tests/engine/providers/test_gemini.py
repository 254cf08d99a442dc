import json
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Message, Text, Usage
from engine.providers.base import EVENT_BOUND
from engine.providers.gemini import FOREIGN_CALL, GeminiDecoder
from engine.providers.registry import adapter_for, resolve
from tests.engine.providers.reading import (
    WEATHER,
    asking,
    body_of,
    built,
    read,
    read_however_cut,
    sse,
    tool_conversation,
)

GEMINI = Candidate(provider="gemini", model="gemini-2.5-flash")
VERTEX_BASE = "https://europe-west1-aiplatform.googleapis.com/v1/projects/p/locations/europe-west1"
VERTEX = Candidate(provider="vertex", model="gemini-2.5-flash", base_url=VERTEX_BASE)
USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 7, "thoughtsTokenCount": 3, "cachedContentTokenCount": 4}


def chunk(*parts: object, finish: object = None, **more: object) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}, "index": 0}
    if finish is not None:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "modelVersion": "gemini-x", "responseId": "r1", **more}


def called(name: str, **more: object) -> dict[str, Any]:
    return {"functionCall": {"name": name, "args": {"city": "Rom"}, **more}}


CHUNKS = (
    chunk({"text": "Hm, où?", "thought": True}),
    chunk({"text": 'Grüße {"a": "\\" }'}),
    chunk({"text": " \u2028🌍"}, {"text": "", "thoughtSignature": "SEAL"}, usageMetadata={"promptTokenCount": 9}),
    chunk(called("weather"), called("weather", id="own"), finish="STOP", usageMetadata=USAGE),
)
ERROR = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


def array(*chunks: dict[str, Any]) -> bytes:
    """As Vertex streams without alt=sse: an indented array."""
    return ("[" + "\n,\r\n".join(json.dumps(chunk, indent=2) for chunk in chunks) + "\n]\n").encode()


@pytest.mark.parametrize(
    "body",
    [
        sse(*CHUNKS),
        sse(*CHUNKS).replace(b"\n", b"\r\n"),
        array(*CHUNKS),
        b"\n " + array(*CHUNKS),
        b"".join(json.dumps(chunk, ensure_ascii=False).encode() + b"\n" for chunk in CHUNKS),
    ],
    ids=["events", "crlf", "array", "blank array", "lines"],
)
def test_an_answer_is_read_in_each_framing_however_it_is_cut(body: bytes):
    got = read_however_cut(GeminiDecoder, body)
    assert (got.reasoning, got.signature) == ("Hm, où?", "SEAL")
    assert got.text == 'Grüße {"a": "\\" } \u2028🌍'
    assert got.calls == (("call_r1_0", "weather", '{"city":"Rom"}'), ("own", "weather", '{"city":"Rom"}'))
    assert got.usage == Usage(input=9, output=7, reasoning=3, cached=4)
    assert (got.models, got.finish, got.native, got.warning) == (("gemini-x",), "tool_calls", "STOP", "")


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_bytes_of_any_kind_end_in_one_failure(pieces: list[bytes]):
    assert read(GeminiDecoder(), pieces).fault is not None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["candidates", "content", "parts", "text", "functionCall", "finishReason", "usageMetadata"]
                ),
                inner,
            )
        ),
    )
)
def test_chunks_with_fields_of_wrong_types_never_raise(value: object):
    body = b"data: " + json.dumps({"candidates": value, "promptFeedback": value}).encode() + b"\n\n"
    read(GeminiDecoder(), [body, b"data: " + json.dumps(value).encode() + b"\n\n"])


@pytest.mark.parametrize(
    "body",
    [
        sse(CHUNKS[1]) + json.dumps(ERROR, indent=2).encode(),
        sse(CHUNKS[1], ERROR),
        array(CHUNKS[1], ERROR),
        array(ERROR),
        sse(ERROR),
        json.dumps(ERROR).encode(),
    ],
)
def test_an_error_under_status_200_is_read_wherever_it_stands(body: bytes):
    fault = read_however_cut(GeminiDecoder, body).fault
    assert fault is not None
    assert (fault.kind, fault.in_stream) == (Kind.OVERLOADED, True)


def test_an_error_behind_a_finish_reason_is_a_failure_still():
    body = sse(chunk({"text": "Done."}, finish="STOP")) + json.dumps(ERROR, indent=2).encode()
    got = read(GeminiDecoder(), [body])
    assert (got.text, got.finish) == ("Done.", "stop")
    assert got.fault is not None


def test_a_blocked_prompt_is_a_content_filter():
    fault = read(GeminiDecoder(), [sse({"promptFeedback": {"blockReason": "SAFETY"}})]).fault
    assert fault is not None
    assert (fault.kind, fault.cause, fault.code) == (Kind.CONTENT_FILTER, Cause.MODERATION, "SAFETY")


@pytest.mark.parametrize(
    ("native", "finish"),
    [("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"), ("NOVEL", "other")],
)
def test_a_finish_reason_is_normalised(native: str, finish: str):
    got = read(GeminiDecoder(), [sse(chunk({"text": "Half"}, finish=native))])
    assert (got.finish, got.native, got.fault) == (finish, native, None)


@pytest.mark.parametrize(
    ("native", "kind"),
    [
        ("STOP", Kind.EMPTY),
        ("MALFORMED_FUNCTION_CALL", Kind.EMPTY),
        ("SAFETY", Kind.CONTENT_FILTER),
        ("MAX_TOKENS", None),
    ],
)
def test_a_finish_reason_without_output_is_judged_by_its_kind(native: str, kind: Kind | None):
    assert _kind(sse({"candidates": [{"finishReason": native}]})) is kind


def test_an_end_without_a_finish_reason_is_a_cut():
    assert _kind(sse(CHUNKS[1])) is Kind.TRUNCATED
    assert _kind(array(CHUNKS[1])[:-20]) is Kind.TRUNCATED


def test_a_broken_connection_is_named_unless_the_answer_was_finished():
    reset = Fault(kind=Kind.CONNECT)
    assert read(GeminiDecoder(), [sse(CHUNKS[1])], reset).fault is reset
    assert read(GeminiDecoder(), [sse(*CHUNKS)], reset).fault is None


def test_a_web_page_is_no_answer():
    fault = read(GeminiDecoder(), [b"<!DOCTYPE html><html>"]).fault
    assert fault is not None
    assert (fault.kind, fault.cause) == (Kind.MALFORMED, Cause.PAGE)


def test_an_object_without_end_is_given_up():
    fault = read(GeminiDecoder(), [b'[{"text": "', b"x" * EVENT_BOUND, b"x"]).fault
    assert fault is not None
    assert fault.cause is Cause.RUNAWAY


@pytest.mark.parametrize(
    ("candidate", "url"),
    [
        (GEMINI, "https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash"),
        (Candidate(provider="gemini", model="m", base_url="http://host"), "http://host/v1beta/models/m"),
        (Candidate(provider="gemini", model="m", base_url="http://host/v1/"), "http://host/v1/models/m"),
        (
            Candidate(provider="gemini", model="tunedModels/t"),
            "https://generativelanguage.googleapis.com/v1beta/tunedModels/t",
        ),
        (VERTEX, f"{VERTEX_BASE}/publishers/google/models/gemini-2.5-flash"),
        (
            Candidate(provider="vertex", model="m", base_url=f"{VERTEX_BASE}/publishers/google"),
            f"{VERTEX_BASE}/publishers/google/models/m",
        ),
    ],
)
def test_the_address_is_that_of_the_service(candidate: Candidate, url: str):
    assert str(built(candidate, asking()).url) == f"{url}:streamGenerateContent?alt=sse"


@pytest.mark.parametrize(
    ("candidate", "secret", "header", "value"),
    [
        (GEMINI, "AIzaKey", "x-goog-api-key", "AIzaKey"),
        (VERTEX, "ya29.token", "authorization", "Bearer ya29.token"),
        (VERTEX, "AQ.key", "x-goog-api-key", "AQ.key"),
    ],
)
def test_the_key_goes_where_the_service_reads_it(candidate: Candidate, secret: str, header: str, value: str):
    request = httpx.Request("POST", "http://host")
    adapter_for(resolve(candidate)).sign(request, secret)
    assert request.headers[header] == value
    assert secret not in str(request.url)


def test_parameters_have_the_names_of_this_dialect():
    body = body_of(
        GEMINI,
        asking(
            system="Be brief.",
            tools=(WEATHER,),
            temperature=0.5,
            top_p=0.9,
            max_tokens=9,
            seed=1,
            stop=("x",),
            json_schema={"type": "object"},
            reasoning_effort="low",
            extra={"safetySettings": []},
        ),
    )
    assert body["contents"] == [{"role": "user", "parts": [{"text": "Hi"}]}]
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}]}
    assert body["safetySettings"] == []
    declared = body["tools"][0]["functionDeclarations"][0]
    assert declared == {"name": "weather", "description": "Says the weather.", "parametersJsonSchema": WEATHER.schema}
    assert body["generationConfig"] == {
        "temperature": 0.5,
        "topP": 0.9,
        "maxOutputTokens": 9,
        "seed": 1,
        "stopSequences": ["x"],
        "responseMimeType": "application/json",
        "responseJsonSchema": {"type": "object"},
        "thinkingConfig": {"includeThoughts": True, "thinkingBudget": 1024},
    }


def test_later_models_are_told_a_level_of_thinking():
    later = Candidate(provider="gemini", model="gemini-3-flash-preview")
    thinking = body_of(later, asking(reasoning_effort="high"))["generationConfig"]["thinkingConfig"]
    assert thinking == {"includeThoughts": True, "thinkingLevel": "high"}


def test_a_conversation_with_tools_travels_as_turns():
    turns = body_of(GEMINI, asking(*tool_conversation("gemini")))["contents"]
    assert turns == [
        {
            "role": "user",
            "parts": [{"text": "Where is this?"}, {"inlineData": {"mimeType": "image/png", "data": "QUJD"}}],
        },
        {
            "role": "model",
            "parts": [
                {"text": "I look."},
                {"functionCall": {"name": "weather", "args": {"city": "Rome"}}, "thoughtSignature": "SEAL"},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"name": "weather", "response": {"result": "sunny"}}},
                {"text": "And now?"},
            ],
        },
    ]


def test_a_call_that_another_model_made_is_marked_as_such_where_a_seal_is_demanded():
    later = Candidate(provider="gemini", model="gemini-3-flash-preview")
    call = body_of(later, asking(*tool_conversation("openai")))["contents"][1]["parts"][1]
    assert call["thoughtSignature"] == FOREIGN_CALL
    assert "thoughtSignature" not in body_of(GEMINI, asking(*tool_conversation("openai")))["contents"][1]["parts"][1]


def test_system_turns_become_part_of_the_instruction():
    messages = (Message("system", (Text("Be kind."),)), Message("user", (Text("Hi"),)))
    body = body_of(GEMINI, asking(*messages, system="Be brief."))
    assert body["systemInstruction"] == {"parts": [{"text": "Be brief."}, {"text": "Be kind."}]}
    assert len(body["contents"]) == 1


def _kind(body: bytes) -> Kind | None:
    fault = read(GeminiDecoder(), [body]).fault
    return fault.kind if fault else None
