"""The chat: a scrolling column of turns, which follows the newest words only while its end is in view."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QKeySequence, QResizeEvent, QShortcut, QTextCursor, QTextDocument, QWheelEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QPushButton, QScrollArea, QTextEdit, QVBoxLayout, QWidget

from engine.core.run import Run
from gui.icons import icon
from gui.models.transcript import Turn
from gui.theme import theme
from gui.views.chat.answer import TurnView

EMPTY = "Write a prompt, or run a scenario. Scenarios need no keys."
NEAR_END = 24  # px from the end at which the chat still follows
AT_ONCE = 12  # turns that are built at first
MORE = 6  # earlier turns that are built when the user comes near the top


class ChatView(QWidget):
    """Shows turns; `update_run` once a frame draws what a live run has added."""

    decision_selected = Signal(int)  # a place in the trail of the run `selected_run`
    attempt_selected = Signal(int)  # an attempt's number in the run `selected_run`
    regenerate_requested = Signal(str)  # a run's id
    edit_requested = Signal(str)  # the text of a prompt, to be edited and sent again
    scenarios_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.selected_run = ""
        self._turns: tuple[Turn, ...] = ()
        self._views: dict[int, TurnView] = {}
        self._follows = True
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName("Chat")
        self._page = QWidget()
        self._column = QVBoxLayout(self._page)
        self._column.addStretch(1)
        self._scroll.setWidget(self._page)
        self._empty = EmptyChat(self)
        self._empty.scenarios.clicked.connect(self.scenarios_requested)
        self._find = FindBar(self)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._find)
        outer.addWidget(self._empty, 1)
        outer.addWidget(self._scroll, 1)
        self._latest = QPushButton("Jump to latest", self)
        self._latest.clicked.connect(self.jump_to_latest)
        self._latest.hide()
        self._anchor: tuple[TurnView, int] | None = None  # a turn, and where it stands in the view
        self._building = QTimer(self, interval=0, singleShot=True)
        self._building.timeout.connect(self._build_earlier)
        self._connect_scrolling()
        QShortcut(QKeySequence.StandardKey.Find, self, self._find.open, context=Qt.ShortcutContext.WindowShortcut)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _connect_scrolling(self) -> None:
        bar = self._scroll.verticalScrollBar()
        bar.rangeChanged.connect(self._range_changed)
        bar.valueChanged.connect(self._scrolled)
        bar.actionTriggered.connect(self._bar_moved)
        self._scroll.viewport().installEventFilter(self)

    # What is shown

    def show_turns(self, turns: Sequence[Turn]) -> None:
        """Shows a chat. Turns that stand already are kept as they are."""
        turns = tuple(turns)
        kept = 0
        for old, new in zip(self._turns, turns, strict=False):
            if old.message != new.message or _id(old) not in ("", _id(new)):
                break
            kept += 1
        for place in [place for place in self._views if place >= kept]:
            self._remove(place)
        for place, view in self._views.items():
            view.show_turn(turns[place])
        self._turns = turns
        for place in range(max(kept, len(turns) - AT_ONCE), len(turns)):
            self._build(place)
        self._empty.setVisible(not turns)
        self._scroll.setVisible(bool(turns))
        if len(turns) > kept:
            self.jump_to_latest()

    def update_run(self, run: Run) -> None:
        """Draws what the run has added. A run of no turn here is passed over."""
        for place in range(len(self._turns) - 1, -1, -1):
            if _id(self._turns[place]) == run.id:
                self._turns = (
                    *self._turns[:place],
                    Turn(message=self._turns[place].message, run=run),
                    *self._turns[place + 1 :],
                )
                if place in self._views:
                    self._views[place].show_run(run)
                return

    def _build(self, place: int) -> None:
        if place in self._views:
            return
        view = TurnView(self._turns[place])
        view.decision_selected.connect(self._select_decision)
        view.attempt_selected.connect(self._select_attempt)
        view.regenerate_requested.connect(self.regenerate_requested)
        view.edit_requested.connect(self.edit_requested)
        self._column.insertWidget(sum(other < place for other in self._views), view)
        self._views[place] = view

    def _build_earlier(self) -> None:
        """Builds some turns above the first one, which stays where it stands in the view."""
        first = min(self._views, default=0)
        if first == 0:
            return
        top = self._views[first]
        self._anchor = (top, top.y() - self._scroll.verticalScrollBar().value())
        for place in range(first - 1, max(-1, first - 1 - MORE), -1):
            self._build(place)

    def build_all(self) -> None:
        """Builds every turn, for a search through the whole chat."""
        for place in range(len(self._turns)):
            self._build(place)

    def _remove(self, place: int) -> None:
        view = self._views.pop(place)
        self._column.removeWidget(view)
        view.hide()
        view.deleteLater()

    def _select_decision(self, run: str, place: int) -> None:
        self.selected_run = run
        self.decision_selected.emit(place)

    def _select_attempt(self, run: str, number: int) -> None:
        self.selected_run = run
        self.attempt_selected.emit(number)

    def copy_last(self) -> None:
        """Puts the last answer on the clipboard."""
        if self._views:
            self._views[max(self._views)].copy_answer()

    # Scrolling

    def jump_to_latest(self) -> None:
        """Goes to the end, and follows it from there."""
        self._follows = True
        bar = self._scroll.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._latest.hide()

    @property
    def follows(self) -> bool:
        """Whether the view moves with the newest words."""
        return self._follows

    def _range_changed(self) -> None:
        bar = self._scroll.verticalScrollBar()
        if self._follows:
            bar.setValue(bar.maximum())
        elif self._anchor is not None:
            view, offset = self._anchor
            self._anchor = None
            bar.setValue(view.y() - offset)
        else:
            self._show_latest(bar.value() < bar.maximum() - NEAR_END)

    def _scrolled(self, value: int) -> None:
        self._show_latest(value < self._scroll.verticalScrollBar().maximum() - NEAR_END and not self._follows)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QWheelEvent):
            self._follows = self._follows and event.angleDelta().y() <= 0  # at once: more text may come before the turn
            QTimer.singleShot(0, self, self._user_scrolled)
        return super().eventFilter(watched, event)

    def _bar_moved(self) -> None:
        bar = self._scroll.verticalScrollBar()
        self._follows = bar.sliderPosition() >= bar.maximum() - NEAR_END
        QTimer.singleShot(0, self, self._user_scrolled)

    def _user_scrolled(self) -> None:
        bar = self._scroll.verticalScrollBar()
        self._follows = bar.value() >= bar.maximum() - NEAR_END
        if not self._follows and bar.value() < self._scroll.viewport().height():
            self._building.start()
        self._show_latest(not self._follows)

    def _show_latest(self, shown: bool) -> None:
        self._latest.setVisible(shown)
        self._place_latest()

    def _place_latest(self) -> None:
        self._latest.adjustSize()
        px = theme().px
        left = (self.width() - self._latest.width()) // 2
        self._latest.move(left, self.height() - self._latest.height() - px(8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_latest()

    def _restyle(self) -> None:
        px, palette = theme().px, theme().palette
        self._column.setContentsMargins(px(24), px(24), px(24), 0)
        self._column.setSpacing(0)
        self._empty.sentence.setFont(theme().font("reading"))
        self._empty.sentence.setStyleSheet(f"color: {palette.muted.name()};")
        self._latest.setIcon(icon("download", palette.accent, theme().px(14)))
        turns, self._turns = self._turns, ()
        for place in list(self._views):
            self._remove(place)
        self.show_turns(turns)

    def bodies(self) -> list[QTextEdit]:
        """Every text of the chat, from the first to the last."""
        return [body for place in sorted(self._views) for body in self._views[place].bodies()]

    def reveal(self, body: QTextEdit) -> None:
        """Scrolls to the selection in `body`."""
        self._follows = False
        top = body.mapTo(self._page, body.cursorRect().center())
        self._scroll.ensureVisible(top.x(), top.y(), 0, self._scroll.viewport().height() // 3)


class EmptyChat(QWidget):
    """What stands where no turn is: a sentence, and the way to the scenarios."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.sentence = QLabel(EMPTY, alignment=Qt.AlignmentFlag.AlignCenter)
        self.sentence.setWordWrap(True)
        self.scenarios = QPushButton("See what can go wrong")
        self.scenarios.setToolTip("Two dozen scenarios that run here, without keys and without cost")
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self.sentence)
        column.addSpacing(16)
        column.addWidget(self.scenarios, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)


