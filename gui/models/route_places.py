"""The candidates of a route as the header shows them: each in its place, with its state in the current run. No Qt."""

from dataclasses import dataclass, replace

from engine.core import events as e
from engine.core.fitness import cooling
from engine.core.request import Candidate, Route
from engine.core.run import Attempt, Run
from gui import words
from gui.tokens import FAULT_LOOKS, LOOKS, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One candidate as the header shows it. `state` is None while there is nothing to tell."""

    index: int
    provider: str
    model: str
    keys: int
    state: State | None = None
    icon: str = ""
    word: str = ""

    @property
    def told(self) -> str:
        """All of it in words, for a screen reader and the tool tip."""
        keys = f", {key_count(self.keys)}" if self.keys else ""
        return f"{self.index + 1}. {self.provider} · {self.model}{keys}{f': {self.word}' if self.word else ''}"


def places_of(route: Route, run: Run | None) -> tuple[Place, ...]:
    """The candidates in order, each with its state in `run` where the run is of this route."""
    places = tuple(_place(i, candidate) for i, candidate in enumerate(route.candidates))
    if run is None or run.candidates != route.candidates:
        return places
    return tuple(_with_look(place, _look(run, place.index)) for place in places)


def _place(index: int, candidate: Candidate) -> Place:
    return Place(index=index, provider=candidate.provider, model=candidate.model, keys=len(candidate.keys))


def _with_look(place: Place, look: tuple[State | None, str, str]) -> Place:
    state, name, word = look
    return replace(place, state=state, icon=name, word=word)


def _look(run: Run, index: int) -> tuple[State | None, str, str]:
    attempts = [attempt for attempt in run.attempts if attempt.candidate == index]
    if run.waiting is not None and run.waiting.candidate == index:
        return State.WAITING, LOOKS[State.WAITING].icon, "next"
    if attempts:
        live = [attempt for attempt in attempts if attempt.live]
        served = [attempt for attempt in attempts if attempt.number == run.served_by]
        return _tried_look((live or served or attempts)[-1])
    skips = [event for event in run.trail if isinstance(event, e.CandidateSkipped) and event.candidate == index]
    if skips:
        rule, why = skips[-1].rule, words.reason(skips[-1])
        state = State.COOLING if rule is e.Rule.COOLING else State.SKIPPED
        return state, LOOKS[state].icon, f"gone past. {why}"
    if run.outcome is None and (why := cooling(run, index, run.now)) is not None:
        return State.COOLING, LOOKS[State.COOLING].icon, why.rstrip(".")
    return None, "", "standby"


def _tried_look(attempt: Attempt) -> tuple[State, str, str]:
    word = words.attempt_word(attempt)
    if attempt.live:
        heard = State.REASONING if attempt.first_output is not None else State.WAITING
        state = State.STREAMING if attempt.spoke else heard
        return state, LOOKS[state].icon, "serving" if attempt.spoke else word
    if attempt.completed:
        return State.SUCCEEDED, LOOKS[State.SUCCEEDED].icon, "served"
    if attempt.fault is not None:
        look = FAULT_LOOKS[attempt.fault.kind]
        return look.state, look.icon, word
    return State.SKIPPED, LOOKS[State.SKIPPED].icon, word


def current(places: tuple[Place, ...]) -> int:
    """The candidate that matters most now: one that is live or served, else the last that was tried, else the first."""
    order = (State.STREAMING, State.SUCCEEDED, State.REASONING, State.WAITING)
    for state in order:
        for place in places:
            if place.state is state:
                return place.index
    tried = [place.index for place in places if place.state in (State.FAILED_TRANSIENT, State.FAILED_PERMANENT)]
    return tried[-1] if tried else 0


def struck(run: Run | None) -> int:
    """How many faults the lab, or an armed fault, has put into the run."""
    return sum(len(attempt.injected) for attempt in run.attempts) if run is not None else 0


def faults_sentence(fired: int, armed: int) -> str:
    """ "1 fault fired, 1 armed"; empty where there is none."""
    told = [f"{fired} fault{'' if fired == 1 else 's'} fired"] if fired else []
    if armed:
        told.append(f"{armed} armed" if fired else f"{armed} fault{'' if armed == 1 else 's'} armed")
    return ", ".join(told)


def key_count(number: int) -> str:
    """ "1 key", "2 keys"."""
    return f"{number} key" if number == 1 else f"{number} keys"
