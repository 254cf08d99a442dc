"""What may be left out of a request when a candidate refuses it, so that it may be asked once more.

A name stands for a part: a sampling parameter, a key of `extra`, REASONING or PREFILL. What gives the answer its form
(tools, a JSON schema) is never left out: another candidate is asked in its place.
"""

import re

from msgspec.structs import replace

from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Message, Parameters, Reasoning, Request
from engine.core.run import Run

REASONING = "reasoning"  # of earlier turns
PREFILL = "the partial answer"  # an assistant's turn at the end
REPAIRABLE = frozenset({Cause.PARAMETER, Cause.HISTORY, Cause.PREFILL})

# The names by which the dialects call each parameter, as their references write them.
NAMES: dict[str, tuple[str, ...]] = {
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP"),
    "max_tokens": (
        "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "maxTokens", "num_predict",
    ),
    "seed": ("seed", "random_seed"),
    "stop": ("stop", "stop_sequences", "stopSequences"),
    "reasoning_effort": (
        "reasoning_effort", "reasoning", "thinking", "thinkingConfig", "thinking_config", "thinking_budget",
    ),
}  # fmt: skip


def refused_part(request: Request, fault: Fault) -> str | None:
    """What the candidate refuses and the request can do without; None where there is no such thing."""
    if fault.kind is not Kind.BAD_REQUEST:
        return None
    match fault.cause:
        case Cause.PARAMETER:
            return _named_parameter(request.parameters, fault.detail)
        case Cause.HISTORY:
            return REASONING if _has_reasoning(request) else None
        case Cause.PREFILL:
            return PREFILL if len(request.messages) > 1 and request.messages[-1].role == "assistant" else None
        case _:
            return None


def left_out(run: Run, candidate: int) -> tuple[str, ...]:
    """What this run leaves out for `candidate`, by what that has refused so far."""
    faults = [a.fault for a in run.attempts if a.candidate == candidate and a.fault is not None]
    parts = [part for fault in faults if (part := refused_part(run.request, fault)) is not None]
    return tuple(dict.fromkeys(parts))


def repaired(request: Request, without: tuple[str, ...]) -> Request:
    """The request without these parts."""
    for part in without:
        request = _without(request, part)
    return request


def _without(request: Request, part: str) -> Request:
    if part == REASONING:
        turns = (Message(m.role, tuple(p for p in m.parts if not isinstance(p, Reasoning))) for m in request.messages)
        return replace(request, messages=tuple(turn for turn in turns if turn.parts))
    if part == PREFILL:
        return replace(request, messages=request.messages[:-1])
    if part in NAMES:
        unset = () if part == "stop" else None
        return replace(request, parameters=replace(request.parameters, **{part: unset}))
    extra = {name: value for name, value in request.parameters.extra.items() if name != part}
    return replace(request, parameters=replace(request.parameters, extra=extra))


def _named_parameter(parameters: Parameters, detail: str) -> str | None:
    """The parameter that is set and that `detail` names first."""
    is_set = [name for name in NAMES if getattr(parameters, name) not in (None, ())]
    spellings = [(spelling, name) for name in is_set for spelling in NAMES[name]]
    spellings += [(name, name) for name in parameters.extra]
    found = [(match.start(), name) for spelling, name in spellings if (match := _word(spelling).search(detail))]
    return min(found, default=(0, None))[1]


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", re.I)


def _has_reasoning(request: Request) -> bool:
    return any(isinstance(part, Reasoning) for message in request.messages for part in message.parts)
