"""The rows above and below the columns: what is shown and how, the prompt, the vote, and the foot."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from engine.compare.sets import Mode
from gui.drawing.fittings import Button, Choice, Text
from gui.icons import icon
from gui.models.compare import Arrangement, Board
from gui.theme import theme

FACES = ("Answers", "Differences", "Statistics")
MODES = {Mode.ALL_AT_ONCE: "All at once", Mode.ONE_AT_A_TIME: "One at a time", Mode.BY_BACKEND: "By back-end"}
MODE_WORDS = {
    Mode.ALL_AT_ONCE: "all at once", Mode.ONE_AT_A_TIME: "one at a time", Mode.BY_BACKEND: "by back-end",
}  # fmt: skip
ARRANGED = {Arrangement.SIDE: "columns", Arrangement.GRID: "grid", Arrangement.TABS: "table"}
RUNS = (1, 3, 5, 10, 20, 30, 50, 100, 200, 500, 1000)


class Row(QWidget):
    """A row of widgets with the page's margins; `high` is its least height."""

    def __init__(self, high: int = 48) -> None:
        super().__init__()
        px = theme().px
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(px(24), px(4), px(16), px(4))
        self.row.setSpacing(px(8))
        self.setMinimumHeight(px(high))


class Toggle(QToolButton):
    """A small button that stays down: a word, an icon, or both."""

    def __init__(self, text: str, mark: str = "", *, tip: str = "") -> None:
        super().__init__()
        self._mark = mark
        self.setCheckable(True)
        self.setText(text)
        self.setAccessibleName(tip or text)
        self.setToolTip(tip)
        both = Qt.ToolButtonStyle.ToolButtonTextBesideIcon
        self.setToolButtonStyle(both if mark and text else Qt.ToolButtonStyle.ToolButtonIconOnly if mark else both)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.toggled.connect(self.dress)
        theme().changed.connect(self.dress)
        self.dress()

    def dress(self) -> None:
        """Takes the theme's colours for the state it is in."""
        p, px = theme().palette, theme().px
        colour = (p.accent if self.isChecked() else p.text).name()
        self.setFont(theme().font("control", 500))
        sides = px(5) if self._mark and not self.text() else px(10)
        self.setStyleSheet(f"QToolButton {{ color: {colour}; padding: {px(4)}px {sides}px; }}")
        if self._mark:
            self.setIcon(icon(self._mark, p.accent if self.isChecked() else p.muted, px(14)))


class TopBar(Row):
    """The page's title and what it shows."""

    face_chosen = Signal(int)
    arrangement_chosen = Signal(object)  # Arrangement
    best_toggled = Signal(bool)
    sync_toggled = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._note = Text("", token="muted")
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._faces, self._shapes = QButtonGroup(self), QButtonGroup(self)
        self.best, self.sync = Toggle("Mark best"), Toggle("Sync scroll", tip="Scroll all answers together")
        self.add = Button("Column", mark="plus")
        self.more = Toggle("", "settings", tip="Sets, reports, blind mode and the cap")
        self.more.setCheckable(False)
        self.row.addWidget(Text("Compare", weight=600))
        self.row.addSpacing(theme().px(8))
        self.row.addWidget(self._note, 1)
        self._group(self._faces, [Toggle(face) for face in FACES])
        self.row.addSpacing(theme().px(12))
        self._group(self._shapes, [Toggle("", mark, tip=shape.value) for shape, mark in ARRANGED.items()])
        self.row.addSpacing(theme().px(12))
        for widget in (self.sync, self.best, self.add, self.more):
            self.row.addWidget(widget)
        self._faces.button(0).setChecked(True)
        self._faces.idClicked.connect(self.face_chosen)
        self._shapes.idClicked.connect(lambda place: self.arrangement_chosen.emit(list(Arrangement)[place]))
        self.best.toggled.connect(self.best_toggled)
        self.sync.toggled.connect(self.sync_toggled)

    def _group(self, group: QButtonGroup, buttons: Sequence[QToolButton]) -> None:
        for place, button in enumerate(buttons):
            group.addButton(button, place)
            self.row.addWidget(button)

    def show_board(self, board: Board, *, running: bool) -> None:
        count = len(board.lanes)
        self._note.setText(f"{count} columns, {MODE_WORDS[board.mode]}")
        self._shapes.button(list(Arrangement).index(board.arrangement)).setChecked(True)
        for button, on in ((self.best, board.marks_best), (self.sync, board.synced)):
            button.blockSignals(True)
            button.setChecked(on)
            button.blockSignals(False)
            button.dress()
        self.add.setEnabled(count < 8 and not running)
        self.add.setToolTip("Eight columns are the most" if count >= 8 else "Add a route or a scenario as a column")

    def choose_face(self, face: int) -> None:
        self._faces.button(face).setChecked(True)


