import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.faults import Fault, Kind
from engine.core.request import Candidate, Usage
from engine.providers.cohere import CohereDecoder
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

COHERE = Candidate(provider="cohere", model="command-x")
USAGE = {
    "billed_units": {"input_tokens": 1, "output_tokens": 2},
    "tokens": {"input_tokens": 9, "output_tokens": 7, "reasoning_tokens": 3},
    "cached_tokens": 4,
}
START = {"type": "message-start", "id": "x", "delta": {"message": {"role": "assistant", "content": []}}}


def content(**fields: object) -> dict[str, Any]:
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": fields}}}


def tool(kind: str, index: object, **call: object) -> dict[str, Any]:
    return {"type": f"tool-call-{kind}", "index": index, "delta": {"message": {"tool_calls": call}}}


def ended(reason: str = "COMPLETE", **more: object) -> dict[str, Any]:
    return {"type": "message-end", "delta": {"finish_reason": reason, "usage": USAGE, **more}}


ANSWER = sse(
    START,
    {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": "I will look."}}},
    content(thinking="Hm, "),
    content(thinking="où?"),
    content(text="Grüße "),
    content(text="\u2028🌍"),
    {"type": "citation-start", "index": 0, "delta": {"message": {"citations": {"start": 0, "end": 3}}}},
    tool("start", 0, id="a", type="function", function={"name": "weather", "arguments": ""}),
    tool("delta", 0, function={"arguments": '{"city":'}),
    tool("delta", 0, function={"arguments": '"Rom"}'}),
    {"type": "tool-call-end", "index": 0},
    tool("start", 1, id="b", type="function", function={"name": "time", "arguments": "{}"}),
    ended("TOOL_CALL"),
)


@pytest.mark.parametrize("mark", [b"", b"data: [DONE]\n\n"])
def test_an_answer_is_read_however_its_bytes_are_cut(mark: bytes):
    got = read_however_cut(CohereDecoder, ANSWER + mark)
    assert (got.text, got.reasoning) == ("Grüße \u2028🌍", "Hm, où?")
    assert got.calls == (("a", "weather", '{"city":"Rom"}'), ("b", "time", "{}"))
    assert got.usage == Usage(input=9, output=7, reasoning=3, cached=4)
    assert (got.finish, got.native, got.warning) == ("tool_calls", "TOOL_CALL", "")


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_bytes_of_any_kind_end_in_one_failure(pieces: list[bytes]):
    assert read(CohereDecoder(), pieces).fault is not None


@given(
    st.sampled_from(["content-delta", "tool-call-start", "tool-call-delta", "message-end", "error", ""]),
    st.recursive(
        st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["message", "content", "text", "tool_calls", "function", "usage"]), inner)
        ),
    ),
)
def test_events_with_fields_of_wrong_types_never_raise(kind: str, value: object):
    read(CohereDecoder(), [sse(START, {"type": kind, "delta": value, "index": value}, ended())])


@pytest.mark.parametrize(
    ("native", "finish"),
    [
        ("COMPLETE", "stop"),
        ("STOP_SEQUENCE", "stop"),
        ("MAX_TOKENS", "length"),
        ("ERROR_TOXIC", "content_filter"),
        ("X", "other"),
    ],
)
def test_a_finish_reason_is_normalised(native: str, finish: str):
    got = read(CohereDecoder(), [sse(START, content(text="a"), ended(native))])
    assert (got.finish, got.native, got.fault) == (finish, native, None)


@pytest.mark.parametrize(("native", "kind"), [("ERROR", Kind.SERVER), ("TIMEOUT", Kind.TIMEOUT)])
def test_a_finish_reason_that_names_an_error_is_a_failure(native: str, kind: Kind):
    got = read(CohereDecoder(), [sse(START, content(text="Oui"), ended(native, error="internal error"))])
    assert got.text == "Oui"
    assert got.fault is not None
    assert (got.fault.kind, got.fault.in_stream) == (kind, True)


def test_an_end_without_message_end_is_a_cut():
    assert _kind(sse(START, content(text="Half"))) is Kind.TRUNCATED


