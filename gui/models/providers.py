"""The providers page as values and item models: who can be asked, and which models each offers."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any, assert_never

import msgspec
from PySide6.QtCore import QAbstractListModel, QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.custom_providers import Custom
from engine.discovery import Found
from engine.models_book import Shelf
from engine.prices import Price
from engine.providers.catalog import LOCAL_BASE, Provider

Index = QModelIndex | QPersistentModelIndex
Pricing = Callable[[str, str], Price | None]

ROW = Qt.ItemDataRole.UserRole + 1
HIDDEN = frozenset({"lab"})  # the built-in lab has its own page
ROOT = QModelIndex()
CAN = {"tools": "tools", "vision": "images", "json": "JSON", "reasoning": "reasoning", "prefill": "continues"}


class Section(StrEnum):
    """Where a provider stands in the list. Each value is its heading."""

    MACHINE = "On this machine"
    OWN = "Your own"
    CATALOGUE = "Catalogue"


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalInfo:
    """The small local model. `size` is in bytes, None where it is not installed; `speed` in tokens a second as measured
    in this session, None before it was used."""

    size: int | None = None
    speed: float | None = None
    install: str = ""
    remove: str = ""

    @property
    def installed(self) -> bool:
        return self.size is not None

    def told(self) -> str:
        """One line: "installed, 98 MB, 41 tokens a second"."""
        if self.size is None:
            return "not installed"
        speed = f"{self.speed:.0f} tokens a second here" if self.speed is not None else "speed not measured yet"
        return f"installed, {megabytes(self.size)}, {speed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRow:
    """One provider, or one server that was found. `id` is its name, with its port where it was found."""

    id: str
    name: str
    label: str
    section: Section
    base_url: str
    dialects: tuple[str, ...]
    note: str = ""  # what stands at the right: its keys, its models, or what it lacks
    keys: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    needs_key: bool = True
    example: str = ""
    custom: Custom | None = None
    found: Found | None = None

    def fits(self, text: str) -> bool:
        """Whether every word of `text` stands somewhere in its name, label or address."""
        hay = f"{self.name} {self.label} {self.base_url} {' '.join(self.dialects)}".casefold()
        return all(word in hay for word in text.casefold().split())


def provider_rows(
    catalogue: Iterable[Provider], customs: Sequence[Custom], found: Sequence[Found],
    keys: Mapping[str, Sequence[str]], local: LocalInfo,
) -> tuple[ProviderRow, ...]:  # fmt: skip
    """All rows by section. `keys` has the names of the keys that there are, by provider; `catalogue` may hold the rows
    of `customs` as well."""
    own = {custom.name: custom for custom in customs}
    rows: list[ProviderRow] = []
    for row in catalogue:
        if row.name in HIDDEN:
            continue
        mine = tuple(keys.get(row.name, ()))
        rows.append(
            ProviderRow(
                id=row.name,
                name=row.name,
                label=row.label,
                section=_section(row, own),
                base_url="" if row.base_url == LOCAL_BASE else row.base_url,
                env=row.env,
                needs_key=row.needs_key,
                dialects=tuple(dialect.value for dialect in row.dialects),
                keys=mine,
                example=row.example,
                note=local.told().partition(",")[0] if row.name == "local" else _note(row, mine),
                custom=own.get(row.name),
            )
        )
    order = {section: place for place, section in enumerate(Section)}
    return tuple(sorted([*map(_found_row, found), *rows], key=lambda r: (order[r.section], r.name != "local")))


def _section(row: Provider, own: Mapping[str, Custom]) -> Section:
    if row.name == "local":
        return Section.MACHINE
    return Section.OWN if row.name in own else Section.CATALOGUE


def _note(row: Provider, keys: Sequence[str]) -> str:
    if keys:
        return "1 key" if len(keys) == 1 else f"{len(keys)} keys"
    return "" if row.needs_key else "needs no key"


def _found_row(found: Found) -> ProviderRow:
    number = len(found.models)
    note = (
        "wants a key" if found.needs_key else "no model loaded" if not number else f"{number} model{'s' * (number > 1)}"
    )
    return ProviderRow(
        id=f"{found.provider} {found.base_url}", name=found.provider, label=found.label, section=Section.MACHINE,
        base_url=found.base_url, dialects=(), note=note, needs_key=found.needs_key, found=found,
    )  # fmt: skip


def megabytes(size: int) -> str:
    """A file's size, in the units that shops and file managers use: "98 MB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


