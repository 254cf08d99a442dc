"""The chat as values: what stands in each turn, in the order in which it is read. Derived from runs alone."""

from collections.abc import Iterator

from msgspec import Struct

from engine.core import events as e
from engine.core.faults import Fault, verdict
from engine.core.pieces import Pieces
from engine.core.request import Finish, Message
from engine.core.run import Attempt, Draft, Run
from gui import words
from gui.tokens import FAULT_LOOKS, State


class Turn(Struct, frozen=True, kw_only=True):
    """What the user asked, and the run that answers; None where nothing was sent yet."""

    message: Message
    run: Run | None = None


class Ghost(Struct, frozen=True, kw_only=True):
    """Text that was shown and then discarded; `note` says by whom, and how much it was."""

    attempt: int
    text: Pieces
    note: str


class Seam(Struct, frozen=True, kw_only=True):
    """Where one attempt's text ends and what follows is another's, or nothing. `decision` is its place in the trail."""

    decision: int
    text: str
    state: State
    icon: str


class Thinking(Struct, frozen=True, kw_only=True):
    """Reasoning. `seconds` is how long it took, or takes so far; `live` until the first word of the answer."""

    attempt: int
    text: Pieces
    seconds: float
    live: bool


class Answer(Struct, frozen=True, kw_only=True):
    attempt: int
    text: Pieces
    live: bool


class Refusal(Struct, frozen=True, kw_only=True):
    attempt: int
    text: Pieces


class Calls(Struct, frozen=True, kw_only=True):
    """Tool calls, complete or as they grow."""

    attempt: int
    drafts: tuple[Draft, ...]


class Reason(Struct, frozen=True, kw_only=True):
    """Why one attempt failed: who, one or two words, the provider's sentence, and what a person can do."""

    attempt: int
    who: str
    word: str
    detail: str
    remedy: str
    state: State
    icon: str


class Failure(Struct, frozen=True, kw_only=True):
    """No complete answer. The reasons that a person can mend come first."""

    title: str
    reasons: tuple[Reason, ...]


Segment = Ghost | Seam | Thinking | Answer | Refusal | Calls | Failure


class Badge(Struct, frozen=True, kw_only=True):
    """Who answers. `key` is the alias, empty where none is needed."""

    attempt: int
    state: State
    provider: str
    model: str
    key: str


class Metric(Struct, frozen=True):
    name: str
    value: str
    meaning: str


def segments(run: Run) -> tuple[Segment, ...]:
    """All that stands below the badge, from top to bottom."""
    found: list[Segment] = []
    for attempt in run.attempts:
        if attempt.superseded is not None and attempt.spoke:
            found.append(_ghost(run, attempt))
        elif attempt is run.answer or (attempt.superseded is None and attempt.spoke):
            found += _spoken(run, attempt)
        else:
            continue
        if (successor := _successor(run, attempt)) is not None:
            found.append(_seam(run, successor))
    found += _closing(run)
    return tuple(found)


def _ghost(run: Run, attempt: Attempt) -> Ghost:
    who = " · ".join((run.candidate_of(attempt).label, *filter(None, [words.key_name(attempt.key)])))
    tokens = _tokens(attempt)
    return Ghost(
        attempt=attempt.number,
        text=attempt.text or attempt.refusal,
        note=f"Shown by {who}, then discarded. {tokens} {'token' if tokens == '1' else 'tokens'}.",
    )


def _spoken(run: Run, a: Attempt) -> Iterator[Segment]:
    live = a.live and run.outcome is None
    if a.reasoning:
        until = a.first_text if a.first_text is not None else (run.now if live else a.ended)
        since = a.first_output if a.first_output is not None else a.started
        seconds = max(0.0, (until if until is not None else run.now) - since)
        yield Thinking(attempt=a.number, text=a.reasoning, seconds=seconds, live=live and not a.spoke)
    if a.text:
        yield Answer(attempt=a.number, text=a.text, live=live)
    if a.refusal:
        yield Refusal(attempt=a.number, text=a.refusal)
    if a.drafts:
        yield Calls(attempt=a.number, drafts=a.drafts)


def _successor(run: Run, shown: Attempt) -> Attempt | None:
    """Who took over from an attempt that has shown text: the next that speaks, else the newest."""
    if shown.live or (shown.completed and shown.superseded is None):
        return None
    later = run.attempts[shown.number :]
    return next((attempt for attempt in later if attempt.spoke), later[-1] if later else None)


def _seam(run: Run, attempt: Attempt) -> Seam:
    place = next(
        (i for i, d in enumerate(run.trail) if isinstance(d, e.AttemptStarted) and d.attempt == attempt.number), 0
    )
    name = _name(run, attempt)
    when = words.seconds(attempt.started)
    match attempt.action:
        case e.Action.CONTINUE:
            text = f"{name} took over at {when}, and went on from there"
        case e.Action.RETRY:
            text = f"{name} started again at {when}"
        case e.Action.ROTATE:
            text = f"{name} started again at {when}, with key {words.key_name(attempt.key)}"
        case e.Action.BEGIN | e.Action.NEXT_MODEL | e.Action.NEXT_PROVIDER | e.Action.HEDGE | e.Action.GIVE_UP:
            text = f"{name} took over at {when}, and started again"
    return Seam(decision=place, text=text, state=State.STREAMING, icon=words.ACTION_ICONS[attempt.action])


