"""The inspector: the drawer that explains a decision, an attempt, its request and its response."""

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.core.run import Run
from gui.icons import icon, paint_icon
from gui.models import inspection
from gui.models.inspection import Line, Option, Page
from gui.theme import theme

DECISION, ATTEMPT, REQUEST, RESPONSE = range(4)


class Inspector(QWidget):
    """Shows one decision and one attempt of a run, in four tabs; remembers its tab."""

    close_requested = Signal()
    step_requested = Signal(int)  # -1 or 1: the previous or the next
    attempt_selected = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._run: Run | None = None
        self._index, self._number = -1, 0
        self._page = Page(tab="", title="")
        self._tabs = QTabBar()
        self._tabs.setExpanding(False)
        self._tabs.setDrawBase(False)
        for name in ("Decision", "Attempt", "Request", "Response"):
            self._tabs.addTab(name)
        self._tabs.currentChanged.connect(self._show_page)
        self._close = QToolButton()
        self._close.setAccessibleName("Close the inspector (Esc)")
        self._close.clicked.connect(self.close_requested)
        self._copy = QPushButton("Copy as text")
        self._copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        self._note = QLabel("Keys are redacted in every copy.")
        self._step = QLabel("step")
        self._caps = [self._cap(",", -1), self._cap(".", 1)]
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._lay_out()
        theme().changed.connect(self._restyle)
        self._restyle()

    def _cap(self, key: str, by: int) -> QToolButton:
        cap = QToolButton()
        cap.setText(key)
        cap.setAccessibleName("Next" if by > 0 else "Previous")
        cap.setToolTip(f"{'Next' if by > 0 else 'Previous'} ({key})")
        cap.clicked.connect(lambda: self.step_requested.emit(by))
        QShortcut(
            QKeySequence(key),
            self,
            lambda: self.step_requested.emit(by),
            context=Qt.ShortcutContext.WidgetWithChildrenShortcut,
        )
        return cap

    def _lay_out(self) -> None:
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._head = QHBoxLayout()
        self._head.addWidget(self._tabs)
        self._head.addStretch(1)
        for widget in (*self._caps, self._step, self._close):
            self._head.addWidget(widget)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self._copy)
        self._foot.addStretch(1)
        self._foot.addWidget(self._note)
        self._line = QWidget()
        self._line.setFixedHeight(1)
        self._column.addLayout(self._head)
        self._column.addWidget(self._line)
        self._column.addWidget(self._scroll, 1)
        self._column.addLayout(self._foot)

    # What is shown

    def show_attempt(self, run: Run, number: int) -> None:
        """Shows an attempt, with the decision that started it behind the first tab."""
        self._run, self._number, self._index = run, number, inspection.decision_of(run, number)
        if self._tabs.currentIndex() == DECISION:
            self._tabs.setCurrentIndex(ATTEMPT)
        self._show_page()

    def show_decision(self, run: Run, index: int) -> None:
        """Shows a decision of the trail, with the attempt that it concerns behind the other tabs."""
        self._run, self._index, self._number = run, index, inspection.attempt_of(run, index)
        self._tabs.setCurrentIndex(DECISION)
        self._show_page()

    def update_run(self, run: Run) -> None:
        """Shows the same attempt and decision as they are now. Cheap while nothing of it has changed."""
        if self._run is not None and self._run.id == run.id:
            self._run = run
            self._show_page()

    def text(self) -> str:
        """The page as text."""
        return inspection.as_text(self._page)

    @property
    def page(self) -> Page:
        return self._page

    def _show_page(self) -> None:
        if self._run is None:
            return
        self._tabs.setTabText(DECISION, f"Decision {self._index + 1}")
        self._tabs.setTabText(ATTEMPT, f"Attempt {self._number}" if self._number else "Attempt")
        for tab in (ATTEMPT, REQUEST, RESPONSE):
            self._tabs.setTabEnabled(tab, self._number > 0)
        page = self._page_now(self._run)
        if page != self._page:
            at = self._scroll.verticalScrollBar().value() if page.tab == self._page.tab else 0
            self._page = page
            self._scroll.setWidget(PageView(page))
            self._scroll.verticalScrollBar().setValue(at)

    def _page_now(self, run: Run) -> Page:
        match self._tabs.currentIndex():
            case 1:
                return inspection.attempt_page(run, self._number)
            case 2:
                return inspection.request_page(run, self._number)
            case 3:
                return inspection.response_page(run, self._number)
            case _:
                return inspection.decision_page(run, self._index)

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self.setStyleSheet(f"#inspector {{ background: {p.raised.name()}; }}")
        self._line.setStyleSheet(f"background: {p.line.name()};")
        self._head.setContentsMargins(px(16), px(4), px(8), 0)
        self._head.setSpacing(px(8))
        self._foot.setContentsMargins(px(16), px(8), px(16), px(12))
        self._tabs.setFont(theme().font("control", 500))
        for widget in (self._step, self._note):
            widget.setFont(theme().font("caption"))
            widget.setStyleSheet(f"color: {p.muted.name()};")
        for cap in self._caps:
            cap.setFont(theme().font("caption", mono=True))
            cap.setFixedSize(px(18), px(18))
            cap.setStyleSheet(
                f"QToolButton {{ color: {p.muted.name()}; border: 1px solid {p.line.name()}; border-radius: 3px;"
                f" padding: 0; }} QToolButton:focus {{ border: 2px solid {p.accent.name()}; }}"
            )
        self._close.setIcon(icon("close", p.text, theme().px(14)))
        page, self._page = self._page, Page(tab="", title="")
        if page.tab:
            self._show_page()


