"""The filter over attempts: words, and terms such as `kind:rate_limit`, `state:failed` or `>2s`. All must hold."""

import re
from collections.abc import Callable

from engine.core.run import Attempt, Run
from gui import words
from gui.models.timeline_parts import Bar, Timeline

HINT = "Words, kind:rate_limit, provider:, model:, key:, state:failed|served|live|discarded, >2s"
STATES = ("failed", "served", "done", "live", "discarded", "skipped")

Test = Callable[[Run, Attempt, Bar], bool]
_SPAN = re.compile(r"([<>])=?(\d+(?:\.\d+)?)(ms|s|m)?")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


class FilterError(ValueError):
    """One sentence that says what to write instead."""


def parse(query: str) -> tuple[Test, ...]:
    """The tests of a query, all of which an attempt must pass; none for a blank one. Raises FilterError."""
    return tuple(_test(term) for term in query.lower().split())


def _test(term: str) -> Test:
    if span := _SPAN.fullmatch(term):
        bound, longer = float(span[2]) * _UNITS[span[3]], span[1] == ">"
        return lambda run, attempt, bar: (bar.end - bar.start > bound) is longer
    name, colon, value = term.partition(":")
    if not colon:
        return lambda run, attempt, bar: term in _text(run, attempt, bar)
    match name:
        case "kind":
            return lambda run, attempt, bar: attempt.fault is not None and value in attempt.fault.kind.value
        case "provider":
            return lambda run, attempt, bar: value in run.candidate_of(attempt).provider.lower()
        case "model":
            return lambda run, attempt, bar: value in run.candidate_of(attempt).model.lower()
        case "key":
            return lambda run, attempt, bar: value in attempt.key.lower()
        case "state":
            return _state(value)
        case _:
            raise FilterError(f"There is no term {name!r}. Use kind:, provider:, model:, key: or state:.")


def _state(value: str) -> Test:
    matches = [state for state in STATES if value and state.startswith(value)]
    if not matches:
        if not value:
            return lambda run, attempt, bar: True  # still being written
        raise FilterError(f"There is no state {value!r}. Use {', '.join(STATES[:-1])} or {STATES[-1]}.")
    tests: dict[str, Test] = {
        "failed": lambda run, attempt, bar: words.failed(attempt),
        "served": lambda run, attempt, bar: bar.served,
        "done": lambda run, attempt, bar: attempt.completed,
        "live": lambda run, attempt, bar: bar.live,
        "discarded": lambda run, attempt, bar: bar.discarded,
        "skipped": lambda run, attempt, bar: attempt.ended is not None and not attempt.completed and not attempt.fault,
    }
    return lambda run, attempt, bar: any(tests[state](run, attempt, bar) for state in matches)


def _text(run: Run, attempt: Attempt, bar: Bar) -> str:
    fault = attempt.fault
    said = f"{fault.kind.value} {fault.detail}" if fault is not None else ""
    return f"{run.candidate_of(attempt).label} {attempt.key} {bar.word} {bar.detail} {attempt.why} {said}".lower()


class Sieve:
    """Which attempts a query lets through, kept from frame to frame for those that have ended."""

    def __init__(self, query: str = "") -> None:
        """Raises FilterError."""
        self.tests = parse(query)
        self._passed: set[int] = set()
        self._settled = 0
        self._last: Bar | None = None

    def passed(self, run: Run, timeline: Timeline) -> set[int]:
        """The numbers of the attempts that pass."""
        bars = timeline.bars
        kept = self._settled
        if kept > len(bars) or (kept and bars[kept - 1] is not self._last):
            self._passed, kept = set(), 0
        for bar in bars[kept:]:
            if all(test(run, run.attempt(bar.attempt), bar) for test in self.tests):
                self._passed.add(bar.attempt)
            else:
                self._passed.discard(bar.attempt)
        self._settled = timeline.settled
        self._last = bars[self._settled - 1] if self._settled else None
        return self._passed
