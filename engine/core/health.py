"""What earlier runs learned: which keys and candidates rest, and until when. Folded from the same events as a Run.

Times here are Unix seconds, since health outlives a run.
"""

from msgspec import Struct
from msgspec.structs import replace

from engine.core.events import AttemptStarted, Bench, Benched, Completed, Decision, Event
from engine.core.request import Candidate
from engine.core.run import Run

LONGEST = 7 * 24 * 3600.0  # seconds: no rest is longer than a week
PROBE_REST = 15.0  # seconds for which a probe keeps others from probing too


class Health(Struct, frozen=True, kw_only=True):
    """`benches` in Unix seconds, at most one for each key and one for each candidate."""

    benches: tuple[Bench, ...] = ()


def scope(bench: Bench) -> tuple[str, str | None, str, str]:
    return bench.provider, bench.base_url, bench.key, bench.model


def learned(health: Health, run: Run, event: Event) -> Health:
    """Health after `event`, the newest of `run` (which has folded it)."""
    match event:
        case Benched(bench=bench):
            return _add(health, _shifted(bench, run.wall))
        case AttemptStarted(candidate=index, at=at):
            return _probing(health, run.candidates[index], run.wall + at)
        case Completed(attempt=number):
            attempt = run.attempt(number)
            return _close(health, run.candidate_of(attempt), attempt.key)
        case Decision() | Event():
            return health


def _shifted(bench: Bench, by: float) -> Bench:
    until = min(bench.until, bench.since + LONGEST)
    return replace(bench, since=bench.since + by, until=until + by)


def _add(health: Health, bench: Bench) -> Health:
    others = tuple(b for b in health.benches if scope(b) != scope(bench))
    return Health(benches=(*others, bench))


def _probing(health: Health, candidate: Candidate, wall: float) -> Health:
    """A candidate whose rest is over is tried by one run at a time: the probe renews the rest for a while."""
    return Health(
        benches=tuple(
            replace(b, until=wall + PROBE_REST) if b.model and _is(b, candidate) and b.until <= wall else b
            for b in health.benches
        )
    )


def _is(bench: Bench, candidate: Candidate) -> bool:
    identity = (candidate.provider, candidate.base_url, candidate.model)
    return (bench.provider, bench.base_url, bench.model) == identity


def _close(health: Health, candidate: Candidate, key: str) -> Health:
    """A success closes every circuit that it went through."""
    account = (candidate.provider, candidate.base_url)
    return Health(
        benches=tuple(
            b
            for b in health.benches
            if (b.provider, b.base_url) != account or (b.key != key if b.key else b.model != candidate.model)
        )
    )


def known_to(health: Health, wall: float, candidates: tuple[Candidate, ...]) -> tuple[Bench, ...]:
    """What a run that begins at `wall` must know, in its own seconds: rests of its candidates that are not over."""
    accounts = {(c.provider, c.base_url) for c in candidates}
    return tuple(
        replace(b, since=b.since - wall, until=b.until - wall)
        for b in health.benches
        if b.until > wall and (b.provider, b.base_url) in accounts
    )


def pruned(health: Health, wall: float) -> Health:
    """Without what has been over for a day: it teaches nothing any more."""
    return Health(benches=tuple(b for b in health.benches if b.until > wall - 24 * 3600))
