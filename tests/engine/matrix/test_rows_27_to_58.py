"""The matrix of faults, rows 27 to 58: refusals, broken and strange streams, endings."""

from pathlib import Path

import pytest

from engine.core import events as e
from engine.core.faults import Cause, Fault, Kind
from engine.core.repair import repaired
from engine.core.request import (
    Capabilities,
    Finish,
    Message,
    Midstream,
    OnFilter,
    Parameters,
    Request,
    Text,
    ToolCall,
    ToolResult,
    ask,
)
from engine.lab import beats as b
from tests.engine.core.playing import (
    DONE,
    ENDS,
    called,
    candidate,
    fault,
    finished,
    gaps,
    play,
    route,
    rules,
    send,
    thought,
    told,
)
from tests.engine.matrix.stage import GOOD, kinds, stage
from tests.virtual_time import in_virtual_time

OPENAI = candidate("openai", "gpt", keys=("env:A", "env:B"))
CLAUDE = candidate("anthropic", "claude")
HI = ["Hi", DONE]
FIRST, SECOND = (0, "env:A"), (1, "")
HALF = b.Say(text="Half an answer", rate=0)


@pytest.mark.parametrize(
    ("play_of", "kind", "tries"),
    [
        ((b.Status(code=404, body="Not Found"),), "bad_request/address", 1),
        ((b.Page(),), "malformed/page", 2),
        ((b.Status(code=503, body="<html><title>Proxy</title></html>"),), "overloaded/page", 3),
    ],
)
def test_row_27_a_wrong_address_or_a_page_is_left_with_a_hint(tmp_path: Path, play_of: b.Play, kind: str, tries: int):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            run = await s.ask(s.candidate(play_of, keys=("a", "b")), s.candidate())
            assert s.asked() == ["c1:a"] * tries + ["c2"]
            assert kinds(run) == [kind] * tries

    scene()


def test_row_28_a_prompt_too_long_goes_to_a_larger_window_or_ends():
    small, large = (candidate(p, p, context_window=w) for p, w in (("a", 8_000), ("b", 200_000)))
    long = fault(Kind.CONTEXT_WINDOW, status=400)
    assert told(play(route(small, large), [long], HI)) == [(0, ""), (1, "")]
    ended = play(route(large, small), [long])
    assert told(ended) == [(0, "")]
    assert ended.outcome is e.Outcome.FAILED


def test_row_29_a_request_too_large_goes_to_the_next():
    run = play(route(OPENAI, CLAUDE), [fault(Kind.TOO_LARGE, status=413)], HI)
    assert told(run) == [FIRST, SECOND]
    assert gaps(run) == [0]


def test_row_30_a_filter_ends_the_run_or_goes_on_where_the_route_says_so():
    filtered = fault(Kind.CONTENT_FILTER)
    assert told(play(route(OPENAI, CLAUDE), [filtered])) == [FIRST]
    kept = play(route(OPENAI, CLAUDE), ["Half", filtered])
    assert (kept.outcome, kept.text, kept.trail[-1].rule) == (e.Outcome.PARTIAL, "Half", e.Rule.KEEP_PARTIAL)
    on = play(route(OPENAI, CLAUDE, on_content_filter=OnFilter.NEXT), ["Half", filtered], HI)
    assert (told(on), on.text) == ([FIRST, SECOND], "Hi")


def with_parameters(**parameters: object) -> Request:
    return ask("Why?", route(OPENAI, CLAUDE), parameters=Parameters(**parameters))


UNSUPPORTED = Fault(
    kind=Kind.BAD_REQUEST, cause=Cause.PARAMETER, status=400,
    detail="Unsupported parameter: 'temperature' is not supported with this model.",
)  # fmt: skip


def test_row_31_an_unsupported_parameter_is_left_out_once_and_said_so():
    run = send(with_parameters(temperature=0.3, seed=1), [UNSUPPORTED], HI)
    assert told(run) == [FIRST, FIRST]
    assert gaps(run) == [0]
    assert run.attempts[1].without == ("temperature",)
    assert run.attempts[1].rule is e.Rule.REPAIRED
    assert run.attempts[1].why.endswith("It is asked again without temperature.")
    sent = repaired(run.request, run.attempts[1].without).parameters
    assert (sent.temperature, sent.seed) == (None, 1)


def test_row_31_the_same_refusal_again_goes_to_the_next_with_the_whole_request():
    run = send(with_parameters(temperature=0.3), [UNSUPPORTED], [UNSUPPORTED], HI)
    assert told(run) == [FIRST, FIRST, SECOND]
    assert run.attempts[2].without == ()


