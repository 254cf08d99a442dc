"""The values that a timeline is made of: bars, waits, arrows, strips and marks, in seconds. No widget knows more."""

from dataclasses import dataclass
from enum import StrEnum

from gui.models.lanes import Lane
from gui.tokens import State


class Phase(StrEnum):
    CONNECT = "connect"
    WAIT = "wait"
    REASONING = "reasoning"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class Span:
    """One phase of a bar. `figure` is written below it where it fits."""

    phase: Phase
    start: float
    end: float
    figure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One attempt. `state` and `icon` are its end cap's; None while it is live, where `word` and `detail` stand at
    its open end."""

    attempt: int
    lane: int
    start: float
    end: float
    spans: tuple[Span, ...]
    state: State | None
    icon: str
    word: str
    detail: str
    live: bool
    discarded: bool
    served: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The wait behind an attempt. `end` is when the next one starts or is to start; `word` counts down while it
    runs."""

    attempt: int
    lane: int
    start: float
    end: float
    state: State
    running: bool
    word: str

    def left(self, now: float) -> float:
        """What is left of it, from 1 down to 0."""
        return min(1.0, max(0.0, (self.end - now) / (self.end - self.start))) if self.end > self.start else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """A decision: from the attempt whose end it answers to the one that it starts. `index` is its place in
    `run.trail`; `target` is None while it waits, and for the one that ends a run."""

    index: int
    source: int
    target: int | None
    lane: int
    to_lane: int
    start: float
    at: float
    icon: str
    title: str
    wait: str
    reason: str
    final: bool = False


@dataclass(frozen=True, slots=True)
class Strip:
    """A key, or a candidate, that cools: from `start` until `end`."""

    lane: int
    start: float
    end: float
    reason: str


class Mark(StrEnum):
    FIRST_TOKEN = "first token"
    INJECTED = "injected fault"
    RETRY_AFTER = "retry after"
    STALL = "stall"
    SEAM = "seam"
    RESTS = "circuit opened"
    TRIED = "circuit half open"
    SKIP = "skip asked"


@dataclass(frozen=True, slots=True)
class Marker:
    attempt: int
    lane: int
    at: float
    mark: Mark
    word: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of the summary, with a second thought behind it."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """All that is drawn of a run at `now`. Bars and arrows are in the order of their start."""

    lanes: tuple[Lane, ...] = ()
    bars: tuple[Bar, ...] = ()
    pauses: tuple[Pause, ...] = ()
    arrows: tuple[Arrow, ...] = ()
    strips: tuple[Strip, ...] = ()
    markers: tuple[Marker, ...] = ()
    summary: tuple[Figure, ...] = ()
    long: tuple[Pause, ...] = ()  # those of the pauses that are worth folding
    settled: int = 0  # how many bars, from the first, can no longer change
    now: float = 0.0
    live: bool = False
    waiting: bool = False
