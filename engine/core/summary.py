"""A finished Run in a few values: the failures in order of use, and the summary that the command line prints."""

from typing import Any

from engine.core.events import Outcome
from engine.core.faults import Fault, Kind, verdict
from engine.core.fitness import offline
from engine.core.request import ToolCall, Usage
from engine.core.run import Attempt, Run

# What a person can mend comes first, what passes by itself last.
ACTIONABLE = (
    Kind.AUTH, Kind.KEY_UNAVAILABLE, Kind.QUOTA, Kind.PERMISSION, Kind.REGION, Kind.MODEL_NOT_FOUND,
    Kind.CONTEXT_WINDOW, Kind.TOO_LARGE, Kind.CONTENT_FILTER, Kind.BAD_REQUEST, Kind.TLS, Kind.MALFORMED,
    Kind.CONNECT, Kind.RATE_LIMIT, Kind.FIRST_TOKEN, Kind.IDLE, Kind.TOTAL, Kind.TIMEOUT, Kind.OVERLOADED,
    Kind.SERVER, Kind.TRUNCATED, Kind.EMPTY, Kind.STREAM_ERROR,
)  # fmt: skip


def failures(run: Run) -> tuple[tuple[Attempt, Fault], ...]:
    """Each failed attempt with its fault, those that a person can mend first, else in order."""
    failed = [(a, a.fault) for a in run.attempts if a.fault is not None]
    return tuple(sorted(failed, key=lambda pair: (ACTIONABLE.index(pair[1].kind), pair[0].number)))


def failure_lines(run: Run) -> list[str]:
    """The gathered error, a line for each kind of failure; what all candidates share is said once."""
    failed = failures(run)
    if failed and offline(run):
        return ["No provider could be reached: this machine seems to be offline."]
    lines: list[str] = []
    for attempt, fault in failed:
        row, candidate = verdict(fault), run.candidate_of(attempt)
        status = f"{fault.status} " if fault.status else ""
        key = f", key {attempt.key}" if attempt.key else ""
        detail = f": {fault.detail}" if fault.detail else ""
        remedy = f" {row.remedy}" if row.remedy else ""
        lines.append(f"attempt {attempt.number}, {candidate.label}{key}: {status}{row.word}{detail}{remedy}")
    return lines


def summary(run: Run) -> dict[str, Any]:
    """The last line of the command line's JSON form. Times are seconds since the run began."""
    answer = run.answer
    return {
        "type": "summary",
        "outcome": (run.outcome or Outcome.FAILED).value,
        "text": run.text,
        "reasoning": str(answer.reasoning) if answer else "",
        "refusal": str(answer.refusal) if answer else "",
        "tool_calls": [_tool_call(call) for call in answer.tool_calls] if answer else [],
        "finish": answer.finish.value if answer and answer.finish else ("other" if answer else None),
        "served_by": _served_by(run, answer) if answer else None,
        "usage": _usage(answer.usage) if answer else None,
        "attempts": [_attempt(run, attempt) for attempt in run.attempts],
        "elapsed": run.ended if run.ended is not None else run.now,
    }


def _served_by(run: Run, attempt: Attempt) -> dict[str, Any]:
    candidate = run.candidate_of(attempt)
    return {
        "provider": candidate.provider,
        "model": candidate.model,
        "reported_model": attempt.model or None,
        "base_url": candidate.base_url,
        "key": attempt.key or None,
        "attempt": attempt.number,
    }


def _tool_call(call: ToolCall) -> dict[str, str]:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _usage(usage: Usage) -> dict[str, int | None]:
    return {"input": usage.input, "output": usage.output, "reasoning": usage.reasoning, "cached": usage.cached}


def _attempt(run: Run, attempt: Attempt) -> dict[str, Any]:
    candidate = run.candidate_of(attempt)
    return {
        "number": attempt.number,
        "provider": candidate.provider,
        "model": candidate.model,
        "key": attempt.key or None,
        "started": attempt.started,
        "first_token": attempt.first_output,
        "ended": attempt.ended,
        "fault": _fault(attempt.fault),
        "rule": attempt.rule.name.lower(),
    }


def _fault(fault: Fault | None) -> dict[str, Any] | None:
    if fault is None:
        return None
    return {
        "kind": fault.kind.value,
        "status": fault.status,
        "detail": fault.detail,
        "wait_hint": fault.wait_hint,
        "in_stream": fault.in_stream,
        "cause": fault.cause.value if fault.cause else None,
        "code": fault.code or None,
    }
