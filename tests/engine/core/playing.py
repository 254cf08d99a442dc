"""Plays scripted attempts against the pure policy in virtual time: no clock, no network, no waiting."""

from collections.abc import Iterable, Sequence

from engine.core import events as e
from engine.core.failover import deadline, decide
from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Finish, Policy, Request, Route, ask
from engine.core.run import Run, begin, evolve

DONE = object()  # a complete answer ends here
SKIP = object()  # the user asks for the next one
STOP = object()  # the user stops the run

Beat = object  # a text, a Fault, DONE, SKIP, STOP, a number of seconds to let pass, or a function that makes a fact
Script = Sequence[Beat]


def route(*candidates: Candidate, **policy: object) -> Route:
    return Route(name="test", candidates=candidates, policy=Policy(**policy))  # pyright: ignore[reportArgumentType]


def candidate(provider: str = "openai", model: str = "m", keys: tuple[str, ...] = (), **more: object) -> Candidate:
    return Candidate(provider=provider, model=model, keys=keys, **more)  # pyright: ignore[reportArgumentType]


def fault(kind: Kind, cause: Cause | None = None, **more: object) -> Fault:
    return Fault(kind=kind, cause=cause, **more)  # pyright: ignore[reportArgumentType]


def thought(text: str) -> Beat:
    """A piece of reasoning."""
    return lambda number, at: e.Thought(run="r1", at=at, attempt=number, pieces=(text,))


def finished(finish: Finish) -> Beat:
    """A finish reason, with nothing behind it yet."""
    return lambda number, at: e.Finished(run="r1", at=at, attempt=number, finish=finish, native=finish.value)


def called(arguments: str, index: int = 0) -> Beat:
    """A part of a tool call."""
    return lambda number, at: e.ToolCalled(
        run="r1", at=at, attempt=number, index=index, id="c1", name="look", arguments=arguments
    )


ENDS: Beat = lambda number, at: e.Completed(run="r1", at=at, attempt=number)  # noqa: E731 - a beat, as the others


class World:
    """Keeps virtual time and the journal of one run."""

    def __init__(
        self,
        request: Request,
        scripts: Iterable[Script],
        benches: tuple[e.Bench, ...] = (),
        retries: int | None = None,
    ) -> None:
        self.now = 0.0
        self.journal: list[e.AnyEvent] = []
        self.scripts = list(scripts)
        self.cursors: dict[int, list[Beat]] = {}
        requested = e.RunRequested(run="r1", at=0.0, wall=1_000.0, request=request, benches=benches, retries=retries)
        self.journal.append(requested)
        self.run = begin(requested)

    def emit(self, event: e.AnyEvent) -> None:
        self.journal.append(event)
        self.run = evolve(self.run, event)

    def settle(self) -> None:
        for _ in range(10_000):
            decision = decide(self.run, self.now)
            if decision is None:
                return
            self.emit(decision)
            if isinstance(decision, e.AttemptStarted):
                i = decision.attempt - 1
                self.cursors[decision.attempt] = list(self.scripts[i] if i < len(self.scripts) else [DONE])
                self.emit(e.Connected(run="r1", at=self.now, attempt=decision.attempt))
        raise AssertionError("decide never fell silent")

    def play(self) -> Run:
        self.settle()
        for _ in range(100_000):
            if self.run.outcome is not None:
                return self.run
            self.step()
            self.settle()
        raise AssertionError("the run never ended")

    def step(self) -> None:
        for attempt in self.run.live:
            beats = self.cursors.get(attempt.number, [])
            if beats and not isinstance(beats[0], int | float):
                self.beat(attempt.number, beats.pop(0))
                return
        pauses = [b[0] for a in self.run.live if (b := self.cursors.get(a.number))]
        limit = deadline(self.run)
        assert limit is not None
        ahead = min([float(p) for p in pauses if isinstance(p, int | float)], default=float("inf"))
        step = min(ahead, max(limit - self.now, 0.0) or 1e-6)
        self.now += step
        for attempt in self.run.live:
            beats = self.cursors.get(attempt.number, [])
            if beats and isinstance(beats[0], int | float):
                beats[0] = beats[0] - step
                if beats[0] <= 1e-9:
                    beats.pop(0)

    def beat(self, number: int, beat: Beat) -> None:
        at = self.now
        if isinstance(beat, str):
            self.emit(e.Said(run="r1", at=at, attempt=number, pieces=(beat,)))
        elif isinstance(beat, Fault):
            self.emit(e.Faulted(run="r1", at=at, attempt=number, fault=beat))
        elif beat is DONE:
            self.emit(e.Finished(run="r1", at=at, attempt=number, finish=Finish.STOP, native="stop"))
            self.emit(e.Completed(run="r1", at=at, attempt=number))
        elif beat is SKIP:
            self.emit(e.SkipAsked(run="r1", at=at))
        elif beat is STOP:
            self.emit(e.StopAsked(run="r1", at=at))
        elif callable(beat):
            self.emit(beat(number, at))
        else:
            raise TypeError(f"no such beat: {beat!r}")


def play(a_route: Route, *scripts: Script, benches: tuple[e.Bench, ...] = ()) -> Run:
    """The finished run of a prompt along `a_route`, where the n-th attempt meets the n-th script."""
    return World(ask("Why is the sky blue?", a_route), scripts, benches).play()


def send(request: Request, *scripts: Script, retries: int | None = None) -> Run:
    """As `play`, of any request."""
    return World(request, scripts, retries=retries).play()


def told(run: Run) -> list[tuple[int, str]]:
    """Who was asked, in order: (place in the route, key)."""
    return [(attempt.candidate, attempt.key) for attempt in run.attempts]


def gaps(run: Run) -> list[float]:
    """The seconds between the end of one attempt and the start of the next."""
    return [b.started - (a.ended or 0.0) for a, b in zip(run.attempts, run.attempts[1:], strict=False)]


def rules(run: Run) -> list[str]:
    return [decision.rule.name for decision in run.trail]
