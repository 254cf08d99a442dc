"""How the columns stand: side by side with widths of their own, in a grid, or one behind the other as tabs."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtWidgets import QFrame, QGridLayout, QScrollArea, QSplitter, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from gui.drawing.fittings import grounded
from gui.models.compare import Arrangement
from gui.theme import theme
from gui.views.compare.column import LEAST_WIDTH, Column

GRID_HEIGHT = 560  # of a row of the grid


class Columns(QWidget):
    """Holds the columns. Says their widths when a person changes them."""

    resized = Signal(list)  # the widths, in logical pixels

    def __init__(self) -> None:
        super().__init__()
        self._room = QVBoxLayout(self)
        self._room.setContentsMargins(0, 0, 0, 0)
        self._room.setSpacing(0)
        self._holder: QWidget | None = None
        self._tabs: QTabBar | None = None
        self._columns: list[Column] = []

    def arrange(self, columns: Sequence[Column], arrangement: Arrangement, widths: Sequence[int]) -> None:
        """Puts the columns in place. Those of before belong to nobody any more."""
        if self._holder is not None:
            self._room.removeWidget(self._holder)
            self._holder.hide()
            self._holder.deleteLater()
        self._columns, self._tabs = list(columns), None
        match arrangement:
            case Arrangement.SIDE:
                self._holder = self._side(widths)
            case Arrangement.GRID:
                self._holder = self._grid()
            case Arrangement.TABS:
                self._holder = self._tabbed()
        self._room.addWidget(self._holder)

    def name(self, place: int, text: str) -> None:
        """The tab's name, where there are tabs."""
        if self._tabs is not None:
            self._tabs.setTabText(place, text)

    def place_at(self, point: QPoint) -> int | None:
        """Which column lies under a point of the screen."""
        for place, column in enumerate(self._columns):
            if column.isVisible() and QRect(column.mapToGlobal(QPoint()), column.size()).contains(point):
                return place
        return None

    def _side(self, widths: Sequence[int]) -> QWidget:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        for place, column in enumerate(self._columns):
            split.addWidget(column)
            split.setStretchFactor(place, 1)
        usual = 320
        split.setSizes([width or usual for width in widths])
        split.splitterMoved.connect(lambda *_: self.resized.emit(split.sizes()))
        split.setMinimumWidth(theme().px(LEAST_WIDTH) * len(self._columns) + len(self._columns))
        return _scrolled(split, across=True)

    def _grid(self) -> QWidget:
        page = QWidget()
        grounded(page, "line")
        grid = QGridLayout(page)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(1)
        count = len(self._columns)
        across = math.ceil(math.sqrt(count))
        for place, column in enumerate(self._columns):
            grounded(column)
            column.setMinimumHeight(theme().px(GRID_HEIGHT))
            grid.addWidget(column, place // across, place % across)
        for place in range(across):
            grid.setColumnStretch(place, 1)
        return _scrolled(page, across=True)

    def _tabbed(self) -> QWidget:
        page, px = QWidget(), theme().px
        room = QVBoxLayout(page)
        room.setContentsMargins(0, 0, 0, 0)
        room.setSpacing(0)
        bar, stack = QTabBar(), QStackedWidget()
        bar.setAccessibleName("Columns")
        bar.setExpanding(False)
        bar.setFont(theme().font("control", 500))
        bar.setContentsMargins(px(24), 0, px(24), 0)
        for column in self._columns:
            bar.addTab(column.lane.label)
            stack.addWidget(column)
        bar.currentChanged.connect(stack.setCurrentIndex)
        box = QVBoxLayout()
        box.setContentsMargins(px(24), 0, px(24), 0)
        box.addWidget(bar)
        room.addLayout(box)
        room.addWidget(stack, 1)
        self._tabs = bar
        return page


def _scrolled(page: QWidget, *, across: bool) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setWidget(page)
    if not across:
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return area
