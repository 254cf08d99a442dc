"""The summary of a run: label above figure, and what the run cost in its hover."""

from html import escape

from PySide6.QtCore import QEvent, QPointF, QSize
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.core.cost import Pricer, cost_lines
from engine.core.run import Run
from gui.drawing.labels import Ink, Word
from gui.models.timeline import Figure
from gui.theme import Theme

HEAD, PAD, FIGURE_GAP = 56.0, 16.0, 24.0
MOST_LINES = 20  # of the account, in a hover


class Figures(QWidget):
    """Figures that do not fit are left out from the right."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._figures: tuple[Figure, ...] = ()
        self._run: Run | None = None
        self.price: Pricer | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Figures of the run")
        look.changed.connect(self.updateGeometry)

    def show_figures(self, figures: tuple[Figure, ...], run: Run | None) -> None:
        self._run = run
        if figures != self._figures:
            self._figures = figures
            self.setAccessibleDescription(", ".join(f"{f.label} {f.value} {f.note}".strip() for f in figures))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), self._theme.px(HEAD))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._theme.px(HEAD))

    def event(self, event: QEvent) -> bool:
        """The account is made when it is asked for: its price grows with the attempts."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self.account(), self)
            return True
        return super().event(event)

    def account(self) -> str:
        """What the run cost, as a table in rich text; empty without a run."""
        if self._run is None or not self._run.attempts:
            return ""
        muted = self._theme.palette.muted.name()
        rows = "".join(
            f"<tr><td style='color:{muted};padding-right:16px'>{escape(name)}</td><td>{escape(value)}</td></tr>"
            for name, value in cost_lines(self._run, self.price)[:MOST_LINES]
        )
        return f"<b>What it cost</b><table cellspacing='0' cellpadding='1'>{rows}</table>"

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
