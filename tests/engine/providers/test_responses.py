from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.faults import Fault, Kind
from engine.core.request import Candidate, Dialect, Usage
from engine.providers.responses import ResponsesDecoder
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

OPENAI = Candidate(provider="openai", model="gpt-x", dialect=Dialect.RESPONSES)
CREATED = {"type": "response.created", "response": {"model": "gpt-x", "status": "in_progress"}}
USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 4},
    "output_tokens": 7,
    "output_tokens_details": {"reasoning_tokens": 3},
}


def text(delta: object, index: int = 0) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": index, "delta": delta}


def ended(status: str = "completed", **more: object) -> dict[str, Any]:
    return {"type": f"response.{status}", "response": {"model": "gpt-x", "status": status, "usage": USAGE, **more}}


def call_item(**more: object) -> dict[str, Any]:
    return {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", **more}


ANSWER = sse(
    CREATED,
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "Hm, "},
    {"type": "response.reasoning_summary_text.delta", "output_index": 0, "delta": "où?"},
    {
        "type": "response.output_item.done",
        "output_index": 0,
        "item": {"type": "reasoning", "encrypted_content": "SEAL", "summary": [{"text": "Hm, où?"}]},
    },
    text("Grüße ", 1),
    text("\u2028🌍", 1),
    {
        "type": "response.output_item.done",
        "output_index": 1,
        "item": {"type": "message", "content": [{"type": "output_text", "text": "Grüße \u2028🌍"}]},
    },
    {"type": "response.output_item.added", "output_index": 2, "item": call_item(arguments="")},
    {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": '{"city":'},
    {"type": "response.function_call_arguments.delta", "output_index": 2, "delta": '"Rom"}'},
    {"type": "response.output_item.done", "output_index": 2, "item": call_item(arguments='{"city":"Rom"}')},
    ended(),
)


def test_an_answer_is_read_however_its_bytes_are_cut():
    got = read_however_cut(ResponsesDecoder, ANSWER)
    assert (got.text, got.reasoning, got.signature) == ("Grüße \u2028🌍", "Hm, où?", "SEAL")
    assert got.calls == (("call_1", "weather", '{"city":"Rom"}'),)
    assert got.usage == Usage(input=9, output=7, reasoning=3, cached=4)
    assert (got.models, got.finish, got.native, got.warning) == (("gpt-x",), "tool_calls", "completed", "")


@given(st.lists(st.binary(max_size=40), max_size=6))
def test_bytes_of_any_kind_end_in_one_failure(pieces: list[bytes]):
    assert read(ResponsesDecoder(), pieces).fault is not None


@given(
    st.dictionaries(
        st.sampled_from(["delta", "item", "response", "output_index", "error"]),
        st.none() | st.lists(st.integers()) | st.text() | st.dictionaries(st.text(), st.integers()),
    ),
    st.sampled_from(
        [
            "response.output_text.delta",
            "response.output_item.done",
            "response.completed",
            "response.function_call_arguments.delta",
            "response.failed",
            "error",
        ]
    ),
)
def test_events_with_fields_of_wrong_types_never_raise(fields: dict[str, Any], kind: str):
    read(ResponsesDecoder(), [sse(CREATED, {"type": kind, **fields}, text("a"), ended())])


def test_items_that_came_without_deltas_are_taken_whole():
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Hm."}]}
    got = read(
        ResponsesDecoder(),
        [
            sse(
                CREATED,
                {"type": "response.output_item.done", "output_index": 0, "item": thought},
                {"type": "response.output_item.done", "output_index": 1, "item": message},
                {"type": "response.output_item.done", "output_index": 2, "item": call_item(arguments="{}")},
                ended(output=[thought, message, call_item(arguments="{}")]),
            )
        ],
    )
    assert (got.text, got.reasoning, got.calls) == ("Hello", "Hm.", (("call_1", "weather", "{}"),))


def test_an_answer_that_stands_in_the_last_event_alone_is_read():
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}
    assert read(ResponsesDecoder(), [sse(CREATED, ended(output=[message]))]).text == "Hello"


def test_calls_of_servers_that_change_item_ids_are_told_apart_by_their_index():
    arguments = "response.function_call_arguments.delta"
    got = read(
        ResponsesDecoder(),
        [
            sse(
                CREATED,
                {"type": "response.output_item.added", "output_index": 0, "item": call_item(call_id="a")},
                {"type": "response.output_item.added", "output_index": 1, "item": call_item(call_id="b")},
                {"type": arguments, "output_index": 1, "item_id": "x", "delta": "[1]"},
                {"type": arguments, "output_index": 0, "item_id": "y", "delta": "[0]"},
                ended(),
            )
        ],
    )
    assert got.calls == (("a", "weather", "[0]"), ("b", "weather", "[1]"))


def test_several_responses_in_one_body_are_one_answer():
    call = {"type": "response.output_item.done", "output_index": 0, "item": call_item(arguments="{}")}
    got = read(ResponsesDecoder(), [sse(CREATED, call, ended(), CREATED, text("Done."), ended())])
    assert (got.text, len(got.calls), got.finish) == ("Done.", 1, "tool_calls")


def test_a_refusal_is_no_text():
    got = read(ResponsesDecoder(), [sse(CREATED, {"type": "response.refusal.delta", "delta": "No."}, ended())])
    assert (got.text, got.refusal, got.fault) == ("", "No.", None)


