"""Every recorded body through the whole wire: a raw server, the real transport, the driver and the fold.

The recordings are no part of this tree: the variable STREAMOVER_CORPUS names their folder. Each is played at its own
status and headers, whole and as its plans cut it, in chunks and by length; what the run then holds is compared with
the recording's description. Real recordings and made ones are counted apart.
"""

import asyncio
import json
import os
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.core.events import Outcome
from engine.core.faults import Kind
from engine.core.request import Dialect
from engine.core.run import Attempt
from engine.transport import Transport
from tests.engine.wire import Exchange, FixedKeys, Played, chunk, one, play_run, serving

CORPUS = os.environ.get("STREAMOVER_CORPUS", "")
NOW = 1_767_225_600.0  # the Unix time by which dates in hints are read
AT_ONCE = 8  # runs under way at a time
OURS = {"content-length", "transfer-encoding", "connection"}  # the framing is the server's own
# The recordings have fewer classes than we have kinds.
CLASS_OF = {
    Kind.TRUNCATED: "stream_error",
    Kind.EMPTY: "stream_error",
    Kind.MALFORMED: "stream_error",
    Kind.REGION: "permission",
    Kind.TOO_LARGE: "bad_request",
}

pytestmark = pytest.mark.skipif(not CORPUS, reason="STREAMOVER_CORPUS is not set: the recordings are kept elsewhere")


class Case(NamedTuple):
    """One recording, cut in one way."""

    name: str
    meta: dict[str, Any]
    body: bytes
    cuts: tuple[int, ...] = ()
    chunked: bool = True

    @property
    def expected(self) -> dict[str, Any]:
        return self.meta["expected"]

    def head(self) -> bytes:
        lines = [f"HTTP/1.1 {self.meta['status']} Status"]
        lines += [f"{name}: {value}" for name, value in self.meta["headers"] if name.lower() not in OURS]
        framing = "transfer-encoding: chunked" if self.chunked else f"content-length: {len(self.body)}"
        return "\r\n".join([*lines, framing, "", ""]).encode("latin-1", "replace")

    def pieces(self) -> list[bytes]:
        bounds = [0, *(cut for cut in self.cuts if 0 < cut < len(self.body)), len(self.body)]
        return [self.body[start:end] for start, end in pairwise(bounds)]


