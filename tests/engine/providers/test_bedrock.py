import base64
import json
import struct
import sys
from typing import Any
from zlib import crc32

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Usage
from engine.providers.base import EVENT_BOUND
from engine.providers.bedrock import BedrockDecoder, MissingExtra, region_of
from engine.providers.eventstream import EventStream
from engine.providers.registry import adapter_for, resolve
from tests.engine.providers.reading import WEATHER, asking, body_of, built, read, read_however_cut, tool_conversation

BEDROCK = Candidate(provider="bedrock", model="amazon.nova-lite-v1:0")
ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
USAGE = {"inputTokens": 9, "outputTokens": 7, "totalTokens": 16, "cacheReadInputTokens": 4}


def framed(block: bytes, payload: bytes) -> bytes:
    """A frame with this block of headers, which need not be one."""
    lengths = struct.pack(">II", 16 + len(block) + len(payload), len(block))
    head = lengths + struct.pack(">I", crc32(lengths)) + block + payload
    return head + struct.pack(">I", crc32(head))


def encode(headers: dict[str, str], payload: bytes) -> bytes:
    """A frame with these headers, all of type string."""
    named = ((name.encode(), value.encode()) for name, value in headers.items())
    block = b"".join(bytes([len(n)]) + n + b"\x07" + struct.pack(">H", len(v)) + v for n, v in named)
    return framed(block, payload)


def event(kind: str, **payload: object) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return encode(headers, json.dumps(payload, ensure_ascii=False).encode())


def delta(block: object, **fields: object) -> bytes:
    return event("contentBlockDelta", contentBlockIndex=block, delta=fields, p="abc")


def exception(kind: str, message: str) -> bytes:
    return encode({":message-type": "exception", ":exception-type": kind}, json.dumps({"message": message}).encode())


def model_chunk(payload: dict[str, Any]) -> bytes:
    return event("chunk", bytes=base64.b64encode(json.dumps(payload).encode()).decode())


def tool_start(block: int, id: str, name: str) -> bytes:
    return event("contentBlockStart", contentBlockIndex=block, start={"toolUse": {"toolUseId": id, "name": name}})


def stop(reason: str = "end_turn") -> bytes:
    return event("messageStop", stopReason=reason)


ANSWER = b"".join(
    (
        event("messageStart", role="assistant"),
        delta(0, reasoningContent={"text": "Hm, où?"}),
        delta(0, reasoningContent={"signature": "SEAL"}),
        delta(1, text="Grüße "),
        delta(1, text="\u2028🌍"),
        event("contentBlockStop", contentBlockIndex=1),
        tool_start(2, "a", "weather"),
        delta(2, toolUse={"input": '{"city":'}),
        delta(2, toolUse={"input": '"Rom"}'}),
        tool_start(3, "b", "time"),
        stop("tool_use"),
        event("metadata", usage=USAGE, metrics={"latencyMs": 1}),
    )
)


def test_an_answer_is_read_however_its_bytes_are_cut():
    got = read_however_cut(BedrockDecoder, ANSWER)
    assert (got.text, got.reasoning, got.signature) == ("Grüße \u2028🌍", "Hm, où?", "SEAL")
    assert got.calls == (("a", "weather", '{"city":"Rom"}'), ("b", "time", ""))
    assert got.usage == Usage(input=9, output=7, cached=4)
    assert (got.finish, got.native, got.warning) == ("tool_calls", "tool_use", "")


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_bytes_of_any_kind_end_in_one_failure(pieces: list[bytes]):
    assert read(BedrockDecoder(), pieces).fault is not None


@given(st.integers(0, len(ANSWER) - 1), st.integers(1, 255))
def test_a_single_wrong_byte_is_never_read_as_an_answer(place: int, change: int):
    spoilt = bytearray(ANSWER)
    spoilt[place] ^= change
    got = read(BedrockDecoder(), [bytes(spoilt)])
    assert got.fault is not None or place >= len(ANSWER) - len(event("metadata", usage=USAGE, metrics={"latencyMs": 1}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "toolUse", "input", "reasoningContent", "usage", "bytes"]), inner)
    ),
)
KINDS = ["contentBlockStart", "contentBlockDelta", "messageStop", "metadata", "chunk", "novel", ""]


@given(st.sampled_from(KINDS), JSON)
def test_events_with_fields_of_wrong_types_never_raise(kind: str, value: object):
    fields = {"delta": value, "start": value, "contentBlockIndex": value, "usage": value, "stopReason": value}
    inner = base64.b64encode(json.dumps(value).encode()).decode()
    read(BedrockDecoder(), [event(kind, **fields), event(kind, bytes=inner), event(kind, bytes=value), stop()])


@given(st.dictionaries(st.text(max_size=9), st.text(max_size=9), max_size=4), st.binary(max_size=40))
def test_what_is_encoded_is_read_again(headers: dict[str, str], payload: bytes):
    stream = EventStream()
    frame = encode({**headers, ":message-type": "event", ":event-type": "kind"}, payload)
    assert stream.feed(frame * 2) == [("kind", payload)] * 2
    assert not stream.damage


