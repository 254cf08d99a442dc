"""The list of shortcuts, by place; it listens for new keys on the row that is being changed."""

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.drawing.fittings import paint_caps, paint_focus, write
from gui.models.shortcuts import Action, Bindings, portable, refusal, shown
from gui.theme import theme

Index = QModelIndex | QPersistentModelIndex
ACTION = Qt.ItemDataRole.UserRole + 1
ROW, HEADING = 36, 36
LISTENS = "Press the keys. Esc leaves it."
_MODIFIERS = (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_AltGr)


class ShortcutModel(QAbstractListModel):
    """The actions that answer what is looked for, those of one place together."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bindings = Bindings()
        self.actions: tuple[Action, ...] = ()
        self._looked_for = ""

    def show(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self.find(self._looked_for)

    def find(self, text: str) -> None:
        self._looked_for = text
        words = text.casefold().split()
        found = tuple(a for a in self.bindings.actions if all(word in self._text(a) for word in words))
        if found == self.actions and found:
            self.dataChanged.emit(self.index(0), self.index(len(found) - 1))
            return
        self.beginResetModel()
        self.actions = found
        self.endResetModel()

    def _text(self, action: Action) -> str:
        keys = " ".join(f"{k} {shown(k)} {k.replace('+', ' ')}" for k in self.bindings.keys(action))
        return f"{action.title} {action.place.value} {keys}".casefold()

    def heads(self, row: int) -> bool:
        """Whether it is the first of its place."""
        return row == 0 or self.actions[row - 1].place is not self.actions[row].place

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self.actions)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        action = self.actions[index.row()]
        keys = " or ".join(map(shown, self.bindings.keys(action))) or "no keys"
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return action.title
            case Qt.ItemDataRole.AccessibleTextRole:
                fixed = ", cannot be changed" if action.fixed else ""
                return f"{action.title}, {action.place.value}: {keys}{fixed}"
            case _ if role == ACTION:
                return action
            case _:
                return None


class ShortcutList(QListView):
    """`chosen` says an action and all the keys that it should have; `said` why keys were not taken, or nothing."""

    chosen = Signal(object, tuple)
    reset_asked = Signal(object)
    said = Signal(str)

    def __init__(self, model: ShortcutModel) -> None:
        super().__init__()
        self._model = model
        self.listening: Action | None = None
        self._adds = False
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName("Shortcuts")
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.doubleClicked.connect(lambda _: self.listen())
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def current(self) -> Action | None:
        index = self.currentIndex()
        return self._model.actions[index.row()] if index.isValid() else None

    def choose_first(self) -> None:
        if self._model.rowCount() and not self.currentIndex().isValid():
            self.setCurrentIndex(self._model.index(0))

    def listen(self, *, adds: bool = False) -> None:
        """The next combination is for the current action: in place of its keys, or beside them."""
        action = self.current()
        if action is None:
            return
        if action.fixed:
            self.said.emit(f"“{action.title}” belongs to its view, and cannot be changed.")
            return
        self.listening, self._adds = action, adds
        self.said.emit("")
        self.viewport().update()

    def _end(self) -> None:
        self.listening = None
        self.viewport().update()

    def event(self, event: QEvent) -> bool:
        """While it listens, the window's own shortcuts are only keys, and so is Tab."""
        if self.listening is not None and event.type() == QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if self.listening is not None and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            self.keyPressEvent(event)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self.listening is not None:
            self._heard(event)
            return
        action, control = self.current(), event.modifiers() == Qt.KeyboardModifier.ControlModifier
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter | Qt.Key.Key_F2:
                self.listen()
            case Qt.Key.Key_Insert:
                self.listen(adds=True)
            case Qt.Key.Key_Backspace if control and action is not None and not action.fixed:
                self.reset_asked.emit(action)
            case Qt.Key.Key_Delete | Qt.Key.Key_Backspace if action is not None and not action.fixed:
                self.chosen.emit(action, ())
            case _:
                super().keyPressEvent(event)

    def _heard(self, event: QKeyEvent) -> None:
        action = self.listening
        if event.key() in _MODIFIERS or action is None:
            return
        if event.key() == Qt.Key.Key_Escape and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self._end()
            return
        pressed = event.keyCombination()
        if why := refusal(pressed):
            self.said.emit(why)
            return
        key = portable(QKeySequence(pressed))
        before = self._model.bindings.keys(action) if self._adds else ()
        self._end()
        self.chosen.emit(action, (*(k for k in before if k != key), key))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._end()
        super().focusOutEvent(event)


class _Delegate(QStyledItemDelegate):
    def __init__(self, parent: ShortcutList) -> None:
        super().__init__(parent)
        self._list = parent

    def _model(self) -> ShortcutModel:
        model = self._list.model()
        assert isinstance(model, ShortcutModel)
        return model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, theme().px(ROW + (HEADING if self._model().heads(index.row()) else 0)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        area, action = QRectF(option.rect), index.data(ACTION)
        look, p, px = theme(), theme().palette, theme().px
        if self._model().heads(index.row()):
            heading = QRectF(area.left() + px(8), area.top() + px(8), area.width(), px(HEADING - 8))
            write(painter, heading, action.place.value, look.font("caption", 600), p.muted)
            area.setTop(area.top() + px(HEADING))
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.fillRect(area, p.accent_tint if chosen else p.surface)
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.line)
        self._row(painter, area.adjusted(px(8), 0, -px(12), -1), action)
        if chosen and (self._list.hasFocus() or p.high_contrast):
            paint_focus(painter, area.adjusted(0, 0, 0, -1), p)
        painter.restore()

    def _row(self, painter: QPainter, room: QRectF, action: Action) -> None:
        look, p, px, bindings = theme(), theme().palette, theme().px, self._model().bindings
        works = bindings.on or action.fixed
        right = room.right()
        if self._list.listening is action:
            write(painter, room, LISTENS, look.font("control", 500), p.accent, Qt.AlignmentFlag.AlignRight)
            right -= px(220)
        elif not bindings.keys(action):
            write(painter, room, "no keys", look.font("caption"), p.skipped, Qt.AlignmentFlag.AlignRight)
        else:
            painter.setOpacity(1.0 if works else 0.45)
            for key in reversed(bindings.keys(action)):
                right = paint_caps(painter, right, room.center().y(), shown(key), p) - px(8)
            painter.setOpacity(1.0)
        colour = p.muted if action.fixed or not works else p.text
        title = room.adjusted(0, 0, right - room.right() - px(8), 0)
        wide = write(painter, title, action.title, look.font(weight=600 if bindings.changed(action) else 400), colour)
        note = "changed" if bindings.changed(action) else "fixed" if action.fixed else ""
        write(painter, title.adjusted(wide + px(10), 0, 0, 0), note, look.font("caption"), p.muted)
