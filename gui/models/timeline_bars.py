"""One attempt as a bar with its phases, and the marks that stand on it."""

from engine.core import events as e
from engine.core.faults import Kind
from engine.core.run import Attempt, Run
from gui import words
from gui.models.timeline_parts import Bar, Mark, Marker, Phase, Span
from gui.tokens import FAULT_LOOKS, LOOKS, State


def bar_of(run: Run, attempt: Attempt, lane: int, now: float) -> Bar:
    """The bar of an attempt, of a live one up to `now`."""
    end = max(now if attempt.ended is None else attempt.ended, attempt.started)
    state, icon = _cap(attempt)
    detail = words.attempt_detail(attempt)
    if attempt.live:
        detail = words.speed(attempt, now) if attempt.spoke else ""
    return Bar(
        attempt=attempt.number,
        lane=lane,
        start=attempt.started,
        end=end,
        spans=_spans(attempt, end),
        state=state,
        icon=icon,
        word=words.attempt_word(attempt),
        detail=detail,
        live=attempt.live,
        discarded=attempt.superseded is not None,
        served=run.served_by == attempt.number,
    )


def _cap(attempt: Attempt) -> tuple[State | None, str]:
    if attempt.live:
        return None, ""
    if attempt.completed:
        return State.SUCCEEDED, LOOKS[State.SUCCEEDED].icon
    if attempt.fault is not None:
        return FAULT_LOOKS[attempt.fault.kind]
    if attempt.cut is e.Rule.STOPPED:
        return State.SKIPPED, "stop"
    return State.SKIPPED, LOOKS[State.SKIPPED].icon


def _spans(attempt: Attempt, end: float) -> tuple[Span, ...]:
    """The phases of an attempt, without gaps; a phase that took no time is left out."""
    first_text = attempt.first_text
    if first_text is None and attempt.spoke:
        first_text = attempt.first_output
    bounds = [
        (Phase.CONNECT, attempt.started, attempt.connected),
        (Phase.WAIT, attempt.connected, attempt.first_output),
        (Phase.REASONING, attempt.first_output, first_text),
        (Phase.STREAM, first_text, None),
    ]
    spans: list[Span] = []
    for phase, start, until in bounds:
        if start is None:
            break
        stop = end if until is None else min(until, end)
        if stop > start or (not spans and phase is Phase.STREAM):
            spans.append(Span(phase, start, stop, _figure(attempt, phase, start, stop)))
    return tuple(spans)


def _figure(attempt: Attempt, phase: Phase, start: float, end: float) -> str:
    if phase is Phase.CONNECT:
        return ""
    if phase is not Phase.STREAM:
        return words.seconds(end - start)
    if attempt.superseded is not None:
        return f"{words.tokens(attempt)}, discarded"
    return f"{words.tokens(attempt)} in {words.seconds(end - start)}"


def marks_of(attempt: Attempt, bar: Bar, *, takes_over: bool, rests: str) -> list[Marker]:
    """What happened on the bar. `takes_over`: another attempt had spoken before; `rests`: for how long its candidate
    is gone past from then on, in words, empty where it is not."""
    found: list[Marker] = []
    fault = attempt.fault

    def mark(at: float, kind: Mark, word: str = "") -> None:
        found.append(Marker(attempt.number, bar.lane, at, kind, word))

    if attempt.rule is e.Rule.HALF_OPEN:
        mark(bar.start, Mark.TRIED, "tried again")
    if attempt.first_output is not None:
        mark(attempt.first_output, Mark.FIRST_TOKEN)
    for at, _ in attempt.injected:
        mark(at, Mark.INJECTED, "injected fault")
    if fault is not None and fault.kind in (Kind.IDLE, Kind.FIRST_TOKEN):
        mark(attempt.heard or attempt.connected or attempt.started, Mark.STALL)
    if fault is not None and fault.wait_hint is not None:
        mark(bar.end, Mark.RETRY_AFTER)
    if attempt.cut is e.Rule.SKIPPED:
        mark(bar.end, Mark.SKIP, "you skipped it")
    if rests:
        mark(bar.end, Mark.RESTS, f"rests {rests}")
    if attempt.first_text is not None and attempt.spoke and takes_over:
        mark(attempt.first_text, Mark.SEAM)
    return found
