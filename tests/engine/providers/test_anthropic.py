import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.faults import Cause, Fault, Kind
from engine.core.request import (
    Candidate,
    Finish,
    Image,
    Message,
    Parameters,
    Request,
    Route,
    Tool,
    ToolCall,
    ToolResult,
    Usage,
)
from engine.core.request import Reasoning as ReasoningPart
from engine.core.request import Text as TextPart
from engine.providers.anthropic import MAX_TOKENS, Messages, MessagesDecoder
from engine.providers.base import Delta, End, Failure, Metered, Model, Reasoning, Stopped, Text, ToolDelta
from engine.providers.catalog import provider


def event(type: str, **rest: Any) -> bytes:
    return f"event: {type}\ndata: {json.dumps({'type': type} | rest, ensure_ascii=False)}\n\n".encode()


def block(index: int, **content: Any) -> bytes:
    return event("content_block_start", index=index, content_block=content)


def delta(index: int, type: str, **rest: Any) -> bytes:
    return event("content_block_delta", index=index, delta={"type": type} | rest)


def close(index: int) -> bytes:
    return event("content_block_stop", index=index)


def stop(reason: str, **usage: int) -> bytes:
    return event("message_delta", delta={"stop_reason": reason}, usage=usage)


START = event("message_start", message={"model": "claude-x", "usage": {"input_tokens": 9, "output_tokens": 1}})
MARK = event("message_stop")
TEXT = block(0, type="text", text="") + delta(0, "text_delta", text="Hi") + close(0)


def read(*pieces: bytes, broken: Fault | None = None) -> list[Delta]:
    decoder = MessagesDecoder()
    return [d for piece in pieces for d in decoder.feed(piece)] + decoder.finish(broken)


def calls(deltas: list[Delta]) -> dict[int, tuple[str, str, str]]:
    told: dict[int, tuple[str, str, str]] = {}
    for d in deltas:
        if isinstance(d, ToolDelta):
            id, name, arguments = told.get(d.index, ("", "", ""))
            told[d.index] = (id or d.id, name or d.name, arguments + d.arguments)
    return told


def fault(deltas: list[Delta]) -> Fault:
    assert isinstance(deltas[-1], Failure)
    return deltas[-1].fault


def test_an_answer_is_read_wherever_it_is_cut():
    body = (
        START
        + event("ping")
        + block(0, type="thinking", thinking="", signature="")
        + delta(0, "thinking_delta", thinking="Hm é")
        + delta(0, "signature_delta", signature="seal")
        + close(0)
        + block(1, type="text", text="")
        + delta(1, "text_delta", text="Hi 👋")
        + close(1)
        + stop("end_turn", output_tokens=7)
        + MARK
    )
    expected = [
        Model("claude-x"),
        Metered(Usage(input=9, output=1)),
        Reasoning("Hm é"),
        Reasoning("", "seal"),
        Text("Hi 👋"),
        Metered(Usage(input=9, output=7)),
        Stopped(Finish.STOP, "end_turn"),
        End(),
    ]
    assert read(body) == expected
    for cut in range(len(body)):
        assert read(body[:cut], body[cut:]) == expected


def test_redacted_thinking_is_kept_as_its_seal():
    assert Reasoning("", "sealed") in read(START, block(0, type="redacted_thinking", data="sealed"), close(0))


def test_tool_calls_are_told_whole_and_each_delta_of_them_is_heard():
    decoder = MessagesDecoder()
    decoder.feed(START)
    assert decoder.feed(block(0, type="tool_use", id="a", name="f", input={})) == [ToolDelta(index=0)]
    assert decoder.feed(delta(0, "input_json_delta", partial_json='{"x":')) == [ToolDelta(index=0)]
    assert decoder.feed(delta(0, "input_json_delta", partial_json="1}")) == [ToolDelta(index=0)]
    assert decoder.feed(close(0)) == [ToolDelta(index=0, id="a", name="f", arguments='{"x":1}')]
    rest = decoder.feed(block(2, type="tool_use", id="b", name="g", input={}) + close(2) + stop("tool_use") + MARK)
    assert rest[1:] == [
        ToolDelta(index=1, id="b", name="g", arguments="{}"),
        Stopped(Finish.TOOL_CALLS, "tool_use"),
        End(),
    ]


def test_a_call_whose_input_came_with_its_start_is_whole():
    answer = read(START, block(0, type="tool_use", id="a", name="f", input={"x": 1}), close(0), stop("tool_use"), MARK)
    assert calls(answer) == {0: ("a", "f", '{"x":1}')}


