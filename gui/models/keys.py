"""The keys as an item model: one row for each key, grouped by provider, with every cell in words."""

from collections.abc import Iterable, Sequence
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from gui.models.key_paste import guess_provider, problems_of, refusal_of, suggested_alias
from gui.models.key_rows import KeyRow, Standing, rows
from gui.models.key_words import HEADINGS, Column, ago, cell, plural, standing, summary, told

__all__ = [
    "GROUP", "HEADINGS", "ROW", "Column", "KeyRow", "KeysModel", "Standing", "ago", "cell", "guess_provider",
    "plural", "problems_of", "refusal_of", "rows", "standing", "suggested_alias", "summary",
]  # fmt: skip

Index = QModelIndex | QPersistentModelIndex
MIME = "application/x-streamover-key-row"
ROW = Qt.ItemDataRole.UserRole  # the KeyRow, which holds no secret
GROUP = Qt.ItemDataRole.UserRole + 1  # a provider's name and the number of its keys
OF_GROUP = 0  # the internal id of a provider's row; a key's is its provider's place, from 1


class KeysModel(QAbstractItemModel):
    """Keys below their providers. It changes nothing by itself: renaming and moving are asked for."""

    rename_asked = Signal(str, str)  # id, alias
    order_asked = Signal(str, list)  # provider, ids

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: list[tuple[str, list[KeyRow]]] = []
        self.now = 0.0

    # What it holds

    def set_rows(self, rows: Iterable[KeyRow], now: float) -> None:
        """Shows these rows. What stands where it stood is changed in place; else the model is reset."""
        groups: dict[str, list[KeyRow]] = {}
        for row in rows:
            groups.setdefault(row.provider, []).append(row)
        news = list(groups.items())
        if _shape(news) != _shape(self._groups):
            self.beginResetModel()
            self._groups, self.now = news, now
            self.endResetModel()
            return
        self._groups, self.now = news, now
        for place, (_, keys) in enumerate(news):
            for number in range(len(keys)):
                self._tell(number, place)

    def set_now(self, now: float) -> None:
        """Tells the times anew: countdowns at each call, strips and "7 s ago" once a second."""
        second = int(now) != int(self.now)
        self.now = now
        for place, (_, keys) in enumerate(self._groups):
            for number, row in enumerate(keys):
                if second or row.state is Standing.COOLING:
                    self._tell(number, place)

    def _tell(self, number: int, place: int) -> None:
        group = self.index(place, 0)
        self.dataChanged.emit(self.index(number, 0, group), self.index(number, len(Column) - 1, group))

    def rows(self) -> tuple[KeyRow, ...]:
        return tuple(row for _, keys in self._groups for row in keys)

    def row_of(self, index: Index) -> KeyRow | None:
        if not index.isValid() or index.internalId() == OF_GROUP:
            return None
        return self._groups[int(index.internalId()) - 1][1][index.row()]

    def index_of(self, key_id: str, column: int = 0) -> QModelIndex:
        """Where this key stands; an invalid index when it is not here."""
        for place, (_, keys) in enumerate(self._groups):
            for number, row in enumerate(keys):
                if row.id == key_id:
                    return self.index(number, column, self.index(place, 0))
        return QModelIndex()

    def moved(self, key_id: str, place: int) -> list[str]:
        """The ids of the key's provider, with the key before the one that is at `place` now."""
        keys = next((keys for _, keys in self._groups if any(row.id == key_id for row in keys)), [])
        ids = [row.id for row in keys]
        if key_id in ids:
            rest = [other for other in ids[:place] if other != key_id]
            return [*rest, key_id, *(other for other in ids[place:] if other != key_id)]
        return ids

    # What Qt asks

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else OF_GROUP)

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # QObject.parent is another
        if not index.isValid() or index.internalId() == OF_GROUP:
            return QModelIndex()
        return self.createIndex(int(index.internalId()) - 1, 0, OF_GROUP)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        if not parent.isValid():
            return len(self._groups)
        if parent.internalId() == OF_GROUP and parent.column() == 0:
            return len(self._groups[parent.row()][1])
        return 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return len(Column)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[Column(section)]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.row_of(index)
        if row is None:
            return self._group_data(index, role)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return cell(row, Column(index.column()), self.now)
            case Qt.ItemDataRole.EditRole:
                return row.alias if index.column() == Column.KEY else None
            case Qt.ItemDataRole.AccessibleTextRole:
                return told(row, self.now) if index.column() == Column.KEY else self.data(index)
            case _:
                return row if role == ROW else None

    def _group_data(self, index: Index, role: int) -> Any:
        name, keys = self._groups[index.row()]
        if index.column() != 0:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{name}, {plural(len(keys))}"
        return (name, len(keys)) if role == GROUP else None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Asks for another alias; the row changes when the store has."""
        row = self.row_of(index)
        alias = str(value).strip()
        if row is not None and role == Qt.ItemDataRole.EditRole and alias and alias != row.alias:
            self.rename_asked.emit(row.id, alias)
        return False

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        row = self.row_of(index)
        if row is None:
            return flag.ItemIsEnabled | flag.ItemIsDropEnabled if index.isValid() else flag.NoItemFlags
        fixed = flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled | flag.ItemNeverHasChildren
        editable = index.column() == Column.KEY and row.can_be_renamed
        return fixed | flag.ItemIsEditable if editable else fixed

    # Moving by the mouse

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        row = self.row_of(indexes[0]) if indexes else None
        if row is not None:
            data.setData(MIME, row.id.encode())
        return data

    def canDropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        return self._dropped(data, row, parent) is not None

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Asks for the new order. False, so that the view takes nothing away: the rows move when the store has."""
        if (order := self._dropped(data, row, parent)) is not None:
            self.order_asked.emit(*order)
        return False

    def _dropped(self, data: QMimeData, place: int, parent: Index) -> tuple[str, list[str]] | None:
        if not data.hasFormat(MIME) or not parent.isValid() or parent.internalId() != OF_GROUP:
            return None
        provider, keys = self._groups[parent.row()]
        key_id = bytes(data.data(MIME).data()).decode()
        if not any(row.id == key_id for row in keys):
            return None
        return provider, self.moved(key_id, len(keys) if place < 0 else place)


def _shape(groups: list[tuple[str, list[KeyRow]]]) -> list[tuple[str, list[str]]]:
    return [(provider, [row.id for row in keys]) for provider, keys in groups]