def test_row_31_what_was_left_out_stays_out_for_later_tries_of_the_same_candidate():
    run = send(with_parameters(temperature=0.3), [UNSUPPORTED], [fault(Kind.SERVER)], HI)
    assert told(run) == [FIRST] * 3
    assert run.attempts[2].without == ("temperature",)


def test_row_31_a_parameter_that_is_not_set_or_not_named_goes_to_the_next():
    assert told(send(with_parameters(seed=1), [UNSUPPORTED], HI)) == [FIRST, SECOND]
    assert told(send(with_parameters(json_schema={"type": "object"}), [UNSUPPORTED], HI)) == [FIRST, SECOND]


def test_row_31_the_wire_names_of_a_parameter_and_extras_are_known():
    limit = Fault(kind=Kind.BAD_REQUEST, cause=Cause.PARAMETER, detail="Unsupported: max_completion_tokens")
    assert send(with_parameters(max_tokens=9), [limit], HI).attempts[1].without == ("max_tokens",)
    extra = Fault(kind=Kind.BAD_REQUEST, cause=Cause.PARAMETER, detail="Unknown field `min_p`")
    run = send(with_parameters(extra={"min_p": 0.1, "top_k": 3}), [extra], HI)
    assert repaired(run.request, run.attempts[1].without).parameters.extra == {"top_k": 3}


def test_row_31_the_request_on_the_wire_lacks_the_parameter(tmp_path: Path):
    @in_virtual_time
    async def scene() -> None:
        body = '{"error":{"message":"Unsupported parameter: \'temperature\'","type":"invalid_request_error",'
        body += '"param":"temperature","code":"unsupported_parameter"}}'
        async with stage(tmp_path) as s:
            one = s.candidate((b.Status(code=400, body=body),), GOOD)
            await s.send(ask("Why?", s.route(one), parameters=Parameters(temperature=0.3)))
            first, second = (entry.body or "" for entry in s.lab.log.requests())
            assert "temperature" in first
            assert "temperature" not in second

    scene()


def test_row_32_any_other_fault_of_the_callers_ends_the_run():
    run = play(route(OPENAI, CLAUDE), [fault(Kind.BAD_REQUEST, status=422)])
    assert told(run) == [FIRST]
    assert rules(run)[-1] == "ABORT"


def test_row_33_a_refused_continuation_starts_again_without_it():
    able = candidate("anthropic", "claude", capabilities=Capabilities(prefill=True))
    refused = fault(Kind.BAD_REQUEST, Cause.PREFILL)
    half = ["Half", fault(Kind.TRUNCATED)]
    run = play(route(OPENAI, able, midstream=Midstream.CONTINUE), half, [refused], HI)
    assert told(run) == [FIRST, SECOND, SECOND]
    assert [a.continues for a in run.attempts] == [None, 1, None]
    assert run.text == "Hi"


def test_row_33_a_continuation_that_meets_a_passing_fault_is_retried_as_a_continuation():
    able = candidate("anthropic", "claude", capabilities=Capabilities(prefill=True))
    half = ["Half", fault(Kind.TRUNCATED)]
    run = play(route(OPENAI, able, midstream=Midstream.CONTINUE), half, [fault(Kind.SERVER)], [" done", DONE])
    assert [a.continues for a in run.attempts] == [None, 1, 1]
    assert 0 < gaps(run)[1] <= 0.5
    assert run.text == "Half done"


def test_row_33_a_partial_turn_of_the_users_own_is_left_out_once():
    turns = (Message("user", (Text("Why?"),)), Message("assistant", (Text("Because"),)))
    request = Request(messages=turns, route=route(OPENAI, CLAUDE))
    run = send(request, [fault(Kind.BAD_REQUEST, Cause.PREFILL)], HI)
    assert told(run) == [FIRST, FIRST]
    assert repaired(request, run.attempts[1].without).messages == turns[:1]


def test_row_34_a_refused_tool_schema_goes_to_the_next():
    assert told(play(route(OPENAI, CLAUDE), [fault(Kind.BAD_REQUEST, Cause.TOOL_SCHEMA)], HI)) == [FIRST, SECOND]


def test_row_39_a_cut_answer_is_kept_or_handed_on_where_the_route_says_so():
    cut = ["Half", fault(Kind.SERVER)]
    kept = play(route(OPENAI, CLAUDE, midstream=Midstream.KEEP), cut)
    assert (told(kept), kept.text, kept.outcome) == ([FIRST], "Half", e.Outcome.PARTIAL)


def test_row_40_a_permanent_error_behind_text_keeps_the_text_with_its_reason():
    run = play(route(OPENAI, CLAUDE), ["Half", fault(Kind.BAD_REQUEST, detail="No more.")])
    assert (told(run), run.text, run.outcome) == ([FIRST], "Half", e.Outcome.PARTIAL)
    assert "No more." in run.trail[-1].why