@pytest.mark.parametrize(
    ("reason", "finish"), [("max_output_tokens", "length"), ("content_filter", "content_filter"), ("novel", "other")]
)
def test_an_incomplete_response_says_why(reason: str, finish: str):
    end = ended("incomplete", incomplete_details={"reason": reason})
    got = read(ResponsesDecoder(), [sse(CREATED, text("Half"), end)])
    assert (got.finish, got.native, got.fault) == (finish, reason, None)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "error", "error": {"type": "insufficient_quota", "code": "insufficient_quota", "message": "no"}},
        {"type": "error", "code": "insufficient_quota", "message": "no", "param": None},
        ended("failed", error={"code": "insufficient_quota", "message": "no"}),
        {"error": {"code": "insufficient_quota", "message": "no"}},
    ],
)
def test_an_error_in_the_stream_has_the_kind_of_its_twin(event: dict[str, Any]):
    fault = read(ResponsesDecoder(), [sse(CREATED, text("So"), event)]).fault
    assert fault is not None
    assert (fault.kind, fault.in_stream) == (Kind.QUOTA, True)


def test_an_end_without_a_last_event_is_a_cut():
    assert _kind(sse(CREATED, text("Half"))) is Kind.TRUNCATED


def test_a_broken_connection_is_named_unless_the_answer_was_finished():
    reset = Fault(kind=Kind.CONNECT)
    assert read(ResponsesDecoder(), [sse(CREATED, text("Half"))], reset).fault is reset
    assert read(ResponsesDecoder(), [sse(CREATED, text("Whole"), ended())], reset).fault is None


def test_a_completed_response_without_output_is_empty():
    assert _kind(sse(CREATED, ended())) is Kind.EMPTY


def test_three_unreadable_events_are_skipped_and_a_fourth_is_too_many():
    wrong = b"data: {not json\n\n"
    assert read(ResponsesDecoder(), [sse(CREATED), wrong * 3, sse(text("ok"), ended())]).text == "ok"
    assert _kind(wrong * 4 + sse(text("ok"), ended())) is Kind.MALFORMED


def test_events_without_data_are_no_events():
    assert read(ResponsesDecoder(), [b"data:\n\n" * 9, sse(CREATED, text("ok"), ended())]).text == "ok"


def test_a_json_body_in_place_of_a_stream_is_one_whole_answer():
    message = {"type": "message", "content": [{"type": "output_text", "text": "Hello"}]}
    body = {"object": "response", "status": "completed", "model": "gpt-x", "output": [message], "usage": USAGE}
    got = read_however_cut(ResponsesDecoder, _json(body))
    assert (got.text, got.finish, got.usage.input, got.models) == ("Hello", "stop", 9, ("gpt-x",))


def test_a_json_error_under_status_200_is_read_as_what_it_is():
    body = {"error": {"message": "Incorrect API key", "code": "invalid_api_key", "type": "invalid_request_error"}}
    assert _kind(_json(body)) is Kind.AUTH


def test_the_request_asks_for_a_stream_that_nobody_stores():
    request = built(OPENAI, asking(system="Be brief."))
    assert str(request.url) == "https://api.openai.com/v1/responses"
    body = body_of(OPENAI, asking(system="Be brief."))
    assert body == {
        "model": "gpt-x",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hi"}]}],
        "instructions": "Be brief.",
        "stream": True,
        "store": False,
    }


def test_parameters_have_the_names_of_this_dialect():
    schema = {"type": "object"}
    body = body_of(
        OPENAI,
        asking(
            max_tokens=9,
            temperature=0.5,
            top_p=0.9,
            reasoning_effort="low",
            json_schema=schema,
            seed=1,
            stop=("x",),
            extra={"truncation": "auto"},
            tools=(WEATHER,),
        ),
    )
    assert (body["max_output_tokens"], body["temperature"], body["top_p"]) == (9, 0.5, 0.9)
    assert body["reasoning"]["effort"] == "low"
    assert body["include"] == ["reasoning.encrypted_content"]
    assert body["text"]["format"] == {"type": "json_schema", "name": "answer", "schema": schema}
    assert body["tools"][0] | {"strict": None} == {
        "type": "function",
        "name": "weather",
        "description": "Says the weather.",
        "parameters": WEATHER.schema,
        "strict": None,
    }
    assert body["truncation"] == "auto"
    assert not {"seed", "stop"} & set(body)


def test_a_conversation_with_tools_travels_as_items():
    items = body_of(OPENAI, asking(*tool_conversation("openai")))["input"]
    assert items == [
        {
            "role": "user",
            "content": [
                {"type": "input_text", "text": "Where is this?"},
                {"type": "input_image", "image_url": "data:image/png;base64,QUJD", "detail": "auto"},
            ],
        },
        {
            "type": "reasoning",
            "summary": [{"type": "summary_text", "text": "Let me look."}],
            "encrypted_content": "SEAL",
        },
        {"role": "assistant", "content": [{"type": "output_text", "text": "I look."}]},
        {"type": "function_call", "call_id": "call:1", "name": "weather", "arguments": '{"city":"Rome"}'},
        {"type": "function_call_output", "call_id": "call:1", "output": "sunny"},
        {"role": "user", "content": [{"type": "input_text", "text": "And now?"}]},
    ]


def test_reasoning_of_another_provider_stays_at_home():
    items = body_of(OPENAI, asking(*tool_conversation("xai")))["input"]
    assert not [item for item in items if item.get("type") == "reasoning"]


def _json(body: dict[str, Any]) -> bytes:
    return sse(body).removeprefix(b"data: ").strip()


def _kind(body: bytes) -> Kind | None:
    fault = read(ResponsesDecoder(), [body]).fault
    return fault.kind if fault else None
