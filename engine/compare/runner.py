"""Runs a comparison: in shuffled order, beside one another where the mode lets it, each result kept at once.

A run that fails is a result like any other. A stop, the cap or a kill leaves what is done, and `resume` does the rest.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

from engine.channel import Batch
from engine.compare import results as r
from engine.compare.checks import Judged, Searcher, judge, words
from engine.compare.saved import Journal
from engine.compare.schedule import Costs, Estimate, Pace, Queue, claims
from engine.compare.sets import AnyCheck, Comparison, Job, cases, jobs, request
from engine.core.events import Outcome
from engine.core.request import Request
from engine.core.run import Run
from engine.driver import spawn


class Handle(Protocol):
    """What the runner needs of a run in progress; the playground's own has it."""

    def stop(self) -> None: ...

    def batches(self) -> AsyncGenerator[Batch, None]: ...

    def __await__(self) -> Generator[Any, None, Run]: ...


class End(StrEnum):
    """Why no more runs are started."""

    DONE = "done"
    STOPPED = "stopped"
    CAPPED = "capped"


class Progress(Struct, frozen=True, kw_only=True):
    """`done` + `running` + `left` are all runs. `spent` is in US dollars, live runs with it; `seconds_left` None: not
    known yet. `end` None: it goes on."""

    done: int
    running: int
    left: int
    spent: float
    estimated: bool
    seconds_left: float | None
    end: End | None = None


