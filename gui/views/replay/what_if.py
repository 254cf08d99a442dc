"""Two timelines on one axis: the run as it was, and as it would have been along another route."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec.structs import replace
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QSplitter, QVBoxLayout, QWidget

from engine.core import events as e
from engine.core.run import Run
from engine.core.what_if import PRESETS, Preset, WhatIf, difference, what_if
from gui.models.scale import Scale
from gui.theme import Theme, theme


class Drawing(Protocol):
    """What is asked of a timeline's view; the window hands in how one is made."""

    def show_run(self, run: Run | None, *, live: bool = True) -> None: ...

    @property
    def scale(self) -> Scale: ...

    def show_scale(self, scale: Scale) -> None: ...

    def fit(self) -> None: ...


class WhatIfView(QWidget):
    """`make` makes a timeline's view, a widget. Nothing is asked of any provider."""

    close_asked = Signal()

    def __init__(
        self, make: Callable[[], QWidget], parent: QWidget | None = None, *, look: Theme | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self._events: Sequence[e.AnyEvent] = ()
        self._run: Run | None = None
        self.result: WhatIf | None = None
        self.recorded, self.other = make(), make()
        self.sentence = QLabel(self)
        self.sentence.setWordWrap(True)
        self.assumptions = QLabel(self)
        self.assumptions.setWordWrap(True)
        self._heads = [QLabel("As it was", self), QLabel("As it would have been", self)]
        self.choices = QButtonGroup(self)
        self.close_button = QPushButton("Close", self)
        self.close_button.clicked.connect(self.close_asked)
        self.setAccessibleName("What if")
        self._arrange()
        self._theme.changed.connect(self._dress)
        self._dress()

    def _arrange(self) -> None:
        px, row = self._theme.px, QHBoxLayout()
        row.setSpacing(px(8))
        for i, preset in enumerate(PRESETS):
            button = QPushButton(preset.title, self)
            button.setCheckable(True)
            button.setToolTip(preset.sentence)
            self.choices.addButton(button, i)
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self.close_button)
        self.choices.idClicked.connect(lambda i: self.choose(PRESETS[i]))
        column = QVBoxLayout(self)
        column.setContentsMargins(px(16), px(12), px(16), px(8))
        column.setSpacing(px(8))
        column.addLayout(row)
        column.addWidget(self.sentence)
        column.addWidget(self.assumptions)
        split = QSplitter(Qt.Orientation.Vertical)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        for head, drawing in zip(self._heads, (self.recorded, self.other), strict=True):
            half = QWidget()
            inner = QVBoxLayout(half)
            inner.setContentsMargins(0, px(8), 0, 0)
            inner.setSpacing(0)
            inner.addWidget(head)
            inner.addWidget(drawing, 1)
            split.addWidget(half)
        column.addWidget(split, 1)

    def show_recording(self, events: Sequence[e.AnyEvent], run: Run) -> None:
        """Shows a recorded run, and the first of the other routes beside it."""
        self._events, self._run = events, run
        _drawing(self.recorded).show_run(run, live=False)
        self.choices.button(0).setChecked(True)
        self.choices.button(0).setFocus()
        self.choose(PRESETS[0])

    def choose(self, preset: Preset) -> None:
        """Plays the recording along the preset's route."""
        if self._run is None:
            return
        self.choices.button(PRESETS.index(preset)).setChecked(True)
        try:
            self.result = what_if(self._events, preset.change(self._run.request.route))
        except ValueError as error:
            self.result = None
            self.sentence.setText(str(error))
            self.assumptions.clear()
            return
        run = replace(self.result.run, id=f"{self.result.run.id}/{preset.name}")
        _drawing(self.other).show_run(run, live=False)
        self.sentence.setText(f"{preset.sentence} {difference(self._run, self.result)}")
        self.assumptions.setText(_assumptions(self.result))
        self.assumptions.setVisible(bool(self.result.assumed))
        self.align()

    def align(self) -> None:
        """Both timelines by the smaller of their scales, so that a second is as wide in one as in the other."""
        one, other = _drawing(self.recorded), _drawing(self.other)
        for drawing in (one, other):
            drawing.fit()
        rate = min(one.scale.rate, other.scale.rate)
        for drawing in (one, other):
            drawing.show_scale(Scale(rate, 0.0))

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.align()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.result is not None:
            self.align()

    def _dress(self) -> None:
        muted = f"color: {self._theme.palette.muted.name()};"
        self.sentence.setFont(self._theme.font("reading"))
        self.assumptions.setFont(self._theme.font("caption"))
        self.assumptions.setStyleSheet(muted)
        for head in self._heads:
            head.setFont(self._theme.font("control", 600))


def _drawing(widget: QWidget) -> Drawing:
    assert callable(getattr(widget, "show_run", None)), "make() must make a timeline's view"
    return widget  # type: ignore[return-value]  # a QWidget by its type, a Drawing by what it can do


def _assumptions(result: WhatIf) -> str:
    assumed = [source for source in result.sources if not source.known]
    return " ".join(f"Attempt {source.attempt}: {source.words}." for source in assumed)
