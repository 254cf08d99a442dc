"""What earlier runs learned: which keys and candidates rest, and until when. Folded from the same events as a Run.

Times here are Unix seconds, since health outlives a run.
"""

from msgspec import Struct
from msgspec.structs import replace

from engine.core.events import AttemptCut, AttemptStarted, Bench, Benched, Completed, Decision, Event, RunRequested
from engine.core.fitness import FOR_A_PERSON, next_choice, rests_on
from engine.core.request import Candidate
from engine.core.run import Run, begin

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
        case Completed(attempt=number) | AttemptCut(attempt=number):
            attempt = run.attempt(number)
            return _close(health, run.candidate_of(attempt), attempt.key) if attempt.completed else health
        case Decision() | Event():
            return health


def _shifted(bench: Bench, by: float) -> Bench:
    until = min(bench.until, bench.since + LONGEST)
    return replace(bench, since=bench.since + by, until=until + by)


def _add(health: Health, bench: Bench) -> Health:
    others = tuple(b for b in health.benches if scope(b) != scope(bench))
    return Health(benches=(*others, bench))


def admitted(health: Health, requested: RunRequested) -> Health:
    """Health once a run is let in: what it will try first is marked at once, so that runs which begin together do not
    all try what is not known to be well."""
    choice = next_choice(begin(requested), 0.0)
    if choice is None:
        return health
    return _probing(health, requested.request.route.candidates[choice.candidate], requested.wall + choice.at)


def _probing(health: Health, candidate: Candidate, wall: float) -> Health:
    """A candidate that rests, or has rested, is tried by one run at a time."""
    return Health(
        benches=tuple(
            replace(b, until=max(b.until, wall + PROBE_REST), probed=True)
            if not b.key and rests_on(b, candidate) and not (b.probed and b.until > wall)
            else b
            for b in health.benches
        )
    )


def _close(health: Health, candidate: Candidate, key: str) -> Health:
    """A success closes every circuit that it went through."""
    return Health(benches=tuple(b for b in health.benches if not (rests_on(b, candidate) and b.key in ("", key))))


def known_to(health: Health, wall: float, candidates: tuple[Candidate, ...]) -> tuple[Bench, ...]:
    """What a run that begins at `wall` must know, in its own seconds: rests of its candidates that are not over."""
    accounts = {(c.provider, c.base_url) for c in candidates}
    return tuple(
        replace(b, since=b.since - wall, until=b.until - wall)
        for b in health.benches
        if b.until > wall and (b.provider, b.base_url) in accounts
    )


def hopeful(requested: RunRequested) -> RunRequested:
    """Where nothing is fit, the run does not hear of keys that were refused: a person may have replaced one of them
    under the same name since then."""
    if next_choice(begin(requested), 0.0) is not None:
        return requested
    benches = tuple(b for b in requested.benches if not b.key or b.kind not in FOR_A_PERSON)
    return replace(requested, benches=benches)


def pruned(health: Health, wall: float) -> Health:
    """Without what has been over for a day, which teaches nothing any more, and without what lasts longer than any rest
    can: it was noted by a clock that was wrong."""
    return Health(benches=tuple(b for b in health.benches if wall - 24 * 3600 < b.until <= wall + LONGEST))


def merged(theirs: Health, ours: Health, base: Health) -> Health:
    """What others have noted (`theirs`), with what we have changed in `ours` since both were `base`."""
    before, now = ({scope(b): b for b in health.benches} for health in (base, ours))
    changed = {key for key in before.keys() | now.keys() if before.get(key) != now.get(key)}
    kept = tuple(b for b in theirs.benches if scope(b) not in changed)
    return Health(benches=(*kept, *(b for key, b in now.items() if key in changed)))
