"""N runs told: a plot of every run, the percentiles, what failed, and who won the votes."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QPixmap
from PySide6.QtWidgets import QButtonGroup, QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from engine.compare import stats
from engine.compare.elo import Standing
from engine.compare.report_words import amount
from engine.compare.results import Result
from gui.drawing.fittings import Button, Choice, Line, Text, grounded
from gui.models.compare_plot import svg
from gui.models.compare_stats import Shown
from gui.theme import theme
from gui.views.compare.bars import Row, Toggle
from gui.views.compare.plot import Plot

EMPTY = "Run the comparison: each run will be a dot here. Choose more runs to see how they spread."
HEADS = ("", "Runs", "Failed", "Fell back", "Cold / warm", "p50", "p95", "p99", "Mean", "95 % of the median")
PARTS = ("All runs", "Cold", "Warm")


class Statistics(QWidget):
    save_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown = Shown()
        self.measure = Choice()
        self.measure.addItems([metric.title for metric in stats.METRICS])
        self.measure.setCurrentIndex(next(i for i, x in enumerate(stats.METRICS) if x.name == "first_word"))
        self.measure.setAccessibleName("What is measured")
        self.parts = QButtonGroup(self)
        self.plot = Plot()
        self._note, self._meaning = Text("", "caption", token="muted"), Text("", "caption", token="muted", wraps=True)
        self._arrange()
        self.measure.currentIndexChanged.connect(self._show)
        self.parts.idClicked.connect(self._show)
        self._show()

    def _arrange(self) -> None:
        px = theme().px
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.setSpacing(0)
        head = Row(44)
        head.row.addWidget(self.measure)
        for place, name in enumerate(PARTS):
            button = Toggle(name)
            self.parts.addButton(button, place)
            head.row.addWidget(button)
        self.parts.button(0).setChecked(True)
        head.row.addSpacing(px(8))
        head.row.addWidget(self._note)
        head.row.addStretch(1)
        for text, act in (("Copy SVG", self.copy_svg), ("Copy PNG", self.copy_png)):
            button = Button(text)
            button.clicked.connect(act)
            head.row.addWidget(button)
        save = Button("Save …", mark="download")
        save.clicked.connect(self.save_requested)
        head.row.addWidget(save)
        room.addWidget(head)
        room.addWidget(Line())
        self._page = QWidget()
        grounded(self._page)
        inside = QVBoxLayout(self._page)
        inside.setContentsMargins(px(24), px(16), px(24), px(24))
        inside.setSpacing(px(16))
        inside.addWidget(self._meaning)
        inside.addWidget(self.plot)
        self._table, self._votes = QGridLayout(), QGridLayout()
        for grid in (self._table, self._votes):
            grid.setHorizontalSpacing(px(24))
            grid.setVerticalSpacing(px(8))
            inside.addLayout(grid)
        inside.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(self._page)
        room.addWidget(area, 1)

    def show_statistics(self, shown: Shown) -> None:
        self._shown = shown
        self._show()

    def restyle(self) -> None:
        """Takes the theme's colours."""
        grounded(self._page)
        self._show()

    def _part(self) -> tuple[Sequence[stats.ColumnStats], Sequence[Result]]:
        """The columns and runs that are chosen: all, or those over new or standing connections."""
        shown = self._shown
        match self.parts.checkedId():
            case 1:
                return shown.cold, stats.only(shown.results, cold=True)
            case 2:
                return shown.warm, stats.only(shown.results, cold=False)
            case _:
                return shown.columns, shown.results

    def _show(self) -> None:
        metric = stats.METRICS[self.measure.currentIndex()]
        columns, results = self._part()
        seed = f"; shuffled by seed {self._shown.seed}" if self._shown.seed is not None else ""
        self._note.setText(f"{len(results)} runs{seed}" if results else "")
        better = {"lower": " Lower is better.", "higher": " Higher is better.", "neither": ""}[metric.better.value]
        self._meaning.setText(f"{metric.meaning}{better}" if results else EMPTY)
        self.plot.show_metric(metric, columns, results)
        self._fill(metric, columns if results else ())
        self._fill_votes(self._shown.standings)

    def _fill(self, metric: stats.Metric, columns: Sequence[stats.ColumnStats]) -> None:
        _empty(self._table)
        if not columns:
            return
        for place, head in enumerate(HEADS):
            self._table.addWidget(_cell(head, muted=True, right=place > 0), 0, place)
        for row, column in enumerate(columns, start=1):
            for place, text in enumerate(_row(metric, column)):
                best = place == 5 and column.spreads[metric.name].best
                text = f"◆ best  {text}" if best else text
                self._table.addWidget(_cell(text, right=place > 0, bold=best or place == 0), row, place)
        self._table.setColumnStretch(0, 1)

    def _fill_votes(self, standings: Sequence[Standing]) -> None:
        _empty(self._votes)
        if not standings:
            return
        for place, head in enumerate(("Votes of all comparisons", "Elo", "Won", "Lost", "Tied", "Wins")):
            self._votes.addWidget(_cell(head, muted=True, right=place > 0), 0, place)
        for row, one in enumerate(standings, start=1):
            texts = (
                one.label,
                f"{one.rating:.0f}",
                str(one.wins),
                str(one.losses),
                str(one.ties),
                f"{one.win_rate:.0%}",
            )
            for place, text in enumerate(texts):
                self._votes.addWidget(_cell(text, right=place > 0, bold=place == 0), row, place)
        self._votes.setColumnStretch(0, 1)

    # Copying

    def copy_svg(self) -> None:
        """The plot as the text of an SVG file."""
        columns, results = self._part()
        drawn = svg(stats.METRICS[self.measure.currentIndex()], results, columns, theme().palette)
        QGuiApplication.clipboard().setText(drawn)  # mime data of our own crashes PySide 6.11 when the program ends

    def copy_png(self) -> None:
        """The plot as a picture, at twice its size on screen."""
        picture = QPixmap(self.plot.size() * 2)
        picture.setDevicePixelRatio(2)
        picture.fill(theme().palette.surface)
        self.plot.render(picture)
        QGuiApplication.clipboard().setPixmap(picture)


def _row(metric: stats.Metric, column: stats.ColumnStats) -> list[str]:
    spread = column.spreads[metric.name]
    few = {percent: spread.n < enough for percent, enough in stats.ENOUGH.items()}
    interval = "–"
    if spread.low is not None and spread.high is not None:
        interval = f"{amount(metric, spread.low)} to {amount(metric, spread.high)}"
    return [
        column.label,
        str(column.runs),
        str(column.failed),
        str(column.fell_back),
        f"{column.cold} / {column.warm}",
        amount(metric, spread.p50),
        f"{amount(metric, spread.p95)}{' *' if few[95] and spread.n else ''}",
        f"{amount(metric, spread.p99)}{' *' if few[99] and spread.n else ''}",
        amount(metric, spread.mean),
        interval,
    ]


def _cell(text: str, *, muted: bool = False, right: bool = False, bold: bool = False) -> Text:
    made = Text(text, "caption" if muted else "control", 600 if bold else 400, "muted" if muted else "text")
    if right:
        made.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    if text.endswith(" *"):
        made.setToolTip("Few runs: this percentile is little more than the slowest run.")
    return made


def _empty(grid: QGridLayout) -> None:
    while (item := grid.takeAt(0)) is not None:
        if (old := item.widget()) is not None:
            old.hide()
            old.deleteLater()
