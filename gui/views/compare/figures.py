"""The figures of a column: a row for each, the best of its row marked by an icon and a word; what it means on hover."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QToolTip, QWidget

from gui.models.compare import FIGURES, Figure
from gui.theme import theme

ROW = 23


class Figures(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[Figure, ...] = ()
        self.setFixedHeight(theme().px(ROW) * FIGURES)

    @property
    def rows(self) -> tuple[Figure, ...]:
        return self._rows

    def show_figures(self, rows: Sequence[Figure]) -> None:
        if tuple(rows) != self._rows:
            self._rows = tuple(rows)
            self.update()

    def name(self) -> None:
        """Tells all of it to a screen reader."""
        told = (f"{row.name} {row.text}{', the best' if row.best else ''}" for row in self._rows)
        self.setAccessibleName("; ".join(told))

    def sizeHint(self) -> QSize:
        return QSize(240, self.minimumHeight())

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip and self._rows:
            place = min(max(0, event.pos().y() // theme().px(ROW)), len(self._rows) - 1)
            QToolTip.showText(event.globalPos(), f"{self._rows[place].name}. {self._rows[place].meaning}", self)
            return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for place, row in enumerate(self._rows):
            height = theme().px(ROW)
            self._paint_row(painter, row, QRectF(0, place * height, self.width(), height))
        painter.end()

    def _paint_row(self, painter: QPainter, row: Figure, room: QRectF) -> None:
        look, p, middle = theme(), theme().palette, Qt.AlignmentFlag.AlignVCenter
        painter.setFont(look.font("control"))
        painter.setPen(p.muted)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, row.name)
        font = look.font("control", 600 if row.best else 500)
        painter.setFont(font)
        painter.setPen(p.text if row.value is not None else p.muted)
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignRight, row.text)
        if row.best:
            right = room.right() - QFontMetricsF(font).horizontalAdvance(row.text) - look.px(10)
            paint_best(painter, right, room.center().y())


def paint_best(painter: QPainter, right: float, middle: float) -> None:
    """The mark of the best: a diamond and the word, ending at `right`."""
    look, px = theme(), theme().px
    font, colour = look.font("caption", 600), look.palette.accent
    width = QFontMetricsF(font).horizontalAdvance("best")
    painter.setFont(font)
    painter.setPen(colour)
    painter.drawText(QRectF(right - width, middle - px(10), width + 1, px(20)), Qt.AlignmentFlag.AlignVCenter, "best")
    x, half = right - width - px(9), px(4)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(
        QPolygonF([QPointF(x, middle - half), QPointF(x + half, middle), QPointF(x, middle + half),
                   QPointF(x - half, middle)])
    )  # fmt: skip
