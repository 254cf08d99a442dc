"""Comparisons on disk: a journal of results, one line a run, and the votes. A kill loses only the runs in flight.

The first line of a journal tells what was compared; each further one is a run. A line that a crash tore is dropped.
"""

import hashlib
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine.compare.elo import Vote
from engine.compare.results import Result
from engine.compare.sets import Comparison, Mode
from engine.redact import redact

FORMAT = 1
FOLDER = "comparisons"
VOTES = "votes.jsonl"


class SavedError(Exception):
    """One sentence that names the file and what to do."""


class Header(Struct, frozen=True, kw_only=True):
    """`fingerprint` is that of what is asked of whom; `wall` the Unix time of the beginning."""

    format: int = FORMAT
    fingerprint: str
    seed: int
    wall: float
    versions: dict[str, str] = {}
    comparison: Comparison


def fingerprint(comparison: Comparison) -> str:
    """What must not change for results to belong together: not how often, in which order or how dear."""
    asked = replace(comparison, repeat=1, seed=None, cap=None, mode=Mode.BY_BACKEND, tags=())
    return hashlib.sha256(msgspec.json.encode(asked, order="deterministic")).hexdigest()


class Journal:
    """The results of one comparison, and the file that they are added to. Close it at the end."""

    def __init__(self, path: Path, header: Header, results: tuple[Result, ...], file: BinaryIO) -> None:
        self.path, self.header, self.results = path, header, list(results)
        self._file = file

    def add(self, result: Result) -> None:
        """Writes one run, which no kill of this process can take back. Raises OSError."""
        self.results.append(result)
        self._file.write(_line(result))
        self._file.flush()

    def close(self) -> None:
        with self._file as file:
            file.flush()
            os.fsync(file.fileno())


def _line(value: Struct) -> bytes:
    """As one line of JSON. Providers echo keys in errors, and models in answers."""
    return msgspec.json.encode(redacted(msgspec.to_builtins(value))) + b"\n"


def redacted(data: Any) -> Any:
    """The data with every string in it redacted."""
    match data:
        case str():
            return redact(data)
        case dict():
            return {name: redacted(value) for name, value in cast("dict[str, Any]", data).items()}
        case list() | tuple():
            return [redacted(value) for value in cast("list[Any]", data)]
        case _:
            return data


def begin(
    state: Path,
    comparison: Comparison,
    seed: int,
    versions: dict[str, str],
    wall: Callable[[], float] = time.time,
) -> Journal:
    """A new journal. Raises OSError."""
    header = Header(
        fingerprint=fingerprint(comparison), seed=seed, wall=wall(), versions=versions, comparison=comparison
    )
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(header.wall))
    stem = f"{_slug(comparison.name)}-{header.fingerprint[:8]}-{stamp}"
    path, number = folder / f"{stem}.jsonl", 1
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.jsonl"
    file = _open(path, "xb")
    file.write(_line(header))
    file.flush()
    return Journal(path, header, (), file)


def _open(path: Path, mode: str) -> BinaryIO:
    """For its owner alone."""
    return cast("BinaryIO", open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600)))


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "comparison"


def resume(path: Path, comparison: Comparison) -> Journal:
    """The journal at `path`, to be gone on with. Raises SavedError and OSError."""
    header, results, whole = read(path)
    if header.fingerprint != fingerprint(comparison):
        raise SavedError(f"{path}: belongs to another version of this comparison. Begin anew, without --resume.")
    os.truncate(path, whole)
    return Journal(path, header, results, _open(path, "ab"))


def newest(state: Path, comparison: Comparison) -> Path | None:
    """The journal of this very comparison that was begun last; None where there is none."""
    mark = fingerprint(comparison)[:8]
    found = (state / FOLDER).glob(f"{_slug(comparison.name)}-{mark}-*.jsonl")
    return max(found, key=lambda path: (path.stat().st_mtime, path.name), default=None)


def read(path: Path) -> tuple[Header, tuple[Result, ...], int]:
    """What stands in a journal, and how many of its bytes are whole lines. Raises SavedError and OSError."""
    data = path.read_bytes()
    whole = data.rfind(b"\n") + 1
    lines = data[:whole].splitlines()
    try:
        header = msgspec.json.decode(lines[0], type=Header)
        results = tuple(msgspec.json.decode(line, type=Result) for line in lines[1:])
    except (IndexError, msgspec.DecodeError, msgspec.ValidationError):
        raise SavedError(
            f"{path}: is not a comparison's journal, or is damaged. Begin anew, without --resume."
        ) from None
    if header.format != FORMAT:
        raise SavedError(f"{path}: was written by another version of this program. Begin anew, without --resume.")
    return header, results, whole


def vote(state: Path, word: Vote) -> None:
    """Adds a vote to those that are saved. Raises OSError."""
    folder = state / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with _open(folder / VOTES, "ab") as file:
        file.write(_line(word))


def votes(state: Path) -> tuple[Vote, ...]:
    """All votes over all comparisons, in the order in which they were cast. A damaged line is left out."""
    try:
        lines = (state / FOLDER / VOTES).read_bytes().splitlines()
    except FileNotFoundError:
        return ()
    return tuple(found for line in lines if (found := _vote(line)) is not None)


def _vote(line: bytes) -> Vote | None:
    try:
        return msgspec.json.decode(line, type=Vote)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
