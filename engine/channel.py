"""The bounded way out of a run: batches of events with the run that folded them."""

import asyncio

from engine.core.events import AnyEvent
from engine.core.run import Run

BATCHES_BOUND = 16  # each of what one or two reads of a socket brought

Batch = tuple[tuple[AnyEvent, ...], Run]


class Channel:
    """One producer, one consumer. A full channel holds the producer back; one that nobody reads lets all through."""

    def __init__(self, bound: int = BATCHES_BOUND) -> None:
        self._batches: asyncio.Queue[Batch | None] = asyncio.Queue(bound)
        self._draining = False

    async def put(self, events: tuple[AnyEvent, ...], run: Run) -> None:
        if not self._draining:
            await self._batches.put((events, run))

    async def close(self) -> None:
        """Nothing follows. Whoever still waits for a batch is told."""
        await self._batches.put(None)

    async def take(self) -> Batch | None:
        """The next batch, or None at the end."""
        return await self._batches.get()

    def drain(self) -> None:
        """What comes from now on, and what waits, is for nobody."""
        self._draining = True
        while not self._batches.empty():
            self._batches.get_nowait()
