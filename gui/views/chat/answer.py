"""One turn on screen: what was asked, who answers, the answer with its ghosts and seams, and its figures."""

from collections.abc import Callable
from typing import assert_never

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from engine.core.request import Image
from engine.core.run import Run
from gui.icons import icon
from gui.models.transcript import (
    Answer,
    Calls,
    Failure,
    Ghost,
    Refusal,
    Seam,
    Segment,
    Thinking,
    Turn,
    badge,
    metrics,
    segments,
)
from gui.theme import theme
from gui.views.chat.parts import (
    AnswerText,
    CallsView,
    FailureView,
    GhostView,
    RefusalView,
    ThinkingView,
    label,
)
from gui.views.chat.rows import BadgeView, MetricsRow, SeamView
from gui.views.chat.text_body import TextBody

Part = GhostView | SeamView | ThinkingView | AnswerText | RefusalView | CallsView | FailureView


class TurnView(QWidget):
    """Shows one turn. `show_turn` and `show_run` draw only what is new."""

    decision_selected = Signal(str, int)  # the run's id, and the place in its trail
    attempt_selected = Signal(str, int)  # the run's id, and the attempt's number
    regenerate_requested = Signal(str)  # the run's id
    edit_requested = Signal(str)  # the text of the prompt

    def __init__(self, turn: Turn) -> None:
        super().__init__()
        px = theme().px
        self.turn = turn
        self._parts: list[tuple[Segment, Part]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, px(32))
        column.setSpacing(px(4))
        self._prompt = TextBody(plain=True)
        self._prompt.setAccessibleName("Your prompt")
        self._badge = BadgeView()
        self._badge.selected.connect(lambda number: self.attempt_selected.emit(self._run_id(), number))
        self._body = QVBoxLayout()
        self._body.setContentsMargins(0, px(8), 0, px(8))
        self._body.setSpacing(px(12))
        self._metrics = MetricsRow()
        column.addWidget(label("You"))
        column.addWidget(self._prompt)
        column.addSpacing(px(16))
        column.addWidget(self._badge)
        column.addLayout(self._body)
        column.addLayout(self._footer())
        self.show_turn(turn)

    def _footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme().px(2))
        row.addWidget(self._metrics, 1)
        self._copy = self._action("copy", "Copy the answer", self.copy_answer)
        self._source = self._action("table", "Show the Markdown source", self._show_source)
        self._source.setCheckable(True)
        self._again = self._action(
            "retry", "Ask again (Ctrl+R)", lambda: self.regenerate_requested.emit(self._run_id())
        )
        self._edit = self._action("arrow-up", "Edit the prompt and ask again", self._edit_prompt)
        for button in (self._copy, self._source, self._again, self._edit):
            row.addWidget(button)
        return row

    def _action(self, name: str, words: str, act: Callable[[], object]) -> QToolButton:
        button = QToolButton()
        button.setIcon(icon(name, theme().palette.muted, theme().px(14)))
        button.setIconSize(QSize(theme().px(14), theme().px(14)))
        button.setToolTip(words)
        button.setAccessibleName(words)
        button.clicked.connect(lambda: act())  # Qt would pass its flag
        return button

    def show_turn(self, turn: Turn) -> None:
        """Shows `turn`, which is the same one further on."""
        self.turn = turn
        images = sum(isinstance(part, Image) for part in turn.message.parts)
        note = f"\n[{images} image{'s' * (images != 1)}]" if images else ""
        self._prompt.show_text(turn.message.text + note)
        self.show_run(turn.run)

    def show_run(self, run: Run | None) -> None:
        """Shows what the run has become. Cheap when only text was added."""
        self.turn = Turn(message=self.turn.message, run=run)
        who = badge(run) if run is not None else None
        self._badge.show_badge(who)
        self._badge.setVisible(who is not None)
        self._show_segments(segments(run) if run is not None else ())
        figures = metrics(run) if run is not None else ()
        self._metrics.show_metrics(figures)
        done = run is not None and run.outcome is not None
        self._copy.setVisible(bool(figures))
        self._source.setVisible(bool(figures))
        self._again.setVisible(done)
        self._edit.setVisible(done)

    def _show_segments(self, wanted: tuple[Segment, ...]) -> None:
        for i, segment in enumerate(wanted):
            if i < len(self._parts) and _same_place(self._parts[i][0], segment):
                old, view = self._parts[i]
                if isinstance(segment, Answer | Thinking) or old != segment:
                    view.show_segment(segment)  # type: ignore[arg-type]  # its own kind: _same_place holds
                    self._parts[i] = (segment, view)
            else:
                self._drop_from(i)
                view = self._new_part(segment)
                self._parts.append((segment, view))
                self._body.addWidget(view)
        self._drop_from(len(wanted))

    def _drop_from(self, place: int) -> None:
        for _, view in self._parts[place:]:
            self._body.removeWidget(view)
            view.hide()
            view.deleteLater()
        del self._parts[place:]

    def _new_part(self, segment: Segment) -> Part:
        match segment:
            case Ghost():
                return GhostView(segment)
            case Seam():
                seam = SeamView(segment)
                seam.selected.connect(lambda place: self.decision_selected.emit(self._run_id(), place))
                return seam
            case Thinking():
                return ThinkingView(segment)
            case Answer():
                return AnswerText(segment)
            case Refusal():
                return RefusalView(segment)
            case Calls():
                return CallsView(segment)
            case Failure():
                failure = FailureView(segment)
                failure.attempt_selected.connect(lambda number: self.attempt_selected.emit(self._run_id(), number))
                return failure
            case _:
                assert_never(segment)

    def copy_answer(self) -> None:
        """Puts the answer on the clipboard as it was written, without ghosts and reasoning."""
        QGuiApplication.clipboard().setText(self.answer_text())

    def answer_text(self) -> str:
        """The answer as the model wrote it; a part that went on elsewhere follows the part before."""
        return "".join(str(s.text) for s, _ in self._parts if isinstance(s, Answer | Refusal))

    def bodies(self) -> list[TextBody]:
        """The texts in which a search looks, from top to bottom."""
        return [self._prompt, *(view.body for _, view in self._parts if isinstance(view, AnswerText))]

    def _show_source(self) -> None:
        for _, view in self._parts:
            if isinstance(view, AnswerText):
                view.set_source(self._source.isChecked())

    def _edit_prompt(self) -> None:
        self.edit_requested.emit(self.turn.message.text)

    def _run_id(self) -> str:
        return self.turn.run.id if self.turn.run is not None else ""


def _same_place(old: Segment, new: Segment) -> bool:
    """Whether `new` is what `old` has become, so that its widget can stay."""
    if type(old) is not type(new):
        return False
    if isinstance(old, Seam | Failure) or isinstance(new, Seam | Failure):
        return True
    return old.attempt == new.attempt
