import json
from typing import Any

import msgspec
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
from engine.providers.base import (
    ANSWER_BOUND,
    Delta,
    End,
    Failure,
    Metered,
    Model,
    Reasoning,
    Refusal,
    Stopped,
    Text,
    ToolDelta,
)
from engine.providers.catalog import provider
from engine.providers.openai import ChatCompletions, ChatDecoder

DONE = b"data: [DONE]\n\n"
STOP = Stopped(Finish.STOP, "stop")


def chunk(finish: str | None = None, /, **delta: Any) -> bytes:
    return event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def event(payload: Any) -> bytes:
    return b"data: " + msgspec.json.encode(payload) + b"\n\n"


def read(*pieces: bytes, broken: Fault | None = None) -> list[Delta]:
    decoder = ChatDecoder()
    return [delta for piece in pieces for delta in decoder.feed(piece)] + decoder.finish(broken)


def fault(deltas: list[Delta]) -> Fault:
    assert isinstance(deltas[-1], Failure)
    return deltas[-1].fault


def calls(deltas: list[Delta]) -> dict[int, tuple[str, str, str]]:
    told: dict[int, tuple[str, str, str]] = {}
    for d in deltas:
        if isinstance(d, ToolDelta):
            id, name, arguments = told.get(d.index, ("", "", ""))
            told[d.index] = (id or d.id, name or d.name, arguments + d.arguments)
    return told


def tool(arguments: object = "", **rest: Any) -> dict[str, Any]:
    name = rest.pop("name", None)
    return rest | {"function": {"arguments": arguments} | ({"name": name} if name else {})}


def test_a_plain_answer_is_read():
    body = [
        event({"model": "m-1", "choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}),
        event({"model": "m-1", "choices": [{"index": 0, "delta": {"content": "Rain"}, "finish_reason": None}]}),
        chunk(content="bow"),
        chunk("stop"),
        event({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}}),
        DONE,
    ]
    usage = Metered(Usage(input=3, output=2))
    assert read(*body) == [Model("m-1"), Text("Rain"), Text("bow"), STOP, usage, End()]


def test_a_cut_anywhere_changes_nothing():
    body = (
        "\ufeff".encode()
        + chunk(reasoning_content="Hm 🤔")
        + b": waiting\r\n\r\n"
        + chunk(content="é\u2028x")
        + chunk(tool_calls=[tool('{"a":', index=0, id="c", name="f")])
        + chunk(tool_calls=[tool("1}", index=0)])
        + chunk("tool_calls")
        + DONE
    )
    whole = read(body)
    assert isinstance(whole[-1], End)
    for cut in range(len(body)):
        assert read(body[:cut], body[cut:]) == whole
    assert read(*(body[i : i + 1] for i in range(len(body)))) == whole


@pytest.mark.parametrize(
    "delta",
    [
        {"reasoning_content": "Hm"},
        {"reasoning": "Hm", "content": None},
        {"reasoning": "Hm", "reasoning_details": [{"type": "reasoning.text", "text": "Hm"}]},
        {"reasoning_content": "Hm", "reasoning": "Hm", "content": ""},
        {"reasoning_details": [{"type": "reasoning.summary", "summary": "Hm"}, {"type": "reasoning.encrypted"}]},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}]},
    ],
)
def test_reasoning_is_read_once_from_whichever_field_it_stands_in(delta: dict[str, Any]):
    assert read(chunk(**delta), chunk(content="So."), chunk("stop"), DONE) == [
        Reasoning("Hm"),
        Text("So."),
        STOP,
        End(),
    ]


def test_thinking_tags_in_the_text_are_left_as_they_are():
    assert Text("<think>no</think>") in read(chunk(content="<think>no</think>"), chunk("stop"))


def test_a_refusal_is_kept_apart():
    assert read(chunk(refusal="I can"), chunk(refusal="not."), chunk("stop")) == [
        Refusal("I can"),
        Refusal("not."),
        STOP,
        End(),
    ]


def test_content_in_parts_is_joined():
    parts = [{"type": "text", "text": "a"}, {"type": "reference", "reference_ids": [1]}, {"type": "text", "text": "b"}]
    assert read(chunk(content=parts), chunk("stop"))[:2] == [Text("a"), Text("b")]


