"""`evolve(run, event) -> Run`: the one fold. Chat, timeline, comparison, replay and exports all stand on it."""

from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from engine.core import events as e
from engine.core.faults import Fault
from engine.core.pieces import NOTHING, Pieces
from engine.core.request import Candidate, Finish, Request, ToolCall, Usage


class Draft(Struct, frozen=True, kw_only=True):
    """A tool call as it grows."""

    index: int
    id: str = ""
    name: str = ""
    arguments: Pieces = NOTHING

    @property
    def call(self) -> ToolCall:
        return ToolCall(id=self.id, name=self.name, arguments=str(self.arguments))


class Attempt(Struct, frozen=True, kw_only=True):
    """One stream, from its start to its end. Times are run seconds; None means: not yet, or never."""

    number: int
    candidate: int
    key: str
    action: e.Action
    rule: e.Rule
    why: str
    alternatives: tuple[e.Alternative, ...] = ()
    started: float
    connected: float | None = None
    reused: bool = False
    sent: float | None = None
    request: e.Sent | None = None
    opened: float | None = None
    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    first_output: float | None = None
    first_text: float | None = None
    heard: float | None = None  # the last output, or the end of our own holding: what the idle clock runs from
    finished: float | None = None
    ended: float | None = None
    text: Pieces = NOTHING
    reasoning: Pieces = NOTHING
    refusal: Pieces = NOTHING
    signature: str = ""
    drafts: tuple[Draft, ...] = ()
    usage: Usage = Usage()
    model: str = ""
    finish: Finish | None = None
    native_finish: str = ""
    completed: bool = False
    warning: str = ""
    fault: Fault | None = None
    cut: e.Rule | None = None  # why we ended it ourselves
    superseded: float | None = None
    continues: int | None = None  # the attempt whose text this one goes on from
    granted: bool = False  # given back: it ended in a rotation, and does not count against the candidate
    injected: tuple[tuple[float, str], ...] = ()
    held: float = 0.0

    @property
    def live(self) -> bool:
        return self.ended is None

    @property
    def spoke(self) -> bool:
        """Whether it has shown anything that is part of an answer (reasoning alone is not)."""
        return bool(self.text) or bool(self.refusal) or bool(self.drafts)

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        return tuple(draft.call for draft in self.drafts)


class Wait(Struct, frozen=True, kw_only=True):
    since: float
    until: float
    candidate: int
    key: str
    action: e.Action
    asked: bool
    rule: e.Rule
    why: str
    alternatives: tuple[e.Alternative, ...] = ()
    continues: int | None = None


class Run(Struct, frozen=True, kw_only=True):
    """All that is known of one run. Two runs folded from the same events are equal."""

    id: str
    wall: float
    request: Request
    attempts: tuple[Attempt, ...] = ()
    trail: tuple[e.Verb, ...] = ()  # every decision, in order
    benches: tuple[e.Bench, ...] = ()
    passed: tuple[int, ...] = ()  # candidates gone past, or left behind for good
    waiting: Wait | None = None
    stop_asked: bool = False
    outcome: e.Outcome | None = None
    served_by: int | None = None
    ended: float | None = None
    now: float = 0.0

    @property
    def live(self) -> tuple[Attempt, ...]:
        return tuple(attempt for attempt in self.attempts if attempt.ended is None)

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        return self.request.route.candidates

    @property
    def answer(self) -> Attempt | None:
        """The one attempt whose text is the answer now: the one that served, else the newest that speaks and was
        not superseded."""
        if self.outcome is not None:
            return self.attempt(self.served_by) if self.served_by is not None else None
        for attempt in reversed(self.attempts):
            if attempt.superseded is None and (attempt.spoke or attempt.reasoning):
                return attempt
        return None

    @property
    def text(self) -> str:
        """The answer's text as it is now: of one attempt, or of a declared chain of continuations."""
        return self.text_of(self.answer) if self.answer is not None else ""

    def text_of(self, attempt: Attempt) -> str:
        """The attempt's text, behind the text that it goes on from."""
        before = self.text_of(self.attempt(attempt.continues)) if attempt.continues is not None else ""
        return before + str(attempt.text)

    def attempt(self, number: int) -> Attempt:
        """By its number, from 1."""
        return self.attempts[number - 1]

    def candidate_of(self, attempt: Attempt) -> Candidate:
        return self.candidates[attempt.candidate]


def begin(event: e.RunRequested) -> Run:
    return Run(id=event.run, wall=event.wall, request=event.request, benches=event.benches, now=event.at)


def evolve(run: Run, event: e.AnyEvent) -> Run:
    """The run after `event`. A fact of an attempt that has ended changes nothing."""
    if isinstance(event, e.AttemptFact):
        attempt = run.attempts[event.attempt - 1]
        if attempt.ended is not None:
            return run
        return _with(run, _attempt_after(attempt, event), event.at)
    if isinstance(event, e.Decision):
        return _after_decision(run, event)
    match event:
        case e.RunRequested():
            return begin(event)
        case e.SkipAsked():
            return _skipping(run, event.at)
        case e.StopAsked():
            return replace(run, stop_asked=True, waiting=None, now=event.at)
        case _:
            assert_never(event)


