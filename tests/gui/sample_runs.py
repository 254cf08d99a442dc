"""Runs told by hand, for the tests of the window: each function gives the events of one story, in order."""

from engine.core import events as e
from engine.core.faults import Fault, Kind
from engine.core.request import Candidate, Finish, Policy, Request, Route, Usage, ask
from engine.core.run import Run, begin, evolve

QUESTION = (
    "Why are there two high tides a day? Explain it to a curious ten-year-old, "
    "then tell me the one thing most people get wrong."
)
FIRST_TRY = (
    "The Moon pulls on the ocean, and the water nearest to it rises into a gentle bulge.",
    " At the same time a second bulge rises on the far side of the Earth, because there the pull is weakest.",
    " As the",
)
ANSWER = (
    "Imagine the Earth wearing a loose coat of water. The Moon tugs on everything, but it tugs hardest on whatever is "
    "closest. So the water facing the Moon gets pulled a little ahead of the ground below it, and it piles up. "
    "That is high tide number one.\n\n",
    "On the far side, the Moon pulls on the solid Earth more than on the water out there. The Earth is tugged away, "
    "the water is left behind, and it piles up too. That is high tide number two. As the Earth spins, your beach "
    "rides through both bulges in a single day.\n\n",
    "Now the part most people get wrong: the Moon does not lift the sea straight up. Its pull is far too weak for "
    "that. What really happens is that it slides the water sideways, from all",
)
RUN = "run-1"
ROTATED = "A limit on one key, and key spare is free."


def tides(policy: Policy = Policy()) -> Request:
    """The question, along openai (two keys), anthropic and mistral (one key each)."""
    route = Route(
        name="Tides for a ten-year-old",
        candidates=(
            Candidate(provider="openai", model="gpt-5", keys=("keyring:work", "keyring:spare")),
            Candidate(provider="anthropic", model="claude-sonnet", keys=("keyring:team",)),
            Candidate(provider="mistral", model="large", keys=("keyring:mistral",)),
        ),
        policy=policy,
    )
    return ask(QUESTION, route)


def fold(events: list[e.AnyEvent]) -> Run:
    """The run after all of `events`, of which the first is its request."""
    first, *rest = events
    assert isinstance(first, e.RunRequested)
    run = begin(first)
    for event in rest:
        run = evolve(run, event)
    return run


def requested(request: Request | None = None) -> e.RunRequested:
    return e.RunRequested(run=RUN, at=0.0, wall=1_700_000_000.0, request=request or tides())


def started(at: float, attempt: int, candidate: int, key: str, action: e.Action, rule: e.Rule, why: str = ""):
    return e.AttemptStarted(
        run=RUN, at=at, attempt=attempt, candidate=candidate, key=key, action=action, rule=rule, why=why,
        alternatives=(e.Alternative(action=e.Action.GIVE_UP, why_not="attempts and time were left"),),
    )  # fmt: skip


def opened(attempt: int, connected: float, at: float, status: int = 200, *, reused: bool = False) -> list[e.AnyEvent]:
    return [
        e.Connected(run=RUN, at=connected, attempt=attempt, reused=reused),
        e.Sent(run=RUN, at=connected + 0.01, attempt=attempt, url="https://api.example.com/v1/chat", body_bytes=412),
        e.Opened(run=RUN, at=at, attempt=attempt, status=status, headers=(("x-request-id", f"req_{attempt}c07e"),)),
    ]


def said(attempt: int, pieces: tuple[str, ...], start: float, end: float) -> list[e.AnyEvent]:
    """The words of `pieces`, evenly spread from `start` to `end`."""
    words = [word for piece in pieces for word in piece.replace(" ", " \0").split("\0")]
    step = (end - start) / max(1, len(words) - 1)
    return [e.Said(run=RUN, at=start + i * step, attempt=attempt, pieces=(word,)) for i, word in enumerate(words)]


