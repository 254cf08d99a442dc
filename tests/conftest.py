"""What holds for every test: no screen, no real home, no warning unheard, and nothing left behind."""

import asyncio
import itertools
import logging
import os
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_API", "pyside6")

import pytest

HOMES = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "XDG_CACHE_HOME": ".cache",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_RUNTIME_DIR": "run",
    "XDG_STATE_HOME": ".local/state",
}
# A test may neither read a key of the person who runs it nor reach their key ring.
PRIVATE_ENDINGS = ("_API_KEY", "_TOKEN", "_SECRET", "_ACCESS_KEY", "_ACCESS_KEY_ID")
PRIVATE = ("DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND")
TICKS_TO_END = 10  # turns of the loop that a cancelled task may take to end

_numbers = itertools.count()


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def home(_homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory of the test's own."""
    home = _homes / str(next(_numbers))
    (home / "run").mkdir(parents=True, mode=0o700)
    for name, place in HOMES.items():
        monkeypatch.setenv(name, str(home / place))
    for name in [*os.environ]:
        if name in PRIVATE or name.upper().endswith(PRIVATE_ENDINGS):
            monkeypatch.delenv(name)
    return home


@pytest.fixture(autouse=True)
def _no_warning_is_logged(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    mark = request.node.get_closest_marker("expects_warnings")
    if mark and (mark.args or mark.kwargs):
        return
    records = [record for phase in ("setup", "call") for record in caplog.get_records(phase)]
    said = [f"{r.name}: {r.levelname}: {r.getMessage()}" for r in records if r.levelno >= logging.WARNING]
    if said:
        pytest.fail("The test made the program log:\n" + "\n".join(said), pytrace=False)


@pytest.fixture
async def _tasks_end() -> AsyncIterator[None]:
    yield
    for _ in range(TICKS_TO_END):
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if not left:
            return
        await asyncio.sleep(0)
    names = "\n".join(sorted(repr(task) for task in left))
    pytest.fail(f"The test left tasks behind:\n{names}", pytrace=False)


@pytest.fixture(autouse=True)
def _no_task_is_left(request: pytest.FixtureRequest) -> None:
    if asyncio.iscoroutinefunction(getattr(request, "function", None)):
        request.getfixturevalue("_tasks_end")


@pytest.fixture(autouse=True)
def _no_window_is_left() -> Iterator[None]:
    before = _windows()
    yield
    left = [window for window in _windows() if not any(window is old for old in before)]
    if not left:
        return
    names = ", ".join(sorted(f"{type(window).__name__} {window.objectName()!r}" for window in left))
    for window in left:
        window.deleteLater()
    _windows()
    pytest.fail(f"The test left windows behind (give them to qtbot.addWidget): {names}", pytrace=False)


def _windows() -> list:
    """The top-level widgets that live, once those that are to be deleted are gone. Qt's own tool tips do not count."""
    if "PySide6.QtWidgets" not in sys.modules:
        return []
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication

    if QApplication.instance() is None:
        return []
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return [w for w in QApplication.topLevelWidgets() if w.metaObject().className() != "QTipLabel"]
