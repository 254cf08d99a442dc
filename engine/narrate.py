"""The attempts as lines of text, as they happen."""

from typing import TextIO

from engine.core import events as e
from engine.core.faults import Fault, verdict
from engine.core.plan import short
from engine.core.run import Run


class Narrator:
    """Writes a line for each event that a reader wants to know of."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def tell(self, event: e.AnyEvent, run: Run) -> None:
        """`run` has folded the event."""
        words = _words(event, run)
        if words:
            self._stream.write(f"{event.at:7.2f} s  {words}\n")
            self._stream.flush()


def _words(event: e.AnyEvent, run: Run) -> str:
    match event:
        case e.AttemptStarted():
            key = f", key {short(event.key)}" if event.key else ""
            return f"attempt {event.attempt}: {run.candidates[event.candidate].label}{key}"
        case e.AttemptCut(fault=fault):
            return _fault(fault) if fault is not None else f"ended: {event.why}"
        case e.Faulted(fault=fault):
            return _fault(fault)
        case e.KeyRotated():
            return f"rotating to key {short(event.to_key)}"
        case e.CandidateSkipped():
            return f"skipping {run.candidates[event.candidate].label}: {event.why}"
        case e.WaitStarted():
            asked = f"{run.candidates[event.candidate].provider} asked for it" if event.asked else "backing off"
            return f"waiting {event.until - event.at:.1f} s: {asked}"
        case e.TextSuperseded():
            return f"what attempt {event.attempt} had shown is withdrawn"
        case e.HedgeStarted():
            return f"asking {run.candidates[event.candidate].label} as well"
        case e.Benched(bench=bench):
            what = f"key {short(bench.key)}" if bench.key else f"{bench.provider} · {bench.model}"
            return f"{what} rests for {bench.until - bench.since:.1f} s"
        case e.RunEnded(outcome=outcome):
            return f"{outcome.value}: {event.why}{_available(event)}"
        case _:
            return ""


def _fault(fault: Fault) -> str:
    status = f"{fault.status} " if fault.status else ""
    return f"failed: {status}{verdict(fault).word}" + (f" ({fault.detail})" if fault.detail else "")


def _available(event: e.RunEnded) -> str:
    return "" if event.available_at is None else f" Next available in {event.available_at - event.at:.0f} s."
