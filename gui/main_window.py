"""The window: the rail and the pages. It composes the views, and wires them to the controller."""

from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QByteArray, QPoint, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from engine.core.run import Run
from engine.lab.scenarios import SCENARIOS, Category
from gui.controller import Controller
from gui.models.shortcuts import Binder, Bindings
from gui.models.transcript import Turn
from gui.panels import PAGES
from gui.theme import Mode, theme
from gui.views.chat import ChatView
from gui.views.composer import Composer, ComposerState
from gui.views.gallery import Gallery
from gui.views.inspector import Inspector
from gui.views.parameters import ParametersDrawer
from gui.views.rail import Rail
from gui.views.replay import Transport
from gui.views.route_bar import RouteBar
from gui.views.status_line import StatusLine
from gui.views.timeline import TimelineView

LEAST = (880, 560)
DESIGN = (1440, 900)
LEAST_TIMELINE = 460
NARROW = 1040  # below this width the timeline is a strip


class MainWindow(QMainWindow):
    """Wires the views to the controller. `closing` is said instead of closing: the app shuts down, then closes."""

    closing = Signal()
    page_shown = Signal(str)

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self._controller = controller
        self._shown: Run | None = None
        self.setWindowTitle("Streamover")
        self.setMinimumSize(*LEAST)
        self.resize(*DESIGN)
        self.rail = Rail(PAGES)
        self.route_bar = RouteBar()
        self.status = StatusLine()
        self.chat = ChatView()
        self.composer = Composer()
        self.parameters = ParametersDrawer()
        self.timeline = TimelineView()
        self.transport = Transport()
        self.inspector = Inspector()
        self.gallery = Gallery(tuple(SCENARIOS.values()))
        self.pages = QStackedWidget()
        self._names: dict[str, QWidget] = {}
        self._arrange()
        self._connect_controller()
        self._connect_views()
        self.keys = Binder(self, Bindings())
        self._bind_keys()
        self.show_page("chat")
        self.composer.setFocus()

    # The layout

    def add_page(self, name: str, page: QWidget) -> None:
        """Puts a page behind its place in the rail."""
        page.setProperty("page", True)  # the style sheet gives it its ground, also while it is hidden
        page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._names[name] = page
        self.pages.addWidget(page)

    def _arrange(self) -> None:
        chat = QWidget()
        column = _tight(QVBoxLayout(chat))
        column.addWidget(self.route_bar)
        column.addWidget(self.status)
        column.addWidget(self._split(), 1)
        column.addWidget(self.transport)
        self.transport.hide()
        self.add_page("chat", chat)
        self.add_page("scenarios", self.gallery)
        whole = QWidget()
        row = _tight(QHBoxLayout(whole))
        row.addWidget(self.rail)
        row.addWidget(self.pages, 1)
        self.setCentralWidget(whole)

    def _split(self) -> QSplitter:
        self._right = QSplitter(Qt.Orientation.Vertical)
        self._right.addWidget(self.timeline)
        self._right.addWidget(self.inspector)
        self._right.setMinimumWidth(LEAST_TIMELINE)
        self.inspector.hide()
        self._main = QSplitter(Qt.Orientation.Horizontal)
        self._main.addWidget(self._chat_column())
        self._main.addWidget(self._right)
        self._main.setStretchFactor(0, 2)
        self._main.setStretchFactor(1, 3)
        self._main.setSizes([554, 830])
        for splitter in (self._main, self._right):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(self.parameters)
        whole.addWidget(self._main)
        whole.setStretchFactor(1, 1)
        whole.setChildrenCollapsible(False)
        whole.setHandleWidth(1)
        self.parameters.hide()
        return whole

    def _chat_column(self) -> QWidget:
        left = QWidget()
        column = _tight(QVBoxLayout(left))
        column.addWidget(self.chat, 1)
        box = QHBoxLayout()
        box.setContentsMargins(16, 0, 16, 16)
        box.addWidget(self.composer)
        column.addLayout(box)
        left.setMinimumWidth(360)
        return left

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit(event.size().width() < theme().px(NARROW))

    def _fit(self, narrow: bool) -> None:
        """In a narrow window the timeline is a strip above the chat."""
        upright = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._main.orientation() == upright:
            return
        self._main.setOrientation(upright)
        self.timeline.set_compact(narrow)
        self._right.setMinimumWidth(0 if narrow else LEAST_TIMELINE)
        self._main.insertWidget(0 if narrow else 1, self._right)

    # What the controller says

    def _connect_controller(self) -> None:
        c = self._controller
        c.run_changed.connect(self.show_run)
        c.turns_changed.connect(self.show_turns)
        c.route_changed.connect(self.route_bar.show_route)
        c.title_changed.connect(self.route_bar.show_title)
        c.queued_changed.connect(lambda _: self._show_composer())
        c.notice.connect(self.status.show_notice)

    def show_turns(self, turns: tuple[Turn, ...]) -> None:
        """Shows a chat."""
        self.chat.show_turns(turns)
        if not turns:
            self._shown = None
            self.timeline.show_run(None)
            self.status.show_run(None)
            self.close_inspector()
        else:
            self.composer.set_last(turns[-1].message.text)
        self._show_composer()

    def show_run(self, run: Run, *, live: bool = True) -> None:
        """Shows a run of the chat as it is now; a recorded one (`live` False) stands still at its own time."""
        self.chat.update_run(run)
        self._shown = run
        self.timeline.show_run(run, live=live)
        self.status.show_run(run, run.now, live=live)
        self.route_bar.show_run(run)
        self.inspector.update_run(run)
        if run.outcome is not None:
            self._show_composer()

    def _show_composer(self) -> None:
        c = self._controller
        if c.live:
            state = ComposerState.QUEUED if c.queued else ComposerState.RUNNING
        else:
            state = ComposerState.FOLLOW_UP if c.turns else ComposerState.READY
        self.composer.set_state(state)

    # What the user does

    def _connect_views(self) -> None:
        c = self._controller
        self.composer.submitted.connect(self._submit)
        self.composer.stop_requested.connect(c.stop)
        self.composer.scenario_requested.connect(self._open_scenarios)
        self.composer.parameters_requested.connect(self.open_parameters)
        self.parameters.close_requested.connect(self.parameters.hide)
        self.parameters.changed.connect(self._take_parameters)
        self.route_bar.edit_requested.connect(lambda: self.show_page("routes"))
        self.route_bar.candidate_clicked.connect(lambda _: self.show_page("routes"))
        self.timeline.skip_requested.connect(c.skip)
        self.status.skip_requested.connect(c.skip)
        self.status.stop_requested.connect(c.stop)
        self.timeline.attempt_selected.connect(self.select_attempt)
        self.timeline.decision_selected.connect(self.select_decision)
        self.chat.attempt_selected.connect(self._attempt_from_chat)
        self.chat.decision_selected.connect(self._decision_from_chat)
        self.chat.regenerate_requested.connect(c.regenerate)
        self.chat.edit_requested.connect(self._edit)
        self.chat.scenarios_requested.connect(lambda: self.show_page("scenarios"))
        self.gallery.scenario_chosen.connect(self.play)
        self.rail.page_chosen.connect(self.show_page)
        self.inspector.close_requested.connect(self.close_inspector)
        self.inspector.attempt_selected.connect(self.select_attempt)
        self.inspector.step_requested.connect(self._step)

    def _take_parameters(self) -> None:
        self._controller.system, self._controller.parameters = self.parameters.parameters()

    def _submit(self, prompt: str) -> None:
        self.composer.set_draft("")
        self._controller.submit(prompt)

    def _edit(self, prompt: str) -> None:
        self.composer.set_draft(prompt)
        self.composer.setFocus()

    def play(self, scenario: str) -> None:
        """Plays a scenario in a chat of its own."""
        self.show_page("chat")
        self._controller.play(scenario)

    def show_page(self, name: str) -> None:
        """Shows the page of this name; one that is not there leaves the window as it is."""
        if name in self._names:
            self.pages.setCurrentWidget(self._names[name])
            if name in self.rail.buttons:
                self.rail.show_page(name)
            self.page_shown.emit(name)

    def _open_scenarios(self) -> None:
        menu = scenario_menu(self, self.play)
        menu.popup(self.composer.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    # The inspector

    def select_attempt(self, number: int) -> None:
        """Opens the details of an attempt, by its number."""
        if self._shown is None:
            return
        self._open_inspector()
        self.inspector.show_attempt(self._shown, number)
        with QSignalBlocker(self.timeline):
            self.timeline.select_attempt(number)

    def select_decision(self, index: int) -> None:
        """Opens the details of a decision, by its place in the run's trail."""
        if self._shown is None:
            return
        self._open_inspector()
        self.inspector.show_decision(self._shown, index)
        with QSignalBlocker(self.timeline):
            self.timeline.select_decision(index)

    def _attempt_from_chat(self, number: int) -> None:
        self._show_run_of_chat()
        self.select_attempt(number)

    def _decision_from_chat(self, index: int) -> None:
        self._show_run_of_chat()
        self.select_decision(index)

    def _show_run_of_chat(self) -> None:
        """An older answer's run comes to the timeline when something of it is clicked."""
        for turn in self._controller.turns:
            if turn.run is not None and turn.run.id == self.chat.selected_run:
                self._shown = turn.run
                self.timeline.show_run(turn.run)

    def _step(self, by: int) -> None:
        self.timeline.plot.step(by)

    def _open_inspector(self) -> None:
        if self.inspector.isHidden():
            self.inspector.show()
            height = self._right.height()
            self._right.setSizes([round(height * 0.55), round(height * 0.45)])

    def close_inspector(self) -> None:
        self.inspector.hide()
        self.composer.setFocus()

    # Keys and the end

    def _bind_keys(self) -> None:
        c, chat = self._controller, self._names["chat"]
        for name in (page.name for page in PAGES):
            action = "settings" if name == "settings" else f"page.{name}"
            self.keys.bind(action, lambda name=name: self.show_page(name))
        for action, act in {
            "chat.new": self.new_chat, "zoom.in": theme().zoom_in, "zoom.out": theme().zoom_out,
            "zoom.reset": lambda: theme().set_zoom(1.0), "theme.next": _next_theme, "quit": self.close,
            "full-screen": lambda: self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen),
        }.items():  # fmt: skip
            self.keys.bind(action, act)
        for action, act in {
            "chat.parameters": self.open_parameters, "chat.prompt": self.composer.setFocus,
            "chat.scenario": self._open_scenarios, "chat.regenerate": self._regenerate_last, "chat.skip": c.skip,
            "chat.copy": self.chat.copy_last, "chat.details": self._toggle_details,
        }.items():  # fmt: skip
            self.keys.bind(action, act, within=chat)
        self.keys.apply(self.keys.bindings)
        QShortcut(QKeySequence("Escape"), self).activated.connect(self._escape)

    def new_chat(self) -> None:
        """An empty chat, ready to be written in."""
        self.show_page("chat")
        self._controller.new_chat()
        self.composer.setFocus()

    def open_parameters(self) -> None:
        """Opens the drawer of the parameters, or closes it."""
        if self.parameters.isVisible():
            self.parameters.hide()
        else:
            self.parameters.show()
            self.parameters.open()

    def _regenerate_last(self) -> None:
        if (run := self._controller.run) is not None:
            self._controller.regenerate(run.id)

    def _toggle_details(self) -> None:
        if self.inspector.isVisible():
            self.close_inspector()
        elif self._shown is not None and self._shown.attempts:
            self.select_attempt(self._shown.attempts[-1].number)

    def _escape(self) -> None:
        """Stops what is live; else closes the inspector."""
        if self._controller.live:
            self._controller.stop()
        elif self.inspector.isVisible():
            self.close_inspector()

    def place(self) -> bytes:
        """Where the window stands, for the next start."""
        return bytes(self.saveGeometry().data())

    def restore_place(self, place: bytes) -> None:
        """Back to where it stood; into view when that screen is gone."""
        if not self.restoreGeometry(QByteArray(place)):
            return
        screens = QGuiApplication.screens()
        if not any(screen.availableGeometry().intersects(self.frameGeometry()) for screen in screens):
            self.resize(*DESIGN)
            self.move(QGuiApplication.primaryScreen().availableGeometry().topLeft())

    def closeEvent(self, event: QCloseEvent) -> None:
        event.ignore()
        self.closing.emit()


Layout = TypeVar("Layout", QHBoxLayout, QVBoxLayout)


def _tight(layout: Layout) -> Layout:
    """Without margins: views bring their own."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return layout


def _next_theme() -> None:
    """Light becomes dark, and dark light, in the contrast that holds."""
    other: dict[Mode, Mode] = {"light": "dark", "dark": "light", "hc-light": "hc-dark", "hc-dark": "hc-light"}
    dark = theme().palette.surface.lightnessF() < 0.5
    theme().set_mode(other.get(theme().mode, "light" if dark else "dark"))


def scenario_menu(parent: QWidget, play: Callable[[str], None]) -> QMenu:
    """Every scenario, by category; one click plays it."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for category in Category:
        menu.addAction(category.value).setEnabled(False)  # a heading: styles do not draw the text of a section
        for name, scenario in SCENARIOS.items():
            if scenario.category is category:
                action = menu.addAction(scenario.title)
                action.setToolTip(scenario.sentence)
                action.triggered.connect(lambda _=False, name=name: play(name))
    return menu
