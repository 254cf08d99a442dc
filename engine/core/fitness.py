"""Which candidates and keys are fit, and from when. Reads a Run; decides nothing."""

from msgspec import Struct

from engine.core.events import Bench, CandidateSkipped, Rule
from engine.core.faults import Cause, Kind
from engine.core.request import Candidate, Image, Request, Text
from engine.core.run import Attempt, Run

CHARACTERS_PER_TOKEN = 6  # more than any tokenizer packs into a token of prose: an estimate that never skips wrongly

# What rests for these does not become well by waiting.
FOR_A_PERSON = frozenset({Kind.AUTH, Kind.PERMISSION, Kind.REGION, Kind.MODEL_NOT_FOUND})


class Choice(Struct, frozen=True, kw_only=True):
    """A candidate that may be started at `at` (run seconds) with `key`; `half_open` when it was still cooling."""

    candidate: int
    key: str
    at: float
    half_open: bool = False


def key_names(candidate: Candidate) -> tuple[str, ...]:
    """The candidate's pool; one nameless key where none is needed."""
    return candidate.keys or ("",)


def bench_of_key(run: Run, candidate: Candidate, key: str, at: float) -> Bench | None:
    """What keeps the key from serving this candidate at `at`, the longest if there are several."""
    benches = [b for b in run.benches if key and b.key == key and b.until > at and rests_on(b, candidate)]
    return max(benches, key=lambda b: b.until, default=None)


def bench_of_candidate(run: Run, candidate: Candidate, at: float) -> Bench | None:
    """What keeps the candidate itself from being asked at `at`."""
    benches = [b for b in run.benches if not b.key and b.until > at and rests_on(b, candidate)]
    return max(benches, key=lambda b: b.until, default=None)


def rests_on(bench: Bench, candidate: Candidate) -> bool:
    """Whether the bench is of this candidate's account and, where it names one, of its model."""
    account = (bench.provider, bench.base_url) == (candidate.provider, candidate.base_url)
    return account and bench.model in ("", candidate.model)


def ready_key(run: Run, candidate: Candidate, at: float, *, without: frozenset[str] = frozenset()) -> str | None:
    """The first key of the pool that is fit at `at`."""
    for key in key_names(candidate):
        if key not in without and bench_of_key(run, candidate, key, at) is None:
            return key
    return None


def soonest_key(run: Run, candidate: Candidate, at: float) -> tuple[str, float] | None:
    """The limited key that is fit again first, and when; None where every key is spent rather than limited."""
    waits = [(bench_of_key(run, candidate, key, at), key) for key in key_names(candidate)]
    limited = [(b.until, key) for b, key in waits if b is not None and b.kind is Kind.RATE_LIMIT]
    if not limited:
        return None
    until, key = min(limited, key=lambda pair: pair[0])
    return key, until


def incapable(run: Run, index: int) -> str | None:
    """Why this candidate cannot do what is asked, in one sentence; None where it can, or where nobody knows."""
    candidate, request = run.candidates[index], run.request
    can = candidate.capabilities
    if can.tools is False and request.tools:
        return f"{candidate.model} takes no tools."
    if can.json is False and request.parameters.json_schema is not None:
        return f"{candidate.model} has no JSON mode."
    if can.vision is False and _has_image(request):
        return f"{candidate.model} takes no images."
    if candidate.context_window is not None and _least_tokens(request) > candidate.context_window:
        return f"The conversation is longer than its window of {candidate.context_window:,} tokens."
    return _overflow(run, candidate)


def _has_image(request: Request) -> bool:
    return any(isinstance(part, Image) for message in request.messages for part in message.parts)


def _least_tokens(request: Request) -> int:
    texts = [part.text for message in request.messages for part in message.parts if isinstance(part, Text)]
    return (len(request.system) + sum(map(len, texts))) // CHARACTERS_PER_TOKEN


def _overflow(run: Run, candidate: Candidate) -> str | None:
    """A prompt that overflowed one window is not tried on the same or a smaller one."""
    for attempt in run.attempts:
        if attempt.fault is None or attempt.fault.kind is not Kind.CONTEXT_WINDOW:
            continue
        failed = run.candidate_of(attempt)
        if failed.context_window and candidate.context_window and candidate.context_window <= failed.context_window:
            return f"Its window of {candidate.context_window:,} tokens is not larger than {failed.label}'s."
        if _identity(failed) == _identity(candidate):
            return "It is the same model, with the same window."
    return None


