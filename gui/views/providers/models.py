"""The models of one provider: a table to search, to star, and to make candidates from."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from gui.drawing.fittings import paint_focus, write
from gui.icons import paint_icon
from gui.models.providers import ROW, Column, ModelRow, ModelsModel
from gui.theme import theme

Index = QModelIndex | QPersistentModelIndex
WIDTHS = {Column.STAR: 48, Column.WINDOW: 96, Column.CAN: 208, Column.PRICE: 160}
LEAST_MODEL = 200
RIGHT = Qt.AlignmentFlag.AlignRight


class ModelsTable(QTableView):
    """Up and Down choose, Space or a click on the star stars, Enter or a double click makes a candidate."""

    star_asked = Signal(str, bool)
    use_asked = Signal(str)
    chosen = Signal(str)  # a model's name, or empty

    def __init__(self, model: ModelsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = model
        self.setAccessibleName("Models")
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setShowGrid(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionsClickable(False)
        header.setHighlightSections(False)
        header.setMinimumSectionSize(1)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.selectionModel().currentChanged.connect(lambda index, _: self.chosen.emit(self._name(index)))
        self.doubleClicked.connect(self._double_clicked)
        theme().changed.connect(self._restyle)
        self._restyle()

    def current(self) -> str:
        """The chosen model; empty where none is."""
        return self._name(self.currentIndex())

    def choose(self, name: str) -> None:
        if (place := self._models.place(name)) >= 0:
            self.setCurrentIndex(self._models.index(place, Column.MODEL))

    def toggle_star(self) -> None:
        if (row := self._models.row(self.currentIndex().row())) is not None:
            self.star_asked.emit(row.name, not row.starred)

    def _name(self, index: Index) -> str:
        row = self._models.row(index.row())
        return row.name if row is not None else ""

    def _double_clicked(self, index: QModelIndex) -> None:
        if index.column() != Column.STAR:
            self.use_asked.emit(self._name(index))

    def _restyle(self) -> None:
        self.setFont(theme().font())
        self.horizontalHeader().setFont(theme().font("caption"))
        self.horizontalHeader().setFixedHeight(theme().px(32))
        self.verticalHeader().setDefaultSectionSize(theme().px(36))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As the room shrinks, first what a model can, then its window go."""
        px, room = theme().px, self.viewport().width()
        shown = {column: px(width) for column, width in WIDTHS.items()}
        for column in (Column.CAN, Column.WINDOW):
            if sum(shown.values()) + px(LEAST_MODEL) > room:
                del shown[column]
        for column in Column:
            self.setColumnHidden(column, column is not Column.MODEL and column not in shown)
            if column in shown:
                self.setColumnWidth(column, shown[column])
        self.setColumnWidth(Column.MODEL, max(px(80), room - sum(shown.values())))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Space:
                self.toggle_star()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                if name := self.current():
                    self.use_asked.emit(name)
            case _:
                super().keyPressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and index.column() == Column.STAR and event.button() is Qt.MouseButton.LeftButton:
            self.setCurrentIndex(index)
            self.toggle_star()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and self.current():
            painter, rect = QPainter(self.viewport()), QRectF(self.visualRect(self.currentIndex()))
            rect.setLeft(0)
            rect.setWidth(self.viewport().width())
            paint_focus(painter, rect, theme().palette)
            painter.end()


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(10, theme().px(36))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row, column, area = index.data(ROW), Column(index.column()), QRectF(option.rect)
        if not isinstance(row, ModelRow):
            return
        painter.save()
        look, p, px = theme(), theme().palette, theme().px
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        strong = chosen and p.high_contrast
        painter.fillRect(area, p.accent_tint if chosen else p.surface)
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.accent if strong else p.line)
        if column is Column.STAR:
            side = px(14)
            mark = QRectF(area.left() + px(24), area.center().y() - side / 2, side, side)
            painter.setOpacity(1.0 if row.starred else 0.45)
            paint_icon(painter, "star", mark, p.accent if row.starred else p.muted)
        else:
            faint = column is not Column.MODEL or not row.listed
            font = look.font("control", 500 if column is Column.MODEL else 400)
            write(painter, area.adjusted(px(8), 0, -px(8), 0), row.cell(column), font, p.muted if faint else p.text)
        painter.restore()
