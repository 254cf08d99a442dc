"""The policy by scripted facts, in virtual time."""

import pytest

from engine.core import events as e
from engine.core.faults import Cause, Kind
from engine.core.request import Capabilities, Clocks, Midstream, OnFilter, OnOverflow
from tests.engine.core.playing import DONE, SKIP, STOP, candidate, fault, gaps, play, route, rules, told

OPENAI = candidate("openai", "gpt")
CLAUDE = candidate("anthropic", "claude")
TWO_KEYS = candidate("openai", "gpt", keys=("env:A", "env:B"))


def test_a_calm_run_is_one_attempt():
    run = play(route(OPENAI, CLAUDE), ["Because ", "of Rayleigh.", DONE])
    assert run.outcome is e.Outcome.ANSWERED
    assert run.text == "Because of Rayleigh."
    assert told(run) == [(0, "")]
    assert run.served_by == 1


def test_a_server_error_is_retried_with_growing_backoff_then_the_next_candidate_is_asked():
    down = fault(Kind.SERVER, status=503)
    run = play(route(OPENAI, CLAUDE), [down], [down], [down], ["Hi", DONE])
    assert told(run) == [(0, ""), (0, ""), (0, ""), (1, "")]
    first, second, third = gaps(run)
    assert 0 <= first <= 0.5
    assert 0 <= second <= 1.0
    assert third == 0
    assert "RETRIES_EXHAUSTED" in rules(run)


def test_retries_start_anew_for_each_candidate():
    down = fault(Kind.SERVER)
    run = play(route(OPENAI, CLAUDE), *[[down]] * 6)
    assert told(run) == [(0, "")] * 3 + [(1, "")] * 3
    assert run.outcome is e.Outcome.FAILED
    assert all(gap <= 1.0 for gap in gaps(run)[3:])


def test_a_rate_limit_rotates_to_the_next_key_and_that_key_is_used():
    limited = fault(Kind.RATE_LIMIT, status=429, wait_hint=20.0)
    run = play(route(TWO_KEYS), [limited], ["Hi", DONE])
    assert told(run) == [(0, "env:A"), (0, "env:B")]
    assert run.outcome is e.Outcome.ANSWERED
    assert gaps(run)[0] <= 0.5
    assert run.benches[0].key == "env:A"
    assert run.benches[0].until == pytest.approx(20.0)


def test_rotations_do_not_count_as_attempts():
    limited, down = fault(Kind.RATE_LIMIT), fault(Kind.SERVER)
    run = play(route(TWO_KEYS, attempts=3), [limited], [down], [down], [down])
    assert told(run) == [(0, "env:A"), (0, "env:B"), (0, "env:B"), (0, "env:B")]


def test_a_dead_key_costs_no_wait_and_no_attempt():
    run = play(route(TWO_KEYS, attempts=1), [fault(Kind.AUTH, status=401)], ["Hi", DONE])
    assert told(run) == [(0, "env:A"), (0, "env:B")]
    assert gaps(run) == [0.0]


def test_when_every_key_is_dead_the_next_candidate_is_asked():
    dead = fault(Kind.AUTH)
    run = play(route(TWO_KEYS, CLAUDE), [dead], [dead], ["Hi", DONE])
    assert told(run) == [(0, "env:A"), (0, "env:B"), (1, "")]


def test_a_short_wait_that_is_asked_for_is_sat_out_on_a_single_key():
    run = play(route(candidate(keys=("env:A",)), CLAUDE), [fault(Kind.RATE_LIMIT, wait_hint=2.0)], ["Hi", DONE])
    assert told(run) == [(0, "env:A"), (0, "env:A")]
    assert gaps(run)[0] == pytest.approx(2.0)
    wait = next(d for d in run.trail if isinstance(d, e.WaitStarted))
    assert wait.asked


def test_a_long_wait_moves_on_at_once_and_cools_the_key():
    run = play(route(candidate(keys=("env:A",)), CLAUDE), [fault(Kind.RATE_LIMIT, wait_hint=60.0)], ["Hi", DONE])
    assert told(run) == [(0, "env:A"), (1, "")]
    assert gaps(run) == [0.0]
    assert run.benches[0].until == pytest.approx(60.0)


def test_all_keys_limited_waits_for_the_soonest():
    run = play(
        route(TWO_KEYS, CLAUDE),
        [fault(Kind.RATE_LIMIT, wait_hint=8.0)],
        [fault(Kind.RATE_LIMIT, wait_hint=3.0)],
        ["Hi", DONE],
    )
    assert told(run) == [(0, "env:A"), (0, "env:B"), (0, "env:B")]
    assert gaps(run)[1] == pytest.approx(3.0)


