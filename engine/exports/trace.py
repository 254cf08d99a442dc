"""A Run as a trace: for Perfetto and Chrome (trace event format), and as OpenTelemetry spans (OTLP in JSON).

Formats: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (trace events) and
https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding with the generative AI attribute names of
https://opentelemetry.io/docs/specs/semconv/gen-ai/. Both are redacted; keys go by name.
"""

from hashlib import blake2b
from typing import Any

from engine.core import events as e
from engine.core.faults import verdict
from engine.core.run import Attempt, Run
from engine.redact import redact

Json = dict[str, Any]
ERROR, OK, CLIENT = 2, 1, 3  # OTLP: status codes, and the kind of a span


def chrome(run: Run) -> Json:
    """Each candidate is a process, each of its keys a thread; times in microseconds since the run began."""
    threads = _threads(run)
    events: list[Json] = []
    for (candidate, key), thread in threads.items():
        label = run.candidates[candidate].label
        events.append(_meta("process_name", candidate + 1, 0, label))
        events.append(_meta("thread_name", candidate + 1, thread, key or "no key"))
    for attempt in run.attempts:
        events += _slices(run, attempt, threads[attempt.candidate, attempt.key])
    events += _flows(run, threads)
    events += [_instant(run, decision) for decision in run.trail]
    return {"traceEvents": events, "displayTimeUnit": "ms", "otherData": {"run": run.id, "began": run.wall}}


def _threads(run: Run) -> dict[tuple[int, str], int]:
    places = dict.fromkeys((a.candidate, a.key) for a in run.attempts)
    return {place: number for number, place in enumerate(places, start=1)}


def _meta(name: str, process: int, thread: int, value: str) -> Json:
    return {"ph": "M", "name": name, "pid": process, "tid": thread, "args": {"name": value}}


def _us(at: float) -> float:
    return round(at * 1e6, 1)


def _slices(run: Run, a: Attempt, thread: int) -> list[Json]:
    where = {"pid": a.candidate + 1, "tid": thread}
    end = run.now if a.ended is None else a.ended
    whole = {"ph": "X", "name": f"attempt {a.number}", "cat": "attempt", "ts": _us(a.started)}
    slices: list[Json] = [{**whole, "dur": _us(end - a.started), **where, "args": _figures(run, a)}]
    for name, start, stop in phases(a, end):
        slices.append({"ph": "X", "name": name, "cat": "phase", "ts": _us(start), "dur": _us(stop - start), **where})
    for at, name in a.injected:
        slices.append(
            {"ph": "i", "s": "t", "name": f"injected: {redact(name)}", "cat": "fault", "ts": _us(at), **where}
        )
    return slices


def _flows(run: Run, threads: dict[tuple[int, str], int]) -> list[Json]:
    """An arrow from each attempt to the next one."""
    flows: list[Json] = []
    for source, target in zip(run.attempts, run.attempts[1:], strict=False):
        ends = (
            (("s", source, source.ended if source.ended is not None else target.started)),
            ("f", target, target.started),
        )
        for phase, a, at in ends:
            flow = {"ph": phase, "id": target.number, "name": target.action.value, "cat": "decision", "ts": _us(at)}
            bound = {"bp": "e"} if phase == "f" else {}
            flows.append({**flow, **bound, "pid": a.candidate + 1, "tid": threads[a.candidate, a.key]})
    return flows


def _instant(run: Run, decision: e.Verb) -> Json:
    name = type(decision).__name__
    args = {"rule": decision.rule.value, "why": redact(decision.why)}
    return {
        "ph": "i", "s": "g", "name": name, "cat": "decision", "ts": _us(decision.at), "pid": 0, "tid": 0, "args": args,
    }  # fmt: skip


def phases(a: Attempt, end: float) -> list[tuple[str, float, float]]:
    """The phases that an attempt has reached by `end`, without gaps: name, start, end."""
    bounds = (
        ("connect", a.started, a.connected),
        ("wait", a.connected, a.first_output),
        ("reasoning", a.first_output, a.first_text),
        ("stream", a.first_text, None),
    )
    found: list[tuple[str, float, float]] = []
    for name, start, stop in bounds:
        if start is None:
            break
        until = end if stop is None else min(stop, end)
        if until > start:
            found.append((name, start, until))
    return found


def _figures(run: Run, a: Attempt) -> Json:
    """What is known of an attempt, under its own names."""
    figures: Json = {
        "rule": a.rule.value, "why": redact(a.why), "status": a.status, "input_tokens": a.usage.input,
        "output_tokens": a.usage.output, "finish": a.finish.value if a.finish else None,
        "fault": _fault_words(a), "superseded": a.superseded is not None, "served": run.served_by == a.number,
    }  # fmt: skip
    return {name: value for name, value in figures.items() if value is not None}