def _limited(until: float) -> list[e.AnyEvent]:
    fault = Fault(kind=Kind.RATE_LIMIT, status=429, wait_hint=20.0, detail="Rate limit reached for requests.")
    bench = e.Bench(
        provider="openai", key="keyring:work", since=1.1, until=21.1, kind=Kind.RATE_LIMIT,
        reason="openai asks for 20 s",
    )  # fmt: skip
    why = ROTATED
    return [
        started(0.0, 1, 0, "keyring:work", e.Action.BEGIN, e.Rule.FIRST_FIT, "openai · gpt-5 is fit."),
        *opened(1, 0.3, 1.08, 429),
        e.Faulted(run=RUN, at=1.1, attempt=1, fault=fault),
        e.Benched(run=RUN, at=1.1, attempt=1, bench=bench, rule=e.Rule.COOLING, why="openai asks for 20 s."),
        e.KeyRotated(
            run=RUN, at=1.1, attempt=1, candidate=0, from_key="keyring:work", to_key="keyring:spare",
            rule=e.Rule.ROTATE_LIMITED, why=why,
        ),
        e.WaitStarted(
            run=RUN, at=1.1, until=until, candidate=0, key="keyring:spare", action=e.Action.ROTATE,
            rule=e.Rule.ROTATE_LIMITED, why=why,
        ),
    ]  # fmt: skip


def _cut_short() -> list[e.AnyEvent]:
    why = "Text was on screen, so no replay at openai."
    cut = Fault(kind=Kind.TRUNCATED, detail="The stream ended without a finish reason.", in_stream=True)
    return [
        started(1.7, 2, 0, "keyring:spare", e.Action.ROTATE, e.Rule.ROTATE_LIMITED, ROTATED),
        *opened(2, 1.7, 2.1, reused=True),
        *said(2, FIRST_TRY, 2.6, 4.7),
        e.Measured(run=RUN, at=4.7, attempt=2, usage=Usage(input=41, output=58)),
        e.FaultInjected(run=RUN, at=4.9, attempt=2, name="cut after 2 sentences"),
        e.Faulted(run=RUN, at=4.9, attempt=2, fault=cut),
        e.TextSuperseded(run=RUN, at=4.9, attempt=2, rule=e.Rule.RESTART, why=why),
        e.WaitStarted(
            run=RUN, at=4.9, until=5.1, candidate=1, key="keyring:team", action=e.Action.NEXT_PROVIDER,
            rule=e.Rule.RESTART, why=why,
        ),
    ]  # fmt: skip


def rotation_then_cut() -> list[e.AnyEvent]:
    """A 429 rotates the key; the second key's stream is cut after two sentences; claude answers, at 11.4 s."""
    why = "Text was on screen, so no replay at openai."
    return [
        requested(),
        *_limited(1.7),
        *_cut_short(),
        started(5.1, 3, 1, "keyring:team", e.Action.NEXT_PROVIDER, e.Rule.RESTART, why),
        *opened(3, 5.4, 5.9),
        e.Thought(run=RUN, at=6.2, attempt=3, pieces=("Two bulges, one on each side.",)),
        *said(3, ANSWER, 8.0, 11.39),
        e.Measured(run=RUN, at=11.4, attempt=3, usage=Usage(input=41, output=240, reasoning=28)),
    ]


def answered() -> list[e.AnyEvent]:
    """The same story to its end, at 12.6 s."""
    return [
        *rotation_then_cut(),
        e.Said(run=RUN, at=12.4, attempt=3, pieces=(" over the place.",)),
        e.Finished(run=RUN, at=12.6, attempt=3, finish=Finish.STOP),
        e.Completed(run=RUN, at=12.6, attempt=3),
        e.RunEnded(
            run=RUN, at=12.6, outcome=e.Outcome.ANSWERED, by=3, rule=e.Rule.ANSWERED, why="The answer is complete."
        ),
    ]


def waiting() -> list[e.AnyEvent]:
    """A 429 with a key to rotate to, and a wait of 3 s before it: look at it between 1.1 and 4.1 s."""
    return [requested(), *_limited(4.1)]


def retried() -> list[e.AnyEvent]:
    """Three quick 503s at one key, then an answer begins: short attempts whose labels would collide."""
    events: list[e.AnyEvent] = [requested()]
    at = 0.0
    for number in (1, 2, 3):
        rule = e.Rule.FIRST_FIT if number == 1 else e.Rule.RETRY_TRANSIENT
        action = e.Action.BEGIN if number == 1 else e.Action.RETRY
        why = "503, and the text has not begun."
        events.append(started(at, number, 0, "keyring:work", action, rule, why))
        events += opened(number, at + 0.05, at + 0.15, 503)
        events.append(
            e.Faulted(run=RUN, at=at + 0.16, attempt=number, fault=Fault(kind=Kind.SERVER, status=503, detail="Busy."))
        )
        until = at + 0.16 + 0.35 * number
        if number < 3:
            events.append(
                e.WaitStarted(
                    run=RUN,
                    at=at + 0.16,
                    until=until,
                    candidate=0,
                    key="keyring:work",
                    rule=e.Rule.RETRY_TRANSIENT,
                    why=why,
                )
            )
            at = until
    events.append(
        started(at + 0.2, 4, 1, "keyring:team", e.Action.NEXT_PROVIDER, e.Rule.RETRIES_EXHAUSTED, "Three tries failed.")
    )
    return [*events, *opened(4, at + 0.5, at + 0.8), *said(4, ANSWER[:1], at + 1.2, at + 4.0)]


