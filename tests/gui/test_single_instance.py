"""A second start hands over its files and does not open a window."""

import os
import sys
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket

from gui import single_instance
from gui.single_instance import SingleInstance, server_name


@pytest.fixture
def start(qapp, tmp_path, request):
    """Starts the program on a state directory; what was started is closed behind the test."""

    def made(directory: Path = tmp_path) -> SingleInstance:
        instance = SingleInstance(directory)
        request.addfinalizer(instance.close)
        return instance

    return made


def test_the_first_opens_and_the_second_hands_over_its_files(start, qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_ACTIVATION_TOKEN", "token-1")
    monkeypatch.chdir(tmp_path)
    first, second = start(), start()
    assert first.first()
    with qtbot.waitSignal(first.asked) as asked:
        assert not second.first([Path("run.jsonl"), tmp_path / "other ä.jsonl"])
    assert asked.args == [[str(tmp_path / "run.jsonl"), str(tmp_path / "other ä.jsonl")], "token-1"]


def test_a_start_without_files_still_raises_the_first(start, qtbot, monkeypatch):
    monkeypatch.delenv("XDG_ACTIVATION_TOKEN", raising=False)
    first, second = start(), start()
    assert first.first()
    with qtbot.waitSignal(first.asked) as asked:
        assert not second.first()
    assert asked.args == [[], ""]


def test_many_starts_are_all_heard(start, qtbot, tmp_path):
    first = start()
    assert first.first()
    heard: list[list[str]] = []
    first.asked.connect(lambda files, _: heard.append(files))
    for number in range(5):
        assert not start().first([tmp_path / str(number)])
    qtbot.waitUntil(lambda: len(heard) == 5)
    assert [Path(files[0]).name for files in heard] == ["0", "1", "2", "3", "4"]


def test_other_directories_are_other_programs(start, tmp_path):
    assert start(tmp_path / "a").first()
    assert start(tmp_path / "b").first()


def test_when_the_first_is_closed_the_next_is_the_first(start):
    first = start()
    assert first.first()
    first.close()
    assert start().first()


@pytest.mark.skipif(sys.platform == "win32", reason="A named pipe leaves nothing behind when its server is gone.")
def test_a_socket_that_a_crash_left_is_removed(start, qtbot, tmp_path):
    server = QLocalServer()
    assert server.listen(server_name(tmp_path))
    path = server.fullServerName()
    os.rename(path, path + ".kept")
    server.close()
    os.rename(path + ".kept", path)
    first, second = start(), start()
    assert first.first()
    with qtbot.waitSignal(first.asked):
        assert not second.first()


@pytest.mark.parametrize("sent", [b"nonsense\n", b'{"files": 3}\n', b"[]\n", b"\xff\xfe\n"])
def test_what_another_program_says_is_not_believed(start, qtbot, tmp_path, sent):
    first, second = start(), start()
    assert first.first()
    with qtbot.assertNotEmitted(first.asked, wait=50):
        speak(tmp_path, sent)
    with qtbot.waitSignal(first.asked):
        assert not second.first()


def test_one_that_talks_without_end_is_cut_off(start, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(single_instance, "MOST_BYTES", 1000)
    first = start()
    assert first.first()
    socket = speak(tmp_path, b"x" * 5000)
    qtbot.waitUntil(lambda: socket.state() is QLocalSocket.LocalSocketState.UnconnectedState)


def speak(directory: Path, data: bytes) -> QLocalSocket:
    socket = QLocalSocket()
    socket.connectToServer(server_name(directory))
    assert socket.waitForConnected(500)
    socket.write(data)
    socket.flush()
    return socket


def test_the_name_is_short_and_the_same_for_every_spelling(tmp_path, monkeypatch):
    (tmp_path / "state").mkdir()
    spelled = tmp_path / "state" / ".." / "state"
    assert server_name(spelled) == server_name(tmp_path / "state")
    assert len(server_name(tmp_path)) < 40
    monkeypatch.setattr(single_instance, "_user", lambda: "somebody else")
    other = server_name(tmp_path)
    monkeypatch.undo()
    assert other != server_name(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="The socket is a file on Unix only.")
def test_only_its_user_may_reach_it(start, tmp_path):
    first = start()
    assert first.first()
    assert os.stat(first._server.fullServerName()).st_mode & 0o077 == 0


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="Only a plain user can be refused a folder.")
def test_a_directory_that_cannot_be_written_opens_a_window_all_the_same(start, tmp_path):
    tmp_path.chmod(0o500)
    try:
        assert start(tmp_path / "state").first()
    finally:
        tmp_path.chmod(0o700)
