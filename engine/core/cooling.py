"""What a fault leaves behind: keys and candidates that rest for a while."""

from engine.core import backoff
from engine.core.events import Bench, Benched
from engine.core.faults import Cause, Fault, KeyFate, Kind, Verdict, verdict
from engine.core.fitness import failures_of
from engine.core.run import Attempt, Run

REFUSED = frozenset({Kind.AUTH, Kind.PERMISSION, Kind.REGION})  # whatever time is named, waiting does not mend these


def key_bench(run: Run, last: Attempt) -> Bench | None:
    """The rest that the key of `last` needs and does not have yet."""
    fault, candidate = last.fault, run.candidate_of(last)
    if fault is None or not last.key:
        return None
    row, ended = verdict(fault), last.ended or 0.0
    model = candidate.model if row.key is KeyFate.PASS and fault.cause is Cause.PLAN else ""
    if row.key is KeyFate.KEEP or (row.key is KeyFate.PASS and not model) or _noted(run, last, last.key, model):
        return None
    seconds = _key_rest(run, last, fault, row)
    return Bench(
        provider=candidate.provider, base_url=candidate.base_url, key=last.key, model=model,
        since=ended, until=ended + seconds, kind=fault.kind, reason=fault.detail or row.word,
    )  # fmt: skip


def _key_rest(run: Run, last: Attempt, fault: Fault, row: Verdict) -> float:
    """For how many seconds the key rests."""
    if fault.kind in REFUSED:
        return row.bench
    if row.key is KeyFate.COOL:
        return fault.spent_for or fault.wait_hint or _own_rest(run, last)
    return fault.spent_for or fault.wait_hint or row.bench


def _own_rest(run: Run, last: Attempt) -> float:
    """Without a word from the provider: between half the ceiling and the whole, so that it never shrinks and that those
    who were limited together do not come back together."""
    policy, failures = run.request.route.policy, len(failures_of(run, last.candidate))
    spread = backoff.jittered(policy, run.id, failures, salt=last.candidate)
    return (backoff.ceiling(policy, failures) + spread) / 2


def candidate_bench(run: Run, last: Attempt) -> Bench | None:
    """The rest that the candidate of `last` needs, once it is left."""
    fault, candidate = last.fault, run.candidate_of(last)
    if fault is None:
        return None
    row, ended = verdict(fault), last.ended or 0.0
    keyless = row.key in (KeyFate.COOL, KeyFate.SPENT) and not last.key
    seconds = 0.0
    if keyless or (row.bench and fault.kind is Kind.MODEL_NOT_FOUND):
        seconds = fault.spent_for or fault.wait_hint or row.bench
    elif row.bench and row.key is KeyFate.KEEP:
        seconds = max(row.bench, fault.wait_hint or 0.0)
    if not seconds or _noted(run, last, "", candidate.model):
        return None
    return Bench(
        provider=candidate.provider, base_url=candidate.base_url, model=candidate.model,
        since=ended, until=ended + seconds, kind=fault.kind, reason=fault.detail or row.word,
    )  # fmt: skip


def _noted(run: Run, last: Attempt, key: str, model: str) -> bool:
    """Whether this very fault was put on the bench already."""
    return any(
        isinstance(d, Benched) and d.attempt == last.number and (d.bench.key, d.bench.model) == (key, model)
        for d in run.trail
    )
