"""The finer points of the plan and of the clocks, one rule each."""

import pytest
from msgspec.structs import replace

from engine.core import events as e
from engine.core.faults import Cause, Kind
from engine.core.repair import left_out, refused_part, repaired
from engine.core.request import Capabilities, Clocks, Finish, Midstream, Parameters, Tool, ask
from tests.engine.core.playing import (
    DONE,
    SKIP,
    STOP,
    Beat,
    World,
    candidate,
    fault,
    finished,
    gaps,
    play,
    route,
    rules,
    send,
    told,
)  # fmt: skip

OPENAI, CLAUDE = candidate("openai", "gpt"), candidate("anthropic", "claude")
POOL = candidate("openai", "gpt", keys=("env:A", "env:B"))
ONE = candidate("openai", "gpt", keys=("env:A",))
HI = ["Hi", DONE]


def test_a_retry_may_not_begin_behind_the_total_clock():
    run = play(route(ONE, CLAUDE, total=3.0), [fault(Kind.RATE_LIMIT, wait_hint=4.0)], HI)
    assert told(run) == [(0, "env:A"), (1, "")]


def test_a_backoff_longer_than_the_longest_wait_is_not_sat_out():
    run = play(route(POOL, CLAUDE, backoff=600.0, backoff_cap=600.0, longest_wait=2.0), [fault(Kind.RATE_LIMIT)], HI)
    assert told(run) == [(0, "env:A"), (0, "env:B")]
    assert gaps(run)[0] <= 2


def test_behind_the_first_text_the_last_candidate_is_not_asked_before_the_time_it_named():
    run = play(route(OPENAI), ["Half", fault(Kind.RATE_LIMIT, wait_hint=60.0)])
    assert (told(run), run.outcome) == ([(0, "")], e.Outcome.PARTIAL)
    assert run.trail[-1].available_at == pytest.approx(60)
    run = play(route(OPENAI), ["Half", fault(Kind.RATE_LIMIT, wait_hint=6.0)], HI)
    assert gaps(run) == [pytest.approx(6)]


def test_behind_the_first_text_the_last_candidate_is_not_asked_again_by_a_fault_that_no_retry_mends():
    run = play(route(ONE), ["Half", fault(Kind.AUTH)])
    assert (told(run), run.text) == ([(0, "env:A")], "Half")


def test_white_space_alone_commits_to_nothing():
    run = play(route(OPENAI, CLAUDE), ["\n\n", fault(Kind.SERVER)], HI)
    assert told(run) == [(0, ""), (0, "")]
    assert run.attempts[0].superseded is not None
    assert play(route(OPENAI, attempts=1), ["\n", fault(Kind.SERVER)]).outcome is e.Outcome.FAILED


def test_the_providers_word_against_a_retry_holds_also_for_a_limit():
    run = play(route(ONE, CLAUDE), [fault(Kind.RATE_LIMIT, wait_hint=1.0, retry=False)], HI)
    assert told(run) == [(0, "env:A"), (1, "")]


def test_a_refused_key_rests_for_long_whatever_wait_is_named():
    run = play(route(ONE, CLAUDE), [fault(Kind.AUTH, wait_hint=2.0)], HI)
    assert run.benches[0].until == pytest.approx(3600)


def test_a_candidate_that_names_a_long_wait_rests_for_it():
    run = play(route(ONE, CLAUDE), [fault(Kind.OVERLOADED, wait_hint=60.0)], HI)
    assert told(run) == [(0, "env:A"), (1, "")]
    assert [(b.model, b.until) for b in run.benches] == [("gpt", pytest.approx(60))]


def test_what_is_on_screen_is_kept_rather_than_what_was_withdrawn():
    run = play(route(OPENAI, CLAUDE), ["First", fault(Kind.TRUNCATED)], ["Second", STOP])
    assert (run.outcome, run.text) == (e.Outcome.STOPPED, "Second")


def test_a_finished_answer_is_no_victim_of_the_attempts_own_total_clock():
    brief = candidate("openai", "gpt", clocks=Clocks(total=5.0))
    run = play(route(brief), [4.5, "Whole", finished(Finish.STOP)])
    assert (run.outcome, run.ended) == (e.Outcome.ANSWERED, pytest.approx(5.5))
    cut = play(route(brief), ["Half", 9.0])
    assert cut.attempts[0].fault.kind is Kind.TOTAL


