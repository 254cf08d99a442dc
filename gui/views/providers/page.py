"""The providers page. It knows values and signals only: what is wanted is asked for, and shown when it has happened."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec.structs import replace
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from engine import prices
from engine.core.request import Candidate
from engine.custom_providers import Custom
from engine.discovery import Found
from engine.models_book import Shelf
from engine.providers.catalog import Provider
from gui.drawing.fittings import Button, FindField, Line, Text
from gui.models.providers import LocalInfo, Pricing, ProviderRow, ProvidersModel, model_rows, provider_rows
from gui.theme import theme
from gui.views.providers.bars import NoticeBar
from gui.views.providers.detail import DetailPane
from gui.views.providers.form import ProviderForm
from gui.views.providers.listing import ProviderList


class ProvidersPage(QWidget):
    """The list, and one provider in detail or the form for one of your own. `clock` gives Unix seconds."""

    look_requested = Signal()  # for servers on this machine
    models_requested = Signal(str)  # a provider's name: its models as they are kept
    fetch_requested = Signal(str, str)  # a provider's name, and its address where it is another than its own
    star_requested = Signal(str, str, bool)  # provider, model
    candidate_requested = Signal(object)  # Candidate
    save_requested = Signal(object, str)  # Custom, and the name that it had
    remove_requested = Signal(str)
    restore_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(parent)
        self._clock = clock
        self._rows: tuple[ProviderRow, ...] = ()
        self._catalogue: tuple[Provider, ...] = ()
        self._customs: tuple[Custom, ...] = ()
        self._keys: Mapping[str, Sequence[str]] = {}
        self._found: tuple[Found, ...] = ()
        self._local = LocalInfo()
        self._shelves: dict[str, Shelf] = {}
        self._errors: dict[str, str] = {}
        self._fetching: set[str] = set()
        self._pricing: Pricing = prices.price
        self._model = ProvidersModel(self)
        self._list = ProviderList(self._model)
        self._detail, self._form, self._notice = DetailPane(), ProviderForm(), NoticeBar()
        self._find = FindField("Search providers", "Search providers")
        self._make_header()
        self._lay_out()
        self._connect()
        theme().changed.connect(self._restyle)
        self._restyle()

    def _make_header(self) -> None:
        self._title, self._count = Text("Providers", "reading", 600), Text(token="muted")
        self._look = Button("Look on this machine", flat=True)
        self._look.setToolTip("Asks the usual ports of Ollama, LM Studio, llama.cpp and vLLM. No key is sent.")
        self._add = Button("Add provider", mark="plus", primary=True)

    def _lay_out(self) -> None:
        self._head, self._find_row = QHBoxLayout(), QHBoxLayout()
        for part in (self._title, self._count):
            self._head.addWidget(part)
        self._head.addStretch(1)
        for part in (self._look, self._add):
            self._head.addWidget(part)
        self._find_row.addWidget(self._find)
        self._left = QWidget()
        left, body, column = QVBoxLayout(self._left), QHBoxLayout(), QVBoxLayout(self)
        left.addLayout(self._find_row)
        left.addWidget(self._list, 1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(self._form)
        self._side = QStackedWidget()
        self._side.addWidget(self._detail)
        self._side.addWidget(scroll)
        body.addWidget(self._left)
        body.addWidget(Line(upright=True))
        body.addWidget(self._side, 1)
        column.addLayout(self._head)
        column.addWidget(Line())
        column.addLayout(body, 1)
        column.addWidget(self._notice)
        for layout in (left, body, column):
            layout.setSpacing(0)
            layout.setContentsMargins(0, 0, 0, 0)

    def _connect(self) -> None:
        self._look.clicked.connect(self.look)
        self._add.clicked.connect(lambda: self.open_form(None))
        self._find.textChanged.connect(self._search)
        self._find.into_results.connect(self._list.setFocus)
        self._list.chosen.connect(self._chosen)
        self._list.edit_asked.connect(self._edit)
        self._list.remove_asked.connect(self._remove)
        self._detail.edit_asked.connect(self._edit)
        self._detail.remove_asked.connect(self._remove)
        self._detail.fetch_asked.connect(self._fetch)
        self._detail.star_asked.connect(self._star)
        self._detail.use_asked.connect(self._use)
        self._form.saved.connect(self.save_requested)
        self._form.closed.connect(self.close_form)
        self._notice.undo_asked.connect(self.restore_requested)

    # What is shown

    def show_providers(
        self, catalogue: Iterable[Provider], customs: Sequence[Custom], keys: Mapping[str, Sequence[str]]
    ) -> None:
        """Shows these providers; `keys` has the names of the keys that there are, by provider. A new one of your own is
        chosen, and its form is closed."""
        known = {custom.name for custom in self._customs}
        new = [custom.name for custom in customs if custom.name not in known]
        self._catalogue, self._customs, self._keys = tuple(catalogue), tuple(customs), keys
        self._refresh(new[-1] if new and self._rows else "")

    def show_found(self, found: Sequence[Found]) -> None:
        """Shows the servers that answer on this machine."""
        self._found = tuple(found)
        self._look.setEnabled(True)
        self._look.name("Look on this machine")
        self._refresh()

    def show_local(self, info: LocalInfo) -> None:
        """Shows how it stands with the small local model."""
        self._local = info
        self._refresh()

    def show_shelf(self, shelf: Shelf) -> None:
        """Shows the models of a provider; what was asked for has come."""
        self._shelves[shelf.provider] = shelf
        self._fetching.discard(shelf.provider)
        self._errors.pop(shelf.provider, None)
        self._show_models()

    def show_models_error(self, provider: str, sentence: str) -> None:
        """Says why no models came; those known before stay."""
        self._fetching.discard(provider)
        self._errors[provider] = sentence
        self._show_models()

    def show_prices(self, pricing: Pricing) -> None:
        """Prices are asked of this table from now on."""
        self._pricing = pricing
        self._show_models()

    def show_saved(self, name: str) -> None:
        """A provider was saved: its form closes, and it is chosen."""
        self.close_form()
        self._list.choose(name)

    def show_problem(self, field: str, sentence: str) -> None:
        """What is wrong with the provider in the form."""
        self._form.show_problem(field, sentence)

    def show_error(self, sentence: str) -> None:
        self._notice.show_error(sentence)

    def show_undo(self, name: str, label: str) -> None:
        self._notice.show_undo(name, label)

    # What the page does by itself

    def look(self) -> None:
        """Asks for the servers on this machine."""
        self._look.setEnabled(False)
        self._look.name("Looking …")
        self.look_requested.emit()

    def open_form(self, custom: Custom | None) -> None:
        """Opens the form for a new provider, or for one of your own."""
        self._form.open(custom)
        self._side.setCurrentIndex(1)
        self._form.fields["name"].setFocus()

    def close_form(self) -> None:
        self._side.setCurrentIndex(0)
        self._list.setFocus()

    def _refresh(self, choose: str = "") -> None:
        before = self._list.current_id()
        self._rows = provider_rows(self._catalogue, self._customs, self._found, self._keys, self._local)
        self._model.set_rows(self._rows)
        ids = {row.id for row in self._rows}
        wanted = next((row_id for row_id in (choose, before) if row_id in ids), self._model.first())
        self._list.choose(wanted)
        with_keys = sum(1 for row in self._rows if row.keys)
        self._count.setText(f"{len(self._rows)}, {with_keys} with keys" if self._rows else "")
        self._chosen(wanted)

    def _row(self) -> ProviderRow | None:
        row_id = self._list.current_id()
        return next((row for row in self._rows if row.id == row_id), None)

    def _chosen(self, row_id: str) -> None:
        if (row := next((row for row in self._rows if row.id == row_id), None)) is None:
            return
        self._detail.show_row(row, self._local)
        if row.name not in self._shelves and row.found is None:
            self._shelves[row.name] = Shelf(provider=row.name)
            self.models_requested.emit(row.name)
        self._show_models()

    def _show_models(self) -> None:
        if (row := self._row()) is None:
            return
        shelf = self._shelves.get(row.name, Shelf(provider=row.name))
        if row.found is not None:
            now = self._clock()
            shelf = replace(shelf, models=row.found.models, fetched=now, base_url=row.base_url)
        rows = model_rows(shelf, self._pricing)
        shelf = replace(shelf, provider=row.id)
        error, fetching = self._errors.get(row.name, ""), row.name in self._fetching
        self._detail.show_models(shelf, rows, error, fetching, self._clock())

    def _search(self, text: str) -> None:
        before = self._list.current_id()
        self._model.find(text)
        shown = self._model.index_of(before).isValid()
        self._list.choose(before if shown else self._model.first())

    def _fetch(self) -> None:
        row = self._row()
        if row is None:
            return
        if row.found is not None:
            self.look()
            return
        self._fetching.add(row.name)
        self._show_models()
        self.fetch_requested.emit(row.name, self._shelves.get(row.name, Shelf(provider="")).base_url)

    def _star(self, model: str, on: bool) -> None:
        if (row := self._row()) is not None:
            self.star_requested.emit(row.name, model, on)

    def _use(self, model: str) -> None:
        row = self._row()
        if row is None or not model:
            return
        if row.found is not None:
            self.candidate_requested.emit(row.found.candidate(model))
            return
        shelf = self._shelves.get(row.name, Shelf(provider=row.name))
        mine = Candidate(provider=row.name, model=model, base_url=shelf.base_url or None)
        if (info := shelf.info(model)) is not None:
            mine = replace(mine, context_window=info.window, capabilities=info.capabilities)
        self.candidate_requested.emit(mine)

    def _edit(self) -> None:
        if (row := self._row()) is not None and row.custom is not None:
            self.open_form(row.custom)

    def _remove(self) -> None:
        if (row := self._row()) is not None and row.custom is not None:
            self.remove_requested.emit(row.name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.look()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        px = theme().px
        self._left.setFixedWidth(px(320) if self.width() >= px(1100) else px(240))

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self._head.setContentsMargins(px(24), px(8), px(16), px(8))
        self._head.setSpacing(px(16))
        self._find_row.setContentsMargins(px(16), px(12), px(16), px(4))
        self._fit()
        palette = self.palette()
        palette.setColor(self.backgroundRole(), p.surface)
        self.setPalette(palette)
        self.setAutoFillBackground(True)
