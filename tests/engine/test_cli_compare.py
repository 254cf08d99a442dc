"""`streamover-cli compare` as other programs meet it: arguments, output forms, reports and exit codes."""

import argparse
import json
import os
import signal
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from engine import cli_compare
from engine.cli_compare import CompareError
from engine.core.faults import Kind
from engine.lab import beats as b
from engine.lab.server import Lab

GOOD: b.Play = (b.Say(text="The sky is blue.", rate=100), b.End())
BAD: b.Play = (b.Status(code=400, kind=Kind.BAD_REQUEST),)


def written(tmp_path: Path, *bases: str, check: str = "blue", top: str = "") -> Path:
    parts = [f'[[columns]]\nprovider = "openai"\nmodel = "gpt-5"\nbase_url = "{base}/v1"\n' for base in bases]
    prompt = f'[[prompts]]\ntext = "Why?"\n[[prompts.checks]]\nkind = "contains"\ntext = "{check}"\n'
    path = tmp_path / "set.toml"
    path.write_text(top + "\n" + "\n".join(parts) + prompt)
    return path


async def compare(tmp_path: Path, *arguments: str | Path) -> int:
    parser = argparse.ArgumentParser()
    cli_compare.add_parser(parser.add_subparsers())
    state = ["--state", str(tmp_path / "state")]
    return await cli_compare.run(parser.parse_args(["compare", *map(str, arguments), *state]))


async def test_all_checks_passed_is_nought_and_the_json_has_every_run(tmp_path: Path, capsys):
    async with Lab(speed=20) as lab:
        path = written(tmp_path, *[lab.play("good", GOOD)] * 2)
        code = await compare(tmp_path, path, "--repeat", "2", "--json", "--seed", "3")
    out, err = capsys.readouterr()
    assert code == 0
    data = json.loads(out)
    assert (len(data["results"]), data["seed"]) == (4, 3)
    assert "4 runs" in err
    assert "4 done" in err


@pytest.mark.parametrize(("play", "check"), [(BAD, "blue"), (GOOD, "green")])
async def test_a_failed_run_or_check_is_one(tmp_path: Path, capsys, play: b.Play, check: str):
    async with Lab(speed=20) as lab:
        path = written(tmp_path, lab.play("good", GOOD), lab.play("other", play), check=check)
        code = await compare(tmp_path, path, "--junit")
    assert code == 1
    assert ET.fromstring(capsys.readouterr().out).get("tests") == "2"


@pytest.mark.parametrize("ending", ["html", "md", "csv", "json", "xml"])
async def test_a_report_is_written_by_its_ending(tmp_path: Path, ending: str):
    async with Lab(speed=20) as lab:
        path = written(tmp_path, *[lab.play("good", GOOD)] * 2)
        await compare(tmp_path, path, "--report", tmp_path / f"out.{ending}", "--mode", "one_at_a_time")
    assert "gpt-5" in (tmp_path / f"out.{ending}").read_text()


async def test_bad_input_is_told_before_anything_is_asked(tmp_path: Path):
    async with Lab() as lab:
        path = written(tmp_path, *[lab.play("good", GOOD)] * 2)
        for arguments, words in (
            (("--report", tmp_path / "out.pdf"), "a report ends in one of"),
            (("--repeat", "0"), "at least 1"),
            (("--cap", "-1"), "more than 0"),
            (("--resume",), "nothing to resume"),
            (("--repeat", "9999"), "19,998 runs"),
        ):
            with pytest.raises(CompareError, match=words):
                await compare(tmp_path, path, *arguments)
        with pytest.raises(CompareError, match="cannot be read"):
            await compare(tmp_path, tmp_path / "none.toml")
        assert lab.log.requests() == ()


async def test_a_cap_that_cannot_hold_is_refused(tmp_path: Path):
    path = written(tmp_path, "http://127.0.0.1:1", "http://127.0.0.1:1")
    path.write_text(path.read_text().replace("gpt-5", "no-such-model-anywhere"))
    with pytest.raises(CompareError, match="the cap cannot hold"):
        await compare(tmp_path, path, "--cap", "1")


@pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to one's own process")
async def test_an_interrupt_keeps_what_is_done_and_resume_does_the_rest(tmp_path: Path, capsys, monkeypatch):
    say = cli_compare._say

    def interrupting(result, comparison):
        say(result, comparison)
        os.kill(os.getpid(), signal.SIGINT)

    async with Lab(speed=20) as lab:
        path = written(tmp_path, *[lab.play("good", GOOD)] * 2, top="repeat = 3")
        monkeypatch.setattr(cli_compare, "_say", interrupting)
        assert await compare(tmp_path, path) == 130
        assert "--resume does the rest" in capsys.readouterr().err
        monkeypatch.setattr(cli_compare, "_say", say)
        assert await compare(tmp_path, path, "--resume", "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["results"]) == 6