def _fault_words(a: Attempt) -> str | None:
    return None if a.fault is None else redact(f"{verdict(a.fault).word}: {a.fault.detail}".removesuffix(": "))


# OpenTelemetry.


def spans(run: Run) -> Json:
    """One span for the run, one for each attempt and one for each wait, with the decisions as its events."""
    root = _span(
        run, "run", "", f"run along {run.request.route.name}", 0.0, run.now if run.ended is None else run.ended
    )
    root["kind"] = 1
    root["events"] = [_event(run, decision) for decision in run.trail]
    root["attributes"] = _attributes({"streamover.run": run.id, "streamover.attempts": len(run.attempts)})
    if run.outcome is not None:
        answered = run.outcome is e.Outcome.ANSWERED
        root["status"] = {"code": OK if answered else ERROR, "message": "" if answered else run.outcome.value}
    made = [root, *(_attempt_span(run, a) for a in run.attempts), *_wait_spans(run)]
    scope = {"scope": {"name": "streamover"}, "spans": made}
    resource = {"attributes": _attributes({"service.name": "streamover"})}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}


def _attempt_span(run: Run, a: Attempt) -> Json:
    candidate = run.candidate_of(a)
    end = run.now if a.ended is None else a.ended
    span = _span(run, f"attempt {a.number}", "run", f"chat {candidate.model}", a.started, end)
    span["kind"] = CLIENT
    span["attributes"] = _attributes(
        {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": candidate.provider,
            "gen_ai.request.model": candidate.model,
            "gen_ai.response.model": a.model or None,
            "gen_ai.usage.input_tokens": a.usage.input,
            "gen_ai.usage.output_tokens": a.usage.output,
            "gen_ai.response.finish_reasons": a.finish.value if a.finish else None,
            "http.response.status_code": a.status,
            "error.type": a.fault.kind.value if a.fault else None,
            "streamover.key": a.key or None,
            "streamover.rule": a.rule.value,
            "streamover.superseded": a.superseded is not None,
        }
    )
    span["events"] = [{"timeUnixNano": _nanos(run, start), "name": name} for name, start, _ in phases(a, end)]
    words = _fault_words(a)
    span["status"] = {"code": ERROR, "message": words} if words else {"code": OK if a.completed else 0}
    return span


def _wait_spans(run: Run) -> list[Json]:
    """The waits that were sat out: each from its decision to the start that followed, or to now."""
    found: list[Json] = []
    waits = [(i, d) for i, d in enumerate(run.trail) if isinstance(d, e.WaitStarted)]
    for i, wait in waits:
        behind = (d.at for d in run.trail[i + 1 :] if isinstance(d, e.AttemptStarted | e.RunEnded))
        span = _span(run, f"wait {i}", "run", "wait", wait.at, next(behind, run.now))
        span["attributes"] = _attributes({"streamover.rule": wait.rule.value, "streamover.asked": wait.asked})
        found.append(span)
    return found


def _span(run: Run, name: str, parent: str, title: str, start: float, end: float) -> Json:
    return {
        "traceId": _id(run.id, 16), "spanId": _id(f"{run.id}/{name}", 8),
        "parentSpanId": _id(f"{run.id}/{parent}", 8) if parent else "", "name": title, "kind": 1,
        "startTimeUnixNano": _nanos(run, start), "endTimeUnixNano": _nanos(run, end),
    }  # fmt: skip


def _event(run: Run, decision: e.Verb) -> Json:
    attributes = _attributes({"rule": decision.rule.value, "why": redact(decision.why) or None})
    return {"timeUnixNano": _nanos(run, decision.at), "name": type(decision).__name__, "attributes": attributes}


def _id(text: str, size: int) -> str:
    """A stable id of `size` bytes in hexadecimal: the same run makes the same ids."""
    return blake2b(text.encode(), digest_size=size).hexdigest()


def _nanos(run: Run, at: float) -> str:
    """A string, since JSON numbers lose the last digits."""
    return str(round(run.wall * 1_000_000) * 1000 + round(at * 1e9))


def _attributes(values: Json) -> list[Json]:
    """Those that are known, in OTLP's typed form; integers are strings there."""
    found: list[Json] = []
    for key, value in values.items():
        if isinstance(value, bool):
            found.append({"key": key, "value": {"boolValue": value}})
        elif isinstance(value, int):
            found.append({"key": key, "value": {"intValue": str(value)}})
        elif value is not None:
            found.append({"key": key, "value": {"stringValue": redact(str(value))}})
    return found