@pytest.mark.parametrize(
    ("deltas", "expected"),
    [
        # By the book.
        (
            [[tool(index=0, id="a", name="f")], [tool('{"x"', index=0)], [tool(":1}", index=0)]],
            {0: ("a", "f", '{"x":1}')},
        ),
        # Two calls in turns.
        (
            [[tool("1", index=0, id="a", name="f"), tool("2", index=1, id="b", name="g")], [tool("3", index=0)]],
            {0: ("a", "f", "13"), 1: ("b", "g", "2")},
        ),
        # No index at all.
        (
            [[tool("1", id="a", name="f")], [tool("2")], [tool("3", id="b", name="f")], [tool("4", id="a")]],
            {0: ("a", "f", "124"), 1: ("b", "f", "3")},
        ),
        ([[tool("1", index=None, id="a", name="f")], [tool("2", index=None)]], {0: ("a", "f", "12")}),
        # The same index for each call.
        (
            [[tool("1", index=0, id="a", name="f")], [tool("2", index=0, id="b", name="f")], [tool("3", index=0)]],
            {0: ("a", "f", "1"), 1: ("b", "f", "23")},
        ),
        # The id again in each delta, and an index that begins at 1.
        ([[tool("1", index=1, id="a", name="f")], [tool("2", index=1, id="a", name="f")]], {0: ("a", "f", "12")}),
        # Arguments as an object, and none.
        ([[tool({"x": 1}, index=0, id="a", name="f")]], {0: ("a", "f", '{"x":1}')}),
        ([[tool(None, index=0, id="a", name="f")]], {0: ("a", "f", "")}),
    ],
)
def test_tool_calls_are_told_apart(deltas: list[list[Any]], expected: dict[int, tuple[str, str, str]]):
    answer = read(*(chunk(tool_calls=parts) for parts in deltas), chunk("tool_calls"), DONE)
    assert calls(answer) == expected
    assert answer[-2:] == [Stopped(Finish.TOOL_CALLS, "tool_calls"), End()]


def test_the_function_call_of_old_is_a_tool_call():
    answer = read(
        chunk(function_call={"name": "f", "arguments": "{"}),
        chunk(function_call={"arguments": "}"}),
        chunk("function_call"),
    )
    assert calls(answer) == {0: ("", "f", "{}")}
    assert Stopped(Finish.TOOL_CALLS, "function_call") in answer


def test_a_tool_call_that_was_cut_by_the_limit_is_no_failure_of_the_wire():
    answer = read(chunk(tool_calls=[tool('{"x', index=0, id="a", name="f")]), chunk("length"), DONE)
    assert answer[-2:] == [Stopped(Finish.LENGTH, "length"), End()]


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (
            {
                "prompt_tokens": 9,
                "completion_tokens": 5,
                "prompt_tokens_details": {"cached_tokens": 4},
                "completion_tokens_details": {"reasoning_tokens": 3},
            },
            Usage(input=9, output=5, cached=4, reasoning=3),
        ),
        (
            {"prompt_tokens": 9, "completion_tokens": 5, "prompt_cache_hit_tokens": 4, "reasoning_tokens": 0},
            Usage(input=9, output=5, cached=4, reasoning=0),
        ),
        (
            {"prompt_tokens": "many", "completion_tokens": True, "prompt_tokens_details": None, "input_tokens": 1},
            None,
        ),
    ],
)
def test_usage_is_read_where_it_makes_sense(usage: dict[str, Any], expected: Usage | None):
    metered = [d.usage for d in read(chunk(content="x"), event({"usage": usage, "choices": []}), chunk("stop"))
               if isinstance(d, Metered)]  # fmt: skip
    assert metered == ([] if expected is None else [expected])


def test_usage_is_read_from_groqs_own_place_and_once_only():
    usage = {"prompt_tokens": 1, "completion_tokens": 2}
    body = [{"choices": [{"delta": {"content": c}}], "x_groq": {"usage": usage}} for c in "ab"]
    assert read(*map(event, body), chunk("stop")) == [
        Metered(Usage(input=1, output=2)),
        Text("a"),
        Text("b"),
        STOP,
        End(),
    ]


