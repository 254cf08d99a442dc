"""What is kept of one run of a comparison: its raw numbers, its attempts, its text and what the checks said. Pure."""

from collections.abc import Callable
from itertools import pairwise

from msgspec import Struct

from engine.compare.checks import Judged
from engine.core.events import Outcome
from engine.core.faults import verdict
from engine.core.pieces import Pieces
from engine.core.request import Candidate, Dialect, Usage
from engine.core.run import Attempt, Run

SHORTEST_WINDOW = 0.01  # seconds; an answer that came in less has no speed that could be told
CHARACTERS_OF_A_TOKEN = 4  # a rule of thumb, used only where the provider counts nothing

Priced = Callable[[Candidate, Usage], float | None]


class Tried(Struct, frozen=True, kw_only=True):
    """One attempt. `fault` is its kind, `word` the fault on screen; both empty where it did not fail."""

    label: str
    key: str
    started: float
    ended: float | None
    status: int | None
    fault: str = ""
    word: str = ""
    detail: str = ""


class Cost(Struct, frozen=True):
    """In US dollars, over all attempts. None where a price is not known; `estimated` where tokens were."""

    dollars: float | None
    estimated: bool = False


class Measures(Struct, frozen=True, kw_only=True):
    """The raw numbers of one run, None where not known. What each means stands in `stats.METRICS`."""

    connect: float | None = None
    first_byte: float | None = None
    first_reasoning: float | None = None
    first_word: float | None = None
    tokens_per_second: float | None = None
    pieces_per_second: float | None = None
    total: float | None = None
    tokens_in: float | None = None
    tokens_out: float | None = None
    cost: float | None = None
    attempts: float | None = None


class Result(Struct, frozen=True, kw_only=True):
    """One finished run. `order` is its place in the order of starting, from 1; `cold` None: it never connected.
    `wall` is Unix time."""

    case: int
    column: int
    repetition: int
    order: int
    run: str
    wall: float
    outcome: Outcome
    served_by: str = ""
    model: str = ""
    finish: str = ""
    text: str = ""
    reasoning: str = ""
    cold: bool | None = None
    fallbacks: int = 0
    cost_estimated: bool = False
    measures: Measures = Measures()
    tried: tuple[Tried, ...] = ()
    checks: tuple[Judged, ...] = ()

    @property
    def answered(self) -> bool:
        return self.outcome is Outcome.ANSWERED

    @property
    def passed(self) -> bool:
        """Whether it was answered in full and every check holds."""
        return self.answered and all(judged.passed for judged in self.checks)


def fallbacks(run: Run) -> int:
    """How often the run went on to another candidate than the one before; the first one may be gone past as well."""
    went = [0, *(attempt.candidate for attempt in run.attempts)]
    return sum(before != after for before, after in pairwise(went))


def tried(run: Run) -> tuple[Tried, ...]:
    return tuple(_tried(run, attempt) for attempt in run.attempts)


def _tried(run: Run, attempt: Attempt) -> Tried:
    fault = attempt.fault
    return Tried(
        label=run.candidate_of(attempt).label,
        key=attempt.key,
        started=attempt.started,
        ended=attempt.ended,
        status=attempt.status if fault is None or fault.status is None else fault.status,
        fault=fault.kind.value if fault else "",
        word=verdict(fault).word if fault else "",
        detail=fault.detail if fault else "",
    )


def measures(run: Run, cost: Cost) -> Measures:
    """The run's numbers. Only what was measured or counted is given; nothing is filled in."""
    total, attempts = run.ended, float(len(run.attempts))
    answer = run.answer
    if answer is None:
        return Measures(total=total, cost=cost.dollars, attempts=attempts)
    usage = answer.usage
    return Measures(
        connect=None if answer.reused else _since(answer.started, answer.connected),
        first_byte=_since(answer.started, answer.opened),
        first_reasoning=_first_reasoning(answer),
        first_word=_first_word(run, answer),
        tokens_per_second=_rate(answer, _tokens_shown(answer, run.candidate_of(answer))),
        pieces_per_second=_rate(answer, float(len(answer.text) + len(answer.reasoning))),
        total=total,
        tokens_in=usage.input,
        tokens_out=usage.output,
        cost=cost.dollars,
        attempts=attempts,
    )


def _since(start: float, end: float | None) -> float | None:
    return None if end is None else end - start


def _first_reasoning(answer: Attempt) -> float | None:
    """Only the first output's time is kept: it is the reasoning's where no word came before or with it."""
    if not answer.reasoning or answer.first_output is None:
        return None
    return answer.first_output if answer.first_text is None or answer.first_output < answer.first_text else None


def _first_word(run: Run, answer: Attempt) -> float | None:
    """Of the whole answer: a continuation's first word is that of the attempt it goes on from."""
    if answer.continues is not None and (before := _first_word(run, run.attempt(answer.continues))) is not None:
        return before
    return answer.first_text


def window(answer: Attempt) -> float | None:
    """The decode window in seconds: from the first output to the last. None where it is too short to tell."""
    if answer.first_output is None or answer.heard is None:
        return None
    seconds = answer.heard - answer.first_output - answer.held
    return seconds if seconds >= SHORTEST_WINDOW else None


def _rate(answer: Attempt, count: float | None) -> float | None:
    """What opens the window came before it began, so one is taken off."""
    seconds = window(answer)
    return None if seconds is None or count is None or count < 2 else (count - 1) / seconds


def _tokens_shown(answer: Attempt, candidate: Candidate) -> float | None:
    """The tokens that went by in the decode window: reasoning counts when it was streamed, and only then."""
    output, reasoning = answer.usage.output, answer.usage.reasoning or 0
    if output is None:
        return None
    apart = candidate.dialect is Dialect.GEMINI  # counts its reasoning beside the output
    if answer.reasoning:
        return output + reasoning if apart else output
    return output if apart else max(0, output - reasoning)


def cost_of(run: Run, priced: Priced) -> Cost:
    """What all attempts cost together, those that failed as well."""
    dollars, estimated = 0.0, False
    for attempt in run.attempts:
        usage, guessed = _usage(run, attempt)
        cost = priced(run.candidate_of(attempt), usage)
        if cost is None and usage != Usage(input=0, output=0):
            return Cost(None)
        dollars, estimated = dollars + (cost or 0.0), estimated or guessed
    return Cost(dollars, estimated)


def _usage(run: Run, attempt: Attempt) -> tuple[Usage, bool]:
    """The attempt's tokens, and whether they are a guess. Refused before any output, an attempt costs nothing."""
    if attempt.usage.input is not None and attempt.usage.output is not None:
        return attempt.usage, False
    if attempt.first_output is None and attempt.usage == Usage():
        return Usage(input=0, output=0), False
    asked = attempt.usage.input if attempt.usage.input is not None else tokens_of_request(run)
    said = sum(pieces.characters for pieces in _outputs(attempt))
    told = attempt.usage.output if attempt.usage.output is not None else guessed_tokens(said)
    return Usage(input=asked, output=told), True


def _outputs(attempt: Attempt) -> tuple[Pieces, ...]:
    return (attempt.text, attempt.reasoning, attempt.refusal, *(draft.arguments for draft in attempt.drafts))


def tokens_of_request(run: Run) -> int:
    """How many tokens the request may have, by its characters."""
    return guessed_tokens(len(run.request.system) + sum(len(message.text) for message in run.request.messages))


def guessed_tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_OF_A_TOKEN)
