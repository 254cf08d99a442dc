"""The linter's report at the bottom: what a run takes at worst, whose turn comes when, and what to mend."""

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.core.request import Route
from engine.route_bounds import Bounds
from engine.route_lint import Finding, Report, Severity
from gui import words
from gui.drawing.bars import fill, outline
from gui.icons import paint_icon
from gui.models.route_editor import figures, span
from gui.theme import Palette, State, theme
from gui.views.route_editor.candidates import SIGNS, colour_of
from gui.views.route_editor.parts import Button, Picture, Text, clear

SOUND = "Nothing to mend."


class ReportPane(QWidget):
    """Live: it is shown anew with each change."""

    apply_asked = Signal(object, str)  # the mended Route, the words for the step
    place_asked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("What this route will do")
        self._report: Report | None = None
        self._figures = [(Text(size="caption", token="muted"), Text(size="title", weight=600)) for _ in range(4)]
        self._ladder = Ladder()
        self._lead = Text(weight=600)
        self._list = QVBoxLayout()
        self._scroll = QScrollArea()
        self._scroll.setAccessibleName("Findings")
        self._lay_out()
        theme().changed.connect(self._restyle)
        self._restyle()

    def _lay_out(self) -> None:
        self._column, self._top = QVBoxLayout(self), QHBoxLayout()
        for label, figure in self._figures:
            cell = QVBoxLayout()
            cell.setSpacing(0)
            cell.addWidget(label)
            cell.addWidget(figure)
            self._top.addLayout(cell, 1)
        page = QWidget()
        page.setObjectName("findings")
        inner = QVBoxLayout(page)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addLayout(self._list)
        inner.addStretch(1)
        self._scroll.setWidget(page)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._column.addLayout(self._top)
        self._column.addWidget(self._ladder)
        self._column.addWidget(self._lead)
        self._column.addWidget(self._scroll, 1)

    def show_report(self, report: Report, route: Route) -> None:
        if report == self._report:
            return
        self._report = report
        for (label, figure), (name, value, meaning) in zip(self._figures, figures(report.bounds), strict=True):
            label.setText(name)
            figure.setText(value)
            figure.tint("muted" if value == "unknown" else "text")
            figure.setToolTip(meaning)
            figure.setAccessibleName(f"{name}: {value}. {meaning}")
        self._ladder.show_bounds(report.bounds, route)
        self._lead.setText(lead_of(report))
        clear(self._list)
        for finding in report.findings:
            self._list.addWidget(self._row(finding))

    def show_ladder(self, on: bool) -> None:
        """The ladder goes first where there is little room."""
        self._ladder.setVisible(on and self._report is not None and bool(self._report.bounds.turns))

    def text(self) -> str:
        """All of it in words."""
        findings = self._report.findings if self._report is not None else ()
        return " ".join([self._lead.text(), *(f"{f.what} {f.remedy}" for f in findings)])

    def _row(self, finding: Finding) -> QWidget:
        row = FindingRow(finding)
        row.apply_asked.connect(lambda: self.apply_asked.emit(finding.mended, f"{finding.apply}, as was advised"))
        row.place_asked.connect(self.place_asked)
        return row

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, p = QPainter(self), theme().palette
        painter.fillRect(self.rect(), p.surface)
        painter.fillRect(0, 0, self.width(), 1, p.line)
        painter.end()

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self._column.setContentsMargins(px(24), px(14), px(24), px(8))
        self._column.setSpacing(px(8))
        self._list.setSpacing(px(2))
        self._scroll.setStyleSheet(f"QScrollArea, #findings {{ background: {p.surface.name()}; border: none; }}")
        self.setMinimumHeight(px(190))


def lead_of(report: Report) -> str:
    """ "Nothing to mend.", "One thing to mend before it can run.", "Three things to look at." """
    errors = sum(f.severity is Severity.ERROR for f in report.findings)
    if errors:
        return f"{words.count(errors, 'thing').capitalize()} to mend before it can run."
    if report.findings:
        return f"{words.count(len(report.findings), 'thing').capitalize()} to look at."
    return SOUND


