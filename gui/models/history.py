"""The history as a list: runs in pages, below a heading for each day. It asks `source` for what it does not have."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from PySide6.QtCore import QAbstractListModel, QLocale, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.core.events import Outcome
from engine.history_search import HIT, HIT_END, UNFINISHED, Found, Query
from gui.theme import State
from gui.words import UNKNOWN, seconds

Index = QModelIndex | QPersistentModelIndex
PAGE = 100
ROW = Qt.ItemDataRole.UserRole + 1
PINNED = "Pinned"

# What an outcome is shown by: a state and a word. The last is for runs that nobody saw the end of.
OUTCOMES: dict[str, tuple[State, str]] = {
    Outcome.ANSWERED.value: (State.SUCCEEDED, "answered"),
    Outcome.PARTIAL.value: (State.FAILED_TRANSIENT, "cut short"),
    Outcome.FAILED.value: (State.FAILED_PERMANENT, "no answer"),
    Outcome.STOPPED.value: (State.SKIPPED, "stopped"),
    UNFINISHED: (State.WAITING, "not finished"),
}


class Source(Protocol):
    """Where the pages come from: an engine.history_search.HistorySearch, or a list in a test."""

    def page(self, query: Query, after: Found | None = None, limit: int = 100) -> tuple[Found, ...]: ...

    def count(self, query: Query) -> int: ...


class NoHistory:
    """The source before there is one."""

    def page(self, query: Query, after: Found | None = None, limit: int = 100) -> tuple[Found, ...]:
        return ()

    def count(self, query: Query) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Heading:
    text: str


Item = Found | Heading


class HistoryModel(QAbstractListModel):
    """`today` says which day it is, for the headings."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source: Source = NoHistory()
        self._items: list[Item] = []
        self._last: Found | None = None
        self._complete = True
        self.query = Query()
        self.total = 0
        self.today = date.today

    def show(self, source: Source, query: Query) -> None:
        """Begins anew with the first page. Raises sqlite3.Error where the history cannot be read."""
        total, first = source.count(query), source.page(query, limit=PAGE)
        self.beginResetModel()
        self._source, self.query, self.total = source, query, total
        self._items, self._last, self._complete = [], None, False
        self._take(first)
        self.endResetModel()

    def again(self) -> None:
        """Asks anew for as much as is shown: something has changed."""
        runs = sum(isinstance(item, Found) for item in self._items)
        total = self._source.count(self.query)
        rows = self._source.page(self.query, limit=max(PAGE, runs))
        self.beginResetModel()
        self._items, self._last, self._complete, self.total = [], None, False, total
        self._take(rows, max(PAGE, runs))
        self.endResetModel()

    def found(self, row: int) -> Found | None:
        """The run that stands there; None for a heading."""
        item = self._items[row] if 0 <= row < len(self._items) else None
        return item if isinstance(item, Found) else None

    def row_of(self, run: str) -> int:
        """Where a run stands among what is fetched; -1 where it does not."""
        return next((i for i, item in enumerate(self._items) if isinstance(item, Found) and item.id == run), -1)

    # Pages

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self._complete

    def fetchMore(self, parent: Index) -> None:
        rows = self._source.page(self.query, after=self._last, limit=PAGE)
        items = list(_with_headings(rows, self._last, self.today()))
        if items:
            self.beginInsertRows(QModelIndex(), len(self._items), len(self._items) + len(items) - 1)
            self._take(rows)
            self.endInsertRows()
        else:
            self._complete = True

    def _take(self, rows: Sequence[Found], asked: int = PAGE) -> None:
        self._items += _with_headings(rows, self._last, self.today())
        self._last = rows[-1] if rows else self._last
        self._complete = len(rows) < asked

    # What a view asks

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._items)

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) if self.found(index.row()) is not None else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        item = self._items[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return item.text if isinstance(item, Heading) else plain(item.prompt)
            case Qt.ItemDataRole.AccessibleTextRole:
                return item.text if isinstance(item, Heading) else told(item)
            case _ if role == ROW:
                return item
            case _:
                return None


def _with_headings(rows: Iterable[Found], before: Found | None, today: date) -> Iterable[Item]:
    shown = _heading(before, today) if before is not None else ""
    for found in rows:
        if (heading := _heading(found, today)) != shown:
            yield Heading(heading)
            shown = heading
        yield found


def _heading(found: Found, today: date) -> str:
    return PINNED if found.pinned else day(datetime.fromtimestamp(found.wall).date(), today)


# In words


def day(then: date, today: date) -> str:
    """ "Today", "Yesterday", "Monday 3 March", with the year where it is another."""
    if then == today:
        return "Today"
    if then == today - timedelta(days=1):
        return "Yesterday"
    name = QLocale.c().dayName(then.isoweekday())
    month = QLocale.c().monthName(then.month)
    return f"{name} {then.day} {month}" + (f" {then.year}" if then.year != today.year else "")


def clock(found: Found, today: date) -> str:
    """When it began: "14:03"; where it is pinned "3 Mar", with the year where it is another."""
    then = datetime.fromtimestamp(found.wall)
    if not found.pinned or then.date() == today:
        return f"{then:%H:%M}"
    month = QLocale.c().monthName(then.month, QLocale.FormatType.ShortFormat)
    return f"{then.day} {month}" + (f" {then.year}" if then.year != today.year else "")


def duration(found: Found) -> str:
    return seconds(found.seconds) if found.attempts else UNKNOWN


def attempts(found: Found) -> str:
    return f"{found.attempts} attempt{'' if found.attempts == 1 else 's'}"


def outcome(found: Found) -> tuple[State, str]:
    """The state by which the outcome is drawn, and its word."""
    return OUTCOMES[found.outcome or UNFINISHED]


def plain(text: str) -> str:
    """On one line, without the marks of hits."""
    return " ".join(text.replace(HIT, "").replace(HIT_END, "").split())


def pieces(text: str) -> list[tuple[str, bool]]:
    """On one line, in pieces: each with whether the search has hit it."""
    found: list[tuple[str, bool]] = []
    for i, part in enumerate(_one_line(text).split(HIT)):
        hit, end, rest = part.partition(HIT_END)
        found += [(part, False)] if i == 0 or not end else [(hit, True), (rest, False)]
    return [(words, hit) for words, hit in found if words]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def told(found: Found) -> str:
    """For a screen reader: all that the row says."""
    parts = [
        plain(found.prompt),
        outcome(found)[1] + (f" by {found.served}" if found.served else ""),
        attempts(found),
        duration(found),
        f"{datetime.fromtimestamp(found.wall):%Y-%m-%d %H:%M}",
        "pinned" if found.pinned else "",
    ]
    return ". ".join(part for part in parts if part)
