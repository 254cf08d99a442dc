"""The clocks of one attempt: which runs out next, when, and what that means."""

from msgspec import Struct

from engine.core import events as e
from engine.core.faults import Cause, Fault, Kind
from engine.core.fitness import next_choice
from engine.core.request import Candidate, Clocks, Finish, Midstream, Policy, ToolResult
from engine.core.run import Attempt, Run

FINISH_GRACE = 1.0  # seconds for usage and an end mark to follow a finish reason


class Limit(Struct, frozen=True, kw_only=True):
    """At `at` (run seconds) the attempt is ended by `rule`, with `fault` held against it (None: it has answered)."""

    at: float
    rule: e.Rule
    fault: Fault | None
    why: str


def clocks_of(run: Run, attempt: Attempt) -> Clocks:
    """The limits that govern this attempt."""
    return limits(run.request.route.policy, run.candidate_of(attempt))


def limits(policy: Policy, candidate: Candidate) -> Clocks:
    """The limits that govern a candidate on a route: its own where it has them, else the route's.

    Where neither says how long to wait for the first token, one that is slow by its kind gets its usual time.
    """
    own = candidate.clocks
    usual = candidate.usual_first_token if policy.first_token == Policy().first_token else None
    return Clocks(
        connect=policy.connect if own.connect is None else own.connect,
        first_token=own.first_token or usual or policy.first_token,
        idle=policy.idle if own.idle is None else own.idle,
        total=own.total,
    )


def limit(run: Run, a: Attempt) -> Limit:
    """The next limit of a live attempt."""
    if a.finished is not None:
        return finish(run, a, a.finished + FINISH_GRACE)
    clocks = clocks_of(run, a)
    nearest = _silence(a, clocks)
    if clocks.total is not None:
        sentence = "The attempt took longer than its limit of {:g} s."
        nearest = _sooner(nearest, _clock(Kind.TOTAL, a.started, clocks.total, sentence))
    if (floor := _floor(run, a)) is not None:
        nearest = _sooner(nearest, floor)
    return nearest


def _sooner(one: Limit, other: Limit) -> Limit:
    return other if other.at < one.at else one


def finish(run: Run, a: Attempt, at: float) -> Limit:
    """The end of an attempt whose finish reason was read: an answer, unless a filter stopped it or it says nothing."""
    fault = None
    if a.finish is Finish.CONTENT_FILTER:
        fault = Fault(kind=Kind.CONTENT_FILTER, detail="The provider's filter stopped the answer.", in_stream=True)
    elif not a.says and a.finish is Finish.STOP and not may_be_empty(run, a):
        fault = Fault(kind=Kind.EMPTY, detail="The answer is empty.", in_stream=True)
    why = fault.detail if fault is not None else "The finish reason was read; no end mark followed."
    return Limit(at=at, rule=e.Rule.FINISHED if fault is None else e.Rule.CLOCK, fault=fault, why=why)


def may_be_empty(run: Run, a: Attempt) -> bool:
    """Whether an answer without a word is whole: behind a tool's result a model may have nothing to add."""
    last = run.request.messages[-1:]
    return a.finish is not None and any(isinstance(part, ToolResult) for turn in last for part in turn.parts)


def _silence(a: Attempt, clocks: Clocks) -> Limit:
    if a.connected is None:
        return _clock(Kind.CONNECT, a.started, clocks.connect, "No connection within {:g} s.")
    if a.first_output is None:
        begun = a.connected + a.held
        return _clock(Kind.FIRST_TOKEN, begun, clocks.first_token, "Connected, but no token for {:g} s.")
    return _clock(Kind.IDLE, a.heard or a.first_output, clocks.idle, "The stream went silent for {:g} s.")


def _clock(kind: Kind, since: float, seconds: float | None, sentence: str) -> Limit:
    allowed = seconds or 0.0
    detail = sentence.format(allowed)
    fault = Fault(kind=kind, detail=detail, in_stream=kind is Kind.IDLE)
    return Limit(at=since + allowed, rule=e.Rule.CLOCK, fault=fault, why=detail)


def _floor(run: Run, a: Attempt) -> Limit | None:
    """The end of a window that has brought too little so far, where another candidate could take over."""
    policy = run.request.route.policy
    if policy.floor is None or a.pace_since is None or (a.says and policy.midstream is Midstream.KEEP):
        return None
    at = a.pace_since + policy.floor_window
    came = a.characters - a.pace_from
    if came >= policy.floor * policy.floor_window:
        return None
    choice = next_choice(run, at)
    if choice is None or choice.half_open:
        return None
    detail = f"{came} characters in {policy.floor_window:g} s are less than the floor of {policy.floor:g} a second."
    fault = Fault(kind=Kind.IDLE, cause=Cause.SLOW, detail=detail, in_stream=True)
    return Limit(at=at, rule=e.Rule.CLOCK, fault=fault, why=detail)
