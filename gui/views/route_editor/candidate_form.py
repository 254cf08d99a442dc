"""One candidate at the right: provider, model, address, keys, window, what it can do, and clocks."""

from collections.abc import Sequence

from msgspec.structs import asdict, replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QCompleter,
    QGridLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.core.plan import short
from engine.core.request import Candidate, Capabilities, Dialect
from engine.prices import Prices
from engine.providers.catalog import PROVIDERS
from gui.models.route_editor import CAN, CLOCKS, window_words
from gui.theme import theme
from gui.views.route_editor.parts import Choice, Number, Options, Text, boxed

THREE = ((None, "not known"), (True, "yes"), (False, "no"))
SEPARATE = "Choose a candidate in the middle, or add one."


class CandidateForm(QScrollArea):
    """Says with each change what the candidate shall be, and what was done."""

    changed = Signal(object, str)  # Candidate, the words for the step

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Candidate")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._candidate: Candidate | None = None
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._table = Prices()
        self.provider, self.model, self.address, self.keys = ProviderChoice(), ModelChoice(), QLineEdit(), KeyPool()
        self.dialect = Choice()
        self.window_size = Number("tokens", 0, 10_000_000, 1_000, "not known", whole=True)
        self.can = {name: Options(THREE) for name, _ in CAN}
        self.clocks = {name: Number("s", 0, 3_600, 1, "as the route") for name, _ in CLOCKS}
        self._no_keys = Text("No key of this provider is stored. Add one on the keys page.", "caption", token="muted",
                             wraps=True)  # fmt: skip
        self._labels: list[QLabel] = []
        self._form, self._empty = QWidget(), Text(SEPARATE, token="muted", wraps=True)
        self._lay_out()
        self._connect()
        theme().changed.connect(self._restyle)
        self._restyle()
        self.show_candidate(None)

    def _lay_out(self) -> None:
        page = QWidget()
        page.setObjectName("candidate")
        self._column = QVBoxLayout(page)
        rows = QVBoxLayout(self._form)
        rows.setContentsMargins(0, 0, 0, 0)
        for label, widget in (
            ("Provider", self.provider), ("Model", self.model), ("Dialect", self.dialect),
            ("Base URL", self.address), ("Keys, in the order of use", self.keys),
        ):  # fmt: skip
            rows.addWidget(self._labelled(label, widget))
            rows.addWidget(widget)
        rows.addWidget(self._no_keys)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(0, 1)
        self._row("Context window", self.window_size)
        self._heading("What it can do")
        for name, word in CAN:
            self._row(word.capitalize() if word != "JSON" else word, self.can[name])
        self._heading("Clocks of its own")
        for name, word in CLOCKS:
            self._row(word.capitalize(), self.clocks[name])
        rows.addLayout(self._grid)
        self._column.addWidget(self._empty)
        self._column.addWidget(self._form)
        self._column.addStretch(1)
        self.setWidget(page)

    def _labelled(self, label: str, widget: QWidget) -> Text:
        widget.setAccessibleName(label)
        text = Text(label, token="muted")
        text.setBuddy(widget)
        self._labels.append(text)
        return text

    def _row(self, label: str, widget: QWidget) -> None:
        row = self._grid.rowCount()
        self._grid.addWidget(self._labelled(label, widget), row, 0)
        self._grid.addWidget(widget, row, 1)

    def _heading(self, words: str) -> None:
        self._grid.addWidget(Text(words, weight=600), self._grid.rowCount(), 0, 1, 2)

    def _connect(self) -> None:
        self.provider.chosen.connect(self._provider_chosen)
        self.model.editTextChanged.connect(lambda text: self._set("model", model=text.strip()))
        self.dialect.activated.connect(self._dialect_chosen)
        self.address.textEdited.connect(lambda text: self._set("base URL", base_url=text.strip() or None))
        self.keys.changed.connect(lambda keys: self._set("keys", keys=keys))
        self.window_size.chosen.connect(
            lambda value: self._set("window", context_window=None if value is None else int(value))
        )
        for name in self.can:
            self.can[name].chosen.connect(lambda value, name=name: self._set_inner("capabilities", name, value))
        for name in self.clocks:
            self.clocks[name].chosen.connect(lambda value, name=name: self._set_inner("clocks", name, value))

    # What is shown

    def show_candidate(self, candidate: Candidate | None) -> None:
        self._empty.setVisible(candidate is None)
        self._form.setVisible(candidate is not None)
        if candidate is None or candidate == self._candidate:
            self._candidate = candidate
            return
        self._candidate = None  # what is shown now is no wish of the user's
        row = PROVIDERS.get(candidate.provider)
        default = "" if row is None else row.base_for(candidate.dialect or row.dialects[0])
        self.provider.show_provider(candidate.provider)
        models = (*((row.model,) if row is not None and row.model else ()), *self._table.models(candidate.provider))
        self.model.show_model(candidate.model, models)
        self._show_dialects(candidate)
        address = candidate.base_url or ""
        if self.address.text().strip() != address:
            self.address.setText(address)
        self.address.setPlaceholderText(default or (row.example if row is not None else ""))
        self._show_keys(candidate)
        self.window_size.show_value(candidate.context_window)
        price = self._table.price(candidate.provider, candidate.model)
        known = price.context if price is not None else None
        self.window_size.setSpecialValueText(f"{window_words(known)}, as known" if known else "not known")
        can, clocks = asdict(candidate.capabilities), asdict(candidate.clocks)
        for name, options in self.can.items():
            options.show_value(can[name])
        for name, number in self.clocks.items():
            number.show_value(clocks[name])
        self._candidate = candidate

    def show_keys(self, known: frozenset[tuple[str, str]], table: Prices) -> None:
        """The names of the keys that there are, as (provider, name), and the prices."""
        self._known, self._table = known, table
        if self._candidate is not None:
            self._show_keys(self._candidate)

    def _show_keys(self, candidate: Candidate) -> None:
        names = self._names(candidate.provider)
        self.keys.show_pool(candidate.keys, names)
        row = PROVIDERS.get(candidate.provider)
        self.keys.setVisible(bool(names or candidate.keys))
        self._no_keys.setText(
            "No key of this provider is stored. Add one on the keys page."
            if row is None or row.needs_key else "This provider needs no key."
        )  # fmt: skip
        self._no_keys.setVisible(self.keys.isHidden())

    def _names(self, provider: str) -> tuple[str, ...]:
        return tuple(sorted(name for owner, name in self._known if owner in ("", provider)))

    def _show_dialects(self, candidate: Candidate) -> None:
        row = PROVIDERS.get(candidate.provider)
        dialects = row.dialects if row is not None else (Dialect.CHAT_COMPLETIONS,)
        self.dialect.clear()
        for dialect in dialects:
            self.dialect.addItem(dialect.value.replace("_", " "), dialect)
        self.dialect.setCurrentIndex(max(0, self.dialect.findData(candidate.dialect or dialects[0])))
        self.dialect.setEnabled(len(dialects) > 1)

    # What is wished

    def _set(self, what: str, **changes: object) -> None:
        if self._candidate is not None:
            self._say(replace(self._candidate, **changes), what)

    def _set_inner(self, group: str, name: str, value: object) -> None:
        if self._candidate is not None:
            inner = replace(getattr(self._candidate, group), **{name: value})
            self._say(replace(self._candidate, **{group: inner}), name.replace("_", " "))

    def _say(self, candidate: Candidate, what: str) -> None:
        candidate = replace(candidate, usual_first_token=None)  # the catalogue says it anew
        if candidate != self._candidate:
            self._candidate = candidate
            self.changed.emit(candidate, f"Set {what} of {candidate.label if what != 'model' else candidate.provider}")

    def _dialect_chosen(self, place: int) -> None:
        """Another dialect may live at another address."""
        if (candidate := self._candidate) is not None:
            self._candidate = None
            dialect = Dialect(self.dialect.itemData(place))
            fixed = _fixed(candidate)
            self.changed.emit(
                replace(candidate, dialect=dialect, base_url=None if fixed else candidate.base_url), "Chose a dialect"
            )

    def _provider_chosen(self, name: str) -> None:
        if (candidate := self._candidate) is not None and name != candidate.provider:
            self._candidate = None
            self.changed.emit(moved_to(candidate, name, self._names(name)), f"Chose {PROVIDERS[name].label}")

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self.setStyleSheet(f"CandidateForm, #candidate {{ background: {p.raised.name()}; border: none; }}")
        self._column.setContentsMargins(px(20), px(16), px(20), px(24))
        self._grid.setVerticalSpacing(px(6))
        for widget in (self.window_size, *self.can.values(), *self.clocks.values()):
            widget.setFixedWidth(px(132))


