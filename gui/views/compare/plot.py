"""The dot plot: a row for each column, every run a dot, the median a line over its interval, failures at the right."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QToolTip, QWidget

from engine.compare import stats
from engine.compare.report_words import amount
from engine.compare.results import Result
from gui.drawing import bars as paint
from gui.drawing.fittings import write
from gui.icons import paint_icon
from gui.models.compare_plot import Dot, Scale, dots, scale
from gui.theme import State, theme

ROW, FOOT, NAME, ASIDE, RADIUS = 46, 26, 210, 120, 3.5


class Plot(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._metric = stats.METRICS[0]
        self._columns: tuple[stats.ColumnStats, ...] = ()
        self._dots: list[list[Dot]] = []
        self._scale = Scale(1.0, 0.5)
        self.setMinimumHeight(1)

    def show_metric(
        self, metric: stats.Metric, columns: Sequence[stats.ColumnStats], results: Sequence[Result]
    ) -> None:
        self._metric, self._columns = metric, tuple(columns) if results else ()
        self._dots = [dots(metric, results, place) for place in range(len(self._columns))]
        self._scale = scale([dot.value for row in self._dots for dot in row])
        self.setFixedHeight(theme().px(ROW * len(self._columns) + FOOT) if self._columns else 1)
        medians = (f"{c.label}: median {amount(metric, c.spreads[metric.name].p50)}, {c.failed} of {c.runs} failed"
                   for c in self._columns)  # fmt: skip
        self.setAccessibleName(f"{metric.title}. {'; '.join(medians)}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(600, self.minimumHeight())

    def _x(self, value: float) -> float:
        px = theme().px
        return px(NAME) + (self.width() - px(NAME) - px(ASIDE)) * value / self._scale.top

    def _middle(self, row: int) -> float:
        return theme().px(ROW) * (row + 0.5)

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._columns:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_axis(painter)
        for row, column in enumerate(self._columns):
            self._paint_row(painter, row, column)
        painter.end()

    def _paint_axis(self, painter: QPainter) -> None:
        look, p, px = theme(), theme().palette, theme().px
        bottom = self.height() - px(FOOT)
        painter.setPen(paint.pen(p.grid))
        painter.drawLines([QLineF(paint.crisp(self._x(v)), 0, paint.crisp(self._x(v)), bottom)
                           for v in self._scale.marks])  # fmt: skip
        for value in self._scale.marks:
            room = QRectF(self._x(value) - px(40), bottom, px(80), px(FOOT))
            write(painter, room, mark(self._metric, value), look.font("caption"), p.muted,
                  Qt.AlignmentFlag.AlignHCenter)  # fmt: skip

    def _paint_row(self, painter: QPainter, row: int, column: stats.ColumnStats) -> None:
        look, p, px, y = theme(), theme().palette, theme().px, self._middle(row)
        spread = column.spreads[self._metric.name]
        name = QRectF(0, y - px(10), px(NAME - 16), px(20))
        write(painter, name, column.label, look.font("control", 600), p.text)
        if spread.low is not None and spread.high is not None:
            left, right = self._x(spread.low), self._x(spread.high)
            box = QRectF(left, y - px(15), max(1.0, right - left), px(30))
            painter.fillRect(box, paint.faded(p.accent, 0.12))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(paint.faded(p.accent, 0.6))
        for dot in self._dots[row]:
            painter.drawEllipse(QPointF(self._x(dot.value), y + px(dot.lane)), px(RADIUS), px(RADIUS))
        if spread.p50 is not None:
            x = paint.crisp(self._x(spread.p50))
            painter.setPen(paint.pen(p.text, 2))
            painter.drawLine(QPointF(x, y - px(17)), QPointF(x, y + px(17)))
        self._paint_aside(painter, column, y)

    def _paint_aside(self, painter: QPainter, column: stats.ColumnStats, y: float) -> None:
        look, p, px = theme(), theme().palette, theme().px
        left, room = self.width() - px(ASIDE) + px(20), px(ASIDE - 20)
        spread = column.spreads[self._metric.name]
        text = ("◆ best  " if spread.best else "") + amount(self._metric, spread.p50)
        top = y - px(18) if column.failed else y - px(10)
        write(painter, QRectF(left, top, room, px(20)), text, look.font("control", 600),
              p.accent if spread.best else p.text)  # fmt: skip
        if column.failed:
            red = p.state(State.FAILED_PERMANENT)
            paint_icon(painter, "cross", QRectF(left, y + px(5), px(10), px(10)), red)
            words = f"{column.failed} failed"
            write(painter, QRectF(left + px(15), y, room, px(20)), words, look.font("caption"), red)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self._told(event.pos().x(), event.pos().y()), self)
            return True
        return super().event(event)

    def _told(self, x: float, y: float) -> str:
        """The run under the pointer, in words."""
        for row, found in enumerate(self._dots):
            for dot in found:
                if abs(self._x(dot.value) - x) < 6 and abs(self._middle(row) + theme().px(dot.lane) - y) < 6:
                    return f"Run {dot.order}: {amount(self._metric, dot.value)}"
        return ""


def mark(metric: stats.Metric, value: float) -> str:
    """A round number of the axis, in one unit along all of it."""
    text = f"{value:g}"
    return f"${text}" if metric.unit == "$" else f"{text} {metric.unit}".strip()
