"""A slider over the run's seconds, with a mark where each attempt began and where one failed."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from gui.drawing import bars as paint
from gui.models.replay import Replay
from gui.theme import Theme

STEPS = 10_000  # of the slider: keys and screen readers see thousandths of the run
PAD, GROOVE, KNOB = 7.0, 4.0, 6.0
HEIGHT = 32.0


class Scrubber(QSlider):
    """A real slider, painted by the tokens: arrow keys, Home and End move it, and a click goes there at once."""

    moved = Signal(float)  # run seconds

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._theme = theme
        self._length = 0.0
        self._starts: tuple[float, ...] = ()
        self._failures: tuple[float, ...] = ()
        self.setRange(0, STEPS)
        self.setSingleStep(STEPS // 100)
        self.setPageStep(STEPS // 10)
        self.setAccessibleName("Time of the replay")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.valueChanged.connect(lambda value: self.moved.emit(value / STEPS * self._length))
        theme.changed.connect(self.update)

    def show_replay(self, replay: Replay | None) -> None:
        self._length = replay.length if replay is not None else 0.0
        self._starts = tuple(replay.starts) if replay is not None else ()
        self._failures = tuple(replay.failures) if replay is not None else ()
        self.update()

    def show_second(self, second: float) -> None:
        """Stands at a second, without saying so."""
        blocked = self.blockSignals(True)
        self.setValue(round(second / self._length * STEPS) if self._length else 0)
        self.blockSignals(blocked)
        self.setAccessibleDescription(f"{second:.1f} of {self._length:.1f} seconds")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(240), self._theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(80), self._theme.px(HEIGHT))

    def _x(self, second: float) -> float:
        room = self.width() / self._theme.zoom - 2 * PAD
        return PAD + (second / self._length * room if self._length else 0.0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def _go_to(self, event: QMouseEvent) -> None:
        room = max(1.0, self.width() / self._theme.zoom - 2 * PAD)
        self.setValue(round((event.position().x() / self._theme.zoom - PAD) / room * STEPS))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self._theme.palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(self._theme.zoom, self._theme.zoom)
        width, middle = self.width() / self._theme.zoom, self.height() / self._theme.zoom / 2
        here = self._x(self.value() / STEPS * self._length)
        painter.fillRect(QRectF(PAD, middle - GROOVE / 2, width - 2 * PAD, GROOVE), palette.line)
        painter.fillRect(QRectF(PAD, middle - GROOVE / 2, here - PAD, GROOVE), palette.accent)
        self._paint_marks(painter, middle)
        knob = palette.accent if self.isEnabled() else palette.skipped
        painter.setPen(paint.pen(palette.surface, 2.0))
        painter.setBrush(knob)
        painter.drawEllipse(QPointF(here, middle), KNOB, KNOB)
        if self.hasFocus():
            painter.setPen(paint.pen(palette.accent, 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(here, middle), KNOB + 2, KNOB + 2)
        painter.end()

    def _paint_marks(self, painter: QPainter, middle: float) -> None:
        """Starts above the groove, failures below it; those that would share a pixel are drawn once."""
        palette, drawn = self._theme.palette, set[tuple[int, bool]]()
        marks = [(at, False) for at in self._starts] + [(at, True) for at in self._failures]
        for at, failed in marks:
            x = int(self._x(at))
            if (x, failed) in drawn:
                continue
            drawn.add((x, failed))
            if failed:
                painter.fillRect(QRectF(x - 1, middle + 5, 3, 5), palette.failed_transient)
            else:
                painter.fillRect(QRectF(x, middle - 10, 1.5, 5), palette.muted)