def test_a_finish_by_the_filter_without_an_end_mark_is_the_filters():
    run = play(route(OPENAI, CLAUDE), ["Half", finished(Finish.CONTENT_FILTER)])
    assert (run.attempts[0].fault.kind, run.outcome) == (Kind.CONTENT_FILTER, e.Outcome.PARTIAL)


def test_a_stop_behind_a_whole_answer_leaves_it_whole():
    world = World(ask("Why?", route(OPENAI)), [["Hi", 1.0]])
    world.settle()
    world.step()
    world.emit(e.Completed(run="r1", at=world.now, attempt=1))
    world.emit(e.StopAsked(run="r1", at=world.now))
    assert world.play().outcome is e.Outcome.ANSWERED


def test_a_candidate_that_was_skipped_is_asked_no_more():
    run = play(route(POOL, CLAUDE), [fault(Kind.RATE_LIMIT)], [SKIP], HI)
    assert told(run) == [(0, "env:A"), (0, "env:B"), (1, "")]
    assert "SKIPPED" in rules(run)


def test_a_continuation_rotates_its_key_and_stays_a_continuation():
    able = candidate("anthropic", "claude", keys=("env:C", "env:D"), capabilities=Capabilities(prefill=True))
    half = ["Half", fault(Kind.TRUNCATED)]
    run = play(route(OPENAI, able, midstream=Midstream.CONTINUE), half, [fault(Kind.AUTH)], [" done", DONE])
    assert told(run) == [(0, ""), (1, "env:C"), (1, "env:D")]
    assert (run.attempts[2].continues, run.text) == (1, "Half done")


def test_a_continuation_is_not_raced_by_one_that_begins_anew():
    able = candidate("anthropic", "claude", capabilities=Capabilities(prefill=True))
    half = ["Half", fault(Kind.TRUNCATED)]
    three = route(OPENAI, able, candidate("gemini", "g"), midstream=Midstream.CONTINUE, hedge_delay=1.0)
    run = play(three, half, [5.0, " done", DONE], HI)
    assert (told(run), run.text) == ([(0, ""), (1, "")], "Half done")


def test_nothing_is_handed_on_where_tools_may_be_called():
    able = candidate("anthropic", "claude", capabilities=Capabilities(prefill=True))
    policy = route(OPENAI, able, midstream=Midstream.CONTINUE)
    request = replace(ask("Why?", policy), tools=(Tool(name="look"),))
    run = send(request, ["Half", fault(Kind.TRUNCATED)], HI)
    assert (run.attempts[1].continues, run.text) == (None, "Hi")


def test_a_drip_is_not_left_for_a_candidate_that_rests():
    resting = e.Bench(provider="anthropic", model="claude", since=-1.0, until=90.0, kind=Kind.SERVER)
    drip = [*[beat for _ in range(20) for beat in ("ab", 1.0)], DONE]
    assert told(play(route(OPENAI, CLAUDE, floor=5.0), drip, HI, benches=(resting,))) == [(0, "")]


def held(seconds: float) -> Beat:
    return lambda number, at: e.Held(run="r1", at=at, attempt=number, seconds=seconds)


def test_the_time_in_which_we_did_not_read_counts_against_no_clock():
    assert told(play(route(OPENAI, CLAUDE), [6.0, held(5.0), 8.0, "Hi", DONE])) == [(0, "")]
    assert told(play(route(OPENAI, CLAUDE), ["Hi", 9.0, held(9.0), 9.0, "Hi", DONE])) == [(0, "")]
    slow = ["long enough to pass " * 5, 10.0, "x", 5.0, held(5.0), 6.0, "long enough to pass " * 5, DONE]
    assert told(play(route(OPENAI, CLAUDE, floor=5.0, idle=30.0), slow)) == [(0, "")]


def test_a_name_inside_another_name_is_not_taken_for_it():
    request = ask("Why?", route(OPENAI), parameters=Parameters(seed=1, stop=("x",)))
    for words in ("seedling is unknown", "non-stop streaming is unknown", "metadata.seed"):
        assert refused_part(request, fault(Kind.BAD_REQUEST, Cause.PARAMETER, detail=words)) is None
    named = fault(Kind.BAD_REQUEST, Cause.PARAMETER, detail="`stop_sequences` is not supported")
    assert refused_part(request, named) == "stop"
    assert repaired(request, ("stop",)).parameters.stop == ()


def test_what_one_candidate_refuses_is_sent_to_the_others():
    run = play(route(OPENAI, CLAUDE), HI)
    assert left_out(run, 0) == ()