def test_silence_is_never_asked_twice():
    run = play(route(OPENAI, CLAUDE, first_token=10.0), [], ["Hi", DONE])
    assert told(run) == [(0, ""), (1, "")]
    assert run.attempts[0].fault is not None
    assert run.attempts[0].fault.kind is Kind.FIRST_TOKEN
    assert run.attempts[0].ended == pytest.approx(10.0)


def test_a_candidates_own_clock_wins():
    slow = candidate("local", "small", clocks=Clocks(first_token=120.0))
    run = play(route(slow, total=500.0), [100.0, "Hi", DONE])
    assert run.outcome is e.Outcome.ANSWERED


def test_a_stall_in_mid_answer_supersedes_and_restarts_elsewhere():
    run = play(route(OPENAI, CLAUDE), ["Half an ans"], ["Whole.", DONE])
    assert run.text == "Whole."
    assert run.attempts[0].superseded is not None
    assert run.attempts[0].fault is not None
    assert run.attempts[0].fault.kind is Kind.IDLE
    assert rules(run)[-3:] == ["RESTART", "RESTART", "ANSWERED"]


def test_a_cut_in_mid_answer_restarts_on_the_last_candidate_when_no_other_is_left():
    run = play(route(OPENAI), ["Half", fault(Kind.TRUNCATED)], ["Whole", DONE])
    assert told(run) == [(0, ""), (0, "")]
    assert run.text == "Whole"


def test_keep_ends_with_the_partial_text():
    run = play(route(OPENAI, CLAUDE, midstream=Midstream.KEEP), ["Half", fault(Kind.TRUNCATED)])
    assert run.outcome is e.Outcome.PARTIAL
    assert run.text == "Half"
    assert len(run.attempts) == 1


def test_continue_hands_the_partial_text_to_a_candidate_that_takes_one():
    able = candidate("anthropic", "claude", capabilities=Capabilities(prefill=True))
    run = play(route(OPENAI, able, midstream=Midstream.CONTINUE), ["Half", fault(Kind.TRUNCATED)], [" done", DONE])
    assert run.text == "Half done"
    assert run.attempts[1].continues == 1
    assert run.attempts[0].superseded is None


def test_a_refused_continuation_starts_again_without_it():
    able = candidate("anthropic", "claude", capabilities=Capabilities(prefill=True))
    refused = fault(Kind.BAD_REQUEST, Cause.PREFILL)
    run = play(
        route(OPENAI, able, midstream=Midstream.CONTINUE), ["Half", fault(Kind.TRUNCATED)], [refused], ["Whole", DONE]
    )
    assert told(run) == [(0, ""), (1, ""), (1, "")]
    assert run.text == "Whole"
    assert run.attempts[0].superseded is not None


def test_when_all_fail_the_newest_partial_text_is_kept():
    run = play(route(OPENAI, CLAUDE, attempts=1), ["Half", fault(Kind.TRUNCATED)], [fault(Kind.SERVER)])
    assert run.outcome is e.Outcome.PARTIAL
    assert run.text == "Half"


def test_a_fault_that_no_candidate_can_mend_ends_the_run_at_once():
    run = play(route(OPENAI, CLAUDE), [fault(Kind.BAD_REQUEST, status=400)])
    assert run.outcome is e.Outcome.FAILED
    assert told(run) == [(0, "")]
    assert rules(run)[-1] == "ABORT"


def test_a_wrong_address_moves_on():
    run = play(route(OPENAI, CLAUDE), [fault(Kind.BAD_REQUEST, Cause.ADDRESS)], ["Hi", DONE])
    assert told(run) == [(0, ""), (1, "")]


def test_an_overflow_goes_to_a_larger_or_unknown_window_only():
    small = candidate("openai", "small", context_window=8_000)
    same = candidate("groq", "same", context_window=8_000)
    large = candidate("gemini", "large", context_window=1_000_000)
    run = play(route(small, same, large), [fault(Kind.CONTEXT_WINDOW)], ["Hi", DONE])
    assert told(run) == [(0, ""), (2, "")]
    skipped = next(d for d in run.trail if isinstance(d, e.CandidateSkipped))
    assert skipped.candidate == 1
    assert "not larger" in skipped.why


def test_an_overflow_ends_the_run_where_the_route_says_so():
    run = play(route(OPENAI, CLAUDE, on_context_overflow=OnOverflow.ABORT), [fault(Kind.CONTEXT_WINDOW)])
    assert told(run) == [(0, "")]


def test_a_filter_ends_the_run_unless_the_route_goes_on():
    assert len(play(route(OPENAI, CLAUDE), [fault(Kind.CONTENT_FILTER)]).attempts) == 1
    on = play(route(OPENAI, CLAUDE, on_content_filter=OnFilter.NEXT), [fault(Kind.CONTENT_FILTER)], ["Hi", DONE])
    assert on.outcome is e.Outcome.ANSWERED


