"""What stands in a column from top to bottom: discarded text, seams, reasoning, the answer, and why it failed."""

from html import escape
from typing import assert_never

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.core.pieces import Pieces
from gui.drawing import bars as paint
from gui.icons import icon, paint_icon
from gui.models.markdown import visible
from gui.models.transcript import Answer, Calls, Failure, Ghost, Refusal, Seam, Segment, Thinking
from gui.theme import State, theme
from gui.views.compare.body import Body

FOLDED = 110  # characters of a discarded text that are shown


class GhostLine(QLabel):
    """Discarded text, struck through and shortened; a click shows all of it."""

    def __init__(self, ghost: Ghost) -> None:
        super().__init__()
        self._whole, self._text = False, ""
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        font = theme().font("reading")
        font.setStrikeOut(True)
        self.setFont(font)
        self.setStyleSheet(f"color: {theme().palette.muted.name()};")
        self.show_segment(ghost)

    def show_segment(self, ghost: Ghost) -> None:
        self._text = " ".join(visible(str(ghost.text)).split())
        self.setToolTip(ghost.note)
        self.setAccessibleName(f"Discarded text. {ghost.note}")
        self._show()

    def mousePressEvent(self, event: object) -> None:
        self._whole = not self._whole
        self._show()

    def _show(self) -> None:
        long = len(self._text) > FOLDED and not self._whole
        self.setText(self._text[:FOLDED].rstrip() + " …" if long else self._text)


class SeamLine(QWidget):
    """A dashed line with what happened there. The words are shortened where the column is narrow."""

    def __init__(self, seam: Seam) -> None:
        super().__init__()
        self._seam = seam
        self.setFixedHeight(theme().px(20))
        self.show_segment(seam)

    def show_segment(self, seam: Seam) -> None:
        self._seam = seam
        self.setAccessibleName(seam.text)
        self.setToolTip(seam.text)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        look, px, painter = theme(), theme().px, QPainter(self)
        colour, middle = look.palette.state(self._seam.state), self.height() / 2
        font = look.font("caption", 600)
        metrics = QFontMetricsF(font)
        left, side = px(14), px(12)
        room = self.width() - left - side - px(24)
        text = metrics.elidedText(self._seam.text, Qt.TextElideMode.ElideRight, room)
        end = left + px(6) + side + px(6) + metrics.horizontalAdvance(text) + px(8)
        painter.setPen(paint.pen(colour, 1, (3, 3)))
        y = paint.crisp(middle)
        painter.drawLine(QPointF(0, y), QPointF(left, y))
        painter.drawLine(QPointF(end, y), QPointF(self.width(), y))
        paint_icon(painter, self._seam.icon, QRectF(left + px(6), middle - side / 2, side, side), colour)
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(QRectF(left + px(12) + side, 0, room + 2, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        painter.end()


class Thought(QWidget):
    """Reasoning: a line that opens; open while it is all there is."""

    def __init__(self, thinking: Thinking) -> None:
        super().__init__()
        p, px = theme().palette, theme().px
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(px(4))
        self._head = QToolButton()
        self._head.setCheckable(True)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setFont(theme().font("caption", 500))
        self._head.setIcon(icon("star", p.reasoning, px(12)))
        self._head.setIconSize(QSize(px(12), px(12)))
        self._head.setStyleSheet(
            f"QToolButton, QToolButton:checked {{ color: {p.reasoning.name()}; background: transparent; border: none;"
            " padding: 0; }"
        )
        self._body = Body(muted=True)
        self._chosen = False
        self._head.clicked.connect(self._choose)
        column.addWidget(self._head, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._body)
        self.show_segment(thinking)

    def show_segment(self, thinking: Thinking) -> None:
        took = f"{thinking.seconds:.1f} s"
        self._head.setText(f" Reasoning, {took} so far" if thinking.live else f" Reasoned for {took}")
        self._body.show_pieces(thinking.text, live=thinking.live)
        if not self._chosen:
            self._head.setChecked(thinking.live)
            self._body.setVisible(thinking.live)

    def _choose(self, shown: bool) -> None:
        self._chosen = True
        self._body.setVisible(shown)


class Spoken(Body):
    """What the model said: its answer, its refusal, or the calls of tools that it asks for."""

    def __init__(self, segment: Answer | Refusal | Calls) -> None:
        super().__init__()
        self._size = -1
        self.show_segment(segment)

    def show_segment(self, segment: Answer | Refusal | Calls) -> None:
        match segment:
            case Answer():
                self.show_pieces(segment.text, live=segment.live)
            case Refusal():
                self.show_pieces(segment.text, live=False)
            case Calls(drafts=drafts):
                size = sum(draft.arguments.characters + len(draft.name) for draft in drafts)
                if size != self._size:
                    self._size = size
                    told = (f"Calls `{d.name}`\n~~~~~json\n{d.arguments}\n~~~~~\n" for d in drafts)
                    self.show_pieces(Pieces(told), live=False)
            case _:
                assert_never(segment)


class Why(QWidget):
    """Why there is no complete answer, below what came of it; each attempt with its reason."""

    again = Signal()

    def __init__(self, failure: Failure) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme().px(10))
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.RichText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._text.setFont(theme().font("control"))
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._again = QToolButton()
        self._again.setText("Ask this column again")
        self._again.setFont(theme().font("control", 500))
        line = (theme().palette.line_strong if theme().palette.high_contrast else theme().palette.line).name()
        px = theme().px
        self._again.setStyleSheet(
            f"QToolButton {{ border: 1px solid {line}; border-radius: {px(6)}px; padding: {px(4)}px {px(10)}px; }}"
        )
        self._again.clicked.connect(lambda: self.again.emit())
        column.addWidget(self._text)
        column.addWidget(self._again, 0, Qt.AlignmentFlag.AlignLeft)
        self.show_segment(failure)

    def show_segment(self, failure: Failure) -> None:
        p = theme().palette
        red = p.state(State.FAILED_PERMANENT).name()
        parts = [f'<span style="color:{red};font-weight:600">{escape(failure.title)}</span>']
        for reason in failure.reasons:
            colour = p.state(reason.state).name()
            who, word = escape(reason.who), escape(reason.word)
            told = f'<b>{who}</b>: <span style="color:{colour}">{word}</span>'
            parts.append(" ".join(filter(None, [told + ".", escape(visible(reason.detail)), escape(reason.remedy)])))
        self._text.setText("".join(f'<p style="margin:0 0 6px 0;line-height:125%">{told}</p>' for told in parts))
        self.setAccessibleName(failure.title)


Part = GhostLine | SeamLine | Thought | Spoken | Why


def part(segment: Segment) -> Part:
    match segment:
        case Ghost():
            return GhostLine(segment)
        case Seam():
            return SeamLine(segment)
        case Thinking():
            return Thought(segment)
        case Answer() | Refusal() | Calls():
            return Spoken(segment)
        case Failure():
            return Why(segment)
        case _:
            assert_never(segment)


def update(made: Part, segment: Segment) -> bool:
    """Shows a later state of the same segment; False where the part shows another kind."""
    match made, segment:
        case (GhostLine(), Ghost()):
            made.show_segment(segment)
        case (SeamLine(), Seam()):
            made.show_segment(segment)
        case (Thought(), Thinking()):
            made.show_segment(segment)
        case (Spoken(), Answer() | Refusal() | Calls()):
            made.show_segment(segment)
        case (Why(), Failure()):
            made.show_segment(segment)
        case _:
            return False
    return True
