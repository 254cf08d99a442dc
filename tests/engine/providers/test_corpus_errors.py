"""Recorded error bodies of many providers, each with what a right reading gives. The recordings live outside this
repository; STREAMOVER_CORPUS names their folder."""

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.core.faults import Fault, Kind
from engine.providers.classify import classify

CORPUS = os.environ.get("STREAMOVER_CORPUS", "")
NOW = 1_767_225_600.0
DAY = 25 * 3600.0
# The recordings use a coarser vocabulary: these kinds are finer members of a class of theirs.
COARSE = {Kind.REGION: "permission", Kind.TOO_LARGE: "bad_request", Kind.MALFORMED: "stream_error"}

pytestmark = pytest.mark.skipif(not CORPUS, reason="STREAMOVER_CORPUS is not set: the recordings are kept elsewhere")


def entries() -> list[tuple[str, dict[str, Any], bytes]]:
    found: list[tuple[str, dict[str, Any], bytes]] = []
    for path in sorted(Path(CORPUS).glob("*/*.meta.json")) if CORPUS else []:
        meta = json.loads(path.read_text("utf-8"))
        if meta["kind"] == "error":
            body = next(p for p in path.parent.glob(path.name.removesuffix("meta.json") + "*") if p != path)
            found.append((f"{path.parent.name}/{path.name.removesuffix('.meta.json')}", meta, body.read_bytes()))
    return found


def read(meta: dict[str, Any], body: bytes) -> Fault:
    return classify(meta["status"], httpx.Headers([tuple(pair) for pair in meta["headers"]]), body, now=NOW)


def kind_is_right(fault: Fault, expected: dict[str, Any]) -> bool:
    return COARSE.get(fault.kind, str(fault.kind)) in (expected["error_class"], *expected["also_acceptable"])


def hint_is_right(fault: Fault, expected: dict[str, Any]) -> bool:
    said = expected["retry_after_s"]
    return fault.wait_hint == (pytest.approx(said, abs=0.001) if said is not None else None)


def test_the_recordings_are_there() -> None:
    assert len(entries()) > 100


@pytest.mark.parametrize(("name", "meta", "body"), entries(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_recorded_error_is_read_as_what_it_is(name: str, meta: dict[str, Any], body: bytes) -> None:
    fault = read(meta, body)
    assert kind_is_right(fault, meta["expected"]), f"{name}: {fault} for {meta['expected']} {body[:300]!r}"
    assert hint_is_right(fault, meta["expected"]), f"{name}: {fault} for {meta['expected']}"
    assert fault.detail
    assert len(fault.detail) <= 300


def test_the_table_by_vendor_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    totals: Counter[tuple[str, bool]] = Counter()
    right: Counter[tuple[str, bool]] = Counter()
    first: Counter[tuple[str, bool]] = Counter()
    for name, meta, body in entries():
        fault, row = read(meta, body), (name.split("/")[0], bool(meta["real"]))
        totals[row] += 1
        right[row] += kind_is_right(fault, meta["expected"]) and hint_is_right(fault, meta["expected"])
        first[row] += COARSE.get(fault.kind, str(fault.kind)) == meta["expected"]["error_class"]
    with capsys.disabled():
        print(f"\n{'vendor':20} {'bodies':>6} {'right':>6} {'first choice':>13}")
        for row in sorted(totals):
            label = row[0] + ("" if row[1] else " (shape)")
            print(f"{label:20} {totals[row]:6} {right[row]:6} {first[row]:13}")
        print(f"{'all':20} {totals.total():6} {right.total():6} {first.total():13}")
    assert right == totals