def _fixed(candidate: Candidate) -> bool:
    """Whether the address is the catalogue's."""
    row = PROVIDERS.get(candidate.provider)
    if row is None or candidate.base_url is None:
        return True
    return candidate.base_url.rstrip("/") == row.base_for(candidate.dialect or row.dialects[0]).rstrip("/")


def moved_to(candidate: Candidate, name: str, keys: Sequence[str]) -> Candidate:
    """The candidate at another provider: with that one's model and all of its keys, and nothing of the old one's."""
    row = PROVIDERS[name]
    return replace(
        candidate, provider=name, model=row.model, dialect=None, base_url=None, context_window=None,
        usual_first_token=None, keys=tuple(keys) if row.needs_key else (), capabilities=Capabilities(),
    )  # fmt: skip


class ProviderChoice(Choice):
    """The providers of the catalogue, found by any part of their names."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        for row in PROVIDERS.values():
            self.addItem(row.label, row.name)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        found = QCompleter(self.model(), self)
        found.setFilterMode(Qt.MatchFlag.MatchContains)
        found.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        found.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.setCompleter(found)
        self._name = ""
        self._line = self.lineEdit() or QLineEdit()
        self.activated.connect(lambda place: self._choose(self.itemData(place)))
        self._line.editingFinished.connect(self._settle)

    def take_focus(self) -> None:
        self.setFocus()
        self._line.selectAll()

    def show_provider(self, name: str) -> None:
        self._name = name
        place = self.findData(name)
        self.setCurrentIndex(place)
        if place < 0:
            self.setEditText(name)

    def _settle(self) -> None:
        """What was typed is a provider's label or name, or is taken back."""
        text = self.currentText().strip().casefold()
        for row in PROVIDERS.values():
            if text in (row.label.casefold(), row.name):
                self._choose(row.name)
                return
        self.show_provider(self._name)

    def _choose(self, name: str) -> None:
        self.show_provider(name)
        self.chosen.emit(name)


