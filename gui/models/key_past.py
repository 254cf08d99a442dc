"""What each key went through, read from runs and rests: the strip of the last 15 minutes, and the list in words."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

from msgspec.structs import replace

from engine.core.events import Bench
from engine.core.faults import VERDICTS, KeyFate, Kind, verdict
from engine.core.run import Attempt, Run
from engine.keys import KeyEntry, Where
from gui import words
from gui.tokens import FAULT_LOOKS, State

WINDOW = 15 * 60.0  # seconds that the strip shows
MOST_PASSAGES = 6
SAME = 1.0  # seconds within which a rest and a fault belong together


class MarkKind(StrEnum):
    SERVED = "served"
    FAILED = "failed"
    COOLING = "cooling"
    DEAD = "dead"
    LIVE = "live"


class Mark(NamedTuple):
    """A stretch of the strip, in Unix seconds."""

    start: float
    end: float
    kind: MarkKind


class Passage(NamedTuple):
    """One line of what a key went through; `at` is a Unix time."""

    at: float
    state: State
    icon: str
    text: str


class Use(NamedTuple):
    """One attempt with the key; times are Unix seconds, `end` is None while it is live."""

    start: float
    end: float | None
    attempt: Attempt

    @property
    def served(self) -> bool:
        return self.attempt.completed and self.attempt.fault is None

    @property
    def failed(self) -> bool:
        return self.attempt.fault is not None


class Past(NamedTuple):
    """The uses of a key, the oldest first; its rests in Unix seconds; and where a route placed it last."""

    uses: tuple[Use, ...] = ()
    rests: tuple[Bench, ...] = ()
    used_by: str = ""


def spent(kind: Kind) -> bool:
    """Whether a rest of this kind means that the key is of no use, rather than limited for a while."""
    return VERDICTS[kind].key is KeyFate.SPENT


def pasts(entries: Iterable[KeyEntry], benches: Sequence[Bench], runs: Iterable[Run]) -> dict[str, Past]:
    """The past of each key, by its id. `benches` are in Unix seconds."""
    owners = {(entry.provider, name): entry.id for entry in entries for name in names_of(entry)}
    uses: dict[str, list[Use]] = {key_id: [] for key_id in owners.values()}
    rests: dict[str, list[Bench]] = {key_id: [] for key_id in uses}
    places: dict[str, tuple[float, str]] = {}
    known = list(benches)
    for run in runs:
        known += [replace(b, since=b.since + run.wall, until=b.until + run.wall) for b in run.benches if b.key]
        for attempt in run.attempts:
            if (owner := owners.get((run.candidate_of(attempt).provider, attempt.key))) is not None:
                uses[owner].append(_use(run, attempt))
                places[owner] = max(places.get(owner, (0.0, "")), (run.wall, _place(run, attempt)))
    for bench in known:
        owner = owners.get((bench.provider, bench.key))
        if owner is not None and not any(_same(bench, other) for other in rests[owner]):
            rests[owner].append(bench)
    return {
        key_id: Past(
            tuple(sorted(found, key=lambda use: use.start)),
            tuple(sorted(rests[key_id], key=lambda bench: bench.since)),
            places.get(key_id, (0.0, ""))[1],
        )
        for key_id, found in uses.items()
    }


def names_of(entry: KeyEntry) -> tuple[str, ...]:
    """Every name by which a route may call for this key; "keyring:" and "session:" find the same keys."""
    if entry.where is Where.ENVIRONMENT:
        return (entry.name,)
    return tuple(f"{where}:{name}" for where in (Where.KEYRING, Where.SESSION) for name in (entry.alias, entry.id))


def _use(run: Run, attempt: Attempt) -> Use:
    end = None if attempt.ended is None else run.wall + attempt.ended
    return Use(run.wall + attempt.started, end, attempt)


def _place(run: Run, attempt: Attempt) -> str:
    return f"{run.request.route.name}, place {attempt.candidate + 1} of {len(run.candidates)}"


def _same(one: Bench, other: Bench) -> bool:
    return one.kind is other.kind and abs(one.since - other.since) < 0.01


# The strip.


def marks(past: Past, now: float) -> tuple[Mark, ...]:
    """The strip, in the order in which it is painted: what lasts first, moments on top."""
    begin = now - WINDOW
    found = [_rest_mark(bench, past, now) for bench in past.rests]
    for use in past.uses:
        if use.end is None:
            found.append(Mark(use.start, now, MarkKind.LIVE))
        elif use.served:
            found.append(Mark(use.start, use.end, MarkKind.SERVED))
    found += [Mark(use.end, use.end, MarkKind.FAILED) for use in past.uses if use.end is not None and use.failed]
    return tuple(mark for mark in found if mark.end >= begin)


def _rest_mark(bench: Bench, past: Past, now: float) -> Mark:
    """A success ends a rest before its time."""
    successes = [use.start for use in past.uses if use.served and use.start > bench.since]
    kind = MarkKind.DEAD if spent(bench.kind) else MarkKind.COOLING
    return Mark(bench.since, min(bench.until, now, *successes[:1]), kind)


# The words.


def span(seconds: float) -> str:
    """A rest's length: "20 s", "1 min 48 s", "1 h", "6 h 30 min"."""
    if seconds < 3600:
        return words.limit(seconds)
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"


