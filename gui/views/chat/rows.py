"""The painted rows of an answer: seam, badge and figures."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from gui.icons import paint_icon
from gui.models.transcript import Badge, Metric, Seam
from gui.theme import LOOKS, theme


class SeamView(QAbstractButton):
    """A dashed line with its word. A click selects the decision."""

    selected = Signal(int)

    def __init__(self, seam: Seam) -> None:
        super().__init__()
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(lambda: self.selected.emit(self._seam.decision))
        self.show_segment(seam)

    def show_segment(self, seam: Seam) -> None:
        self._seam = seam
        self.setAccessibleName(seam.text)
        self.setToolTip("Show this decision")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, theme().px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, px = QPainter(self), theme().px
        colour, middle = theme().palette.state(self._seam.state), self.height() // 2 + 0.5
        font = theme().font("caption", 600)
        pen = QPen(colour, 1)
        pen.setDashPattern([3, 3])
        width = QFontMetricsF(font).horizontalAdvance(self._seam.text)
        left, room = px(16), self.width() - px(60)
        painter.setPen(pen)
        painter.drawLine(0, round(middle), left, round(middle))
        end = left + px(8) + px(18) + min(width, room) + px(8)
        if end < self.width():
            painter.drawLine(round(end), round(middle), self.width(), round(middle))
        paint_icon(painter, self._seam.icon, QRectF(left + px(8), middle - px(6), px(12), px(12)), colour)
        painter.setPen(colour)
        painter.setFont(font)
        text = QFontMetricsF(font).elidedText(self._seam.text, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left + px(26), 0, width + 4, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
        paint_focus(self, painter)


def paint_focus(widget: QWidget, painter: QPainter) -> None:
    """The ring of the keyboard's focus, inside the widget."""
    if widget.hasFocus():
        painter.setPen(QPen(theme().palette.accent, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(QRectF(widget.rect()).adjusted(1, 1, -1, -1), 4, 4)


class BadgeView(QAbstractButton):
    """Who answers: state, provider, model, key, attempt. A click selects the attempt."""

    selected = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._badge: Badge | None = None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._select)

    def show_badge(self, badge: Badge | None) -> None:
        if badge == self._badge:
            return
        self._badge = badge
        if badge is not None:
            key = f", key {badge.key}" if badge.key else ""
            word = LOOKS[badge.state].word
            self.setAccessibleName(f"{badge.provider}, {badge.model}{key}, attempt {badge.attempt}, {word}")
            self.setToolTip(f"{word}. Show this attempt")
        self.update()

    def _select(self) -> None:
        if self._badge is not None:
            self.selected.emit(self._badge.attempt)

    def sizeHint(self) -> QSize:
        return QSize(200, theme().px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._badge is None:
            return
        painter, badge, palette, px = QPainter(self), self._badge, theme().palette, theme().px
        side, height = px(16), self.height()
        paint_icon(
            painter, LOOKS[badge.state].icon, QRectF(0, (height - side) / 2, side, side), palette.state(badge.state)
        )
        x = float(px(25))
        font, caption = theme().font(14, 500), theme().font("caption")
        for text in (badge.provider, "·", badge.model, *(("·",) if badge.key else ())):
            x = self._write(painter, x, text, font, palette.muted if text == "·" else palette.text)
        if badge.key:
            side = px(14)
            paint_icon(painter, "key", QRectF(x, (height - side) / 2, side, side), palette.muted)
            x = self._write(painter, x + side + px(4), badge.key, font, palette.text)
        self._write(painter, x, f"attempt {badge.attempt}", caption, palette.muted)
        paint_focus(self, painter)

    def _write(self, painter: QPainter, x: float, text: str, font: QFont, colour: QColor) -> float:
        """Writes `text` as far as there is room; gives back where the next word begins."""
        metrics, gap = QFontMetricsF(font), theme().px(8)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(0.0, self.width() - x))
        painter.setFont(font)
        painter.setPen(colour)
        width = metrics.horizontalAdvance(shown)
        painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, shown)
        return x + width + gap


class MetricsRow(QWidget):
    """The figures of an answer in one row."""

    def __init__(self) -> None:
        super().__init__()
        self._metrics: tuple[Metric, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_metrics(self, metrics: tuple[Metric, ...]) -> None:
        if metrics != self._metrics:
            self._metrics = metrics
            self.setAccessibleName(", ".join(f"{m.name} {m.value}" for m in metrics))
            self.setToolTip("\n".join(f"{m.name}: {m.meaning}" for m in metrics))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(200, theme().px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette, px = QPainter(self), theme().palette, theme().px
        plain, strong = theme().font("caption"), theme().font("caption", 600)
        x = 0.0
        for metric in self._metrics:
            for text, font, colour, gap in (
                (metric.name, plain, palette.muted, px(5)),
                (metric.value, strong, palette.text, px(16)),
            ):
                width = QFontMetricsF(font).horizontalAdvance(text)
                painter.setFont(font)
                painter.setPen(colour)
                painter.drawText(QRectF(x, 0, width + 1, self.height()), Qt.AlignmentFlag.AlignVCenter, text)
                x += width + gap