def test_a_message_beside_the_delta_is_not_read_twice():
    choice = {"delta": {"content": "b"}, "message": {"content": "ab"}, "text": "b"}
    assert read(event({"choices": [choice]}), chunk("stop"))[0] == Text("b")


def test_other_choices_than_the_first_are_left_out():
    body = event({"choices": [{"index": 0, "delta": {"content": "a"}}, {"index": 1, "delta": {"content": "b"}}]})
    assert read(body, event({"choices": [{"index": 1, "delta": {"content": "c"}}]}), chunk("stop"))[:-2] == [Text("a")]


# How a stream may end.


def test_a_finish_reason_without_an_end_mark_ends_the_answer():
    assert read(chunk(content="a"), chunk("stop"))[-1] == End()
    reset = Fault(kind=Kind.CONNECT, cause=Cause.RESET)
    assert read(chunk(content="a"), chunk("stop"), broken=reset)[-1] == End()


def test_an_end_mark_without_a_finish_reason_is_an_end_with_a_warning():
    last = read(chunk(content="a"), DONE)[-1]
    assert isinstance(last, End)
    assert "finish reason" in last.warning


def test_neither_is_a_truncated_stream():
    assert fault(read(chunk(content="a"))).kind is Kind.TRUNCATED
    assert fault(read(chunk(content="a"), b'data: {"choices": [{"del')).kind is Kind.TRUNCATED


def test_a_broken_connection_is_told_as_what_it_is():
    reset = Fault(kind=Kind.CONNECT, cause=Cause.RESET)
    assert read(chunk(content="a"), broken=reset) == [Text("a"), Failure(reset)]


@pytest.mark.parametrize("body", [b"", DONE, chunk(role="assistant") + DONE, chunk("stop") + DONE, b" \n"])
def test_nothing_meaningful_is_an_empty_answer(body: bytes):
    assert fault(read(body)).kind is Kind.EMPTY


def test_a_limit_reached_before_any_output_is_no_failure():
    assert read(chunk("length"), DONE) == [Stopped(Finish.LENGTH, "length"), End()]


def test_nothing_is_read_behind_the_end():
    decoder = ChatDecoder()
    assert decoder.feed(chunk(content="a") + chunk("stop") + DONE + chunk(content="late"))[-1] == End()
    assert decoder.feed(chunk(content="later")) == []
    assert decoder.finish(Fault(kind=Kind.CONNECT)) == []


@pytest.mark.parametrize(
    "body",
    [
        event({"error": {"message": "boom", "type": "server_error", "code": 500}}),
        event({"object": "error", "message": "boom", "type": "InternalServerError", "code": 500}),
        b'event: error\ndata: {"message": "boom", "type": "server_error"}\n\n',
        b'error: {"code": 500, "message": "boom", "type": "server_error"}\n\n',
        event({"error": {"message": "boom", "code": 502}, "choices": [{"delta": {}, "finish_reason": "error"}]}),
        event({"message": "boom", "type": "server_error", "code": 500}),
        event({"error": "boom", "choices": []}),
    ],
)
def test_an_error_inside_the_stream_ends_it(body: bytes):
    answer = read(chunk(content="a"), body, chunk(content="b"))
    assert answer[0] == Text("a")
    assert len(answer) == 2
    assert fault(answer).in_stream
    assert "boom" in fault(answer).detail


@pytest.mark.parametrize(
    ("finish", "kind"),
    [
        ("error", Kind.STREAM_ERROR),
        ("insufficient_system_resource", Kind.OVERLOADED),
        ("network_error", Kind.SERVER),
    ],
)
def test_a_finish_reason_may_be_a_failure(finish: str, kind: Kind):
    assert fault(read(chunk(content="a"), chunk(finish), DONE)).kind is kind


def test_a_web_page_in_place_of_a_stream_is_told_at_once():
    deltas = ChatDecoder().feed(b"\r\n<!DOCTYPE html><html>")
    assert fault(deltas).cause is Cause.PAGE


def test_a_body_that_is_no_stream_is_malformed():
    assert fault(read(b"upstream connect error")).kind is Kind.MALFORMED