def _with(run: Run, attempt: Attempt, at: float) -> Run:
    attempts, i = run.attempts, attempt.number - 1
    return replace(run, attempts=(*attempts[:i], attempt, *attempts[i + 1 :]), now=at)


def _skipping(run: Run, at: float) -> Run:
    waiting = run.waiting
    current = (waiting.candidate,) if waiting is not None else tuple(attempt.candidate for attempt in run.live)
    return replace(run, passed=(*run.passed, *current), waiting=None, now=at)


def _attempt_after(a: Attempt, event: e.AttemptFact) -> Attempt:
    at = event.at
    match event:
        case e.Said(pieces=pieces):
            first = at if a.first_output is None else a.first_output
            first_text = at if a.first_text is None else a.first_text
            return replace(a, text=a.text.plus(pieces), first_output=first, first_text=first_text, heard=at)
        case e.Thought(pieces=pieces):
            return replace(_heard(a, at), reasoning=a.reasoning.plus(pieces), signature=event.signature or a.signature)
        case e.Refused(pieces=pieces):
            return replace(_heard(a, at), refusal=a.refusal.plus(pieces))
        case e.ToolCalled():
            return replace(_heard(a, at), drafts=_drafts_after(a.drafts, event))
        case e.Connected():
            return replace(a, connected=at, reused=event.reused)
        case e.Sent():
            return replace(a, sent=at, request=event)
        case e.Opened():
            return replace(a, opened=at, status=event.status, headers=event.headers)
        case e.Measured(usage=usage):
            return replace(a, usage=merged(a.usage, usage))
        case e.Identified(model=model):
            return replace(a, model=model)
        case e.Held(seconds=seconds):
            return replace(a, heard=at if a.first_output is not None else None, held=a.held + seconds)
        case e.FaultInjected(name=name):
            return replace(a, injected=(*a.injected, (at, name)))
        case e.Finished():
            return replace(a, finish=event.finish, native_finish=event.native, finished=at)
        case e.Completed(warning=warning):
            return replace(a, completed=True, warning=warning, ended=at)
        case e.Faulted(fault=fault):
            return replace(a, fault=fault, ended=at)
        case _:
            raise TypeError(f"not a fact of an attempt: {event!r}")


def _heard(a: Attempt, at: float) -> Attempt:
    return replace(a, first_output=at if a.first_output is None else a.first_output, heard=at)


def _drafts_after(drafts: tuple[Draft, ...], event: e.ToolCalled) -> tuple[Draft, ...]:
    for i, draft in enumerate(drafts):
        if draft.index == event.index:
            grown = Draft(
                index=draft.index,
                id=draft.id or event.id,
                name=draft.name or event.name,
                arguments=draft.arguments.plus((event.arguments,)) if event.arguments else draft.arguments,
            )
            return (*drafts[:i], grown, *drafts[i + 1 :])
    arguments = Pieces((event.arguments,)) if event.arguments else NOTHING
    return (*drafts, Draft(index=event.index, id=event.id, name=event.name, arguments=arguments))


def merged(known: Usage, news: Usage) -> Usage:
    """What is known of the usage after `news`: its fields where it has them."""
    return Usage(
        input=known.input if news.input is None else news.input,
        output=known.output if news.output is None else news.output,
        reasoning=known.reasoning if news.reasoning is None else news.reasoning,
        cached=known.cached if news.cached is None else news.cached,
    )


def _after_decision(run: Run, event: e.Decision) -> Run:
    at = event.at
    match event:
        case e.AttemptStarted():
            run = replace(run, attempts=(*run.attempts, _started(event)), waiting=None)
        case e.AttemptCut(attempt=number, fault=fault):
            cut = replace(run.attempt(number), ended=at, fault=fault, cut=event.rule)
            run = _with(run, replace(cut, completed=event.rule is e.Rule.FINISHED), at)
        case e.Benched(bench=bench):
            run = replace(run, benches=(*run.benches, bench))
        case e.KeyRotated(attempt=number):
            run = _with(run, replace(run.attempt(number), granted=True), at)
        case e.CandidateSkipped(candidate=candidate, rule=rule):
            if rule is not e.Rule.COOLING:  # what only cools down may still be a last resort
                run = replace(run, passed=(*run.passed, candidate))
        case e.WaitStarted():
            run = replace(run, waiting=_waiting(event))
        case e.TextSuperseded(attempt=number):
            run = _with(run, replace(run.attempt(number), superseded=at), at)
        case e.HedgeStarted():
            pass
        case e.RunEnded(outcome=outcome, by=by):
            run = replace(run, outcome=outcome, served_by=by, ended=at, waiting=None)
        case _:
            raise TypeError(f"not a decision: {event!r}")
    return replace(run, trail=(*run.trail, event), now=at)


def _started(event: e.AttemptStarted) -> Attempt:
    return Attempt(
        number=event.attempt,
        candidate=event.candidate,
        key=event.key,
        action=event.action,
        rule=event.rule,
        why=event.why,
        alternatives=event.alternatives,
        continues=event.continues,
        started=event.at,
    )


def _waiting(event: e.WaitStarted) -> Wait:
    return Wait(
        since=event.at,
        until=event.until,
        candidate=event.candidate,
        key=event.key,
        action=event.action,
        asked=event.asked,
        rule=event.rule,
        why=event.why,
        alternatives=event.alternatives,
        continues=event.continues,
    )