class PageView(QWidget):
    """A page: title, named values, and the ways that were weighed."""

    def __init__(self, page: Page) -> None:
        super().__init__()
        px = theme().px
        self.setObjectName("page")
        self.setStyleSheet("#page { background: transparent; }")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, px(12), 0, px(4))
        column.setSpacing(px(8))
        title = _text(page.title, theme().font("reading", 600))
        title.setContentsMargins(px(16), 0, px(16), 0)
        column.addWidget(title)
        grid = QGridLayout()
        grid.setContentsMargins(px(16), 0, px(16), 0)
        grid.setHorizontalSpacing(px(16))
        grid.setVerticalSpacing(px(4))
        grid.setColumnStretch(1, 1)
        for row, line in enumerate(page.lines):
            self._add(grid, row, line)
        column.addLayout(grid)
        rows = QVBoxLayout()
        rows.setSpacing(0)
        for option in page.options:
            rows.addWidget(OptionRow(option))
        column.addLayout(rows)
        column.addStretch(1)

    def _add(self, grid: QGridLayout, row: int, line: Line) -> None:
        p, look = theme().palette, theme()
        name = _text(line.name, look.font("control"), p.muted.name())
        name.setWordWrap(False)
        name.setMinimumWidth(look.px(44))
        colour = p.state(line.state).name() if line.state is not None else p.text.name()
        value = _text(line.value, look.font("control", 500 if line.state else 400, mono=line.mono), colour)
        value.setAccessibleName(f"{line.name}: {line.value}")
        grid.addWidget(name, row, 0, Qt.AlignmentFlag.AlignTop)
        if not line.icon or line.state is None:
            grid.addWidget(value, row, 1)
            return
        across = QHBoxLayout()
        across.setSpacing(look.px(6))
        mark = QLabel()
        mark.setPixmap(icon(line.icon, p.state(line.state), theme().px(14)).pixmap(look.px(14), look.px(14)))
        across.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        across.addWidget(value, 1)
        grid.addLayout(across, row, 1)


def _text(text: str, font: QFont, colour: str | None = None) -> QLabel:
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(True)
    made.setFont(font)
    made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    made.setStyleSheet(f"color: {colour or theme().palette.text.name()};")
    return made


class OptionRow(QWidget):
    """One way: icon, title, whether it was chosen, and why."""

    def __init__(self, option: Option) -> None:
        super().__init__()
        self._option = option
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{option.title}, {'chosen' if option.chosen else 'not chosen'}: {option.why}")
        self.setToolTip(option.why)

    def sizeHint(self) -> QSize:
        return QSize(300, theme().px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, p, px, option = QPainter(self), theme().palette, theme().px, self._option
        height, middle = self.height(), self.height() / 2
        if option.chosen:
            painter.setPen(p.tint_line)
            painter.setBrush(p.accent_tint)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        else:
            painter.fillRect(QRectF(px(16), 0, self.width() - px(32), 1), p.line)
        colour = p.accent if option.chosen else p.text
        paint_icon(painter, option.icon, QRectF(px(16), middle - px(7), px(14), px(14)), colour)
        font, caption = theme().font("control", 600 if option.chosen else 400), theme().font("caption", 600)
        columns = (px(38), px(38 + 152), px(38 + 152 + 80))
        painter.setFont(font)
        painter.setPen(colour)
        flags = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(columns[0], 0, columns[1] - columns[0], height), flags, option.title)
        if option.chosen:
            paint_icon(painter, "check", QRectF(columns[1], middle - px(6), px(12), px(12)), colour)
        painter.setFont(caption if option.chosen else theme().font("caption"))
        painter.setPen(colour if option.chosen else p.muted)
        left = columns[1] + (px(16) if option.chosen else 0)
        painter.drawText(QRectF(left, 0, px(70), height), flags, "chosen" if option.chosen else "no")
        painter.setFont(theme().font("control"))
        painter.setPen(p.muted)
        room = self.width() - columns[2] - px(16)
        why = QFontMetricsF(painter.font()).elidedText(option.why, Qt.TextElideMode.ElideRight, max(0, room))
        painter.drawText(QRectF(columns[2], 0, max(0, room), height), flags, why)
