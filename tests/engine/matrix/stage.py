"""Plays a prompt against the lab over real HTTP, and keeps what the lab was asked: the conduct, not only the result."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

from engine.core.request import Candidate, Dialect, Policy, Request, Route, ask
from engine.core.run import Run
from engine.lab import beats as b
from engine.lab.log import Entry
from engine.lab.server import Lab
from engine.playground import Playground

GOOD: b.Play = (b.Say(text="A whole answer.", rate=0), b.End())
ANSWER = "A whole answer."


class Stage:
    """A playground with its lab. Each place of the lab is one candidate."""

    def __init__(self, playground: Playground) -> None:
        self.playground, self.lab = playground, playground.lab
        self._places = 0

    def candidate(self, *plays: b.Play, keys: tuple[str, ...] = (), **more: object) -> Candidate:
        """A candidate for whom the lab plays these, one for each request; the last one repeats."""
        self._places += 1
        url = self.lab.play(f"c{self._places}", *(plays or (GOOD,)))
        dialect = more.pop("dialect", Dialect.CHAT_COMPLETIONS)
        suffix = "/v1" if dialect is Dialect.CHAT_COMPLETIONS else ""
        provider = more.pop("provider", "openai")
        return Candidate(
            provider=provider, model=f"m{self._places}", base_url=url + suffix, dialect=dialect,
            keys=tuple(f"lab:{key}" for key in keys), **more,
        )  # fmt: skip

    async def ask(self, *candidates: Candidate, prompt: str = "Why is the sky blue?", **policy: object) -> Run:
        """The finished run of a prompt along these candidates."""
        return await self.playground.start(ask(prompt, self.route(*candidates, **policy)))

    async def send(self, request: Request) -> Run:
        return await self.playground.start(request)

    @staticmethod
    def route(*candidates: Candidate, **policy: object) -> Route:
        return Route(name="matrix", candidates=candidates, policy=Policy(**policy))

    def asked(self) -> list[str]:
        """Who was asked, in order: the place, with the key where there is one."""
        return [self._short(entry) for entry in self.lab.log.requests()]

    @staticmethod
    def _short(entry: Entry) -> str:
        place = entry.place.strip("/")
        return f"{place}:{entry.key}" if entry.key else place

    def pauses(self) -> list[float]:
        """The seconds between the arrival of one request and that of the next."""
        times = [entry.at for entry in self.lab.log.requests()]
        return [later - earlier for earlier, later in pairwise(times)]


@asynccontextmanager
async def stage(path: Path, **options: object) -> AsyncIterator[Stage]:
    """A playground whose state is in `path`, and its lab."""
    options.setdefault("wall", lambda: time.time())  # asked anew each time: a test's clock may be virtual
    async with Playground(path, lab=Lab(bodies=True), **options) as playground:
        await playground.lab.start()
        yield Stage(playground)


def kinds(run: Run) -> list[str]:
    """The faults of the attempts, as "kind" or "kind/cause"."""
    faults = [attempt.fault for attempt in run.attempts if attempt.fault is not None]
    return [f"{fault.kind.value}/{fault.cause.value}" if fault.cause else fault.kind.value for fault in faults]
