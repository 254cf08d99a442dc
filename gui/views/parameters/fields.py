"""One parameter: its name, whether it is sent, an editor, and the trouble with what is in it."""

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from gui.drawing.fittings import Choice, IconButton, Text
from gui.models.parameters import ABOUT, EFFORTS, Name, Reading, read
from gui.theme import theme

NOT_SENT = "not sent"
MOST_LINES = 10


class Editor(QPlainTextEdit):
    """Text of several lines, as high as it needs to be. Tab leaves it."""

    def __init__(self, *, mono: bool = False, lines: int = 3) -> None:
        super().__init__()
        self._mono, self._least = mono, lines
        self.setTabChangesFocus(True)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.textChanged.connect(self._fit)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFont(theme().font("control", mono=self._mono))
        self._fit()

    def _fit(self) -> None:
        line = self.fontMetrics().lineSpacing()
        lines = min(MOST_LINES, max(self._least, int(self.document().size().height())))
        self.setFixedHeight(round(lines * line) + theme().px(22) + 4)

    def event(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.LayoutRequest, QEvent.Type.Resize):
            self._fit()
        return super().event(event)


class Field(QWidget):
    """The line with the name says "not sent" while the parameter is unset; else it has a button to unset it."""

    changed = Signal()

    def __init__(self, name: Name) -> None:
        super().__init__()
        self.parameter = name
        about = ABOUT[name]
        self._title, self._state = Text(about.title, "control", 500), Text(NOT_SENT, "caption", token="muted")
        self._unset = IconButton("close", f"Unset {about.title}: it is not sent")
        self._meaning = Text(about.meaning, "caption", token="muted", wraps=True)
        self._trouble = Text("", "caption", token="failed_permanent", wraps=True)
        self._trouble.setAccessibleName(f"Trouble with {about.title}")
        self.editor = self._make_editor()
        self.editor.setAccessibleName(f"{about.title}. {about.meaning}")
        self._title.setBuddy(self.editor)
        self._unset.clicked.connect(self._clear)
        self._lay_out()
        theme().changed.connect(self._restyle)
        self._restyle()
        self._changed()

    def _make_editor(self) -> QWidget:
        example = f"e.g. {ABOUT[self.parameter].example}"
        match self.parameter:
            case Name.STOP | Name.JSON_SCHEMA | Name.EXTRA:
                box = Editor(mono=True, lines=2 if self.parameter is Name.STOP else 3)
                box.setPlaceholderText(example)
                box.textChanged.connect(self._changed)
                return box
            case Name.REASONING_EFFORT:
                choice = Choice()
                line = QLineEdit()
                line.setPlaceholderText(example)
                choice.setLineEdit(line)
                choice.addItems(["", *EFFORTS])
                choice.editTextChanged.connect(self._changed)
                return choice
            case _:
                line = QLineEdit()
                line.setPlaceholderText(example)
                line.textChanged.connect(self._changed)
                return line

    def _lay_out(self) -> None:
        self._head, self._column = QHBoxLayout(), QVBoxLayout(self)
        for part in (self._title, None, self._state, self._unset):
            self._head.addStretch(1) if part is None else self._head.addWidget(part)
        self._column.addLayout(self._head)
        for part in (self.editor, self._meaning, self._trouble):
            self._column.addWidget(part)
        self._column.setContentsMargins(0, 0, 0, 0)

    # What is typed

    def text(self) -> str:
        match self.editor:
            case QPlainTextEdit() as box:
                return box.toPlainText()
            case Choice() as choice:
                return choice.currentText()
            case QLineEdit() as line:
                return line.text()
            case other:
                raise TypeError(f"no editor of a parameter: {other!r}")

    def set_text(self, text: str) -> None:
        match self.editor:
            case QPlainTextEdit() as box:
                box.setPlainText(text)
            case Choice() as choice:
                choice.setEditText(text)
            case QLineEdit() as line:
                line.setText(text)
            case other:
                raise TypeError(f"no editor of a parameter: {other!r}")

    def reading(self) -> Reading:
        return read(self.parameter, self.text())

    def _clear(self) -> None:
        self.set_text("")
        self.editor.setFocus()

    def _changed(self) -> None:
        reading = self.reading()
        is_set = bool(self.text().strip())
        self._state.tint("failed_permanent" if reading.trouble else "muted")
        self._state.setVisible(not is_set or bool(reading.trouble))
        self._unset.setEnabled(is_set)
        self._unset.setVisible(is_set)
        self._title.tint("accent" if is_set and not reading.trouble else "text")
        self._say(reading.trouble)
        self.changed.emit()

    def _say(self, trouble: str) -> None:
        if trouble == self._trouble.text() and trouble:
            return
        self._trouble.setText(trouble)
        self._trouble.setVisible(bool(trouble))
        self._meaning.setVisible(not trouble)
        self.editor.setAccessibleDescription(trouble)
        if trouble and self.isVisible():
            QAccessible.updateAccessibility(QAccessibleEvent(self._trouble, QAccessible.Event.Alert))

    def _restyle(self) -> None:
        self._head.setSpacing(theme().px(4))
        self._head.setContentsMargins(0, 0, 0, 0)
        self._unset.setFixedSize(theme().px(22), theme().px(22))
        self._title.setMinimumHeight(theme().px(22))
        self._column.setSpacing(theme().px(4))
        font = theme().font("control", mono=self.parameter in (Name.STOP, Name.JSON_SCHEMA, Name.EXTRA))
        self.editor.setFont(font)