def test_headers_of_every_type_are_passed_over():
    kinds = [b"\x00", b"\x01", b"\x02x", b"\x03xx", b"\x04xxxx", b"\x05xxxxxxxx", b"\x06\x00\x02xx", b"\x08xxxxxxxx"]
    block = b"".join(b"\x01h" + kind for kind in [*kinds, b"\x09" + b"x" * 16])
    assert EventStream().feed(framed(block, b"{}")) == [("", b"{}")]


@pytest.mark.parametrize("block", [b"\x05ab", b"\x01h\x0a", b"\x01h\x07\x00\x09x", b"\x01\xff\x00"])
def test_headers_that_cannot_be_read_are_damage(block: bytes):
    stream = EventStream()
    assert stream.feed(framed(block, b"{}")) == []
    assert "headers" in stream.damage


def test_a_frame_above_the_bound_is_given_up_before_it_has_come():
    head = framed(b"", b"x" * EVENT_BOUND)[:12]
    fault = read(BedrockDecoder(), [head]).fault
    assert fault is not None
    assert fault.cause is Cause.RUNAWAY


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("throttlingException", Kind.RATE_LIMIT),
        ("serviceUnavailableException", Kind.OVERLOADED),
        ("internalServerException", Kind.SERVER),
        ("validationException", Kind.BAD_REQUEST),
    ],
)
def test_an_exception_in_the_stream_has_the_kind_of_its_twin(code: str, kind: Kind):
    got = read_however_cut(BedrockDecoder, delta(0, text="So") + exception(code, "Something happened."))
    assert got.text == "So"
    assert got.fault is not None
    assert (got.fault.kind, got.fault.in_stream) == (kind, True)


def test_an_error_frame_is_a_failure():
    headers = {":message-type": "error", ":error-code": "internalServerException", ":error-message": "oops"}
    fault = read(BedrockDecoder(), [encode(headers, b"")]).fault
    assert fault is not None
    assert fault.kind is Kind.SERVER


@pytest.mark.parametrize(
    ("native", "finish"),
    [("end_turn", "stop"), ("max_tokens", "length"), ("guardrail_intervened", "content_filter"), ("novel", "other")],
)
def test_a_finish_reason_is_normalised(native: str, finish: str):
    got = read(BedrockDecoder(), [delta(0, text="a"), stop(native)])
    assert (got.finish, got.native, got.fault) == (finish, native, None)


def test_an_end_without_a_stop_is_a_cut():
    assert _kind(delta(0, text="Half")) is Kind.TRUNCATED
    assert _kind(delta(0, text="Half") + stop()[:-1]) is Kind.TRUNCATED


def test_a_broken_connection_is_named_unless_the_answer_was_finished():
    reset = Fault(kind=Kind.CONNECT)
    assert read(BedrockDecoder(), [delta(0, text="Half")], reset).fault is reset
    assert read(BedrockDecoder(), [ANSWER], reset).fault is None


def test_a_stop_without_output_is_empty_unless_a_stop_sequence_made_it():
    assert _kind(stop()) is Kind.EMPTY
    assert _kind(stop("stop_sequence")) is None


def test_a_json_body_in_place_of_a_stream_is_one_whole_answer():
    content = [
        {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "SEAL"}}},
        {"text": "Hello"},
        {"toolUse": {"toolUseId": "a", "name": "weather", "input": {"city": "Rom"}}},
    ]
    body = {"output": {"message": {"content": content}}, "stopReason": "tool_use", "usage": USAGE}
    got = read_however_cut(BedrockDecoder, json.dumps(body).encode())
    assert (got.text, got.reasoning, got.signature, got.finish) == ("Hello", "Hm.", "SEAL", "tool_calls")
    assert got.calls == (("a", "weather", '{"city":"Rom"}'),)


def test_a_json_error_under_status_200_is_read_as_what_it_is():
    assert _kind(b'{"__type": "ThrottlingException", "message": "Too many requests"}') is Kind.RATE_LIMIT


def test_chunks_of_a_claude_model_are_read():
    events: list[dict[str, Any]] = [
        {"type": "message_start", "message": {"model": "claude", "usage": {"input_tokens": 9, "output_tokens": 1}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 7}},
        {"type": "message_stop"},
    ]
    got = read_however_cut(BedrockDecoder, b"".join(map(model_chunk, events)))
    assert (got.text, got.finish, got.usage.input, got.usage.output) == ("Hello", "stop", 9, 7)
    assert _kind(b"".join(map(model_chunk, events[:3]))) is Kind.TRUNCATED
    assert _kind(model_chunk(events[2]) + exception("throttlingException", "slow")) is Kind.RATE_LIMIT


