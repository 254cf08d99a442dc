"""Checks whether a key works, by one cheap request through the real engine: what it says is what a run would meet."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator, Iterable, Iterator
from typing import Any, Protocol

from msgspec import Struct
from msgspec.structs import replace

from engine import prices
from engine.channel import Batch
from engine.core.faults import Cause, Fault, Kind, verdict
from engine.core.request import Candidate, Clocks, Parameters, Policy, Request, Route, ask
from engine.core.run import Run
from engine.driver import spawn
from engine.keys import KeyState
from engine.prices import Price
from engine.providers.catalog import PROVIDERS, CatalogError

ROUTE = "Key check"  # the route's name, by which a check is told from other runs
PROMPT = "Reply with OK."
INPUT_TOKENS, OUTPUT_TOKENS = 16, 64  # a generous guess: some providers count a preamble, or reason first
ENOUGH = 400  # characters behind which a provider that heeds no limit is cut
LIMIT = 4  # checks that go on at a time

# Seconds. A local server may have to load its model first.
CLOCKS = Clocks(connect=5.0, first_token=15.0, idle=10.0, total=20.0)
LOCAL_CLOCKS = Clocks(connect=5.0, first_token=60.0, idle=20.0, total=90.0)

# The provider had let the key in before it met these: the key works, whatever else does not.
LET_IN = frozenset({Kind.EMPTY, Kind.CONTENT_FILTER, Kind.CONTEXT_WINDOW})


class Asking(Protocol):
    """What a check needs of a run in progress; the playground's own has it."""

    def stop(self) -> None: ...

    def batches(self) -> AsyncGenerator[Batch, None]: ...

    async def aclose(self) -> None: ...

    def __await__(self) -> Generator[Any, None, Run]: ...


Start = Callable[[Request], Asking]  # it should heed no rest of the key: a check is there to ask all the same
Pricing = Callable[[str, str], Price | None]


class CheckResult(Struct, frozen=True, kw_only=True):
    """`words` is one or two short sentences, without a secret. `kind` is the fault's, None where there was none.
    `state` is what may be recorded of the key, None where the check tells nothing. `seconds` is how long it took."""

    ok: bool
    words: str
    kind: Kind | None = None
    state: KeyState | None = None
    seconds: float = 0.0


class Trial(Struct, frozen=True, kw_only=True):
    """One key with one model. `id` is the caller's."""

    id: str
    candidate: Candidate
    key: str


def trials(candidates: Iterable[Candidate], keys: Iterable[str]) -> tuple[Trial, ...]:
    """Every key with every candidate, in this order; an id is the two places, such as "0/2"."""
    names = tuple(keys)
    return tuple(
        Trial(id=f"{row}/{column}", candidate=candidate, key=key)
        for row, candidate in enumerate(candidates)
        for column, key in enumerate(names)
    )


async def check_key(start: Start, candidate: Candidate, key: str) -> CheckResult:
    """Asks `candidate` once with this key, which may be empty where none is needed. Cancelled, it stops the request."""
    begun = time.monotonic()
    try:
        handle = start(_request(candidate, key))
    except CatalogError as error:
        return CheckResult(ok=False, words=str(error))
    try:
        async for _, run in handle.batches():
            if any(attempt.characters > ENOUGH for attempt in run.live):
                handle.stop()
        run = await handle
    finally:
        await handle.aclose()
    return replace(_told(run), seconds=time.monotonic() - begun)


async def check_all(
    start: Start, wanted: Iterable[Trial], told: Callable[[Trial, CheckResult], None], *, limit: int = LIMIT
) -> None:
    """Makes these trials, at most `limit` at a time; `told` hears of each as it ends. Cancelled, it stops those under
    way and begins no other."""
    waiting = iter(tuple(wanted))
    workers = [spawn(_worker(start, waiting, told), f"check {number}") for number in range(limit)]
    try:
        for worker in workers:
            await worker
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.wait(workers)


async def _worker(start: Start, waiting: Iterator[Trial], told: Callable[[Trial, CheckResult], None]) -> None:
    for trial in waiting:
        told(trial, await check_key(start, trial.candidate, trial.key))


def _request(candidate: Candidate, key: str) -> Request:
    row = PROVIDERS.get(candidate.provider)
    clocks = LOCAL_CLOCKS if row is not None and row.local else CLOCKS
    asked = replace(candidate, keys=(key,) if key else (), clocks=clocks)
    policy = Policy(attempts=1, longest_wait=0.0, total=clocks.total or 20.0)
    return ask(PROMPT, Route(name=ROUTE, candidates=(asked,), policy=policy), parameters=Parameters(max_tokens=1))


def _told(run: Run) -> CheckResult:
    last = run.attempts[-1] if run.attempts else None
    if last is None:
        why = run.trail[-1].why if run.trail else ""
        return CheckResult(ok=False, words=why or "Nothing was asked: check the provider and its address.")
    if last.fault is None and (last.completed or last.first_output is not None):
        return CheckResult(ok=True, words="The key works." if last.key else "It answers.", state=KeyState.VERIFIED)
    if last.fault is None:
        return CheckResult(ok=False, words="Stopped.")
    return _of_fault(last.fault)


def _of_fault(fault: Fault) -> CheckResult:
    kind = fault.kind
    if kind in LET_IN:
        return CheckResult(ok=True, kind=kind, state=KeyState.VERIFIED, words="The key works.")
    row = verdict(fault)
    if kind is Kind.RATE_LIMIT:
        return CheckResult(ok=False, kind=kind, words="The provider knows the key, and limits it for now.")
    if kind is Kind.KEY_UNAVAILABLE:
        return CheckResult(ok=False, kind=kind, words=fault.detail)
    state = KeyState.INVALID if kind is Kind.AUTH else None
    if kind is Kind.QUOTA and fault.cause not in (Cause.PLAN, Cause.DAILY):
        state = KeyState.NO_QUOTA
    what = f"{fault.status} {row.word}" if fault.status is not None else row.word
    words = f"{what[:1].upper()}{what[1:]}. {row.remedy}".strip()
    return CheckResult(ok=False, kind=kind, state=state, words=words)


def cost_note(candidates: Iterable[Candidate], pricing: Pricing = prices.price) -> str:
    """What checking each of these once may cost, as one sentence."""
    known = [pricing(candidate.provider, candidate.model) for candidate in candidates]
    told = [price for price in known if price is not None]
    most = sum((INPUT_TOKENS * p.input + OUTPUT_TOKENS * p.output) / prices.MILLION for p in told)
    unknown = len(known) - len(told)
    if unknown == len(known):
        return "What this costs is unknown: it is one short request each."
    amount = "nothing" if not most else "less than $0.01" if most < 0.01 else f"at most ${most:.2f}"
    return f"This costs {amount}{f'; for {unknown} of {len(known)} the price is unknown' if unknown else ''}."
