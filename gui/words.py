"""Runs in words: pure functions for every view that tells what happens. No Qt.

Plain words, present or past tense, who did what, then what it means for the reader. Numbers have units, an estimate
has "≈", and keys are named by alias only.
"""

import re
from functools import lru_cache
from typing import assert_never

from engine.core import events as e
from engine.core.faults import KeyFate, Kind, verdict
from engine.core.run import Attempt, Run, Wait

UNKNOWN = "–"
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
CHARACTERS_PER_TOKEN = 4  # the usual estimate for English, until the provider counts


# Numbers.


def seconds(value: float | None) -> str:
    """A duration: "0.6 s", "41 s" (whole where nothing stands behind the point), "2 min 05 s"."""
    if value is None:
        return UNKNOWN
    if value >= 99.95:
        return f"{int(value) // 60} min {int(value) % 60:02} s"
    tenths = f"{max(0.0, value):.1f}"
    return f"{tenths} s"


def limit(value: float) -> str:
    """A limit or a wait that somebody chose: "20 s", "0.5 s"."""
    return seconds(value) if value >= 99.95 else f"{round(value, 1):g} s"


def count(number: int, noun: str) -> str:
    """ "one key", "three keys", "12 keys"."""
    word = NUMBERS[number] if number < len(NUMBERS) else str(number)
    return f"{word} {noun}" if number == 1 else f"{word} {noun}s"


def ordinal(number: int) -> str:
    return ORDINALS[number - 1] if number <= len(ORDINALS) else f"{number}th"