def cases() -> list[Case]:
    """Each recording whole, by length; and in chunks as each of its plans says, or at places of our own."""
    root = Path(CORPUS)
    plans: dict[str, list[Any]] = {}
    for plan in json.loads((root / "chunk_plans.json").read_text("utf-8")):
        plans.setdefault(plan["body"], []).append(plan["offsets"])
    found: list[Case] = []
    for path in sorted(root.glob("*/*.meta.json")):
        meta = json.loads(path.read_text("utf-8"))
        name = f"{path.parent.name}/{meta['body_file']}"
        body = (root / name).read_bytes()
        found.append(Case(name, meta, body, chunked=False))
        for offsets in plans.get(name, [[len(body) // 3, len(body) // 2, len(body) - 1]]):
            cuts = range(1, len(body)) if offsets == "all" else offsets
            found.append(Case(name, meta, body, tuple(cuts)))
    return found


async def play(case: Case, exchange: Exchange) -> None:
    await exchange.say(case.head())
    for piece in case.pieces():
        await exchange.say(chunk(piece) if case.chunked else piece)
        await asyncio.sleep(0)  # lets the client read before the next write, so that the cuts are met as they stand
    await exchange.say(b"0\r\n\r\n" if case.chunked else b"")


async def read_all(chosen: list[Case]) -> list[tuple[Case, Played]]:
    """Plays every case to the engine, by one transport."""
    transport, gate = Transport(FixedKeys(), wall=lambda: NOW), asyncio.Semaphore(AT_ONCE)

    async def serve(exchange: Exchange) -> None:
        await play(chosen[int(exchange.head.split("/", 2)[1])], exchange)

    async def read(number: int, base: str) -> tuple[Case, Played]:
        case = chosen[number]
        async with gate:
            return case, await play_run(one(f"{base}/{number}", dialect=Dialect(case.meta["api"])), transport)

    async with serving(serve) as server:
        results = await asyncio.gather(*(read(number, server.base) for number in range(len(chosen))))
    await transport.aclose()
    return results


def wrongs(case: Case, played: Played) -> list[str]:
    """What differs from the description, each as a sentence."""
    attempt = played.run.attempts[0]
    if len(played.run.attempts) != 1:
        return [f"{len(played.run.attempts)} attempts"]
    if case.meta["kind"] == "error":
        return wrong_error(case, attempt)
    expected = case.expected
    if details := details_alone(case.body):
        expected = {**expected, "reasoning": details}
    return wrong_answer(expected, attempt) + wrong_end(expected, attempt, played.run.outcome)


def details_alone(body: bytes) -> str:
    """The reasoning of a body that tells it in `reasoning_details` alone. OpenRouter documents this field as the
    reasoning itself; the description's own reader leaves it out, and would call a model that thinks a silent one."""
    if b'"reasoning":' in body or b'"reasoning_content":' in body or b'"reasoning_details"' not in body:
        return ""
    events = [line[5:] for line in body.splitlines() if line.startswith(b"data:") and b'"reasoning_details"' in line]
    details = [json.loads(event)["choices"][0]["delta"].get("reasoning_details") or [] for event in events]
    return "".join(item.get("text") or "" for items in details for item in items)


def wrong_error(case: Case, attempt: Attempt) -> list[str]:
    fault, expected = attempt.fault, case.expected
    if fault is None or attempt.status != case.meta["status"]:
        return [f"no fault of status {case.meta['status']}: {attempt.status} {fault}"]
    wrong: list[str] = []
    if class_of(fault.kind) not in (expected["error_class"], *expected["also_acceptable"]):
        wrong.append(f"{fault.kind} instead of {expected['error_class']} or {expected['also_acceptable']}")
    if expected["retry_after_s"] != fault.wait_hint and fault.wait_hint != pytest.approx(expected["retry_after_s"]):
        wrong.append(f"waits {fault.wait_hint} instead of {expected['retry_after_s']}")
    return wrong


def class_of(kind: Kind) -> str:
    return CLASS_OF.get(kind, str(kind))


def wrong_answer(expected: dict[str, Any], attempt: Attempt) -> list[str]:
    read = {"text": str(attempt.text), "reasoning": str(attempt.reasoning), "refusal": str(attempt.refusal)}
    wrong = [
        f"{name}: {value!r:.300} instead of {expected[name]!r:.300}"
        for name, value in read.items()
        if expected.get(name) is not None and value != expected[name]
    ]
    calls = [(call.id, call.name, parsed(call.arguments)) for call in attempt.tool_calls]
    wanted = [(c["id"] or "", c["name"] or "", parsed(c["arguments"])) for c in expected.get("tool_calls") or []]
    # An id that the wire does not give is ours to make.
    same = [w[1:] == c[1:] and w[0] in ("", c[0]) for c, w in zip(calls, wanted, strict=False)]
    if len(calls) != len(wanted) or not all(same):
        wrong.append(f"tool calls: {calls} instead of {wanted}")
    usage = attempt.usage
    counts = {"input_tokens": usage.input, "output_tokens": usage.output}
    counts |= {"reasoning_tokens": usage.reasoning, "cached_tokens": usage.cached}
    for name, value in (expected.get("usage") or {}).items():
        if value is not None and counts[name] != value:
            wrong.append(f"{name}: {counts[name]} instead of {value}")
    return wrong


def parsed(arguments: str) -> Any:
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def wrong_end(expected: dict[str, Any], attempt: Attempt, outcome: Outcome | None) -> list[str]:
    accepted = {expected["error_class"], *expected["also_acceptable"]} - {None}
    finish = None if attempt.finish is None else str(attempt.finish)
    failed = class_of(attempt.fault.kind) if attempt.fault is not None else None
    if finish == expected["finish_norm"] == "length" and stump(expected) and not attempt.warning:
        return ["a cut call was taken without a warning"]
    if failed in accepted:
        return [] if outcome is not Outcome.ANSWERED else ["answered by an attempt that failed"]
    if expected["outcome"] not in ("complete", "complete_or_error"):
        return [f"{outcome} with {attempt.fault} instead of a failure of {sorted(accepted)}"]
    if not attempt.completed or outcome is not Outcome.ANSWERED:
        return [f"{outcome} with {attempt.fault} instead of a complete answer"]
    return [] if finish == expected["finish_norm"] else [f"finish {finish} instead of {expected['finish_norm']}"]


def stump(expected: dict[str, Any]) -> bool:
    """Whether the limit of tokens cut a tool call, whose arguments are then no JSON: it must not be executed."""
    return any(isinstance(parsed(call["arguments"]), str) for call in expected.get("tool_calls") or [])


def table(results: list[tuple[Case, list[str]]]) -> str:
    """Bodies by vendor, right in every cut of theirs; real recordings and made ones apart."""
    wrong_bodies = {case.name for case, wrong in results if wrong}
    bodies = {case.name: case.meta for case, _ in results}
    total: Counter[tuple[str, bool]] = Counter()
    right: Counter[tuple[str, bool]] = Counter()
    for name, meta in bodies.items():
        row = (meta["vendor"], bool(meta["real"]))
        total[row] += 1
        right[row] += name not in wrong_bodies
    lines = ["", f"{'vendor':20}{'real':>6}{'right':>7}{'made':>8}{'right':>7}"]
    for vendor in sorted({vendor for vendor, _ in total}):
        real, made = (vendor, True), (vendor, False)
        mark = "" if right[real] == total[real] and right[made] == total[made] else "  <--"
        lines.append(f"{vendor:20}{total[real]:6}{right[real]:7}{total[made]:8}{right[made]:7}{mark}")
    sums = [sum(count[row] for row in count if row[1] is real) for real in (True, False) for count in (total, right)]
    return "\n".join([*lines, f"{'all':20}{sums[0]:6}{sums[1]:7}{sums[2]:8}{sums[3]:7}"])


@pytest.mark.timeout(120)
async def test_every_recording_is_read_as_described_however_it_is_cut(capsys: pytest.CaptureFixture[str]):
    chosen = cases()
    assert len({case.name for case in chosen}) > 500
    results = [(case, wrongs(case, played)) for case, played in await read_all(chosen)]
    with capsys.disabled():
        print(table(results))
    report = [f"{case.name} (cuts {case.cuts[:3]}): {'; '.join(wrong)}" for case, wrong in results if wrong]
    assert not report, "\n".join(report)
