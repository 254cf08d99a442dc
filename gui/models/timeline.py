"""The timeline as plain values: which lanes, bars, waits, arrows, strips and marks a run has, in seconds.

`layout(run, now)` is pure and knows no widget: the plot, the table twin and the tests read the same rows.
"""

from dataclasses import dataclass
from enum import StrEnum

from engine.core import events as e
from engine.core.events import Bench
from engine.core.faults import Kind
from engine.core.run import Attempt, Run
from gui import words
from gui.models.lanes import Lane, lanes_of
from gui.tokens import FAULT_LOOKS, LOOKS, State


class Phase(StrEnum):
    CONNECT = "connect"
    WAIT = "wait"
    REASONING = "reasoning"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Span:
    """One phase of a bar. `figure` is written below it where it fits."""

    phase: Phase
    start: float
    end: float
    figure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One attempt. `state` and `icon` are its end cap's; None while it is live, where `word` and `detail` stand at
    its open end."""

    attempt: int
    lane: int
    start: float
    end: float
    spans: tuple[Span, ...]
    state: State | None
    icon: str
    word: str
    detail: str
    live: bool
    discarded: bool
    served: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The wait behind an attempt. `end` is when the next one starts or is to start; `word` counts down while it
    runs."""

    attempt: int
    lane: int
    start: float
    end: float
    state: State
    running: bool
    word: str

    def left(self, now: float) -> float:
        """What is left of it, from 1 down to 0."""
        return min(1.0, max(0.0, (self.end - now) / (self.end - self.start))) if self.end > self.start else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A decision: from the attempt whose end it answers to the one that it starts. `index` is its place in
    `run.trail`; `target` is None while it waits, and for the one that ends a run."""

    index: int
    source: int
    target: int | None
    lane: int
    to_lane: int
    start: float
    at: float
    icon: str
    title: str
    wait: str
    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """A key, or a candidate, that cools: from `start` until `end`."""

    lane: int
    start: float
    end: float
    reason: str


class Mark(StrEnum):
    FIRST_TOKEN = "first token"
    INJECTED = "injected fault"
    RETRY_AFTER = "retry after"
    STALL = "stall"
    SEAM = "seam"


@dataclass(frozen=True, slots=True)
class Marker:
    attempt: int
    lane: int
    at: float
    mark: Mark
    word: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the summary, with a second thought behind it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All that is drawn of a run at `now`. Bars and arrows are in the order of their start."""

    lanes: tuple[Lane, ...] = ()
    bars: tuple[Bar, ...] = ()
    pauses: tuple[Pause, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    strips: tuple[Strip, ...] = ()
    markers: tuple[Marker, ...] = ()
    summary: tuple[Figure, ...] = ()
    now: float = 0.0
    live: bool = False
    waiting: bool = False


def layout(run: Run, now: float) -> Timeline:
    """The timeline of `run` as it stands at `now` (run seconds); behind the end of a run, `now` is its end."""
    now = now if run.ended is None else run.ended
    lanes = lanes_of(run, now)
    places = {(lane.candidate, lane.key): lane.index for lane in lanes if lane.used}
    at_lane = [places[attempt.candidate, attempt.key] for attempt in run.attempts]
    bars = tuple(_bar(run, attempt, lane, now) for attempt, lane in zip(run.attempts, at_lane, strict=True))
    arrows, pauses = _steps(run, bars, places, now)
    return Timeline(
        lanes=lanes,
        bars=bars,
        pauses=pauses,
        arrows=arrows,
        strips=tuple(strip for bench in run.benches for strip in _strips(run, lanes, bench)),
        markers=tuple(m for attempt, bar in zip(run.attempts, bars, strict=True) for m in _markers(run, attempt, bar)),
        summary=_summary(run, now),
        now=now,
        live=run.outcome is None,
        waiting=run.waiting is not None,
    )


# Bars.


def _bar(run: Run, attempt: Attempt, lane: int, now: float) -> Bar:
    end = now if attempt.ended is None else attempt.ended
    state, icon = _cap(attempt)
    word, detail = words.attempt_word(attempt), words.attempt_detail(attempt)
    if attempt.live:
        detail = words.speed(attempt, now) if attempt.spoke else ""
    return Bar(
        attempt=attempt.number,
        lane=lane,
        start=attempt.started,
        end=max(end, attempt.started),
        spans=_spans(attempt, max(end, attempt.started)),
        state=state,
        icon=icon,
        word=word,
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


# What follows an attempt.


def _steps(
    run: Run, bars: tuple[Bar, ...], places: dict[tuple[int, str], int], now: float
) -> tuple[tuple[Arrow, ...], tuple[Pause, ...]]:
    arrows: list[Arrow] = []
    pauses: list[Pause] = []
    ended: Bar | None = None  # of those before, the one that ended last
    for index, event in enumerate(run.trail):
        if isinstance(event, e.AttemptStarted) and event.attempt > 1:
            source = _source(run, bars, event, ended)
            arrows.append(_arrow(index, event, source, bars[event.attempt - 1].lane))
            if event.at > source.end and not source.live and event.action is not e.Action.HEDGE:
                pauses.append(_pause(source, event.at, running=False, word=""))
        if isinstance(event, e.AttemptStarted):
            bar = bars[event.attempt - 1]
            ended = bar if ended is None or bar.live or bar.end >= ended.end else ended
    if run.waiting is not None and bars:
        source = max(bars, key=lambda bar: (bar.end, bar.attempt))
        word = words.wait_word(run.waiting, now)
        pauses.append(_pause(source, run.waiting.until, running=True, word=word))
        arrows.append(_pending(run, source, places, len(run.trail) - 1))
    if run.outcome not in (None, e.Outcome.ANSWERED) and bars:
        arrows.append(_final(run, bars[-1], len(run.trail) - 1))
    return tuple(arrows), tuple(pauses)


def _source(run: Run, bars: tuple[Bar, ...], event: e.AttemptStarted, ended: Bar | None) -> Bar:
    if event.action is e.Action.HEDGE:
        for earlier in reversed(run.trail):
            if isinstance(earlier, e.HedgeStarted) and earlier.at <= event.at:
                return bars[earlier.attempt - 1]
    return ended or bars[event.attempt - 2]


def _arrow(index: int, event: e.AttemptStarted, source: Bar, to_lane: int) -> Arrow:
    hedge = event.action is e.Action.HEDGE
    gap = event.at - source.end
    wait = "" if hedge else f"after {words.seconds(gap)}" if gap >= 0.05 else "at once"
    return Arrow(
        index=index,
        source=source.attempt,
        target=event.attempt,
        lane=source.lane,
        to_lane=to_lane,
        start=event.at if hedge else min(source.end, event.at),
        at=event.at,
        icon=words.decision_icon(event),
        title=words.decision_title(event),
        wait=wait,
        reason=words.reason(event),
    )


def _pending(run: Run, source: Bar, places: dict[tuple[int, str], int], index: int) -> Arrow:
    wait = run.waiting
    assert wait is not None
    to_lane = places.get((wait.candidate, wait.key), source.lane)
    why = (wait.why or wait.rule.value).rstrip(".")
    icon, title = words.ACTION_ICONS[wait.action], words.ACTION_TITLES[wait.action]
    return _loose(index, source, to_lane, wait.until, icon, title, why)


def _final(run: Run, source: Bar, index: int) -> Arrow:
    event = run.trail[index]
    icon, title = words.decision_icon(event), words.decision_title(event)
    return _loose(index, source, source.lane, event.at, icon, title, words.reason(event), final=True)


def _loose(
    index: int, source: Bar, to_lane: int, at: float, icon: str, title: str, why: str, *, final: bool = False
) -> Arrow:
    """A decision that has started no attempt: one that waits, or the last."""
    return Arrow(
        index=index, source=source.attempt, target=None, lane=source.lane, to_lane=to_lane, start=source.end, at=at,
        icon=icon, title=title, wait="", reason=why, final=final,
    )  # fmt: skip


def _pause(source: Bar, end: float, *, running: bool, word: str) -> Pause:
    return Pause(
        attempt=source.attempt,
        lane=source.lane,
        start=source.end,
        end=end,
        state=source.state or State.WAITING,
        running=running,
        word=word,
    )


# Strips and marks.


def _strips(run: Run, lanes: tuple[Lane, ...], bench: Bench) -> list[Strip]:
    found: list[Strip] = []
    for lane in lanes:
        candidate = run.candidates[lane.candidate]
        same_place = candidate.provider == bench.provider and candidate.base_url == bench.base_url
        named = bench.key == lane.key if bench.key else bench.model == candidate.model
        if lane.used and same_place and named:
            found.append(Strip(lane.index, max(0.0, bench.since), bench.until, bench.reason))
    return found


def _markers(run: Run, attempt: Attempt, bar: Bar) -> list[Marker]:
    found: list[Marker] = []
    fault = attempt.fault

    def mark(at: float, kind: Mark, word: str = "") -> None:
        found.append(Marker(attempt.number, bar.lane, at, kind, word))

    if attempt.first_output is not None:
        mark(attempt.first_output, Mark.FIRST_TOKEN)
    for at, _ in attempt.injected:
        mark(at, Mark.INJECTED, "injected fault")
    if fault is not None and fault.kind in (Kind.IDLE, Kind.FIRST_TOKEN):
        mark(attempt.heard or attempt.connected or attempt.started, Mark.STALL)
    if fault is not None and fault.wait_hint is not None:
        mark(bar.end, Mark.RETRY_AFTER)
    if attempt.first_text is not None and _takes_over(run, attempt):
        mark(attempt.first_text, Mark.SEAM)
    return found


def _takes_over(run: Run, attempt: Attempt) -> bool:
    return any(other.spoke and other.number < attempt.number for other in run.attempts) and attempt.spoke


# The summary.


def _summary(run: Run, now: float) -> tuple[Figure, ...]:
    first = min((a.first_text for a in run.attempts if a.first_text is not None), default=None)
    keys = {(run.candidate_of(a).provider, a.key) for a in run.attempts if a.key}
    return (
        Figure("Elapsed", words.seconds(now)),
        Figure("First text", words.seconds(first)),
        Figure("Lost to failures", words.seconds(words.lost(run, now))),
        Figure("Attempts", str(len(run.attempts))),
        Figure("Keys", str(len(keys))),
        _token_figure(run),
    )


def _token_figure(run: Run) -> Figure:
    kept = wasted = 0
    estimated = False
    answer = run.answer
    for attempt in run.attempts:
        number, guess = words.tokens_of(attempt)
        estimated = estimated or (guess and number > 0)
        if answer is not None and attempt.number == answer.number:
            kept = number
        elif attempt.superseded is not None:
            wasted += number
    about = "≈" if estimated else ""
    return Figure("Tokens", f"{about}{kept}", f"{about}{wasted} discarded" if wasted else "")
