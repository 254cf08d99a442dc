"""What happened in a stretch of time: attempts, failures by kind, waits, tokens, and the share of each phase."""

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass

from engine.core.faults import verdict
from engine.core.run import Run
from gui import words
from gui.models.timeline_parts import Phase, Timeline


@dataclass(frozen=True, slots=True)
class Share:
    """The seconds that a phase took of an area; `phase` None: waits between attempts. They may overlap."""

    phase: Phase | None
    seconds: float
    part: float

    @property
    def word(self) -> str:
        return self.phase.value if self.phase is not None else "between attempts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An area in numbers; times in run seconds. `tokens` is by the share of each stream that lies inside."""

    start: float
    end: float
    attempts: int
    failures: tuple[tuple[str, int], ...]
    waited: float
    tokens: int
    shares: tuple[Share, ...]

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Names and values, for the panel and for a screen reader."""
        failed = ", ".join(f"{count} {word}" for word, count in self.failures) or "none"
        shares = tuple((share.word, f"{share.seconds:.1f} s, {share.part:.0%}") for share in self.shares)
        span = f"{self.end - self.start:.2f} s" if self.end - self.start < 10 else words.seconds(self.end - self.start)
        return (
            ("Selected", f"{span}, from {self.start:.1f} s to {self.end:.1f} s"),
            ("Attempts", str(self.attempts)),
            ("Failures", failed),
            ("Waited", words.seconds(self.waited)),
            ("Tokens", f"≈{self.tokens}" if self.tokens else "0"),
            *shares,
        )


def facts_of(run: Run, timeline: Timeline, start: float, end: float) -> Facts:
    """What lies between two moments, in run seconds; an attempt counts when any of it does."""
    last = bisect_right(timeline.bars, end, key=lambda bar: bar.start)
    inside = [bar for bar in timeline.bars[:last] if bar.end >= start]
    failures: Counter[str] = Counter()
    spent: dict[Phase, float] = dict.fromkeys(Phase, 0.0)
    tokens = 0.0
    for bar in inside:
        attempt = run.attempt(bar.attempt)
        if attempt.fault is not None and start <= bar.end <= end:
            failures[verdict(attempt.fault).word] += 1
        for span in bar.spans:
            overlap = _overlap(span.start, span.end, start, end)
            spent[span.phase] += overlap
            if span.phase is Phase.STREAM and span.end > span.start:
                tokens += words.tokens_of(attempt)[0] * overlap / (span.end - span.start)
    waited = sum(_overlap(pause.start, min(pause.end, timeline.now), start, end) for pause in timeline.pauses)
    return Facts(
        start=start,
        end=end,
        attempts=len(inside),
        failures=tuple(failures.most_common()),
        waited=waited,
        tokens=round(tokens),
        shares=_shares(spent, waited, end - start),
    )


def _overlap(start: float, end: float, left: float, right: float) -> float:
    return max(0.0, min(end, right) - max(start, left))


def _shares(spent: dict[Phase, float], waited: float, length: float) -> tuple[Share, ...]:
    seconds = [(phase, spent[phase]) for phase in Phase] + [(None, waited)]
    return tuple(Share(phase, time, time / max(length, 1e-9)) for phase, time in seconds if time > 0)