def test_row_41_a_call_that_was_cut_is_superseded_and_never_handed_on():
    able = candidate("anthropic", "claude", capabilities=Capabilities(prefill=True))
    cut = ["Let me see.", called('{"x"'), fault(Kind.TRUNCATED)]
    run = play(route(OPENAI, able, midstream=Midstream.CONTINUE), cut, HI)
    assert run.attempts[1].continues is None
    assert run.attempts[0].superseded is not None
    assert run.answer.tool_calls == ()


def test_row_46_a_stall_before_the_first_output_moves_on():
    assert told(play(route(OPENAI, CLAUDE), [], HI)) == [FIRST, SECOND]


def test_row_47_the_total_clock_ends_the_run_with_its_trail_and_what_was_said():
    silent = play(route(OPENAI, CLAUDE, total=15.0), [], [])
    assert (silent.outcome, silent.ended) == (e.Outcome.FAILED, pytest.approx(15))
    assert [a.fault.kind for a in silent.attempts] == [Kind.FIRST_TOKEN, Kind.TOTAL]
    spoken = play(route(OPENAI, CLAUDE, total=15.0), [8.0, "Half", 9.0, "more"])
    assert (spoken.outcome, spoken.text) == (e.Outcome.PARTIAL, "Half")


def test_row_47_an_answer_that_is_there_is_not_lost_to_the_total_clock():
    run = play(route(OPENAI, total=15.0, first_token=20.0), [14.5, "Whole", finished(Finish.STOP)])
    assert (run.outcome, run.text, run.ended) == (e.Outcome.ANSWERED, "Whole", pytest.approx(15))


def behind_a_tool() -> Request:
    turns = (
        Message("user", (Text("Look."),)),
        Message("assistant", (ToolCall(id="c1", name="look", arguments="{}"),)),
        Message("tool", (ToolResult(call_id="c1", name="look", content="seen"),)),
    )
    return Request(messages=turns, route=route(OPENAI, CLAUDE))


def test_row_49_behind_a_tools_result_an_empty_answer_is_whole():
    empty = fault(Kind.EMPTY, in_stream=True)
    run = send(behind_a_tool(), [thought("hm"), finished(Finish.STOP), empty])
    assert (run.outcome, told(run), run.served_by) == (e.Outcome.ANSWERED, [FIRST], 1)
    torn = send(behind_a_tool(), [empty], HI)
    assert told(torn) == [FIRST, FIRST]


def test_row_49_an_empty_answer_whose_end_mark_is_missing_is_empty_all_the_same():
    run = play(route(OPENAI, CLAUDE), ["\n", finished(Finish.STOP)], ["\n", finished(Finish.STOP)], HI)
    assert told(run) == [FIRST, FIRST, SECOND]
    assert [a.fault.kind for a in run.attempts[:2]] == [Kind.EMPTY] * 2


def test_row_50_a_call_that_the_limit_cut_is_flagged_and_must_not_be_executed():
    run = play(route(OPENAI), [called('{"x": [1, 2'), finished(Finish.LENGTH), ENDS])
    assert (run.outcome, run.attempts[0].finish) == (e.Outcome.ANSWERED, Finish.LENGTH)
    assert "must not be executed" in run.attempts[0].warning


def test_row_51_whole_arguments_of_a_call_are_good_also_in_parts_and_when_empty():
    for parts in (['{"x"', ": 1}"], [""], []):
        run = play(route(OPENAI), [called(""), *map(called, parts), finished(Finish.TOOL_CALLS), ENDS])
        assert run.outcome is e.Outcome.ANSWERED
    run = play(route(OPENAI, CLAUDE), [called("[1]"), finished(Finish.TOOL_CALLS), ENDS], HI)
    assert told(run) == [FIRST, SECOND]


def test_row_58_the_same_piece_a_hundred_times_is_stopped_and_kept():
    run = play(route(OPENAI, CLAUDE), ["Well. ", *["again "] * 300, DONE], HI)
    assert told(run) == [FIRST]
    assert run.outcome is e.Outcome.PARTIAL
    assert run.text == "Well. " + "again " * 100
    assert run.attempts[0].fault.cause is Cause.RUNAWAY


def test_row_58_short_pieces_and_interrupted_repetitions_are_no_runaway():
    calm = ["-"] * 300
    varied = [piece for _ in range(80) for piece in ("row ", "row ", "line ")]
    assert play(route(OPENAI), [*calm, *varied, DONE]).outcome is e.Outcome.ANSWERED
