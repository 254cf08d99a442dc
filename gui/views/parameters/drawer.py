"""The drawer: the system prompt and every parameter, each unset until something is typed."""

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from engine.core.request import Parameters
from gui.drawing.fittings import Button, IconButton, Line, Text, grounded, keeps_escape
from gui.models.parameters import Draft, Name, draft_of
from gui.theme import theme
from gui.views.parameters.fields import Editor, Field

WIDTH = 376
PAIRS = ((Name.TEMPERATURE, Name.TOP_P), (Name.MAX_TOKENS, Name.SEED))
REST = (Name.REASONING_EFFORT, Name.STOP, Name.JSON_SCHEMA, Name.EXTRA)
NOTE = "What is unset is not sent: each provider's own default holds."


class ParametersDrawer(QFrame):
    """`changed` says that `parameters()` may give something else; `close_requested` that Esc or × was pressed."""

    changed = Signal()
    count_changed = Signal(int)  # how many are set, for the badge on the button that opens the drawer
    close_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._count = -1
        self._badge = Badge()
        self._reset, self._close = Button("Reset all", flat=True), IconButton("close", "Close (Esc)")
        self.system = Editor(lines=4)
        self.system.setPlaceholderText("e.g. Answer in plain words, in at most five sentences.")
        self.system.setAccessibleName("System prompt")
        self.fields = {name: Field(name) for pair in (*PAIRS, REST) for name in pair}
        self._note = Text(NOTE, "caption", token="muted", wraps=True)
        self._lay_out()
        self._connect()
        self._restyle()
        self._tell()

    def _lay_out(self) -> None:
        self._head, self._body = QHBoxLayout(), QVBoxLayout()
        for part in (Text("Parameters", "reading", 600), self._badge, None, self._reset, self._close):
            self._head.addStretch(1) if part is None else self._head.addWidget(part)
        self._system_title = Text("System prompt", "control", 500)
        self._body.addWidget(self._system_title)
        self._body.addWidget(self.system)
        self._body.addWidget(Line())
        for left, right in PAIRS:
            row = QHBoxLayout()
            row.addWidget(self.fields[left], 1, Qt.AlignmentFlag.AlignTop)
            row.addWidget(self.fields[right], 1, Qt.AlignmentFlag.AlignTop)
            self._body.addLayout(row)
        for name in REST:
            self._body.addWidget(self.fields[name])
        self._body.addWidget(self._note)
        self._body.addStretch(1)
        self._inside = QWidget()
        self._inside.setLayout(self._body)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._inside)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(self._head)
        column.addWidget(Line())
        column.addWidget(self._scroll, 1)

    def _connect(self) -> None:
        self.system.textChanged.connect(self._tell)
        for field in self.fields.values():
            field.changed.connect(self._tell)
        self._reset.clicked.connect(self.reset)
        self._close.clicked.connect(self.close_requested)
        theme().changed.connect(self._restyle)

    # What is chosen

    def draft(self) -> Draft:
        texts = {name: field.text() for name, field in self.fields.items() if field.text().strip()}
        return Draft(self.system.toPlainText().strip(), texts)

    def parameters(self) -> tuple[str, Parameters]:
        """The system prompt and the parameters, as the next request should carry them."""
        draft = self.draft()
        return draft.system, draft.parameters

    def show_parameters(self, system: str, parameters: Parameters) -> None:
        """Shows what is kept; says `changed` once."""
        draft = draft_of(system, parameters)
        blockers = [QSignalBlocker(self)]
        self.system.setPlainText(draft.system)
        for name, field in self.fields.items():
            field.set_text(draft.texts.get(name, ""))
        del blockers
        self._count = -1
        self._tell()

    def reset(self) -> None:
        """Unsets all."""
        self.show_parameters("", Parameters())

    def open(self) -> None:
        """Shows the drawer, with the focus in the system prompt."""
        self.show()
        self.system.setFocus()

    def _tell(self) -> None:
        draft = self.draft()
        count, troubles = draft.count, draft.troubles
        self._badge.show_count(count, troubles)
        self._reset.setEnabled(bool(draft.system or draft.texts))
        self._system_title.tint("accent" if draft.system else "text")
        self.changed.emit()
        if count != self._count and not self.signalsBlocked():
            self._count = count
            self.count_changed.emit(count)

    def _restyle(self) -> None:
        px = theme().px
        self.setFixedWidth(px(WIDTH))
        self._head.setContentsMargins(px(16), px(8), px(8), px(8))
        self._head.setSpacing(px(8))
        self._body.setContentsMargins(px(16), px(12), px(16), px(16))
        self._body.setSpacing(px(12))
        grounded(self, "raised")
        self._scroll.viewport().setAutoFillBackground(False)
        self._inside.setAutoFillBackground(False)
        self.update()

    def event(self, event: QEvent) -> bool:
        """Esc closes the drawer while the focus is in it, and does not reach the window."""
        return keeps_escape(event) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close_requested.emit()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(QPen(theme().palette.line, 1))
        painter.drawLine(0, 0, 0, self.height())
        painter.end()


class Badge(QLabel):
    """ "3 set", and how many cannot be sent."""

    def __init__(self) -> None:
        super().__init__()
        self._troubled = False
        theme().changed.connect(self._restyle)

    def show_count(self, count: int, troubles: int) -> None:
        words = [f"{count} set"] if count else []
        words += [f"{troubles} not readable"] if troubles else []
        self.setText(" · ".join(words))
        self._troubled = bool(troubles)
        self.setVisible(bool(words))
        self._restyle()

    def _restyle(self) -> None:
        p, px = theme().palette, theme().px
        colour = (p.failed_permanent if self._troubled else p.accent).name()
        self.setFont(theme().font("caption", 500))
        self.setFixedHeight(px(20))
        self.setStyleSheet(
            f"color: {colour}; background: {p.surface.name()}; border: 1px solid {colour};"
            f" border-radius: {px(4)}px; padding: 0 {px(6)}px;"
        )
