"""The locks, the preparation behind `make run` and `make test`, and the guards of conftest.py."""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.txt", "requirements-dev.txt", "requirements-local.txt")
PYTHONS = ("3.11", "3.12", "3.13")
NOTHING_TO_DO = 0.1  # seconds that a second start may take to find out that all is ready

needs_a_shell = pytest.mark.skipif(sys.platform != "linux", reason="make and apt serve Linux; elsewhere pip alone does")


def pins(lock: str) -> list[Requirement]:
    lines = (ROOT / lock).read_text().splitlines()
    return [Requirement(line.rstrip("\\").strip()) for line in lines if line and not line.startswith(("#", " "))]


def environment(python: str) -> dict[str, str]:
    return {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }


def chosen(lock: str, python: str) -> dict[str, str]:
    """Name -> version of what `lock` installs on Linux with that Python."""
    taken = [pin for pin in pins(lock) if pin.marker is None or pin.marker.evaluate(environment(python))]
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in taken}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_hashes_and_no_address(lock):
    text = (ROOT / lock).read_text()
    blocks = re.split(r"\n(?=[a-zA-Z])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).strip())
    assert len(blocks) == len(pins(lock))
    assert all(re.search(r"--hash=sha256:[0-9a-f]{64}", block) for block in blocks)
    assert not re.search(r"://|index-url|find-links|^-e |@ ", text, re.MULTILINE)


@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_holds_what_the_project_asks_for(python):
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    versions = chosen("requirements.txt", python)
    for wish in map(Requirement, declared):
        if wish.marker is None or wish.marker.evaluate(environment(python)):
            assert wish.specifier.contains(versions[canonicalize_name(wish.name)]), wish


@pytest.mark.parametrize("python", PYTHONS)
def test_the_test_lock_holds_every_pin_of_the_run_lock(python):
    assert chosen("requirements.txt", python).items() <= chosen("requirements-dev.txt", python).items()


def test_python_3_11_gets_no_pyside_that_loses_references():
    assert Version(chosen("requirements.txt", "3.11")["pyside6-essentials"]) < Version("6.12")


def program(path: Path, body: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


class Checkout:
    """A checkout whose system tools are puppets that write down how they are called."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin, self.calls = root / "checkout", root / "bin", root / "calls"
        (self.root / "packaging").mkdir(parents=True)
        shutil.copy(ROOT / "packaging/prepare.sh", self.root / "packaging")
        for name in LOCKS:
            shutil.copy(ROOT / name, self.root)
        for name in ("system-packages.txt", "system-packages-test.txt", "system-packages-local.txt"):
            (self.root / "packaging" / name).write_text("")
        program(self.bin / "id", "echo 1000")
        program(self.bin / "sudo", "exit 1")
        program(self.bin / "apt-get", f'echo "apt-get $*" >>{self.calls}')
        program(self.root / ".venv/bin/python", f'echo "python $*" >>{self.calls}')

    def system(self, lines: str) -> None:
        (self.root / "packaging/system-packages.txt").write_text(lines)

    def prepare(self, what: str = "run") -> subprocess.CompletedProcess[str]:
        path = f"{self.bin}{os.pathsep}{os.environ['PATH']}"
        command = ["sh", "packaging/prepare.sh", what]
        return subprocess.run(command, cwd=self.root, env={**os.environ, "PATH": path}, capture_output=True, text=True)

    def called(self) -> str:
        return self.calls.read_text() if self.calls.exists() else ""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@needs_a_shell
def test_a_first_start_installs_the_locks_with_their_hashes(checkout):
    assert checkout.prepare().returncode == 0
    calls = checkout.called()
    assert re.search(r"pip install .*--require-hashes.* -r requirements.txt", calls)
    assert re.search(r"pip install .*--require-hashes.* --no-deps -r requirements-local.txt", calls)
    assert "requirements-dev.txt" not in calls
    assert "apt-get" not in calls


@needs_a_shell
def test_a_second_start_does_nothing_and_takes_no_time(checkout):
    checkout.system("libc6 lib libc.so.6\n" * 12 + "sh cmd sh\n")
    checkout.prepare()
    checkout.calls.unlink()
    times = []
    for _ in range(3):
        began = time.perf_counter()
        ended = checkout.prepare()
        times.append(time.perf_counter() - began)
        assert (ended.returncode, ended.stdout, ended.stderr, checkout.called()) == (0, "", "", "")
    assert min(times) < NOTHING_TO_DO


@needs_a_shell
def test_a_changed_lock_is_installed_again(checkout):
    checkout.prepare()
    checkout.calls.unlink()
    with (checkout.root / "requirements.txt").open("a") as lock:
        lock.write("# newer\n")
    checkout.prepare()
    assert "-r requirements.txt" in checkout.called()
    assert "requirements-local.txt" not in checkout.called()


@needs_a_shell
def test_a_test_set_up_serves_a_run_as_well(checkout):
    checkout.prepare("test")
    assert "-r requirements-dev.txt" in checkout.called()
    checkout.calls.unlink()
    checkout.prepare("run")
    assert checkout.called() == ""


@needs_a_shell
@pytest.mark.parametrize(
    "line", ["libnowhere1 lib libnowhere.so.1", "nowhere cmd nowhere-at-all", "fonts-nowhere file /nowhere/*.ttf"]
)
def test_a_missing_package_without_root_prints_the_command(checkout, line):
    checkout.system(line + "\n")
    ended = checkout.prepare()
    assert ended.returncode == 1
    assert f"sudo apt-get install -y --no-install-recommends {line.split()[0]}" in ended.stderr
    assert checkout.called() == ""


@needs_a_shell
def test_root_has_a_missing_package_installed(checkout):
    program(checkout.bin / "id", "echo 0")
    checkout.system("libnowhere1 lib libnowhere.so.1\nsh cmd sh\n")
    assert checkout.prepare().returncode == 0
    assert re.search(r"^apt-get .*install .*libnowhere1$", checkout.called(), re.MULTILINE)


@needs_a_shell
def test_a_service_that_only_tests_need_stops_nothing_and_is_asked_for_once(checkout):
    (checkout.root / "packaging/system-packages-test.txt").write_text("nowhere cmd nowhere-at-all\n")
    first, second = checkout.prepare("test"), checkout.prepare("test")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "Some tests are skipped" in first.stderr
    assert second.stderr == ""


@needs_a_shell
def test_sudo_without_a_password_serves_too(checkout):
    program(checkout.bin / "sudo", '[ "$1" = -n ] && shift && exec "$@"')
    checkout.system("libnowhere1 lib libnowhere.so.1\n")
    assert checkout.prepare().returncode == 0
    assert "install -y" in checkout.called()


@needs_a_shell
def test_packages_that_cannot_be_had_end_the_start_with_a_sentence(checkout):
    program(checkout.root / ".venv/bin/python", 'case "$*" in *"pip install"*) exit 1 ;; esac')
    ended = checkout.prepare()
    assert ended.returncode == 1
    assert "requirements.txt could not be installed" in ended.stderr
    assert not (checkout.root / ".venv/installed-requirements.txt").exists()


@needs_a_shell
def test_a_local_model_that_cannot_be_had_stops_nothing_and_is_tried_once(checkout):
    log = f'echo "python $*" >>{checkout.calls}'
    program(checkout.root / ".venv/bin/python", f'{log}; case "$*" in *requirements-local*) exit 1 ;; esac')
    first, second = checkout.prepare(), checkout.prepare()
    assert (first.returncode, second.returncode) == (0, 0)
    assert "make local" in first.stderr
    assert second.stderr == ""
    assert checkout.called().count("requirements-local.txt") == 1
    checkout.prepare("local")
    assert checkout.called().count("requirements-local.txt") == 2


@needs_a_shell
def test_a_python_that_is_too_old_is_named_as_the_reason(checkout):
    shutil.rmtree(checkout.root / ".venv")
    for name in ("python3", *(f"python3.{minor}" for minor in range(11, 15))):
        program(checkout.bin / name, "exit 1")
    ended = checkout.prepare()
    assert ended.returncode == 1
    assert "Python 3.11 or newer" in ended.stderr


@needs_a_shell
def test_a_python_without_ensurepip_gets_its_pip_from_outside(checkout):
    shutil.rmtree(checkout.root / ".venv")
    made = f'mkdir -p .venv/bin; cp "$0" .venv/bin/python; echo "made $*" >>{checkout.calls}'
    program(
        checkout.bin / "python3",
        f'case "$*" in "-m venv .venv") mkdir .venv; exit 1 ;; *--without-pip*) {made} ;; '
        f'*) echo "python $*" >>{checkout.calls} ;; esac',
    )
    assert checkout.prepare().returncode == 0
    assert "--python .venv/bin/python install --quiet pip" in checkout.called()
    assert "-r requirements.txt" in checkout.called()


GUARDED = {
    "a logged warning": ("import logging\ndef test_it():\n    logging.getLogger('x').warning('oh')\n", "oh"),
    "a Qt warning": ("from PySide6.QtCore import qWarning\ndef test_it(qtbot):\n    qWarning('oh')\n", "oh"),
    "a left task": (
        "import asyncio\nkept = []\nasync def test_it():\n    kept.append(asyncio.create_task(asyncio.sleep(60)))\n",
        "left tasks behind",
    ),
    "a left window": (
        "from PySide6.QtWidgets import QLabel\nkept = []\ndef test_it(qtbot):\n    kept.append(QLabel('x'))\n",
        "left windows behind",
    ),
}
INNOCENT = """
import asyncio, logging, os
from pathlib import Path
import pytest
from PySide6.QtWidgets import QLabel

@pytest.mark.expects_warnings("it tests the warning")
def test_a_marked_warning():
    logging.getLogger("x").warning("oh")

async def test_an_ended_task():
    task = asyncio.create_task(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel()

def test_an_owned_window(qtbot):
    label = QLabel("x")
    qtbot.addWidget(label)
    label.show()

def test_a_home_of_its_own(home):
    assert Path.home() == home
    assert "SOME_API_KEY" not in os.environ
"""


def run_guarded(folder: Path, code: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "tests/conftest.py", folder / "tests")
    (folder / "tests/test_example.py").write_text(code)
    command = [sys.executable, "-m", "pytest"]
    env = {**os.environ, "SOME_API_KEY": "of the person who runs the tests"}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("what", GUARDED)
def test_what_a_test_leaves_behind_fails_it(what, tmp_path):
    code, words = GUARDED[what]
    ended = run_guarded(tmp_path, code)
    assert ended.returncode == 1, ended.stdout
    assert words in ended.stdout


@pytest.mark.slow
def test_a_tidy_test_passes_the_guards(tmp_path):
    ended = run_guarded(tmp_path, INNOCENT)
    assert ended.returncode == 0, ended.stdout
    assert "4 passed" in ended.stdout
