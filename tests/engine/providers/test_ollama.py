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
    ToolCall,
    ToolResult,
    Usage,
)
from engine.core.request import Text as TextPart
from engine.providers.base import Delta, End, Failure, Metered, Model, Reasoning, Stopped, Text, ToolDelta
from engine.providers.catalog import provider
from engine.providers.ollama import Ollama, OllamaDecoder


def line(message: dict[str, Any] | None = None, **rest: Any) -> bytes:
    return json.dumps({"model": "m", "done": False} | rest | ({"message": message} if message else {})).encode() + b"\n"


DONE = line({"content": ""}, done=True, done_reason="stop", prompt_eval_count=3, eval_count=5)
ENDING = [Metered(Usage(input=3, output=5)), Stopped(Finish.STOP, "stop"), End()]


def read(*pieces: bytes, broken: Fault | None = None) -> list[Delta]:
    decoder = OllamaDecoder()
    return [delta for piece in pieces for delta in decoder.feed(piece)] + decoder.finish(broken)


def test_an_answer_is_read_wherever_it_is_cut():
    body = line({"content": "", "thinking": "Hm é"}) + line({"content": "Hi 👋"}) + DONE
    expected = [Model("m"), Reasoning("Hm é"), Text("Hi 👋"), *ENDING]
    assert read(body) == expected
    for cut in range(len(body)):
        assert read(body[:cut], body[cut:]) == expected


def test_the_last_line_needs_no_line_end():
    assert read(line({"content": "Hi"}), DONE.rstrip())[-1] == End()


def test_an_older_server_that_names_no_reason_has_stopped():
    assert read(line({"content": "Hi"}, done=True))[-2:] == [Stopped(Finish.STOP, ""), End()]


def test_a_tool_call_comes_whole_and_is_given_an_id():
    calls = [{"function": {"name": "f", "arguments": {"x": 1}}}, {"id": "c", "function": {"name": "g"}}]
    answer = read(line({"content": "", "tool_calls": calls}), DONE)
    assert [d for d in answer if isinstance(d, ToolDelta)] == [
        ToolDelta(index=0, id="call_0", name="f", arguments='{"x":1}'),
        ToolDelta(index=1, id="c", name="g", arguments="{}"),
    ]
    assert Stopped(Finish.TOOL_CALLS, "stop") in answer


def test_an_error_line_is_a_fault_of_the_stream():
    last = read(line({"content": "Hi"}), b'{"error": "model runner has unexpectedly stopped"}\n')[-1]
    assert isinstance(last, Failure)
    assert last.fault.in_stream
    assert "unexpectedly" in last.fault.detail


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", Kind.EMPTY),
        (line({"content": "Hi"}), Kind.TRUNCATED),
        (line({"content": ""}, done=True, done_reason="stop"), Kind.EMPTY),
        (line(done=True, done_reason="load"), Kind.EMPTY),
        (b"<html>", Kind.MALFORMED),
        (b"x\n" * 4, Kind.MALFORMED),
    ],
)
def test_what_is_no_whole_answer_is_a_failure(body: bytes, kind: Kind):
    last = read(body)[-1]
    assert isinstance(last, Failure)
    assert last.fault.kind is kind


def test_a_broken_connection_is_told_as_what_it_is():
    reset = Fault(kind=Kind.CONNECT, cause=Cause.RESET)
    assert read(line({"content": "Hi"}), broken=reset)[-1] == Failure(reset)


@given(st.lists(st.binary(max_size=30)))
def test_any_bytes_end_in_one_end_or_failure(pieces: list[bytes]):
    deltas = read(*pieces)
    assert [isinstance(d, End | Failure) for d in deltas] == [False] * (len(deltas) - 1) + [True]


def built(*messages: Message, base_url: str = "http://127.0.0.1:11434", **rest: Any) -> tuple[str, dict[str, Any]]:
    request = Request(messages=messages, route=Route(name="r", candidates=()), **rest)
    wire = Ollama(provider("ollama")).build(request, Candidate(provider="ollama", model="m", base_url=base_url))
    return str(wire.url), json.loads(wire.content)


@pytest.mark.parametrize("base_url", ["http://h:1", "http://h:1/", "http://h:1/v1", "http://h:1/api"])
def test_the_address_is_built_from_the_base_url(base_url: str):
    assert built(Message("user", (TextPart("Hi"),)), base_url=base_url)[0] == "http://h:1/api/chat"


def test_parameters_stand_among_the_options():
    p = Parameters(temperature=0.5, max_tokens=9, stop=("x",), reasoning_effort="none", json_schema={"type": "object"})
    body = built(Message("user", (TextPart("Hi"),)), parameters=p, system="Be brief.")[1]
    assert body["options"] == {"temperature": 0.5, "num_predict": 9, "stop": ["x"]}
    assert body["think"] is False
    assert body["format"] == {"type": "object"}
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}


def test_images_and_tool_turns_are_written_in_its_own_form():
    body = built(
        Message("user", (TextPart("Hi"), Image("image/png", "QUJD"))),
        Message("assistant", (ToolCall(id="c", name="f", arguments='{"x":1}'),)),
        Message("tool", (ToolResult(call_id="c", name="f", content="42"),)),
    )[1]
    assert body["messages"] == [
        {"role": "user", "content": "Hi", "images": ["QUJD"]},
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "f", "arguments": {"x": 1}}}]},
        {"role": "tool", "content": "42", "tool_name": "f"},
    ]