class FindingRow(QWidget):
    """A sign, which candidate, what was found, what helps, and a button where the help is mechanical."""

    apply_asked = Signal()
    place_asked = Signal(int)

    def __init__(self, finding: Finding) -> None:
        super().__init__()
        self._finding = finding
        where = f"{finding.place + 1}." if finding.place is not None else "Route"
        self._where = Button(where, flat=True)
        self._where.setEnabled(finding.place is not None)
        self._where.setToolTip("Show this candidate")
        self._where.setAccessibleName(f"Show candidate {finding.place + 1}" if finding.place is not None else "Route")
        self._where.clicked.connect(lambda: self.place_asked.emit(finding.place))
        self._what = Text(finding.what, weight=500, wraps=True)
        self._remedy = Text(finding.remedy, token="muted", wraps=True)
        self._what.setAccessibleName(f"{finding.severity.value}: {finding.what} {finding.remedy}")
        row, told = QHBoxLayout(self), QVBoxLayout()
        told.setSpacing(0)
        told.addWidget(self._what)
        told.addWidget(self._remedy)
        row.setContentsMargins(0, theme().px(2), 0, theme().px(2))
        row.addWidget(Picture(16, self._paint), 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._where, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(told, 1)
        if finding.mended is not None:
            self.button = Button(finding.apply)
            self.button.setAccessibleDescription(finding.remedy)
            self.button.clicked.connect(self.apply_asked)
            row.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._where.setFixedWidth(theme().px(56))
        self._where.setStyleSheet("text-align: left; padding-left: 0;")

    def _paint(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        severity = self._finding.severity
        paint_icon(painter, SIGNS[severity], rect.adjusted(1, 1, -1, -1), colour_of(severity, palette))


class Ladder(QWidget):
    """When each candidate's turn comes if all before stay silent, up to the end of the run."""

    def __init__(self) -> None:
        super().__init__()
        self._bounds: Bounds | None = None
        self._names: tuple[str, ...] = ()
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_bounds(self, bounds: Bounds, route: Route) -> None:
        self._bounds = bounds
        self._names = tuple(candidate.provider for candidate in route.candidates)
        turns = [f"{name} at {span(at)}" for name, at in zip(self._names, bounds.turns, strict=True)]
        self.setAccessibleName(f"If all stay silent: {', '.join(turns) or 'nobody is asked'}.")
        self.setToolTip(f"If all stay silent: {', '.join(turns)}. The run ends at {span(bounds.end)}.")
        self.update()

    def spans(self) -> list[tuple[float, float, bool]]:
        """(from, to, whether its turn ever comes) of each candidate, in seconds."""
        if self._bounds is None or not self._bounds.turns:
            return []
        b = self._bounds
        ends = [*b.turns[1:], b.silent if b.silent < b.end else max(b.end, *b.turns)]
        return [(at, min(end, b.end), at < b.end) for at, end in zip(b.turns, ends, strict=True)]

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._bounds is None:
            return
        painter, p, px = QPainter(self), theme().palette, theme().px
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        room = self.width() - px(84)
        scale = room / max(self._bounds.silent, 0.1)
        painter.setFont(theme().font("caption", 500))
        for number, (start, end, comes) in enumerate(self.spans(), start=1):
            if comes:
                bar = QRectF(start * scale, px(2), max(px(4), (end - start) * scale - px(2)), px(18))
                self._step(painter, bar, number)
        ends_early = self._bounds.silent >= self._bounds.end
        painter.setPen(p.failed_transient if ends_early else p.muted)
        label = f"{span(self._bounds.silent)}{', cut' if ends_early else ''}"
        painter.drawText(QRectF(room + px(8), 0, px(76), px(22)), Qt.AlignmentFlag.AlignVCenter, label)
        painter.end()

    def _step(self, painter: QPainter, bar: QRectF, number: int) -> None:
        p, px = theme().palette, theme().px
        fill(painter, bar, State.WAITING, p, QRectF(self.rect()))
        outline(painter, bar, p.waiting, QRectF(self.rect()))
        name = f"{number} {self._names[number - 1]}"
        wide = painter.fontMetrics().horizontalAdvance(name) + px(8)
        if wide + px(8) > bar.width():
            name, wide = str(number), painter.fontMetrics().horizontalAdvance(str(number)) + px(8)
        if wide + px(2) <= bar.width():
            plate = QRectF(bar.left() + px(4), bar.top() + px(2), wide, bar.height() - px(4))
            painter.fillRect(plate, p.surface)
            painter.setPen(p.waiting)
            painter.drawText(plate, Qt.AlignmentFlag.AlignCenter, name)

    def _restyle(self) -> None:
        self.setFixedHeight(theme().px(24))
        self.update()
