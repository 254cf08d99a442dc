"""What a run cost the person who waited for it: seconds, tokens and money, and where each second went. Pure."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

from engine.core import events as e
from engine.core.faults import verdict
from engine.core.request import Usage
from engine.core.run import Attempt, Run

CHARACTERS_PER_TOKEN = 4  # the usual estimate for English, where the provider did not count
SHORT = 0.05  # seconds: less is not told

Pricer = Callable[[str, str, Usage], float | None]
"""(provider, model, usage) -> US dollars; None where the price is not known."""


class Part(StrEnum):
    """What a stretch of the wait was spent on."""

    CONNECT = "connecting"
    WAIT = "waiting for the first word"
    REASONING = "reasoning"
    STREAM = "streaming"
    FAILED = "failed"
    PAUSE = "waiting to go on"
    HEDGE = "before the second one was asked"


LOST = (Part.FAILED, Part.PAUSE)


class Step(Struct, frozen=True, kw_only=True):
    """One stretch of the critical path, in run seconds; `words` says what it was."""

    start: float
    end: float
    part: Part
    attempt: int
    words: str

    @property
    def seconds(self) -> float:
        return self.end - self.start


class Tokens(Struct, frozen=True, kw_only=True):
    """`estimated` where a provider did not count."""

    count: int = 0
    estimated: bool = False


class Cost(Struct, frozen=True, kw_only=True):
    """Times in seconds, money in US dollars; None means: not known, or there is none.

    `lost` went to failures and to the waits behind them. `added` is how much later the answer's first text came than
    if its attempt had been the only one. `stalled` is silence in the midst of answers that broke off.
    """

    lost: float
    added: float | None
    stalled: float
    kept: Tokens
    wasted: Tokens
    money: float | None
    money_wasted: float | None
    path: tuple[Step, ...]


def cost_of(run: Run, price: Pricer | None = None) -> Cost:
    """The account of a run, of a live one as it stands at `run.now`."""
    chain = answer_chain(run)
    path = critical_path(run)
    wasted = tuple(a for a in run.attempts if a not in chain)
    return Cost(
        lost=sum(step.seconds for step in path if step.part in LOST),
        added=chain[0].started if chain and chain[0].first_text is not None else None,
        stalled=sum(stall(a) for a in run.attempts),
        kept=_tokens(chain),
        wasted=_tokens(wasted),
        money=_money(run, run.attempts, price),
        money_wasted=_money(run, wasted, price),
        path=path,
    )


def answer_chain(run: Run) -> tuple[Attempt, ...]:
    """The attempts whose text is the answer, the first one first: one, or a chain of declared continuations."""
    chain: list[Attempt] = []
    attempt = run.answer
    while attempt is not None:
        chain.insert(0, attempt)
        attempt = run.attempt(attempt.continues) if attempt.continues is not None else None
    return tuple(chain)


def stall(a: Attempt) -> float:
    """Seconds between the last output of an attempt and its end, where it fell silent or broke off in mid-answer."""
    if a.fault is None or a.heard is None or a.ended is None:
        return 0.0
    return max(0.0, a.ended - a.heard)


def output_tokens(a: Attempt) -> Tokens:
    """All output, reasoning included: as the provider counted it, else an estimate by length."""
    estimate = -(-a.characters // CHARACTERS_PER_TOKEN)
    counted = a.usage.output
    if counted is None or (a.finish is None and counted < estimate / 2):  # some count one token when they begin
        return Tokens(count=estimate, estimated=estimate > 0)
    return Tokens(count=counted)


def _tokens(attempts: tuple[Attempt, ...]) -> Tokens:
    each = [output_tokens(a) for a in attempts]
    return Tokens(count=sum(t.count for t in each), estimated=any(t.estimated for t in each))


def _money(run: Run, attempts: tuple[Attempt, ...], price: Pricer | None) -> float | None:
    """None where one of the attempts that may be billed has no price or no usage to price."""
    if price is None:
        return None
    total = 0.0
    for a in attempts:
        if a.usage == Usage() and not a.characters:
            continue  # refused before any output: nothing is billed
        candidate, output = run.candidate_of(a), output_tokens(a).count
        usage = a.usage if a.usage.output is not None else Usage(input=a.usage.input, output=output)
        cost = price(candidate.provider, candidate.model, usage)
        if cost is None:
            return None
        total += cost
    return total


# Where the time went.


def critical_path(run: Run) -> tuple[Step, ...]:
    """What the person waited for, without gaps, from the start of the run to its end (or to now): walked back from
    the attempt that answers, or else from the last one."""
    last = run.answer or (max(run.attempts, key=_end_of(run)) if run.attempts else None)
    end = run.now if run.ended is None else run.ended
    steps: list[Step] = []
    if last is not None and run.answer is None:
        end_of_last = _end_of(run)(last)
        if end - end_of_last > 1e-6:
            steps.append(_step(last, end_of_last, end, Part.PAUSE, "waiting for the next try"))
    while last is not None:
        steps[:0] = _of_attempt(run, last, steps[0].start if steps else None)
        source = _before(run, last)
        steps[:0] = _between(run, source, last)
        if source is not None and last.action is e.Action.HEDGE:
            words = f"before {_name(run, last)} was asked beside {_name(run, source)}"
            steps[:0] = [_step(source, source.started, last.started, Part.HEDGE, words)]
            source = _before(run, source)
        last = source
    return tuple(step for step in steps if step.seconds > 1e-9)


def _end_of(run: Run) -> Callable[[Attempt], float]:
    return lambda a: run.now if a.ended is None else a.ended


def _before(run: Run, a: Attempt) -> Attempt | None:
    """The attempt whose end led to `a`; for a hedge, the one beside which it began."""
    earlier = [b for b in run.attempts if b.number < a.number]
    if a.action is e.Action.HEDGE:
        beside = [d.attempt for d in run.trail if isinstance(d, e.HedgeStarted) and d.at <= a.started]
        return run.attempt(beside[-1]) if beside else None
    ended = [b for b in earlier if b.ended is not None and b.ended <= a.started + 1e-9]
    return max(ended, key=lambda b: (b.ended or 0.0, b.number), default=None)


def _between(run: Run, source: Attempt | None, a: Attempt) -> list[Step]:
    if a.action is e.Action.HEDGE:
        return []
    begun = source.ended if source is not None and source.ended is not None else 0.0
    words = f"waiting before {_name(run, a)} was asked{' again' if source and source.candidate == a.candidate else ''}"
    return [_step(a, begun, a.started, Part.PAUSE, words)]


def _of_attempt(run: Run, a: Attempt, until: float | None) -> list[Step]:
    end = min(_end_of(run)(a), until) if until is not None else _end_of(run)(a)
    if a.fault is not None and not a.completed and a not in answer_chain(run):
        word = verdict(a.fault).word
        status = f"{a.fault.status} " if a.fault.status and a.fault.status >= 400 else ""
        return [_step(a, a.started, end, Part.FAILED, f"{_name(run, a)}: {status}{word}")]
    name = _name(run, a)
    bounds = (
        (Part.CONNECT, a.started, a.connected, f"connecting to {name}"),
        (Part.WAIT, a.connected, a.first_output, f"waiting for the first word of {name}"),
        (Part.REASONING, a.first_output, a.first_text, f"{name} was thinking"),
        (Part.STREAM, a.first_text, None, f"{name} was answering"),
    )
    steps: list[Step] = []
    for part, start, stop, words in bounds:
        if start is None:
            break
        steps.append(_step(a, start, end if stop is None else min(stop, end), part, words))
    return steps


def _step(a: Attempt, start: float, end: float, part: Part, words: str) -> Step:
    return Step(start=start, end=max(start, end), part=part, attempt=a.number, words=words)


def _name(run: Run, a: Attempt) -> str:
    return run.candidate_of(a).label


# In words.


def cost_lines(run: Run, price: Pricer | None = None) -> tuple[tuple[str, str], ...]:
    """The account as lines of a name and a value; what is nothing is said, what is not known is left out."""
    cost = cost_of(run, price)
    lines = [("Lost to failures", f"{cost.lost:.1f} s" if cost.lost >= SHORT else "nothing")]
    if cost.added is not None and cost.added >= SHORT:
        lines.append(("First word", f"{cost.added:.1f} s later than from the answering attempt alone"))
    if cost.stalled >= SHORT:
        lines.append(("Stalled", f"{cost.stalled:.1f} s of silence in answers that broke off"))
    wasted = f"{_count(cost.wasted)} wasted" if cost.wasted.count else "none wasted"
    lines.append(("Tokens", f"{_count(cost.kept)} kept, {wasted}"))
    if cost.money is not None:
        spilt = f", ${cost.money_wasted:.4f} of it wasted" if cost.money_wasted else ""
        lines.append(("Money", f"${cost.money:.4f}{spilt}"))
    steps = sorted(cost.path, key=lambda step: -step.seconds)
    if steps:
        lines.append(("Longest stretch", f"{steps[0].words}, {steps[0].seconds:.1f} s"))
    lines += [(f"{step.start:.1f} to {step.end:.1f} s", step.words) for step in cost.path if step.seconds >= SHORT]
    return tuple(lines)


def _count(tokens: Tokens) -> str:
    return f"{'≈' if tokens.estimated else ''}{tokens.count}"
