"""The rules of the house that no linter knows, and the proof that the linters' rules bite."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
HOUSE = ("engine", "gui", "resources", "packaging")
LINES_OF_A_FILE = 400
LINES_OF_A_FUNCTION = 60
TABLES = {"engine/lab/scenarios.py", "engine/providers/catalog.py", "engine/providers/classify.py"}  # mostly data
MAY_PRINT = {  # their output is read
    *("engine/cli.py", "engine/cli_compare.py", "engine/cli_keys.py", "engine/cli_lab.py", "engine/local_server.py"),
    "gui/__main__.py",
}
TOP_LEVEL = re.compile(
    r"pyproject\.toml|gui|engine|resources|tests|packaging|\.ci|\.github|\.gitignore|\.gitattributes|\.editorconfig"
    r"|\.pre-commit-config\.yaml|README\.md|ARCHITECTURE\.md|CONTRIBUTING\.md|CHANGELOG\.md|SECURITY\.md|LICENSE"
    r"|Makefile|requirements.*\.txt"
)
# Written in pieces, so that this file is not its own finding. The first two tell of one machine only.
OUTSIDE = re.compile(
    r"(?<![\w.])/wo" + r"rk/|(?<![\w/])sha" + r"red/|\.lib" + r"rary/"
    r"|pypi" + r"\.org|files\.pytho" + r"nhosted|registry\.np" + r"mjs|deb\.deb" + r"ian\.org"
)


def sources(*folders: str) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))


def tracked() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listing.returncode:
        pytest.skip("This is no git checkout, so there is no list of its files.")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def nested_loops(path: Path) -> list[str]:
    """The calls of `.exec(` and `.exec_(`: each turns a second event loop inside the first."""
    return [
        f"{name_of(path)}:{node.lineno}"
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in {"exec", "exec_"}
    ]


def prints(path: Path) -> list[str]:
    return [
        f"{name_of(path)}:{node.lineno}"
        for node in nodes(path)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]


def long_functions(path: Path) -> list[str]:
    return [
        f"{name_of(path)}:{node.lineno} {node.name}: {length} lines"
        for node in nodes(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (length := (node.end_lineno or 0) - node.lineno + 1) > LINES_OF_A_FUNCTION
    ]


def test_the_window_turns_no_loop_inside_the_loop():
    found = [place for path in sources("gui") for place in nested_loops(path)]
    assert not found, f"Use open() and its signal in place of exec(): {found}"


def test_only_the_command_lines_print():
    found = [place for path in sources("engine", "gui") if name_of(path) not in MAY_PRINT for place in prints(path)]
    assert not found


def test_functions_fit_on_a_screen():
    assert not [entry for path in sources(*HOUSE) for entry in long_functions(path)]


def test_files_stay_readable():
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(*HOUSE)}
    long = {name: lines for name, lines in lengths.items() if lines > LINES_OF_A_FILE and name not in TABLES}
    assert not long


def test_packaging_does_not_shadow_the_library_of_that_name():
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_tests_are_packages_all_the_way_up():
    lacking = [
        folder
        for path in sources("tests")
        for folder in path.parents
        if folder.is_relative_to(ROOT / "tests") and not (folder / "__init__.py").exists()
    ]
    assert not lacking


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    found = []
    for path in tracked():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        found += [f"{name_of(path)}: {match.group()}" for match in OUTSIDE.finditer(text)]
    assert not found


def test_the_top_level_stays_as_agreed():
    names = {path.relative_to(ROOT).parts[0] for path in tracked()}
    assert not {name for name in names if not TOP_LEVEL.fullmatch(name)}


@pytest.mark.parametrize(
    ("check", "code"),
    [
        (nested_loops, "def f(menu):\n    menu.exec()\n"),
        (nested_loops, "dialog.exec_()\n"),
        (prints, "print('said')\n"),
        (long_functions, "async def f():\n" + "    pass\n" * LINES_OF_A_FUNCTION),
    ],
)
def test_the_checks_find_what_they_look_for(check, code, tmp_path, monkeypatch):
    bad = tmp_path / "bad.py"
    bad.write_text(code)
    monkeypatch.setattr(sys.modules[__name__], "ROOT", tmp_path)
    assert len(check(bad)) == 1


BANNED = [
    "import asyncio\nasyncio.create_task(f())",
    "from asyncio import ensure_future",
    "from qasync import asyncSlot",
    "import qasync\nqasync.asyncClose",
    "from PySide6.QtWidgets import QMessageBox\nQMessageBox.question(None, '', '')",
    "from PySide6 import QtWidgets\nQtWidgets.QMessageBox.critical(None, '', '')",
    "from PySide6.QtWidgets import QFileDialog\nQFileDialog.getOpenFileName()",
]


def ruff(code: str, name: str) -> str:
    command = [sys.executable, "-m", "ruff", "check", "--no-cache", "--select", "TID251", "--stdin-filename", name, "-"]
    return subprocess.run(command, cwd=ROOT, input=code, capture_output=True, text=True).stdout


@pytest.mark.parametrize("code", BANNED)
def test_ruff_refuses_what_is_banned(code):
    assert "TID251" in ruff(code, "gui/example.py")


def test_the_driver_may_start_a_task():
    assert "TID251" not in ruff("import asyncio\nasyncio.create_task(f())", "engine/driver.py")


# The id of each contract, and imports that break it: (file, line).
BREAKS = [
    ("engine-layers", "engine/core/faults.py", "import engine.providers.base"),
    ("engine-layers", "engine/providers/base.py", "import engine.lab"),
    ("engine-layers", "engine/lab/__init__.py", "import engine.exports"),
    ("engine-layers", "engine/unlisted.py", ""),
    ("core-pure", "engine/core/run.py", "import time"),
    ("core-pure", "engine/core/run.py", "from os import path"),
    ("core-pure", "engine/core/events.py", "import httpx"),
    ("providers-pure", "engine/providers/base.py", "import asyncio"),
    ("engine-no-screen", "engine/core/run.py", "import gui"),
    ("engine-no-screen", "engine/lab/__init__.py", "from PySide6 import QtCore"),
    ("engine-no-screen", "engine/exports/__init__.py", "import qasync"),
    ("gui-layers", "gui/models/__init__.py", "import gui.views"),
    ("gui-layers", "gui/theme.py", "import gui.main_window"),
    ("views-apart", "gui/views/composer.py", "import gui.views.chat"),
    ("one-door", "gui/main_window.py", "import engine.playground"),
    ("one-door", "gui/views/chat/view.py", "from engine.playground import Playground"),
    ("gui-no-network", "gui/models/__init__.py", "import httpx"),
    ("gui-no-network", "gui/views/chat/view.py", "import keyring"),
    ("resources-bottom", "resources/__init__.py", "import engine.core.run"),
]
NEEDED = (
    *("engine/playground.py", "gui/views/chat/view.py", "gui/views/composer.py", "gui/main_window.py"),
    "gui/theme.py",
)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the house, with the few rooms that the breaks name and that may not stand yet."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("engine", "gui", "resources"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in NEEDED:
        (tmp_path / name).touch()
    return tmp_path


def contracts(house: Path, *only: str) -> subprocess.CompletedProcess[str]:
    run = "sys.exit(lint_imports(limit_to_contracts=sys.argv[1:]))"
    script = f"import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports; {run}"
    command = [sys.executable, "-c", script, *only]
    return subprocess.run(command, cwd=house, capture_output=True, text=True)


@pytest.mark.slow
def test_the_house_keeps_its_contracts(house):
    ended = contracts(house)
    assert ended.returncode == 0, ended.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("contract", "file", "line"), BREAKS)
def test_each_contract_fails_when_it_is_broken(house, contract, file, line):
    with (house / file).open("a") as out:
        out.write(f"\n{line}\n")
    ended = contracts(house, contract)
    assert ended.returncode == 1, ended.stdout
    assert "1 broken" in ended.stdout


@pytest.mark.slow
def test_every_contract_is_proved_to_bite():
    named = set(re.findall(r'^id = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    assert named == {contract for contract, _, _ in BREAKS}


@pytest.mark.slow
def test_every_view_is_named_in_the_contract_that_keeps_the_views_apart():
    graph = grimp.build_graph("gui", cache_dir=None)
    rooms = sorted(graph.find_children("gui.views"))
    for room in rooms:
        graph.squash_module(room)
    parts = {room for room in rooms if graph.find_modules_that_directly_import(room) & (set(rooms) - {room})}
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    named = {view for contract in settings if contract["id"] == "views-apart" for view in contract["modules"]}
    assert named == set(rooms) - parts
