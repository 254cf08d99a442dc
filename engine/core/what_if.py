"""What if the route had been another: a recorded run's facts, played again in virtual time under another policy. Pure.

The n-th attempt of a candidate with a key meets what its n-th attempt met in the recording. Where the recording has no
such attempt, or not enough of it, an outcome is assumed, and said to be.
"""

from collections.abc import Callable, Iterable
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from engine.core import events as e
from engine.core.failover import deadline, decide
from engine.core.request import Candidate, Clocks, Finish, Route
from engine.core.run import Attempt, Run, begin, evolve

FIRST_WORD, WHOLE = 1.0, 3.0  # seconds that an answer is assumed to take where the recording has none
ASSUMED_TEXT = "(An answer is assumed here: the recording has none from this candidate.)"
MOST_STEPS = 200_000

Place = tuple[str, str, str | None, str]  # provider, model, base URL, key


class Source(Struct, frozen=True, kw_only=True):
    """Where the outcome of an attempt was taken from. `recorded` is the attempt of the recording, if any."""

    attempt: int
    known: bool
    words: str
    recorded: int | None = None


class WhatIf(Struct, frozen=True, kw_only=True):
    """The other run, its events, and for each attempt whether it is known or assumed."""

    run: Run
    events: tuple[e.AnyEvent, ...]
    sources: tuple[Source, ...]

    @property
    def assumed(self) -> int:
        return sum(not source.known for source in self.sources)


class _Script(Struct, frozen=True, kw_only=True):
    """The facts of one recorded attempt, timed from its start. `length` is how long it is known; `open`: we ended it,
    so that what would have followed is not known; `spoke` says whether it had begun to answer by then."""

    attempt: int
    facts: tuple[e.AnyEvent, ...]
    length: float
    open: bool
    silent: bool


class _Facts(Struct, frozen=True, kw_only=True):
    scripts: dict[Place, list[_Script]]
    last: dict[tuple[str, str, str | None], _Script]
    first_word: float
    whole: float


def what_if(events: Iterable[e.AnyEvent], route: Route) -> WhatIf:
    """The run that `events` tell, as it would have gone along `route`. What the user did (skip, stop) is left out.

    Raises ValueError when the events do not begin with a request, or the other run does not come to an end.
    """
    recorded = tuple(events)
    if not recorded or not isinstance(recorded[0], e.RunRequested):
        raise ValueError("The recording does not begin with a request: its beginning is missing.")
    return _World(recorded[0], _gather(recorded), route).play()


# What the recording knows.


def _gather(events: tuple[e.AnyEvent, ...]) -> _Facts:
    first = events[0]
    assert isinstance(first, e.RunRequested)
    run = begin(first)
    facts: dict[int, list[e.AnyEvent]] = {}
    for event in events[1:]:
        if isinstance(event, e.AttemptFact) and run.attempt(event.attempt).live:
            facts.setdefault(event.attempt, []).append(event)
        run = evolve(run, event)
    scripts: dict[Place, list[_Script]] = {}
    last: dict[tuple[str, str, str | None], _Script] = {}
    for attempt in run.attempts:
        script = _script(run, attempt, facts.get(attempt.number, []))
        place = _place(run.candidate_of(attempt), attempt.key)
        scripts.setdefault(place, []).append(script)
        last[place[:3]] = script
    firsts = [a.first_output - a.started for a in run.attempts if a.first_output is not None]
    wholes = [a.ended - a.started for a in run.attempts if a.completed and a.ended is not None]
    first_word = median(firsts) if firsts else FIRST_WORD
    return _Facts(
        scripts=scripts, last=last, first_word=first_word, whole=max(median(wholes) if wholes else WHOLE, first_word)
    )


def _place(candidate: Candidate, key: str) -> Place:
    return candidate.provider, candidate.model, candidate.base_url, key


