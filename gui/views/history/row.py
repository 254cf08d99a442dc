"""A row of the history, painted: outcome, prompt with the hits marked, who served it, attempts, duration, hour."""

from datetime import date

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QAbstractItemView, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.history_search import Found
from gui.drawing.fittings import paint_focus, write
from gui.icons import paint_icon
from gui.models.history import ROW, Heading, attempts, clock, duration, outcome, pieces
from gui.theme import LOOKS, State, theme

Index = QModelIndex | QPersistentModelIndex
HEIGHT, SEARCHED = 44, 64  # with the part of the answer that was hit
RIGHT = Qt.AlignmentFlag.AlignRight
SERVED, ATTEMPTS, TOOK, HOUR = 248, 84, 72, 88


class RowDelegate(QStyledItemDelegate):
    """The list gives each row its height."""

    def __init__(self, parent: QAbstractItemView) -> None:
        super().__init__(parent)
        self._view = parent

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        painter.save()
        area, item = QRectF(option.rect), index.data(ROW)
        if isinstance(item, Heading):
            self._heading(painter, area, item.text)
        else:
            chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            self._ground(painter, area, chosen, bool(option.state & QStyle.StateFlag.State_MouseOver))
            self._row(painter, area.adjusted(theme().px(24), 0, -theme().px(24), -1), item)
            if chosen and self._view.hasFocus() and index == self._view.currentIndex():
                paint_focus(painter, area.adjusted(0, 0, 0, -1), theme().palette)
        painter.restore()

    def _heading(self, painter: QPainter, area: QRectF, text: str) -> None:
        look, p, px = theme(), theme().palette, theme().px
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.line)
        room = QRectF(area.left() + px(24), area.bottom() - px(30), area.width() - px(48), px(26))
        write(painter, room, text, look.font("control", 600), p.text)

    def _ground(self, painter: QPainter, area: QRectF, chosen: bool, under_mouse: bool) -> None:
        p, px = theme().palette, theme().px
        painter.fillRect(area, p.accent_tint if chosen else p.raised if under_mouse else p.surface)
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), p.line)
        if chosen:
            painter.fillRect(QRectF(area.left(), area.top(), px(3), area.height() - 1), p.accent)

    def _row(self, painter: QPainter, room: QRectF, found: Found) -> None:
        look, p, px = theme(), theme().palette, theme().px
        state, _ = outcome(found)
        mark = QRectF(room.left(), room.top() + px(14), px(14), px(14))
        paint_icon(painter, LOOKS[state].icon, mark, p.state(state))
        top = QRectF(room.left() + px(26), room.top(), room.width() - px(26), px(42))
        wide = top.width() >= px(720)
        columns = [(clock(found, date.today()), HOUR), (duration(found), TOOK)]
        columns += [(attempts(found), ATTEMPTS)] if wide else []
        right = top.right()
        for text, width in columns:
            write(painter, QRectF(right - px(width), top.top(), px(width), top.height()), text, look.font("control"),
                  p.muted, RIGHT)  # fmt: skip
            right -= px(width)
        served = QRectF(right - px(SERVED if wide else 148), top.top(), px(SERVED if wide else 148), top.height())
        self._served(painter, QRectF(served), found)
        top.setRight(served.left() - px(16))
        self._prompt(painter, top, found)
        if found.excerpt:
            below = QRectF(room.left() + px(26), room.top() + px(36), room.width() - px(26), px(22))
            _marked(painter, below, found.excerpt, small=True)

    def _served(self, painter: QPainter, room: QRectF, found: Found) -> None:
        """Who served it; the word of the outcome before that, where it is not the usual one."""
        look, p = theme(), theme().palette
        state, word = outcome(found)
        if state is not State.SUCCEEDED:
            ahead = f"{word}, " if found.served else word
            room.setLeft(room.left() + write(painter, room, ahead, look.font(), p.state(state)))
        write(painter, room, found.served, look.font(), p.text)

    def _prompt(self, painter: QPainter, room: QRectF, found: Found) -> None:
        look, p, px = theme(), theme().palette, theme().px
        if found.turn > 1:
            note = f"turn {found.turn}"
            wide = QFontMetricsF(look.font("caption")).horizontalAdvance(note) + px(4)
            write(painter, QRectF(room.right() - wide, room.top(), wide, room.height()), note, look.font("caption"),
                  p.muted, RIGHT)  # fmt: skip
            room.setRight(room.right() - wide - px(8))
        _marked(painter, room, found.prompt, small=False)


def _marked(painter: QPainter, room: QRectF, text: str, *, small: bool) -> None:
    """One line, in stretches: what the search has hit is bold, on a ground of its own, and underlined."""
    look, p = theme(), theme().palette
    size = "caption" if small else "control"
    plain, strong = look.font(size), look.font(size, 600)
    for words, hit in pieces(text):
        font = strong if hit else plain
        metrics = QFontMetricsF(font)
        wide = metrics.horizontalAdvance(words)
        if hit:
            box = QRectF(room.left() - 1, room.center().y() - metrics.height() / 2, min(wide, room.width()) + 2,
                         metrics.height())  # fmt: skip
            painter.fillRect(box, p.accent_tint)
            painter.fillRect(QRectF(box.left(), box.bottom() - 1, box.width(), 1), p.accent)
        write(painter, QRectF(room), words, font, p.accent if hit else p.muted if small else p.text)
        room.setLeft(room.left() + wide)
        if room.width() < 2:
            return
