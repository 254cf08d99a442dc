"""What the plot of the timeline shows: a run at a moment, a stretch of time, a selection, a filter and an area."""

import time
from math import ceil

from PySide6.QtCore import QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from engine.core.run import Run
from gui.models.area import Facts, facts_of
from gui.models.lanes import Past
from gui.models.scale import Folds, Scale, fitted, following, spanning
from gui.models.story import EMPTY, story
from gui.models.timeline import Layout, Timeline
from gui.models.timeline_filter import Sieve
from gui.theme import Theme
from gui.views.timeline.card import Card
from gui.views.timeline.rows import Rows
from gui.views.timeline.scene import AXIS, Scene, Target

FRAME_MS, STORY_SECONDS = 33, 1.0
MARGIN = 0.2  # of the width: how far a run can be panned away


class MovingPlot(QAbstractScrollArea):
    """Shows `Run` values. A timer runs only while a run is live; a recorded run is shown with `live=False`."""

    attempt_selected = Signal(int)
    decision_selected = Signal(int)  # an index into run.trail
    activated = Signal()
    changed = Signal()  # the timeline, what of it is seen, or whether it follows
    area_changed = Signal()
    filter_asked = Signal()
    table_asked = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._run: Run | None = None
        self._heard = 0.0
        self._live = False
        self._layout, self._rows = Layout(), Rows()
        self._scale = Scale(80.0)
        self._folded, self._kept_folds = True, Folds()
        self._past: Past | None = None
        self._sieve: Sieve | None = None
        self.passed: set[int] | None = None  # the attempts that the filter lets through; None: all
        self.area: tuple[float, float] | None = None
        self._strip = False
        self.following = True
        self.selected: Target | None = None
        self._hovered: int | None = None
        self._told = 0.0
        self._scene = self._make_scene()
        self._card = Card(theme, self.viewport())
        self._frame = QTimer(self)
        self._frame.setInterval(FRAME_MS)
        self._frame.timeout.connect(self.refresh)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("Timeline")
        self.setAccessibleDescription(EMPTY)
        theme.changed.connect(self.refresh)

    # What is shown.

    @property
    def timeline(self) -> Timeline:
        return self._rows.timeline

    @property
    def rows(self) -> Rows:
        """The timeline, indexed by lane and time."""
        return self._rows

    @property
    def run(self) -> Run | None:
        return self._run

    @property
    def now(self) -> float:
        """Run seconds: those of the run's last event, and what has passed since while it is live."""
        if self._run is None:
            return 0.0
        return self._run.now + (time.monotonic() - self._heard if self._live else 0.0)

    def show_run(self, run: Run | None, *, live: bool = True) -> None:
        """Shows a run as it is now. With `live`, time goes on by itself until the run has its outcome."""
        if run is None or self._run is None or run.id != self._run.id:
            self.selected, self.following, self._folded = None, True, True
            self._card.hide()
            self.drop_area()
        self._run, self._heard = run, time.monotonic()
        self._live = live and run is not None and run.outcome is None
        self._frame.start() if self._live else self._frame.stop()
        self.refresh()

    def refresh(self) -> None:
        """Lays the run out anew and repaints; once for each frame while it is live."""
        self._rows.show(self._layout.at(self._run, self.now, self._past) if self._run is not None else Timeline())
        self._sift()
        if self.following and not self._card.isVisible():
            self._follow()
        self._fit_scroll_bar()
        self._tell()
        self.changed.emit()
        self.viewport().update()

    def _sift(self) -> None:
        run = self._run
        self.passed = self._sieve.passed(run, self.timeline) if self._sieve is not None and run is not None else None

    def set_filter(self, query: str) -> None:
        """Fades the attempts that `query` does not let through. Raises FilterError and keeps the filter as it was."""
        sieve = Sieve(query)
        self._sieve = sieve if sieve.tests else None
        self.refresh()

    def set_past(self, past: Past | None) -> None:
        """How earlier runs went, for the lanes."""
        self._past = past
        self.refresh()

    def set_strip(self, on: bool) -> None:
        """The low form: bars and names alone."""
        self._strip = on
        self.refresh()

    def _follow(self) -> None:
        now = self.timeline.now
        if self._theme.reduced_motion and self.timeline.live:
            now = float(ceil(now))
        self._scale = following(now, self._plot_width(), self._folds())

    def _folds(self) -> Folds:
        if not self._folded:
            return Folds()
        spans = tuple((pause.start, pause.end) for pause in self.timeline.long)
        return self._kept_folds if spans == self._kept_folds else self._keep_folds(spans)

    def _keep_folds(self, spans: tuple[tuple[float, float], ...]) -> Folds:
        self._kept_folds = Folds(spans)
        return self._kept_folds

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
        if kind == "arrow":
            arrow = next((arrow for arrow in reversed(self.timeline.arrows) if arrow.index == number), None)
            kind, number = ("bar", arrow.target or arrow.source) if arrow is not None else target
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
        """To the right in time by `pixels`; some of the run stays in sight."""
        width, scale = self._plot_width(), self._scale
        least = -width * MARGIN
        most = scale.x(self.timeline.now) + scale.offset - width * MARGIN
        offset = min(max(scale.offset + pixels, least), max(most, least))
        self._set_scale(scale.moved(offset - scale.offset))

    def toggle_folds(self) -> None:
        """Opens the long waits, or folds them again."""
        self._folded = not self._folded
        self._set_scale(Scale(self._scale.rate, self._scale.offset, self._folds()), keep=True)

    @property
    def seen(self) -> tuple[float, float]:
        """The first and the last moment that the plot shows, in run seconds."""
        return max(0.0, self._scale.at(0.0)), self._scale.at(self._plot_width())

    @property
    def whole(self) -> Scale:
        """The scale that would show the whole run."""
        return fitted(self.timeline.now, self._plot_width(), self._folds())

    @property
    def partial(self) -> bool:
        """Whether some of the run is out of sight."""
        first, last = self.seen
        return first > 0.01 or last < self.timeline.now - 0.01

    def show_span(self, start: float, end: float) -> None:
        """Shows just what lies between two moments, in run seconds."""
        self._set_scale(spanning(start, end, self._plot_width(), self._folds()))

    @property
    def scale(self) -> Scale:
        return self._scale

    def show_scale(self, scale: Scale) -> None:
        """Shows time by a scale of somebody else's, so that two plots stand aligned."""
        self._set_scale(scale)

    # Areas.

    def select_area(self, start: float, end: float) -> None:
        """Selects a stretch of time, in run seconds, in either order."""
        self.area = (max(0.0, min(start, end)), max(0.0, max(start, end)))
        self.area_changed.emit()
        self.viewport().update()

    def drop_area(self) -> None:
        if self.area is not None:
            self.area = None
            self.area_changed.emit()
            self.viewport().update()

    def area_to_view(self) -> None:
        """Zooms to the selected stretch."""
        if self.area is not None and self.area[1] > self.area[0]:
            self.show_span(*self.area)

    def area_facts(self) -> Facts | None:
        """What the selected stretch has in it."""
        if self.area is None or self._run is None:
            return None
        return facts_of(self._run, self.timeline, *self.area)

    def escape(self) -> bool:
        """Closes the card, or else drops the area; whether there was anything to close."""
        open_card = self._card.isVisible()
        if open_card:
            self._card.hide()
        elif self.area is not None:
            self.drop_area()
        else:
            return False
        return True

    def _set_scale(self, scale: Scale, *, keep: bool = False) -> None:
        self.following = self.following and keep
        self._scale = scale
        self._card.hide()
        self.changed.emit()
        self.refresh() if self.following else self.viewport().update()

    def _show_card(self, number: int) -> None:
        rect = self._scene.rects.get(number)
        if self._run is None or rect is None:
            return
        zoom = self._theme.zoom
        near = QRectF(rect.topLeft() * zoom, rect.size() * zoom).toRect()
        near = QRect(near) & self.viewport().rect()
        self._card.show_attempt(self._run, self._run.attempt(number), self.timeline.bars[number - 1], near)

    # The scene.

    def _fit_scroll_bar(self) -> None:
        self._scene = self._make_scene()
        content = self._scene.tops[-1] + self._scene.scroll - AXIS
        zoom, shown = self._theme.zoom, self._scene.height - AXIS
        self.verticalScrollBar().setRange(0, max(0, round((content - shown) * zoom)))
        self.verticalScrollBar().setPageStep(max(1, round(shown * zoom)))
        self.verticalScrollBar().setSingleStep(round(40 * zoom))

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
            passed=self.passed,
            area=self.area,
            strip=self._strip,
        )