def _script(run: Run, a: Attempt, facts: list[e.AnyEvent]) -> _Script:
    end = run.now if a.ended is None else a.ended
    return _Script(
        attempt=a.number,
        facts=tuple(replace(fact, at=max(0.0, fact.at - a.started)) for fact in facts),
        length=end - a.started,
        open=a.ended is None or a.cut is not None,
        silent=a.fault is not None,
    )


# The other run.


class _World:
    """Keeps virtual time: carries decisions out by laying an attempt's facts ahead of it."""

    def __init__(self, asked: e.RunRequested, facts: _Facts, route: Route) -> None:
        requested = replace(asked, request=replace(asked.request, route=route))
        self.run, self.now = begin(requested), 0.0
        self.events: list[e.AnyEvent] = [requested]
        self._facts = facts
        self._ahead: dict[int, list[e.AnyEvent]] = {}
        self._met: dict[Place, int] = {}
        self._from: dict[int, tuple[_Script | None, bool, str]] = {}

    def play(self) -> WhatIf:
        for _ in range(MOST_STEPS):
            while (decision := decide(self.run, self.now)) is not None:
                self._emit(decision)
                if isinstance(decision, e.AttemptStarted):
                    self._lay_out(decision)
            if self.run.outcome is not None:
                return WhatIf(run=self.run, events=tuple(self.events), sources=self._sources())
            self._step()
        raise ValueError("The other run does not come to an end: choose another policy.")

    def _emit(self, event: e.AnyEvent) -> None:
        self.events.append(event)
        self.run = evolve(self.run, event)

    def _step(self) -> None:
        """To the next fact or to the deadline, whichever is first."""
        limit = deadline(self.run)
        live = [self._ahead[a.number] for a in self.run.live if self._ahead[a.number]]
        nearest = min(live, key=lambda facts: facts[-1].at, default=None)
        if nearest is not None and (limit is None or nearest[-1].at <= limit):
            fact = nearest.pop()
            self.now = max(self.now, fact.at)
            self._emit(fact)
        elif limit is not None:
            self.now = max(self.now + 1e-6, limit)

    def _lay_out(self, started: e.AttemptStarted) -> None:
        """Puts the attempt's facts ahead of it, the next one last."""
        place = _place(self.run.candidates[started.candidate], started.key)
        script, known, words = self._script_for(place)
        self._from[started.attempt] = script, known, words
        facts = self._assumed(started.attempt) if script is None else list(script.facts)
        if script is not None and script.open and not script.silent:
            tail = (self._facts.first_word, self._facts.whole)
            said = any(isinstance(fact, e.Said) for fact in facts)
            ahead = [replace(f, at=max(f.at, script.length)) for f in _answer(started.attempt, *tail, said=said)]
            facts += ahead if facts else self._assumed(started.attempt)
        moved = [replace(f, at=f.at + started.at, attempt=started.attempt, run=self.run.id) for f in facts]
        self._ahead[started.attempt] = moved[::-1]

    def _script_for(self, place: Place) -> tuple[_Script | None, bool, str]:
        count = self._met.get(place, 0)
        self._met[place] = count + 1
        scripts = self._facts.scripts.get(place, [])
        if count < len(scripts):
            return scripts[count], True, f"as attempt {scripts[count].attempt} was recorded"
        if (last := self._facts.last.get(place[:3])) is not None:
            return last, False, f"assumed to end as attempt {last.attempt} did, the candidate's last one"
        return None, False, f"assumed to answer in {self._facts.whole:.1f} s, since it was never asked"

    def _assumed(self, attempt: int) -> list[e.AnyEvent]:
        begun = e.Connected(run=self.run.id, at=0.0, attempt=attempt, reused=True)
        return [begun, *_answer(attempt, self._facts.first_word, self._facts.whole, said=False)]

    def _sources(self) -> tuple[Source, ...]:
        return tuple(self._source(attempt) for attempt in self.run.attempts)

    def _source(self, a: Attempt) -> Source:
        script, known, words = self._from[a.number]
        lasted = (self.now if a.ended is None else a.ended) - a.started
        if script is not None and known and script.open and lasted > script.length + 1e-3:
            goes_on = "stay silent" if script.silent else "answer"
            words = f"{words} for {script.length:.1f} s, then assumed to {goes_on}"
            known = False
        return Source(attempt=a.number, known=known, words=words, recorded=script.attempt if script else None)


