"""The words on a timeline: cached text, and a placer that lets no two labels touch.

A label comes in variants, from the fullest to the barest, each with the spots where it may stand. The first that
touches nothing is painted; a label that fits nowhere is dropped, and the hover card carries its words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QStaticText

from gui.icons import paint_icon
from gui.theme import Palette, Size, Theme

ICON, GAP, LINE_HEIGHT = 12.0, 5.0, 16.0
CELL = (160.0, 32.0)  # pixels: a label looks for room only among what lies near it


@dataclass(frozen=True, slots=True)
class Word:
    """A stretch of text of one look; `lead` is the gap in front of it."""

    text: str
    colour: QColor
    weight: int = 400
    lead: float = 0.0
    scale: Size = "caption"

    def font(self, theme: Theme) -> QFont:
        return _font(theme, self.scale, self.weight)


Line = tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Up to two lines, with an icon in front of the first. `target` says what a click on it selects."""

    lines: tuple[Line, ...]
    spots: tuple[QPointF, ...]
    icon: str = ""
    icon_colour: QColor | None = None
    target: tuple[str, int] | None = None
    tinted: bool = False


@dataclass(slots=True)
class Placer:
    """What of the plot is taken. `bounds` is where labels may stand."""

    bounds: QRectF
    cells: dict[tuple[int, int], list[QRectF]] = field(default_factory=dict)  # what is taken, by where it lies
    targets: list[tuple[QRectF, tuple[str, int]]] = field(default_factory=list)

    def take(self, rect: QRectF) -> None:
        for cell in self._cells(rect.intersected(self.bounds.adjusted(-CELL[0], -CELL[1], CELL[0], CELL[1]))):
            self.cells.setdefault(cell, []).append(rect)

    @staticmethod
    def _cells(rect: QRectF) -> list[tuple[int, int]]:
        columns = range(int(rect.left() // CELL[0]), int(rect.right() // CELL[0]) + 1)
        rows = range(int(rect.top() // CELL[1]), int(rect.bottom() // CELL[1]) + 1)
        return [(column, row) for column in columns for row in rows]

    def place(self, variants: Sequence[Label], ink: "Ink") -> QRectF | None:
        """Paints the first variant that fits at one of its spots; its rect, or None when none fits."""
        for label in variants:
            size = ink.size(label)
            for spot in label.spots:
                rect = QRectF(spot.x(), spot.y(), size[0], size[1])
                if self.free(rect):
                    self.take(rect)
                    if label.target is not None:
                        self.targets.append((rect, label.target))
                    ink.paint(label, rect)
                    return rect
        return None

    def free(self, rect: QRectF) -> bool:
        if not self.bounds.contains(rect):
            return False
        return not any(rect.intersects(other) for cell in self._cells(rect) for other in self.cells.get(cell, ()))


@dataclass(slots=True)
class Ink:
    """Measures and paints text with one painter, in the design's units (the painter carries the zoom)."""

    painter: QPainter
    theme: Theme

    def width(self, line: Line) -> float:
        return sum(advance(word.font(self.theme), word.text) + word.lead for word in line)

    def size(self, label: Label) -> tuple[float, float]:
        """The room that a label needs, its icon and its tint's padding included."""
        indent = ICON + GAP if label.icon else 0.0
        widest = max((self.width(line) for line in label.lines), default=0.0)
        room, padding = (12.0, 6.0) if label.tinted else (2.0, 0.0)
        return widest + indent + room, max(1, len(label.lines)) * LINE_HEIGHT + padding

    def paint(self, label: Label, rect: QRectF) -> None:
        palette = self.theme.palette
        self._ground(rect, palette, label.tinted)
        x, y = rect.left() + (6.0 if label.tinted else 0.0), rect.top() + (3.0 if label.tinted else 0.0)
        if label.icon:
            place = QRectF(x, y + (LINE_HEIGHT - ICON) / 2, ICON, ICON)
            paint_icon(self.painter, label.icon, place, label.icon_colour or palette.text)
            x += ICON + GAP
        for line in label.lines:
            self.write(line, QPointF(x, y))
            y += LINE_HEIGHT

    def _ground(self, rect: QRectF, palette: Palette, tinted: bool) -> None:
        """Grid lines must not cross letters."""
        if not tinted:
            self.painter.fillRect(rect.adjusted(-1, 1, 1, -1), palette.surface)
            return
        self.painter.setPen(palette.tint_line)
        self.painter.setBrush(palette.accent_tint)
        self.painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def write(self, line: Line, at: QPointF) -> float:
        """Writes one line whose box of 16 has its top left at `at`; the x behind it."""
        x = at.x()
        for word in line:
            x += word.lead
            font = word.font(self.theme)
            self.painter.setFont(font)
            self.painter.setPen(word.colour)
            text = static(font, word.text)
            self.painter.drawStaticText(QPointF(x, at.y() + (LINE_HEIGHT - text.size().height()) / 2), text)
            x += advance(font, word.text)
        return x

    def elided(self, word: Word, width: float) -> Word:
        """The word, cut to `width` with an ellipsis."""
        if advance(word.font(self.theme), word.text) <= width:
            return word
        metrics = QFontMetricsF(word.font(self.theme))
        return replace(word, text=metrics.elidedText(word.text, Qt.TextElideMode.ElideRight, max(0.0, width)))


@lru_cache(maxsize=64)
def _font(theme: Theme, size: Size, weight: int) -> QFont:
    return theme.font(size, weight, zoomed=False)


@lru_cache(maxsize=8192)
def advance(font: QFont, text: str) -> float:
    """The width of a text, cached."""
    return QFontMetricsF(font).horizontalAdvance(text)


@lru_cache(maxsize=4096)
def static(font: QFont, text: str) -> QStaticText:
    """Text laid out once for a font, cached."""
    made = QStaticText(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.prepare(font=font)
    return made