def test_an_end_mark_without_a_finish_reason_is_well_enough_where_text_came():
    assert read(CohereDecoder(), [sse(START, content(text="a")), b"data: [DONE]\n\n"]).warning
    assert _kind(sse(START) + b"data: [DONE]\n\n") is Kind.EMPTY


def test_a_complete_answer_without_output_is_empty():
    assert _kind(sse(START, ended())) is Kind.EMPTY


def test_a_broken_connection_is_named_unless_the_answer_was_finished():
    reset = Fault(kind=Kind.CONNECT)
    assert read(CohereDecoder(), [sse(START, content(text="Half"))], reset).fault is reset
    assert read(CohereDecoder(), [ANSWER], reset).fault is None


def test_a_json_body_in_place_of_a_stream_is_one_whole_answer():
    call = {"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    parts = [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "Hello"}]
    body = {"id": "x", "finish_reason": "COMPLETE", "message": {"content": parts, "tool_calls": [call]}, "usage": USAGE}
    got = read_however_cut(CohereDecoder, json.dumps(body, indent=1).encode())
    assert (got.text, got.reasoning, got.calls) == ("Hello", "Hm.", (("a", "weather", "{}"),))
    assert (got.finish, got.usage.input) == ("tool_calls", 9)


def test_a_json_error_under_status_200_is_read_as_what_it_is():
    assert _kind(b'{"id": "x", "message": "invalid api token"}') is Kind.AUTH


def test_lines_of_the_first_version_are_read():
    lines = (
        {"is_finished": False, "event_type": "stream-start", "generation_id": "x"},
        {"is_finished": False, "event_type": "text-generation", "text": "Grüße "},
        {"is_finished": False, "event_type": "text-generation", "text": "🌍"},
        {"event_type": "tool-calls-generation", "tool_calls": [{"name": "weather", "parameters": {"city": "Rom"}}]},
        {
            "is_finished": True,
            "event_type": "stream-end",
            "finish_reason": "COMPLETE",
            "response": {"text": "Grüße 🌍", "meta": USAGE},
        },
    )
    body = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    got = read_however_cut(CohereDecoder, body)
    assert (got.text, got.calls) == ("Grüße 🌍", (("", "weather", '{"city":"Rom"}'),))
    assert (got.finish, got.usage.output) == ("tool_calls", 7)


@pytest.mark.parametrize(
    "base", ["https://api.cohere.com", "https://api.cohere.com/v2", "https://api.cohere.com/v2/chat"]
)
def test_the_address_is_the_same_for_each_form_of_the_base(base: str):
    candidate = Candidate(provider="cohere", model="command-x", base_url=base)
    assert str(built(candidate, asking()).url) == "https://api.cohere.com/v2/chat"


def test_parameters_have_the_names_of_this_dialect():
    body = body_of(
        COHERE,
        asking(
            system="Be brief.",
            tools=(WEATHER,),
            temperature=0.5,
            top_p=0.9,
            max_tokens=9,
            seed=1,
            stop=("x",),
            json_schema={"type": "object"},
            reasoning_effort="high",
            extra={"safety_mode": "OFF"},
        ),
    )
    function = {"name": "weather", "description": "Says the weather.", "parameters": WEATHER.schema}
    assert body == {
        "model": "command-x",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "tools": [{"type": "function", "function": function}],
        "temperature": 0.5,
        "p": 0.9,
        "max_tokens": 9,
        "seed": 1,
        "stop_sequences": ["x"],
        "response_format": {"type": "json_object", "json_schema": {"type": "object"}},
        "thinking": {"type": "enabled"},
        "safety_mode": "OFF",
    }


def test_a_conversation_with_tools_travels_as_messages():
    messages = body_of(COHERE, asking(*tool_conversation("openai")))["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "user"]
    assert messages[1]["tool_calls"][0]["id"] == messages[2]["tool_call_id"] == "call:1"
    assert messages[0]["content"][1] == {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
    assert "Let me look." not in json.dumps(messages)


def _kind(body: bytes) -> Kind | None:
    fault = read(CohereDecoder(), [body]).fault
    return fault.kind if fault else None
