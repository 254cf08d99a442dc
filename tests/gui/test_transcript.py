from msgspec.structs import replace

from engine.core import events as e
from engine.core.faults import Fault, Kind
from engine.core.request import Finish
from engine.core.run import Run
from gui.models.transcript import (
    Answer,
    Calls,
    Failure,
    Ghost,
    Refusal,
    Seam,
    Thinking,
    badge,
    metrics,
    segments,
    short_name,
)
from gui.tokens import State
from tests.gui import sample_runs as sr


def kinds(run: Run) -> list[type]:
    return [type(segment) for segment in segments(run)]


def figures(run: Run) -> dict[str, str]:
    return {metric.name: metric.value for metric in metrics(run)}


def kept_then_failed() -> Run:
    """One attempt speaks and breaks off; the policy keeps what came."""
    fault = Fault(kind=Kind.TRUNCATED, in_stream=True, detail="The stream ended.")
    return sr.fold(
        [
            sr.requested(),
            sr.started(0.0, 1, 0, "keyring:work", e.Action.BEGIN, e.Rule.FIRST_FIT),
            *sr.opened(1, 0.2, 0.4),
            *sr.said(1, ("Half an answer",), 1.0, 2.0),
            e.Faulted(run=sr.RUN, at=2.1, attempt=1, fault=fault),
            e.RunEnded(run=sr.RUN, at=2.1, outcome=e.Outcome.PARTIAL, by=1, rule=e.Rule.KEEP_PARTIAL),
        ]
    )


def test_a_superseded_text_is_a_ghost_then_a_seam_then_the_answer():
    run = sr.fold(sr.rotation_then_cut())
    assert kinds(run) == [Ghost, Seam, Thinking, Answer]
    ghost, seam, thinking, answer = segments(run)
    assert str(ghost.text) == "".join(sr.FIRST_TRY)
    assert ghost.note == "Shown by openai · gpt-5 · spare, then discarded. 58 tokens."
    assert seam.text == "claude took over at 5.1 s, and started again"
    assert f"{thinking.seconds:.1f}" == "1.8"
    assert str(answer.text) == "".join(sr.ANSWER)
    assert answer.live
    assert not thinking.live


def test_an_attempt_that_only_reasons_so_far_has_no_empty_answer():
    events = sr.rotation_then_cut()
    thought = next(i for i, event in enumerate(events) if isinstance(event, e.Thought))
    run = sr.fold(events[: thought + 1])
    assert kinds(run) == [Ghost, Seam, Thinking]
    assert segments(run)[-1].live


def test_a_seam_points_at_the_start_of_the_attempt_that_took_over():
    run = sr.fold(sr.rotation_then_cut())
    decision = run.trail[segments(run)[1].decision]
    assert isinstance(decision, e.AttemptStarted)
    assert decision.attempt == 3


def test_no_text_appears_twice_at_any_moment_of_the_story():
    events = sr.answered()
    for end in range(1, len(events) + 1):
        run = sr.fold(events[:end])
        shown = [s for s in segments(run) if isinstance(s, Answer)]
        assert len(shown) <= 1
        if shown:
            assert shown[0].attempt == run.answer.number


def test_a_continued_answer_keeps_both_texts_with_a_seam_that_says_so():
    events = [event for event in sr.rotation_then_cut() if not isinstance(event, e.TextSuperseded)]
    third = next(i for i, event in enumerate(events) if isinstance(event, e.AttemptStarted) and event.attempt == 3)
    events[third] = replace(events[third], action=e.Action.CONTINUE)
    run = sr.fold(events)
    assert kinds(run) == [Answer, Seam, Thinking, Answer]
    assert segments(run)[1].text == "claude took over at 5.1 s, and went on from there"


def test_a_partial_answer_ends_in_a_seam_and_its_reason():
    run = kept_then_failed()
    assert kinds(run) == [Answer, Seam, Failure]
    _, seam, failure = segments(run)
    assert (seam.text, seam.state) == ("answer ends here", State.FAILED_PERMANENT)
    assert "The text so far is kept." in failure.title
    assert failure.reasons[0].word == "stream cut"