def test_a_call_that_was_cut_is_told_as_far_as_it_went():
    cut = START + block(0, type="tool_use", id="a", name="f") + delta(0, "input_json_delta", partial_json='{"x')
    answer = read(cut)
    assert calls(answer) == {0: ("a", "f", '{"x')}
    assert fault(answer).kind is Kind.TRUNCATED
    assert read(cut, stop("max_tokens"), MARK)[-2:] == [
        ToolDelta(index=0, id="a", name="f", arguments='{"x'),
        End(),
    ]


def test_a_second_message_inside_the_stream_voids_the_calls_that_the_first_left_open():
    first = START + block(1, type="tool_use", id="a", name="f") + delta(1, "input_json_delta", partial_json='{"x')
    second = START + block(1, type="tool_use", id="b", name="f") + delta(1, "input_json_delta", partial_json="{}")
    assert calls(read(first, second, close(1), stop("tool_use"), MARK)) == {0: ("b", "f", "{}")}


def test_usage_is_merged_from_all_reports():
    start = event(
        "message_start",
        message={"usage": {"input_tokens": 2, "cache_read_input_tokens": 30, "output_tokens": 1}},
    )
    last = event(
        "message_delta",
        delta={"stop_reason": "end_turn"},
        usage={"output_tokens": 8, "input_tokens": None, "output_tokens_details": {"thinking_tokens": 5}},
    )
    metered = [d.usage for d in read(start, TEXT, last, MARK) if isinstance(d, Metered)]
    assert metered[-1] == Usage(input=2, output=8, cached=30, reasoning=5)


@pytest.mark.parametrize(
    ("native", "finish"),
    [
        ("end_turn", Finish.STOP),
        ("stop_sequence", Finish.STOP),
        ("max_tokens", Finish.LENGTH),
        ("model_context_window_exceeded", Finish.LENGTH),
        ("refusal", Finish.CONTENT_FILTER),
        ("pause_turn", Finish.OTHER),
    ],
)
def test_a_stop_reason_is_normalised(native: str, finish: Finish):
    assert read(START, TEXT, stop(native), MARK)[-2:] == [Stopped(finish, native), End()]


def test_an_error_event_is_classified_as_its_twin():
    error = event("error", error={"type": "overloaded_error", "message": "Overloaded"})
    for before in (b"", START, START + TEXT):
        found = fault(read(before, error))
        assert found.kind is Kind.OVERLOADED
        assert found.in_stream


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Kind.EMPTY),
        (START + TEXT, Kind.TRUNCATED),
        (START + TEXT + b'event: message_delta\ndata: {"type": "mess', Kind.TRUNCATED),
        (START + stop("end_turn") + MARK, Kind.EMPTY),
        (START + MARK, Kind.EMPTY),
        (b"<html>", Kind.MALFORMED),
        (b"{}", Kind.MALFORMED),
    ],
)
def test_what_is_no_whole_answer_is_a_failure(body: bytes, kind: Kind):
    assert fault(read(body)).kind is kind


def test_a_stop_sequence_may_end_an_answer_at_once():
    assert read(START, stop("stop_sequence"), MARK)[-1] == End()


def test_a_stop_reason_without_the_mark_is_an_end():
    reset = Fault(kind=Kind.CONNECT, cause=Cause.RESET)
    assert read(START, TEXT, stop("end_turn"))[-1] == End()
    assert read(START, TEXT, stop("end_turn"), broken=reset)[-1] == End()
    assert read(START, TEXT, broken=reset)[-1] == Failure(reset)


def test_a_whole_answer_is_read_as_one():
    body = {
        "type": "message",
        "model": "claude-x",
        "content": [{"type": "text", "text": "Hi"}, {"type": "tool_use", "id": "a", "name": "f", "input": {"x": 1}}],
        "stop_reason": "tool_use",
        "usage": {"input_tokens": 1, "output_tokens": 2},
    }
    answer = read(json.dumps(body).encode())
    assert Text("Hi") in answer
    assert calls(answer) == {0: ("a", "f", '{"x":1}')}
    assert answer[-2:] == [Stopped(Finish.TOOL_CALLS, "tool_use"), End()]


def test_a_whole_error_is_classified():
    body = b'{"type": "error", "error": {"type": "authentication_error", "message": "invalid x-api-key"}}'
    assert fault(read(body)).kind is Kind.AUTH


@given(st.lists(st.binary(max_size=30)))
def test_any_bytes_end_in_one_end_or_failure(pieces: list[bytes]):
    deltas = read(*pieces)
    assert [isinstance(d, End | Failure) for d in deltas] == [False] * (len(deltas) - 1) + [True]


