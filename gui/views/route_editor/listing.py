"""The list of routes at the left: built-in and saved ones, renamed in place."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QWidget
from PySide6.QtWidgets import QStyleOptionViewItem as Option

from gui.icons import paint_icon
from gui.models.route_desk import RouteEntry
from gui.models.route_editor import counted
from gui.theme import theme
from gui.views.route_editor.parts import elided

Index = QModelIndex | QPersistentModelIndex
ENTRY, CHANGED, USED = (Qt.ItemDataRole.UserRole + n for n in range(3))


class RouteList(QListWidget):
    """Up and Down choose, F2 renames, Delete removes."""

    chosen = Signal(str)
    rename_asked = Signal(str, str)
    remove_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Routes")
        self.setItemDelegate(_Delegate(self))
        self.setEditTriggers(QListWidget.EditTrigger.EditKeyPressed | QListWidget.EditTrigger.DoubleClicked)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.currentItemChanged.connect(lambda item, _: self.chosen.emit(item.text()) if item is not None else None)
        self.itemChanged.connect(self._renamed)
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def show_entries(self, entries: list[tuple[RouteEntry, bool]], chosen: str, used: str) -> None:
        """Shows these, each with whether it has changes that are not saved. `used` is marked as the route in use."""
        self.blockSignals(True)
        self.clear()
        for entry, changed in entries:
            item = QListWidgetItem(entry.name)
            item.setData(ENTRY, entry)
            item.setData(CHANGED, changed)
            item.setData(USED, entry.name == used)
            item.setData(
                Qt.ItemDataRole.AccessibleTextRole, f"{entry.name}, {summary(entry, changed, entry.name == used)}"
            )
            item.setToolTip(entry.error)
            if not entry.built_in and entry.route is not None:
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsEditable)
            self.addItem(item)
            if entry.name == chosen:
                self.setCurrentItem(item)
        self.blockSignals(False)

    def current(self) -> str:
        item = self.currentItem()
        return item.data(ENTRY).name if item is not None else ""

    def rename(self) -> None:
        if (item := self.currentItem()) is not None and item.flags() & Qt.ItemFlag.ItemIsEditable:
            self.editItem(item)

    def _renamed(self, item: QListWidgetItem) -> None:
        """Asks for the new name; the old one stands until the book has renamed it."""
        old, new = item.data(ENTRY).name, item.text().strip()
        self.blockSignals(True)
        item.setText(old)
        self.blockSignals(False)
        if new and new != old:
            self.rename_asked.emit(old, new)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.remove_asked.emit(self.current())
            return
        super().keyPressEvent(event)


def summary(entry: RouteEntry, changed: bool, used: bool) -> str:
    """The second line: "3 candidates, in use", "cannot be read"."""
    if entry.route is None:
        return "cannot be read"
    parts = [counted(len(entry.route.candidates), "candidate")]
    parts += ["built in"] * entry.built_in + ["not saved"] * changed + ["in use"] * used
    return ", ".join(parts)


class _Delegate(QStyledItemDelegate):
    def sizeHint(self, option: Option, index: Index) -> QSize:
        return QSize(10, theme().px(56))

    def paint(self, painter: QPainter, option: Option, index: Index) -> None:
        entry: RouteEntry = index.data(ENTRY)
        area = QRectF(option.rect)  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        look, p, px = theme(), theme().palette, theme().px
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.fillRect(area, p.accent_tint if chosen else p.raised)
        if chosen:
            painter.fillRect(QRectF(area.left(), area.top(), px(2), area.height()), p.accent)
        room = area.adjusted(px(16), px(9), -px(28), -px(9))
        font, small = look.font("control", 600 if chosen else 500), look.font("caption")
        painter.setFont(font)
        painter.setPen(p.failed_permanent if entry.route is None else p.text)
        painter.drawText(room, Qt.AlignmentFlag.AlignTop, elided(font, entry.name, room.width()))
        painter.setFont(small)
        painter.setPen(p.muted)
        words = summary(entry, index.data(CHANGED), index.data(USED))
        painter.drawText(room, Qt.AlignmentFlag.AlignBottom, elided(small, words, room.width()))
        mark = QRectF(area.right() - px(26), area.center().y() - px(7), px(14), px(14))
        if entry.route is None:
            paint_icon(painter, "warning", mark, p.failed_permanent)
        elif index.data(CHANGED):
            paint_icon(painter, "ring", mark, p.accent)
        elif index.data(USED):
            paint_icon(painter, "check", mark, p.succeeded)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(p.accent)
            painter.drawRect(area.adjusted(1, 1, -2, -2))
        painter.restore()

    def createEditor(self, parent: QWidget, option: Option, index: Index) -> QWidget:
        editor = QLineEdit(parent, maxLength=80)
        editor.setAccessibleName("Name of the route")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: Option, index: Index) -> None:
        px, rect = theme().px, option.rect  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        editor.setGeometry(rect.adjusted(px(8), px(10), -px(8), -px(10)))
