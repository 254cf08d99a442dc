"""The palette lies over the window as a child of it: a field, what is found, and nothing that turns a second loop."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QFrame, QLineEdit, QListView, QVBoxLayout, QWidget

from gui.drawing.fittings import Line, Text
from gui.models.palette import Command, PaletteModel, rank
from gui.theme import theme
from gui.views.palette.row import RowDelegate

WIDTH, TOP, MOST_ROWS = 600, 72, 11
RECENT = 6  # commands that are remembered
PLACEHOLDER = "Find a command, a scenario, a route or a chat"
EMPTY = "Nothing is called that. Fewer letters find more."
HINT = "Up and Down choose   ·   Enter runs   ·   Esc closes"


class Palette(QWidget):
    """Lies over `parent`. Says by id which command was chosen, after it has gone."""

    chosen = Signal(str)
    dismissed = Signal()

    def __init__(self, commands: Sequence[Command], parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._commands: tuple[Command, ...] = ()
        self._recent: tuple[str, ...] = ()
        self._before: QWidget | None = None
        self.model = PaletteModel(self)
        self.panel = _Panel(self)
        self.field = _Field(self.panel)
        self.results = _Results(self.model, self.panel)
        self._empty, self._hint = Text(EMPTY, token="muted"), Text(HINT, "caption", token="muted")
        self._lay_out()
        self._connect()
        self.hide()
        self.set_commands(commands)
        self._restyle()

    def _lay_out(self) -> None:
        self._column = QVBoxLayout(self.panel)
        self._column.setSpacing(0)
        self._lines = [Line(), Line()]
        for part in (self.field, self._lines[0], self.results, self._empty, self._lines[1], self._hint):
            self._column.addWidget(part)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)

    def _connect(self) -> None:
        self.field.textChanged.connect(self._find)
        self.field.moved.connect(self.results.move_by)
        self.field.accepted.connect(self._choose)
        self.field.left.connect(self.dismiss)
        self.results.clicked.connect(self._choose)
        self.results.selectionModel().currentChanged.connect(self._say)
        self._window.installEventFilter(self)
        theme().changed.connect(self._restyle)

    # What it knows

    @property
    def recent(self) -> tuple[str, ...]:
        """The ids of what was chosen last, the newest first: for the settings."""
        return self._recent

    def set_recent(self, recent: Sequence[str]) -> None:
        self._recent = tuple(recent)[:RECENT]

    def set_commands(self, commands: Sequence[Command]) -> None:
        """What can be found from now on."""
        self._commands = tuple(commands)
        self._find()

    # Opening and closing

    def open(self, text: str = "") -> None:
        """Shows it, with the field empty or with `text` in it, and takes the focus."""
        if not self.isVisible():
            self._before = QApplication.focusWidget()
        self.setGeometry(self._window.rect())
        self.field.setText(text)
        self._find()
        self.show()
        self.raise_()
        self.field.setFocus()

    def toggle(self) -> None:
        self.dismiss() if self.isVisible() else self.open()

    def dismiss(self) -> None:
        """Hides it, and gives the focus back."""
        self.hide()
        if self._before is not None and self._before.isVisible():
            self._before.setFocus()
        self._before = None
        self.dismissed.emit()

    def _choose(self) -> None:
        command = self.results.current()
        if command is None or not command.enabled:
            return
        self._recent = (command.id, *(id_ for id_ in self._recent if id_ != command.id))[:RECENT]
        self.dismiss()
        self.chosen.emit(command.id)

    def _find(self) -> None:
        self.model.show(rank(self._commands, self.field.text(), self._recent))
        self.results.move_by(0)
        self._place()

    def _say(self, current: QModelIndex) -> None:
        """The focus stays in the field, so a screen reader is told what is chosen."""
        if current.isValid() and self.isVisible():
            words = str(self.model.data(current, Qt.ItemDataRole.AccessibleTextRole))
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.field, words))

    # Looks

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self.setGeometry(self._window.rect())
            self._place()
        return super().eventFilter(watched, event)

    def _restyle(self) -> None:
        px = theme().px
        self._hint.setContentsMargins(px(16), px(8), px(16), px(8))
        self._empty.setContentsMargins(px(16), px(24), px(16), px(24))
        self._column.setContentsMargins(1, 1, 1, 1)
        self._place()
        self.update()

    def _place(self) -> None:
        """As high as its rows, within the window."""
        px, any_ = theme().px, self.model.rowCount() > 0
        self.results.setVisible(any_)
        self._empty.setVisible(not any_)
        top = min(px(TOP), self.height() // 10)
        width = min(px(WIDTH), self.width() - 2 * px(16))
        rest = self.field.sizeHint().height() + self._hint.sizeHint().height() + 4
        room = max(px(80), self.height() - top - rest - px(24))
        rows = sum(self.results.sizeHintForRow(row) for row in range(min(MOST_ROWS + 2, self.model.rowCount())))
        body = min(rows + px(12), room, px(36 * MOST_ROWS)) if any_ else self._empty.sizeHint().height()
        self.results.setFixedHeight(body)
        self.panel.setGeometry((self.width() - width) // 2, top, width, rest + body)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The window lies behind a veil, so that it is plain where the keys go."""
        veil = theme().palette.sunken
        painter = QPainter(self)
        painter.setOpacity(0.7)
        painter.fillRect(self.rect(), veil)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.dismiss()


