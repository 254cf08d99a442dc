"""The candidates in order: rows with a number, a name, keys as chips and marks; moved by drag and by keyboard."""

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QContextMenuEvent, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractItemView, QListView, QMenu, QStyle, QStyledItemDelegate, QWidget
from PySide6.QtWidgets import QStyleOptionViewItem as Option

from engine.route_lint import Severity
from gui.icons import paint_icon
from gui.models.route_editor import ROW, CandidateRow, CandidatesModel
from gui.theme import Palette, theme
from gui.views.route_editor.parts import elided

Index = QModelIndex | QPersistentModelIndex
HEIGHT = 72.0
EMPTY = "No candidate yet. Add the provider and model that should be asked first."
SIGNS = {Severity.ERROR: "cross", Severity.WARNING: "warning", Severity.NOTE: "eye"}


def colour_of(severity: Severity, palette: Palette) -> QColor:
    match severity:
        case Severity.ERROR:
            return palette.failed_permanent
        case Severity.WARNING:
            return palette.failed_transient
        case Severity.NOTE:
            return palette.muted


class CandidateList(QListView):
    """Up and Down choose, Ctrl+Up and Ctrl+Down move, Enter edits, Delete removes."""

    edit_asked = Signal(int)
    remove_asked = Signal(int)
    copy_asked = Signal(int)
    move_asked = Signal(int, int)

    def __init__(self, model: CandidatesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Candidates, in the order in which they are asked")
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.setDefaultDropAction(Qt.DropAction.MoveAction)
        self.setDropIndicatorShown(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        model.move_asked.connect(self.move_asked)
        self.clicked.connect(lambda index: self.edit_asked.emit(index.row()))
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def place(self) -> int:
        """The chosen candidate's place; -1 where none is."""
        return self.currentIndex().row()

    def choose(self, place: int) -> None:
        self.setCurrentIndex(self.model().index(place, 0))

    def fit(self, most: int) -> None:
        """As high as its rows, but not higher than `most`."""
        rows = max(2, self.model().rowCount())
        self.setFixedHeight(max(theme().px(HEIGHT), min(rows * theme().px(HEIGHT), most)))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        place, count = self.place(), self.model().rowCount()
        match event.key():
            case Qt.Key.Key_Up | Qt.Key.Key_Down if control:
                to = place + (-1 if event.key() == Qt.Key.Key_Up else 1)
                if place >= 0 and 0 <= to < count:
                    self.move_asked.emit(place, to)
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace if place >= 0:
                self.remove_asked.emit(place)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if place >= 0:
                self.edit_asked.emit(place)
            case _:
                super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if (place := self.place()) < 0:
            return
        menu, last = QMenu(self), self.model().rowCount() - 1
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction("Edit", lambda: self.edit_asked.emit(place))
        menu.addAction("Duplicate", lambda: self.copy_asked.emit(place))
        menu.addSeparator()
        menu.addAction("Move up", lambda: self.move_asked.emit(place, place - 1)).setEnabled(place > 0)
        menu.addAction("Move down", lambda: self.move_asked.emit(place, place + 1)).setEnabled(place < last)
        menu.addSeparator()
        menu.addAction("Remove", lambda: self.remove_asked.emit(place))
        menu.popup(event.globalPos())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click on the bin removes, and does not choose."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and bin_of(self.visualRect(index)).contains(event.position().toPoint()):
            self.remove_asked.emit(index.row())
            return
        super().mousePressEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.HoverMove, QEvent.Type.Leave):
            self.viewport().update()
        return super().viewportEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter, p, px = QPainter(self.viewport()), theme().palette, theme().px
        if not self.model().rowCount():
            painter.setFont(theme().font("reading"))
            painter.setPen(p.muted)
            room = self.viewport().rect().adjusted(px(48), 0, -px(48), 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, EMPTY)
        elif self.hasFocus() and self.currentIndex().isValid():
            painter.setPen(QPen(p.accent, 2))
            painter.drawRect(self.visualRect(self.currentIndex()).adjusted(1, 1, -1, -2))
        painter.end()


def bin_of(rect: QRect) -> QRect:
    """Where the row's bin is."""
    px = theme().px
    return QRect(rect.right() - px(40), rect.center().y() - px(14), px(28), px(28))


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: Option, index: Index) -> QSize:
        return QSize(10, theme().px(HEIGHT))

    def paint(self, painter: QPainter, option: Option, index: Index) -> None:
        row: CandidateRow = index.data(ROW)
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        chosen, hovered = bool(state & QStyle.StateFlag.State_Selected), bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._ground(painter, QRectF(rect), chosen=chosen, hovered=hovered)
        if index.row() < index.model().rowCount() - 1:
            painter.fillRect(QRectF(rect.left(), rect.bottom(), rect.width(), 1), theme().palette.line)
        self._number(painter, QRectF(rect), row, hovered=hovered or chosen)
        right = self._right(painter, rect, row, hovered=hovered or chosen)
        self._name(painter, QRectF(rect), row, right)
        self._facts(painter, QRectF(rect), row, right)
        painter.restore()

    def _ground(self, painter: QPainter, area: QRectF, *, chosen: bool, hovered: bool) -> None:
        p, px = theme().palette, theme().px
        painter.fillRect(area, p.accent_tint if chosen else p.raised if hovered else p.surface)
        if chosen:
            painter.fillRect(QRectF(area.left(), area.top(), px(2), area.height() - 1), p.accent)

    def _number(self, painter: QPainter, area: QRectF, row: CandidateRow, *, hovered: bool) -> None:
        look, p, px = theme(), theme().palette, theme().px
        if hovered:
            paint_icon(painter, "drag", QRectF(area.left() + px(6), area.center().y() - px(7), px(14), px(14)), p.muted)
        circle = QRectF(area.left() + px(24), area.center().y() - px(13), px(26), px(26))
        painter.setPen(QPen(p.line_strong, 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(circle)
        painter.setFont(look.font("control", 600))
        painter.setPen(p.text)
        painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, str(row.place + 1))

    def _right(self, painter: QPainter, rect: QRect, row: CandidateRow, *, hovered: bool) -> float:
        """The sign of its worst finding and the bin; returns where the text must end."""
        p, px = theme().palette, theme().px
        box = bin_of(rect)
        if hovered:
            paint_icon(painter, "trash", QRectF(box).adjusted(px(6), px(6), -px(6), -px(6)), p.muted)
        if row.worst is not None and row.worst is not Severity.NOTE:
            sign = QRectF(box.left() - px(24), rect.center().y() - px(8), px(16), px(16))
            paint_icon(painter, SIGNS[row.worst], sign, colour_of(row.worst, p))
        return float(box.left() - px(36))

    def _name(self, painter: QPainter, area: QRectF, row: CandidateRow, right: float) -> None:
        look, p, px = theme(), theme().palette, theme().px
        bold, plain = look.font("control", 600), look.font("control")
        x, y = area.left() + px(66), area.top() + px(14)
        height = px(20)
        for font, colour, text in (
            (bold, p.text, row.provider),
            (plain, p.text, row.model),
            (plain, p.muted, row.address),
        ):
            shown = elided(font, text, max(0.0, right - x))
            painter.setFont(font)
            painter.setPen(colour)
            painter.drawText(QRectF(x, y, right - x, height), Qt.AlignmentFlag.AlignVCenter, shown)
            x += QFontMetricsF(font).horizontalAdvance(shown) + px(10)

    def _facts(self, painter: QPainter, area: QRectF, row: CandidateRow, right: float) -> None:
        p, px = theme().palette, theme().px
        x, y = area.left() + px(66), area.top() + px(38)
        for name, known in row.keys:
            x = self._chip(painter, x, y, right, "key", name, p.text if known else p.failed_transient)
        if not row.keys:
            x = self._word(painter, x, y, right, "no key", p.muted)
        x = self._word(painter, x + px(4), y, right, row.window, p.muted)
        for word, able in row.marks:
            x = self._mark(painter, x, y, right, word, able=able)
        for words in row.clocks:
            x = self._chip(painter, x, y, right, "clock", words, p.muted)

    def _chip(self, painter: QPainter, x: float, y: float, right: float, name: str, text: str, colour: QColor) -> float:
        look, p, px = theme(), theme().palette, theme().px
        font = look.font("caption", 500)
        wide = QFontMetricsF(font).horizontalAdvance(text) + px(28)
        if x + wide > right:
            return right
        box = QRectF(x, y, wide, px(20))
        painter.setPen(QPen(p.line_strong if p.high_contrast else p.line, 1))
        painter.setBrush(p.sunken)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4))
        paint_icon(painter, name, QRectF(x + px(6), y + px(4), px(12), px(12)), colour)
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(box.adjusted(px(21), 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)
        return x + wide + px(6)

    def _mark(self, painter: QPainter, x: float, y: float, right: float, word: str, *, able: bool) -> float:
        p, px = theme().palette, theme().px
        wide = QFontMetricsF(theme().font("caption")).horizontalAdvance(word) + px(16)
        if x + wide > right:
            return right
        name, colour = ("check", p.succeeded) if able else ("cross", p.muted)
        paint_icon(painter, name, QRectF(x, y + px(5), px(10), px(10)), colour)
        return self._word(painter, x + px(14), y, right, word, p.muted)

    def _word(self, painter: QPainter, x: float, y: float, right: float, text: str, colour: QColor) -> float:
        font, px = theme().font("caption"), theme().px
        wide = QFontMetricsF(font).horizontalAdvance(text)
        if x + wide > right:
            return right
        painter.setFont(font)
        painter.setPen(colour)
        painter.drawText(QRectF(x, y, wide + 1, px(20)), Qt.AlignmentFlag.AlignVCenter, text)
        return x + wide + px(12)
