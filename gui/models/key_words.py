"""The keys page in words: what a cell says, what a screen reader hears, and the sentence at the page's head."""

from collections.abc import Sequence
from enum import IntEnum
from typing import assert_never

from gui import words
from gui.models.key_past import countdown
from gui.models.key_rows import KeyRow, Standing


class Column(IntEnum):
    KEY = 0
    STATE = 1
    WHY = 2
    STRIP = 3
    SERVED = 4
    LAST = 5


HEADINGS = {
    Column.KEY: "Key",
    Column.STATE: "State",
    Column.WHY: "Why",
    Column.STRIP: "The last 15 minutes",
    Column.SERVED: "Served",
    Column.LAST: "Last used",
}


def plural(number: int) -> str:
    return f"{number} key" if number == 1 else f"{number} keys"


def standing(row: KeyRow, now: float) -> str:
    """The state in words, with the countdown while it cools: "cooling, 9.7 s"."""
    if row.state is Standing.COOLING and row.until is not None:
        return f"{row.word}, {countdown(row.until - now)}"
    return row.word


def ago(then: float | None, now: float) -> str:
    """ "now", "7 s ago", "13 min ago", "5 h ago", "2 days ago", "never"."""
    if then is None:
        return "never"
    passed = int(max(0.0, now - then))
    if passed < 3:
        return "now"
    for unit, length in (("days", 2 * 86400), ("h", 2 * 3600), ("min", 100)):
        if passed >= length:
            return f"{passed // {'days': 86400, 'h': 3600, 'min': 60}[unit]} {unit} ago"
    return f"{passed} s ago"


def cell(row: KeyRow, column: Column, now: float) -> str:
    """What stands in one cell."""
    total = row.served + row.failed
    match column:
        case Column.KEY:
            return row.alias
        case Column.STATE:
            return standing(row, now)
        case Column.WHY:
            return row.why
        case Column.STRIP:
            return strip_words(row)
        case Column.SERVED:
            return f"{row.served} of {total}" if total else "0"
        case Column.LAST:
            return ago(row.last_used, now)
        case _:
            assert_never(column)


def strip_words(row: KeyRow) -> str:
    """The strip for those who do not see it: "served 3 times, failed once, cooling"."""
    kinds = [mark.kind for mark in row.marks]
    return ", ".join(f"{kind.value} {times(kinds.count(kind))}" for kind in dict.fromkeys(kinds)) or "not used"


def times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def told(row: KeyRow, now: float) -> str:
    """The whole row as one sentence."""
    why = f" ({row.why})" if row.why else ""
    used = f"served {cell(row, Column.SERVED, now)}, last used {ago(row.last_used, now)}"
    return f"{row.alias} at {row.provider}: {standing(row, now)}{why}; {used}"


def summary(rows: Sequence[KeyRow], now: float) -> tuple[str, str, Standing]:
    """What the page says at its head: a lead, the rest, and the standing whose icon goes with it."""
    of = {state: [row for row in rows if row.state is state] for state in Standing}
    able = len(of[Standing.READY]) + len(of[Standing.SERVING])
    untried = of[Standing.UNCHECKED] + of[Standing.PROBATION]
    if not able and untried:
        who = f"Key {untried[0].alias}" if len(untried) == len(rows) == 1 else "No key"
        lead = f"{who} has {'not ' if len(rows) == 1 else ''}proved itself yet."
    elif able == len(rows):
        lead = f"All {number(able)} keys can serve right now." if able > 1 else "Your key can serve right now."
    else:
        noun = "key" if len(rows) == 1 else "keys"
        lead = f"{number(able).capitalize() if able else 'None'} of {number(len(rows))} {noun} can serve right now."
    return lead, " ".join(_rest(of, now)[:2]), _foremost(of)


def number(value: int) -> str:
    return words.NUMBERS[value] if value < len(words.NUMBERS) else str(value)


def _rest(of: dict[Standing, list[KeyRow]], now: float) -> list[str]:
    said: list[str] = []
    if cooling := of[Standing.COOLING]:
        soonest = min(cooling, key=lambda row: row.until or now)
        said.append(f"Key {soonest.alias} is ready again in {countdown((soonest.until or now) - now)}.")
    for state, one, many in (
        (Standing.DEAD, "is {word} and can be removed", "are of no use now"),
        (Standing.UNREACHABLE, "is out of reach: {next}", "are out of reach"),
        (Standing.UNCHECKED, "was never checked", "were never checked"),
    ):
        if len(found := of[state]) == 1:
            word = found[0].word.partition(",")[0]
            said.append(f"Key {found[0].alias} {one.format(word=_being(word), next=found[0].next)}.")
        elif found:
            said.append(f"{number(len(found)).capitalize()} keys {many}.")
    return said


def _being(word: str) -> str:
    return f"out of use ({word})" if word != "dead" else word


def _foremost(of: dict[Standing, list[KeyRow]]) -> Standing:
    order = (Standing.COOLING, Standing.UNREACHABLE, Standing.DEAD, Standing.PROBATION, Standing.UNCHECKED)
    return next((state for state in order if of[state]), Standing.READY)
