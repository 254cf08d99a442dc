"""What the palette finds: commands ranked by how well they match, those that were used last in front."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex

START, CONSECUTIVE, WORD, GAP, IN_GROUP = 6.0, 5.0, 4.0, 0.12, -8.0
RECENT_BONUS = 3.0  # what being the last one used adds to a match; older ones get less
RECENT = "Recent"
HIT_ROLE = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`id` is said when it is chosen; `shortcut` is written as the platform writes it; `words` are looked through too,
    and not shown."""

    id: str
    title: str
    group: str = ""
    shortcut: str = ""
    enabled: bool = True
    icon: str = ""
    words: str = ""


class Match(NamedTuple):
    score: float
    places: tuple[int, ...]


class Hit(NamedTuple):
    """A command that is shown: `places` are the letters of its title that matched; `heading` stands above it, or is
    empty."""

    command: Command
    places: tuple[int, ...]
    heading: str


def match(query: str, text: str) -> Match | None:
    """How well the letters of `query` stand in `text` in their order; None where they do not. Best are letters at the
    beginning of words, and letters side by side."""
    wanted, there = query.casefold(), text.casefold()
    if len(there) != len(text):  # a letter that folds into two would shift the places
        there = text.lower() if len(text.lower()) == len(text) else text
    best: dict[int, tuple[float, tuple[int, ...]]] = {-1: (0.0, ())}
    for letter in wanted:
        following: dict[int, tuple[float, tuple[int, ...]]] = {}
        place = there.find(letter)
        while place >= 0:
            reached = [
                (score + _worth(there, before, place), (*places, place))
                for before, (score, places) in best.items()
                if before < place
            ]
            if reached:
                following[place] = max(reached)
            place = there.find(letter, place + 1)
        if not following:
            return None
        best = following
    score, places = max(best.values())
    return Match(score - GAP * len(text) / 4, places)


def _worth(text: str, before: int, place: int) -> float:
    if place == 0:
        return START
    if place == before + 1:
        return CONSECUTIVE
    starts = not text[place - 1].isalnum()
    return (WORD if starts else 0.0) - GAP * (place - before)


def find(command: Command, query: str) -> Match | None:
    """Each word of the query must match, in any order: in the title, or (for less) in the group or the other words."""
    total, places = 0.0, set[int]()
    for word in query.split():
        in_title, beside = match(word, command.title), _beside(word, command)
        if in_title is not None and (beside is None or in_title.score >= beside):
            total += in_title.score
            places.update(in_title.places)
        elif beside is not None:
            total += beside
        else:
            return None
    return Match(total, tuple(sorted(places)))


def _beside(word: str, command: Command) -> float | None:
    """Outside the title, letters must stand together: all else would find too much."""
    text = f"{command.group} {command.words}".casefold()
    return IN_GROUP + CONSECUTIVE * len(word) if word.casefold() in text else None


def rank(commands: Sequence[Command], query: str, recent: Sequence[str]) -> tuple[Hit, ...]:
    """Without a query: the recent commands, then all by group. With one: the best first, disabled ones last."""
    age = {id_: place for place, id_ in enumerate(recent)}
    if not query.strip():
        lately = sorted((c for c in commands if c.id in age), key=lambda c: age[c.id])
        rest = [c for c in commands if c.id not in age]
        groups = list(dict.fromkeys(c.group for c in rest))
        rest.sort(key=lambda c: groups.index(c.group))
        return _headed([(c, RECENT) for c in lately] + [(c, c.group) for c in rest])
    found = [(command, hit) for command in commands if (hit := find(command, query)) is not None]
    found.sort(key=lambda pair: (not pair[0].enabled, -pair[1].score - _freshness(age.get(pair[0].id))))
    return tuple(Hit(command, hit.places, "") for command, hit in found)


def _freshness(age: int | None) -> float:
    return 0.0 if age is None else RECENT_BONUS / (age + 1)


def _headed(pairs: list[tuple[Command, str]]) -> tuple[Hit, ...]:
    before, hits = None, list[Hit]()
    for command, heading in pairs:
        hits.append(Hit(command, (), heading if heading != before else ""))
        before = heading
    return tuple(hits)


class PaletteModel(QAbstractListModel):
    """The hits, in order."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.hits: tuple[Hit, ...] = ()

    def show(self, hits: tuple[Hit, ...]) -> None:
        self.beginResetModel()
        self.hits = hits
        self.endResetModel()

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.hits)

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags if not index.isValid() or self.hits[index.row()].command.enabled else Qt.ItemFlag.NoItemFlags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self.hits[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return hit.command.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return ", ".join(filter(None, (hit.command.title, hit.command.group, hit.command.shortcut)))
            case _ if role == HIT_ROLE:
                return hit
            case _:
                return None