def test_a_failed_run_names_what_a_person_can_mend_first():
    run = sr.fold(sr.all_failed())
    (failure,) = segments(run)
    assert failure.reasons[0].word == "401 key refused"
    assert failure.reasons[0].remedy == "Replace the key."
    assert failure.reasons[-1].remedy == ""
    assert {reason.attempt for reason in failure.reasons} == {1, 2, 3}
    assert failure.title == "No answer. 3 attempts failed in 13.4 s. The soonest way is fit again in 14.9 s."


def test_a_stopped_answer_says_who_stopped_it():
    run = sr.fold(
        [
            *sr.rotation_then_cut(),
            e.StopAsked(run=sr.RUN, at=11.5),
            e.AttemptCut(run=sr.RUN, at=11.5, attempt=3, rule=e.Rule.STOPPED),
            e.RunEnded(run=sr.RUN, at=11.5, outcome=e.Outcome.STOPPED, by=3, rule=e.Rule.STOPPED),
        ]
    )
    assert segments(run)[-1].text == "answer ends here: you stopped it"
    assert badge(run).state is State.SKIPPED


def test_an_answer_at_the_limit_of_tokens_says_so():
    events = [
        replace(event, finish=Finish.LENGTH) if isinstance(event, e.Finished) else event for event in sr.answered()
    ]
    assert "limit on tokens" in segments(sr.fold(events))[-1].text


def test_refusals_and_tool_calls_have_their_own_parts():
    base = [event for event in sr.calm() if not isinstance(event, e.Said)]
    spoken = [
        e.Refused(run=sr.RUN, at=1.0, attempt=1, pieces=("I cannot help with that.",)),
        e.ToolCalled(run=sr.RUN, at=1.1, attempt=1, index=0, id="c1", name="look_up", arguments='{"q": '),
        e.ToolCalled(run=sr.RUN, at=1.2, attempt=1, index=0, arguments='"tides"}'),
    ]
    run = sr.fold([*base[:5], *spoken, *base[5:]])
    refusal, calls = segments(run)
    assert isinstance(refusal, Refusal)
    assert isinstance(calls, Calls)
    assert calls.drafts[0].call.arguments == '{"q": "tides"}'


def test_the_badge_tells_who_serves_and_in_which_state():
    live = badge(sr.fold(sr.rotation_then_cut()))
    assert (live.provider, live.model, live.key, live.attempt) == ("anthropic", "claude-sonnet", "team", 3)
    assert live.state is State.STREAMING
    assert badge(sr.fold(sr.answered())).state is State.SUCCEEDED
    assert badge(sr.fold(sr.all_failed())).state is State.FAILED_PERMANENT
    assert badge(sr.fold(sr.waiting())).state is State.WAITING
    assert badge(sr.fold([sr.requested()])) is None


def test_the_figures_belong_to_the_attempt_that_serves():
    assert figures(sr.fold(sr.rotation_then_cut())) == {
        "TTFT": "2.9 s", "Speed": "62 tok/s", "Tokens": "212", "Lost": "5.1 s",
    }  # fmt: skip


def test_an_estimate_is_marked_and_the_unknown_is_a_dash():
    events = [event for event in sr.calm() if not isinstance(event, e.Measured)]
    assert figures(sr.fold(events))["Tokens"].startswith("≈")
    thinking = sr.fold(sr.rotation_then_cut()[:-200])
    assert figures(thinking) == {} or figures(thinking)["TTFT"]
    quiet = [event for event in sr.calm() if not isinstance(event, e.Said | e.Measured)]
    assert figures(sr.fold(quiet))["TTFT"] == "–"
    assert figures(sr.fold(quiet))["Tokens"] == "–"


def test_a_model_is_called_by_its_family_unless_two_share_it():
    assert short_name("claude-sonnet-4") == "claude"
    assert short_name("meta/llama-3.3-70b") == "llama"
    request = sr.tides()
    candidates = tuple(replace(c, model=f"gpt-{i}") for i, c in enumerate(request.route.candidates))
    both = replace(request, route=replace(request.route, candidates=candidates))
    run = sr.fold([sr.requested(both), *sr.rotation_then_cut()[1:]])
    assert segments(run)[1].text.startswith("gpt-1 took over")
