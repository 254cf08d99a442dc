"""`evolve(run, event) -> Run`: the one fold. Chat, timeline, comparison, replay and exports all stand on it."""

from typing import assert_never

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine.core import events as e
from engine.core.faults import Fault, Kind
from engine.core.pieces import NOTHING, Pieces
from engine.core.request import Candidate, Finish, Request, ToolCall, Usage

BURST = 0.05  # seconds
BURST_CHARACTERS = 200
LEAST_ECHO = 3  # characters: shorter pieces (blanks, strokes, digits of a table) are repeated in good answers


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
    without: tuple[str, ...] = ()  # what was left out of the request, since the candidate had refused it
    last_piece: str = ""
    echoes: int = 0  # how often the last piece has come in a row
    pace_since: float | None = None  # where the present window of the floor began
    pace_from: int = 0  # the characters that had come by then

    @property
    def characters(self) -> int:
        """All output so far, in characters."""
        drafts = sum(draft.arguments.characters for draft in self.drafts)
        return self.text.characters + self.reasoning.characters + self.refusal.characters + drafts

    @property
    def says(self) -> bool:
        """Whether it has shown more than white space: what commits an attempt."""
        return bool(self.refusal) or bool(self.drafts) or any(not piece.isspace() for piece in self.text)

    @property
    def buffered(self) -> bool:
        """Whether a long output came in one burst: something in between held it back."""
        begun, last = self.first_output, self.heard
        return begun is not None and last is not None and last - begun < BURST and self.characters >= BURST_CHARACTERS

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
    retries: int | None = None  # this run's share of the retries that all runs have together
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
    return Run(
        id=event.run, wall=event.wall, request=event.request, benches=event.benches, retries=event.retries, now=event.at
    )


def evolve(run: Run, event: e.AnyEvent) -> Run:
    """The run after `event`. A fact of an attempt that has ended changes nothing."""
    if isinstance(event, e.AttemptFact):
        attempt = run.attempts[event.attempt - 1]
        if attempt.ended is not None:
            return run
        after = _attempt_after(attempt, event)
        policy = run.request.route.policy
        if policy.floor is not None and after.first_output is not None:
            after = _paced(after, event, policy.floor_window)
        return _with(run, after, event.at)
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
            last, echoes = _echoes(a.last_piece, a.echoes, pieces)
            return replace(
                a, text=a.text.plus(pieces), first_output=first, first_text=first_text, heard=at,
                last_piece=last, echoes=echoes,
            )  # fmt: skip
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
            return concluded(a, at, warning)
        case e.Faulted(fault=fault):
            return replace(a, fault=fault, ended=at)
        case _:
            raise TypeError(f"not a fact of an attempt: {event!r}")


def _echoes(last: str, echoes: int, pieces: tuple[str, ...]) -> tuple[str, int]:
    for piece in pieces:
        echoes = echoes + 1 if piece == last and len(piece) >= LEAST_ECHO else 1
        last = piece
    return last, echoes


def _paced(a: Attempt, event: e.AttemptFact, window: float) -> Attempt:
    """Begins the window in which the pace is measured: with the first output, behind each full window, and behind a
    time in which we did not read."""
    begins = a.pace_since is None or event.at >= a.pace_since + window or isinstance(event, e.Held)
    if not begins:
        return a
    return replace(a, pace_since=event.at, pace_from=a.characters if a.pace_since is not None else 0)


def concluded(a: Attempt, at: float, warning: str = "") -> Attempt:
    """The attempt whose stream has ended as it should: complete, unless a tool call is of no use. A call that the limit
    of tokens cut is no failure of the wire: the finish says so, and the warning that it must not be executed."""
    torn = next((draft for draft in a.drafts if not _is_object(draft.arguments)), None)
    if torn is None:
        return replace(a, completed=True, warning=warning, ended=at)
    name = torn.name or torn.index
    if a.finish is Finish.LENGTH:
        warning = f"The call of the tool {name} was cut by the limit of tokens: it must not be executed."
        return replace(a, completed=True, warning=warning, ended=at)
    detail = f"The call of the tool {name} is no JSON object: it must not be executed."
    return replace(a, fault=Fault(kind=Kind.MALFORMED, detail=detail, in_stream=True), ended=at)


def _is_object(arguments: Pieces) -> bool:
    try:
        return isinstance(msgspec.json.decode(str(arguments).strip() or "{}"), dict)
    except (msgspec.DecodeError, RecursionError):
        return False


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
            run = _with(run, concluded(cut, at) if event.rule is e.Rule.FINISHED else cut, at)
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
        without=event.without,
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
