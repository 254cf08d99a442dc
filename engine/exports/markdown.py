"""A chat, and what happened to it, as Markdown."""

from collections.abc import Iterable
from datetime import UTC, datetime

from engine.core.faults import verdict
from engine.core.request import Message
from engine.core.run import Attempt, Run
from engine.redact import redact


def chat(turns: Iterable[tuple[Message, Run | None]], title: str = "Chat") -> str:
    """The turns with their answers, and below each answer who gave it and what it took."""
    parts = [f"# {title}"]
    for message, run in turns:
        parts += ["## You", redact(message.text)]
        if run is not None:
            parts += [f"## {_who(run)}", redact(run.text) or "*No answer.*", attempts(run)]
    return "\n\n".join(parts) + "\n"


def attempts(run: Run) -> str:
    """A table of the attempts; times in seconds since the run began."""
    began = datetime.fromtimestamp(run.wall, UTC)
    rows = [
        f"Run of {began:%Y-%m-%d %H:%M:%S} UTC, {run.outcome.value if run.outcome else 'under way'}"
        f" after {run.ended if run.ended is not None else run.now:.1f} s:",
        "",
        "| attempt | candidate | key | from | to | end |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*rows, *(_row(run, attempt) for attempt in run.attempts)])


def _row(run: Run, a: Attempt) -> str:
    ended = "" if a.ended is None else f"{a.ended:.2f}"
    cells = (str(a.number), run.candidate_of(a).label, a.key or "–", f"{a.started:.2f}", ended, _end(a))
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _end(a: Attempt) -> str:
    if a.fault is not None:
        status = f"{a.fault.status} " if a.fault.status else ""
        return (
            f"{status}{verdict(a.fault).word}: {a.fault.detail}" if a.fault.detail else status + verdict(a.fault).word
        )
    return "done" if a.completed else a.cut.value if a.cut is not None else "live"


def _who(run: Run) -> str:
    answer = run.answer
    return run.candidate_of(answer).label if answer is not None else "No provider"
