"""What stands on disk: no secret, for its owner alone, and votes beside the results."""

import subprocess
import sys
from pathlib import Path

import pytest

from engine.compare import saved
from engine.compare.elo import Vote
from tests.engine.compare.putting import column, comparison, journal, result

SECRET = "sk-proj-abcdefgh1234567890abcdefgh"


def test_no_key_that_an_answer_echoes_reaches_the_disk(tmp_path: Path):
    kept = journal(tmp_path, comparison(column("a", "http://a"), column("b", "http://b")))
    kept.add(result(0, text=f'He said "authorization: {SECRET}\\" and "left".\n'))
    kept.close()
    written = kept.path.read_text()
    assert SECRET not in written
    (found,) = saved.read(kept.path)[1]
    assert "[redacted]" in found.text
    assert found.text.endswith('"left".\n')


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes of this kind")
def test_the_journal_is_for_its_owner_alone(tmp_path: Path):
    kept = journal(tmp_path, comparison(column("a", "http://a"), column("b", "http://b")))
    kept.close()
    assert kept.path.stat().st_mode & 0o077 == 0


def test_two_comparisons_begun_in_one_second_have_a_journal_each(tmp_path: Path):
    wanted = comparison(column("a", "http://a"), column("b", "http://b"))
    paths = {saved.begin(tmp_path, wanted, 1, {}, wall=lambda: 5.0) for _ in range(3)}
    assert len({kept.path for kept in paths}) == 3
    for kept in paths:
        kept.close()


def test_votes_are_kept_and_a_damaged_one_is_left_out(tmp_path: Path):
    cast = Vote(comparison="x", case="p", between=("a", "b"), winner="a", reason="shorter", tags=("code",), at=3.0)
    assert saved.votes(tmp_path) == ()
    saved.vote(tmp_path, cast)
    with (tmp_path / "comparisons" / "votes.jsonl").open("ab") as file:
        file.write(b"{torn\n")
    saved.vote(tmp_path, cast)
    assert saved.votes(tmp_path) == (cast, cast)


KILLED = """
import os, sys
from pathlib import Path
from tests.engine.compare.putting import column, comparison, journal, result
kept = journal(Path(sys.argv[1]), comparison(column("a", "http://a"), column("b", "http://b")))
for i in range(3):
    kept.add(result(0, i))
print(kept.path, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signal 9")
def test_a_killed_process_loses_no_run_that_was_done(tmp_path: Path):
    root = Path(__file__).resolve().parents[3]
    killed = subprocess.run([sys.executable, "-c", KILLED, tmp_path], cwd=root, capture_output=True, text=True)
    assert killed.returncode == -9
    _, results, _ = saved.read(Path(killed.stdout.strip()))
    assert [kept.repetition for kept in results] == [0, 1, 2]
