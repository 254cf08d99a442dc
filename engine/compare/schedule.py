"""Which runs may go on beside one another, what a comparison may cost, and how long it may still take. Pure."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from engine.compare.results import Priced, Result, guessed_tokens
from engine.compare.sets import Case, Column, Comparison, Job, Mode, cases, modified
from engine.core.request import Candidate, Usage
from engine.providers.catalog import PROVIDERS

LOCAL_ALONE = (
    "Local models run one after another: side by side they would share one processor, and each would look slower "
    "than it is."
)
ANSWER_TOKENS = 500  # what an answer is taken to have before the first one is known
ASK_ABOVE_RUNS = 500
ASK_ABOVE_DOLLARS = 5.0


class Estimate(Struct, frozen=True, kw_only=True):
    """What the runs may cost, in US dollars, if every first candidate answers at once. `unpriced` names the columns
    without a price; they are not in `dollars`."""

    runs: int
    dollars: float
    unpriced: tuple[str, ...] = ()


class Question(Struct, frozen=True, kw_only=True):
    """What to ask before so much is begun."""

    text: str
    estimate: Estimate


def is_local(candidate: Candidate) -> bool:
    row = PROVIDERS.get(candidate.provider)
    return row is not None and row.local


def holds_apart(comparison: Comparison) -> str:
    """Why some columns wait for one another though the mode would let them run together; empty where none do."""
    local = [c for c in comparison.columns if any(map(is_local, c.route.candidates))]
    alone = len(local) > 1 and not comparison.local_together and comparison.mode is not Mode.ONE_AT_A_TIME
    return LOCAL_ALONE if alone else ""


def claims(comparison: Comparison, column: int) -> frozenset[str]:
    """What a run of this column needs for itself: two runs that claim the same thing do not go on together."""
    candidates = comparison.columns[column].route.candidates
    alone = not comparison.local_together and any(map(is_local, candidates))
    local = {"this machine"} if alone else set[str]()
    match comparison.mode:
        case Mode.ONE_AT_A_TIME:
            return frozenset(["the turn"])
        case Mode.ALL_AT_ONCE:
            return frozenset([f"column {column}", *local])
        case Mode.BY_BACKEND:
            return frozenset([*map(backend, candidates), *local])


def backend(candidate: Candidate) -> str:
    """Who answers: the provider and its host."""
    return f"{candidate.provider} at {urlsplit(candidate.base_url or '').netloc}"


class Queue:
    """The jobs still to be started: each column's in the given order, and the columns mixed as the order has them."""

    def __init__(self, jobs: Iterable[Job], needs: Mapping[int, frozenset[str]]) -> None:
        self._needs = needs
        self._columns: dict[int, deque[tuple[int, Job]]] = {column: deque() for column in needs}
        for place, job in enumerate(jobs):
            self._columns[job.column].append((place, job))

    def __len__(self) -> int:
        return sum(map(len, self._columns.values()))

    def __iter__(self) -> Iterator[Job]:
        return (job for waiting in self._columns.values() for _, job in waiting)

    def head(self, running: Iterable[Job]) -> Job | None:
        """The first job whose claims are all free beside those that run."""
        busy = {claim for job in running for claim in self._needs[job.column]}
        heads = [waiting[0] for waiting in self._columns.values() if waiting]
        free = [(place, job) for place, job in heads if busy.isdisjoint(self._needs[job.column])]
        return min(free, key=lambda head: head[0])[1] if free else None

    def take(self, job: Job) -> None:
        """Removes a job that `head` gave."""
        self._columns[job.column].popleft()

    def counts(self) -> dict[int, int]:
        return {column: len(waiting) for column, waiting in self._columns.items()}


class Pace:
    """How long the runs of each column take, as learned so far."""

    def __init__(self) -> None:
        self._seconds: dict[int, float] = {}
        self._runs: dict[int, int] = {}

    def learn(self, result: Result) -> None:
        if (seconds := result.measures.total) is not None:
            self._seconds[result.column] = self._seconds.get(result.column, 0.0) + seconds
            self._runs[result.column] = self._runs.get(result.column, 0) + 1

    def seconds_left(self, counts: Mapping[int, int], needs: Mapping[int, frozenset[str]]) -> float | None:
        """How long this many runs of each column may take: the busiest claim decides. None before the first is done."""
        if not self._runs:
            return None
        queues: dict[str, float] = {}
        for column, count in counts.items():
            for claim in needs[column]:
                queues[claim] = queues.get(claim, 0.0) + count * self._usual(column)
        return max(queues.values(), default=0.0)

    def _usual(self, column: int) -> float:
        if column in self._runs:
            return self._seconds[column] / self._runs[column]
        return sum(self._seconds.values()) / sum(self._runs.values())


class Costs:
    """What one run of each cell may cost: by guess at first, by the column's dearest run once some are known."""

    def __init__(self, comparison: Comparison, priced: Priced) -> None:
        self._guesses = {
            (i, j): _guess(comparison, case, column, priced)
            for i, case in enumerate(cases(comparison))
            for j, column in enumerate(comparison.columns)
        }
        self._dearest: dict[int, float] = {}

    def learn(self, result: Result) -> None:
        if (cost := result.measures.cost) is not None:
            self._dearest[result.column] = max(cost, self._dearest.get(result.column, 0.0))

    def of(self, job: Job) -> float | None:
        """In US dollars; None where the price is not known."""
        guess = self._guesses[job.case, job.column]
        return guess if guess is None else self._dearest.get(job.column, guess)

    def estimate(self, comparison: Comparison, jobs: Iterable[Job]) -> Estimate:
        known = list(jobs)
        priced = [(job, self.of(job)) for job in known]
        unpriced = {job.column for job, cost in priced if cost is None}
        return Estimate(
            runs=len(known),
            dollars=sum(cost for _, cost in priced if cost is not None),
            unpriced=tuple(column.label for i, column in enumerate(comparison.columns) if i in unpriced),
        )


def _guess(comparison: Comparison, case: Case, column: Column, priced: Priced) -> float | None:
    """The dearest candidate's price: the cap must hold whoever answers. Unknown when any is."""
    own = column.parameters.max_tokens if "max_tokens" in modified(comparison, column) else None
    output = own or comparison.parameters.max_tokens or ANSWER_TOKENS
    usage = Usage(input=guessed_tokens(len(case.text) + len(case.system)), output=output)
    costs = [priced(candidate, usage) for candidate in column.route.candidates]
    known = [cost for cost in costs if cost is not None]
    return max(known) if len(known) == len(costs) else None


def question(estimate: Estimate) -> Question | None:
    """What to ask before it begins, where it is much; None where it is not."""
    if estimate.runs <= ASK_ABOVE_RUNS and estimate.dollars <= ASK_ABOVE_DOLLARS:
        return None
    price = f"about ${estimate.dollars:,.2f}"
    if estimate.unpriced:
        price += f", and what {', '.join(estimate.unpriced)} may cost, which is not known"
    return Question(text=f"These are {estimate.runs:,} runs, for {price}. Begin?", estimate=estimate)
