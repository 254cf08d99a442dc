"""Traces that Perfetto and OpenTelemetry read: complete, typed as they want it, and without secrets."""

import json

import pytest

from engine.core.faults import Kind
from engine.exports.trace import chrome, spans
from tests.engine.core.playing import DONE, candidate, fault, play, route

SECRET = "sk-proj-1234567890abcdefghij"


@pytest.fixture
def run():
    why = fault(Kind.SERVER, status=500, detail=f"Bad key {SECRET}")
    return play(
        route(candidate("openai", keys=("env:A",)), candidate("anthropic")), [0.2, why], [0.5, "Blue.", 1.0, DONE]
    )


def test_each_phase_lies_inside_its_attempt(run):
    events = chrome(run)["traceEvents"]
    whole = [x for x in events if x.get("cat") == "attempt"]
    assert len(whole) == len(run.attempts)
    for phase in (x for x in events if x.get("cat") == "phase"):
        around = [w for w in whole if (w["pid"], w["tid"]) == (phase["pid"], phase["tid"])]
        assert any(w["ts"] <= phase["ts"] and phase["ts"] + phase["dur"] <= w["ts"] + w["dur"] + 1 for w in around)


def test_every_thread_of_a_chrome_trace_is_named(run):
    events = chrome(run)["traceEvents"]
    named = {(x["pid"], x["tid"]) for x in events if x["name"] == "thread_name"}
    assert {(x["pid"], x["tid"]) for x in events if x["ph"] == "X"} <= named


def test_flows_come_in_pairs(run):
    flows = [x for x in chrome(run)["traceEvents"] if x["ph"] in "sf"]
    assert len(flows) == 2 * (len(run.attempts) - 1)
    assert {x["id"] for x in flows if x["ph"] == "s"} == {x["id"] for x in flows if x["ph"] == "f"}


def test_spans_have_ids_parents_and_times_as_otlp_writes_them(run):
    made = spans(run)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    root, *rest = made
    assert {span["parentSpanId"] for span in rest} == {root["spanId"]}
    assert len({span["spanId"] for span in made}) == len(made)
    for span in made:
        assert (len(span["traceId"]), len(span["spanId"])) == (32, 16)
        assert int(span["startTimeUnixNano"]) <= int(span["endTimeUnixNano"])


def test_a_failed_attempt_is_a_span_in_error(run):
    made = spans(run)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    failed = next(span for span in made if span["name"].startswith("chat"))
    assert failed["status"]["code"] == 2
    kinds = {a["key"]: a["value"] for a in failed["attributes"]}
    assert kinds["error.type"] == {"stringValue": "server"}


@pytest.mark.parametrize("export", [chrome, spans])
def test_no_secret_leaves_in_a_trace(run, export):
    text = json.dumps(export(run))
    assert SECRET not in text
    assert "[redacted]" in text
