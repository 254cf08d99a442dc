"""Whether an answer holds what it must. A regular expression is searched in a process of its own, within a bound."""

import asyncio
import contextlib
import json
import re
import sys
from pathlib import Path
from typing import Any, assert_never

from msgspec import Struct

from engine.compare import schema
from engine.compare.json_text import NotJson, read
from engine.compare.sets import AnyCheck, Contains, Equals, HoldsSchema, Matches, Within

SEARCH_SECONDS = 2.0  # of one search, without the start of its process
START_SECONDS = 20.0
LINE_BOUND = 64 * 1024
ROOT = Path(__file__).resolve().parents[2]


class Judged(Struct, frozen=True, kw_only=True):
    """`check` is the check in words, `why` what is wrong, in one sentence; empty where it passed."""

    check: str
    passed: bool
    why: str = ""


def problem(check: AnyCheck) -> str:
    """Why this check can never be made, in one sentence; empty where it can."""
    match check:
        case Matches(pattern=pattern):
            return _pattern_problem(pattern)
        case HoldsSchema(schema=text):
            return _schema_problem(text)
        case Within(seconds=seconds):
            return "" if 0 < seconds < float("inf") else "max_seconds must be more than 0."
        case Contains(text=text):
            return "" if text else "contains needs a text: every answer contains the empty one."
        case Equals():
            return ""
        case _:
            assert_never(check)


def _pattern_problem(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"the pattern {pattern!r} is not a regular expression: {error}."
    return ""


def _schema_problem(text: str) -> str:
    try:
        return schema.problem(json.loads(text))
    except ValueError as error:
        return f"the schema is not JSON: {error}."


def words(check: AnyCheck) -> str:
    """The check in words, as reports show it."""
    match check:
        case Contains(text=text):
            return f"contains {text!r}"
        case Matches(pattern=pattern):
            return f"matches {pattern!r}"
        case Equals(text=text):
            return f"equals {text!r}"
        case HoldsSchema():
            return "is JSON that fits the schema"
        case Within(seconds=seconds):
            return f"takes at most {seconds:g} s"
        case _:
            assert_never(check)


class Searcher:
    """Searches in a process that is started when first needed and ended when a search is late. Close it at the end."""

    def __init__(self, seconds: float = SEARCH_SECONDS) -> None:
        self._seconds = seconds
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()

    async def found(self, pattern: str, text: str) -> bool:
        """Whether the pattern stands in the text. Raises TimeoutError when that is not known within the bound."""
        async with self._turn:
            process = self._process or await self._launch()
            try:
                return await asyncio.wait_for(_asked(process, [pattern, text]), self._seconds)
            except (TimeoutError, asyncio.CancelledError):
                await self.close()
                raise

    async def _launch(self) -> asyncio.subprocess.Process:
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        command = (sys.executable, "-m", "engine.compare.search_process")
        self._process = process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=nowhere, cwd=ROOT, limit=LINE_BOUND
        )
        await asyncio.wait_for(_asked(process, ["", ""]), START_SECONDS)
        return process

    async def close(self) -> None:
        """Ends the process, and returns when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _asked(process: asyncio.subprocess.Process, question: list[str]) -> bool:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(question).encode() + b"\n")
    await process.stdin.drain()
    return bool(json.loads(await process.stdout.readline()))


async def judge(check: AnyCheck, answer: str, seconds: float | None, searcher: Searcher) -> Judged:
    """What this check says of a whole answer that took `seconds`."""
    why = await _searched(check, answer, searcher) if isinstance(check, Matches) else wrong(check, answer, seconds)
    return Judged(check=words(check), passed=not why, why=why)


async def _searched(check: Matches, answer: str, searcher: Searcher) -> str:
    try:
        return "" if await searcher.found(check.pattern, answer) else "The pattern is nowhere in the answer."
    except TimeoutError:
        return f"The pattern was not done after {SEARCH_SECONDS:g} s: make it simpler, without nested repeats."


def wrong(check: Contains | Equals | HoldsSchema | Within, answer: str, seconds: float | None) -> str:
    """What is wrong with the answer, in one sentence; empty where it holds."""
    match check:
        case Contains(text=text, ignore_case=loosely):
            held = text.casefold() in answer.casefold() if loosely else text in answer
            return "" if held else "The text is nowhere in the answer."
        case Equals(text=text):
            return "" if answer.strip() == text.strip() else "The answer is another one."
        case HoldsSchema(schema=text):
            return _unfit(answer, json.loads(text))
        case Within(seconds=bound):
            taken = "an unknown time" if seconds is None else f"{seconds:.2f} s"
            return "" if seconds is not None and seconds <= bound else f"It took {taken}."
        case _:
            assert_never(check)


def _unfit(answer: str, wanted: Any) -> str:
    try:
        return schema.violation(read(answer), wanted)
    except NotJson as error:
        return str(error)
    except RecursionError:
        return "The answer is nested too deeply to be checked."
