"""The live timeline: a row of figures, the plot, and the legend."""

from PySide6.QtCore import QPointF, QSize, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from engine.core.run import Run
from gui.drawing.labels import Ink, Word
from gui.drawing.legend import Legend
from gui.icons import icon
from gui.models.timeline import Figure
from gui.theme import Theme, theme
from gui.views.timeline.plot import TimelinePlot

HEAD, PAD, FIGURE_GAP = 56.0, 16.0, 24.0


class TimelineView(QWidget):
    """What the window embeds. It is a function of the runs that it is shown."""

    attempt_selected = Signal(int)
    decision_selected = Signal(int)  # an index into run.trail
    activated = Signal()  # Enter or a double click on what is selected
    skip_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, look: Theme | None = None) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self.plot = TimelinePlot(self._theme, self)
        self._figures = Figures(self._theme, self)
        self._legend = Legend(self._theme, self)
        self.skip = QPushButton("Skip to the next one now", self)
        self.skip.setToolTip("Do not wait: go on to the next candidate at once")
        self.follow = QPushButton("Follow", self)
        self.follow.setToolTip("Keep now in view (End)")
        self.follow.setAccessibleName("Follow now")
        self.follow.setCheckable(True)
        self._arrange()
        self._connect()
        self._dress()
        self._renew()

    def show_run(self, run: Run | None, *, live: bool = True) -> None:
        """Shows a run; see `TimelinePlot.show_run`."""
        self.plot.show_run(run, live=live)

    def select_attempt(self, number: int) -> None:
        self.plot.select_attempt(number)

    def select_decision(self, index: int) -> None:
        self.plot.select_decision(index)

    def _arrange(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(0, 0, self._theme.px(12), 0)
        head.setSpacing(self._theme.px(8))
        head.addWidget(self._figures, 1)
        head.addWidget(self.skip)
        head.addWidget(self.follow)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.plot, 1)
        column.addWidget(self._legend)

    def _connect(self) -> None:
        self.plot.attempt_selected.connect(self.attempt_selected)
        self.plot.decision_selected.connect(self.decision_selected)
        self.plot.activated.connect(self.activated)
        self.plot.changed.connect(self._renew)
        self.skip.clicked.connect(self.skip_requested)
        self.follow.clicked.connect(self.plot.follow)
        self._theme.changed.connect(self._dress)

    def _dress(self) -> None:
        size = self._theme.px(14)
        self.follow.setIconSize(QSize(size, size))
        self.skip.setIconSize(QSize(size, size))
        self.skip.setIcon(icon("chevrons", self._theme.palette.text, size))
        self._icon_of_follow()

    def _icon_of_follow(self) -> None:
        palette, size = self._theme.palette, self._theme.px(14)
        colour = palette.accent if self.plot.following else palette.text
        self.follow.setIcon(icon("arrow-next", colour, size))

    def _renew(self) -> None:
        timeline = self.plot.timeline
        self._figures.show_figures(timeline.summary)
        self.skip.setVisible(timeline.waiting and timeline.live)
        if self.follow.isChecked() != self.plot.following:
            self.follow.setChecked(self.plot.following)
            self._icon_of_follow()
        self._legend.setVisible(self.width() >= self._theme.px(520) and self.height() >= self._theme.px(300))

    def resizeEvent(self, event) -> None:
        super().resizeEvent(event)
        self._renew()


class Figures(QWidget):
    """The summary: label above figure. Those that do not fit are left out from the right."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._figures: tuple[Figure, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Figures of the run")
        look.changed.connect(self.updateGeometry)

    def show_figures(self, figures: tuple[Figure, ...]) -> None:
        if figures != self._figures:
            self._figures = figures
            self.setAccessibleDescription(", ".join(f"{f.label} {f.value} {f.note}".strip() for f in figures))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), self._theme.px(HEAD))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._theme.px(HEAD))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self._theme.zoom, self._theme.zoom)
        ink, palette, x = Ink(painter, self._theme), self._theme.palette, PAD
        for figure in self._figures:
            label = (Word(figure.label, palette.muted),)
            value = Word(figure.value, palette.text, 600, scale="reading")
            room = self.width() / self._theme.zoom - x
            lines = [(value, Word(figure.note, palette.muted, lead=6)) if figure.note else (value,), (value,)]
            line = next((line for line in lines if max(ink.width(line), ink.width(label)) <= room), None)
            if line is None:
                break
            ink.write(label, QPointF(x, 10))
            ink.write(line, QPointF(x, 29))
            x += max(ink.width(label), ink.width(line)) + FIGURE_GAP
        painter.end()
