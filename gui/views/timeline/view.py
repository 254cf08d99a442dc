"""The live timeline: a row of figures, the filter, the overview, the plot or its table twin, and the legend."""

from PySide6.QtCore import QEvent, QObject, QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from engine.core.cost import Pricer
from engine.core.run import Run
from gui.drawing.legend import Legend
from gui.icons import icon
from gui.models.lanes import Past
from gui.models.scale import Scale
from gui.theme import Theme, theme
from gui.views.timeline.area_panel import AreaPanel
from gui.views.timeline.figures import Figures
from gui.views.timeline.filter_bar import FilterBar
from gui.views.timeline.minimap import Minimap
from gui.views.timeline.plot import TimelinePlot
from gui.views.timeline.table import AttemptsTable

STRIP_HEIGHT = 96.0


class TimelineView(QWidget):
    """What the window embeds. It is a function of the runs that it is shown."""

    attempt_selected = Signal(int)
    decision_selected = Signal(int)  # an index into run.trail
    activated = Signal()  # Enter or a double click on what is selected
    skip_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, look: Theme | None = None) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self._compact = False
        self.plot = TimelinePlot(self._theme, self)
        self.table = AttemptsTable(self._theme, self)
        self.filter = FilterBar(self._theme, self)
        self.minimap = Minimap(self.plot, self._theme, self)
        self.area = AreaPanel(self._theme, self.plot)
        self._figures = Figures(self._theme, self)
        self._legend = Legend(self._theme, self)
        self.skip = QPushButton("Skip to the next one now", self)
        self.skip.setToolTip("Do not wait: go on to the next candidate at once")
        self.twin = QToolButton(self)
        self.twin.setToolTip("Show the attempts as a table (T)")
        self.twin.setAccessibleName("Table of attempts")
        self.twin.setCheckable(True)
        self.follow = QPushButton("Follow", self)
        self.follow.setToolTip("Keep now in view (End)")
        self.follow.setAccessibleName("Follow now")
        self.follow.setCheckable(True)
        self._arrange()
        self._connect()
        self._dress()
        self._renew()

    def show_run(self, run: Run | None, *, live: bool = True) -> None:
        """Shows a run; see `MovingPlot.show_run`."""
        self.plot.show_run(run, live=live)

    def select_attempt(self, number: int) -> None:
        self.plot.select_attempt(number)

    def select_decision(self, index: int) -> None:
        self.plot.select_decision(index)

    def set_compact(self, on: bool) -> None:
        """The strip of 96 for narrow windows: bars and names alone, on one axis."""
        self._compact = on
        self.plot.set_strip(on)
        self._head.setVisible(not on)
        self.setFixedHeight(self._theme.px(STRIP_HEIGHT)) if on else self._free_height()
        if on:
            self.show_table(False)
            self.filter.close_field()
        self._renew()

    def _free_height(self) -> None:
        self.setMinimumHeight(0)
        self.setMaximumHeight(16_777_215)  # Qt's own greatest height

    def set_past(self, past: Past | None) -> None:
        """How earlier runs went, for each (provider, model, key), the newest last: whether it answered."""
        self.plot.set_past(past)

    def set_price(self, price: Pricer | None) -> None:
        """By what the account in the figures' hover counts money."""
        self._figures.price = price

    def show_table(self, on: bool = True) -> None:
        """Swaps the drawing for its table twin, and back."""
        had_focus = self.plot.hasFocus() or self.table.hasFocus()
        self._pages.setCurrentWidget(self.table if on else self.plot)
        self.twin.setChecked(on)
        self._renew()
        if had_focus:
            (self.table if on else self.plot).setFocus()

    @property
    def scale(self) -> Scale:
        return self.plot.scale

    def fit(self) -> None:
        """Shows the whole run."""
        self.plot.fit()

    def show_scale(self, scale: Scale) -> None:
        """Shows time by another view's scale, so that both stand aligned."""
        self.plot.show_scale(scale)

    def _arrange(self) -> None:
        self._head = QWidget(self)
        head = QHBoxLayout(self._head)
        head.setContentsMargins(0, 0, self._theme.px(12), 0)
        head.setSpacing(self._theme.px(8))
        head.addWidget(self._figures, 1)
        for button in (self.skip, self.twin, self.follow):
            head.addWidget(button)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self.plot)
        self._pages.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for part in (self._head, self.filter, self.minimap):
            column.addWidget(part)
        column.addWidget(self._pages, 1)
        column.addWidget(self._legend)

    def _connect(self) -> None:
        plot = self.plot
        plot.attempt_selected.connect(self.attempt_selected)
        plot.attempt_selected.connect(self.table.select_attempt)
        plot.decision_selected.connect(self.decision_selected)
        plot.activated.connect(self.activated)
        plot.changed.connect(self._renew)
        plot.area_changed.connect(self._show_area)
        plot.filter_asked.connect(self._open_filter)
        plot.table_asked.connect(self.show_table)
        plot.installEventFilter(self)
        self.table.attempt_selected.connect(plot.select_attempt)
        self.table.activated_row.connect(self.activated)
        self.table.doubleClicked.connect(lambda _: self.activated.emit())
        self.table.timeline_asked.connect(lambda: self.show_table(False))
        self.table.filter_asked.connect(self._open_filter)
        self.filter.changed.connect(plot.set_filter)
        self.filter.closed.connect(lambda: (self.table if self.twin.isChecked() else self.plot).setFocus())
        self.area.zoom_asked.connect(plot.area_to_view)
        self.area.close_asked.connect(plot.drop_area)
        self.skip.clicked.connect(self.skip_requested)
        self.twin.clicked.connect(self.show_table)
        self.follow.clicked.connect(plot.follow)
        self._theme.changed.connect(self._dress)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.plot and event.type() is QEvent.Type.Resize and self.area.isVisible():
            self.area.place()
        return super().eventFilter(watched, event)

    def _open_filter(self) -> None:
        if not self._compact:
            self.filter.open_field()

    def _show_area(self) -> None:
        self.area.show_facts(None if self._compact else self.plot.area_facts())

    def _dress(self) -> None:
        size = self._theme.px(14)
        for button in (self.follow, self.skip, self.twin):
            button.setIconSize(QSize(size, size))
        self.skip.setIcon(icon("chevrons", self._theme.palette.text, size))
        self.twin.setIcon(icon("table", self._theme.palette.text, size))
        self._icon_of_follow()
        if self._compact:
            self.setFixedHeight(self._theme.px(STRIP_HEIGHT))

    def _icon_of_follow(self) -> None:
        palette, size = self._theme.palette, self._theme.px(14)
        colour = palette.accent if self.plot.following else palette.text
        self.follow.setIcon(icon("arrow-next", colour, size))

    def _renew(self) -> None:
        timeline, plot = self.plot.timeline, self.plot
        self._figures.show_figures(timeline.summary, plot.run)
        self.skip.setVisible(timeline.waiting and timeline.live)
        if self.follow.isChecked() != plot.following:
            self.follow.setChecked(plot.following)
            self._icon_of_follow()
        if self.table.isVisible():
            self.table.show_run(plot.run, timeline, plot.passed)
        self.filter.show_count(None if plot.passed is None else len(plot.passed), len(timeline.bars))
        if plot.area is not None and timeline.live:
            self._show_area()
        drawn = self._pages.currentWidget() is plot and not self._compact
        self.minimap.setVisible(drawn and self.minimap.wanted)
        roomy = self.width() >= self._theme.px(520) and self.height() >= self._theme.px(300)
        self._legend.setVisible(drawn and roomy)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._renew()