class ProvidersModel(QAbstractListModel):
    """The rows that fit what is searched for, with a heading above each section: a heading's ROW is its words."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[ProviderRow, ...] = ()
        self._shown: list[ProviderRow | Section] = []
        self._find = ""

    def set_rows(self, rows: Sequence[ProviderRow]) -> None:
        self._all = tuple(rows)
        self._refresh()

    def find(self, text: str) -> None:
        """Shows what fits `text` alone."""
        self._find = text
        self._refresh()

    def _refresh(self) -> None:
        self.beginResetModel()
        self._shown = []
        for section in Section:
            fits = [row for row in self._all if row.section is section and row.fits(self._find)]
            self._shown += [section, *fits] if fits else []
        self.endResetModel()

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def row_of(self, index: Index) -> ProviderRow | None:
        """The provider at a place; None for a heading."""
        shown = self._shown[index.row()] if 0 <= index.row() < len(self._shown) else None
        return shown if isinstance(shown, ProviderRow) else None

    def index_of(self, row_id: str) -> QModelIndex:
        """The place of a provider; an invalid one where it is not shown."""
        for place, shown in enumerate(self._shown):
            if isinstance(shown, ProviderRow) and shown.id == row_id:
                return self.index(place)
        return QModelIndex()

    def first(self) -> str:
        """The id of the first provider shown; empty where none is."""
        return next((shown.id for shown in self._shown if isinstance(shown, ProviderRow)), "")

    def flags(self, index: Index) -> Qt.ItemFlag:
        if self.row_of(index) is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        shown = self._shown[index.row()]
        label = shown.label if isinstance(shown, ProviderRow) else shown.value
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return label
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{label}, {shown.note}" if isinstance(shown, ProviderRow) and shown.note else label
            case _:
                return (shown if isinstance(shown, ProviderRow) else label) if role == ROW else None


# Models


class Column(IntEnum):
    STAR = 0
    MODEL = 1
    WINDOW = 2
    CAN = 3
    PRICE = 4


HEADINGS = {
    Column.STAR: "",
    Column.MODEL: "Model",
    Column.WINDOW: "Window",
    Column.CAN: "Can",
    Column.PRICE: "Price per million",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """One model in words. `window` is in tokens. `listed` is False for a starred model that the newest list lacks."""

    name: str
    label: str
    starred: bool
    listed: bool
    window: int | None
    can: str
    price: str

    def cell(self, column: Column) -> str:
        match column:
            case Column.STAR:
                return "starred" if self.starred else ""
            case Column.MODEL:
                return self.name if self.listed else f"{self.name} (no longer listed)"
            case Column.WINDOW:
                return f"{self.window:,}" if self.window else "unknown"
            case Column.CAN:
                return self.can
            case Column.PRICE:
                return self.price
            case _:
                assert_never(column)


def model_rows(shelf: Shelf, pricing: Pricing) -> tuple[ModelRow, ...]:
    """The starred ones first, then the others in the provider's order."""
    infos = {info.name: info for info in shelf.models}
    names = (*(name for name in shelf.starred), *(name for name in infos if name not in shelf.starred))
    rows: list[ModelRow] = []
    for name in names:
        info, price = infos.get(name), pricing(shelf.provider, name)
        abilities = msgspec.structs.asdict(info.capabilities) if info is not None else {}
        window = (info.window if info is not None else None) or (price.context if price is not None else None)
        rows.append(
            ModelRow(
                name=name,
                label=info.label if info is not None else "",
                starred=name in shelf.starred,
                listed=info is not None,
                window=window,
                price=price_words(price),
                can=", ".join(word for field, word in CAN.items() if abilities.get(field)),
            )
        )
    return tuple(rows)


def price_words(price: Price | None) -> str:
    """Dollars for a million tokens, in and out."""
    if price is None:
        return "unknown"
    return "free" if price.free else f"${price.input:.2f} in, ${price.output:.2f} out"


def fetched_words(shelf: Shelf, now: float) -> str:
    """How old the list is: "fetched today", "fetched 3 days ago", "never fetched"."""
    if shelf.fetched is None:
        return "never fetched"
    days = int(max(0.0, now - shelf.fetched) // 86400)
    day = time.strftime("%d %b %Y", time.localtime(shelf.fetched)).lstrip("0")
    when = "today" if days < 1 else "yesterday" if days < 2 else f"{days} days ago"
    return f"fetched {when}, {day}"


class ModelsModel(QAbstractTableModel):
    """The models of one provider that fit what is searched for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[ModelRow, ...] = ()
        self._rows: tuple[ModelRow, ...] = ()
        self._find = ""

    def set_rows(self, rows: Sequence[ModelRow]) -> None:
        self._all = tuple(rows)
        self._refresh()

    def find(self, text: str) -> None:
        self._find = text
        self._refresh()

    def _refresh(self) -> None:
        wanted = self._find.casefold().split()
        self.beginResetModel()
        self._rows = tuple(
            row for row in self._all if all(word in f"{row.name} {row.label} {row.can}".casefold() for word in wanted)
        )
        self.endResetModel()

    def row(self, place: int) -> ModelRow | None:
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def place(self, name: str) -> int:
        """Where a model stands; -1 where it is not shown."""
        return next((place for place, row in enumerate(self._rows) if row.name == name), -1)

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(Column)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> str | None:  # fmt: skip
        named = orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return HEADINGS[Column(section)] if named else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], Column(index.column())
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return row.cell(column)
            case Qt.ItemDataRole.ToolTipRole:
                return row.label or row.name
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.cell(column) or ("not starred" if column is Column.STAR else "not known")
            case _:
                return row if role == ROW else None
