"""The lanes of a timeline: one for each provider, model and key that was used, then the candidates that stand by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.core import events as e
from engine.core.events import Bench
from engine.core.run import Attempt, Run
from gui import words
from gui.tokens import FAULT_LOOKS, LOOKS, State

Past = Mapping[tuple[str, str, str], tuple[bool, ...]]
"""(provider, model, key) -> how its last runs went, the newest last: whether each was answered."""

LAST_RUNS = 10  # of those before, how many a lane tells
LONG = 600.0  # seconds: a bench beyond this is told by its reason and not counted down


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """One row. A standby lane (`used` is False) has no key; `word` says what the lane does now; `past` is how its
    last runs went, where that is known."""

    index: int
    candidate: int
    key: str
    provider: str
    model: str
    used: bool
    state: State | None
    icon: str
    word: str
    past: tuple[bool, ...] = ()

    @property
    def name(self) -> str:
        return f"{self.provider} · {self.model}"

    @property
    def past_words(self) -> str:
        """ "2 of the last 10 runs failed"; empty where nothing is known."""
        last = self.past[-LAST_RUNS:]
        failed = sum(not answered for answered in last)
        return f"{failed or 'none'} of the last {len(last)} runs failed" if last else ""


def lanes_of(
    run: Run,
    now: float,
    places: Mapping[tuple[int, str], int],
    open_attempts: Sequence[Attempt],
    benches: Sequence[Bench],
    skipped: Mapping[int, e.CandidateSkipped],
    past: Past | None = None,
) -> tuple[Lane, ...]:
    """The lanes in the order of first use (`places`: candidate and key of each); candidates that were not asked stand
    behind them. `open_attempts` has all that are live, `benches` all that hold now, `skipped` what was gone past."""
    telling = {(attempt.candidate, attempt.key): attempt for attempt in open_attempts if attempt.live}
    if run.served_by is not None:
        served = run.attempt(run.served_by)
        telling[served.candidate, served.key] = served
    lanes: list[Lane] = []
    for i, (candidate, key) in enumerate(places):
        look = _used_look(run, (candidate, key), telling.get((candidate, key)), benches, now)
        lanes.append(_lane(run, i, candidate, key, look, used=True, past=past))
    asked = {candidate for candidate, _ in places}
    for candidate in range(len(run.candidates)):
        if candidate not in asked:
            look = State.SKIPPED, LOOKS[State.SKIPPED].icon, _standby(run, candidate, benches, skipped, now)
            lanes.append(_lane(run, len(lanes), candidate, "", look, used=False, past=past))
    return tuple(lanes)


def _lane(
    run: Run, index: int, candidate: int, key: str, look: tuple[State | None, str, str], *, used: bool,
    past: Past | None,
) -> Lane:  # fmt: skip
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
        past=(past or {}).get((named.provider, named.model, key), ()),
    )


def _used_look(
    run: Run, place: tuple[int, str], attempt: Attempt | None, benches: Sequence[Bench], now: float
) -> tuple[State | None, str, str]:
    """`attempt` is the one that is live in this lane, or that served."""
    if attempt is not None and attempt.live:
        return _live_look(attempt)
    if attempt is not None and attempt.completed:
        return State.SUCCEEDED, LOOKS[State.SUCCEEDED].icon, "served"
    bench = _bench(run, place[0], place[1], benches, now)
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


def _standby(
    run: Run, candidate: int, benches: Sequence[Bench], skipped: Mapping[int, e.CandidateSkipped], now: float
) -> str:
    if (event := skipped.get(candidate)) is not None:
        return f"Gone past. {words.reason(event)}."
    if run.outcome is not None:
        return "Standby. It was not needed."
    if (bench := _bench(run, candidate, "", benches, now)) is not None:
        return f"Cooling, fit again in {words.seconds(bench.until - now)}."
    asked = run.attempts[-1] if run.attempts else None
    return f"Standby. Used only if {run.candidate_of(asked).model if asked is not None else 'the first'} fails."


def _bench(run: Run, candidate: int, key: str, benches: Sequence[Bench], now: float) -> Bench | None:
    """The longest bench that holds at `now` for a key (or, by its model, for the candidate)."""
    named = run.candidates[candidate]
    held = [
        bench
        for bench in benches
        if bench.provider == named.provider
        and bench.base_url == named.base_url
        and bench.since <= now < bench.until
        and ((bench.key == key != "") or (not bench.key and bench.model == named.model))
    ]
    return max(held, key=lambda bench: bench.until, default=None)
