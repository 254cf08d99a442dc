"""The matrix of faults, rows 35 to 59 as they come over the wire: real HTTP, in virtual time."""

from pathlib import Path

import pytest

from engine.core import events as e
from engine.core.faults import Kind
from engine.core.request import Finish
from engine.lab import beats as b
from tests.engine.matrix.stage import ANSWER, kinds, stage
from tests.virtual_time import in_virtual_time

HALF = b.Say(text="Half an answer", rate=0)


def chunk(text: str) -> str:
    return '{"choices":[{"index":0,"delta":{"content":"' + text + '"}}]}'


STOPPED = 'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


WIRE = [
    ("35 a whole JSON answer in place of a stream", (b.Whole(),), [], ["c1"]),
    ("36 a JSON error in a 200", (b.Status(code=200, kind=Kind.AUTH),), ["auth"], ["c1", "c2"]),
    ("37 an error as the first event", (b.ErrorEvent(kind=Kind.OVERLOADED), b.Cut()), ["overloaded"] * 3, None),
    ("38 a preamble, then an error", (b.Role(), b.ErrorEvent(kind=Kind.SERVER), b.Cut()), ["server"] * 3, None),
    ("39 an error behind text", (HALF, b.ErrorEvent(kind=Kind.SERVER), b.Cut()), ["server"], ["c1", "c2"]),
    ("42 an end without any output", (b.Role(), b.Cut()), ["truncated"] * 3, None),
    ("42 an end behind text without a finish reason", (HALF, b.Cut()), ["truncated"], ["c1", "c2"]),
    ("43 a finish reason without an end mark", (HALF, b.Stopped(), b.Cut()), [], ["c1"]),
    ("43 a finish reason, and then silence", (HALF, b.Stopped(), b.Stall()), [], ["c1"]),
    ("44 an end mark without a finish reason", (HALF, b.Mark(), b.Cut()), [], ["c1"]),
    ("45 an unterminated body before output", (b.Role(), b.Truncate()), ["truncated"] * 3, None),
    ("45 an unterminated body behind text", (HALF, b.Truncate()), ["truncated"], ["c1", "c2"]),
    ("45 an unterminated body behind a finish reason", (HALF, b.Stopped(), b.Truncate()), [], ["c1"]),
    ("46 a stall behind text", (HALF, b.Stall()), ["idle"], ["c1", "c2"]),
    ("48 an empty stream", (b.Role(), b.End()), ["empty"] * 2, ["c1", "c1", "c2"]),
    ("48 an end mark only", (b.Mark(), b.Cut()), ["empty"] * 2, ["c1", "c1", "c2"]),
    ("49 only reasoning", (b.Think(text="hm", rate=0), b.End()), ["empty"] * 2, ["c1", "c1", "c2"]),
    ("49 only white space", (b.Say(text="\n ", rate=0), b.End()), ["empty"] * 2, ["c1", "c1", "c2"]),
    ("50 the limit of tokens", (HALF, b.End(finish=Finish.LENGTH)), [], ["c1"]),
    ("51 a call that was cut", (b.Call(tool="look", arguments='{"x": 1'), b.End()), ["malformed"], ["c1", "c2"]),
    ("52 a few broken events", (HALF, b.Garble(times=2), b.End()), [], ["c1"]),
    ("52 broken events only", (b.Garble(times=9), b.End()), ["malformed"] * 2, ["c1", "c1", "c2"]),
    ("53 characters cut apart", (b.SplitUtf8(text="Grüße 你好 🌊"), b.End()), [], ["c1"]),
    ("56 a giant event", (b.Flood(of="event", megabytes=2), b.Stall()), ["malformed/runaway"], ["c1"]),
    ("56 giant headers", (b.Flood(of="headers", megabytes=2), b.Stall()), ["malformed"] * 2, ["c1", "c1", "c2"]),
    ("57 usage before any output", (b.Usage(input=3, output=0), b.Say(text="Hi", rate=0), b.End()), [], ["c1"]),
    ("57 usage behind the finish reason", (HALF, b.Stopped(), b.Usage(input=3, output=9), b.Mark()), [], ["c1"]),
]  # fmt: skip
ALL_TRIES = ["c1", "c1", "c1", "c2"]