def test_some_wrong_events_are_gone_past_and_many_are_not():
    wrong = b"data: {oops\n\n"
    assert Text("b") in read(wrong * 3, chunk(content="b"), chunk("stop"))
    assert fault(read(wrong * 4, chunk(content="b"), chunk("stop"))).kind is Kind.MALFORMED


def test_empty_events_and_vendors_notices_are_gone_past():
    body = b"data:\n\n" * 9 + b'event: x-notice\ndata: {"type": "x-notice", "note": "hi"}\n\n'
    assert read(body, chunk(content="a"), chunk("stop")) == [Text("a"), STOP, End()]


def test_an_answer_beyond_the_bound_is_cut():
    decoder = ChatDecoder()
    piece = chunk(content="x" * 1_000_000)
    deltas = [d for _ in range(ANSWER_BOUND // len(piece) + 1) for d in decoder.feed(piece)]
    assert fault(deltas).cause is Cause.RUNAWAY


def test_halves_of_a_surrogate_pair_do_not_break_the_text():
    body = b'data: {"choices":[{"delta":{"content":"\\ud83d"}}]}\n\n'
    assert read(body, chunk("stop"))[0] == Text("\ufffd")
    assert read(b'data: {"choices":[{"delta":{"content":"a\xff"}}]}\n\n', chunk("stop"))[0] == Text("a\ufffd")


# One whole answer in place of a stream.


def test_a_whole_answer_is_read_as_one():
    message = {"role": "assistant", "content": "Hi", "tool_calls": [tool("{}", id="a", name="f")]}
    body = {"model": "m", "choices": [{"message": message, "finish_reason": "tool_calls"}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2}}  # fmt: skip
    data = json.dumps(body, indent=1).encode()
    expected = [
        Model("m"),
        Metered(Usage(input=1, output=2)),
        Text("Hi"),
        ToolDelta(index=0, id="a", name="f", arguments="{}"),
        Stopped(Finish.TOOL_CALLS, "tool_calls"),
        End(),
    ]
    assert read(data) == expected
    assert read(*(data[i : i + 1] for i in range(len(data)))) == expected


def test_a_whole_error_is_classified():
    body = b'{"error": {"message": "Slow down", "type": "rate_limit_error", "code": "rate_limit_exceeded"}}'
    assert fault(read(body)).kind is Kind.RATE_LIMIT


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"hello": 1}', b'{"choices": ', b"[1]"])
def test_a_whole_body_of_something_else_is_malformed(body: bytes):
    assert fault(read(body)).kind is Kind.MALFORMED


# Whatever comes.

FIELDS = st.sampled_from(
    [
        "choices",
        "delta",
        "message",
        "content",
        "tool_calls",
        "function",
        "arguments",
        "index",
        "id",
        "name",
        "usage",
        "error",
        "finish_reason",
        "prompt_tokens",
        "reasoning",
        "reasoning_details",
        "text",
        "thinking",
        "x_groq",
        "model",
        "prompt_tokens_details",
    ]
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


def ends_once(deltas: list[Delta]) -> bool:
    return [isinstance(d, End | Failure) for d in deltas] == [False] * (len(deltas) - 1) + [True]


@given(st.lists(st.binary(max_size=30)))
def test_any_bytes_end_in_one_end_or_failure(pieces: list[bytes]):
    assert ends_once(read(*pieces))


@given(st.lists(junk, max_size=4))
def test_any_values_end_in_one_end_or_failure(payloads: list[Any]):
    assert ends_once(read(*(b"data: " + json.dumps(p).encode() + b"\n\n" for p in payloads)))
    assert ends_once(read(*(json.dumps(p).encode() for p in payloads)))


# Writing.


def built(request: Request, name: str = "openai") -> dict[str, Any]:
    candidate = Candidate(provider=name, model="m", base_url="https://host/v1")
    return json.loads(ChatCompletions(provider(name)).build(request, candidate).content)


def asked(*messages: Message, **rest: Any) -> Request:
    return Request(messages=messages, route=Route(name="r", candidates=()), **rest)


HELLO = Message("user", (TextPart("Hi"),))


def test_only_what_is_set_is_sent():
    assert built(asked(HELLO)) == {
        "model": "m",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_parameters_are_written_by_the_habits_of_the_provider():
    p = Parameters(temperature=0, max_tokens=5, seed=7, stop=("x",), json_schema={"type": "object"}, extra={"top_k": 1})
    openai, mistral = built(asked(HELLO, parameters=p)), built(asked(HELLO, parameters=p), "mistral")
    assert (openai["temperature"], openai["max_completion_tokens"], openai["seed"]) == (0, 5, 7)
    assert (mistral["max_tokens"], mistral["random_seed"], mistral["top_k"]) == (5, 7, 1)
    assert "stream_options" not in mistral
    assert openai["response_format"]["type"] == "json_schema"
    assert built(asked(HELLO, parameters=p), "deepseek")["response_format"] == {"type": "json_object"}


def history(call_id: str, reasoning_by: str = "elsewhere") -> Request:
    return asked(
        HELLO,
        Message(
            "assistant",
            (
                ReasoningPart(text="Hm", provider=reasoning_by),
                ToolCall(id=call_id, name="f", arguments='{"x":1}'),
                ToolCall(id="unanswered", name="g", arguments="{}"),
            ),
        ),
        Message("tool", (ToolResult(call_id=call_id, name="f", content="42"),)),
        system="Be brief.",
        tools=(Tool(name="f", description="d", schema={"type": "object"}),),
    )


def test_a_tool_turn_is_written_with_its_result():
    messages = built(history("call_1"))["messages"]
    assert [m["role"] for m in messages] == ["system", "user", "assistant", "tool"]
    function = {"name": "f", "arguments": '{"x":1}'}
    assert messages[2] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
    }
    assert messages[3] == {"role": "tool", "tool_call_id": "call_1", "content": "42"}


@pytest.mark.parametrize("id", ["toolu_01AbCdEfGhIjKlMnOpQrStUv", "functions.add:0", "x" * 60, ""])
def test_a_foreign_tool_id_is_written_as_the_provider_takes_it(id: str):
    for name, longest in (("mistral", 9), ("openai", 40)):
        messages = built(history(id), name)["messages"]
        written = messages[2]["tool_calls"][0]["id"]
        assert messages[3]["tool_call_id"] == written
        assert 0 < len(written) <= longest
    assert built(history(id), "mistral")["messages"][3]["tool_call_id"].isalnum()


def test_reasoning_goes_back_to_the_provider_that_wants_its_own_and_to_no_other():
    assert built(history("c", "deepseek"), "deepseek")["messages"][2]["reasoning_content"] == "Hm"
    assert built(history("c", "elsewhere"), "deepseek")["messages"][2]["reasoning_content"] == ""
    assert "Hm" not in json.dumps(built(history("c", "openai"), "openai"))


def test_an_image_is_written_as_a_data_url():
    message = Message("user", (TextPart("What?"), Image("image/png", "QUJD")))
    assert built(asked(message))["messages"][0]["content"] == [
        {"type": "text", "text": "What?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}},
    ]


def test_a_partial_turn_is_marked_where_the_provider_wants_a_mark():
    request = asked(HELLO, Message("assistant", (TextPart("Ra"),)))
    assert built(request, "mistral")["messages"][-1] == {"role": "assistant", "content": "Ra", "prefix": True}
    assert built(request)["messages"][-1] == {"role": "assistant", "content": "Ra"}


@pytest.mark.parametrize(
    ("base_url", "url"),
    [
        ("https://host/v1", "https://host/v1/chat/completions"),
        ("https://host/v1/", "https://host/v1/chat/completions"),
        ("https://host/v1/chat/completions", "https://host/v1/chat/completions"),
        (
            "https://host/openai/deployments/d?api-version=2024-10-21",
            "https://host/openai/deployments/d/chat/completions?api-version=2024-10-21",
        ),
    ],
)
def test_the_address_is_built_from_the_base_url(base_url: str, url: str):
    candidate = Candidate(provider="openai", model="m", base_url=base_url)
    assert str(ChatCompletions(provider("openai")).build(asked(HELLO), candidate).url) == url
