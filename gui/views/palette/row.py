"""A row of the palette: an icon, the title with the letters that matched, the group, and the keys."""

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from gui.drawing.fittings import paint_caps, write
from gui.icons import ICONS, paint_icon
from gui.models.palette import HIT_ROLE, Hit
from gui.models.shortcuts import shown
from gui.theme import theme

Index = QModelIndex | QPersistentModelIndex
ROW, HEADING = 36, 28


class RowDelegate(QStyledItemDelegate):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        hit: Hit = index.data(HIT_ROLE)
        return QSize(100, theme().px(ROW + (HEADING if hit.heading else 0)))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        hit: Hit = index.data(HIT_ROLE)
        painter.save()
        area, px, p = QRectF(option.rect), theme().px, theme().palette
        if hit.heading:
            heading = QRectF(area.left() + px(16), area.top() + px(6), area.width() - px(32), px(HEADING - 6))
            write(painter, heading, hit.heading, theme().font("caption", 600), p.muted)
            area.setTop(area.top() + px(HEADING))
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            _ground(painter, area)
        self._content(painter, area.adjusted(px(16), 0, -px(16), 0), hit, chosen)
        painter.restore()

    def _content(self, painter: QPainter, room: QRectF, hit: Hit, chosen: bool) -> None:
        look, p, px, command = theme(), theme().palette, theme().px, hit.command
        colour = p.skipped if not command.enabled else p.accent if chosen else p.muted
        if command.icon in ICONS:
            mark = QRectF(room.left(), room.center().y() - px(8), px(16), px(16))
            paint_icon(painter, command.icon, mark, colour)
        room.setLeft(room.left() + px(28))
        right = paint_caps(painter, room.right(), room.center().y(), shown(command.shortcut), p)
        room.setRight(right - px(12) if command.shortcut else room.right())
        beside = command.group if not hit.heading and hit.places else ""
        group_width = QFontMetricsF(look.font("caption")).horizontalAdvance(beside) if beside else 0.0
        if beside and room.width() > group_width + px(160):
            group = QRectF(room.right() - group_width, room.top(), group_width + 1, room.height())
            write(painter, group, beside, look.font("caption"), p.muted)
            room.setRight(group.left() - px(12))
        self._title(painter, room, hit)

    def _title(self, painter: QPainter, room: QRectF, hit: Hit) -> None:
        """In stretches of one weight each: the letters that matched are bold and in the accent."""
        look, p, title = theme(), theme().palette, hit.command.title
        ink = p.text if hit.command.enabled else p.skipped
        plain, strong = look.font("control"), look.font("control", 600)
        for stretch, hits in _stretches(title, hit.places):
            font = strong if hits else plain
            wide = QFontMetricsF(font).horizontalAdvance(stretch)
            write(painter, QRectF(room), stretch, font, p.accent if hits and hit.command.enabled else ink)
            room.setLeft(room.left() + wide)
            if room.width() <= 0:
                return


def _stretches(title: str, places: tuple[int, ...]) -> list[tuple[str, bool]]:
    found: list[tuple[str, bool]] = []
    for place, letter in enumerate(title):
        hits = place in places
        if found and found[-1][1] is hits:
            found[-1] = (found[-1][0] + letter, hits)
        else:
            found.append((letter, hits))
    return found


def _ground(painter: QPainter, area: QRectF) -> None:
    p, px = theme().palette, theme().px
    box = area.adjusted(px(6), 0, -px(6), 0)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(p.tint_line if not p.high_contrast else p.accent)
    painter.setBrush(p.accent_tint)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), px(6), px(6))
    painter.setPen(Qt.PenStyle.NoPen)
