"""The gallery's page: a title, a field to find by, tabs by category, the cards and the legend."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QListView, QTabBar, QVBoxLayout, QWidget

from engine.lab.programme import Category, Scenario
from gui.drawing.legend import Legend
from gui.icons import paint_icon
from gui.models.gallery import GalleryModel
from gui.theme import Theme, theme
from gui.views.gallery.card import HEIGHT, CardDelegate

LEAST_WIDTH = 280.0  # of a card
DRAW_BUDGET = 0.012  # seconds of one tick that go into sketches
HINT = "Arrow keys move, Enter runs"
_TABS = """
QTabBar {{ background: transparent; qproperty-drawBase: 0; }}
QTabBar::tab {{ color: {text}; border: 1px solid transparent; border-radius: {p6}px; padding: {p5}px {p12}px;
  margin-right: {p4}px; }}
QTabBar::tab:hover {{ background: {sunken}; }}
QTabBar::tab:selected {{ background: {tint}; color: {accent}; border-color: {tint_line}; }}
QTabBar::tab:selected:focus {{ border: 2px solid {accent}; padding: {p4}px {p11}px; }}
"""


class Gallery(QWidget):
    """What the window embeds. Says by name which scenario is to run."""

    scenario_chosen = Signal(str)

    def __init__(
        self, scenarios: Sequence[Scenario], parent: QWidget | None = None, *, look: Theme | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self.model = GalleryModel(scenarios, self)
        self.cards = Cards(self.model, self._theme, self)
        self._title, self._count, self._hint = QLabel("Scenarios", self), QLabel(self), QLabel(HINT, self)
        self._count.setMinimumWidth(1)  # it gives way before the field does
        self.field = Field(self._theme, self)
        self.tabs = QTabBar(self)
        self.tabs.setAccessibleName("Kinds of scenarios")
        self.tabs.setExpanding(False)
        self._kinds: tuple[Category | None, ...] = (None, *Category)
        for kind in self._kinds:
            self.tabs.addTab("All" if kind is None else kind.value)
        self._legend = Legend(self._theme, self)
        self._arrange()
        self._connect()
        self._dress()
        self._filter()

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._head, self._bar, self._foot = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for row, widgets in (
            (self._head, (self._title, self._count, None, self.field)),
            (self._bar, (self.tabs, None)),
            (self._foot, (self._legend, None, self._hint)),
        ):
            for widget in widgets:
                row.addStretch(1) if widget is None else row.addWidget(widget)
        self._foot.setStretch(0, 1)
        self._foot.setStretch(1, 0)
        column.addLayout(self._head)
        column.addWidget(_hairline(self))
        column.addLayout(self._bar)
        column.addWidget(_hairline(self))
        column.addWidget(self.cards, 1)
        column.addWidget(_hairline(self))
        column.addLayout(self._foot)
        self.setTabOrder(self.field, self.tabs)
        self.setTabOrder(self.tabs, self.cards)
        self.setFocusProxy(self.cards)

    def _connect(self) -> None:
        self.cards.chosen.connect(self.scenario_chosen)
        self.tabs.currentChanged.connect(self._filter)
        self.field.textChanged.connect(self._filter)
        self.field.installEventFilter(self)
        slash = QShortcut(QKeySequence(Qt.Key.Key_Slash), self)
        slash.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        slash.activated.connect(self.field.setFocus)
        self._theme.changed.connect(self._dress)

    def _filter(self) -> None:
        self.model.show_only(self._kinds[self.tabs.currentIndex()], self.field.text())
        shown, total = self.model.rowCount(), self.model.total
        self._count.setText(f"{shown} of {total} run offline, with no keys and no cost")
        self.cards.empty = f"No scenario matches “{self.field.text()}”. Press Esc to see them all."
        if shown:
            self.cards.setCurrentIndex(self.model.index(0))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """In the field, Down and Enter go to the cards, and Esc clears."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self.cards.setFocus(Qt.FocusReason.TabFocusReason)
                return True
            if event.key() == Qt.Key.Key_Escape and self.field.text():
                self.field.clear()
                return True
        return super().eventFilter(watched, event)

    def _dress(self) -> None:
        look, palette = self._theme, self._theme.palette
        wide = look.px(24)
        self._head.setContentsMargins(wide, look.px(8), look.px(16), look.px(8))
        self._head.setSpacing(look.px(16))
        self._bar.setContentsMargins(look.px(12), look.px(8), wide, look.px(8))
        self._foot.setContentsMargins(look.px(8), 0, wide, 0)
        self.field.setFixedWidth(look.px(232))
        _ink(self._title, look.font("control", 600), palette.text.name())
        _ink(self._count, look.font("control"), palette.muted.name())
        _ink(self._hint, look.font("caption"), palette.muted.name())
        self.tabs.setStyleSheet(
            _TABS.format(
                text=palette.text.name(), sunken=palette.sunken.name(), tint=palette.accent_tint.name(),
                accent=palette.accent.name(), tint_line=palette.tint_line.name(),
                **{f"p{n}": look.px(n) for n in (4, 5, 6, 11, 12)},
            )
        )  # fmt: skip
        self.tabs.setFont(look.font("control", 500))
        for line in self.findChildren(QFrame, "hairline"):
            line.setStyleSheet(f"background: {palette.line.name()};")
            line.setFixedHeight(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hint.setVisible(self.width() >= self._theme.px(720))
        self._legend.setVisible(self.height() >= self._theme.px(480))


class Field(QLineEdit):
    """A line to find by, with a lens in front. (Qt's own icon inside a line costs 70 ms when it is first made.)"""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self.setPlaceholderText("Find, or press /")
        self.setAccessibleName("Find a scenario")
        self.setToolTip("Find by name, fault or provider ( / )")
        look.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        self.setTextMargins(self._theme.px(20), 0, 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, side = QPainter(self), self._theme.px(14)
        place = QRectF(self._theme.px(9), (self.height() - side) / 2, side, side)
        paint_icon(painter, "search", place, self._theme.palette.muted)
        painter.end()


class Cards(QListView):
    """The grid. Its columns follow the width; sketches are drawn behind the first paint, a few in each tick."""

    chosen = Signal(str)

    def __init__(self, model: GalleryModel, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._model = look, model
        self.empty = ""
        self._delegate = CardDelegate(look)
        self._ticks = QTimer(self)
        self._ticks.setInterval(0)
        self._ticks.timeout.connect(self._draw_some)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setViewMode(QListView.ViewMode.IconMode)
        self.setMovement(QListView.Movement.Static)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setUniformItemSizes(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)  # else its room is taken off the columns
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("Scenarios")
        self._delegate.run_clicked.connect(self._choose)
        self.doubleClicked.connect(self._choose)
        look.changed.connect(self._delegate.forget)
        look.changed.connect(self._fit)

    @property
    def columns(self) -> int:
        return max(1, int(self.viewport().width() // self._theme.px(LEAST_WIDTH)))

    def _fit(self) -> None:
        cell = QSize((self.viewport().width() - 1) // self.columns, self._theme.px(HEIGHT))
        if cell != self._delegate.size:
            self._delegate.size = cell
            self._delegate.forget()
        self.setGridSize(cell)
        self.verticalScrollBar().setSingleStep(self._theme.px(40))
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if not self._model.rowCount():
            self._paint_empty()
        if not self._model.complete and not self._ticks.isActive():
            self._ticks.start()

    def _paint_empty(self) -> None:
        painter = QPainter(self.viewport())
        painter.setFont(self._theme.font("reading"))
        painter.setPen(self._theme.palette.muted)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.viewport().rect().adjusted(24, 24, -24, -24), flags, self.empty)
        painter.end()

    def _draw_some(self) -> None:
        self._model.draw(DRAW_BUDGET)
        if self._model.complete:
            self._ticks.stop()

    def _choose(self, index: QModelIndex | QPersistentModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(self._model.scenario(index.row()).name)

    def moveCursor(self, action: QListView.CursorAction, modifiers: Qt.KeyboardModifier) -> QModelIndex:
        """By rows and columns, and on to the next row at a row's end."""
        steps = {
            QListView.CursorAction.MoveLeft: -1, QListView.CursorAction.MoveRight: 1,
            QListView.CursorAction.MoveUp: -self.columns, QListView.CursorAction.MoveDown: self.columns,
        }  # fmt: skip
        if action not in steps:
            return super().moveCursor(action, modifiers)
        row, last = self.currentIndex().row() + steps[action], self._model.rowCount() - 1
        if row > last and action is QListView.CursorAction.MoveDown:
            on_last_row = self.currentIndex().row() // self.columns == last // self.columns
            row = self.currentIndex().row() if on_last_row else last
        return self._model.index(row) if 0 <= row <= last else self.currentIndex()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose(self.currentIndex())
            return
        super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        on_run = index.isValid() and self._delegate.on_run(self.visualRect(index), event.position())
        shape = Qt.CursorShape.PointingHandCursor if on_run else Qt.CursorShape.ArrowCursor
        self.viewport().setCursor(shape)


def _hairline(parent: QWidget) -> QFrame:
    line = QFrame(parent)
    line.setObjectName("hairline")
    return line


def _ink(label: QLabel, font: QFont, colour: str) -> None:
    label.setFont(font)
    label.setStyleSheet(f"color: {colour}; background: transparent;")
