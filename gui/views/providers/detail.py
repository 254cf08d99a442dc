"""One provider: where it is asked, what keys it has, and its models."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from engine.models_book import Shelf
from gui.drawing.fittings import Button, FindField, Line, Text
from gui.models.providers import LocalInfo, ModelRow, ModelsModel, ProviderRow, fetched_words
from gui.theme import theme
from gui.views.providers.models import ModelsTable

FACTS = ("Address", "Dialects", "Keys", "Model file", "How to get it", "How to remove it")
NO_MODELS = "No models yet. Fetch the list, or type a model's name in the route."
NO_FIT = "No model fits what is searched for."
ASKING = "Asking the provider …"


class DetailPane(QWidget):
    """Shows one provider. Buttons say what is wanted; the page carries it on."""

    fetch_asked = Signal()
    star_asked = Signal(str, bool)
    use_asked = Signal(str)  # a model's name
    edit_asked = Signal()
    remove_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Details of the provider")
        self._fetching = False
        self._shelf = Shelf(provider="")
        self._model = ModelsModel(self)
        self.table = ModelsTable(self._model)
        self.search = FindField("Search models", "Search models")
        self._title, self._name = Text(size="title", weight=600), Text(token="muted", mono=True)
        self._facts = {name: (Text(name, token="muted"), Text(wraps=True)) for name in FACTS}
        self._edit, self._remove = Button("Edit"), Button("Remove", mark="trash", flat=True)
        self._fetch = Button("Fetch models", mark="download")
        self._use = Button("Make a candidate", mark="plus", primary=True)
        self._use.setToolTip("Puts the chosen model at the end of the route (Enter)")
        self._heading, self._when = Text("Models", weight=600), Text(size="caption", token="muted")
        self._error = Text(token="failed_transient", wraps=True)
        self._empty = Text(NO_MODELS, token="muted", wraps=True)
        self._lay_out()
        self._connect()
        theme().changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self._head, self._grid, self._bar, self._tools = QHBoxLayout(), QGridLayout(), QHBoxLayout(), QHBoxLayout()
        self._head.addWidget(self._title)
        self._head.addWidget(self._name, 1, Qt.AlignmentFlag.AlignBottom)
        self._head.addWidget(self._edit)
        self._head.addWidget(self._remove)
        for place, (name, value) in enumerate(self._facts.values()):
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(name, place, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(value, place, 1)
        self._grid.setColumnStretch(1, 1)
        for part in (self._heading, self._when):
            self._bar.addWidget(part)
        self._bar.addStretch(1)
        self._bar.addWidget(self._fetch)
        self._tools.addWidget(self.search, 1)
        self._tools.addWidget(self._use)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.table)
        self._middle.addWidget(self._empty)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self._head, self._grid):
            column.addLayout(part)
        column.addWidget(Line())
        column.addLayout(self._bar)
        column.addWidget(self._error)
        column.addLayout(self._tools)
        column.addWidget(self._middle, 1)

    def _connect(self) -> None:
        self._fetch.clicked.connect(self.fetch_asked)
        self._edit.clicked.connect(self.edit_asked)
        self._remove.clicked.connect(self.remove_asked)
        self._use.clicked.connect(lambda: self.use_asked.emit(self.table.current()))
        self.table.star_asked.connect(self.star_asked)
        self.table.use_asked.connect(self.use_asked)
        self.table.chosen.connect(lambda name: self._use.setEnabled(bool(name)))
        self.search.textChanged.connect(self._searched)
        self.search.into_results.connect(self.table.setFocus)

    def show_row(self, row: ProviderRow, local: LocalInfo) -> None:
        """Shows a provider; its models come by `show_models`."""
        self._title.setText(row.label)
        self._name.setText(row.name)
        small = row.name == "local"
        values = {
            "Address": row.base_url or (f"every account has its own, such as {row.example}" if row.example else ""),
            "Dialects": ", ".join(row.dialects),
            "Keys": "" if small else _keys(row),
            "Model file": local.told() if small else "",
            "How to get it": local.install if small and not local.installed else "",
            "How to remove it": local.remove if small and local.installed else "",
        }
        for name, text in values.items():
            for part in self._facts[name]:
                part.setVisible(bool(text))
            self._facts[name][1].setText(text)
        for button in (self._edit, self._remove):
            button.setVisible(row.custom is not None)

    def show_models(self, shelf: Shelf, rows: Sequence[ModelRow], error: str, fetching: bool, now: float) -> None:
        """Shows the models that are known, and what went wrong when they were asked for last."""
        same, chosen = shelf.provider == self._shelf.provider, self.table.current()
        self._shelf, self._fetching = shelf, fetching
        if not same:
            self.search.clear()
        self._model.set_rows(rows)
        self.table.choose(chosen if same else next((row.name for row in rows), ""))
        number = f"{len(rows):,} " if rows else ""
        self._heading.setText(f"{number}Model{'' if len(rows) == 1 else 's'}".capitalize())
        self._when.setText(ASKING if fetching else fetched_words(shelf, now))
        self._fetch.setEnabled(not fetching)
        self._error.setText(error)
        self._error.setVisible(bool(error) and not fetching)
        self._show_middle()

    def _searched(self, text: str) -> None:
        chosen = self.table.current()
        self._model.find(text)
        first = self._model.row(0)
        self.table.choose(chosen if self._model.place(chosen) >= 0 else first.name if first is not None else "")
        self._show_middle()

    def _show_middle(self) -> None:
        shown = self._model.rowCount() > 0
        self._middle.setCurrentWidget(self.table if shown else self._empty)
        self._empty.setText(NO_FIT if self.search.text() else ASKING if self._fetching else NO_MODELS)
        self._use.setEnabled(bool(self.table.current()))

    def _restyle(self) -> None:
        px = theme().px
        self._head.setContentsMargins(px(24), px(20), px(16), px(8))
        self._head.setSpacing(px(8))
        self._grid.setContentsMargins(px(24), 0, px(24), px(16))
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(4))
        self._grid.setColumnMinimumWidth(0, px(112))
        self._bar.setContentsMargins(px(24), px(8), px(16), px(4))
        self._tools.setContentsMargins(px(16), 0, px(16), px(8))
        for bar in (self._bar, self._tools):
            bar.setSpacing(px(8))
        self._error.setContentsMargins(px(24), 0, px(24), px(8))
        self._empty.setContentsMargins(px(24), px(24), px(24), px(24))


def _keys(row: ProviderRow) -> str:
    if row.keys:
        return ", ".join(row.keys)
    if not row.needs_key:
        return "needs none"
    return f"none yet: add one on the keys page{f', or set {row.env[0]}' if row.env else ''}"
