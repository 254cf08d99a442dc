"""The plot of the timeline: it shows a run, follows now, zooms, pans and selects. Painting is the scene's."""

import time
from math import ceil

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from engine.core.run import Run
from gui.drawing.labels import Ink, Word
from gui.models.scale import FOLD_FROM, Scale, fitted, following
from gui.models.story import EMPTY, story
from gui.models.timeline import Timeline, layout
from gui.theme import Theme
from gui.views.timeline.card import Card
from gui.views.timeline.scene import AXIS, Rows, Scene, Target
from gui.views.timeline.words import write_words

FRAME_MS, HOVER_MS, STORY_SECONDS = 33, 300, 1.0
ZOOM_STEP, PAN_STEP = 1.25, 80.0


class TimelinePlot(QAbstractScrollArea):
    """Shows `Run` values. A timer runs only while a run is live; a recorded run is shown with `live=False`."""

    attempt_selected = Signal(int)
    decision_selected = Signal(int)  # an index into run.trail
    activated = Signal()
    changed = Signal()  # the timeline, or whether it follows

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._run: Run | None = None
        self._heard = 0.0
        self._live = False
        self._rows = Rows(Timeline())
        self._scale = Scale(80.0)
        self._unfolded: set[float] = set()
        self.following = True
        self.selected: Target | None = None
        self._hovered: int | None = None
        self._dragged: QPointF | None = None
        self._told = 0.0
        self._scene = self._make_scene()
        self._card = Card(theme, self.viewport())
        self._frame = QTimer(self)
        self._frame.setInterval(FRAME_MS)
        self._frame.timeout.connect(self.refresh)
        self._hover = QTimer(self)
        self._hover.setInterval(HOVER_MS)
        self._hover.setSingleShot(True)
        self._hover.timeout.connect(self._open_card)
        self._by_keyboard = False
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription(EMPTY)
        theme.changed.connect(self.refresh)

    # What is shown.

    @property
    def timeline(self) -> Timeline:
        return self._rows.timeline

    @property
    def now(self) -> float:
        """Run seconds: those of the run's last event, and what has passed since while it is live."""
        if self._run is None:
            return 0.0
        return self._run.now + (time.monotonic() - self._heard if self._live else 0.0)

    def show_run(self, run: Run | None, *, live: bool = True) -> None:
        """Shows a run as it is now. With `live`, time goes on by itself until the run has its outcome."""
        if run is None or self._run is None or run.id != self._run.id:
            self.selected, self.following = None, True
            self._unfolded.clear()
            self._card.hide()
        self._run, self._heard = run, time.monotonic()
        self._live = live and run is not None and run.outcome is None
        self._frame.start() if self._live else self._frame.stop()
        self.refresh()

    def refresh(self) -> None:
        """Lays the run out anew and repaints; once for each frame while it is live."""
        self._rows = Rows(layout(self._run, self.now) if self._run is not None else Timeline())
        if self.following and not self._card.isVisible():
            self._follow()
        self._fit_scroll_bar()
        self._tell()
        self.changed.emit()
        self.viewport().update()

    def _follow(self) -> None:
        now = self.timeline.now
        if self._theme.reduced_motion and self.timeline.live:
            now = float(ceil(now))
        self._scale = following(now, self._plot_width(), self._folds())

    def _folds(self) -> tuple[tuple[float, float], ...]:
        pauses = [p for p in self.timeline.pauses if p.end - p.start > FOLD_FROM and p.start not in self._unfolded]
        return tuple(sorted((pause.start, pause.end) for pause in pauses))

    def _plot_width(self) -> float:
        return max(1.0, self._scene.width - self._scene.left)

    def _tell(self) -> None:
        """The story for a screen reader, at most once a second."""
        if not self._live or time.monotonic() - self._told > STORY_SECONDS:
            self._told = time.monotonic()
            self.setAccessibleDescription(story(self.timeline))

    # Selection.

    def select_attempt(self, number: int) -> None:
        """Selects a bar and brings it into view; says `attempt_selected`."""
        self._select(("bar", number))
        self.attempt_selected.emit(number)

    def select_decision(self, index: int) -> None:
        """Selects a decision by its place in the run's trail; says `decision_selected`."""
        self._select(("arrow", index))
        self.decision_selected.emit(index)

    def _select(self, target: Target) -> None:
        self.selected = target
        self._reveal(target)
        self.viewport().update()

    def _reveal(self, target: Target) -> None:
        kind, number = target
        if kind == "bar" and 0 < number <= len(self.timeline.bars):
            x = self._scale.x(self.timeline.bars[number - 1].start)
            if not 0 <= x <= self._plot_width() - 20:
                self._set_scale(self._scale.moved(x - self._plot_width() / 2))

    def step(self, by: int) -> None:
        """To the attempt before or behind the selected one."""
        count = len(self.timeline.bars)
        if not count:
            return
        current = (
            self.selected[1] if self.selected is not None and self.selected[0] == "bar" else (count + 1, 0)[by > 0]
        )
        number = min(max(current + by, 1), count)
        self.select_attempt(number)
        self._scene = self._make_scene()
        self._scene.find_bars()
        self._show_card(number)

    def step_lane(self, by: int) -> None:
        """To the nearest attempt of the lane above or below."""
        bars = self.timeline.bars
        if self.selected is None or self.selected[0] != "bar":
            self.step(1)
            return
        here = bars[self.selected[1] - 1]
        others = [bar for bar in bars if bar.lane == here.lane + by]
        if others:
            self.select_attempt(min(others, key=lambda bar: abs(bar.start - here.start)).attempt)

    # Moving.

    def follow(self) -> None:
        """Goes back to now, and stays there."""
        self.following = True
        self.refresh()

    def fit(self) -> None:
        """Shows the whole run."""
        self._set_scale(fitted(self.timeline.now, self._plot_width(), self._folds()))

    def zoom(self, factor: float, x: float | None = None) -> None:
        """About the moment at `x` (pixels from the plot's left), else about the middle."""
        self._set_scale(self._scale.zoomed(factor, self._plot_width() / 2 if x is None else x))

    def pan(self, pixels: float) -> None:
        self._set_scale(self._scale.moved(pixels))

    def toggle_folds(self) -> None:
        """Opens the long waits, or folds them again."""
        if self._unfolded:
            self._unfolded.clear()
        else:
            self._unfolded = {pause.start for pause in self.timeline.pauses}
        self._set_scale(Scale(self._scale.rate, self._scale.offset, self._folds()), keep=True)

    def _set_scale(self, scale: Scale, *, keep: bool = False) -> None:
        self.following = self.following and keep
        self._scale = scale
        self._card.hide()
        self.changed.emit()
        self.refresh() if self.following else self.viewport().update()

    # Events.

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {
            Qt.Key.Key_Comma: lambda: self.step(-1),
            Qt.Key.Key_Period: lambda: self.step(1),
            Qt.Key.Key_Up: lambda: self.step_lane(-1),
            Qt.Key.Key_Down: lambda: self.step_lane(1),
            Qt.Key.Key_W: lambda: self.zoom(ZOOM_STEP),
            Qt.Key.Key_S: lambda: self.zoom(1 / ZOOM_STEP),
            Qt.Key.Key_A: lambda: self.pan(-PAN_STEP),
            Qt.Key.Key_D: lambda: self.pan(PAN_STEP),
            Qt.Key.Key_F: self.fit,
            Qt.Key.Key_End: self.follow,
            Qt.Key.Key_Space: self.toggle_folds,
            Qt.Key.Key_Return: self.activated.emit,
            Qt.Key.Key_Enter: self.activated.emit,
        }
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        action = keys.get(Qt.Key(event.key())) if plain else None
        if event.key() == Qt.Key.Key_Escape and self._card.isVisible():
            action = self._card.hide
        action() if action is not None else super().keyPressEvent(event)

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
        target = self._scene.target_at(self._design(event.position()))
        self._dragged = event.position()
        if target is None:
            return
        self.select_attempt(target[1]) if target[0] == "bar" else self.select_decision(target[1])

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self._scene.target_at(self._design(event.position())) is not None:
            self.activated.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._dragged = None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
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

    def _show_card(self, number: int) -> None:
        rect = self._scene.rects.get(number)
        if self._run is None or rect is None:
            return
        zoom = self._theme.zoom
        near = QRectF(rect.topLeft() * zoom, rect.size() * zoom).toRect()
        near = QRect(near) & self.viewport().rect()
        self._card.show_attempt(self._run, self._run.attempt(number), self.timeline.bars[number - 1], near)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._scene = self._make_scene()
        self.refresh()

    def _fit_scroll_bar(self) -> None:
        self._scene = self._make_scene()
        content = self._scene.tops[-1] + self._scene.scroll - AXIS
        zoom, shown = self._theme.zoom, self._scene.height - AXIS
        self.verticalScrollBar().setRange(0, max(0, round((content - shown) * zoom)))
        self.verticalScrollBar().setPageStep(max(1, round(shown * zoom)))
        self.verticalScrollBar().setSingleStep(round(40 * zoom))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        self.viewport().update()

    # Painting.

    def _design(self, point: QPointF) -> QPointF:
        return point / self._theme.zoom

    def _make_scene(self) -> Scene:
        zoom, size = self._theme.zoom, self.viewport().size()
        return Scene(
            rows=self._rows,
            scale=self._scale,
            theme=self._theme,
            width=size.width() / zoom,
            height=size.height() / zoom,
            scroll=self.verticalScrollBar().value() / zoom,
            selected=self.selected,
            hovered=self._hovered,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.scale(self._theme.zoom, self._theme.zoom)
        self._scene = self._make_scene()
        self._scene.paint(painter, write_words)
        if not self.timeline.bars and not self.timeline.waiting:
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
