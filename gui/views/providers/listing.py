"""The list at the left: what runs on this machine, one's own providers, and the catalogue."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from gui.drawing.fittings import paint_focus, write
from gui.models.providers import ROW, ProviderRow, ProvidersModel
from gui.theme import theme

Index = QModelIndex | QPersistentModelIndex
RIGHT = Qt.AlignmentFlag.AlignRight


class ProviderList(QListView):
    """Up and Down choose, F2 edits one of your own, Delete removes it."""

    chosen = Signal(str)  # a row's id, or empty
    edit_asked = Signal()
    remove_asked = Signal()

    def __init__(self, model: ProvidersModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._providers = model
        self.setAccessibleName("Providers")
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.selectionModel().currentChanged.connect(lambda index, _: self.chosen.emit(self.current_id(index)))
        theme().changed.connect(self._restyle)
        self._restyle()

    def current_id(self, index: Index | None = None) -> str:
        """The id of the chosen row; empty where none is."""
        row = self._providers.row_of(self.currentIndex() if index is None else index)
        return row.id if row is not None else ""

    def choose(self, row_id: str) -> None:
        index = self._providers.index_of(row_id)
        if index.isValid():
            self.setCurrentIndex(index)
            self.scrollTo(index)

    def _restyle(self) -> None:
        self.setFont(theme().font())
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_F2:
                self.edit_asked.emit()
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.remove_asked.emit()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self.hasFocus() and self.current_id():
            painter = QPainter(self.viewport())
            paint_focus(painter, QRectF(self.visualRect(self.currentIndex())), theme().palette)
            painter.end()


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(10, theme().px(36 if isinstance(index.data(ROW), ProviderRow) else 44))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        area, shown = QRectF(option.rect), index.data(ROW)
        if isinstance(shown, ProviderRow):
            self._row(painter, area, shown, bool(option.state & QStyle.StateFlag.State_Selected))
        else:
            self._heading(painter, area, shown)
        painter.restore()

    def _heading(self, painter: QPainter, area: QRectF, words: str) -> None:
        look, p, px = theme(), theme().palette, theme().px
        painter.fillRect(area, p.surface)
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.line)
        write(painter, area.adjusted(px(24), px(12), -px(8), 0), words, look.font("caption", 600), p.muted)

    def _row(self, painter: QPainter, area: QRectF, row: ProviderRow, chosen: bool) -> None:
        look, p, px = theme(), theme().palette, theme().px
        strong = chosen and p.high_contrast
        painter.fillRect(area, p.accent_tint if chosen else p.surface)
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.accent if strong else p.line)
        if chosen:
            painter.fillRect(QRectF(area.left(), area.top(), px(2), area.height() - 1), p.accent)
        room = area.adjusted(px(24), 0, -px(16), 0)
        right = write(painter, room, row.note, look.font("caption"), p.muted, RIGHT)
        write(painter, room.adjusted(0, 0, -right - px(12), 0), row.label, look.font("control", 500), p.text)
