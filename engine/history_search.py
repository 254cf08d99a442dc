"""The shelf beside the history: its runs listed in pages, searched in full text, pinned, deleted with a way back.

It keeps tables of its own in the history's file, and reads the journals once: when `catch_up` finds runs that it has
not shelved. Every call opens a connection of its own, so that any thread may ask.
"""

import re
import sqlite3
import time
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.core import journal
from engine.core.run import Run

HIT, HIT_END = "\x02", "\x03"  # stand around what a search has hit
EXCERPT_WORDS = 16
LONGEST_PROMPT = 300  # characters of a prompt that a list is given
BATCH = 100  # runs that are shelved in one transaction
UNFINISHED = "unfinished"  # in a query: runs that the program did not see the end of

SCHEMA = """
CREATE TABLE IF NOT EXISTS shelf (
    id INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL UNIQUE REFERENCES runs(id) ON DELETE CASCADE,
    wall REAL NOT NULL, route TEXT NOT NULL, outcome TEXT, served TEXT NOT NULL, attempts INTEGER NOT NULL,
    seconds REAL NOT NULL, turn INTEGER NOT NULL, pinned INTEGER NOT NULL DEFAULT 0, deleted REAL);
CREATE INDEX IF NOT EXISTS shelf_in_order ON shelf(pinned DESC, wall DESC, id DESC) WHERE deleted IS NULL;
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(prompt, answer, tokenize = 'unicode61 remove_diacritics 2');
"""
# Scripts that write no blanks between words: the tokenizer takes a whole sentence of theirs for one word.
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"\w+")


class Query(Struct, frozen=True, kw_only=True):
    """What is looked for: words that all occur (each may be a beginning), an outcome's value, a route's name. Empty:
    any."""

    text: str = ""
    outcome: str = ""
    route: str = ""


class Found(Struct, frozen=True, kw_only=True):
    """A run of the list. `wall` is in Unix seconds, `seconds` its duration, `turn` its place in its chat, from 1.

    `outcome` is empty where the program ended before the run did, or has not ended it yet. `served` is provider and
    model, empty where there is no answer. `prompt` and `excerpt` (a part of the answer) have each hit between HIT and
    HIT_END.
    """

    id: str
    wall: float
    route: str
    prompt: str
    excerpt: str = ""
    outcome: str = ""
    served: str = ""
    attempts: int = 0
    seconds: float = 0.0
    turn: int = 1
    pinned: bool = False
    place: int = 0  # where it stands on the shelf; a page goes on behind it