@pytest.mark.parametrize(("row", "play_of", "faults", "asked"), WIRE, ids=[row for row, *_ in WIRE])
def test_row_of_the_wire(tmp_path: Path, row: str, play_of: b.Play, faults: list[str], asked: list[str] | None):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            run = await s.ask(s.candidate(play_of), s.candidate())
            assert kinds(run) == faults
            assert s.asked() == (asked or ALL_TRIES)
            assert run.live == ()
            if s.asked()[-1] == "c2":
                assert run.text == ANSWER
                assert all(a.superseded is not None for a in run.attempts if a.spoke and a.fault is not None)
            else:
                assert run.outcome is (e.Outcome.FAILED if faults else e.Outcome.ANSWERED)

    scene()


def test_row_44_the_missing_finish_reason_is_a_warning(tmp_path: Path):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            run = await s.ask(s.candidate((HALF, b.Mark(), b.Cut())))
            assert run.answer.warning == "The stream ended without a finish reason."

    scene()


SEPARATED = "a\u2028b\u2029c\u0085d"
PLAIN = f"data: {chunk('a')}\n\n{STOPPED}"
FIELDS = "\ufeffid: 1\nretry: 3000\nevent: message\n"
IN_LINES = 'data:{"choices":[{"index":0,\ndata:"delta":{"content":"a"}}]}\n\n'
RENAMED = "".join(f'data: {chunk(text)[:-1]},"model":"{name}"}}\n\n' for text, name in (("a", "x"), ("b", "y")))
READ = [
    ("54 line separators in the data", f"data: {chunk(SEPARATED)}\n\n{STOPPED}", SEPARATED),
    ("55 CRLF", PLAIN.replace("\n", "\r\n"), "a"),
    ("55 CR", PLAIN.replace("\n", "\r"), "a"),
    ("55 BOM, other fields, no space, lines of data", FIELDS + IN_LINES + STOPPED, "a"),
    ("59 another model's name in mid-stream", RENAMED + STOPPED, "ab"),
]


@pytest.mark.parametrize(("row", "raw", "text"), READ, ids=[row for row, *_ in READ])
def test_rows_54_55_and_59_are_read(tmp_path: Path, row: str, raw: str, text: str):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            run = await s.ask(s.candidate((b.Raw(text=raw), b.Cut())))
            assert (run.outcome, run.text, s.asked()) == (e.Outcome.ANSWERED, text, ["c1"])
            if row.startswith("59"):
                assert run.answer.model == "y"

    scene()


@in_virtual_time
async def test_row_53_characters_that_were_cut_apart_are_whole_again(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate((b.SplitUtf8(text="Grüße 你好 🌊"), b.End())))
        assert run.text == "Grüße 你好 🌊"


@in_virtual_time
async def test_row_56_a_runaway_behind_text_is_capped_and_kept(tmp_path: Path):
    async with stage(tmp_path) as s:
        run = await s.ask(s.candidate((HALF, b.Flood(of="event", megabytes=2), b.Stall())), s.candidate())
        assert s.asked() == ["c1"]
        assert (run.outcome, run.text) == (e.Outcome.PARTIAL, "Half an answer")


@in_virtual_time
async def test_row_57_usage_is_kept_and_commits_nothing(tmp_path: Path):
    async with stage(tmp_path) as s:
        counted = (
            b.Usage(input=3, output=0),
            b.Wait(seconds=5),
            HALF,
            b.Stopped(),
            b.Usage(input=3, output=9),
            b.Mark(),
        )
        run = await s.ask(s.candidate(counted))
        assert (run.answer.usage.input, run.answer.usage.output) == (3, 9)
        assert run.answer.first_output > 4.9


@in_virtual_time
async def test_row_58_a_runaway_of_the_wire_is_cut(tmp_path: Path):
    async with stage(tmp_path) as s:
        loop = (HALF, b.Repeat(text="again ", times=400), b.Stall())
        run = await s.ask(s.candidate(loop), s.candidate())
        assert s.asked() == ["c1"]
        assert kinds(run) == ["malformed/runaway"]
        assert run.ended < 1
        assert [entry.ended for entry in s.lab.log.requests()] == ["client cut"]
