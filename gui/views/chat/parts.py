"""The parts of an answer on screen: ghost, reasoning, text, refusal, tool calls and failure. One widget for each."""

from html import escape

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.core.pieces import Pieces
from gui import words
from gui.icons import icon
from gui.models.markdown import visible
from gui.models.transcript import Answer, Calls, Failure, Ghost, Reason, Refusal, Thinking
from gui.theme import theme
from gui.views.chat.text_body import TextBody

FOLD_ABOVE = 6  # lines of a ghost
FOLDED = 2


def label(text: str = "", *, wrap: bool = True) -> QLabel:
    """A caption in the second colour."""
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    made.setFont(theme().font("caption"))
    made.setStyleSheet(f"color: {theme().palette.muted.name()};")
    return made


def link_button(text: str) -> QToolButton:
    """A small button that looks like a link."""
    button = QToolButton()
    button.setText(text)
    button.setFont(theme().font("caption", 500))
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setStyleSheet(f"QToolButton {{ color: {theme().palette.accent.name()}; padding: 0 2px; }}")
    return button


class Ruled(QWidget):
    """A column with a rule of 2 px at its left."""

    def __init__(self) -> None:
        super().__init__()
        px = theme().px
        self.colour = theme().palette.line
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(px(16), 0, 0, 0)
        self.column.setSpacing(px(4))

    def set_colour(self, colour: QColor) -> None:
        if colour != self.colour:
            self.colour = colour
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(QRectF(0, 0, 2, self.height()), self.colour)


class GhostView(Ruled):
    """Text that was discarded: struck through, and folded where it is long."""

    def __init__(self, ghost: Ghost) -> None:
        super().__init__()
        self.setAccessibleName("Discarded text")
        self._text = TextBody(plain=True, struck=True, muted=True)
        self._all = link_button("show all")
        self._note = label(wrap=False)
        self._note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._folded: bool | None = None  # None: the user has not said
        self._all.clicked.connect(self._toggle)
        row = QHBoxLayout()
        row.setSpacing(theme().px(6))
        mark = QLabel()
        mark.setPixmap(icon("discarded", theme().palette.muted, theme().px(12)).pixmap(theme().px(12), theme().px(12)))
        row.addWidget(mark)
        row.addWidget(self._note, 1)
        row.addWidget(self._all)
        self.column.setSpacing(theme().px(8))
        self.column.addWidget(self._text)
        self.column.addLayout(row)
        self.show_segment(ghost)

    def show_segment(self, ghost: Ghost) -> None:
        self._text.show_pieces(ghost.text)
        self._note.setText(ghost.note)
        self._note.setToolTip(ghost.note)
        self._fold()

    def resizeEvent(self, event: object) -> None:
        self._fold()

    def _toggle(self) -> None:
        self._folded = self._all.text() == "fold"
        self._fold()

    def _fold(self) -> None:
        long = self._text.count_lines() > FOLD_ABOVE
        folded = long if self._folded is None else self._folded
        self._text.set_lines(FOLDED if folded else None)
        self._all.setVisible(long)
        self._all.setText("show all" if folded else "fold")


