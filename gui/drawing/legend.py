"""The legend below the timeline: each pattern with its word, painted by the same hand as the bars."""

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import bars as paint
from gui.drawing.labels import Ink, Word
from gui.theme import State, Theme

SWATCH, GAP, HEIGHT, PAD = 16.0, 24.0, 32.0, 16.0
ENTRIES: tuple[tuple[str, State | None], ...] = (
    ("connect", None),
    ("wait", State.WAITING),
    ("reasoning", State.REASONING),
    ("stream", State.STREAMING),
    ("discarded", State.SUPERSEDED),
    ("key cooling", State.COOLING),
)


class Legend(QWidget):
    """One row; entries that do not fit are left out from the right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Legend")
        self.setAccessibleDescription("Patterns: " + ", ".join(word for word, _ in ENTRIES))
        theme.changed.connect(self._renew)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(520), self._theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._theme.px(HEIGHT))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self._theme.zoom, self._theme.zoom)
        ink, x, width = Ink(painter, self._theme), PAD, self.width() / self._theme.zoom
        for word, state in ENTRIES:
            label = (Word(word, self._theme.palette.muted),)
            if x + SWATCH + 8 + ink.width(label) > width:
                break
            self._swatch(painter, QRectF(x, 11, SWATCH, 10), state)
            x = ink.write(label, QPointF(x + SWATCH + 8, 8)) + GAP
        painter.end()

    def _swatch(self, painter: QPainter, rect: QRectF, state: State | None) -> None:
        palette = self._theme.palette
        if state is None:
            painter.fillRect(QRectF(rect.left(), rect.center().y() - 3, rect.width(), 6), palette.waiting)
            return
        area = QRectF(rect.left(), rect.top() + 2, rect.width(), 6) if state is State.COOLING else rect
        paint.fill(painter, area, state, palette, area)
        if state not in (State.STREAMING, State.COOLING):
            paint.outline(painter, rect, palette.state(state), rect, radius=2.0 if state is State.WAITING else 0.0)

    def _renew(self) -> None:
        self.updateGeometry()
        self.update()