def countdown(seconds: float) -> str:
    """What is left of a rest, with tenths while it is short: "9.7 s"."""
    return span(seconds) if seconds >= 3600 else words.seconds(seconds)


def cause(bench: Bench, past: Past) -> Use | None:
    """The failed use that the rest came from, where it is known."""
    for use in reversed(past.uses):
        fault = use.attempt.fault
        if fault is not None and use.end is not None and fault.kind is bench.kind and abs(use.end - bench.since) < SAME:
            return use
    return None


def status_of(use: Use | None) -> str:
    """The HTTP status of a failed use: "429"; empty where there was none."""
    fault = use.attempt.fault if use is not None else None
    return str(fault.status) if fault is not None and fault.status is not None else ""


def asked_for(use: Use | None) -> bool:
    """Whether the provider named the time to wait."""
    fault = use.attempt.fault if use is not None else None
    return fault is not None and fault.wait_hint is not None


def passages(past: Past) -> tuple[Passage, ...]:
    """What happened, the newest first; successes in a row are one line."""
    rests = [(round(bench.since, 1), 1, _rest_passage(bench, past)) for bench in past.rests]
    told = [(round(passage.at, 1), 0, passage) for passage in _told_uses(past.uses)]
    newest = sorted(told + rests, key=lambda entry: entry[:2], reverse=True)  # a rest comes after its fault
    return tuple(passage for _, _, passage in newest[:MOST_PASSAGES])


def _told_uses(uses: tuple[Use, ...]) -> Iterable[Passage]:
    for served, group in groupby(uses, key=lambda use: use.served):
        row = list(group)
        if served and len(row) > 1:
            yield Passage(row[-1].end or row[-1].start, State.SUCCEEDED, "check", f"Served {len(row)} requests")
        else:
            yield from map(_told, row)


def _told(use: Use) -> Passage:
    attempt = use.attempt
    tokens = words.tokens(attempt) + "ens"
    if use.end is None:
        return Passage(use.start, State.STREAMING, "lines", f"Attempt {attempt.number} is live")
    if attempt.fault is not None:
        look, row = FAULT_LOOKS[attempt.fault.kind], verdict(attempt.fault)
        what = f"{status_of(use)} {row.word}".strip()
        shown = f"after {tokens}" if attempt.spoke else "no text shown"
        return Passage(use.end, look.state, look.icon, f"{what[:1].upper()}{what[1:]}, {shown}")
    if attempt.completed:
        return Passage(use.end, State.SUCCEEDED, "check", f"Served {tokens}")
    return Passage(use.end, State.SKIPPED, "chevrons", f"Attempt {attempt.number} was ended by us")


def _rest_passage(bench: Bench, past: Past) -> Passage:
    length = span(bench.until - bench.since)
    if spent(bench.kind):
        return Passage(bench.since, State.FAILED_PERMANENT, "cross", f"Benched for {length}, {_word(bench)}")
    own = "as asked" if asked_for(cause(bench, past)) else "own backoff"
    return Passage(bench.since, State.COOLING, "snowflake", f"Cooling for {length}, {own}")


def _word(bench: Bench) -> str:
    return VERDICTS[bench.kind].word