def all_failed() -> list[e.AnyEvent]:
    """Each candidate fails in its own way, and the run gives up at 13.4 s."""
    faults = (
        Fault(kind=Kind.AUTH, status=401, detail="The key is not valid."),
        Fault(kind=Kind.OVERLOADED, status=529, detail="Overloaded."),
        Fault(kind=Kind.FIRST_TOKEN, detail="Connected, but no token for 10 s."),
    )
    keys = ("keyring:work", "keyring:team", "keyring:mistral")
    rules = (e.Rule.FIRST_FIT, e.Rule.NO_RETRY, e.Rule.RETRIES_EXHAUSTED)
    actions = (e.Action.BEGIN, e.Action.NEXT_PROVIDER, e.Action.NEXT_PROVIDER)
    whys = ("openai · gpt-5 is fit.", "A refused key cannot be mended by a retry.", "anthropic is overloaded.")
    starts, ends = (0.0, 1.0, 2.6), (0.9, 2.5, 13.3)
    events: list[e.AnyEvent] = [requested()]
    for i, fault in enumerate(faults):
        events.append(started(starts[i], i + 1, i, keys[i], actions[i], rules[i], whys[i]))
        if fault.kind is Kind.FIRST_TOKEN:
            events += opened(i + 1, starts[i] + 0.3, starts[i] + 0.6)
            events.append(
                e.AttemptCut(run=RUN, at=ends[i], attempt=i + 1, fault=fault, rule=e.Rule.CLOCK, why="Silent.")
            )
        else:
            events += opened(i + 1, starts[i] + 0.3, ends[i] - 0.01, fault.status or 500)
            events.append(e.Faulted(run=RUN, at=ends[i], attempt=i + 1, fault=fault))
    return [
        *events,
        e.RunEnded(
            run=RUN, at=13.4, outcome=e.Outcome.FAILED, rule=e.Rule.EXHAUSTED, why="No candidate is left.",
            available_at=28.3,
        ),
    ]  # fmt: skip


def calm() -> list[e.AnyEvent]:
    """Nothing goes wrong: the first candidate answers."""
    return [
        requested(),
        started(0.0, 1, 0, "keyring:work", e.Action.BEGIN, e.Rule.FIRST_FIT, "openai · gpt-5 is fit."),
        *opened(1, 0.2, 0.6),
        *said(1, ANSWER, 0.9, 4.2),
        e.Measured(run=RUN, at=4.2, attempt=1, usage=Usage(input=41, output=212)),
        e.Finished(run=RUN, at=4.2, attempt=1, finish=Finish.STOP),
        e.Completed(run=RUN, at=4.21, attempt=1),
        e.RunEnded(
            run=RUN, at=4.21, outcome=e.Outcome.ANSWERED, by=1, rule=e.Rule.ANSWERED, why="The answer is complete."
        ),
    ]


def hedged() -> list[e.AnyEvent]:
    """The first candidate is slow, so the second is asked beside it: two live attempts at 3 s, and the second wins."""
    hedge = e.HedgeStarted(run=RUN, at=2.0, attempt=1, candidate=1, rule=e.Rule.HEDGE, why="No token within 2.0 s.")
    return [
        requested(tides(Policy(hedge_delay=2.0))),
        started(0.0, 1, 0, "keyring:work", e.Action.BEGIN, e.Rule.FIRST_FIT),
        *opened(1, 0.3, 0.6),
        hedge,
        started(2.0, 2, 1, "keyring:team", e.Action.HEDGE, e.Rule.HEDGE, "No token within 2.0 s."),
        *opened(2, 2.3, 2.6),
        *said(2, ANSWER[:1], 3.2, 3.4),
        e.AttemptCut(run=RUN, at=3.4, attempt=1, rule=e.Rule.HEDGE_LOST, why="claude-sonnet spoke first."),
    ]
