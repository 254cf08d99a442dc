"""The plot of the timeline under mouse and keys: it selects, zooms, pans, and opens the card."""

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from gui.drawing.labels import Ink, Word
from gui.models.story import EMPTY
from gui.theme import Theme
from gui.views.timeline.keys import KEYS
from gui.views.timeline.moving import MovingPlot
from gui.views.timeline.painting import paint_scene
from gui.views.timeline.scene import AXIS

HOVER_MS = 300


class TimelinePlot(MovingPlot):
    """Wheel and drag pan, Ctrl+wheel zooms, Shift+drag selects a stretch of time; the keys are in `keys.py`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._dragged: QPointF | None = None
        self._area_from: float | None = None
        self._by_keyboard = False
        self._hover = QTimer(self)
        self._hover.setInterval(HOVER_MS)
        self._hover.setSingleShot(True)
        self._hover.timeout.connect(self._open_card)
        self.viewport().setMouseTracking(True)

    # Events.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        action = KEYS.get(Qt.Key(event.key())) if plain or event.text() == "/" else None
        if event.key() == Qt.Key.Key_Escape and self.escape():
            return
        action(self) if action is not None else super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Escape is the window's, unless there is something here to close."""
        if event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            mine = self._card.isVisible() or self.area is not None
            if event.key() == Qt.Key.Key_Escape and mine:
                event.accept()
                return True
        return super().event(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            x = event.position().x() / self._theme.zoom - self._scene.left
            self.zoom(1.0015 ** turned.y(), x)
        elif turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(-(turned.x() or turned.y()))
        elif self.verticalScrollBar().maximum():
            super().wheelEvent(event)
        else:
            self.pan(-turned.y())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        point = self._design(event.position())
        on_axis = point.y() < AXIS and point.x() >= self._scene.left
        if on_axis or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._area_from = self._scale.at(point.x() - self._scene.left)
            self.drop_area()
            return
        target = self._scene.target_at(point)
        self._dragged = event.position()
        if target is None:
            return
        self.select_attempt(target[1]) if target[0] == "bar" else self.select_decision(target[1])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._scene.target_at(self._design(event.position())) is not None:
            self.activated.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = self._area_from = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._area_from is not None:
            x = min(max(self._design(event.position()).x(), self._scene.left), self._scene.width)
            self.select_area(self._area_from, self._scale.at(x - self._scene.left))
            return
        if self._dragged is not None and event.buttons() & Qt.MouseButton.LeftButton:
            moved = (self._dragged.x() - event.position().x()) / self._theme.zoom
            if abs(moved) >= 1:
                self._dragged = event.position()
                self.pan(moved)
            return
        self._hover_over(self._design(event.position()))

    def _hover_over(self, point: QPointF) -> None:
        target = self._scene.target_at(point)
        bar = target[1] if target is not None and target[0] == "bar" else None
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor if target else Qt.CursorShape.ArrowCursor)
        if bar == self._hovered:
            return
        self._hovered = bar
        self._card.hide()
        self._hover.start() if bar is not None else self._hover.stop()
        self.viewport().update()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = None
        self._hover.stop()
        self._card.hide()
        self.viewport().update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        reasons = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._by_keyboard = event.reason() in reasons
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._card.hide()
        super().focusOutEvent(event)

    def _open_card(self) -> None:
        if self._hovered is not None:
            self._show_card(self._hovered)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scene = self._make_scene()
        self.refresh()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    # Painting.

    def _design(self, point: QPointF) -> QPointF:
        return point / self._theme.zoom

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.scale(self._theme.zoom, self._theme.zoom)
        self._scene = self._make_scene()
        paint_scene(self._scene, painter)
        if not self.timeline.lanes:
            self._paint_empty(painter)
        if self.hasFocus() and self._by_keyboard:
            self._paint_own_focus(painter)
        painter.end()

    def _paint_empty(self, painter: QPainter) -> None:
        ink, word = Ink(painter, self._theme), Word(EMPTY, self._theme.palette.muted, scale="control")
        ink.write((word,), QPointF(self._scene.left, AXIS + 24))

    def _paint_own_focus(self, painter: QPainter) -> None:
        """Only while nothing is selected: a selected bar carries the ring itself."""
        if self.selected is None:
            painter.setPen(QPen(self._theme.palette.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(1, 1, self._scene.width - 2, self._scene.height - 2))
