"""What the window says about a run."""

import pytest

from engine.core import events as e
from engine.core.faults import Fault, Kind
from gui import words
from tests.gui import sample_runs as runs


@pytest.mark.parametrize(
    ("value", "text"), [(None, "–"), (0.04, "0.0 s"), (0.6, "0.6 s"), (41.0, "41.0 s"), (125.2, "2 min 05 s")]
)
def test_durations_have_units(value, text):
    assert words.seconds(value) == text


def test_a_chosen_time_has_no_needless_zero():
    assert [words.limit(v) for v in (20.0, 0.5, 150.0)] == ["20 s", "0.5 s", "2 min 30 s"]


def test_an_estimate_is_marked_until_the_provider_counts():
    run = runs.fold(runs.rotation_then_cut())
    assert words.tokens(run.attempt(2)) == "58 tok"
    assert words.tokens(runs.fold(runs.retried()).attempt(4)).startswith("≈")
    assert words.tokens_of(run.attempt(3)) == (212, False)  # reasoning is not shown, and not counted


def test_a_wait_names_its_length_and_what_follows():
    lead, rest = words.status_sentence(runs.fold(runs.waiting()), 2.0)
    assert lead == "Waiting 3 s before the next try."
    assert rest == "1 of 2 keys left. Next: openai · gpt-5, key spare, in 2.1 s."


def test_a_wait_that_the_provider_asked_for_says_so():
    events = runs.waiting()
    asked = e.WaitStarted(
        run=runs.RUN, at=1.1, until=3.1, candidate=0, key="keyring:work", asked=True, rule=e.Rule.WAIT_AS_ASKED
    )
    assert words.status_sentence(runs.fold([*events[:-1], asked]), 2.0)[0] == "Waiting 2 s: openai asked for it."


def test_an_answer_behind_failures_tells_what_they_cost():
    lead, rest = words.status_sentence(runs.fold(runs.rotation_then_cut()), 11.4)
    assert lead == "claude-sonnet is answering now."
    assert rest == "openai limited key work and failed in mid-answer (stream cut). You lost 5.1 s."
    assert words.status_sentence(runs.fold(runs.answered()), 12.6) == (
        "Done by anthropic · claude-sonnet on the third attempt.",
        "You lost 5.1 s.",
    )


def test_a_calm_run_is_told_without_any_loss():
    run = runs.fold(runs.calm())
    assert words.lost(run, 4.2) == 0.0
    assert words.status_sentence(run, 4.2) == ("Done by openai · gpt-5.", "First text after 0.9 s, whole in 4.2 s.")


def test_a_failed_run_says_when_the_next_one_is_fit():
    lead, rest = words.status_sentence(runs.fold(runs.all_failed()), 13.4)
    assert lead == "No answer after three attempts."
    assert "Three providers failed in 13.4 s." in rest
    assert rest.endswith("fit again in 14.9 s.")


def test_waiting_for_the_first_token_names_the_limit():
    run = runs.fold(runs.hedged()[:5])
    assert words.status_sentence(run, 1.5) == (
        "Waiting for openai.",
        "1.2 s without a first token, the limit is 10 s.",
    )


def test_every_attempt_has_its_word():
    told = [words.attempt_word(a) for a in runs.fold(runs.all_failed()).attempts]
    assert told == ["401 key refused", "529 overloaded", "silent"]
    assert words.attempt_word(runs.fold(runs.hedged()).attempt(1)) == "lost the race"
    assert words.attempt_word(runs.fold(runs.calm()).attempt(1)) == "done"


def test_every_decision_has_a_title_an_icon_and_a_reason():
    from gui.icons import ICONS

    for story in (runs.rotation_then_cut, runs.all_failed, runs.hedged, runs.answered):
        for event in runs.fold(story()).trail:
            assert words.decision_title(event)
            assert words.decision_icon(event) in ICONS
            assert words.reason(event)


def test_a_loss_grows_while_nobody_answers():
    run = runs.fold(runs.waiting())
    assert words.lost(run, 2.0) == 2.0
    assert words.lost(run, 3.0) == 3.0


def test_a_key_is_named_by_its_alias():
    assert words.key_name("keyring:work") == "work"
    assert words.key_name("env:OPENAI_API_KEY") == "OPENAI_API_KEY"


def test_the_word_of_a_fault_without_an_answer_has_no_status():
    fault = Fault(kind=Kind.TRUNCATED, status=200)
    run = runs.fold([*runs.calm()[:-5], e.Faulted(run=runs.RUN, at=4.3, attempt=1, fault=fault)])
    assert words.attempt_word(run.attempt(1)) == "stream cut"
