"""The bounded way from the transports to the driver: facts in, batches out, and the one timer of a run."""

import asyncio
from collections.abc import Callable

from engine.core.events import Fact, Said

PIECES_BOUND = 512  # undelivered pieces and facts, beyond which a transport waits and the socket is not read
CHARACTERS_BOUND = 256 * 1024  # the same, where the pieces are long
MERGE_WITHIN = 0.005  # seconds: pieces that came closer together than this are one read


class Mailbox:
    """Facts of one run, in order. Text that comes in one burst is gathered into one fact.

    `clock` gives run seconds. A failure of a transport (a programming error) is raised by `take`.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._facts: list[Fact] = []
        self._growing: tuple[Said, list[str]] | None = None
        self._count = self._characters = 0
        self._reader: asyncio.Future[None] | None = None
        self._writers: list[asyncio.Future[None]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._until = 0.0
        self._error: BaseException | None = None

    def put(self, fact: Fact, *, wake: bool = True) -> None:
        """Adds a fact. Callers that may bring many ask `room` first. Without `wake` it is taken with the next one, or
        when the deadline comes."""
        self._settle()
        self._facts.append(fact)
        self._count += 1
        if wake:
            self._wake()

    def say(self, run: str, attempt: int, text: str) -> None:
        """Adds a piece of text, to the fact before it where both came in one read."""
        at, growing = self._clock(), self._growing
        self._count += 1
        self._characters += len(text)
        if growing is not None and growing[0].attempt == attempt and at - growing[0].at < MERGE_WITHIN:
            growing[1].append(text)
            return
        self._settle()
        self._growing = (Said(run=run, at=at, attempt=attempt, pieces=()), [text])
        self._wake()

    def fail(self, error: BaseException) -> None:
        self._error = error
        self._wake()

    @property
    def full(self) -> bool:
        return self._count >= PIECES_BOUND or self._characters >= CHARACTERS_BOUND

    async def room(self) -> None:
        """Returns when the driver has taken what was there."""
        while self.full:
            writer = asyncio.get_running_loop().create_future()
            self._writers.append(writer)
            await writer

    async def take(self, until: float | None) -> list[Fact]:
        """All facts that are there, at once; else waits for the first, or until the run's clock shows `until`."""
        if not self._count and self._error is None:
            self._reader = asyncio.get_running_loop().create_future()
            self._arm(until)
            try:
                await self._reader
            finally:
                self._reader = None
        return self.gather()

    def gather(self) -> list[Fact]:
        """All facts that are there, without waiting."""
        if self._error is not None:
            raise self._error
        self._settle()
        facts, self._facts, self._count, self._characters = self._facts, [], 0, 0
        writers, self._writers = self._writers, []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)
        return facts

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _settle(self) -> None:
        if self._growing is not None:
            said, pieces = self._growing
            self._facts.append(Said(run=said.run, at=said.at, attempt=said.attempt, pieces=tuple(pieces)))
            self._growing = None

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _arm(self, until: float | None) -> None:
        """One timer serves the run: it is set anew only when it would ring too late, and looks again when it rings."""
        if until is None:
            return
        loop = asyncio.get_running_loop()
        self._until = until
        due = loop.time() + max(0.0, until - self._clock())
        if self._timer is not None and self._timer.when() <= due:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer = loop.call_at(due, self._ring)

    def _ring(self) -> None:
        self._timer = None
        if self._reader is None or self._reader.done():
            return
        if self._clock() >= self._until:
            self._wake()
        else:
            self._arm(self._until)
