"""The whole run in a strip: drag the window to move, its edges to zoom, anywhere else to choose a new one."""

from bisect import bisect_left

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.drawing import bars as paint
from gui.models.scale import Scale, spanning
from gui.theme import State, Theme
from gui.views.timeline.plot import TimelinePlot

HEIGHT, PAD, GRIP, LEAST = 36.0, 16.0, 6.0, 8.0
MANY = 6  # attempts beyond which the strip is always shown
LEAST_SPAN = 0.05  # seconds
LIVE_RATE = 4.0  # pictures of a live run in a second


class Minimap(QWidget):
    """Shows the timeline of a plot, and moves the plot."""

    def __init__(self, plot: TimelinePlot, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._plot, self._theme = plot, theme
        self._key: tuple[object, ...] = ()
        self._bars = QPixmap()
        self._held: tuple[str, float, float, float] | None = None  # what, and the x and the span where it was taken
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setAccessibleName("Overview of the run")
        self.setAccessibleDescription("The keys of the timeline move it: W and S zoom, A and D pan, F fits.")
        self.setToolTip("Drag the window to move, its edges to zoom")
        plot.changed.connect(self.update)
        theme.changed.connect(self.updateGeometry)

    @property
    def wanted(self) -> bool:
        """Whether there is more of the run than the plot shows, or enough of it to get lost in."""
        return bool(self._plot.timeline.bars) and (self._plot.partial or len(self._plot.timeline.bars) > MANY)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(420), self._theme.px(HEIGHT))

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self._theme.px(HEIGHT))

    # Where things stand, in the design's units.

    def _area(self) -> QRectF:
        zoom = self._theme.zoom
        return QRectF(PAD, 6, max(1.0, self.width() / zoom - 2 * PAD), self.height() / zoom - 12)

    def _scale(self) -> Scale:
        return spanning(0.0, max(self._plot.timeline.now, 1.0), self._area().width(), self._plot.scale.folds)

    def _window(self) -> QRectF:
        area, scale = self._area(), self._scale()
        left, right = (min(max(scale.x(at), 0.0), area.width()) for at in self._plot.seen)
        width = max(right - left, LEAST)
        return QRectF(area.left() + min(left, area.width() - width), area.top(), width, area.height())

    def _at(self, x: float) -> float:
        return max(0.0, self._scale().at(x - PAD))

    # Painting.

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self._theme.palette
        painter.scale(self._theme.zoom, self._theme.zoom)
        area, window = self._area(), self._window()
        painter.fillRect(area.adjusted(0, -2, 0, 2), palette.sunken)
        painter.fillRect(window.adjusted(0, -2, 0, 2), palette.surface)
        painter.drawPixmap(QPointF(0, 0), self._picture(area))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(paint.pen(palette.accent))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(window.adjusted(0.5, -1.5, -0.5, 1.5), 3, 3)
        for x in (window.left(), window.right()):
            painter.fillRect(QRectF(x - 1.5, window.center().y() - 5, 3, 10), palette.accent)
        painter.end()

    def _picture(self, area: QRectF) -> QPixmap:
        """The bars, painted anew only when they have changed; while a run is live, a few times a second."""
        plot, zoom, ratio = self._plot, self._theme.zoom, self.devicePixelRatioF()
        timeline = plot.timeline
        look = self._theme.palette.name, zoom, ratio, self.size()
        passed = None if plot.passed is None else len(plot.passed)
        key = (
            *look,
            len(timeline.bars),
            timeline.settled,
            int(timeline.now * LIVE_RATE),
            len(plot.scale.folds),
            passed,
        )
        if key != self._key:
            self._key = key
            self._bars = QPixmap(self.size() * ratio * 1.0)
            self._bars.setDevicePixelRatio(ratio * zoom)
            self._bars.fill(Qt.GlobalColor.transparent)
            painter = QPainter(self._bars)
            self._paint_bars(painter, area)
            painter.end()
        return self._bars

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        """A row for each lane; bars that would share a pixel are drawn once."""
        rows, scale, palette = self._plot.rows, self._scale(), self._theme.palette
        used = [i for i, lane in enumerate(self._plot.timeline.lanes) if lane.used]
        pitch = area.height() / max(1, len(used))
        height = min(4.0, max(1.0, pitch - 1))
        for lane in used:
            row, starts = rows.bars[lane], rows.starts[lane]
            y, i = area.top() + pitch * lane + (pitch - height) / 2, 0
            while i < len(row):
                bar = row[i]
                x = scale.x(bar.start)
                width = max(scale.x(bar.end) - x, 1.5)
                colour = palette.state(bar.state or State.STREAMING)
                passed = self._plot.passed is None or bar.attempt in self._plot.passed
                painter.fillRect(
                    QRectF(area.left() + x, y, width, height), colour if passed else paint.faded(colour, 0.2)
                )
                i = max(i + 1, bisect_left(starts, scale.at(x + 1.0)))

    # Dragging.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        x = event.position().x() / self._theme.zoom
        part = self._part_at(x)
        start, end = self._plot.seen
        if part == "new":
            start = end = self._at(x)
        self._held = part, x, start, end

    def _part_at(self, x: float) -> str:
        window = self._window()
        if abs(x - window.left()) <= GRIP:
            return "left"
        if abs(x - window.right()) <= GRIP:
            return "right"
        return "move" if window.contains(QPointF(x, window.center().y())) else "new"

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x = event.position().x() / self._theme.zoom
        if self._held is None:
            sideways = self._part_at(x) in ("left", "right")
            self.setCursor(Qt.CursorShape.SizeHorCursor if sideways else Qt.CursorShape.PointingHandCursor)
            return
        part, taken, start, end = self._held
        match part:
            case "move":
                scale = self._scale()
                self._plot.show_span(max(0.0, scale.at(scale.x(start) + x - taken)), scale.at(scale.x(end) + x - taken))
            case "left":
                self._plot.show_span(min(self._at(x), end - LEAST_SPAN), end)
            case "right":
                self._plot.show_span(start, max(self._at(x), start + LEAST_SPAN))
            case _ if abs(x - taken) > 3:
                moment = self._at(x)
                self._plot.show_span(min(start, moment), max(start, moment) + LEAST_SPAN)
            case _:
                pass

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click beside the window brings it there."""
        held, self._held = self._held, None
        x = event.position().x() / self._theme.zoom
        if held is not None and held[0] == "new" and abs(x - held[1]) <= 3:
            first, last = self._plot.seen
            half = (last - first) / 2
            start = max(0.0, self._at(x) - half)
            self._plot.show_span(start, start + 2 * half)