def _answer(attempt: int, first: float, whole: float, *, said: bool) -> list[e.AnyEvent]:
    """An assumed answer, or the assumed end of one that had begun."""
    text = () if said else (e.Said(run="", at=first, attempt=attempt, pieces=(ASSUMED_TEXT,)),)
    return [
        *text,
        e.Finished(run="", at=whole, attempt=attempt, finish=Finish.STOP),
        e.Completed(run="", at=whole, attempt=attempt),
    ]


# Other routes to try.


class Preset(Struct, frozen=True, kw_only=True):
    name: str
    title: str
    sentence: str
    change: Callable[[Route], Route]


def _without_retries(route: Route) -> Route:
    return replace(route, policy=replace(route.policy, attempts=1))


def _without_rotation(route: Route) -> Route:
    return replace(route, candidates=tuple(replace(c, keys=c.keys[:1]) for c in route.candidates))


def _patient(route: Route) -> Route:
    policy = replace(
        route.policy, attempts=5, longest_wait=60.0, connect=15.0, first_token=60.0, idle=60.0, total=600.0
    )
    return replace(route, policy=policy, candidates=tuple(replace(c, clocks=Clocks()) for c in route.candidates))


def _other_order(route: Route) -> Route:
    return replace(route, candidates=route.candidates[1:] + route.candidates[:1])


def _hedged(route: Route) -> Route:
    return replace(route, policy=replace(route.policy, hedge_delay=1.0))


PRESETS: tuple[Preset, ...] = (
    Preset(name="no_retries", title="No retries", sentence="Each candidate is asked once.", change=_without_retries),
    Preset(
        name="no_rotation", title="No rotation", sentence="Only the first key of each is used.",
        change=_without_rotation,
    ),
    Preset(
        name="patient", title="Patient", sentence="Five tries each, waits and silences of up to 60 s.", change=_patient
    ),
    Preset(name="other_order", title="Other order", sentence="The first candidate goes last.", change=_other_order),
    Preset(
        name="hedged", title="Hedge 1 s", sentence="After 1 s without a token the next one is asked as well.",
        change=_hedged,
    ),
)  # fmt: skip


def difference(recorded: Run, other: WhatIf) -> str:
    """What would have been different, in one or two sentences; assumptions are named."""
    told = _told(recorded, other.run)
    if not other.assumed:
        return f"{told} All of it is known from the recording."
    count, all_of_it = other.assumed, len(other.sources)
    verb = "is" if count == 1 else "are"
    return f"{told} {count} of {all_of_it} attempt{'s' if all_of_it > 1 else ''} {verb} assumed."


def _told(recorded: Run, other: Run) -> str:
    was, would = recorded.outcome is e.Outcome.ANSWERED, other.outcome is e.Outcome.ANSWERED
    end, ended = other.ended or other.now, recorded.ended or recorded.now
    if not would:
        failed = f"There would be no whole answer: the run would end at {end:.1f} s"
        return f"{failed}. It was answered at {ended:.1f} s." if was else f"{failed}, in place of {ended:.1f} s."
    who = other.candidate_of(other.answer).label if other.answer is not None else "nobody"
    if not was:
        return f"There would be an answer by {who} at {end:.1f} s. The run had none."
    shift = end - ended
    by = f"by {who}, at {end:.1f} s"
    if abs(shift) < 0.05:
        return f"The answer would come {by}, as it did."
    word = "sooner" if shift < 0 else "later"
    return f"The answer would come {by}: {abs(shift):.1f} s {word} than the recorded {ended:.1f} s."
