"""The lanes of a timeline: one for each provider, model and key that was used, then the candidates that stand by."""

from dataclasses import dataclass

from engine.core import events as e
from engine.core.events import Bench
from engine.core.run import Attempt, Run
from gui import words
from gui.tokens import FAULT_LOOKS, LOOKS, State

LONG = 600.0  # seconds: a bench beyond this is told by its reason and not counted down


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row. A standby lane (`used` is False) has no key; `word` says what the lane does now."""

    index: int
    candidate: int
    key: str
    provider: str
    model: str
    used: bool
    state: State | None
    icon: str
    word: str

    @property
    def name(self) -> str:
        return f"{self.provider} · {self.model}"


def lanes_of(run: Run, now: float) -> tuple[Lane, ...]:
    """The lanes in the order of first use; candidates that were not asked stand behind them."""
    latest: dict[tuple[int, str], Attempt] = {}
    for attempt in run.attempts:
        place = (attempt.candidate, attempt.key)
        if place not in latest or attempt.live or attempt.number == run.served_by:
            latest[place] = attempt
    lanes = [_used(run, i, place, attempt, now) for i, (place, attempt) in enumerate(latest.items())]
    asked = {candidate for candidate, _ in latest}
    for candidate in range(len(run.candidates)):
        if candidate not in asked:
            lanes.append(_standby(run, len(lanes), candidate, now))
    return tuple(lanes)


def _lane(run: Run, index: int, candidate: int, key: str, look: tuple[State | None, str, str], *, used: bool) -> Lane:
    named = run.candidates[candidate]
    state, icon, word = look
    return Lane(
        index=index,
        candidate=candidate,
        key=key,
        provider=named.provider,
        model=named.model,
        used=used,
        state=state,
        icon=icon,
        word=word,
    )


def _used(run: Run, index: int, place: tuple[int, str], attempt: Attempt, now: float) -> Lane:
    return _lane(run, index, place[0], place[1], _used_look(run, place, attempt, now), used=True)


def _used_look(run: Run, place: tuple[int, str], attempt: Attempt, now: float) -> tuple[State | None, str, str]:
    if attempt.live:
        return _live_look(attempt)
    if attempt.number == run.served_by and attempt.completed:
        return State.SUCCEEDED, LOOKS[State.SUCCEEDED].icon, "served"
    bench = _bench(run, place[0], place[1], now)
    if bench is None:
        return None, "ring", "ready"
    if bench.until - now > LONG:
        return State.FAILED_PERMANENT, FAULT_LOOKS[bench.kind].icon, bench.reason or "benched"
    return State.COOLING, LOOKS[State.COOLING].icon, f"cooling, ready in {words.seconds(bench.until - now)}"


def _live_look(attempt: Attempt) -> tuple[State, str, str]:
    if attempt.spoke:
        return State.STREAMING, LOOKS[State.STREAMING].icon, "serving"
    state = State.REASONING if attempt.first_output is not None else State.WAITING
    return state, LOOKS[state].icon, words.attempt_word(attempt)


def _standby(run: Run, index: int, candidate: int, now: float) -> Lane:
    icon, skipped = LOOKS[State.SKIPPED].icon, State.SKIPPED
    for event in reversed(run.trail):
        if isinstance(event, e.CandidateSkipped) and event.candidate == candidate:
            return _lane(run, index, candidate, "", (skipped, icon, f"Gone past. {words.reason(event)}."), used=False)
    if run.outcome is not None:
        return _lane(run, index, candidate, "", (skipped, icon, "Standby. It was not needed."), used=False)
    asked = run.attempts[-1] if run.attempts else None
    waits_for = run.candidate_of(asked).model if asked is not None else "the first"
    word = f"Standby. Used only if {waits_for} fails."
    if (bench := _bench(run, candidate, "", now)) is not None:
        word = f"Cooling, fit again in {words.seconds(bench.until - now)}."
    return _lane(run, index, candidate, "", (skipped, icon, word), used=False)


def _bench(run: Run, candidate: int, key: str, now: float) -> Bench | None:
    """The longest bench that holds at `now` for a key (or, by its model, for the candidate)."""
    named = run.candidates[candidate]
    held = [
        bench
        for bench in run.benches
        if bench.provider == named.provider
        and bench.base_url == named.base_url
        and bench.since <= now < bench.until
        and ((bench.key == key != "") or (not bench.key and bench.model == named.model))
    ]
    return max(held, key=lambda bench: bench.until, default=None)