def _identity(candidate: Candidate) -> tuple[str, str | None, str]:
    return candidate.provider, candidate.base_url, candidate.model


def untried(run: Run) -> list[int]:
    """The candidates, in order, that may still be asked."""
    tried = {attempt.candidate for attempt in run.attempts}
    return [i for i in range(len(run.candidates)) if i not in tried and i not in run.passed]


def next_choice(run: Run, at: float) -> Choice | None:
    """The next candidate to ask: the first that is fit; else the soonest of those that are only cooling down."""
    able = [i for i in untried(run) if incapable(run, i) is None]
    for i in able:
        candidate = run.candidates[i]
        key = ready_key(run, candidate, at)
        if key is not None and bench_of_candidate(run, candidate, at) is None:
            return Choice(candidate=i, key=key, at=at)
    last_resorts = [choice for i in able if (choice := _last_resort(run, i, at)) is not None]
    return min(last_resorts, key=lambda choice: choice.at, default=None)


def _last_resort(run: Run, index: int, at: float) -> Choice | None:
    """A resting candidate when no other is left: asked at once, unless another run is trying it already or a key's
    time must be waited for."""
    candidate = run.candidates[index]
    bench = bench_of_candidate(run, candidate, at)
    begins = bench.until if bench is not None and bench.probed else at
    key = ready_key(run, candidate, begins)
    if key is None:
        if (soonest := soonest_key(run, candidate, begins)) is None:
            return None
        key, begins = soonest
    if begins - at > run.request.route.policy.longest_wait:
        return None
    return Choice(candidate=index, key=key, at=begins, half_open=True)


def gone_past(run: Run, chosen: int | None, at: float) -> tuple[int, Rule, str] | None:
    """The next candidate to name as skipped on the way to `chosen` (None: to the end), with the rule and the reason."""
    named = {d.candidate for d in run.trail if isinstance(d, CandidateSkipped)}
    for i in untried(run):
        if i == chosen:
            return None
        if i in named:
            continue
        if (reason := incapable(run, i)) is not None:
            return i, Rule.INCAPABLE, reason
        if (reason := cooling(run, i, at)) is not None:
            return i, Rule.COOLING, reason
    return None


def cooling(run: Run, index: int, at: float) -> str | None:
    """Why this candidate rests at `at`, in one sentence."""
    candidate = run.candidates[index]
    bench = bench_of_candidate(run, candidate, at)
    if bench is not None:
        return f"{candidate.label} is cooling for {bench.until - at:.1f} s more: {bench.reason}"
    benches = [bench_of_key(run, candidate, key, at) for key in key_names(candidate)]
    if all(b is not None for b in benches):
        soonest = min(b.until for b in benches if b is not None)
        return f"Every key of {candidate.provider} is resting, the soonest for {soonest - at:.1f} s more."
    return None


def available_at(run: Run, at: float) -> float | None:
    """When the soonest candidate of the route is fit again by itself, in run seconds; None where no waiting helps."""
    times = [_fit_again(run, i, at) for i in range(len(run.candidates)) if incapable(run, i) is None]
    return min((time for time in times if time is not None and time > at), default=None)


def _fit_again(run: Run, index: int, at: float) -> float | None:
    candidate = run.candidates[index]
    resting = bench_of_candidate(run, candidate, at)
    keys = [bench_of_key(run, candidate, key, at) for key in key_names(candidate)]
    fit = [at if bench is None else bench.until for bench in keys if bench is None or bench.kind not in FOR_A_PERSON]
    if not fit or (resting is not None and resting.kind in FOR_A_PERSON):
        return None
    return max(min(fit), resting.until if resting is not None else at)


def offline(run: Run) -> bool:
    """Whether nothing at all could be reached: no name was found, or no network, at more than one candidate."""
    faults = [(a.candidate, a.fault) for a in run.attempts if a.fault is not None]
    unreached = all(f.kind is Kind.CONNECT and f.cause in (None, Cause.DNS) for _, f in faults)
    return unreached and len({candidate for candidate, _ in faults}) > 1


def tries(run: Run, index: int) -> list[Attempt]:
    """The attempts that count against the candidate's account."""
    return [a for a in run.attempts if a.candidate == index and not a.granted]


def failures_of(run: Run, index: int) -> list[Attempt]:
    """The candidate's attempts that ended in a fault."""
    return [a for a in run.attempts if a.candidate == index and a.fault is not None]