class ThinkingView(Ruled):
    """Reasoning: open while it is all there is, folded once the answer begins, and as the user likes from then on."""

    def __init__(self, thinking: Thinking) -> None:
        super().__init__()
        self._head = QToolButton()
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setFont(theme().font("caption", 500))
        self._head.setCheckable(True)
        self._head.setCursor(Qt.CursorShape.PointingHandCursor)
        colour = theme().palette.reasoning.name()
        self._head.setStyleSheet(
            f"QToolButton, QToolButton:checked {{ color: {colour}; background: transparent; border: none;"
            " padding: 0; }"
        )
        self._head.setIcon(icon("star", theme().palette.reasoning, theme().px(12)))
        self._head.setIconSize(QSize(theme().px(12), theme().px(12)))
        self._text = TextBody(muted=True)
        self._chosen = False
        self._head.clicked.connect(self._choose)
        self.column.addWidget(self._head, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addWidget(self._text)
        self.show_segment(thinking)

    def show_segment(self, thinking: Thinking) -> None:
        took = words.seconds(thinking.seconds)
        self._head.setText(f" Reasoning, {took} so far" if thinking.live else f" Reasoned for {took}")
        self._live = thinking.live
        if not self._chosen:
            self._open(thinking.live)
        self._text.show_pieces(thinking.text, live=thinking.live)

    def _choose(self) -> None:
        self._chosen = True
        self._open(self._head.isChecked())

    def _open(self, shown: bool) -> None:
        p = theme().palette
        self._head.setChecked(shown)
        self._text.setVisible(shown)
        self.column.setContentsMargins(theme().px(16) if shown else 0, 0, 0, 0)
        self.set_colour((p.reasoning if self._live else p.line) if shown else p.surface)


class AnswerText(Ruled):
    """The text of the answer: the rule is in the accent colour while it streams."""

    NOTICE = "This answer is long, so the rest is shown as plain text."

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self._text = TextBody()
        self._notice = label(self.NOTICE)
        self._notice.hide()
        self._text.degraded_changed.connect(self._notice.setVisible)
        self.column.addWidget(self._text)
        self.column.addWidget(self._notice)
        self.show_segment(answer)

    def show_segment(self, answer: Answer) -> None:
        self.set_colour(theme().palette.accent if answer.live else theme().palette.line)
        self._text.show_pieces(answer.text, live=answer.live)

    def set_source(self, shown: bool) -> None:
        """Shows the Markdown as it was written, or rendered."""
        self._text.set_plain(shown)

    @property
    def body(self) -> TextBody:
        return self._text


class RefusalView(Ruled):
    """What a model said in declining."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__()
        self._text = TextBody(plain=True)
        self.column.addWidget(label("The model declined"))
        self.column.addWidget(self._text)
        self.show_segment(refusal)

    def show_segment(self, refusal: Refusal) -> None:
        self.set_colour(theme().palette.failed_permanent)
        self._text.show_pieces(refusal.text)


class CallsView(Ruled):
    """Tool calls with their arguments, as the model wrote them."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._text = TextBody()
        self._text.setAccessibleName("Tool calls")
        self._size = -1
        self.column.addWidget(self._text)
        self.show_segment(calls)

    def show_segment(self, calls: Calls) -> None:
        size = sum(draft.arguments.characters + len(draft.name) for draft in calls.drafts)
        if size != self._size:
            self._size = size
            self._text.show_pieces(Pieces(f"Calls `{d.name}`\n~~~~~json\n{d.arguments}\n~~~~~\n" for d in calls.drafts))


class FailureView(QWidget):
    """Why there is no complete answer: each attempt with its reason, those that a person can mend first."""

    attempt_selected = Signal(int)

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, theme().px(4), 0, theme().px(4))
        self._column.setSpacing(theme().px(8))
        self.show_segment(failure)

    def show_segment(self, failure: Failure) -> None:
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        title = QLabel(failure.title)
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setWordWrap(True)
        title.setFont(theme().font("reading", 600))
        self._column.addWidget(title)
        for reason in failure.reasons:
            self._column.addWidget(self._row(reason))
        self.setAccessibleName(failure.title)

    def _row(self, reason: Reason) -> QWidget:
        p = theme().palette
        row = QWidget()
        across = QHBoxLayout(row)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(theme().px(8))
        mark = QLabel()
        mark.setPixmap(icon(reason.icon, p.state(reason.state), theme().px(16)).pixmap(theme().px(16), theme().px(16)))
        name = f'<span style="font-weight:600">{escape(reason.who)}</span>'
        colour = p.state(reason.state).name()
        parts = [
            f'<a href="{reason.attempt}" style="color:{p.text.name()};text-decoration:none">{name}</a> &nbsp;'
            f'<span style="color:{colour};font-weight:600">{escape(reason.word)}</span>'
        ]
        if reason.detail:
            parts.append(f'<span style="color:{p.muted.name()}">{escape(visible(reason.detail))}</span>')
        if reason.remedy:
            parts.append(escape(reason.remedy))
        text = QLabel("<br>".join(parts))
        text.setTextFormat(Qt.TextFormat.RichText)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        text.setWordWrap(True)
        text.linkActivated.connect(lambda number: self.attempt_selected.emit(int(number)))
        across.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(text, 1)
        return row