def test_the_providers_explicit_word_overrides_the_table():
    run = play(route(OPENAI, CLAUDE), [fault(Kind.SERVER, retry=False)], ["Hi", DONE])
    assert told(run) == [(0, ""), (1, "")]
    run = play(route(OPENAI, CLAUDE), [fault(Kind.BAD_REQUEST, retry=True)], ["Hi", DONE])
    assert told(run) == [(0, ""), (0, "")]


def test_the_total_clock_ends_the_run_and_keeps_what_was_said():
    run = play(route(OPENAI, CLAUDE, total=5.0), ["Half", 9.0, "more"])
    assert run.outcome is e.Outcome.PARTIAL
    assert run.ended == pytest.approx(5.0)
    assert run.attempts[0].fault is not None
    assert run.attempts[0].fault.kind is Kind.TOTAL


def test_a_skip_goes_to_the_next_candidate_at_once():
    run = play(route(OPENAI, CLAUDE), [SKIP], ["Hi", DONE])
    assert told(run) == [(0, ""), (1, "")]
    assert run.attempts[0].cut is e.Rule.SKIPPED
    assert run.attempts[0].fault is None


def test_a_stop_ends_everything_and_falls_back_to_nobody():
    run = play(route(OPENAI, CLAUDE), ["Half", STOP])
    assert run.outcome is e.Outcome.STOPPED
    assert run.text == "Half"
    assert run.live == ()


def test_a_finish_reason_without_an_end_mark_is_a_whole_answer():
    from engine.core.request import Finish
    from tests.engine.core.playing import World, ask

    world = World(ask("hi", route(OPENAI)), [["Hi"]])
    world.settle()
    world.step()
    world.emit(e.Finished(run="r1", at=0.0, attempt=1, finish=Finish.STOP))
    run = world.play()
    assert run.outcome is e.Outcome.ANSWERED
    assert run.ended == pytest.approx(1.0)


def test_a_resting_candidate_is_gone_past_and_is_the_last_resort():
    resting = e.Bench(provider="openai", model="gpt", since=-5.0, until=10.0, kind=Kind.SERVER, reason="down")
    run = play(route(OPENAI, CLAUDE), ["Hi", DONE], benches=(resting,))
    assert told(run) == [(1, "")]
    assert rules(run)[0] == "COOLING"
    run = play(route(OPENAI, CLAUDE, attempts=1), [fault(Kind.SERVER)], ["Hi", DONE], benches=(resting,))
    assert told(run) == [(1, ""), (0, "")]


def test_a_resting_key_is_gone_past():
    resting = e.Bench(provider="openai", key="env:A", since=-5.0, until=60.0, kind=Kind.AUTH, reason="401")
    run = play(route(TWO_KEYS), ["Hi", DONE], benches=(resting,))
    assert told(run) == [(0, "env:B")]


def test_when_everything_rests_for_long_the_end_says_from_when_it_is_fit():
    benches = tuple(
        e.Bench(provider="openai", key=k, since=0.0, until=u, kind=Kind.RATE_LIMIT, reason="429")
        for k, u in (("env:A", 400.0), ("env:B", 300.0))
    )
    run = play(route(TWO_KEYS), benches=benches)
    assert run.outcome is e.Outcome.FAILED
    end = run.trail[-1]
    assert isinstance(end, e.RunEnded)
    assert end.available_at == pytest.approx(300.0)


def test_a_candidate_that_cannot_is_skipped_before_anything_is_sent():
    blind = candidate("groq", "text", context_window=2)
    run = play(route(blind, CLAUDE), ["Hi", DONE])
    assert told(run) == [(1, "")]
    assert rules(run)[0] == "INCAPABLE"


def test_a_hedge_starts_beside_a_slow_first_token_and_the_first_output_wins():
    run = play(route(OPENAI, CLAUDE, hedge_delay=1.0), [5.0, "slow", DONE], ["fast", DONE])
    assert told(run) == [(0, ""), (1, "")]
    assert run.text == "fast"
    assert run.attempts[0].cut is e.Rule.HEDGE_LOST
    assert run.attempts[1].started == pytest.approx(1.0)


def test_an_error_of_the_hedge_cannot_win():
    run = play(route(OPENAI, CLAUDE, hedge_delay=1.0), [5.0, "slow", DONE], [fault(Kind.AUTH)])
    assert run.text == "slow"
    assert run.outcome is e.Outcome.ANSWERED


def test_every_decision_names_its_rule_and_what_was_not_done():
    run = play(route(TWO_KEYS, CLAUDE), [fault(Kind.SERVER, status=503)], ["Hi", DONE])
    wait = next(d for d in run.trail if isinstance(d, e.WaitStarted | e.AttemptStarted) and d.action is e.Action.RETRY)
    assert wait.rule is e.Rule.RETRY_TRANSIENT
    assert {a.action for a in wait.alternatives} >= {e.Action.ROTATE, e.Action.NEXT_PROVIDER}
    assert "503" in wait.why