def _closing(run: Run) -> Iterator[Segment]:
    answer, last = run.answer, len(run.trail) - 1
    spoke = (answer is not None and answer.spoke) or any(a.spoke and a.superseded is None for a in run.attempts)
    match run.outcome:
        case None:
            return
        case e.Outcome.ANSWERED:
            if answer is not None and answer.finish is Finish.LENGTH:
                text = "answer ends here: the limit on tokens was reached"
                yield Seam(decision=last, text=text, state=State.FAILED_TRANSIENT, icon="warning")
        case e.Outcome.STOPPED:
            text = "answer ends here: you stopped it" if spoke else "you stopped it before the first word"
            yield Seam(decision=last, text=text, state=State.SKIPPED, icon="stop")
        case e.Outcome.PARTIAL | e.Outcome.FAILED:
            if spoke:
                yield Seam(decision=last, text="answer ends here", state=State.FAILED_PERMANENT, icon="cross")
            yield _failure(run, spoke)


def _failure(run: Run, spoke: bool) -> Failure:
    reasons = [_reason(run, attempt, attempt.fault) for attempt in run.attempts if attempt.fault is not None]
    reasons.sort(key=lambda reason: (not reason.remedy, reason.state is not State.FAILED_PERMANENT))
    count = len(reasons)
    tried = "Nothing could be sent" if not count else f"{count} attempt{'s' * (count != 1)} failed"
    took = f" in {words.seconds(run.ended)}" if count and run.ended is not None else ""
    title = f"{'The answer is not complete' if spoke else 'No answer'}. {tried}{took}."
    if spoke:
        title += " The text so far is kept."
    end = run.trail[-1] if run.trail else None
    if isinstance(end, e.RunEnded) and end.available_at is not None and end.available_at > end.at:
        title += f" The soonest way is fit again in {words.seconds(end.available_at - end.at)}."
    return Failure(title=title, reasons=tuple(reasons))


def _reason(run: Run, attempt: Attempt, fault: Fault) -> Reason:
    row, look = verdict(fault), FAULT_LOOKS[fault.kind]
    who = " · ".join((run.candidate_of(attempt).label, *filter(None, [words.key_name(attempt.key)])))
    return Reason(
        attempt=attempt.number,
        who=who,
        word=words.attempt_word(attempt),
        detail=fault.detail,
        remedy=row.remedy,
        state=look.state,
        icon=look.icon,
    )


def badge(run: Run) -> Badge | None:
    """Who answers, or tries to; None before the first attempt."""
    attempt = run.answer or (run.attempts[-1] if run.attempts else None)
    if attempt is None:
        return None
    candidate = run.candidate_of(attempt)
    return Badge(
        attempt=attempt.number,
        state=_state(run, attempt),
        provider=candidate.provider,
        model=candidate.model,
        key=words.key_name(attempt.key),
    )


def _state(run: Run, attempt: Attempt) -> State:
    match run.outcome:
        case e.Outcome.ANSWERED:
            return State.SUCCEEDED
        case e.Outcome.PARTIAL | e.Outcome.FAILED:
            return State.FAILED_PERMANENT
        case e.Outcome.STOPPED:
            return State.SKIPPED
        case None if attempt.live and attempt.spoke:
            return State.STREAMING
        case None:
            return State.REASONING if attempt.live and attempt.reasoning else State.WAITING


def metrics(run: Run) -> tuple[Metric, ...]:
    """The figures under an answer, for the attempt that serves; empty before it speaks."""
    a = run.answer
    if a is None:
        return ()
    first = words.seconds(a.first_text - a.started if a.first_text is not None else None)
    lost = words.lost(run, run.now)
    return (
        Metric("TTFT", first, "Time to the first visible token, of the attempt that answers"),
        Metric(
            "Speed", words.speed(a, run.now) or words.UNKNOWN, "Tokens of text a second, from the first to the last"
        ),
        Metric("Tokens", _tokens(a), "Tokens of text, as the provider counts them; ≈ where it has not said"),
        Metric("Lost", words.seconds(lost) if lost else "0 s", "Time that went to attempts that failed"),
    )


def _tokens(attempt: Attempt) -> str:
    number, estimated = words.tokens_of(attempt)
    if estimated and not number:
        return words.UNKNOWN
    return f"{'≈' if estimated else ''}{number:,}"


def short_name(model: str) -> str:
    """A model's family, as one says it: "claude" for "claude-sonnet-4"."""
    return model.rpartition("/")[2].split(":")[0].split("-")[0] or model


def _name(run: Run, attempt: Attempt) -> str:
    """A model's short name, or its whole one where two of the route share the short one."""
    model = run.candidate_of(attempt).model
    others = {c.model for c in run.candidates} - {model}
    return model if short_name(model) in map(short_name, others) else short_name(model)
