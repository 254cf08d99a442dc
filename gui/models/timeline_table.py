"""The table twin of the timeline: the same attempts as rows, for screen readers, for sorting and for copying."""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QSortFilterProxyModel, Qt

from engine.core.run import Attempt, Run
from gui import words
from gui.models.timeline_parts import Bar, Phase, Timeline

Index = QModelIndex | QPersistentModelIndex
RAW = Qt.ItemDataRole.UserRole  # the value to sort by
ATTEMPT = Qt.ItemDataRole.UserRole + 1  # the attempt's number
STATE = Qt.ItemDataRole.UserRole + 2  # the state that its end is painted in, or None
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class Column(IntEnum):
    ATTEMPT = 0
    CANDIDATE = 1
    KEY = 2
    END = 3
    STARTED = 4
    CONNECT = 5
    WAIT = 6
    FIRST = 7
    DURATION = 8
    TOKENS = 9
    STATUS = 10
    ACTION = 11
    RULE = 12
    WHY = 13


HEADS: dict[Column, tuple[str, str]] = {
    Column.ATTEMPT: ("Attempt", "The number of the attempt, in the order of their start"),
    Column.CANDIDATE: ("Candidate", "Provider and model"),
    Column.KEY: ("Key", "The key's alias"),
    Column.END: ("End", "How it ended, or what it does now"),
    Column.STARTED: ("Started", "Seconds since the run began"),
    Column.CONNECT: ("Connect", "Seconds until the connection stood"),
    Column.WAIT: ("Wait", "Seconds from the connection to the first output"),
    Column.FIRST: ("First token", "Seconds from its start to the first output"),
    Column.DURATION: ("Duration", "Seconds from its start to its end"),
    Column.TOKENS: ("Tokens", "Visible tokens; ≈ where they are estimated"),
    Column.STATUS: ("Status", "The HTTP status"),
    Column.ACTION: ("Action", "The decision that began it"),
    Column.RULE: ("Rule", "The rule behind that decision"),
    Column.WHY: ("Why", "The reason, in the case's own words"),
}
NUMBERS = frozenset(
    (Column.ATTEMPT, Column.STARTED, Column.CONNECT, Column.WAIT, Column.FIRST, Column.DURATION, Column.TOKENS,
     Column.STATUS)
)  # fmt: skip


class AttemptsModel(QAbstractTableModel):
    """A row for each attempt, read from the run when it is asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._run: Run | None = None
        self._timeline = Timeline()
        self._rows = 0

    def show(self, run: Run | None, timeline: Timeline) -> None:
        """Shows a run as it is now; says only what is new where it goes on."""
        if run is None or self._run is None or run.id != self._run.id or len(timeline.bars) < self._rows:
            self.beginResetModel()
            self._run, self._timeline, self._rows = run, timeline, len(timeline.bars)
            self.endResetModel()
            return
        first, before = min(self._timeline.settled, timeline.settled), self._rows
        self._run, self._timeline = run, timeline
        if len(timeline.bars) > before:
            self.beginInsertRows(QModelIndex(), before, len(timeline.bars) - 1)
            self._rows = len(timeline.bars)
            self.endInsertRows()
        if first < before:
            self.dataChanged.emit(self.index(first, 0), self.index(before - 1, len(Column) - 1))

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Vertical or not 0 <= section < len(Column):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADS[Column(section)][0]
        if role == Qt.ItemDataRole.TextAlignmentRole and Column(section) in NUMBERS:
            return RIGHT
        return HEADS[Column(section)][1] if role == Qt.ItemDataRole.ToolTipRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self._run is None or not index.isValid() or index.row() >= self._rows:
            return None
        attempt, bar, column = self._run.attempts[index.row()], self._timeline.bars[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return _shown(self._run, attempt, bar, column)
            case Qt.ItemDataRole.ToolTipRole if column is Column.END and attempt.fault is not None:
                return attempt.fault.detail or None
            case Qt.ItemDataRole.ToolTipRole if column in (Column.WHY, Column.RULE):
                return _shown(self._run, attempt, bar, column)
            case Qt.ItemDataRole.TextAlignmentRole if column in NUMBERS:
                return RIGHT
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{HEADS[column][0]}: {_shown(self._run, attempt, bar, column)}"
            case _ if role == RAW:
                return _raw(self._run, attempt, bar, column)
            case _ if role == ATTEMPT:
                return attempt.number
            case _ if role == STATE:
                return bar.state
            case _:
                return None


def _raw(run: Run, a: Attempt, bar: Bar, column: Column) -> str | float:
    """The value behind a cell; -1 where a number is not known."""
    match column:
        case Column.ATTEMPT:
            return a.number
        case Column.CANDIDATE:
            return run.candidate_of(a).label
        case Column.KEY:
            return words.key_name(a.key)
        case Column.END:
            return f"{bar.word}, {bar.detail}" if bar.detail else bar.word
        case Column.STARTED:
            return bar.start
        case Column.CONNECT:
            return -1.0 if a.connected is None else a.connected - a.started
        case Column.WAIT:
            return sum(span.end - span.start for span in bar.spans if span.phase is Phase.WAIT) or -1.0
        case Column.FIRST:
            return -1.0 if a.first_output is None else a.first_output - a.started
        case Column.DURATION:
            return bar.end - bar.start
        case Column.TOKENS:
            return words.tokens_of(a)[0] if a.text else -1.0
        case Column.STATUS:
            return a.status or -1.0
        case Column.ACTION:
            return words.ACTION_TITLES[a.action]
        case Column.RULE:
            return a.rule.value
        case Column.WHY:
            return a.why


def _shown(run: Run, a: Attempt, bar: Bar, column: Column) -> str:
    value = _raw(run, a, bar, column)
    if isinstance(value, str):
        return value
    if value < 0:
        return words.UNKNOWN
    if column in (Column.ATTEMPT, Column.STATUS):
        return str(int(value))
    if column is Column.TOKENS:
        return words.tokens(a).removesuffix(" tok")
    return f"{value:.2f} s"


class AttemptsProxy(QSortFilterProxyModel):
    """Sorts by the values and shows only what the timeline's filter lets through."""

    def __init__(self, source: AttemptsModel, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._passed: frozenset[int] | None = None
        self.setSourceModel(source)
        self.setSortRole(RAW)

    def show_only(self, passed: set[int] | None) -> None:
        """The numbers of the attempts to show; None: all."""
        known = None if passed is None else frozenset(passed)
        if known != self._passed:
            self._passed = known
            self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        return self._passed is None or source_row + 1 in self._passed


def copied(model: QSortFilterProxyModel, rows: Sequence[int], *, markdown: bool) -> str:
    """The rows as a table for the clipboard, heads first: with tabs, or in Markdown."""
    columns = range(model.columnCount())
    horizontal = Qt.Orientation.Horizontal
    lines = [[str(model.headerData(column, horizontal)) for column in columns]]
    lines += [[str(model.index(row, column).data() or "") for column in columns] for row in rows]
    if not markdown:
        return "".join("\t".join(_flat(cell, "\t") for cell in line) + "\n" for line in lines)
    lines.insert(1, ["---:" if Column(column) in NUMBERS else "---" for column in columns])
    return "".join("| " + " | ".join(_flat(cell, "|") for cell in line) + " |\n" for line in lines)


def _flat(cell: str, mark: str) -> str:
    plain = cell.replace("\n", " ")
    return plain.replace("|", "\\|") if mark == "|" else plain.replace(mark, " ")