class ModelChoice(Choice):
    """A model's name: typed, or one that is known."""

    def __init__(self) -> None:
        super().__init__()
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        if (line := self.lineEdit()) is not None:
            line.setPlaceholderText("The model's name, as the provider writes it")

    def show_model(self, model: str, known: Sequence[str]) -> None:
        self.blockSignals(True)
        if [self.itemText(i) for i in range(self.count())] != list(dict.fromkeys(known)):
            self.clear()
            self.addItems(list(dict.fromkeys(known)))
        if self.currentText().strip() != model:
            self.setEditText(model)
        self.blockSignals(False)


class KeyPool(QListWidget):
    """The keys of one provider, ticked in the order of use. Drag or Ctrl+Up and Ctrl+Down move, Space ticks."""

    changed = Signal(tuple)  # the names that are ticked, in order

    def __init__(self) -> None:
        super().__init__()
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.itemChanged.connect(self._tell)
        self.model().rowsMoved.connect(self._tell)
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_pool(self, chosen: Sequence[str], known: Sequence[str]) -> None:
        """The chosen ones first, in order; those that are chosen and not known say so."""
        if self.pool() == tuple(chosen) and self.count() == len({*chosen, *known}):
            return
        self.blockSignals(True)
        self.clear()
        for name in dict.fromkeys((*chosen, *known)):
            item = QListWidgetItem(short(name) if name in known else f"{short(name)} (not known)")
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(name)
            item.setCheckState(Qt.CheckState.Checked if name in chosen else Qt.CheckState.Unchecked)
            self.addItem(item)
        self.blockSignals(False)
        self._restyle()

    def pool(self) -> tuple[str, ...]:
        items = [self.item(row) for row in range(self.count())]
        return tuple(
            item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Checked
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        up = event.key() == Qt.Key.Key_Up
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and (up or event.key() == Qt.Key.Key_Down):
            row = self.currentRow()
            to = row - 1 if up else row + 1
            if 0 <= to < self.count():
                self.insertItem(to, self.takeItem(row))
                self.setCurrentRow(to)
                self._tell()
            return
        super().keyPressEvent(event)

    def _tell(self) -> None:
        self.changed.emit(self.pool())

    def _restyle(self) -> None:
        px = theme().px
        self.setStyleSheet(boxed("KeyPool"))
        self.setFixedHeight(px(14) + px(28) * max(1, min(5, self.count())))
