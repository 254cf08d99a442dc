"""The command line as other programs meet it: arguments, output forms and exit codes."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from engine.core.faults import Kind
from engine.lab import beats as b
from engine.lab.server import Lab

ROOT = Path(__file__).resolve().parents[2]
GOOD: b.Play = (b.Say(text="The sky is blue."), b.End())


async def cli(*arguments: str, env: dict[str, str] | None = None) -> tuple[int, str, str]:
    process = await start(*arguments, env=env)
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def start(*arguments: str, env: dict[str, str] | None = None) -> asyncio.subprocess.Process:
    import os

    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "engine.cli",
        *arguments,
        cwd=ROOT,
        stdout=pipe,
        stderr=pipe,
        env={**os.environ, **(env or {})},
    )


def route_file(tmp_path: Path, *bases: str, policy: str = "", keys: str = "[]") -> str:
    parts = [f'name = "test"\n[policy]\n{policy}\n']
    parts += [
        f'[[candidates]]\nprovider = "openai"\nmodel = "m{i}"\nbase_url = "{base}/v1"\nkeys = {keys}\n'
        for i, base in enumerate(bases)
    ]
    path = tmp_path / "route.toml"
    path.write_text("\n".join(parts))
    return str(path)


def summary_of(out: str) -> dict[str, Any]:
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines[-1]["type"] == "summary"
    return lines[-1]


async def test_a_fallback_answers_on_standard_output_and_tells_the_attempts_on_standard_error(tmp_path: Path):
    async with Lab(speed=50) as lab:
        bad = lab.play("bad", (b.Status(code=500, kind=Kind.SERVER),))
        good = lab.play("good", GOOD)
        route = route_file(tmp_path, bad, good, policy="attempts = 1")
        code, out, err = await cli("ask", "Why?", "--route", route, "--state", str(tmp_path / "s"))
    assert code == 0
    assert out == "The sky is blue.\n"
    assert "500" in err
    assert "attempt 2" in err


async def test_the_json_form_ends_with_a_summary_of_every_attempt(tmp_path: Path):
    async with Lab(speed=50) as lab:
        bad = lab.play("bad", (b.Status(code=500, kind=Kind.SERVER),))
        good = lab.play("good", GOOD)
        route = route_file(
            tmp_path, bad, good, policy="attempts = 2\nbackoff = 0.01", keys='["env:STREAMOVER_TEST_KEY"]'
        )
        code, out, _ = await cli(
            "ask",
            "Why?",
            "--route",
            route,
            "--state",
            str(tmp_path / "s"),
            "--json",
            env={"STREAMOVER_TEST_KEY": "k-1"},
        )
    told = summary_of(out)
    assert code == 0
    assert told["outcome"] == "answered"
    assert told["text"] == "The sky is blue."
    assert told["finish"] == "stop"
    assert [a["fault"]["kind"] if a["fault"] else None for a in told["attempts"]] == ["server", "server", None]
    assert told["attempts"][0]["fault"]["status"] == 500
    assert told["served_by"]["attempt"] == 3
    assert told["served_by"]["key"] == "env:STREAMOVER_TEST_KEY"
    assert told["served_by"]["base_url"] == f"{good}/v1"
    assert "k-1" not in out


async def test_a_second_call_knows_what_the_first_learned(tmp_path: Path):
    async with Lab(speed=50) as lab:
        bad = lab.play("bad", (b.Status(code=500, kind=Kind.SERVER),))
        good = lab.play("good", GOOD)
        route = route_file(tmp_path, bad, good, policy="attempts = 1")
        arguments = ("ask", "Why?", "--route", route, "--state", str(tmp_path / "s"), "--json")
        await cli(*arguments)
        _, out, _ = await cli(*arguments)
    assert [a["model"] for a in summary_of(out)["attempts"]] == ["m1"]


async def test_when_every_candidate_fails_the_exit_code_is_1_and_each_attempt_is_named(tmp_path: Path):
    async with Lab(speed=50) as lab:
        limited = lab.play("limited", (b.Status(code=500, kind=Kind.SERVER),))
        dead = lab.play("dead", (b.Status(code=401, kind=Kind.AUTH),))
        route = route_file(tmp_path, limited, dead, policy="attempts = 1")
        code, out, err = await cli("ask", "Why?", "--route", route, "--state", str(tmp_path / "s"))
    assert code == 1
    assert out == ""
    lines = [line for line in err.splitlines() if line.startswith("attempt ")]
    assert "401" in lines[0]
    assert "500" in lines[1]


async def test_a_partial_answer_that_is_kept_exits_with_3(tmp_path: Path):
    async with Lab(speed=50) as lab:
        cut = lab.play("cut", (b.Say(text="Half of it"), b.Truncate()))
        route = route_file(tmp_path, cut, policy='midstream = "keep"')
        code, out, _ = await cli("ask", "Why?", "--route", route, "--state", str(tmp_path / "s"), "--json")
    told = summary_of(out)
    assert code == 3
    assert told["outcome"] == "partial"
    assert told["text"].startswith("Half")
    assert told["attempts"][0]["fault"]["kind"] == "truncated"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
async def test_an_interrupt_stops_the_run_and_exits_with_130(tmp_path: Path):
    async with Lab() as lab:
        slow = lab.play("slow", (b.Say(text="word " * 200, rate=5), b.End()))
        route = route_file(tmp_path, slow)
        process = await start("ask", "Why?", "--route", route, "--state", str(tmp_path / "s"), "--json")
        assert process.stdout is not None
        while b'"said"' not in await process.stdout.readline():
            pass
        process.send_signal(signal.SIGINT)
        out, _ = await process.communicate()
    assert process.returncode == 130
    assert summary_of(out.decode())["outcome"] == "stopped"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[candidates]]\nprovider = 'openai'\n", ["line 1", "model"]),
        ("[[candidates]]\nprovider = 'opnai'\nmodel = 'm'\n", ["line 2", "opnai", "openai"]),
        (
            "[[candidates]]\nprovider = 'openai'\nmodel = 'm'\nkeys = ['sk-abcdefghijklmnop1234']\n",
            ["line 4", "env:NAME"],
        ),
        ("[policy]\nattempts = 'many'\n[[candidates]]\nprovider = 'openai'\nmodel = 'm'\n", ["line 2", "attempts"]),
        ("[policy]\nretrys = 3\n[[candidates]]\nprovider = 'openai'\nmodel = 'm'\n", ["line 2", "retrys", "attempts"]),
        ("[policy]\nidle = 0\n[[candidates]]\nprovider = 'openai'\nmodel = 'm'\n", ["line 2", "idle"]),
        ("[[candidates]]\nprovider = 'openai'\nmodel = 'm'\nbase_url = 'localhost:1'\n", ["line 4", "http"]),
        ("name = \n", ["line 1", "TOML"]),
        ("name = 'x'\n", ["candidates"]),
    ],
)
async def test_a_broken_route_file_gets_one_line_that_names_the_place(tmp_path: Path, text: str, words: list[str]):
    path = tmp_path / "broken.toml"
    path.write_text(text)
    code, out, err = await cli("ask", "Why?", "--route", str(path), "--state", str(tmp_path / "s"))
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == 1
    assert str(path) in err
    assert all(word in err for word in words), err
    assert "sk-abc" not in err


async def test_an_empty_prompt_and_a_missing_route_are_one_line_each(tmp_path: Path):
    code, _, err = await cli("ask", "  ", "--state", str(tmp_path))
    assert (code, len(err.splitlines())) == (2, 1)
    code, _, err = await cli("ask", "Why?", "--route", "nowhere", "--state", str(tmp_path))
    assert (code, len(err.splitlines())) == (2, 1)
    assert "nowhere" in err


async def test_a_damaged_history_is_kept_beside_a_fresh_one(tmp_path: Path):
    (tmp_path / "history.db").write_bytes(b"this is no database, it is a letter to nobody " * 100)
    async with Lab(speed=50) as lab:
        route = route_file(tmp_path, lab.play("good", GOOD))
        code, _, err = await cli("ask", "Why?", "--route", route, "--state", str(tmp_path))
    assert code == 0
    assert "history.db.damaged-1" in err
    assert (tmp_path / "history.db.damaged-1").read_bytes().startswith(b"this is no database")


async def test_the_lab_says_where_it_listens_and_a_port_in_use_is_one_line():
    async with Lab() as lab:
        port = lab.base.rpartition(":")[2]
        code, _, err = await cli("lab", "--port", port)
    assert code == 2
    assert len(err.splitlines()) == 1
    assert port in err


async def test_the_lab_plays_a_scenario_for_another_process(tmp_path: Path):
    process = await start("lab", "--scenario", "key-rotation")
    assert process.stdout is not None
    text = ""
    while "[[candidates]]" not in text or not text.endswith("\n\n") or text.count("[[candidates]]") < 2:
        text += (await asyncio.wait_for(process.stdout.readline(), 10)).decode()
        if text.count("[[candidates]]") == 2 and "base_url" in text.rpartition("[[candidates]]")[2]:
            text += (await process.stdout.readline()).decode()
            break
    env = dict(line.removeprefix("export ").split("=", 1) for line in text.splitlines() if line.startswith("export "))
    path = tmp_path / "lab.toml"
    path.write_text(text[text.index("name = ") :])
    code, out, _ = await cli("ask", "Why?", "--route", str(path), "--state", str(tmp_path / "s"), "--json", env=env)
    process.terminate()
    await process.wait()
    assert code == 0
    told = summary_of(out)
    assert [a["key"] for a in told["attempts"]] == ["env:LAB_WORK", "env:LAB_SPARE"]
