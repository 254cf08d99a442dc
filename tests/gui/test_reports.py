"""A programming error becomes a file without secrets and one sentence."""

import asyncio
from pathlib import Path

import pytest

from gui.reports import Reports

KEY = "sk-proj-" + "Qz7" * 12


@pytest.mark.expects_warnings("a programming error is logged as one")
def test_a_programming_error_is_kept_without_secrets_and_told_in_one_sentence(tmp_path: Path):
    told: list[str] = []
    reports = Reports(tmp_path, told.append)
    try:
        raise RuntimeError(f"the key {KEY} was here")
    except RuntimeError as error:
        reports.report(error)
    (path,) = (tmp_path / "reports").glob("*.txt")
    words = path.read_text()
    assert "RuntimeError" in words
    assert KEY not in words
    assert len(told) == 1
    assert str(path) in told[0]


@pytest.mark.expects_warnings("a programming error is logged as one")
def test_an_error_that_no_task_caught_reaches_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[str] = []
    monkeypatch.setattr("sys.excepthook", None)
    loop = asyncio.new_event_loop()
    Reports(tmp_path, told.append).install(loop)
    loop.call_soon(lambda: 1 / 0)
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    assert len(told) == 1
    assert "ZeroDivisionError" in next((tmp_path / "reports").glob("*.txt")).read_text()