class Runner:
    """Runs what is not yet done of the journal's comparison. `start` begins a run, `priced` gives the price of a usage.

    `told` hears of each progress, `heard` of each live run as it grows, and `kept` of each result once it is written.
    """

    def __init__(
        self,
        journal: Journal,
        comparison: Comparison,
        start: Callable[[Request], Handle],
        priced: r.Priced,
        *,
        told: Callable[[Progress], None] = lambda progress: None,
        heard: Callable[[Job, Run], None] = lambda job, run: None,
        kept: Callable[[r.Result], None] = lambda result: None,
    ) -> None:
        self._journal, self._comparison, self._start, self._priced = journal, comparison, start, priced
        self._told, self._heard, self._kept = told, heard, kept
        self._cases = cases(comparison)
        done = {(result.case, result.column, result.repetition) for result in journal.results}
        order = jobs(comparison, journal.header.seed)
        self._needs = {i: claims(comparison, i) for i in range(len(comparison.columns))}
        left = [job for job in order if (job.case, job.column, job.repetition) not in done]
        self._pending = Queue(left, self._needs)
        self._costs, self._pace = Costs(comparison, priced), Pace()
        self._spent, self._estimated = 0.0, False
        for result in journal.results:
            self._learn(result)
        self._order = max((result.order for result in journal.results), default=0)
        self._live: dict[Job, Handle | None] = {}
        self._runs: dict[Job, Run] = {}
        self._searcher = Searcher()
        self._end: End | None = None
        self._failed: BaseException | None = None
        self._turn = asyncio.Event()

    @property
    def estimate(self) -> Estimate:
        """What the runs that are left may cost."""
        return self._costs.estimate(self._comparison, self._pending)

    @property
    def progress(self) -> Progress:
        meters = [r.cost_of(run, self._priced) for run in self._runs.values()]
        return Progress(
            done=len(self._journal.results),
            running=len(self._live),
            left=len(self._pending),
            spent=self._spent + sum(meter.dollars or 0.0 for meter in meters),
            estimated=self._estimated or any(meter.estimated for meter in meters),
            seconds_left=self._pace.seconds_left(self._counts(), self._needs),
            end=None if self._live else self._end,
        )

    def _counts(self) -> dict[int, int]:
        counts = self._pending.counts()
        for job in self._live:
            counts[job.column] += 1
        return counts

    def stop(self) -> None:
        """Starts no more, and ends those that run; what is done is kept, and what was cut is left to be resumed."""
        self._end = End.STOPPED
        for handle in self._live.values():
            if handle is not None:
                handle.stop()
        self._turn.set()

    async def run(self) -> End:
        """Returns when nothing runs any more. Raises OSError where a result cannot be written."""
        try:
            while True:
                self._turn.clear()
                self._begin()
                self._told(self.progress)
                if not self._live:
                    return self._end or End.DONE
                await self._turn.wait()
        finally:
            await self._leave()

    async def _leave(self) -> None:
        if self._live or self._end is None:
            self._end = End.STOPPED
        for handle in self._live.values():
            if handle is not None:
                handle.stop()
        while self._live:
            self._turn.clear()
            await self._turn.wait()
        await self._searcher.close()
        if self._failed is not None:
            raise self._failed

    def _begin(self) -> None:
        """Starts whatever may go on beside what runs."""
        while self._end is None or self._end is End.CAPPED:
            if (job := self._pending.head(self._live)) is None:
                break
            if not self._affordable(job):
                self._end = End.CAPPED
                return
            self._end = None
            self._pending.take(job)
            self._live[job] = None
            self._order += 1
            spawn(self._carry(job, self._order), f"comparison, run {self._order}")
        if self._end is None and not self._pending:
            self._end = End.DONE

    def _affordable(self, job: Job) -> bool:
        """Whether what is spent, what runs and this one stay within the cap."""
        if (cap := self._comparison.cap) is None:
            return True
        running = sum(max(self._costs.of(live) or 0.0, self._meter(live)) for live in self._live)
        return self._spent + running + (self._costs.of(job) or 0.0) <= cap

    def _meter(self, job: Job) -> float:
        run = self._runs.get(job)
        return 0.0 if run is None else r.cost_of(run, self._priced).dollars or 0.0

    async def _carry(self, job: Job, order: int) -> None:
        """Does one job. A provider's failure is a result; only what the program itself does wrong ends the rest."""
        try:
            run = await self._ran(job)
            if not (run.outcome is Outcome.STOPPED and self._end is End.STOPPED):
                self._keep(await self._result(job, order, run))
        except Exception as error:
            self._failed = self._failed or error
            self._end = End.STOPPED
        finally:
            self._live.pop(job, None)
            self._runs.pop(job, None)
            self._turn.set()

    async def _ran(self, job: Job) -> Run:
        asked = request(self._comparison, self._cases[job.case], self._comparison.columns[job.column])
        handle = self._live[job] = self._start(asked)
        if self._end is End.STOPPED:
            handle.stop()
        async for _, run in handle.batches():
            self._runs[job] = run
            self._heard(job, run)
        return await handle

    async def _result(self, job: Job, order: int, run: Run) -> r.Result:
        answer, cost = run.answer, r.cost_of(run, self._priced)
        checks = self._cases[job.case].prompt.checks
        return r.Result(
            case=job.case,
            column=job.column,
            repetition=job.repetition,
            order=order,
            run=run.id,
            wall=run.wall,
            outcome=run.outcome or Outcome.FAILED,
            served_by=run.candidate_of(answer).label if answer else "",
            model=answer.model if answer else "",
            finish=answer.finish.value if answer and answer.finish else "",
            text=run.text,
            reasoning=str(answer.reasoning) if answer else "",
            cold=not answer.reused if answer and answer.connected is not None else None,
            fallbacks=r.fallbacks(run),
            cost_estimated=cost.estimated,
            measures=r.measures(run, cost),
            tried=r.tried(run),
            checks=tuple([await self._judged(check, run) for check in checks]),
        )

    async def _judged(self, check: AnyCheck, run: Run) -> Judged:
        """Half an answer holds nothing, whatever stands in it."""
        if run.outcome is not Outcome.ANSWERED:
            return Judged(check=words(check), passed=False, why="The run gave no whole answer.")
        return await judge(check, run.text, run.ended, self._searcher)

    def _keep(self, result: r.Result) -> None:
        self._learn(result)
        self._journal.add(result)
        self._kept(result)

    def _learn(self, result: r.Result) -> None:
        self._spent += result.measures.cost or 0.0
        self._estimated = self._estimated or result.cost_estimated
        self._costs.learn(result)
        self._pace.learn(result)
