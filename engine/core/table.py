"""The verdicts as a table to read: the very one that the policy goes by, written out for ARCHITECTURE.md."""

from collections.abc import Iterator
from typing import assert_never

from engine.core.faults import AS_POLICY, REFINED, VERDICTS, Cause, KeyFate, Kind, Onward, Verdict
from engine.core.repair import REPAIRABLE

COLUMNS = ("Fault", "Shown as", "Tries again", "The key", "Then", "Rests for", "What a person can do")


def verdict_table() -> str:
    """The table of verdicts as Markdown, each kind followed by its finer causes."""
    return "\n".join([_line(COLUMNS), "|" + "---|" * len(COLUMNS), *_rows()])


def _rows() -> Iterator[str]:
    for kind in Kind:
        yield _row(f"`{kind.value}`", VERDICTS[kind])
        for (refined, cause), verdict in REFINED.items():
            if refined is kind:
                yield _row(f"`{kind.value}` / `{cause.value}`", verdict, cause)


def _row(name: str, row: Verdict, cause: Cause | None = None) -> str:
    tries = "once, without it" if cause in REPAIRABLE else _tries(row)
    return _line((name, row.word, tries, _key(row.key), _onward(row.onward), _rest(row), row.remedy))


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"


def _tries(row: Verdict) -> str:
    return "as the route grants" if row.retries == AS_POLICY else str(row.retries) if row.retries else "no"


def _rest(row: Verdict) -> str:
    if row.key is KeyFate.COOL:
        return "as asked, else its backoff"
    return f"{row.bench:g} s" if row.bench else "–"


def _key(fate: KeyFate) -> str:
    match fate:
        case KeyFate.KEEP:
            return "is not to blame"
        case KeyFate.PASS:
            return "makes room for the next"
        case KeyFate.COOL:
            return "is limited for a while; the next one, with backoff"
        case KeyFate.SPENT:
            return "is spent; the next one, at once"
        case _:
            assert_never(fate)


def _onward(onward: Onward) -> str:
    match onward:
        case Onward.NEXT:
            return "next candidate"
        case Onward.LARGER:
            return "next larger window"
        case Onward.ABORT:
            return "the run ends"
        case _:
            assert_never(onward)
