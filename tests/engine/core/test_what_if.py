"""Another route for the same facts: what is known is played as it was, what is assumed is said to be."""

import pytest
from msgspec.structs import replace

from engine.core import events as e
from engine.core.faults import Kind
from engine.core.request import Policy, ask
from engine.core.run import begin, evolve
from engine.core.what_if import PRESETS, difference, what_if
from tests.engine.core.playing import DONE, World, candidate, fault, route

OPENAI = candidate("openai", keys=("env:A", "env:B"))
ANTHROPIC = candidate("anthropic", keys=("env:C",))


def recording(a_route, *scripts):
    world = World(ask("Why is the sky blue?", a_route), scripts)
    return world.play(), world.journal


def limited_then_answered():
    """Key A is limited at 0.3 s and rotated, B's stream breaks at about 2 s, anthropic answers."""
    limit = fault(Kind.RATE_LIMIT, status=429, wait_hint=30.0)
    broken = fault(Kind.TRUNCATED, in_stream=True)
    return recording(
        route(OPENAI, ANTHROPIC), [0.3, limit], [0.5, "Half", 1.0, broken], [0.7, "The sky is blue.", 1.0, DONE]
    )


def preset(name):
    return next(preset for preset in PRESETS if preset.name == name)


def test_the_same_route_gives_the_same_run():
    run, journal = limited_then_answered()
    again = what_if(journal, run.request.route)
    assert [(a.candidate, a.key) for a in again.run.attempts] == [(a.candidate, a.key) for a in run.attempts]
    assert again.run.ended == pytest.approx(run.ended, abs=1e-4)
    assert again.run.text == run.text
    assert again.assumed == 0


def test_its_events_fold_to_its_run():
    run, journal = limited_then_answered()
    other = what_if(journal, preset("other_order").change(run.request.route))
    folded = begin(other.events[0])
    for event in other.events[1:]:
        folded = evolve(folded, event)
    assert folded == other.run


def test_the_other_order_takes_the_recorded_answer_first():
    run, journal = limited_then_answered()
    other = what_if(journal, preset("other_order").change(run.request.route))
    assert [other.run.candidate_of(a).provider for a in other.run.attempts] == ["anthropic"]
    assert other.run.ended == pytest.approx(1.7, abs=1e-3)
    assert other.sources[0].known
    assert other.sources[0].recorded == 3
    assert "sooner" in difference(run, other)
    assert "All of it is known" in difference(run, other)


def test_no_rotation_leaves_out_the_second_key():
    run, journal = limited_then_answered()
    other = what_if(journal, preset("no_rotation").change(run.request.route))
    assert [a.key for a in other.run.attempts] == ["env:A", "env:C"]


def test_no_retries_gives_up_where_a_retry_had_helped():
    run, journal = recording(route(candidate("openai")), [0.2, fault(Kind.SERVER, status=500)], [0.2, "Blue.", DONE])
    other = what_if(journal, preset("no_retries").change(run.request.route))
    assert other.run.outcome is e.Outcome.FAILED
    assert "no whole answer" in difference(run, other)


def test_a_candidate_that_was_never_asked_is_assumed_to_answer():
    run, journal = recording(route(OPENAI, ANTHROPIC), [0.5, "Blue.", 1.5, DONE])
    other = what_if(journal, preset("other_order").change(run.request.route))
    assert other.run.outcome is e.Outcome.ANSWERED
    assert other.assumed == 1
    assert "never asked" in other.sources[0].words
    assert other.run.ended == pytest.approx(2.0, abs=1e-3)  # as long as the recorded answer took
    assert "1 of 1 attempt is assumed" in difference(run, other)


def test_one_attempt_too_many_ends_as_the_last_recorded_one():
    run, journal = recording(route(candidate("openai"), attempts=1), [0.2, fault(Kind.SERVER, status=503)])
    other = what_if(journal, replace(run.request.route, policy=Policy(attempts=3)))
    assert len(other.run.attempts) == 3
    assert [source.known for source in other.sources] == [True, False, False]
    assert {a.fault.status for a in other.run.attempts} == {503}


def test_more_patience_than_the_recording_has_is_assumed():
    run, journal = recording(route(candidate("openai"), first_token=2.0), [60.0])
    assert run.outcome is e.Outcome.FAILED
    other = what_if(journal, preset("patient").change(run.request.route))
    first = other.sources[0]
    assert not first.known
    assert "for 2.0 s, then assumed to stay silent" in first.words
    assert other.run.attempts[0].ended == pytest.approx(60.0, abs=1e-3)


def test_a_hedge_brings_in_the_next_candidate_beside_the_slow_one():
    run, journal = recording(
        route(candidate("openai"), candidate("anthropic"), first_token=4.0), [60.0], [0.5, "Blue.", DONE]
    )
    other = what_if(journal, preset("hedged").change(run.request.route))
    assert other.run.ended == pytest.approx(1.5, abs=1e-3)
    assert other.run.answer is not None
    assert other.run.answer.number == 2


def test_what_the_user_did_is_left_out():
    world = World(ask("Why?", route(candidate("openai"))), [[0.5, "Blue", 5.0, " sky.", DONE]])
    world.settle()
    world.step()
    world.step()
    world.emit(e.StopAsked(run="r1", at=1.0))
    world.now = 1.0
    run = world.play()
    assert run.outcome is e.Outcome.STOPPED
    other = what_if(world.journal, run.request.route)
    assert other.run.outcome is e.Outcome.ANSWERED
    assert not other.sources[0].known


def test_a_recording_without_its_beginning_is_refused():
    run, journal = limited_then_answered()
    with pytest.raises(ValueError, match="does not begin with a request"):
        what_if(journal[1:], run.request.route)