class _Panel(QFrame):
    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()  # a click beside a row is not a click beside the palette

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, p = QPainter(self), theme().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(p.line_strong, 1))
        painter.setBrush(p.surface)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), theme().px(8), theme().px(8))
        painter.end()


class _Field(QLineEdit):
    moved = Signal(int)
    accepted = Signal()
    left = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setPlaceholderText(PLACEHOLDER)
        self.setAccessibleName(PLACEHOLDER)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        px = theme().px
        self.setFont(theme().font("reading"))
        look = f"border: none; background: transparent; padding: {px(14)}px {px(16)}px;"
        self.setStyleSheet(f"QLineEdit, QLineEdit:focus {{ {look} }}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, control = event.key(), event.modifiers() == Qt.KeyboardModifier.ControlModifier
        match key:
            case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self.moved.emit(1)
            case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self.moved.emit(-1)
            case Qt.Key.Key_N | Qt.Key.Key_P if control:
                self.moved.emit(1 if key == Qt.Key.Key_N else -1)
            case Qt.Key.Key_PageDown | Qt.Key.Key_PageUp:
                self.moved.emit(8 if key == Qt.Key.Key_PageDown else -8)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.accepted.emit()
            case Qt.Key.Key_Escape:
                self.left.emit()
            case _:
                super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Its own keys are not the window's while it has the focus (Esc would else stop a run), and Tab stays here."""
        if isinstance(event, QKeyEvent):
            if event.type() == QEvent.Type.ShortcutOverride and _is_own(event):
                event.accept()
                return True
            if event.type() == QEvent.Type.KeyPress and event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                self.keyPressEvent(event)
                return True
        return super().event(event)


def _is_own(event: QKeyEvent) -> bool:
    held = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    if held == Qt.KeyboardModifier.ControlModifier:
        return event.key() in (Qt.Key.Key_N, Qt.Key.Key_P) and held == event.modifiers()
    function = Qt.Key.Key_F1 <= event.key() <= Qt.Key.Key_F35
    return held == Qt.KeyboardModifier.NoModifier and not function


class _Results(QListView):
    """Never has the focus: the field keeps it, and moves the choice."""

    def __init__(self, model: PaletteModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setItemDelegate(RowDelegate(self))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setMouseTracking(True)
        self.setAccessibleName("Found")
        self.entered.connect(self.setCurrentIndex)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setViewportMargins(0, theme().px(6), 0, theme().px(6))
        self.scheduleDelayedItemsLayout()

    def current(self) -> Command | None:
        index = self.currentIndex()
        return self._model.hits[index.row()].command if index.isValid() else None

    def move_by(self, step: int) -> None:
        """Moves the choice over what can be chosen, around the ends; 0 chooses the first."""
        fit = [row for row, hit in enumerate(self._model.hits) if hit.command.enabled]
        if not fit:
            return
        row = self.currentIndex().row()
        place = fit.index(row) + step if step and row in fit else 0
        place = place % len(fit) if abs(step) == 1 else min(max(place, 0), len(fit) - 1)
        index = self._model.index(fit[place])
        self.setCurrentIndex(index)
        self.scrollToTop() if place == 0 else self.scrollTo(index)
