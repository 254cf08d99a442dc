"""A scenario played in no time at all: the lab's beats, the real adapters and the real policy, on a virtual clock.

There is no socket and no waiting. What the player would write is read at once by the dialect's decoder, so that a
rehearsal knows each beat that the lab knows, and ends as the real run does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, assert_never, cast

import httpx

from engine.core import events as e
from engine.core.failover import deadline, decide
from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Dialect, Finish, ask
from engine.core.run import Attempt, Run, begin, evolve
from engine.lab import beats as b
from engine.lab.asked import Asked, Incoming
from engine.lab.player import Player
from engine.lab.programme import Scenario, lab_route
from engine.providers import base as p
from engine.providers.registry import adapter_for, resolve

CONNECT = 0.2  # seconds that a new connection is taken to need
ADDRESS = "http://127.0.0.1"
NEVER = float("inf")

Fact = Callable[..., e.AnyEvent]


def rehearse(scenario: Scenario, *, seed: int = 7) -> Run:
    """The whole run that `scenario` leads to, in virtual seconds. The same each time for one `seed`, which picks the
    answers and their pace as the lab's does."""
    return _Rehearsal(scenario, seed).play()


class _Pause(Awaitable[None]):
    """Hands its seconds to whoever drives the coroutine."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __await__(self) -> Generator[float, None, None]:
        yield self._seconds


class _Patience:
    """Stands where the player has a client that may leave. This one stays."""

    async def pause(self, seconds: float) -> None:
        await _Pause(seconds)


class _Actor(Player):
    """A player without a socket. What it says is decoded and kept in `facts`, until somebody takes it."""

    def __init__(self, scenario: Scenario, candidate: Candidate, started: e.AttemptStarted, seed: int) -> None:
        dialect = candidate.dialect or Dialect.CHAT_COMPLETIONS
        asked = Asked(
            method="POST", path="", headers={}, body=b"", dialect=dialect, model=candidate.model,
            prompt=scenario.prompt, words=len(scenario.prompt.split()), key="",
        )  # fmt: skip
        nobody = cast(asyncio.StreamWriter, None)  # every method that writes is replaced below
        super().__init__(
            asked=asked, incoming=cast(Incoming, _Patience()), writer=nobody, number=started.attempt, seed=seed,
            variant=started.candidate + seed, note=self._struck,
        )  # fmt: skip
        self._adapter = adapter_for(candidate)
        self._decoder = self._adapter.decoder(self._voice.content_type)
        self._stopped_by: Finish | None = None
        self.facts: list[tuple[Fact, dict[str, Any]]] = []

    async def perform(self, play: b.Play, *, reused: bool) -> None:
        """Connects and plays. Each value that it yields is a number of seconds to let pass."""
        if not reused:
            await _Pause(CONNECT)
        self._tell(e.Connected, reused=reused)
        self._tell(e.Sent)
        await self.play(play)

    def _tell(self, fact: Fact, **fields: Any) -> None:
        self.facts.append((fact, fields))

    def _struck(self, beat: b.AnyBeat) -> None:
        if b.strikes(beat):
            self._tell(e.FaultInjected, name=beat.name)

    async def _pause(self, seconds: float) -> None:
        await _Pause(seconds)

    async def _write(self, data: bytes) -> None:
        self.written += len(data)

    async def _head(self, headers: b.Headers = (), end: bytes = b"\r\n") -> None:
        if self.status is None:
            self.status = 200
            self._tell(e.Opened, status=200, headers=headers)

    async def _send(self, data: bytes) -> None:
        await self._head()
        await self._write(data)
        self._hear(self._decoder.feed(data))

    async def _body(self, status: int, content_type: str, body: bytes, headers: b.Headers = ()) -> str:
        if self.status is not None:
            await self._send(body)
            return await self._close("done")
        self.status = status
        self._tell(e.Opened, status=status, headers=headers)
        if status != 200:
            fault = self._adapter.fault(status, httpx.Headers(list(headers)), body, now=0.0)
            self._tell(e.Faulted, fault=fault)
            return "done"
        self._decoder = self._adapter.decoder(content_type)
        self._hear([*self._decoder.feed(body), *self._decoder.finish()])
        return "done"

    async def _close(self, ended: str) -> str:
        await self._head()
        self._hear(self._decoder.finish())
        return ended

    async def _truncate(self) -> str:
        await self._head()
        return self._broken("truncated")

    def _reset(self) -> str:
        if self.status is None:
            detail = "The connection was closed before any answer."
            self._tell(e.Faulted, fault=Fault(kind=Kind.CONNECT, cause=Cause.RESET, detail=detail))
            return "reset"
        return self._broken("reset")

    def _broken(self, ended: str) -> str:
        detail = "The connection broke in mid-answer."
        self._hear(self._decoder.finish(Fault(kind=Kind.TRUNCATED, detail=detail, in_stream=True)))
        return ended

    def _hear(self, deltas: list[p.Delta]) -> None:
        for delta in deltas:
            self._fact(delta)

    def _fact(self, delta: p.Delta) -> None:
        match delta:
            case p.Text(text):
                self._tell(e.Said, pieces=(text,))
            case p.Reasoning(text, signature):
                self._tell(e.Thought, pieces=(text,), signature=signature)
            case p.Refusal(text):
                self._tell(e.Refused, pieces=(text,))
            case p.ToolDelta(index=index, id=id_, name=name, arguments=arguments):
                self._tell(e.ToolCalled, index=index, id=id_, name=name, arguments=arguments)
            case p.Model(name):
                self._tell(e.Identified, model=name)
            case p.Metered(usage):
                self._tell(e.Measured, usage=usage)
            case p.Stopped(finish, native):
                self._stopped_by = finish
                self._tell(e.Finished, finish=finish, native=native)
            case p.End(warning):
                self._end(warning)
            case p.Failure(fault):
                self._tell(e.Faulted, fault=fault)
            case _:
                assert_never(delta)

    def _end(self, warning: str) -> None:
        if self._stopped_by is Finish.CONTENT_FILTER:
            detail = "The provider's filter stopped the answer."
            self._tell(e.Faulted, fault=Fault(kind=Kind.CONTENT_FILTER, detail=detail, in_stream=True))
        else:
            self._tell(e.Completed, warning=warning)


class _Rehearsal:
    """Keeps the virtual time of one run, and each attempt's actor with the moment at which it goes on."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self._scenario, self._seed = scenario, seed
        request = ask(scenario.prompt, lab_route(scenario, ADDRESS))
        self._run = begin(e.RunRequested(run=scenario.name, at=0.0, wall=0.0, request=request))
        self._now = 0.0
        self._actors: dict[int, tuple[_Actor, Coroutine[float, None, None]]] = {}
        self._due: dict[int, float] = {}
        self._counts: dict[int, int] = {}

    def play(self) -> Run:
        try:
            self._settle()
            while self._run.outcome is None:
                self._advance()
                self._settle()
        finally:
            for _, performance in self._actors.values():
                performance.close()
        return self._run

    def _settle(self) -> None:
        while (decision := decide(self._run, self._now)) is not None:
            self._run = evolve(self._run, decision)
            if isinstance(decision, e.AttemptStarted):
                self._cast(decision)

    def _cast(self, started: e.AttemptStarted) -> None:
        """Finds out what the attempt is to meet, and sends its actor on."""
        candidate = resolve(self._run.candidates[started.candidate])
        number, part = self._scenario.programme.part(started.candidate, started.key.removeprefix("lab:"))
        count = self._counts.get(number, 0)
        self._counts[number] = count + 1
        actor = _Actor(self._scenario, candidate, started, self._seed)
        performance = actor.perform(part.nth(count), reused=self._connected(started))
        self._actors[started.attempt] = (actor, cast("Coroutine[float, None, None]", performance))
        self._due[started.attempt] = self._now

    def _connected(self, started: e.AttemptStarted) -> bool:
        """Whether an earlier answer of the same candidate was read to its end, so that its connection stands."""
        earlier = self._run.attempts[:-1]
        return any(a.candidate == started.candidate and (a.status or 0) >= 400 for a in earlier)

    def _advance(self) -> None:
        """Goes to the next moment at which something happens."""
        clock = deadline(self._run)
        assert clock is not None
        soonest = min((self._due[attempt.number] for attempt in self._run.live), default=NEVER)
        self._now = max(self._now, min(soonest, clock))
        for attempt in self._run.live:
            if self._due[attempt.number] <= self._now:
                self._resume(attempt)

    def _resume(self, attempt: Attempt) -> None:
        actor, performance = self._actors[attempt.number]
        try:
            self._due[attempt.number] = self._now + performance.send(None)
        except StopIteration:
            self._due[attempt.number] = NEVER
        facts, actor.facts = actor.facts, []
        for fact, fields in facts:
            self._run = evolve(self._run, fact(run=self._run.id, at=self._now, attempt=attempt.number, **fields))
