"""The table of keys: a tree of two levels, painted by the tokens, complete by keyboard."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTreeView,
    QWidget,
)

from gui.icons import paint_icon
from gui.models.keys import GROUP, ROW, Column, KeyRow, KeysModel, Standing, cell, plural, standing
from gui.theme import theme
from gui.views.keys import paint

Index = QModelIndex | QPersistentModelIndex
PAD = 24
WIDTHS = {Column.KEY: 216, Column.STATE: 160, Column.STRIP: 240, Column.SERVED: 84, Column.LAST: 116}
RIGHT = (Column.SERVED, Column.LAST)
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class KeysTable(QTreeView):
    """Up and Down choose, Ctrl+Up and Ctrl+Down move, F2 renames, Space switches on or off, Delete removes."""

    current_changed = Signal(str)  # a key's id, or empty
    move_asked = Signal(int)  # -1: up, 1: down
    toggle_asked = Signal()
    remove_asked = Signal()
    copy_asked = Signal()

    def __init__(self, model: KeysModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Keys")
        self.setHeader(_Header(self))
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setRootIsDecorated(False)
        self.setItemsExpandable(False)
        self.setIndentation(0)
        self.setMouseTracking(True)
        self.setAllColumnsShowFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        model.modelReset.connect(self._spread)
        self.selectionModel().currentChanged.connect(
            lambda current, _: self.current_changed.emit(self.current_id(current))
        )
        theme().changed.connect(self._restyle)
        self._restyle()

    def current_id(self, index: Index | None = None) -> str:
        """The id of the chosen key; empty where none is."""
        row = self._model().row_of(self.currentIndex() if index is None else index)
        return row.id if row is not None else ""

    def choose(self, key_id: str) -> None:
        index = self._model().index_of(key_id)
        if index.isValid():
            self.setCurrentIndex(index)

    def _chosen(self, current: QModelIndex) -> None:
        self.current_changed.emit(self.current_id(current))

    def rename(self) -> None:
        """Opens the alias for editing; a variable's name is not editable."""
        index = self._model().index_of(self.current_id())
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.setCurrentIndex(index)
            self.edit(index)

    def _model(self) -> KeysModel:
        model = self.model()
        assert isinstance(model, KeysModel)
        return model

    def _spread(self) -> None:
        self.expandAll()
        for place in range(self._model().rowCount()):
            self.setFirstColumnSpanned(place, QModelIndex(), True)

    def _restyle(self) -> None:
        self.setFont(theme().font())
        self.header().setFixedHeight(theme().px(32))
        self._fit()
        self.scheduleDelayedItemsLayout()
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As the room shrinks, first "last used", then the strip, then the reason go: the detail pane has them."""
        px, room = theme().px, self.viewport().width()
        shown = {column: px(width) for column, width in WIDTHS.items()} | {Column.WHY: px(150)}
        for column in (Column.LAST, Column.STRIP, Column.WHY):
            if sum(shown.values()) > room:
                del shown[column]
        spare = max(0, room - sum(shown.values()))
        grows = Column.WHY if Column.WHY in shown else Column.KEY
        for column in Column:
            self.setColumnHidden(column, column not in shown)
            if column in shown:
                self.setColumnWidth(column, shown[column] + (spare if column is grows else 0))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        match event.key():
            case Qt.Key.Key_Up | Qt.Key.Key_Down if control:
                self.move_asked.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
            case Qt.Key.Key_Space:
                self.toggle_asked.emit()
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace:
                self.remove_asked.emit()
            case Qt.Key.Key_C if control:
                self.copy_asked.emit()
            case Qt.Key.Key_F2:
                self.rename()
            case _:
                super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        index = self._model().index_of(self.current_id())
        if self.hasFocus() and index.isValid():
            painter, rect = QPainter(self.viewport()), QRectF(self.visualRect(index))
            rect.setLeft(0)
            rect.setWidth(self.viewport().width())
            paint.paint_focus(painter, rect, theme().palette)
            painter.end()


class _Header(QHeaderView):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(False)
        self.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setStretchLastSection(False)
        self.setMinimumSectionSize(1)

    def paintSection(self, painter: QPainter, rect: QRect, section: int) -> None:
        area, column = QRectF(rect), Column(section)
        look, p = theme(), theme().palette
        painter.fillRect(area, p.surface)
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.line)
        painter.setFont(look.font("caption"))
        painter.setPen(p.muted)
        room = inner(area, column)
        if column is Column.STRIP:
            painter.drawText(room, LEFT, "15 min ago")
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, "now")
            return
        text = self.model().headerData(section, Qt.Orientation.Horizontal)
        painter.drawText(room, alignment(column), text)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme().palette.surface)
        painter.fillRect(0, self.height() - 1, self.width(), 1, theme().palette.line)
        painter.end()
        super().paintEvent(event)


def alignment(column: Column) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight if column in RIGHT else LEFT


def inner(area: QRectF, column: Column) -> QRectF:
    """The part of a cell that holds its content."""
    px = theme().px
    left = px(PAD) if column is Column.KEY else px(8)
    right = px(PAD) if column is Column.LAST else px(12) if column is Column.STRIP else px(8)
    return area.adjusted(left, 0, -right, 0)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(10, theme().px(40 if index.data(ROW) is not None else 48))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        row = index.data(ROW)
        area = QRectF(option.rect)
        if row is None:
            self._group(painter, area, index)
        else:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            self._ground(painter, area, Column(index.column()), chosen)
            model = index.model()
            assert isinstance(model, KeysModel)
            self._cell(painter, inner(area, Column(index.column())), row, Column(index.column()), model.now, chosen)
        painter.restore()

    def _group(self, painter: QPainter, area: QRectF, index: Index) -> None:
        if (told := index.data(GROUP)) is None:
            return
        look, p, px = theme(), theme().palette, theme().px
        name, number = told
        painter.fillRect(area, p.surface)
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.line)
        room = area.adjusted(px(PAD), px(10), 0, 0)
        x = _write(painter, room, name, look.font("control", 600), p.text)
        _write(painter, room.adjusted(x + px(8), 0, 0, 0), plural(number), look.font(), p.muted)

    def _ground(self, painter: QPainter, area: QRectF, column: Column, chosen: bool) -> None:
        p, px = theme().palette, theme().px
        painter.fillRect(area, p.accent_tint if chosen else p.surface)
        strong = chosen and p.high_contrast
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.accent if strong else p.line)
        if strong:
            painter.fillRect(QRectF(area.left(), area.top(), area.width(), 1), p.accent)
        if chosen and column is Column.KEY:
            painter.fillRect(QRectF(area.left(), area.top(), px(2), area.height() - 1), p.accent)

    def _cell(
        self, painter: QPainter, room: QRectF, row: KeyRow, column: Column, now: float, chosen: bool
    ) -> None:  # fmt: skip
        look, p, px = theme(), theme().palette, theme().px
        match column:
            case Column.KEY:
                self._key(painter, room, row)
            case Column.STATE:
                mark = QRectF(room.left(), room.center().y() - px(8), px(16), px(16))
                paint.paint_state(painter, mark.adjusted(px(1), px(1), -px(1), -px(1)), row, now, p)
                colour = paint.colour_of(row.state, p)
                _write(painter, room.adjusted(px(22), 0, 0, 0), standing(row, now), look.font("control", 500), colour)
            case Column.STRIP:
                ground = p.accent_tint if chosen else p.surface
                paint.paint_strip(painter, room, row.marks, now, look.zoom, p, ground)
            case _:
                colour = p.text if column is Column.SERVED else p.muted
                _write(painter, room, cell(row, column, now), look.font(), colour, alignment(column))

    def _key(self, painter: QPainter, room: QRectF, row: KeyRow) -> None:
        look, p, px = theme(), theme().palette, theme().px
        off = row.state is Standing.OFF
        mark = QRectF(room.left(), room.center().y() - px(7), px(14), px(14))
        paint_icon(painter, "key", mark, p.skipped if off else p.muted)
        finger = f"…{row.fingerprint}" if row.fingerprint else ""
        mono = look.font("caption", mono=True)
        space = QFontMetricsF(mono).horizontalAdvance(finger) + px(8)
        label = room.adjusted(px(22), 0, -space, 0)
        x = _write(painter, label, row.alias, look.font("control", 500), p.muted if off else p.text)
        _write(painter, room.adjusted(px(22) + x + px(8), px(1), 0, 0), finger, mono, p.muted)

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName("Name of the key")
        editor.setMaxLength(64)
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, index: Index) -> None:
        area = option.rect
        editor.setGeometry(area.adjusted(theme().px(36), theme().px(5), -theme().px(4), -theme().px(6)))


def _write(
    painter: QPainter, room: QRectF, text: str, font: QFont, colour: QColor, align: Qt.AlignmentFlag = LEFT
) -> float:
    """Writes one line, shortened where it does not fit. Returns its width."""
    metrics = QFontMetricsF(font)
    fitting = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, room.width()))
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(room, align, fitting)
    return metrics.horizontalAdvance(fitting)