class PromptBar(Row):
    """The common prompt, how it is run, and the button that runs it."""

    run_requested = Signal()
    stop_requested = Signal()
    prompt_changed = Signal(str)
    mode_chosen = Signal(object)  # Mode
    repeat_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.field = QLineEdit()
        self.field.setAccessibleName("Prompt of all columns")
        self.field.setPlaceholderText("What every column is asked")
        self.field.setFont(theme().font("reading"))
        self.field.setStyleSheet("QLineEdit { border: none; background: transparent; padding: 0; }")
        self.mode = Choice()
        self.mode.addItems(list(MODES.values()))
        self.mode.setAccessibleName("How many columns run at a time")
        self.repeat = Choice()
        self.repeat.addItems([_runs(count) for count in RUNS])
        self.repeat.setAccessibleName("Runs of each column")
        self.repeat.setToolTip("How often each column is asked, in an order that a seed shuffles")
        self.button = Button("Run", primary=True)
        self._running = False
        self._counts: list[int] = list(RUNS)
        self.row.addWidget(Text("Prompt", "caption", token="muted"))
        self.row.addWidget(self.field, 1)
        for widget in (self.mode, self.repeat, self.button):
            self.row.addWidget(widget)
        self._connect()

    def _connect(self) -> None:
        self.field.editingFinished.connect(lambda: self.prompt_changed.emit(self.field.text()))
        self.field.returnPressed.connect(self._press)
        self.mode.activated.connect(lambda place: self.mode_chosen.emit(list(MODES)[place]))
        self.repeat.activated.connect(lambda place: self.repeat_chosen.emit(self._counts[place]))
        self.button.clicked.connect(self._press)

    def _press(self) -> None:
        if self._running:
            if self.sender() is self.button:
                self.stop_requested.emit()
            return
        self.prompt_changed.emit(self.field.text())
        self.run_requested.emit()

    def show_board(self, board: Board, *, running: bool) -> None:
        self._running = running
        if not self.field.hasFocus():
            self.field.setText(board.prompt)
            self.field.setCursorPosition(0)
        self.mode.setCurrentIndex(list(MODES).index(board.mode))
        if board.repeat not in self._counts:  # of a set from a file
            self._counts = sorted({*RUNS, board.repeat})
            self.repeat.clear()
            self.repeat.addItems([_runs(count) for count in self._counts])
        self.repeat.setCurrentIndex(self._counts.index(board.repeat))
        self.button.name("Stop" if running else "Run")
        for widget in (self.mode, self.repeat):
            widget.setEnabled(not running)


class Question(Row):
    """A sentence with an answer to give: before much is begun."""

    answered = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self._text = Text("", weight=500, wraps=True)
        yes, no = Button("Begin", primary=True), Button("Not now")
        self.row.addWidget(self._text, 1)
        self.row.addWidget(yes)
        self.row.addWidget(no)
        yes.clicked.connect(lambda: self._answer(True))
        no.clicked.connect(lambda: self._answer(False))
        self.hide()

    def ask(self, text: str) -> None:
        self._text.setText(text)
        self.show()

    def _answer(self, yes: bool) -> None:
        self.hide()
        self.answered.emit(yes)


class VoteBar(Row):
    """Which answer is best: one of them, or none. The reason is optional."""

    voted = Signal(object, str)  # the column's place or None, the reason

    def __init__(self) -> None:
        super().__init__()
        self._question = Text("Which answer is best?", weight=500)
        self._names = QHBoxLayout()
        self._names.setSpacing(theme().px(6))
        self.reason = QLineEdit()
        self.reason.setPlaceholderText("Why (optional)")
        self.reason.setAccessibleName("Reason of the vote")
        self.row.addWidget(self._question)
        self.row.addLayout(self._names)
        self.row.addWidget(self.reason, 1)
        self.hide()

    def ask(self, names: Sequence[tuple[int, str]], *, hidden: bool) -> None:
        """Offers these columns, by place and name, and a tie."""
        while (item := self._names.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        for place, name in [*names, (None, "A tie")]:
            button = Button(name if len(name) <= 24 else f"{name[:23]}…")
            button.clicked.connect(lambda _=False, place=place: self._vote(place))
            self._names.addWidget(button)
        self._question.setText("Which is best? Names are shown after your vote." if hidden else "Which answer is best?")
        self.show()

    def _vote(self, place: int | None) -> None:
        self.hide()
        self.voted.emit(place, self.reason.text().strip())
        self.reason.clear()


class Foot(Row):
    """What the marks mean, and what the comparison costs."""

    def __init__(self) -> None:
        super().__init__(28)
        self.left, self.right = Text("", "caption", token="muted"), Text("", "caption", token="muted")
        self.left.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.row.addWidget(self.left, 1)
        self.row.addWidget(self.right)


def _runs(count: int) -> str:
    return f"{count} run{'s' * (count != 1)}"
