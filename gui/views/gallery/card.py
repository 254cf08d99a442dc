"""One card of the gallery: what the scenario does, its name, a sentence, and what the run is expected to make of it."""

from functools import lru_cache
from itertools import pairwise
from math import ceil

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter, QPen, QPixmap, QTextLayout, QTextOption
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from engine.lab.programme import Scenario
from gui.drawing.labels import Ink, Word, static
from gui.icons import paint_icon
from gui.models.gallery import Role, Sketch, attempts
from gui.theme import Palette, Theme
from gui.views.gallery.mini import paint_mini
from gui.words import seconds

HEIGHT, PAD, MARGIN = 272.0, 24.0, 2.0
PICTURE_TOP, PICTURE_HEIGHT = 30.0, 98.0  # the mini timeline, as wide as the card allows
TITLE_TOP, TEXT_TOP, FOOT_TOP = 142.0, 162.0, 236.0
RUN = QSize(68, 28)
SENTENCE_LINES = 3


class CardDelegate(QStyledItemDelegate):
    """Paints cards in the design's units, and hears a click on Run."""

    run_clicked = Signal(QPersistentModelIndex)

    def __init__(self, look: Theme) -> None:
        super().__init__()
        self._theme = look
        self.size = QSize(look.px(280), look.px(HEIGHT))  # of a cell, in the view's pixels
        self._pictures: dict[tuple[int, float, float], QPixmap] = {}
        self.pressed = False  # whether the mouse is held down on a Run button

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return self.size

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        scenario: Scenario = index.data(Role.SCENARIO)
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        state: QStyle.StateFlag = option.state  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        focused, hovered = bool(state & QStyle.StateFlag.State_HasFocus), bool(state & QStyle.StateFlag.State_MouseOver)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.translate(rect.topLeft())
        painter.scale(self._theme.zoom, self._theme.zoom)
        card = QRectF(0, 0, rect.width() / self._theme.zoom, rect.height() / self._theme.zoom)
        self._paint_ground(painter, card, focused=focused, hovered=hovered)
        self._paint_picture(painter, card, index.data(Role.SKETCH))
        self._paint_words(painter, card, scenario, button=focused or hovered)
        painter.restore()

    def _paint_ground(self, painter: QPainter, card: QRectF, *, focused: bool, hovered: bool) -> None:
        palette = self._theme.palette
        if hovered and not focused and not palette.high_contrast:
            painter.fillRect(card, palette.raised)
        painter.fillRect(QRectF(card.right() - 1, 0, 1, card.height()), palette.line)
        painter.fillRect(QRectF(0, card.bottom() - 1, card.width(), 1), palette.line)
        if focused or (hovered and palette.high_contrast):
            painter.setPen(QPen(palette.accent, 2 if focused else 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(card.adjusted(1, 1, -2, -2))

    def _paint_picture(self, painter: QPainter, card: QRectF, sketch: Sketch | None) -> None:
        palette = self._theme.palette
        area = QRectF(PAD, PICTURE_TOP, card.width() - 2 * PAD, PICTURE_HEIGHT)
        if sketch is None:
            painter.fillRect(QRectF(area.left(), area.bottom(), area.width(), 1), palette.line)
            return
        painter.drawPixmap(QPointF(area.left() - MARGIN, area.top() - MARGIN), self._picture(painter, area, sketch))
        ink, word = Ink(painter, self._theme), (Word(seconds(sketch.length), palette.muted),)
        ink.write(word, QPointF(area.right() - ink.width(word), area.top() - 18))

    def _picture(self, painter: QPainter, area: QRectF, sketch: Sketch) -> QPixmap:
        """The mini timeline, painted once for each card, size and theme."""
        ratio = painter.device().devicePixelRatioF() * self._theme.zoom
        key = (id(sketch), area.width(), ratio)
        if key not in self._pictures:
            made = QPixmap(ceil((area.width() + 2 * MARGIN) * ratio), ceil((area.height() + 2 * MARGIN) * ratio))
            made.setDevicePixelRatio(ratio)
            made.fill(Qt.GlobalColor.transparent)
            brush = QPainter(made)
            brush.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_mini(brush, QRectF(MARGIN, MARGIN, area.width(), area.height()), sketch, self._theme.palette)
            brush.end()
            self._pictures[key] = made
        return self._pictures[key]

    def forget(self) -> None:
        """The theme or the width is new: pictures are painted anew."""
        self._pictures.clear()

    def _paint_words(self, painter: QPainter, card: QRectF, scenario: Scenario, *, button: bool) -> None:
        palette, ink, width = self._theme.palette, Ink(painter, self._theme), card.width() - 2 * PAD
        title = Word(scenario.title, palette.text, 600, scale="control")
        ink.write((ink.elided(title, width),), QPointF(PAD, TITLE_TOP))
        font = self._theme.font("control", zoomed=False)
        for row, line in enumerate(wrapped(scenario.sentence, font, width, SENTENCE_LINES)):
            _write(painter, font, line, QPointF(PAD, TEXT_TOP + 20 * row), palette.muted)
        x = ink.write(
            (Word(attempts(scenario), palette.muted), Word("·", palette.muted, lead=6)), QPointF(PAD, FOOT_TOP)
        )
        colour = palette.succeeded
        paint_icon(painter, "check", QRectF(x + 7, FOOT_TOP + 2, 12, 12), colour)
        room = card.width() - PAD - x - 24 - (RUN.width() + 8 if button else 0)
        ink.write((ink.elided(Word(scenario.expected.word, colour, 500), room),), QPointF(x + 24, FOOT_TOP))
        if button:
            self._paint_button(painter, run_rect(card), palette)

    def _paint_button(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.accent)
        painter.drawRoundedRect(rect, 6, 6)
        paint_icon(painter, "play", QRectF(rect.left() + 12, rect.top() + 8, 12, 12), palette.on_accent)
        Ink(painter, self._theme).write(
            (Word("Run", palette.on_accent, 500, scale="control"),), QPointF(rect.left() + 30, rect.top() + 6)
        )

    def on_run(self, rect: QRect, point: QPointF) -> bool:
        """Whether `point` is on the Run button of the card at `rect`, both in the view's pixels."""
        zoom = self._theme.zoom
        card = QRectF(0, 0, rect.width() / zoom, rect.height() / zoom)
        return run_rect(card).contains((point - QPointF(rect.topLeft())) / zoom)

    def editorEvent(self, event: QEvent, model, option: QStyleOptionViewItem, index) -> bool:
        if not isinstance(event, QMouseEvent) or event.button() != Qt.MouseButton.LeftButton:
            return False
        rect: QRect = option.rect  # pyright: ignore[reportAttributeAccessIssue]  # lacking in the stubs
        on_run = self.on_run(rect, event.position())
        if event.type() == QEvent.Type.MouseButtonPress:
            self.pressed = on_run
        elif event.type() == QEvent.Type.MouseButtonRelease and self.pressed:
            self.pressed = False
            if on_run:
                self.run_clicked.emit(QPersistentModelIndex(index))
            return on_run
        return False


def run_rect(card: QRectF) -> QRectF:
    """The Run button of a card, in the design's units."""
    return QRectF(card.right() - PAD - RUN.width(), FOOT_TOP - 6, RUN.width(), RUN.height())


def _write(painter: QPainter, font: QFont, text: str, at: QPointF, colour: QColor) -> None:
    painter.setFont(font)
    painter.setPen(colour)
    laid = static(font, text)
    painter.drawStaticText(QPointF(at.x(), at.y() + (20 - laid.size().height()) / 2), laid)


@lru_cache(maxsize=512)
def wrapped(text: str, font: QFont, width: float, most: int) -> tuple[str, ...]:
    """The text in at most `most` lines of `width`; the last one ends in an ellipsis where there is more."""
    laid = QTextLayout(text, font)
    laid.setTextOption(QTextOption(Qt.AlignmentFlag.AlignLeft))
    laid.beginLayout()
    starts: list[int] = []
    while (line := laid.createLine()).isValid():
        line.setLineWidth(width)
        starts.append(line.textStart())
    laid.endLayout()
    bounds = [*starts, len(text)]
    lines = [text[start:end].strip() for start, end in pairwise(bounds)]
    if len(lines) <= most:
        return tuple(lines)
    rest = text[starts[most - 1] :]
    return (*lines[: most - 1], _elided(rest, font, width))


def _elided(text: str, font: QFont, width: float) -> str:
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
