import pytest

from engine.core.faults import Fault, Kind
from engine.core.request import Finish, Usage
from engine.providers.answer import WRONG_EVENTS, Answer, count
from engine.providers.base import Delta, End, Failure, Metered, Reasoning, Stopped, Text, ToolDelta

RESET = Fault(kind=Kind.CONNECT)


def ended(answer: Answer, broken: Fault | None = None) -> End | Failure:
    answer.conclude(broken)
    last = answer.take()[-1]
    assert isinstance(last, End | Failure)
    assert answer.over
    return last


def kind(delta: Delta) -> Kind | None:
    return delta.fault.kind if isinstance(delta, Failure) else None


def test_values_of_wrong_types_and_empty_ones_are_dropped():
    answer = Answer()
    for value in (None, "", 3, ["a"], {"text": "a"}):
        answer.text(value)
        answer.reasoning(value)
        answer.refusal(value)
        answer.model(value)
    answer.meter(Usage())
    assert answer.take() == []


def test_calls_are_numbered_in_the_order_of_their_first_part():
    answer = Answer()
    answer.call("b", id="1", name="one")
    answer.call(7, id="2")
    answer.call("b", arguments="{}")
    assert [delta.index for delta in answer.take() if isinstance(delta, ToolDelta)] == [0, 1, 0]


def test_a_stop_behind_a_call_is_for_the_call():
    answer = Answer()
    answer.call(0, name="weather")
    answer.stop(Finish.STOP, "stop")
    assert answer.take()[-1] == Stopped(Finish.TOOL_CALLS, "stop")


def test_what_was_said_already_is_not_said_again():
    answer = Answer()
    for _ in range(2):
        answer.stop(Finish.STOP, "stop")
        answer.meter(Usage(input=1))
    assert answer.take() == [Stopped(Finish.STOP, "stop"), Metered(Usage(input=1))]


@pytest.mark.parametrize(
    ("finish", "native", "expected"),
    [
        (Finish.STOP, "stop", Kind.EMPTY),
        (Finish.OTHER, "novel", Kind.EMPTY),
        (Finish.STOP, "stop_sequence", None),
        (Finish.LENGTH, "length", None),
        (Finish.CONTENT_FILTER, "safety", Kind.CONTENT_FILTER),
    ],
)
def test_a_finish_reason_without_output_is_judged_by_its_kind(finish: Finish, native: str, expected: Kind | None):
    answer = Answer()
    answer.text(" \n")
    answer.stop(finish, native)
    assert kind(ended(answer)) is expected


def test_a_thought_alone_is_no_answer():
    answer = Answer()
    answer.reasoning("Hm.")
    answer.stop(Finish.STOP, "stop")
    assert kind(ended(answer)) is Kind.EMPTY


def test_an_end_mark_makes_up_for_a_finish_reason_where_there_is_output():
    answer = Answer()
    answer.text("a")
    answer.marked = True
    assert ended(answer) == End("The stream ended without a finish reason.")


def test_an_end_mark_alone_is_an_empty_answer():
    answer = Answer()
    answer.marked = True
    assert kind(ended(answer)) is Kind.EMPTY


def test_a_broken_connection_fails_only_what_was_not_finished():
    half, whole = Answer(), Answer()
    half.text("a")
    whole.text("a")
    whole.stop(Finish.STOP, "stop")
    assert ended(half, RESET) == Failure(RESET)
    assert ended(whole, RESET) == End()


def test_skipped_events_are_told_and_too_many_end_the_answer():
    few, many = Answer(), Answer()
    few.text("a")
    few.stop(Finish.STOP, "stop")
    for _ in range(WRONG_EVENTS):
        few.wrong()
        many.wrong()
    assert "skipped: 3." in getattr(ended(few), "warning", "")
    assert not many.over
    many.wrong()
    assert kind(many.take()[-1]) is Kind.MALFORMED


def test_the_end_of_another_decoder_is_the_end_of_this_one():
    answer = Answer()
    answer.adopt([Reasoning("Hm."), Text("a"), End()])
    answer.conclude()
    assert answer.take() == [Reasoning("Hm."), Text("a"), End()]


@pytest.mark.parametrize(
    ("value", "tokens"),
    [(3, 3), (3.0, 3), (0, 0), (-1, None), (True, None), ("3", None), (float("nan"), None), (float("inf"), None)],
)
def test_a_count_of_tokens_is_a_number_that_one_can_count_to(value: object, tokens: int | None):
    assert count(value) == tokens
