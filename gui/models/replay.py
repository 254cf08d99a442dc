"""A recorded run at any of its seconds: the events, and the run folded at every so many of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator

import msgspec
from msgspec.structs import replace

from engine.core import events as e
from engine.core import journal
from engine.core.run import Run, begin, evolve

EVERY = 256  # events between two folded runs: what a jump has to fold at most
LINE_BOUND = journal.LINE_BOUND


class Replay:
    """Grows by `add` while a journal is read, and is asked for the run at any second meanwhile."""

    def __init__(self, events: Iterable[e.AnyEvent] = ()) -> None:
        """Raises journal.JournalError where the events do not tell a run."""
        # Facts are kept as their lines: bytes cost Python's garbage collector nothing, and half a million objects
        # would cost a visible pause each time it looks.
        self._kept: list[e.AnyEvent | bytes] = []
        self.starts: list[float] = []  # of the attempts
        self.failures: list[float] = []
        self._times: list[float] = []
        self._decisions: list[int] = []
        self._folded: list[Run] = []
        self._run: Run | None = None
        self._cursor: tuple[int, Run] | None = None
        for event in events:
            self.add(event)

    @property
    def events(self) -> tuple[e.AnyEvent, ...]:
        """All of them, in order."""
        return tuple(self._event(i) for i in range(len(self._kept)))

    def _event(self, index: int) -> e.AnyEvent:
        kept = self._kept[index]
        return journal.decode(kept) if isinstance(kept, bytes) else kept

    def add(self, event: e.AnyEvent, line: bytes | None = None) -> None:
        """`line` is the event as the journal has it. Raises journal.JournalError for an event that cannot follow."""
        count = len(self._kept)
        try:
            self._run = _first(event) if self._run is None else evolve(self._run, event)
        except (IndexError, TypeError):
            raise journal.JournalError(f"The journal names an attempt that never began, at {event.at:.3f} s.") from None
        self._kept.append(event if line is None or isinstance(event, e.Decision) else line)
        self._times.append(max(event.at, self._times[-1] if self._times else 0.0))
        if count % EVERY == 0:
            self._folded.append(self._run)
        if isinstance(event, e.Decision):
            self._decisions.append(count)
            self._note(event)
        if isinstance(event, e.Faulted):
            self.failures.append(event.at)

    def _note(self, event: e.Decision) -> None:
        if isinstance(event, e.AttemptStarted):
            self.starts.append(event.at)
        elif isinstance(event, e.AttemptCut) and event.fault is not None:
            self.failures.append(event.at)

    @property
    def length(self) -> float:
        """Seconds from the start to the last event."""
        return self._times[-1] if self._times else 0.0

    @property
    def whole(self) -> Run:
        """The run after all its events. Raises journal.JournalError when there are none."""
        if self._run is None:
            raise journal.JournalError("The journal does not begin with a request: its beginning is missing.")
        return self._run

    def at(self, second: float) -> Run:
        """The run as it stood then; its `now` is that second, or its end."""
        run = self._at(self.count_at(second))
        return run if run.ended is not None else replace(run, now=max(run.now, second))

    def count_at(self, second: float) -> int:
        """How many events had come by then; at least the request."""
        return max(1, bisect_right(self._times, second + 1e-9))

    def after(self, count: int) -> tuple[float, Run]:
        """The run after `count` events, and when the last of them came."""
        count = min(max(count, 1), len(self._kept))
        return self._times[count - 1], self._at(count)

    def _at(self, count: int) -> Run:
        """The run after `count` events, folded from the nearest run that is at hand."""
        _ = self.whole
        place = (count - 1) // EVERY
        done, run = place * EVERY + 1, self._folded[place]
        if self._cursor is not None and done < self._cursor[0] <= count:
            done, run = self._cursor
        for i in range(done, count):
            run = evolve(run, self._event(i))
        self._cursor = count, run
        return run

    def next_decision(self, second: float) -> float | None:
        """When the next decision behind `second` came; None behind the last."""
        place = bisect_right(self._decisions, second + 1e-6, key=self._times.__getitem__)
        return self._times[self._decisions[place]] if place < len(self._decisions) else None

    def previous_decision(self, second: float) -> float | None:
        place = bisect_left(self._decisions, second - 1e-6, key=self._times.__getitem__) - 1
        return self._times[self._decisions[place]] if place >= 0 else None

    def step(self, second: float, by: int) -> float:
        """The time of the event next to `second`, forwards or back; events of one moment are one step."""
        if by > 0:
            place = min(bisect_right(self._times, second + 1e-6), len(self._times) - 1)
        else:
            place = max(bisect_left(self._times, second - 1e-6) - 1, 0)
        return self._times[place]


def _first(event: e.AnyEvent) -> Run:
    if not isinstance(event, e.RunRequested):
        raise journal.JournalError("The journal does not begin with a request: its beginning is missing.")
    return begin(event)


def read(readline: Callable[[int], bytes]) -> Iterator[tuple[e.AnyEvent | None, bytes]]:
    """The events of a journal, each with its line (None: a line without an event). `readline` is a file's own. A last
    line that was cut short is left out.

    Raises journal.JournalError for another format, a newer version or a damaged line.
    """
    head = readline(LINE_BOUND)
    for _ in journal.load(head.rstrip(b"\r\n")):
        pass  # it has no events; it is read for its head alone
    number, line = 1, readline(LINE_BOUND)
    yield None, head
    while line:
        number, behind = number + 1, readline(LINE_BOUND)
        try:
            yield (journal.decode(line) if line.strip() else None), line
        except msgspec.MsgspecError as error:
            if not behind and not line.endswith(b"\n"):
                return
            raise journal.JournalError(
                f"Line {number} of the journal is damaged: {error}. Open an earlier copy of it."
            ) from None
        line = behind