def test_chunks_of_an_openai_model_are_read():
    text = {"choices": [{"index": 0, "delta": {"content": "Hello"}, "finish_reason": None}]}
    last = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
    got = read_however_cut(BedrockDecoder, model_chunk(text) + model_chunk(last))
    assert (got.text, got.finish) == ("Hello", "stop")


@pytest.mark.parametrize(
    ("field", "stopped"),
    [("generation", "stop_reason"), ("completion", "stop_reason"), ("outputText", "completionReason")],
)
def test_chunks_of_plain_text_are_read(field: str, stopped: str):
    got = read_however_cut(BedrockDecoder, model_chunk({field: "Hel"}) + model_chunk({field: "lo", stopped: "length"}))
    assert (got.text, got.finish) == ("Hello", "length")


def test_the_model_stands_escaped_in_the_address():
    arn = "arn:aws:bedrock:us-east-1:1:inference-profile/us.amazon.nova-lite-v1:0"
    url = str(built(Candidate(provider="bedrock", model=arn), asking()).url)
    assert url == (
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/"
        "arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0/converse-stream"
    )


def test_parameters_have_the_names_of_this_dialect():
    body = body_of(
        BEDROCK,
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
            extra={"guardrailConfig": {}},
        ),
    )
    spec = {"name": "weather", "description": "Says the weather.", "inputSchema": {"json": WEATHER.schema}}
    schema = {"jsonSchema": {"schema": '{"type":"object"}', "name": "answer"}}
    assert body == {
        "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
        "system": [{"text": "Be brief."}],
        "inferenceConfig": {"maxTokens": 9, "temperature": 0.5, "topP": 0.9, "stopSequences": ["x"]},
        "toolConfig": {"tools": [{"toolSpec": spec}]},
        "additionalModelRequestFields": {"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "low"}},
        "outputConfig": {"textFormat": {"type": "json_schema", "structure": schema}},
        "guardrailConfig": {},
    }


def test_a_claude_that_thinks_gets_a_limit_above_its_budget_and_no_sampling():
    claude = Candidate(provider="bedrock", model="eu.anthropic.claude-sonnet-4-5-v1:0")
    body = body_of(claude, asking(max_tokens=9, temperature=0.5, reasoning_effort="low"))
    budget = body["additionalModelRequestFields"]["thinking"]["budget_tokens"]
    assert body["inferenceConfig"] == {"maxTokens": 9 + budget}


def test_a_conversation_with_tools_travels_as_alternating_turns():
    turns = body_of(BEDROCK, asking(*tool_conversation("bedrock")))["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert turns[0]["content"][1] == {"image": {"format": "png", "source": {"bytes": "QUJD"}}}
    thought, _, call = turns[1]["content"]
    assert thought == {"reasoningContent": {"reasoningText": {"text": "Let me look.", "signature": "SEAL"}}}
    assert call["toolUse"]["input"] == {"city": "Rome"}
    result, question = turns[2]["content"]
    assert result["toolResult"]["toolUseId"] == call["toolUse"]["toolUseId"] != "call:1"
    assert question == {"text": "And now?"}


def test_reasoning_of_another_provider_stays_at_home():
    assert "reasoningContent" not in json.dumps(body_of(BEDROCK, asking(*tool_conversation("anthropic"))))


@pytest.mark.parametrize(
    ("host", "region"),
    [
        ("bedrock-runtime.eu-central-1.amazonaws.com", "eu-central-1"),
        ("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
        ("vpce-1-a.bedrock-runtime.us-west-2.vpce.amazonaws.com", "us-west-2"),
        ("127.0.0.1", "us-east-1"),
    ],
)
def test_the_region_is_read_from_the_host(host: str, region: str):
    assert region_of(host) == region


def test_a_bedrock_key_is_sent_as_it_is():
    assert _signed("ABSKexample=").headers["authorization"] == "Bearer ABSKexample="


def test_without_botocore_an_access_key_is_answered_with_the_remedy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    with pytest.raises(MissingExtra, match=r"pip install streamover\[bedrock\]") as raised:
        _signed(ACCESS_KEY)
    assert "wJalr" not in str(raised.value)


def test_an_access_key_signs_the_request_as_aws_asks():
    pytest.importorskip("botocore", reason="the optional extra `bedrock` is not installed")
    request = _signed(f"{ACCESS_KEY}:TOKEN")
    authorization = request.headers["authorization"]
    assert authorization.startswith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/")
    assert "/us-east-1/bedrock/aws4_request" in authorization
    assert "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token" in authorization
    assert request.headers["x-amz-security-token"] == "TOKEN"
    assert "wJalr" not in str(request.headers)


def _signed(secret: str) -> httpx.Request:
    request = built(BEDROCK, asking())
    adapter_for(resolve(BEDROCK)).sign(request, secret)
    return request


def _kind(body: bytes) -> Kind | None:
    fault = read(BedrockDecoder(), [body]).fault
    return fault.kind if fault else None