TYPES = ["message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta", "error"]
junk = st.recursive(
    st.none() | st.integers() | st.sampled_from(["text", "tool_use", "input_json_delta", "thinking_delta"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "index",
                    "delta",
                    "content_block",
                    "message",
                    "usage",
                    "content",
                    "id",
                    "input",
                    "stop_reason",
                    "text",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.lists(st.tuples(st.sampled_from(TYPES), st.dictionaries(st.sampled_from(["index", "delta", "content_block",
       "message", "usage", "error"]), junk)), max_size=5))  # fmt: skip
def test_any_values_end_in_one_end_or_failure(events: list[tuple[str, dict[str, Any]]]):
    deltas = read(*(event(type, **rest) for type, rest in events))
    assert [isinstance(d, End | Failure) for d in deltas] == [False] * (len(deltas) - 1) + [True]


# Writing.

HELLO = Message("user", (TextPart("Hi"),))


def wire(*messages: Message, name: str = "anthropic", base_url: str = "https://host", **rest: Any):
    request = Request(messages=messages, route=Route(name="r", candidates=()), **rest)
    candidate = Candidate(provider=name, model="claude-x@1", base_url=base_url)
    return Messages(provider(name)).build(request, candidate)


def built(*messages: Message, **rest: Any) -> dict[str, Any]:
    return json.loads(wire(*messages, **rest).content)


def test_only_what_is_set_is_sent_and_a_limit_always():
    assert built(HELLO) == {
        "model": "claude-x@1",
        "max_tokens": MAX_TOKENS,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}],
        "stream": True,
    }
    assert wire(HELLO).headers["anthropic-version"] == "2023-06-01"


@pytest.mark.parametrize("base_url", ["https://h", "https://h/", "https://h/v1", "https://h/v1/messages"])
def test_the_address_is_built_from_the_base_url(base_url: str):
    assert str(wire(HELLO, base_url=base_url).url) == "https://h/v1/messages"


def test_vertex_has_the_model_in_its_address():
    sent = wire(HELLO, name="vertex", base_url="https://h/v1/projects/p/locations/l")
    assert sent.url.path == "/v1/projects/p/locations/l/publishers/anthropic/models/claude-x@1:streamRawPredict"
    body = json.loads(sent.content)
    assert "model" not in body
    assert body["anthropic_version"] == "vertex-2023-10-16"


def test_thinking_leaves_room_for_the_answer_and_takes_no_sampling():
    body = built(HELLO, parameters=Parameters(reasoning_effort="medium", temperature=0.5))
    assert body["thinking"]["type"] == "enabled"
    assert body["max_tokens"] > body["thinking"]["budget_tokens"]
    assert "temperature" not in body
    assert "thinking" not in built(HELLO, parameters=Parameters(reasoning_effort="none"))


def test_tool_results_stand_first_in_a_users_turn():
    body = built(
        HELLO,
        Message("assistant", (ToolCall(id="functions.f:0", name="f", arguments='{"x":1}'),)),
        Message("tool", (ToolResult(call_id="functions.f:0", name="f", content="42"),)),
        Message("user", (TextPart("Go on."), Image("image/png", "QUJD"))),
        system="Be brief.",
        tools=(Tool(name="f"),),
    )
    assert [turn["role"] for turn in body["messages"]] == ["user", "assistant", "user"]
    use, result = body["messages"][1]["content"][0], body["messages"][2]["content"][0]
    assert use["input"] == {"x": 1}
    assert result["type"] == "tool_result"
    assert result["tool_use_id"] == use["id"]
    assert use["id"].replace("_", "").isalnum()
    assert [b["type"] for b in body["messages"][2]["content"]] == ["tool_result", "text", "image"]
    assert body["tools"] == [{"name": "f", "description": "", "input_schema": {"type": "object"}}]
    assert body["system"] == "Be brief."


def test_thinking_goes_back_with_its_seal_to_its_own_provider_only():
    def turn(provider: str, signature: str) -> Message:
        reasoning = ReasoningPart(text="Hm", signature=signature, provider=provider)
        return Message("assistant", (reasoning, TextPart("So.")))

    own = built(HELLO, turn("anthropic", "seal"), HELLO)["messages"][1]["content"]
    assert own[0] == {"type": "thinking", "thinking": "Hm", "signature": "seal"}
    assert [b["type"] for b in built(HELLO, turn("openrouter", "seal"), HELLO)["messages"][1]["content"]] == ["text"]
    assert [b["type"] for b in built(HELLO, turn("anthropic", ""), HELLO)["messages"][1]["content"]] == ["text"]


def test_a_partial_turn_at_the_end_does_not_end_in_blanks():
    body = built(HELLO, Message("assistant", (TextPart("Ra in \n"),)))
    assert body["messages"][-1]["content"] == [{"type": "text", "text": "Ra in"}]
