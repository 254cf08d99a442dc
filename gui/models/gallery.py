"""The scenarios as an item model: filtered by category and words, each with the sketch of the run it leads to."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from engine.core.events import AttemptStarted, Rule
from engine.core.run import Run
from engine.lab.programme import Category, Scenario
from engine.lab.rehearsal import rehearse
from gui.models.story import story
from gui.models.timeline import Timeline, layout

Index = QModelIndex | QPersistentModelIndex


class Role(IntEnum):
    """What a delegate asks for besides the words of Qt's own roles."""

    SCENARIO = Qt.ItemDataRole.UserRole + 1
    SKETCH = Qt.ItemDataRole.UserRole + 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What a scenario does, drawn from its rehearsal. `asked` are the attempts before which a wait was sat out that
    the provider had asked for; `length` is in seconds."""

    timeline: Timeline
    asked: frozenset[int]
    length: float


def sketch(scenario: Scenario) -> Run:
    """The run that `scenario` leads to, rehearsed in virtual time by the real policy: some milliseconds."""
    return rehearse(scenario)


def sketched(run: Run) -> Sketch:
    """What a card shows of a run that is over."""
    started = [event for event in run.trail if isinstance(event, AttemptStarted)]
    asked = frozenset(event.attempt for event in started if event.rule is Rule.WAIT_AS_ASKED)
    return Sketch(timeline=layout(run, run.now), asked=asked, length=run.now)


def attempts(scenario: Scenario) -> str:
    """ "1 attempt", "2 attempts"."""
    number = scenario.expected.attempts
    return f"{number} attempt" if number == 1 else f"{number} attempts"


def found(scenarios: Iterable[Scenario], category: Category | None, text: str) -> list[Scenario]:
    """Those of a category (None: of any) that hold every word of `text`, in their own order."""
    words = text.casefold().split()
    return [
        scenario
        for scenario in scenarios
        if category in (None, scenario.category) and all(word in _told(scenario) for word in words)
    ]


def _told(scenario: Scenario) -> str:
    providers = " ".join(candidate.label for candidate in scenario.candidates)
    kinds = " ".join(scenario.expected.kinds)
    parts = (
        scenario.name, scenario.title, scenario.sentence, scenario.category, scenario.expected.word, scenario.notes,
        providers, kinds,
    )  # fmt: skip
    return " ".join(parts).casefold()


class GalleryModel(QAbstractListModel):
    """One row for each scenario that is found. Sketches are made by `draw`, a few at a time."""

    def __init__(self, scenarios: Sequence[Scenario], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all = tuple(scenarios)
        self._shown = list(self._all)
        self._sketches: dict[str, Sketch] = {}

    @property
    def total(self) -> int:
        """How many scenarios there are, shown or not."""
        return len(self._all)

    @property
    def complete(self) -> bool:
        """Whether every scenario has its sketch."""
        return len(self._sketches) == len(self._all)

    def show_only(self, category: Category | None, text: str) -> None:
        """Shows what `found` finds."""
        shown = found(self._all, category, text)
        if shown != self._shown:
            self.beginResetModel()
            self._shown = shown
            self.endResetModel()

    def scenario(self, row: int) -> Scenario:
        return self._shown[row]

    def draw(self, budget: float) -> None:
        """Makes sketches that are lacking, those on show first, until `budget` seconds are spent: at least one."""
        begun = time.perf_counter()
        for scenario in (*self._shown, *self._all):
            if scenario.name not in self._sketches:
                self._sketches[scenario.name] = sketched(sketch(scenario))
                self._changed(scenario)
                if time.perf_counter() - begun >= budget:
                    return

    def _changed(self, scenario: Scenario) -> None:
        if scenario in self._shown:
            index = self.index(self._shown.index(scenario))
            self.dataChanged.emit(index, index)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._shown):
            return None
        scenario = self._shown[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return scenario.title
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{scenario.title}. {scenario.sentence}"
            case Qt.ItemDataRole.AccessibleDescriptionRole:
                return self._description(scenario)
            case Role.SCENARIO:
                return scenario
            case Role.SKETCH:
                return self._sketches.get(scenario.name)
            case _:
                return None

    def _description(self, scenario: Scenario) -> str:
        """The whole of a card in sentences, its picture included once it is drawn."""
        expected = f"{attempts(scenario)}. Expected: {scenario.expected.word}."
        sketch = self._sketches.get(scenario.name)
        return f"{expected} {story(sketch.timeline)}" if sketch is not None else expected
