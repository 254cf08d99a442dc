"""The report names what a bug needs, and no secret and no home directory."""

import importlib.metadata
import platform

import pytest
from PySide6.QtCore import qVersion

from gui.diagnostics import Fact, Live, Size, at_home, facts, in_units, percentile, report, size_of


@pytest.fixture(autouse=True)
def _application(qapp):
    return qapp


def values(told) -> dict[str, str]:
    return {fact.name: fact.value for fact in told}


def test_versions_are_those_that_run(home):
    told = values(facts(home / "data"))
    assert told["Python"].startswith(platform.python_version())
    assert told["Qt"] == qVersion()
    assert told["httpx"] == importlib.metadata.version("httpx")
    assert told["Key ring"] == "not known"
    assert told["Frame times"] == "nothing drawn yet"


def test_what_the_program_knows_is_told(home):
    live = Live(keyring="SecretService Keyring", loop="QasyncLoop", frame_p50=0.0081, frame_p99=0.0164)
    told = values(facts(home / "data", live))
    assert told["Key ring"] == "SecretService Keyring"
    assert told["Frame times"] == "p50 8.1 ms, p99 16.4 ms"


def test_the_home_directory_is_not_named(home):
    assert "data" in at_home(home / "data")
    assert str(home) not in report(facts(home / "data"))


def test_a_secret_in_a_value_is_redacted():
    told = report([Fact("Key ring", "https://user:hunter22@proxy/ sk-proj-abcdefghij0123456789")])
    assert "hunter22" not in told
    assert "abcdefghij" not in told


def test_the_size_counts_every_file(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a").write_bytes(b"x" * 700)
    (tmp_path / "b").write_bytes(b"x" * 300)
    assert size_of(tmp_path) == Size(1000)
    assert size_of(tmp_path / "missing") == Size(0)


def test_a_huge_directory_is_counted_up_to_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr("gui.diagnostics.MOST_FILES", 2)
    for name in "abc":
        (tmp_path / name).write_bytes(b"xx")
    assert size_of(tmp_path) == Size(4, partial=True)


@pytest.mark.parametrize(
    ("size", "words"),
    [(Size(0), "0 B"), (Size(999), "999 B"), (Size(1_400_000), "1.4 MB"), (Size(3 * 10**9, True), "more than 3.0 GB")],
)
def test_sizes_are_told_in_units(size, words):
    assert in_units(size) == words


def test_percentiles_are_values_that_occurred():
    assert percentile([], 0.5) is None
    assert percentile([3.0], 0.99) == 3.0
    assert percentile(list(map(float, range(1, 101))), 0.5) == 50.0
    assert percentile(list(map(float, range(1, 101))), 0.99) == 99.0
