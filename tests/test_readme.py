"""What the README promises, tried."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from engine import routes

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.mark.slow
def test_the_example_of_the_library_runs_and_answers(tmp_path: Path):
    script = tmp_path / "example.py"
    script.write_text(block("python"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, env={"PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "KeyRotated" in done.stdout
    assert "answered" in done.stdout.splitlines()[-1] or "answered" in done.stdout


def test_the_route_of_the_readme_is_read():
    route = routes.parse(block("toml"), "README.md")
    assert [candidate.provider for candidate in route.candidates] == ["openai", "anthropic", "local"]
    assert route.candidates[1].clocks.first_token == 60.0


def test_every_picture_and_page_that_the_readme_names_is_there():
    names = re.findall(r"\]\(([^)]+)\)", README)
    assert len(names) >= 3
    assert [name for name in names if not (ROOT / name).is_file()] == []
