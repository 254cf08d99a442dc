"""The store with a real Secret Service."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

needed = ("dbus-run-session", "gnome-keyring-daemon")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not all(map(shutil.which, needed)), reason=f"needs {' and '.join(needed)}"),
]

# Without service directories nothing is started on demand: no second daemon, no prompter.
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type><listen>unix:tmpdir={directory}</listen><auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  </policy>
</busconfig>
"""
ROOT = Path(__file__).parents[3]


@pytest.fixture
def play(tmp_path):
    """Plays a scene; afterwards no process may be left that has this home."""
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    (tmp_path / "bus.conf").write_text(BUS.format(directory=runtime))
    kept = {name: os.environ[name] for name in ("PATH", "VIRTUAL_ENV", "LANG") if name in os.environ}
    environ = kept | {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(ROOT)}

    def play(scene):
        bus = ["dbus-run-session", f"--config-file={tmp_path / 'bus.conf'}", "--"]
        command = [*bus, sys.executable, "-m", "tests.engine.keys.gnome_session", scene]
        ended = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=50)
        assert ended.returncode == 0, ended.stderr
        for path in tmp_path.rglob("*"):
            assert not (path.is_file() and b"4f9Zq81" in path.read_bytes()), path
        assert "4f9Zq81" not in ended.stdout + ended.stderr
        return json.loads(ended.stdout.splitlines()[-1])

    yield play
    assert left_over(tmp_path) == []


def left_over(home):
    mark, found = f"HOME={home}\0".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in path.read_bytes() + b"\0":
                found.append((path.parent / "comm").read_text())
        except OSError:  # ended meanwhile, or somebody else's
            continue
    return found


def test_a_key_is_stored_verified_and_outlives_the_daemon(play):
    told = play("stored_and_read_after_a_restart")
    assert (told["ready"], told["reason"], told["state"]) == (True, "", "stored & verified")
    assert "keyring.backends.SecretService.Keyring" in told["name"]
    assert (told["again"], told["later"]) == (True, True)
    assert told["removed"][0] == "not found"


def test_a_locked_collection_whose_prompt_is_refused_is_locked_and_quickly_so(play):
    told = play("locked_and_dismissed")
    assert told["read"][0] == told["state"] == "locked"
    assert told["accepted"] is True
    assert told["added"] == "session only"
    assert "locked" in told["notices"][0]
    assert told["seconds"] < 4


def test_a_keyring_that_was_never_unlocked_is_locked(play):
    told = play("never_unlocked")
    assert (told["accepted"], told["state"]) == (True, "locked")


def test_without_a_daemon_the_back_end_is_missing_and_keys_stay_for_the_session(play):
    told = play("missing")
    assert (told["accepted"], told["state"], told["added"]) == (False, "back-end missing", "session only")
    assert "start one" in told["reason"]


def test_a_daemon_that_stops_or_dies_in_mid_call_is_told_and_its_return_too(play):
    told = play("stopped_and_killed_in_mid_call")
    assert told["stored"] == "stored & verified"
    assert told["silent"][0] == "not answering"
    assert told["resumed"] is True
    assert told["killed"][0] in ("not answering", "back-end missing")
    assert told["gone"][0] == "back-end missing"
    assert told["back"] is True
