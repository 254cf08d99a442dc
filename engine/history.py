"""Runs in SQLite: every event of every run, written within a quarter of a second, in one thread of its own.

One row for each batch of events; a run is read back by folding them. A damaged file is set aside, never overwritten.
"""

import contextlib
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from engine.core import journal
from engine.core.events import AnyEvent, RunEnded, RunRequested
from engine.core.run import Run
from engine.state import set_aside

NAME = "history.db"
VERSION = 1
FLUSH_SECONDS = 0.1
BATCHES_AT_ONCE = 256

SCHEMA = """
CREATE TABLE runs (id TEXT PRIMARY KEY, wall REAL NOT NULL, route TEXT NOT NULL, prompt TEXT NOT NULL,
                   outcome TEXT, answer TEXT);
CREATE TABLE events (run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE, seq INTEGER NOT NULL, lines BLOB NOT NULL,
                     PRIMARY KEY (run, seq)) WITHOUT ROWID;
CREATE INDEX runs_by_time ON runs(wall);
"""

Batch = tuple[Run, tuple[AnyEvent, ...]]


class Entry(Struct, frozen=True, kw_only=True):
    """A run in the list: `wall` in Unix seconds; `outcome` None where the program ended before the run did."""

    id: str
    wall: float
    route: str
    prompt: str
    outcome: str | None
    answer: str | None


class HistoryError(Exception):
    """One sentence with the remedy."""


class History:
    """Takes batches without blocking; `notice` tells of a file that was set aside."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / NAME
        directory.mkdir(parents=True, exist_ok=True)
        self.notice = _prepare(self.path)
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._sequence: dict[str, int] = {}
        self.trouble = ""
        self._thread = threading.Thread(target=self._work, name="history", daemon=True)
        self._thread.start()

    def record(self, run: Run, events: tuple[AnyEvent, ...]) -> None:
        """Takes a batch of `run`, which has folded it."""
        self._queue.put((run, events))

    def close(self) -> None:
        """Writes what is left. Returns when it is on disk."""
        self._queue.put(None)
        self._thread.join(timeout=5.0)

    def entries(self, limit: int = 100) -> tuple[Entry, ...]:
        """The newest runs first."""
        with _open(self.path) as connection:
            rows = connection.execute(
                "SELECT id, wall, route, prompt, outcome, answer FROM runs ORDER BY wall DESC LIMIT ?", (limit,)
            )
            return tuple(Entry(id=r[0], wall=r[1], route=r[2], prompt=r[3], outcome=r[4], answer=r[5]) for r in rows)

    def events(self, run: str) -> Iterator[AnyEvent]:
        """The journal of a run. Raises journal.JournalError where it is damaged."""
        with _open(self.path) as connection:
            rows = connection.execute("SELECT lines FROM events WHERE run = ? ORDER BY seq", (run,)).fetchall()
        yield from journal.load(b"\n".join([journal.header(), *(row[0] for row in rows), b""]))

    def _work(self) -> None:
        connection = _connect(self.path)
        try:
            over = False
            while not over:
                batches, over = self._gather()
                try:
                    self._write(connection, batches)
                except sqlite3.Error as error:
                    self.trouble = f"{self.path}: the history cannot be written ({error}). Free some space."
        finally:
            connection.close()

    def _gather(self) -> tuple[list[Batch], bool]:
        """What comes within a tenth of a second of the first batch, and whether it was the last."""
        batches: list[Batch] = []
        due: float | None = None
        while len(batches) < BATCHES_AT_ONCE:
            try:
                item = self._queue.get(timeout=None if due is None else max(0.0, due - time.monotonic()))
            except queue.Empty:
                return batches, False
            if item is None:
                return batches, True
            due = due or time.monotonic() + FLUSH_SECONDS
            batches.append(item)
            if isinstance(item[1][-1], RunEnded):
                break
        return batches, False

    def _write(self, connection: sqlite3.Connection, batches: list[Batch]) -> None:
        with connection:
            for run, events in batches:
                self._write_batch(connection, run, events)

    def _write_batch(self, connection: sqlite3.Connection, run: Run, events: tuple[AnyEvent, ...]) -> None:
        if isinstance(events[0], RunRequested):
            prompt = run.request.messages[-1].text if run.request.messages else ""
            connection.execute(
                "INSERT INTO runs (id, wall, route, prompt) VALUES (?, ?, ?, ?)",
                (run.id, run.wall, run.request.route.name, prompt),
            )
        seq = self._sequence[run.id] = self._sequence.get(run.id, 0) + 1
        lines = b"\n".join(map(journal.encode, events))
        connection.execute("INSERT INTO events (run, seq, lines) VALUES (?, ?, ?)", (run.id, seq, lines))
        if isinstance(events[-1], RunEnded):
            outcome = run.outcome.value if run.outcome else None
            connection.execute("UPDATE runs SET outcome = ?, answer = ? WHERE id = ?", (outcome, run.text, run.id))
            del self._sequence[run.id]


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0)
    with contextlib.suppress(sqlite3.OperationalError):  # it stays in the file: another program is setting it just now
        connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class _open:
    """A connection for one reading, closed behind it."""

    def __init__(self, path: Path) -> None:
        self._connection = _connect(path)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *_: object) -> None:
        self._connection.close()


def _prepare(path: Path) -> str:
    """Makes or checks the file. Returns a notice when a damaged one was set aside. Raises HistoryError."""
    try:
        version = _make(path)
    except sqlite3.DatabaseError as error:
        if isinstance(error, sqlite3.OperationalError):
            raise HistoryError(
                f"{path}: cannot be opened ({error}). Close what holds it, or free some space."
            ) from None
        kept = set_aside(path)
        for rest in ("-wal", "-shm"):
            path.with_name(path.name + rest).unlink(missing_ok=True)
        _make(path)
        return f"{path} was damaged: it is kept as {kept.name}, and a new history begins."
    if version > VERSION:
        raise HistoryError(f"{path}: was written by a newer Streamover (version {version}). Update this one.")
    return ""


def _make(path: Path) -> int:
    connection = _connect(path)
    try:
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            connection.execute("BEGIN IMMEDIATE")  # several programs may begin at once
            with connection:
                if connection.execute("PRAGMA user_version").fetchone()[0] == 0:
                    for statement in SCHEMA.split(";"):
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {VERSION}")
            return VERSION
        connection.execute("SELECT id FROM runs LIMIT 1").fetchone()
        return version
    finally:
        connection.close()
