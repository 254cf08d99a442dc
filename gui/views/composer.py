"""The composer: where the next prompt is written, sent and stopped."""

from enum import StrEnum

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from gui.icons import icon
from gui.theme import theme

MOST_LINES = 8


class ComposerState(StrEnum):
    """What the placeholder says."""

    READY = "Write a prompt."
    FOLLOW_UP = "Write the next prompt."
    RUNNING = "Write the next prompt. It waits until this answer is done."
    QUEUED = "Your prompt waits until this answer is done."


class Composer(QWidget):
    """A box that grows to eight lines. Enter sends, Shift+Enter makes a line, Esc stops, Up edits the last prompt."""

    submitted = Signal(str)
    stop_requested = Signal()
    draft_changed = Signal(str)
    scenario_requested = Signal()
    parameters_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = ComposerState.READY
        self._last = ""
        self._send_with_control = False
        self._input = _Input(self)
        self._input.textChanged.connect(self._changed)
        self._input.key_pressed.connect(self._on_key)
        self._input.focus_changed.connect(self.update)
        self._scenario = self._tool("bolt", "Run a scenario, or inject a fault")
        self._scenario.clicked.connect(self.scenario_requested)
        self._parameters = self._tool("sliders", "Parameters and system prompt")
        self._parameters.clicked.connect(self.parameters_requested)
        self._hint = QLabel()
        self._button = _ActButton()
        self._button.clicked.connect(self._act)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._input)
        row = QHBoxLayout()
        row.addWidget(self._scenario)
        row.addWidget(self._parameters)
        row.addStretch(1)
        row.addWidget(self._hint)
        row.addWidget(self._button)
        self._column.addLayout(row)
        self.setFocusProxy(self._input)
        theme().changed.connect(self._restyle)
        self._restyle()
        self.set_state(ComposerState.READY)

    def _tool(self, name: str, words: str) -> QToolButton:
        button = QToolButton()
        button.setProperty("icon_name", name)
        button.setToolTip(words)
        button.setAccessibleName(words)
        return button

    # The draft

    @property
    def draft(self) -> str:
        return self._input.toPlainText()

    def set_draft(self, text: str) -> None:
        """Puts `text` in place of the draft, with the cursor at its end."""
        self._input.setPlainText(text)
        self._input.moveCursor(self._input.textCursor().MoveOperation.End)

    def set_last(self, prompt: str) -> None:
        """The prompt that Up brings back into an empty composer."""
        self._last = prompt

    def set_send_with_control(self, on: bool) -> None:
        """Sends with Ctrl+Enter, and lets Enter make a line; or the other way round."""
        self._send_with_control = on
        self.set_state(self._state)

    def set_state(self, state: ComposerState) -> None:
        """Says what a prompt would do now, and turns Send into Stop while a run is live."""
        self._state = state
        self._input.setPlaceholderText(state.value)
        self._input.setAccessibleName(f"Prompt. {state.value}")
        self._hint.setText("Ctrl+Enter to send" if self._send_with_control else "Enter to send")
        self._button.show_stop(self.running)
        self._changed()

    @property
    def running(self) -> bool:
        return self._state in (ComposerState.RUNNING, ComposerState.QUEUED)

    def submit(self) -> None:
        """Sends the draft, if it says anything, and clears it."""
        text = self.draft.strip()
        if text:
            self._last = text
            self._input.clear()
            self.submitted.emit(text)

    def _act(self) -> None:
        if self.running:
            self.stop_requested.emit()
        else:
            self.submit()

    def _changed(self) -> None:
        self._button.setEnabled(self.running or bool(self.draft.strip()))
        self._fit()
        self.draft_changed.emit(self.draft)

    def _on_key(self, event: QKeyEvent) -> None:
        """Takes the keys that mean something here; the rest is the input's."""
        key, modifiers = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        none, control = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
        sends = control if self._send_with_control else none
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and modifiers == sends:
            self.submit()
        elif key == Qt.Key.Key_Escape and self.running:
            self.stop_requested.emit()
        elif key == Qt.Key.Key_Up and modifiers == none and not self.draft and self._last:
            self.set_draft(self._last)
        else:
            event.ignore()
            return
        event.accept()

    # Looks

    def _fit(self) -> None:
        line = theme().line("reading")
        lines = 0
        block = self._input.document().firstBlock()
        while block.isValid() and lines < MOST_LINES:
            lines += max(1, block.layout().lineCount())
            block = block.next()
        self._input.setFixedHeight(line * min(MOST_LINES, max(1, lines)) + theme().px(4))

    def _restyle(self) -> None:
        px, palette = theme().px, theme().palette
        self._column.setContentsMargins(px(13), px(12), px(9), px(8))
        self._column.setSpacing(px(10))
        self._input.setFont(theme().font("reading"))
        self._hint.setFont(theme().font("caption"))
        self._hint.setStyleSheet(f"color: {palette.muted.name()};")
        for button in (self._scenario, self._parameters):
            button.setIcon(icon(button.property("icon_name"), palette.text, theme().px(16)))
            button.setIconSize(QSize(px(16), px(16)))
        self._button.restyle()
        self._fit()
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), theme().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        focused = self._input.hasFocus()
        painter.setPen(QPen(palette.accent if focused else palette.line_strong, 2 if focused else 1))
        painter.setBrush(palette.surface)
        edge = 1.0 if focused else 0.5
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), theme().px(8), theme().px(8))


class _Input(QPlainTextEdit):
    key_pressed = Signal(QKeyEvent)

    focus_changed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet(
            "QPlainTextEdit, QPlainTextEdit:focus { border: none; background: transparent; padding: 0; }"
        )
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.setTabChangesFocus(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()
        self.key_pressed.emit(event)
        if not event.isAccepted():
            event.accept()
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focus_changed.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focus_changed.emit()


class _ActButton(QPushButton):
    """Send or Stop, with the key that does the same."""

    def __init__(self) -> None:
        super().__init__()
        self._stops = False
        self._cap = QLabel(self)
        self._cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._cap.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def show_stop(self, stops: bool) -> None:
        self._stops = stops
        self.setText(" Stop" if stops else " Send")
        self._cap.setText("Esc" if stops else "↵")
        self.setAccessibleName("Stop (Esc)" if stops else "Send")
        self.restyle()

    def restyle(self) -> None:
        px, palette = theme().px, theme().palette
        self.setIcon(icon("stop" if self._stops else "arrow-next", palette.text, theme().px(14)))
        self.setFont(theme().font("control", 500))
        self._cap.setFont(theme().font("caption", mono=True))
        self._cap.setStyleSheet(
            f"color: {palette.muted.name()}; border: 1px solid {palette.line.name()}; border-radius: 3px;"
        )
        self._cap.resize(px(30), px(18))
        self.setStyleSheet(f"QPushButton {{ padding-right: {px(44)}px; }}")

    def resizeEvent(self, event: object) -> None:
        px = theme().px
        self._cap.move(self.width() - self._cap.width() - px(9), (self.height() - self._cap.height()) // 2)
