"""Each key as a row: what it can do now and why, by rules over the store's entries, rests and runs. No secrets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.core.events import Bench
from engine.core.faults import VERDICTS, KeyFate, verdict
from engine.core.run import Run
from engine.keys import KeyEntry, KeyState, Where
from gui import words
from gui.models import key_past
from gui.models.key_past import WINDOW, Mark, MarkKind, Passage, Past, pasts

DAY = 24 * 3600.0


class Standing(StrEnum):
    """What a key can do now. Each value is the word on screen where no finer one is known."""

    SERVING = "serving"
    READY = "ready"
    COOLING = "cooling"
    PROBATION = "probation"
    DEAD = "dead"
    UNREACHABLE = "out of reach"
    UNCHECKED = "not checked"
    OFF = "switched off"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """One key as shown. Times are Unix seconds; `until` is when a rest is over."""

    id: str
    provider: str
    alias: str
    name: str
    fingerprint: str
    colour: int
    order: int
    enabled: bool
    where: Where
    state: Standing
    word: str
    why: str
    reason: str
    next: str
    used_by: str
    since: float | None
    until: float | None
    served: int
    failed: int
    last_used: float | None
    created: float
    marks: tuple[Mark, ...] = ()
    passages: tuple[Passage, ...] = ()

    @property
    def can_be_renamed(self) -> bool:
        return self.where is not Where.ENVIRONMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    """What a rule found out about a key."""

    state: Standing
    word: str = ""
    why: str = ""
    reason: str = ""
    next: str = ""
    since: float | None = None
    until: float | None = None


def rows(entries: Iterable[KeyEntry], benches: Sequence[Bench], runs: Iterable[Run], now: float) -> tuple[KeyRow, ...]:
    """The keys by provider and in their order, as they are at `now`. `benches` and `now` are in Unix seconds; `runs`
    are those whose attempts are counted and drawn."""
    entries = tuple(entries)
    known = pasts(entries, benches, runs)
    current = {_rest_id(b) for b in benches}
    ordered = sorted(entries, key=lambda entry: entry.order)
    providers = list(dict.fromkeys(entry.provider for entry in entries))
    return tuple(
        _row(entry, known[entry.id], current, now) for p in providers for entry in ordered if entry.provider == p
    )


def _rest_id(bench: Bench) -> tuple[str, str, float]:
    return bench.provider, bench.key, bench.until


def _row(entry: KeyEntry, past: Past, current: set[tuple[str, str, float]], now: float) -> KeyRow:
    rests = [bench for bench in past.rests if _rest_id(bench) in current]
    found = _finding(entry, past, rests, now)
    return KeyRow(
        id=entry.id, provider=entry.provider, alias=entry.alias, name=entry.name, fingerprint=entry.fingerprint,
        colour=entry.colour, order=entry.order, enabled=entry.enabled, where=entry.where,
        state=found.state, word=found.word or found.state.value, why=found.why, reason=found.reason or found.why,
        next=found.next, used_by=past.used_by or "no run yet", since=found.since, until=found.until,
        served=sum(use.served for use in past.uses), failed=sum(use.failed for use in past.uses),
        last_used=max((now if use.end is None else use.end for use in past.uses), default=None),
        created=entry.created, marks=_marks(entry, past, now), passages=key_past.passages(past),
    )  # fmt: skip


def _marks(entry: KeyEntry, past: Past, now: float) -> tuple[Mark, ...]:
    found = key_past.marks(past, now)
    if entry.state in REFUSED and entry.checked is not None:
        return (Mark(entry.checked, now, MarkKind.DEAD), *found)
    return found


# What each key can do now: the first rule that has something to say.

REFUSED = {KeyState.INVALID: "dead", KeyState.NO_QUOTA: "no quota"}
REMEDIES = {
    KeyState.NOT_SET: "set the variable and start the program again",
    KeyState.NOT_FOUND: "remove it and add it again",
    KeyState.LOST: "remove it and add it again",
    KeyState.UNKNOWN: "unlock the system keyring",
    KeyState.LOCKED: "unlock the system keyring",
    KeyState.NOT_ANSWERING: "answer the keyring's prompt, or restart it",
    KeyState.BACKEND_MISSING: "start a system keyring",
    KeyState.NOT_TRUSTED: "use the system's keyring",
    KeyState.DENIED: "allow this program in the keychain",
    KeyState.FAILED: "check the system keyring",
}


def _finding(entry: KeyEntry, past: Past, rests: list[Bench], now: float) -> _Finding:
    resting = max((b for b in rests if b.until > now), key=lambda b: b.until, default=None)
    return (
        _switched_off(entry)
        or _out_of_reach(entry)
        or _benched(resting, past, now)
        or _serving(past, now)
        or _refused(entry)
        or _on_probation(rests, past)
        or _fit(entry, past, now)
    )


def _switched_off(entry: KeyEntry) -> _Finding | None:
    if entry.enabled and entry.state is not KeyState.DISABLED:
        return None
    return _Finding(state=Standing.OFF, why="you switched it off", next="rests until you put it back")


def _out_of_reach(entry: KeyEntry) -> _Finding | None:
    if (remedy := REMEDIES.get(entry.state)) is None:
        return None
    return _Finding(state=Standing.UNREACHABLE, word=entry.state.value, why=remedy, next=remedy)


def _benched(bench: Bench | None, past: Past, now: float) -> _Finding | None:
    if bench is None:
        return None
    use, row = key_past.cause(bench, past), VERDICTS[bench.kind]
    status = key_past.status_of(use)
    if key_past.spent(bench.kind):
        lead = "dead" if row.word == "key refused" else row.word
        word = f"{lead}, {status}" if status else lead
        return _Finding(
            state=Standing.DEAD, word=word, why=row.word, reason=bench.reason, next=row.remedy, since=bench.since,
            until=bench.until,
        )  # fmt: skip
    length = key_past.span(bench.until - bench.since)
    asked = f"asked for {length}" if key_past.asked_for(use) else f"own backoff of {length}"
    why = f"{status or row.word}, {asked}" if use is not None else bench.reason or row.word
    return _Finding(
        state=Standing.COOLING, why=why, next="ready by itself", since=bench.since, until=bench.until,
        reason=f"{why}. {bench.reason}" if use is not None and bench.reason not in ("", row.word) else why,
    )  # fmt: skip


def _serving(past: Past, now: float) -> _Finding | None:
    live = [use for use in past.uses if use.end is None]
    if not live:
        return None
    why = words.count(len(live), "live request")
    return _Finding(state=Standing.SERVING, why=why, since=live[0].start, next="takes more at the same time")


def _refused(entry: KeyEntry) -> _Finding | None:
    if entry.state not in REFUSED:
        return None
    why = "refused when it was checked" if entry.state is KeyState.INVALID else "no credit when it was checked"
    remedy = "replace or remove it" if entry.state is KeyState.INVALID else "add credit, then check it again"
    return _Finding(state=Standing.DEAD, word=REFUSED[entry.state], why=why, next=remedy, since=entry.checked)


def _on_probation(rests: list[Bench], past: Past) -> _Finding | None:
    """A rest that is over, and no success since: the next request tells."""
    if not rests:
        return None
    failures = 0
    for use in reversed(past.uses):
        if use.served:
            break
        failures += use.failed
    why = f"{words.count(failures, 'failure')}, then one try" if failures else "its rest is over"
    return _Finding(
        state=Standing.PROBATION, word="probation, 1 try", why=why, next="its next request tells",
        since=rests[-1].until, reason=rests[-1].reason,
    )  # fmt: skip


def _fit(entry: KeyEntry, past: Past, now: float) -> _Finding:
    tried = any(use.served for use in past.uses) or entry.checked is not None
    note = _note(entry, now) if tried else _note(entry, now) or _added(entry, now)
    if not tried:
        return _Finding(state=Standing.UNCHECKED, why=note, next="check it, or let a request tell", since=entry.created)
    return _Finding(state=Standing.READY, why=_harmless(past, now) or note, next="takes the next request of its route")


def _harmless(past: Past, now: float) -> str:
    """The newest fault of the last minutes that says nothing against the key."""
    faults = [use.attempt.fault for use in past.uses if use.end is not None and use.end > now - WINDOW]
    kept = [verdict(f).word for f in faults if f is not None and verdict(f).key in (KeyFate.KEEP, KeyFate.PASS)]
    return f"{kept.count(kept[-1])} {kept[-1]}, not the key's fault" if kept else ""


def _note(entry: KeyEntry, now: float) -> str:
    if entry.duplicate_of:
        return f"same as {entry.duplicate_of}"
    return "for this session only" if entry.where is Where.SESSION else ""


def _added(entry: KeyEntry, now: float) -> str:
    days = int((now - entry.created) // DAY)
    return "added today" if days < 1 else f"added {words.count(days, 'day')} ago"
