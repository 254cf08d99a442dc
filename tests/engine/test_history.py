"""Runs on disk: what a crash leaves, what a damaged file becomes, and what comes back."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.core import events as e
from engine.core import journal
from engine.core.request import Candidate, Route, ask
from engine.core.run import Run, begin, evolve
from engine.history import History, HistoryError

ROUTE = Route(name="work", candidates=(Candidate(provider="openai", model="m"),))


def story(run_id: str = "r1") -> list[tuple[Run, tuple[e.AnyEvent, ...]]]:
    requested = e.RunRequested(run=run_id, at=0.0, wall=1_000.0, request=ask("Why is the sky blue?", ROUTE))
    events: list[e.AnyEvent] = [
        e.AttemptStarted(run=run_id, at=0.0, attempt=1, candidate=0, rule=e.Rule.FIRST_FIT),
        e.Said(run=run_id, at=0.5, attempt=1, pieces=("Because ", "of Rayleigh.")),
        e.Completed(run=run_id, at=1.0, attempt=1),
        e.RunEnded(run=run_id, at=1.0, outcome=e.Outcome.ANSWERED, by=1, rule=e.Rule.ANSWERED),
    ]
    run = begin(requested)
    batches = [(run, (requested,))]
    for event in events:
        run = evolve(run, event)
        batches.append((run, (event,)))
    return batches


def test_a_run_comes_back_as_it_was(tmp_path: Path):
    history = History(tmp_path)
    for run, events in story():
        history.record(run, events)
    history.close()
    again = History(tmp_path)
    (entry,) = again.entries()
    assert (entry.prompt, entry.outcome, entry.answer) == ("Why is the sky blue?", "answered", "Because of Rayleigh.")
    assert journal.fold(again.events("r1")) == story()[-1][0]
    again.close()


def test_the_newest_run_comes_first(tmp_path: Path):
    history = History(tmp_path)
    for name in ("a", "b"):
        for run, events in story(name):
            history.record(run, events)
    history.close()
    again = History(tmp_path)
    assert {entry.id for entry in again.entries()} == {"a", "b"}
    assert len(again.entries(limit=1)) == 1
    again.close()


def test_what_is_older_than_a_quarter_of_a_second_survives_a_kill(tmp_path: Path):
    script = (
        "import sys, time\nfrom pathlib import Path\nfrom engine.history import History\n"
        "from tests.engine.test_history import story\n"
        "history = History(Path(sys.argv[1]))\n"
        "for run, events in story()[:3]:\n    history.record(run, events)\n    time.sleep(0.05)\n"
        "time.sleep(0.25)\nprint('ready', flush=True)\ntime.sleep(60)\n"
    )
    root = Path(__file__).resolve().parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], cwd=root, stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(root)},
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGKILL if hasattr(signal, "SIGKILL") else signal.SIGTERM)
    process.wait()
    process.stdout.close()
    history = History(tmp_path)
    (entry,) = history.entries()
    assert entry.outcome is None
    assert journal.fold(history.events("r1")).text == "Because of Rayleigh."
    history.close()


def test_a_stream_that_never_pauses_is_written_all_the_same(tmp_path: Path):
    history = History(tmp_path)
    batches = story()
    for run, events in batches[:2]:
        history.record(run, events)
    said = batches[2]
    began = time.monotonic()
    while time.monotonic() - began < 0.6:
        history.record(*said)
        time.sleep(0.02)
    reader = sqlite3.connect(tmp_path / "history.db")
    assert reader.execute("SELECT count(*) FROM events").fetchone()[0] > 5
    reader.close()
    history.close()


def test_a_damaged_file_is_set_aside_and_told_of(tmp_path: Path):
    (tmp_path / "history.db").write_bytes(b"not a database at all " * 200)
    history = History(tmp_path)
    assert "history.db.damaged-1" in history.notice
    assert history.entries() == ()
    history.close()
    assert (tmp_path / "history.db.damaged-1").read_bytes().startswith(b"not a database")


def test_a_history_of_a_newer_program_is_left_alone(tmp_path: Path):
    History(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "history.db")
    connection.execute("PRAGMA user_version = 99")
    connection.commit()
    connection.close()
    with pytest.raises(HistoryError, match="newer"):
        History(tmp_path)
