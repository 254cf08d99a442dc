"""Every recorded stream of a wire corpus is read as its description says, however its bytes are cut.

The corpus is no part of this tree: the variable STREAMOVER_CORPUS names its folder. Each body stands beside a
`.meta.json` that holds the values which a right reading gives.
"""

import gzip
import json
import os
from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from engine.core.faults import Kind
from engine.core.request import Candidate, Dialect, Usage
from engine.core.run import merged
from engine.providers.base import (
    Delta,
    End,
    Failure,
    Metered,
    Reasoning,
    Refusal,
    Stopped,
    Text,
    ToolDelta,
)
from engine.providers.registry import adapter_for, resolve

CORPUS = os.environ.get("STREAMOVER_CORPUS", "")
READ = 16 * 1024  # bytes of one read, where a body is not cut by a plan
SMALL = 24 * 1024  # bodies up to this size are fed byte by byte too

pytestmark = pytest.mark.skipif(not CORPUS, reason="STREAMOVER_CORPUS names no corpus to read")

# The corpus has fewer classes than we have kinds.
CLASS_OF = {
    Kind.TRUNCATED: "stream_error",
    Kind.EMPTY: "stream_error",
    Kind.MALFORMED: "stream_error",
    Kind.REGION: "permission",
    Kind.TOO_LARGE: "bad_request",
}


def _streams() -> list[str]:
    if not CORPUS:
        return []
    index = json.loads((Path(CORPUS) / "index.json").read_text())
    return sorted(entry["body"] for entry in index if entry["kind"] == "stream")


@cache
def _meta(body: str) -> dict[str, Any]:
    path = Path(CORPUS) / body
    for stem in (path.with_suffix(""), path.with_suffix("").with_suffix("")):
        meta = stem.parent / f"{stem.name}.meta.json"
        if meta.exists() and json.loads(meta.read_text())["body_file"] == path.name:
            return json.loads(meta.read_text())
    raise FileNotFoundError(f"no description of {body}")


def _bytes(body: str) -> bytes:
    data = (Path(CORPUS) / body).read_bytes()
    return gzip.decompress(data) if body.endswith(".gz") else data


def _deltas(body: str, pieces: list[bytes]) -> list[Delta]:
    meta = _meta(body)
    headers = {name.lower(): value for name, value in meta["headers"]}
    candidate = Candidate(provider=meta["vendor"], model="m", dialect=Dialect(meta["api"]), base_url="http://host")
    decoder = adapter_for(resolve(candidate)).decoder(headers.get("content-type", ""))
    deltas = [delta for piece in pieces for delta in decoder.feed(piece)]
    return deltas + decoder.finish()


def _reading(deltas: list[Delta]) -> dict[str, Any]:
    """The deltas folded, in the corpus's words."""
    calls: dict[int, list[str]] = {}
    usage, finish = Usage(), None
    for delta in deltas:
        if isinstance(delta, ToolDelta):
            call = calls.setdefault(delta.index, ["", "", ""])
            call[0], call[1], call[2] = call[0] or delta.id, call[1] or delta.name, call[2] + delta.arguments
        elif isinstance(delta, Metered):
            usage = merged(usage, delta.usage)
        elif isinstance(delta, Stopped):
            finish = str(delta.finish)
    last = deltas[-1]
    return {
        "text": "".join(d.text for d in deltas if isinstance(d, Text)),
        "reasoning": "".join(d.text for d in deltas if isinstance(d, Reasoning)),
        "refusal": "".join(d.text for d in deltas if isinstance(d, Refusal)),
        "tool_calls": [_call(*call) for call in calls.values()],
        "finish_norm": finish,
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "reasoning_tokens": usage.reasoning,
        "cached_tokens": usage.cached,
        "end": "complete" if isinstance(last, End) else "failure",
        "class": CLASS_OF.get(last.fault.kind, str(last.fault.kind)) if isinstance(last, Failure) else None,
    }


def _details_alone(body: str) -> str:
    """The reasoning of a body that tells it in `reasoning_details` alone. OpenRouter documents this field as the
    reasoning itself; the description's own reader leaves it out, and would call a model that thinks a silent one."""
    data = _bytes(body)
    if b'"reasoning":' in data or b'"reasoning_content":' in data or b'"reasoning_details"' not in data:
        return ""
    events = [line[5:] for line in data.splitlines() if line.startswith(b"data:") and b'"reasoning_details"' in line]
    details = [json.loads(event)["choices"][0]["delta"].get("reasoning_details") or [] for event in events]
    return "".join(item.get("text") or "" for items in details for item in items)


