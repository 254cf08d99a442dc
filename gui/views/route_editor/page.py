"""The route editor's page. It holds drafts and asks for what the book of routes must do; it writes nothing itself."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QMenu, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from engine.core.request import Candidate, Policy, Route
from engine.keys import KeyEntry
from engine.prices import Prices
from engine.route_bounds import Asked
from engine.route_lint import Report, lint
from gui.models.route_desk import Desk, Draft, RouteEntry, moved, with_candidate, without
from gui.models.route_editor import CandidatesModel, counted, rows_of
from gui.theme import theme
from gui.views.route_editor.candidate_form import CandidateForm, moved_to
from gui.views.route_editor.candidates import CandidateList
from gui.views.route_editor.files import ask_export, ask_import
from gui.views.route_editor.listing import RouteList
from gui.views.route_editor.many import ManyPanel
from gui.views.route_editor.parts import Button, Line, NoticeBar, Pane, Text
from gui.views.route_editor.policy import PolicyPane
from gui.views.route_editor.report import ReportPane

POLICY, CANDIDATE, MANY = range(3)


class RouteEditor(QWidget):
    """Left the routes, in the middle the candidates and what they will do, right the policy or one candidate."""

    route_saved = Signal(object)  # Route
    route_used = Signal(object)  # Route
    delete_requested = Signal(str)
    restore_requested = Signal(str)
    rename_requested = Signal(str, str)  # the old name, the new one
    import_requested = Signal(str)  # path
    export_requested = Signal(str, str)  # name, path

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = Desk()
        self._used = ""
        self._known: frozenset[tuple[str, str]] = frozenset()
        self._asked, self._table = Asked(), Prices()
        self._take_back: Callable[[], object] = self.undo
        self.report: Report | None = None
        self._model = CandidatesModel(self)
        self.routes, self.candidates = RouteList(), CandidateList(self._model)
        self.policy, self.form, self.many = PolicyPane(), CandidateForm(), ManyPanel()
        self.findings, self.notice, self._tabs, self._side = ReportPane(), NoticeBar(), QTabBar(), QStackedWidget()
        self._make_buttons()
        self._lay_out()
        self._connect()
        self._bind_keys()
        theme().changed.connect(self._restyle)
        self._restyle()
        self._show()

    # The layout

    def _make_buttons(self) -> None:
        self._title, self._count = Text("Routes", "reading", 600), Text(token="muted")
        self._name_label, self._about = Text(size="title", weight=600), Text(token="muted")
        self._save, self._use = Button("Save"), Button("Use this route", primary=True)
        for label in (self._name_label, self._about):
            label.setMinimumWidth(1)  # it gives way before the buttons do
        self._save.setToolTip("Save the route (Ctrl+S)")
        self._use.setToolTip("Send the next prompts along this route (Ctrl+Enter)")
        self._new, self._import = Button("New", mark="plus", flat=True), Button("Import", mark="download", flat=True)
        self._new.setToolTip("Begin a route (Ctrl+N)")
        self._import.setToolTip("Add the route of a file")
        self._add, self._add_many = Button("Add candidate", mark="plus"), Button("Add many", mark="grid")
        self._add.setToolTip("Add a candidate at the end (Insert)")
        self._add_many.setToolTip("All models at all providers")

    def _lay_out(self) -> None:
        self._head, self._foot, self._over = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for layout, parts in (
            (self._head, (self._title, self._count, None, self._save, self._use)),
            (self._foot, (self._new, self._import, None)),
            (self._over, (self._name_label, self._about, None, self._add_many, self._add)),
        ):
            for part in parts:
                layout.addStretch(1) if part is None else layout.addWidget(part)
        for label in ("Policy", "Candidate", "Add many"):
            self._tabs.addTab(label)
        self._tabs.setTabVisible(MANY, False)
        self._tabs.setAccessibleName("Policy or candidate")
        for pane in (self.policy, self.form, self.many):
            self._side.addWidget(pane)
        self._left, self._right = Pane(168, 224), Pane(272, 344)
        middle, body, page = QVBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        self._left.column.addWidget(self.routes, 1)
        self._left.column.addLayout(self._foot)
        self._right.column.addWidget(self._tabs)
        self._right.column.addWidget(Line())
        self._right.column.addWidget(self._side, 1)
        middle.addLayout(self._over)
        middle.addWidget(Line())
        middle.addWidget(self.candidates)
        middle.addWidget(self.notice)
        middle.addWidget(self.findings, 1)
        body.addWidget(self._left)
        body.addWidget(Line(upright=True))
        body.addLayout(middle, 1)
        body.addWidget(Line(upright=True))
        body.addWidget(self._right)
        page.addLayout(self._head)
        page.addWidget(Line())
        page.addLayout(body, 1)
        for layout in (middle, body, page):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)

    def _connect(self) -> None:
        self.routes.chosen.connect(self._choose)
        self.routes.rename_asked.connect(self._rename)
        self.routes.remove_asked.connect(self._delete)
        self.routes.customContextMenuRequested.connect(self._open_menu)
        self.candidates.edit_asked.connect(self._edit_candidate)
        self.candidates.remove_asked.connect(self._remove)
        self.candidates.copy_asked.connect(self._copy)
        self.candidates.move_asked.connect(self._move)
        self.candidates.selectionModel().currentChanged.connect(lambda *_: self._show_candidate())
        self.policy.changed.connect(self._set_policy)
        self.form.changed.connect(self._set_candidate)
        self.many.added.connect(self._add_these)
        self.many.closed.connect(lambda: self._open(POLICY))
        self.findings.apply_asked.connect(self._apply)
        self.findings.place_asked.connect(self._edit_candidate)
        self.notice.undo_asked.connect(lambda: self._take_back())
        self._tabs.currentChanged.connect(self._open)
        for button, act in (
            (self._save, self.save), (self._use, self.use), (self._new, self.begin), (self._add, self.add_candidate),
        ):  # fmt: skip
            button.clicked.connect(act)
        self._add_many.clicked.connect(lambda: self._open(MANY))
        self._import.clicked.connect(lambda: ask_import(self, self.import_requested.emit))

    def _bind_keys(self) -> None:
        for keys, act in (
            ("Ctrl+S", self.save), ("Ctrl+Return", self.use), ("Ctrl+N", self.begin), ("Insert", self.add_candidate),
            ("Ctrl+Z", self.undo), ("Ctrl+Shift+Z", self.redo), ("Ctrl+Y", self.redo),
            ("Escape", lambda: self._open(POLICY)), ("F2", self.routes.rename),
        ):  # fmt: skip
            QShortcut(QKeySequence(keys), self, act, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)

    # What is shown from outside

    def show_routes(self, entries: Sequence[RouteEntry]) -> None:
        """The routes that there are. Drafts with changes stay as they are; the others follow what is saved."""
        self._desk.show(entries)
        self._show()

    def edit(self, route: Route) -> None:
        """Opens this route for editing: the saved one of its name, or a draft that is not saved."""
        self._desk.open(route)
        self._show()

    def show_keys(self, entries: Sequence[KeyEntry]) -> None:
        """The keys that there are, by provider and name."""
        self._known = frozenset((entry.provider, entry.name) for entry in entries)
        self._show()

    def show_error(self, text: str) -> None:
        self.notice.show_error(text)

    def show_used(self, name: str) -> None:
        """Which route the chat goes along."""
        self._used = name
        self._show()

    def show_asked(self, asked: Asked) -> None:
        """What the next prompt asks for, by which the report is reckoned."""
        self._asked = asked
        self._show()

    def show_prices(self, table: Prices) -> None:
        self._table = table
        self._show()

    # What the user does with routes

    @property
    def route(self) -> Route | None:
        """The route as it is edited; None where its file cannot be read."""
        return self._desk.route

    def save(self) -> None:
        route, entry = self.route, self._desk.entry(self._desk.name)
        if route is not None and (entry is None or not entry.built_in):
            self.route_saved.emit(route)

    def use(self) -> None:
        if self.route is not None and self._use.isEnabled():
            self.route_used.emit(self.route)

    def begin(self) -> None:
        """A new draft, empty, with the form open for its first candidate."""
        self._desk.begin(Route(name="New route", candidates=()))
        self._show()
        self._add.setFocus()

    def _duplicate(self) -> None:
        if (route := self.route) is not None:
            self._desk.begin(replace(route, name=f"{route.name} copy"))
            self._show()

    def _rename(self, old: str, new: str) -> None:
        """A draft that was never saved is renamed here; a saved route by the book, which may refuse."""
        if self._desk.rename(old, new):
            self.rename_requested.emit(old, new)
        self._show()

    def _delete(self, name: str) -> None:
        entry = self._desk.entry(name)
        if not name or (entry is not None and entry.built_in):
            return
        draft = self._desk.remove(name)
        if entry is not None:
            self._take_back = lambda: self.restore_requested.emit(name)
            self.delete_requested.emit(name)
        elif draft is not None:
            self._take_back = lambda: self._bring_back(name, draft)
        self._show()
        self.notice.show_done(f"Route {name} was deleted.")

    def _bring_back(self, name: str, draft: Draft) -> None:
        self._desk.bring_back(name, draft)
        self._show()

    def _choose(self, name: str) -> None:
        if name != self._desk.name:
            self._desk.name = name
            self._show()

    def _open_menu(self, place: QPoint) -> None:
        name = self.routes.current()
        entry = self._desk.entry(name)
        if not name:
            return
        menu, own, stored = QMenu(self), entry is None or not entry.built_in, entry is not None and not entry.built_in
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Rename", self.routes.rename).setEnabled(own and self.route is not None)
        menu.addAction("Duplicate", self._duplicate).setEnabled(self.route is not None)
        menu.addAction("Export …", lambda: ask_export(self, name, self.export_requested.emit)).setEnabled(stored)
        menu.addSeparator()
        menu.addAction("Delete", lambda: self._delete(name)).setEnabled(own)
        menu.popup(self.routes.viewport().mapToGlobal(place))

    # What the user does with the route that is open

    def undo(self) -> None:
        self._turn(Draft.undo)

    def redo(self) -> None:
        self._turn(Draft.redo)

    def _turn(self, step: Callable[[Draft], str]) -> None:
        draft = self._desk.draft()
        if draft is not None and step(draft):
            self.notice.dismiss()
            self._show()

    def add_candidate(self) -> None:
        """Adds one at the end, at the first provider that has a key and is not in the route yet, and opens it."""
        if (route := self.route) is None:
            return
        there = {candidate.provider for candidate in route.candidates}
        keyed = sorted({owner for owner, _ in self._known if owner and owner not in there})
        name = "openai" if not keyed or "openai" in keyed else keyed[0]
        keys = tuple(sorted(key for owner, key in self._known if owner == name))
        candidate = moved_to(Candidate(provider=name, model=""), name, keys)
        self._change(replace(route, candidates=(*route.candidates, candidate)), "Added a candidate")
        self._edit_candidate(len(route.candidates))
        self.form.provider.take_focus()

    def _add_these(self, candidates: tuple[Candidate, ...]) -> None:
        if (route := self.route) is None:
            return
        filled = tuple(self._with_keys(candidate) for candidate in candidates)
        self._open(POLICY)
        self._done(
            replace(route, candidates=(*route.candidates, *filled)), f"Added {counted(len(filled), 'candidate')}"
        )

    def _with_keys(self, candidate: Candidate) -> Candidate:
        return replace(candidate, keys=tuple(sorted(key for owner, key in self._known if owner == candidate.provider)))

    def _remove(self, place: int) -> None:
        if (route := self.route) is not None:
            self._done(without(route, place), f"Removed {route.candidates[place].label}")
            self.candidates.choose(min(place, len(route.candidates) - 2))

    def _copy(self, place: int) -> None:
        if (route := self.route) is not None:
            chain = (*route.candidates[: place + 1], *route.candidates[place:])
            self._change(replace(route, candidates=chain), "Duplicated a candidate")

    def _move(self, place: int, to: int) -> None:
        if (route := self.route) is not None:
            self._change(moved(route, place, to), "Moved a candidate")
            self.candidates.choose(to)

    def _set_policy(self, policy: Policy, did: str) -> None:
        if self.route is not None:
            self._change(replace(self.route, policy=policy), did)

    def _set_candidate(self, candidate: Candidate, did: str) -> None:
        place, route = self.candidates.place(), self.route
        if route is not None and place >= 0:
            self._change(with_candidate(route, place, candidate), did)

    def _apply(self, mended: Route, did: str) -> None:
        self._done(replace(mended, name=self._desk.name), did)

    def _done(self, route: Route, did: str) -> None:
        """A change that offers to be taken back."""
        self._change(route, did)
        self._take_back = self.undo
        self.notice.show_done(f"{did}.")

    def _change(self, route: Route, did: str) -> None:
        place = self.candidates.place()
        if self._desk.change(route, did):
            self._show()
            self.candidates.choose(place)

    # What the page shows

    def _show(self) -> None:
        desk, route, draft = self._desk, self._desk.route, self._desk.draft()
        entry = desk.entry(desk.name)
        listed = [(one, desk.changed(one.name)) for one in desk.listed()]
        self.routes.show_entries(listed, desk.name, self._used)
        self._count.setText(counted(len(listed), "route"))
        self._name_label.setText(desk.name)
        for part in (self._add, self._add_many, self._right, self.findings):
            part.setEnabled(route is not None)
        if entry is not None and route is None:
            self.notice.show_error(entry.error)
        shown = route or Route(name=desk.name, candidates=())
        self.report = lint(shown, self._known, self._asked, self._table)
        self.findings.setVisible(route is not None)
        self._about.setText(desk.about())
        self._model.set_rows(rows_of(shown, self.report.findings, self._known, self._table))
        self._fit()
        if self.candidates.place() < 0 and shown.candidates:
            self.candidates.choose(0)
        self.policy.show_policy(shown.policy)
        self.form.show_keys(self._known, self._table)
        self._show_candidate()
        self.findings.show_report(self.report, shown)
        built_in = entry is not None and entry.built_in
        self._save.setEnabled(bool(draft and draft.changed and shown.candidates) and not built_in)
        self._use.setEnabled(route is not None and self.report.usable)

    def _show_candidate(self) -> None:
        place, route = self.candidates.place(), self.route
        chain = route.candidates if route is not None else ()
        self.form.show_candidate(chain[place] if 0 <= place < len(chain) else None)
        self._tabs.setTabText(CANDIDATE, f"Candidate {place + 1}" if 0 <= place < len(chain) else "Candidate")

    def _edit_candidate(self, place: int) -> None:
        self.candidates.choose(place)
        self._open(CANDIDATE)

    def _open(self, pane: int) -> None:
        self._side.setCurrentIndex(pane)
        self._tabs.setTabVisible(MANY, pane == MANY)
        self._tabs.setCurrentIndex(pane)
        if pane == MANY:
            self.many.models.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self._about.setVisible(self.width() >= theme().px(1200))
        self.candidates.fit(round(self.height() * 0.5))
        self.findings.show_ladder(self.height() >= theme().px(640))

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self._head.setContentsMargins(px(24), px(8), px(16), px(8))
        self._head.setSpacing(px(12))
        self._foot.setContentsMargins(px(8), px(6), px(8), px(6))
        self._over.setContentsMargins(px(24), px(8), px(16), px(8))
        self._over.setSpacing(px(12))
        self._tabs.setFont(theme().font("control", 500))
        self._tabs.setStyleSheet(f"QTabBar {{ margin-left: {px(20)}px; }}")
        self.routes.setStyleSheet(f"QListWidget {{ background: {p.raised.name()}; border: none; }}")
        palette = self.palette()
        palette.setColor(self.backgroundRole(), p.surface)
        self.setPalette(palette)
        self.setAutoFillBackground(True)
        self._fit()