class FindBar(QWidget):
    """Finds words in the chat: Enter goes on, Shift+Enter back, Esc closes."""

    def __init__(self, chat: ChatView) -> None:
        super().__init__(chat)
        self._chat = chat
        self._hits: list[tuple[QTextEdit, QTextCursor]] = []
        self._at = -1
        self._input = QLineEdit(placeholderText="Find in this chat")
        self._input.setAccessibleName("Find in this chat")
        self._count = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 8, 24, 8)
        row.addWidget(self._input, 1)
        row.addWidget(self._count)
        self._input.textChanged.connect(self._search)
        self._input.returnPressed.connect(lambda: self.step(1))
        for keys, act in (("Shift+Return", lambda: self.step(-1)), ("Esc", self.close_bar)):
            QShortcut(QKeySequence(keys), self, act, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.hide()

    def open(self) -> None:
        self._chat.build_all()
        self.show()
        self._input.setFocus()
        self._input.selectAll()
        self._search()

    def close_bar(self) -> None:
        """Closes the bar and takes its marks away."""
        self._input.clear()
        self.hide()

    def _search(self) -> None:
        text = self._input.text()
        self._hits = []
        for body in self._chat.bodies():
            found = list(_occurrences(body.document(), text)) if text else []
            self._hits += [(body, cursor) for cursor in found]
            body.setExtraSelections([_mark(cursor, theme().palette.tint_line) for cursor in found])
        self._at = -1
        self._say()

    def step(self, by: int) -> None:
        """Goes to the next (1) or the previous (-1) place; behind the last comes the first."""
        if not self._hits:
            return
        self._at = (self._at + by) % len(self._hits) if self._at >= 0 else (0 if by > 0 else len(self._hits) - 1)
        body, cursor = self._hits[self._at]
        body.setTextCursor(cursor)
        self._chat.reveal(body)
        self._say()

    def _say(self) -> None:
        place = f"{self._at + 1} of {len(self._hits)}" if self._at >= 0 else f"{len(self._hits)} found"
        self._count.setText(place if self._input.text() else "")


def _occurrences(document: QTextDocument, text: str) -> list[QTextCursor]:
    found: list[QTextCursor] = []
    cursor = document.find(text)
    while not cursor.isNull():
        found.append(cursor)
        cursor = document.find(text, cursor)
    return found


def _mark(cursor: QTextCursor, colour: QColor) -> QTextEdit.ExtraSelection:
    mark = QTextEdit.ExtraSelection()
    mark.cursor = cursor  # type: ignore[attr-defined]  # a public field that the stubs leave out
    mark.format.setBackground(colour)  # type: ignore[attr-defined]  # as above
    return mark


def _id(turn: Turn) -> str:
    return turn.run.id if turn.run is not None else ""
