"""What a fault leaves behind: keys and candidates that rest for a while."""

from engine.core import backoff
from engine.core.events import Bench, Benched
from engine.core.faults import KeyFate, verdict
from engine.core.fitness import failures_of
from engine.core.run import Attempt, Run


def key_bench(run: Run, last: Attempt) -> Bench | None:
    """The rest that the key of `last` needs and does not have yet."""
    fault, candidate = last.fault, run.candidate_of(last)
    if fault is None or not last.key:
        return None
    row, ended = verdict(fault), last.ended or 0.0
    if row.key not in (KeyFate.COOL, KeyFate.SPENT) or _noted(run, last, key=last.key):
        return None
    own = backoff.ceiling(run.request.route.policy, len(failures_of(run, last.candidate)))
    seconds = fault.spent_for or fault.wait_hint or (own if row.key is KeyFate.COOL else row.bench)
    return Bench(
        provider=candidate.provider, base_url=candidate.base_url, key=last.key,
        since=ended, until=ended + seconds, kind=fault.kind, reason=fault.detail or row.word,
    )  # fmt: skip


def candidate_bench(run: Run, last: Attempt) -> Bench | None:
    """The rest that the candidate of `last` needs, once it is left."""
    fault, candidate = last.fault, run.candidate_of(last)
    if fault is None:
        return None
    row, ended = verdict(fault), last.ended or 0.0
    keyless_limit = row.key is KeyFate.COOL and not last.key
    seconds = max(row.bench, fault.wait_hint or 0.0) if row.key is KeyFate.KEEP and row.bench else 0.0
    seconds = fault.wait_hint or row.bench if keyless_limit else seconds
    if not seconds or _noted(run, last, model=candidate.model):
        return None
    return Bench(
        provider=candidate.provider, base_url=candidate.base_url, model=candidate.model,
        since=ended, until=ended + seconds, kind=fault.kind, reason=fault.detail or row.word,
    )  # fmt: skip


def _noted(run: Run, last: Attempt, *, key: str = "", model: str = "") -> bool:
    """Whether this very fault was put on the bench already."""
    return any(
        isinstance(d, Benched) and d.attempt == last.number and (d.bench.key, d.bench.model) == (key, model)
        for d in run.trail
    )
