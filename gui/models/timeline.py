"""The timeline as plain values: which lanes, bars, waits, arrows, strips and marks a run has, in seconds.

`layout(run, now)` is pure and knows no widget: the plot, the table twin and the tests read the same rows. `Layout`
gives the same, and keeps between two calls what can no longer change, so that a frame costs what has changed.
"""

from typing import NamedTuple

from engine.core import events as e
from engine.core.events import Bench
from engine.core.run import Attempt, Run
from gui import words
from gui.models.lanes import Lane, Past, lanes_of
from gui.models.scale import FOLD_FROM
from gui.models.timeline_bars import bar_of, marks_of
from gui.models.timeline_parts import (
    Arrow,
    Bar,
    Figure,
    Mark,
    Marker,
    Pause,
    Phase,
    Span,
    Strip,
    Timeline,
)
from gui.models.timeline_steps import arrow_to, final_arrow, pause_before, pending_arrow, running_pause

__all__ = [
    "Arrow", "Bar", "Figure", "Layout", "Mark", "Marker", "Pause", "Phase", "Span", "Strip", "Timeline", "layout",
]  # fmt: skip


def layout(run: Run, now: float, past: Past | None = None) -> Timeline:
    """The timeline of `run` as it stands at `now` (run seconds); behind the end of a run, `now` is its end."""
    return Layout().at(run, now, past)


SLACK = 5.0  # seconds


class _Sums(NamedTuple):
    """What all attempts up to one of them come to."""

    first: float | None = None  # the first text
    discarded: int = 0  # tokens
    estimated: bool = False
    spoke: bool = False
    failed: bool = False
    answer: int | None = None  # the newest that speaks and was not superseded
    last: int = 0  # the one that ended last