class HistorySearch:
    """`path` is the file of a History, which has made it. Raises sqlite3.Error where the file cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._open() as connection:
            connection.executescript(SCHEMA)

    def catch_up(self, most: int = BATCH) -> int:
        """Shelves up to `most` runs that are new or have ended since; returns how many were. Call it again until it
        returns 0. A run takes about a millisecond, so it belongs in a thread."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT runs.id, runs.prompt FROM runs LEFT JOIN shelf ON shelf.run = runs.id WHERE shelf.run IS NULL"
                " OR (shelf.outcome IS NULL AND runs.outcome IS NOT NULL) ORDER BY runs.wall DESC LIMIT ?",
                (most,),
            ).fetchall()
            with connection:
                for run, prompt in rows:
                    self._shelve(connection, run, prompt)
            return len(rows)

    def page(self, query: Query, after: Found | None = None, limit: int = 100) -> tuple[Found, ...]:
        """The runs behind `after`, pinned ones first, then the newest first."""
        where, values = _conditions(query)
        if after is not None:
            where.append("(shelf.pinned, shelf.wall, shelf.id) < (?, ?, ?)")
            values += [int(after.pinned), after.wall, after.place]
        matching = _match(query.text)
        hits = f"'{HIT}', '{HIT_END}', '…', {EXCERPT_WORDS}"
        shown = f"snippet(words, 0, {hits}), snippet(words, 1, {hits})" if matching else "runs.prompt, ''"
        words = " JOIN words ON words.rowid = shelf.id" if matching else ""
        with self._open() as connection:
            rows = connection.execute(
                f"SELECT runs.id, shelf.wall, shelf.route, {shown}, shelf.outcome, shelf.served, shelf.attempts,"
                f" shelf.seconds, shelf.turn, shelf.pinned, shelf.id FROM shelf JOIN runs ON runs.id = shelf.run{words}"
                f" WHERE {' AND '.join(where)} ORDER BY shelf.pinned DESC, shelf.wall DESC, shelf.id DESC LIMIT ?",
                (*values, limit),
            ).fetchall()
        return tuple(map(_found, rows))

    def count(self, query: Query) -> int:
        """How many runs answer the query."""
        where, values = _conditions(query)
        words = " JOIN words ON words.rowid = shelf.id" if _match(query.text) else ""
        runs = " JOIN runs ON runs.id = shelf.run" if query.text else ""
        with self._open() as connection:
            return connection.execute(
                f"SELECT count(*) FROM shelf{runs}{words} WHERE {' AND '.join(where)}", values
            ).fetchone()[0]

    def routes(self) -> tuple[str, ...]:
        """The names of the routes that runs have gone, in order."""
        with self._open() as connection:
            rows = connection.execute(
                "SELECT DISTINCT route FROM shelf WHERE deleted IS NULL ORDER BY route COLLATE NOCASE"
            )
            return tuple(row[0] for row in rows)

    def pin(self, run: str, on: bool) -> None:
        self._change("UPDATE shelf SET pinned = ? WHERE run = ?", (int(on), run))

    def delete(self, runs: Iterable[str]) -> None:
        """Takes runs off the list. `restore` brings them back, until `purge`."""
        for run in runs:
            self._change("UPDATE shelf SET deleted = ? WHERE run = ?", (time.time(), run))

    def restore(self, runs: Iterable[str]) -> None:
        for run in runs:
            self._change("UPDATE shelf SET deleted = NULL WHERE run = ?", (run,))

    def purge(self, live: Collection[str] = ()) -> int:
        """Removes deleted runs for good, with their journals; returns how many. `live` are left for the next time."""
        with self._open() as connection, connection:
            rows = connection.execute("SELECT id, run FROM shelf WHERE deleted IS NOT NULL").fetchall()
            gone = [(place, run) for place, run in rows if run not in live]
            connection.executemany("DELETE FROM words WHERE rowid = ?", [(place,) for place, _ in gone])
            connection.executemany("DELETE FROM runs WHERE id = ?", [(run,) for _, run in gone])
            return len(gone)

    def journal(self, run: str) -> bytes:
        """The run's journal as a file holds it; its header alone where there is no such run."""
        with self._open() as connection:
            return _journal(connection, run)

    def _change(self, statement: str, values: Sequence[object]) -> None:
        with self._open() as connection, connection:
            connection.execute(statement, values)

    def _shelve(self, connection: sqlite3.Connection, run: str, prompt: str) -> None:
        told = _told(connection, run)
        outcome = told.outcome.value if told is not None and told.outcome is not None else None
        answer = told.answer if told is not None else None
        served = told.candidate_of(answer).label if told is not None and answer is not None else ""
        turn = sum(message.role == "user" for message in told.request.messages) if told is not None else 1
        values = (
            outcome, served, len(told.attempts) if told is not None else 0, told.now if told is not None else 0.0, turn,
        )  # fmt: skip
        (place,) = connection.execute(
            "INSERT INTO shelf (run, wall, route, outcome, served, attempts, seconds, turn)"
            " SELECT id, wall, route, ?, ?, ?, ?, ? FROM runs WHERE id = ?"
            " ON CONFLICT (run) DO UPDATE SET outcome = excluded.outcome, served = excluded.served,"
            " attempts = excluded.attempts, seconds = excluded.seconds, turn = excluded.turn RETURNING id",
            (*values, run),
        ).fetchone()
        connection.execute("DELETE FROM words WHERE rowid = ?", (place,))
        connection.execute(
            "INSERT INTO words (rowid, prompt, answer) VALUES (?, ?, ?)",
            (place, prompt, told.text if told is not None else ""),
        )

    @contextmanager
    def _open(self) -> Generator[sqlite3.Connection, None, None]:
        connection = sqlite3.connect(self._path, timeout=5.0)
        try:
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection
        finally:
            connection.close()


def _told(connection: sqlite3.Connection, run: str) -> Run | None:
    """The run as its journal tells it; None where that is damaged."""
    try:
        return journal.fold(journal.load(_journal(connection, run)))
    except (journal.JournalError, msgspec.MsgspecError):
        return None


def _journal(connection: sqlite3.Connection, run: str) -> bytes:
    rows = connection.execute("SELECT lines FROM events WHERE run = ? ORDER BY seq", (run,))
    return b"\n".join([journal.header(), *(row[0] for row in rows), b""])


def _conditions(query: Query) -> tuple[list[str], list[object]]:
    where, values = ["shelf.deleted IS NULL"], list[object]()
    if query.outcome == UNFINISHED:
        where.append("shelf.outcome IS NULL")
    elif query.outcome:
        where.append("shelf.outcome = ?")
        values.append(query.outcome)
    if query.route:
        where.append("shelf.route = ?")
        values.append(query.route)
    if matching := _match(query.text):
        where.append("words MATCH ?")
        values.append(matching)
    elif query.text.strip():
        where.append("(runs.prompt || ' ' || coalesce(runs.answer, '')) LIKE ? ESCAPE '\\'")
        values.append("%" + re.sub(r"([%_\\])", r"\\\1", query.text.strip()) + "%")
    return where, values


def _match(text: str) -> str:
    """The words as an expression of FTS5, each a beginning; empty where the tokenizer would find none."""
    words = _WORD.findall(text)
    return " ".join(f'"{word}"*' for word in words) if words and not _UNSPACED.search(text) else ""


def _found(row: tuple[str, float, str, str, str, str | None, str, int, float, int, int, int]) -> Found:
    run, wall, route, prompt, excerpt, outcome, served, attempts, seconds, turn, pinned, place = row
    return Found(
        id=run, wall=wall, route=route, prompt=prompt[:LONGEST_PROMPT], excerpt=excerpt if HIT in excerpt else "",
        outcome=outcome or "", served=served, attempts=attempts, seconds=seconds, turn=turn, pinned=bool(pinned),
        place=place,
    )  # fmt: skip