def _call(id: str, name: str, arguments: str) -> tuple[str, str, Any]:
    try:
        return id, name, json.loads(arguments or "{}")
    except ValueError:
        return id, name, arguments


def _wrongs(body: str, reading: dict[str, Any]) -> list[str]:
    """What differs from the description, each as a sentence."""
    expected = _meta(body)["expected"]
    if details := _details_alone(body):
        expected = {**expected, "reasoning": details}
    wrong = [
        f"{name}: {reading[name]!r:.300} instead of {expected[name]!r:.300}"
        for name in ("text", "refusal", "reasoning")
        if expected.get(name) is not None and reading[name] != expected[name]
    ]
    calls = [_call(c["id"] or "", c["name"] or "", c["arguments"]) for c in expected.get("tool_calls") or []]
    if not _same_calls(reading["tool_calls"], calls):
        wrong.append(f"tool calls: {reading['tool_calls']} instead of {calls}")
    for name, value in (expected.get("usage") or {}).items():
        if value is not None and reading[name] != value:
            wrong.append(f"{name}: {reading[name]} instead of {value}")
    return wrong + _wrong_end(expected, reading)


def _same_calls(read: list[tuple[str, str, Any]], expected: list[tuple[str, str, Any]]) -> bool:
    if len(read) != len(expected):
        return False
    # An id that the wire does not give is ours to make.
    return all(r[1:] == e[1:] and e[0] in ("", r[0]) for r, e in zip(read, expected, strict=True))


def _wrong_end(expected: dict[str, Any], reading: dict[str, Any]) -> list[str]:
    accepted = {expected["error_class"], *expected["also_acceptable"]} - {None}
    failed_well = reading["end"] == "failure" and reading["class"] in accepted
    finish, outcome = expected["finish_norm"], expected["outcome"]
    if outcome in ("complete", "complete_or_error") and not failed_well:
        if reading["end"] != "complete":
            return [f"failed with {reading['class']} instead of completing"]
        if reading["finish_norm"] != finish:
            return [f"finish: {reading['finish_norm']} instead of {finish}"]
    elif outcome in ("error", "incomplete") and not failed_well:
        return [f"{reading['end']} {reading['class']} instead of a failure of {sorted(accepted)}"]
    return []


@pytest.fixture(scope="module")
def results(request: pytest.FixtureRequest):
    """Counts by vendor, printed when all is done."""
    counts: Counter[tuple[str, str, bool]] = Counter()
    yield counts
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        print(_table(counts))


def _table(counts: Counter[tuple[str, str, bool]]) -> str:
    lines = ["", f"{'vendor':20}{'dialect':18}{'right':>7}{'of':>6}"]
    for vendor, api in sorted({key[:2] for key in counts}):
        right, wrong = counts[vendor, api, True], counts[vendor, api, False]
        lines.append(f"{vendor:20}{api:18}{right:7}{right + wrong:6}{'  <--' if wrong else ''}")
    return "\n".join(lines)


@pytest.mark.parametrize("body", _streams())
def test_a_recorded_stream_is_read_as_described(body: str, results: Counter[tuple[str, str, bool]]):
    data, meta = _bytes(body), _meta(body)
    deltas = _deltas(body, [data[i : i + READ] for i in range(0, len(data), READ)])
    wrong = _wrongs(body, _reading(deltas))
    results[meta["vendor"], meta["api"], not wrong] += 1
    assert not wrong, "\n".join(wrong)
    assert [type(d) for d in deltas if isinstance(d, End | Failure)] == [type(deltas[-1])]


def _plans() -> list[tuple[str, str, list[int] | str]]:
    if not CORPUS:
        return []
    plans = json.loads((Path(CORPUS) / "chunk_plans.json").read_text())
    return [(plan["body"], plan["plan"], plan["offsets"]) for plan in plans]


@pytest.mark.parametrize(("body", "plan", "offsets"), _plans())
def test_a_planned_cut_changes_nothing(body: str, plan: str, offsets: list[int] | str):
    data = _bytes(body)
    cuts = range(1, len(data)) if offsets == "all" else offsets
    bounds = [0, *(offset for offset in cuts if offset < len(data)), len(data)]
    pieces = [data[start:end] for start, end in pairwise(bounds)]
    assert _reading(_deltas(body, pieces)) == _reading(_deltas(body, [data])), plan


@pytest.mark.parametrize("body", _streams()[::4])
def test_one_byte_at_a_time_changes_nothing(body: str):
    data = _bytes(body)[:SMALL]
    assert _reading(_deltas(body, [data[i : i + 1] for i in range(len(data))])) == _reading(_deltas(body, [data]))