class Layout:
    """Lays one run out again and again. What belongs to attempts that have ended is kept, until a decision that
    concerns them comes; an older moment, or another run, begins anew."""

    def __init__(self) -> None:
        self._clear()

    def _clear(self) -> None:
        self._run = ""
        self._at = 0.0  # of the run's last event
        self._horizon = 0.0  # benches that ended before it are forgotten
        self._seen = 0  # decisions read
        self._last: e.Verb | None = None
        self._starts: list[tuple[int, e.AttemptStarted, int | None]] = []  # place in the trail, and what it is beside
        self._beside: int | None = None
        self._rests: dict[int, str] = {}
        self._skipped: dict[int, e.CandidateSkipped] = {}
        self._places: dict[tuple[int, str], int] = {}  # candidate and key -> the lane
        self._begun = 0  # bars that were kept from the last time
        self._benches = 0  # benches read
        self._laid = 0  # benches that have their strips
        self._holding: list[Bench] = []
        self._strips: list[Strip] = []
        self._striped = 0  # lanes for which strips were made
        self._trim(0)

    def _trim(self, count: int) -> None:
        """Forgets what was kept of the attempts behind the first `count`."""
        if count == 0:
            self._bars: list[Bar] = []
            self._marks: list[Marker] = []
            self._arrows: list[Arrow] = []
            self._pauses: list[Pause] = []
            self._long: list[Pause] = []
            self._ends: list[tuple[int, int, int]] = []  # how many marks, pauses and long pauses there are up to a bar
            self._sums: list[_Sums] = [_Sums()]
            return
        if count >= len(self._bars):
            return
        marks, pauses, long = self._ends[count - 1]
        del self._bars[count:], self._ends[count:], self._sums[count + 1 :], self._arrows[max(0, count - 1) :]
        del self._marks[marks:], self._pauses[pauses:], self._long[long:]

    def at(self, run: Run, now: float, past: Past | None = None) -> Timeline:
        """The timeline of `run` at `now` (run seconds). `past` is how earlier runs went, for the lanes."""
        now = now if run.ended is None else run.ended
        if not self._goes_on(run, now):
            self._clear()
        self._run, self._at = run.id, run.now
        self._read_trail(run)
        self._add(run, now)
        settled = self._settled(run)
        made = self._timeline(run, now, settled, past)
        self._trim(settled)
        return made

    def _goes_on(self, run: Run, now: float) -> bool:
        same = run.id == self._run and run.now >= self._at and now >= self._horizon and len(run.trail) >= self._seen
        return same and (self._seen == 0 or run.trail[self._seen - 1] is self._last)

    def _read_trail(self, run: Run) -> None:
        """The decisions since the last time; those that change an attempt that was settled unsettle it."""
        for index in range(self._seen, len(run.trail)):
            event = run.trail[index]
            match event:
                case e.AttemptStarted(action=action):
                    self._starts.append((index, event, self._beside if action is e.Action.HEDGE else None))
                    self._places.setdefault((event.candidate, event.key), len(self._places))
                case e.HedgeStarted(attempt=number):
                    self._beside = number
                case e.Benched(attempt=number, bench=bench) if not bench.key:
                    self._rests[number] = words.limit(bench.until - bench.since)
                    self._trim(number - 1)
                case e.TextSuperseded(attempt=number):
                    self._trim(number - 1)
                case e.RunEnded(by=number) if number is not None:
                    self._trim(number - 1)
                case e.CandidateSkipped(candidate=candidate):
                    self._skipped[candidate] = event
                case _:
                    pass
        self._seen = len(run.trail)
        self._last = run.trail[-1] if run.trail else None

    def _settled(self, run: Run) -> int:
        """How many bars, from the first, have ended."""
        return next((i for i in range(self._begun, len(self._bars)) if self._bars[i].live), len(self._bars))

    def _add(self, run: Run, now: float) -> None:
        """The bars of the attempts behind those that are kept, and what goes with each."""
        self._begun = len(self._bars)
        for attempt in run.attempts[self._begun :]:
            sums = self._sums[-1]
            bar = bar_of(run, attempt, self._places[attempt.candidate, attempt.key], now)
            rests = self._rests.get(attempt.number, "")
            self._marks += marks_of(attempt, bar, takes_over=sums.spoke, rests=rests)
            self._bars.append(bar)
            if attempt.number > 1:
                self._add_step(attempt.number, sums.last)
            self._ends.append((len(self._marks), len(self._pauses), len(self._long)))
            self._sums.append(self._sum(sums, attempt, bar))

    def _add_step(self, number: int, last: int) -> None:
        index, event, beside = self._starts[number - 1]
        source = self._bars[(beside or last or number - 1) - 1]
        self._arrows.append(arrow_to(index, event, source, self._bars[number - 1].lane))
        pause = pause_before(event, source)
        if pause is not None:
            self._pauses.append(pause)
            if pause.end - pause.start > FOLD_FROM:
                self._long.append(pause)

    def _sum(self, sums: _Sums, attempt: Attempt, bar: Bar) -> _Sums:
        number, guess = words.tokens_of(attempt)
        first = sums.first
        if attempt.first_text is not None:
            first = attempt.first_text if first is None else min(first, attempt.first_text)
        speaks = attempt.superseded is None and (attempt.spoke or bool(attempt.reasoning))
        last_end = self._bars[sums.last - 1].end if sums.last else -1.0
        return _Sums(
            first=first,
            discarded=sums.discarded + (number if attempt.superseded is not None else 0),
            estimated=sums.estimated or (guess and number > 0),
            spoke=sums.spoke or attempt.spoke,
            failed=sums.failed or words.failed(attempt),
            answer=attempt.number if speaks else sums.answer,
            last=attempt.number if bar.live or bar.end >= last_end else sums.last,
        )

    # The whole.

    def _timeline(self, run: Run, now: float, settled: int, past: Past | None) -> Timeline:
        self._read_benches(run, now)
        lanes = lanes_of(run, now, self._places, run.attempts[settled:], self._holding, self._skipped, past)
        self._lay_strips(run, lanes)
        arrows, pauses = tuple(self._arrows), tuple(self._pauses)
        long = tuple(self._long)
        if run.waiting is not None and self._bars:
            source = self._bars[self._sums[-1].last - 1]
            to_lane = self._places.get((run.waiting.candidate, run.waiting.key), source.lane)
            wait = running_pause(run, source, now)
            arrows += (pending_arrow(run, source, to_lane, len(run.trail) - 1),)
            pauses, long = (*pauses, wait), (*long, wait) if wait.end - wait.start > FOLD_FROM else long
        if run.outcome not in (None, e.Outcome.ANSWERED) and self._bars:
            arrows += (final_arrow(run, self._bars[-1], len(run.trail) - 1),)
        return Timeline(
            lanes=lanes,
            bars=tuple(self._bars),
            pauses=pauses,
            arrows=arrows,
            strips=tuple(self._strips),
            markers=tuple(self._marks),
            summary=self._summary(run, now, settled),
            long=long,
            settled=settled,
            now=now,
            live=run.outcome is None,
            waiting=run.waiting is not None,
        )

    def _read_benches(self, run: Run, now: float) -> None:
        """Those that may hold now or later. A live run's clock may step back a little when an event comes."""
        self._horizon = max(self._horizon, now - SLACK)
        news, self._benches = run.benches[self._benches :], len(run.benches)
        self._holding = [bench for bench in (*self._holding, *news) if bench.until > self._horizon]

    def _lay_strips(self, run: Run, lanes: tuple[Lane, ...]) -> None:
        """A strip for each bench and lane that it names; all anew when there is another lane."""
        used = len(self._places)
        if used != self._striped:
            self._strips, self._striped, self._laid = [], used, 0
        for bench in run.benches[self._laid :] if used else ():
            self._strips += _strips(run, lanes[:used], bench)
        self._laid = len(run.benches) if used else 0

    # The summary.

    def _summary(self, run: Run, now: float, settled: int) -> tuple[Figure, ...]:
        keys = {(run.candidates[candidate].provider, key) for candidate, key in self._places if key}
        return (
            Figure("Elapsed", words.seconds(now)),
            Figure("First text", words.seconds(self._sums[-1].first)),
            Figure("Lost to failures", words.seconds(self._lost(run, now, settled))),
            Figure("Attempts", str(len(run.attempts))),
            Figure("Keys", str(len(keys))),
            self._token_figure(run),
        )

    def _lost(self, run: Run, now: float, settled: int) -> float:
        """Seconds until the attempt began that answers now, or until now while none does; 0 without a failure."""
        if not self._sums[-1].failed:
            return 0.0
        if run.outcome is None:
            live = [attempt for attempt in run.attempts[settled:] if attempt.live]
            return live[-1].started if live else now
        served = run.attempt(run.served_by) if run.served_by is not None else None
        return now if served is None or words.failed(served) else served.started

    def _token_figure(self, run: Run) -> Figure:
        sums = self._sums[-1]
        number = run.served_by if run.outcome is not None else sums.answer
        kept, discarded = 0, sums.discarded
        if number is not None:
            answer = run.attempt(number)
            kept = words.tokens_of(answer)[0]
            discarded -= kept if answer.superseded is not None else 0
        about = "≈" if sums.estimated else ""
        return Figure("Tokens", f"{about}{kept}", f"{about}{discarded} discarded" if discarded else "")


def _strips(run: Run, lanes: tuple[Lane, ...], bench: Bench) -> list[Strip]:
    found: list[Strip] = []
    for lane in lanes:
        candidate = run.candidates[lane.candidate]
        same_place = candidate.provider == bench.provider and candidate.base_url == bench.base_url
        named = bench.key == lane.key if bench.key else bench.model == candidate.model
        if same_place and named:
            found.append(Strip(lane.index, max(0.0, bench.since), bench.until, bench.reason))
    return found