def tokens_of(attempt: Attempt) -> tuple[int, bool]:
    """The visible tokens of an attempt, and whether that is an estimate."""
    usage = attempt.usage
    estimate = -(-attempt.text.characters // CHARACTERS_PER_TOKEN)
    if usage.output is None:
        return estimate, True
    counted = max(0, usage.output - (usage.reasoning or 0))
    begun_only = attempt.finish is None and counted < estimate / 2  # some count one token when they begin
    return (estimate, True) if begun_only else (counted, False)


def tokens(attempt: Attempt) -> str:
    """ "58 tok", or "≈58 tok" until the provider has counted."""
    number, estimated = tokens_of(attempt)
    return f"{'≈' if estimated else ''}{number} tok"


def speed(attempt: Attempt, now: float) -> str:
    """Visible tokens for each second since the first one: "62 tok/s"; empty where that says nothing yet."""
    number, estimated = tokens_of(attempt)
    took = (now if attempt.ended is None else attempt.ended) - (attempt.first_text or now)
    if number < 4 or took < 0.3:
        return ""
    return f"{'≈' if estimated else ''}{number / took:.0f} tok/s"


# Attempts.


def failed(attempt: Attempt) -> bool:
    """Whether it ended in a fault (a hedge that lost, a skip and a stop are none)."""
    return attempt.fault is not None and not attempt.completed


def attempt_word(attempt: Attempt) -> str:
    """The state of an attempt in a word or two: "429 rate limited", "stream cut", "streaming", "done"."""
    if attempt.completed:
        return "done"
    if attempt.fault is not None:
        word = verdict(attempt.fault).word
        status = attempt.fault.status
        return f"{status} {word}" if status is not None and status >= 400 else word
    if attempt.ended is not None:
        return _cut_word(attempt.cut)
    if attempt.first_text is not None or attempt.spoke:
        return "streaming"
    if attempt.first_output is not None:
        return "reasoning"
    return "connecting" if attempt.connected is None else "waiting"


def _cut_word(rule: e.Rule | None) -> str:
    words = {e.Rule.HEDGE_LOST: "lost the race", e.Rule.SKIPPED: "skipped", e.Rule.STOPPED: "stopped"}
    return words.get(rule, "cut") if rule is not None else "cut"


def attempt_detail(attempt: Attempt) -> str:
    """What stands behind the word: "provider asks for 20 s", "after 2 sentences"; may be empty."""
    if attempt.fault is None:
        return ""
    if attempt.fault.wait_hint is not None:
        return f"provider asks for {limit(attempt.fault.wait_hint)}"
    if attempt.fault.kind in (Kind.FIRST_TOKEN, Kind.IDLE) and attempt.ended is not None:
        return f"nothing for {limit(attempt.ended - (attempt.heard or attempt.connected or attempt.started))}"
    if not attempt.text:
        return ""
    number = sentences(str(attempt.text))
    return f"after {number} sentence{'' if number == 1 else 's'}" if number else f"after {tokens(attempt)}"


@lru_cache(maxsize=256)
def sentences(text: str) -> int:
    """How many sentences the text completes."""
    return len(re.findall(r"[.!?。！？](?=\s|$)", text))


def who(run: Run, attempt: Attempt) -> str:
    """Provider and model: "openai · gpt-5"."""
    return run.candidate_of(attempt).label


# Decisions.

ACTION_TITLES: dict[e.Action, str] = {
    e.Action.BEGIN: "Begin",
    e.Action.RETRY: "Retry same key",
    e.Action.ROTATE: "Rotate key",
    e.Action.NEXT_MODEL: "Fall back to model",
    e.Action.NEXT_PROVIDER: "Fall back to provider",
    e.Action.CONTINUE: "Continue elsewhere",
    e.Action.HEDGE: "Ask a second one",
    e.Action.GIVE_UP: "Give up",
}
ACTION_ICONS: dict[e.Action, str] = {
    e.Action.BEGIN: "play",
    e.Action.RETRY: "retry",
    e.Action.ROTATE: "rotate",
    e.Action.NEXT_MODEL: "fallback",
    e.Action.NEXT_PROVIDER: "fallback",
    e.Action.CONTINUE: "link",
    e.Action.HEDGE: "columns",
    e.Action.GIVE_UP: "cross",
}
OUTCOMES: dict[e.Outcome, tuple[str, str]] = {
    e.Outcome.ANSWERED: ("Done", "check"),
    e.Outcome.PARTIAL: ("Keep what came", "cross"),
    e.Outcome.FAILED: ("Give up", "cross"),
    e.Outcome.STOPPED: ("Stop", "stop"),
}


def decision_title(event: e.Verb) -> str:
    """A decision in two to four words."""
    match event:
        case e.AttemptStarted(action=e.Action.RETRY, key=key) if key:
            return f"Retry with key {key_name(key)}"
        case e.AttemptStarted(action=action):
            return ACTION_TITLES[action]
        case e.AttemptCut(attempt=number):
            return f"End attempt {number}"
        case e.Benched(bench=bench):
            return f"Cool {f'key {bench.key}' if bench.key else bench.model or bench.provider}"
        case e.KeyRotated():
            return "Rotate key"
        case e.CandidateSkipped():
            return "Go past a candidate"
        case e.WaitStarted(at=at, until=until):
            return f"Wait {limit(until - at)}"
        case e.TextSuperseded(attempt=number):
            return f"Discard the text of attempt {number}"
        case e.HedgeStarted():
            return "Ask a second one"
        case e.RunEnded(outcome=outcome):
            return OUTCOMES[outcome][0]
        case _:
            assert_never(event)


def decision_icon(event: e.Verb) -> str:
    match event:
        case e.AttemptStarted(action=action):
            return ACTION_ICONS[action]
        case e.AttemptCut():
            return "stop"
        case e.Benched():
            return "snowflake"
        case e.KeyRotated():
            return "rotate"
        case e.CandidateSkipped():
            return "chevrons"
        case e.WaitStarted():
            return "clock"
        case e.TextSuperseded():
            return "discarded"
        case e.HedgeStarted():
            return "columns"
        case e.RunEnded(outcome=outcome):
            return OUTCOMES[outcome][1]
        case _:
            assert_never(event)


# Why the run went where it went, short enough to stand beside an arrow. The event's own words have the whole story.
SHORT_REASONS = {
    e.Rule.ROTATE_LIMITED: "a limit on one key, and another is free",
    e.Rule.ROTATE_SPENT: "that key is of no use, and another is free",
    e.Rule.RETRY_TRANSIENT: "a passing fault, and tries are left",
    e.Rule.WAIT_AS_ASKED: "the provider asked for a short wait",
    e.Rule.RETRIES_EXHAUSTED: "the tries there are used up",
    e.Rule.KEYS_EXHAUSTED: "no key is left there",
    e.Rule.WAIT_TOO_LONG: "the wait there is longer than the route sits out",
    e.Rule.BUDGET_SPENT: "all runs together have used up their retries",
    e.Rule.REPAIRED: "asked again without what was refused",
    e.Rule.NO_RETRY: "a retry cannot mend it",
    e.Rule.SILENCE: "it was silent, and is not asked twice",
    e.Rule.RESTART: "text was on screen, so no replay there",
    e.Rule.RESTART_LAST: "no other candidate is left",
    e.Rule.CONTINUE: "it goes on from the text so far",
    e.Rule.CONTINUE_REFUSED: "the text so far was not taken",
    e.Rule.LARGER_WINDOW: "the prompt needs a larger window",
    e.Rule.HALF_OPEN: "nothing else is left",
    e.Rule.SKIPPED: "you asked for it",
}


def reason(event: e.Verb) -> str:
    """Why, in a few words; the case's own where no rule has short ones."""
    goes_on = isinstance(event, e.AttemptStarted | e.WaitStarted | e.KeyRotated)
    short = SHORT_REASONS.get(event.rule) if goes_on else None
    if short is not None and (key := getattr(event, "key", "") or getattr(event, "to_key", "")):
        short = short.replace("another is free", f"key {key_name(key)} is free")
    return short or (event.why or event.rule.value).rstrip(".")


def wait_word(wait: Wait, now: float) -> str:
    """ "retry in 2.4 s", "next key in 0.6 s", "next in 3.0 s"."""
    verbs = {e.Action.RETRY: "retry", e.Action.ROTATE: "next key"}
    return f"{verbs.get(wait.action, 'next')} in {seconds(wait.until - now)}"


# The whole run.


def lost(run: Run, now: float) -> float:
    """Seconds lost to failures: until the attempt began that answers now, or until now while none does."""
    if not any(failed(attempt) for attempt in run.attempts):
        return 0.0
    answer = run.answer if run.outcome is not None else (run.live or (None,))[-1]
    if answer is None or failed(answer):
        return now if run.ended is None else run.ended
    return answer.started


def keys_left(run: Run, candidate: int, now: float) -> tuple[int, int]:
    """How many keys of a candidate are fit at `now`, and how many it has."""
    provider, keys = run.candidates[candidate].provider, run.candidates[candidate].keys
    cooling = {b.key for b in run.benches if b.provider == provider and b.key and b.since <= now < b.until}
    return sum(key not in cooling for key in keys), len(keys)


def status_sentence(run: Run, now: float) -> tuple[str, str]:
    """What happens now: a lead of a few words, and the rest. Either tells on its own; the rest may be empty."""
    if run.outcome is not None:
        return _ended_sentence(run, run.outcome)
    if run.waiting is not None:
        return _waiting_sentence(run, run.waiting, now)
    if len(run.live) > 1 and not any(attempt.first_output for attempt in run.live):
        names = " and ".join(run.candidate_of(attempt).provider for attempt in run.live)
        return f"Asking {names}.", "The first one that answers is kept."
    if run.live:
        return _live_sentence(run, max(run.live, key=lambda a: (a.spoke, a.first_output is not None, a.number)), now)
    return ("Choosing the next step.", "") if run.attempts else ("Starting.", "")


def _live_sentence(run: Run, attempt: Attempt, now: float) -> tuple[str, str]:
    name = run.candidate_of(attempt).provider
    if attempt.spoke:
        return f"{run.candidate_of(attempt).model} is answering now.", _past(run, now)
    if attempt.first_output is not None:
        return f"{run.candidate_of(attempt).model} is thinking.", _past(run, now)
    if attempt.connected is None:
        return f"Connecting to {name}.", _past(run, now)
    clock = run.candidate_of(attempt).clocks.first_token or run.request.route.policy.first_token
    so_far = f"{seconds(now - attempt.connected)} without a first token, the limit is {limit(clock)}."
    return f"Waiting for {name}.", so_far


def _waiting_sentence(run: Run, wait: Wait, now: float) -> tuple[str, str]:
    asked = f"{run.candidates[run.attempts[-1].candidate].provider} asked for it" if run.attempts else ""
    length = limit(wait.until - wait.since)
    lead = f"Waiting {length}: {asked}." if wait.asked and asked else f"Waiting {length} before the next try."
    left, total = keys_left(run, wait.candidate, now)
    keys = f"{left} of {total} keys left. " if total > 1 else ""
    key = f", key {key_name(wait.key)}" if wait.key and total > 1 else ""
    return lead, f"{keys}Next: {run.candidates[wait.candidate].label}{key}, in {seconds(wait.until - now)}."


def _ended_sentence(run: Run, outcome: e.Outcome) -> tuple[str, str]:
    end = run.trail[-1]
    match outcome:
        case e.Outcome.ANSWERED:
            return _answered_sentence(run)
        case e.Outcome.PARTIAL:
            return "The answer is cut short.", f"{reason(end)}. The text so far is kept."
        case e.Outcome.FAILED:
            return f"No answer after {count(len(run.attempts), 'attempt')}.", _failed_rest(run, end)
        case e.Outcome.STOPPED:
            kept = any(attempt.spoke for attempt in run.attempts)
            return "You stopped it.", "The text so far is kept." if kept else "No text had come."
        case _:
            assert_never(outcome)


def _answered_sentence(run: Run) -> tuple[str, str]:
    answer = run.answer
    name = run.candidate_of(answer).label if answer is not None else "the route"
    wasted = lost(run, run.now)
    if wasted and answer is not None:
        return f"Done by {name} on the {ordinal(answer.number)} attempt.", f"You lost {seconds(wasted)}."
    first = run.attempts[0].first_text if run.attempts else None
    return f"Done by {name}.", f"First text after {seconds(first)}, whole in {seconds(run.ended)}."


def _failed_rest(run: Run, end: e.Verb) -> str:
    providers = len({run.candidate_of(attempt).provider for attempt in run.attempts})
    rest = f"{count(providers, 'provider').capitalize()} failed in {seconds(run.ended)}. {reason(end)}."
    if isinstance(end, e.RunEnded) and end.available_at is not None:
        rest += f" The next one is fit again in {seconds(end.available_at - end.at)}."
    return rest


def _past(run: Run, now: float) -> str:
    """What went before the attempt that is live, as one sentence for each provider."""
    told: dict[str, list[str]] = {}
    for attempt in run.attempts:
        if failed(attempt):
            told.setdefault(run.candidate_of(attempt).provider, []).append(_deed(attempt))
    if not told:
        return ""
    story = "; ".join(f"{name} {_joined(deeds)}" for name, deeds in told.items())
    return f"{story}. You lost {seconds(lost(run, now))}."


def _deed(attempt: Attempt) -> str:
    fault = attempt.fault
    assert fault is not None
    match verdict(fault).key:
        case KeyFate.COOL:
            return f"limited key {key_name(attempt.key)}" if attempt.key else "limited us"
        case KeyFate.SPENT:
            return f"refused key {key_name(attempt.key)}" if attempt.key else "refused us"
        case KeyFate.KEEP | KeyFate.PASS:
            place = " in mid-answer" if attempt.spoke else ""
            return f"failed{place} ({verdict(fault).word})"
        case other:
            assert_never(other)


def _joined(parts: list[str]) -> str:
    different = list(dict.fromkeys(parts))
    return different[0] if len(different) == 1 else f"{', '.join(different[:-1])} and {different[-1]}"


def key_name(key: str) -> str:
    """The alias of a key: what stands behind "keyring:" or "env:"."""
    return key.partition(":")[2] or key
