"""The status line: in one sentence what happens now, what to do about a wait, and notices that can be dismissed."""

import re
import time

from PySide6.QtCore import QObject, QPointF, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QFontMetricsF,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextLayout,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from engine.core.events import Outcome
from engine.core.run import Attempt, Run
from gui.drawing.bars import paint_ring
from gui.icons import icon, paint_icon
from gui.theme import LOOKS, State, Theme, theme
from gui.words import status_sentence

IDLE = ("Ready.", "Write a prompt, or run a scenario. Scenarios need no keys.")
TICK_MS, ANNOUNCE_MS = 100, 1000
SILENT = 1.5  # seconds without output behind which the reader may want to go on
HEIGHT, SIDE, ICON, INDENT = 48.0, 24.0, 16.0, 30.0
LINES = 2
ENDINGS: dict[Outcome, tuple[State, str]] = {
    Outcome.ANSWERED: (State.SUCCEEDED, "check"),
    Outcome.PARTIAL: (State.FAILED_PERMANENT, "cross"),
    Outcome.FAILED: (State.FAILED_PERMANENT, "cross"),
    Outcome.STOPPED: (State.SKIPPED, "stop"),
}


def look_of(run: Run | None) -> tuple[State, str]:
    """The state, and with it the colour, and the icon that stand before the sentence."""
    if run is None:
        return State.SKIPPED, "ring"
    if run.outcome is not None:
        return ENDINGS[run.outcome]
    if not run.live or run.waiting is not None:
        return State.WAITING, LOOKS[State.WAITING].icon
    state = max((_state(attempt) for attempt in run.live), key=_ORDER.index)
    return state, LOOKS[state].icon


_ORDER = (State.WAITING, State.REASONING, State.STREAMING)


def _state(attempt: Attempt) -> State:
    if attempt.spoke:
        return State.STREAMING
    return State.REASONING if attempt.first_output is not None else State.WAITING


def may_skip(run: Run | None, now: float) -> bool:
    """Whether "the next one now" makes sense: while a wait is sat out, or while everybody who is asked is silent."""
    if run is None or run.outcome is not None or run.stop_asked:
        return False
    if run.waiting is not None:
        return True
    return bool(run.live) and all(now - _last_sign(attempt) >= SILENT for attempt in run.live)


def _last_sign(attempt: Attempt) -> float:
    """When an attempt last gave output, else when it was begun."""
    return attempt.started if attempt.heard is None else attempt.heard


class StatusLine(QWidget):
    """What the window embeds. While a run is live, time goes on by itself behind what it was shown."""

    skip_requested = Signal()
    stop_requested = Signal()
    notice_dismissed = Signal(str)
    announced = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, look: Theme | None = None) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self._run: Run | None = None
        self._now = self._heard = 0.0
        self._live = False
        self.sentence = Sentence(self._theme, self)
        self.skip = QPushButton("Skip to the next one now", self)
        self.skip.setToolTip("Do not wait: go on to the next candidate at once")
        self.stop = QPushButton("Stop", self)
        self.stop.setToolTip("Stop the run. The text so far is kept.")
        self.notices: list[Notice] = []
        self._ticks = QTimer(self)
        self._ticks.setInterval(TICK_MS)
        self._ticks.timeout.connect(self.refresh)
        self._voice = Voice(self)
        self._voice.said.connect(self.announced)
        self._arrange()
        self._dress()
        self.refresh()

    @property
    def now(self) -> float:
        """Run seconds: as shown, and what has passed since while the run is live."""
        return self._now + (time.monotonic() - self._heard if self._live else 0.0)

    def show_run(self, run: Run | None, now: float = 0.0, *, live: bool = True) -> None:
        """Shows `run` as it stands at `now` (run seconds). A recorded run (`live` False) has no buttons."""
        if run is None or self._run is None or run.id != self._run.id:
            self.sentence.set_open(False)
        self._run, self._now, self._heard = run, now, time.monotonic()
        self._live = live and run is not None and run.outcome is None
        self._ticks.start() if self._live else self._ticks.stop()
        self.refresh()

    def show_notice(self, text: str) -> None:
        """A banner below the line until it is dismissed. The same words are shown once."""
        if any(notice.text == text for notice in self.notices):
            return
        notice = Notice(text, self._theme, self)
        notice.dismissed.connect(lambda: self._dismiss(notice))
        self.notices.append(notice)
        self._column.addWidget(notice)
        self._voice.say(text)

    def refresh(self) -> None:
        """Says anew what happens, at the time that it is now."""
        lead, rest = IDLE if self._run is None else status_sentence(self._run, self.now)
        state, name = look_of(self._run)
        self.sentence.show_words(lead, rest, state, name, self._left())
        self.skip.setVisible(self._live and may_skip(self._run, self.now))
        self.stop.setVisible(self._live and self._run is not None and not self._run.stop_asked)
        if self._run is not None:
            self._voice.say(f"{lead} {rest}".strip())

    def _left(self) -> float | None:
        """What is left of a wait, from 1 down to 0."""
        wait = self._run.waiting if self._run is not None else None
        if wait is None or wait.until <= wait.since:
            return None
        return min(1.0, max(0.0, (wait.until - self.now) / (wait.until - wait.since)))

    def _dismiss(self, notice: "Notice") -> None:
        self.notices.remove(notice)
        self._column.removeWidget(notice)
        notice.deleteLater()
        self.notice_dismissed.emit(notice.text)

    def _arrange(self) -> None:
        self._row = QHBoxLayout()
        self._row.addWidget(self.sentence, 1)
        self._row.addWidget(self.skip)
        self._row.addWidget(self.stop)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 1)  # the hairline
        self._column.setSpacing(0)
        self._column.addLayout(self._row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Status")
        self.skip.clicked.connect(self.skip_requested)
        self.stop.clicked.connect(self.stop_requested)
        self._theme.changed.connect(self._dress)

    def _dress(self) -> None:
        look, size = self._theme, self._theme.px(14)
        self._row.setContentsMargins(look.px(SIDE), 0, look.px(16), 0)
        self._row.setSpacing(look.px(8))
        for button, name in ((self.skip, "chevrons"), (self.stop, "stop")):
            button.setIcon(icon(name, look.palette.text, size))
            button.setIconSize(QSize(size, size))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), palette.surface)
        painter.fillRect(0, self.height() - 1, self.width(), 1, palette.line)
        painter.end()


class Sentence(QWidget):
    """Icon, lead and rest on one or two lines; behind two lines stands "more", which opens the whole."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self.lead, self.rest = "", ""
        self._look: tuple[State, str, float | None] = (State.SKIPPED, "ring", None)
        self._open = False
        self.lines: tuple[str, ...] = ()
        self.more = QToolButton(self)
        self.more.setText("more")
        self.more.setAccessibleName("The whole sentence")
        self.more.clicked.connect(lambda: self.set_open(not self._open))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("What happens now")
        look.changed.connect(self._dress)
        self._dress()

    @property
    def text(self) -> str:
        return f"{self.lead} {self.rest}".strip()

    def show_words(self, lead: str, rest: str, state: State, icon_name: str, left: float | None) -> None:
        """`left` is what is left of a wait, for the ring that takes the icon's place."""
        words, self._look = (self.lead, self.rest), (state, icon_name, left)
        self.lead, self.rest = lead, rest
        if words != (lead, rest):
            self.setAccessibleDescription(self.text)
            self._lay()
        self.update()

    def set_open(self, opened: bool) -> None:
        """Shows all lines, or two."""
        self._open = opened
        self.more.setText("less" if opened else "more")
        self._lay()

    def sizeHint(self) -> QSize:
        tall = len(self.lines) * self._theme.line("reading") + self._theme.px(16)
        return QSize(self._theme.px(320), max(self._theme.px(HEIGHT - 1), tall))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self.sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay()

    def _dress(self) -> None:
        colour = self._theme.palette.accent.name()
        self.more.setFont(self._theme.font("control", 500))
        self.more.setStyleSheet(f"color: {colour};")
        self._lay()

    def _laid(self, text: str, width: float) -> QTextLayout:
        laid = QTextLayout(text, self._theme.font("reading"))
        strong = QTextCharFormat()
        strong.setFont(self._theme.font("reading", 600))
        part = QTextLayout.FormatRange()
        part.start, part.length, part.format = 0, len(self.lead), strong  # pyright: ignore[reportAttributeAccessIssue]  # plain members, which the stubs lack
        laid.setFormats([part])
        laid.beginLayout()
        while (line := laid.createLine()).isValid():
            line.setLineWidth(max(1.0, width))
        laid.endLayout()
        return laid

    def _lay(self) -> None:
        """Breaks the sentence into lines, and cuts the last that there is room for."""
        width = self.width() - self._theme.px(INDENT)
        before, rows = len(self.lines), self._rows(self.text, width)
        cut = len(rows) > LINES and not self._open
        if cut:
            room = width - self.more.sizeHint().width() - self._theme.px(8)
            metrics = QFontMetricsF(self._theme.font("reading"))
            rest = self.text[len("".join(rows[: LINES - 1])) :]
            rows = [*rows[: LINES - 1], metrics.elidedText(rest, Qt.TextElideMode.ElideRight, room)]
        self.lines = tuple(rows)
        self.more.setVisible(cut or (self._open and len(rows) > LINES))
        self.setToolTip(self.text if cut else "")
        if before != len(self.lines):
            self.updateGeometry()
        self._place_more()
        self.update()

    def _rows(self, text: str, width: float) -> list[str]:
        laid = self._laid(text, width)
        lines = [laid.lineAt(i) for i in range(laid.lineCount())]
        return [text[line.textStart() : line.textStart() + line.textLength()] for line in lines]

    def _place_more(self) -> None:
        size, height = self.more.sizeHint(), len(self.lines) * self._theme.line("reading")
        bottom = (self.height() + height) / 2
        line = self._theme.line("reading")
        self.more.setGeometry(
            self.width() - size.width(), round(bottom - (line + size.height()) / 2), size.width(), size.height()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self._theme.palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line, text = self._theme.line("reading"), "".join(self.lines)
        top = (self.height() - len(self.lines) * line) / 2
        self._paint_look(painter, top + line / 2)
        painter.setPen(palette.text)
        laid = self._laid(text, self.width() - self._theme.px(INDENT))
        for i in range(min(laid.lineCount(), len(self.lines))):
            row = laid.lineAt(i)
            row.draw(painter, QPointF(self._theme.px(INDENT), top + line * i + (line - row.height()) / 2 - row.y()))
        painter.end()

    def _paint_look(self, painter: QPainter, middle: float) -> None:
        state, name, left = self._look
        colour, side = self._theme.palette.state(state), self._theme.px(ICON)
        if left is None:
            paint_icon(painter, name, QRectF(0, middle - side / 2, side, side), colour)
            return
        painter.save()
        painter.translate(0, middle)
        painter.scale(self._theme.zoom, self._theme.zoom)
        paint_ring(painter, QPointF(8, 0), 7, left, colour, self._theme.palette)
        painter.restore()


class Notice(QWidget):
    """A banner: words that stay until they are dismissed."""

    dismissed = Signal()

    def __init__(self, text: str, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self.text = look, text
        self._label = QLabel(text, self)
        self._label.setTextFormat(Qt.TextFormat.PlainText)
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.close_button = QToolButton(self)
        self.close_button.setToolTip("Dismiss")
        self.close_button.setAccessibleName(f"Dismiss: {text}")
        self.close_button.clicked.connect(self.dismissed)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._label, 1)
        self._row.addWidget(self.close_button)
        self.setAccessibleName("Notice")
        self.setAccessibleDescription(text)
        look.changed.connect(self._dress)
        self._dress()

    def _dress(self) -> None:
        look, size = self._theme, self._theme.px(14)
        self._row.setContentsMargins(look.px(SIDE + INDENT), look.px(6), look.px(16), look.px(6))
        self._label.setFont(look.font("control"))
        self._label.setStyleSheet(f"color: {look.palette.text.name()}; background: transparent;")
        self.close_button.setIcon(icon("close", look.palette.muted, size))
        self.close_button.setIconSize(QSize(size, size))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette, side = QPainter(self), self._theme.palette, self._theme.px(ICON)
        painter.fillRect(self.rect(), palette.raised)
        painter.fillRect(0, 0, self.width(), 1, palette.line)
        place = QRectF(self._theme.px(SIDE), (self.height() - side) / 2, side, side)
        paint_icon(painter, "warning", place, palette.failed_transient)
        painter.end()


class Voice(QObject):
    """Tells a screen reader, politely: at most one sentence a second, and none that differs in its numbers alone."""

    said = Signal(str)

    def __init__(self, speaker: QWidget) -> None:
        super().__init__(speaker)
        self._speaker = speaker
        self._waiting, self._last = "", ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(ANNOUNCE_MS)
        self._pause.timeout.connect(self._next)

    def say(self, text: str) -> None:
        """Says it now, or once the second is over; what waited is forgotten for it."""
        if _without_numbers(text) == _without_numbers(self._last):
            self._waiting = ""
            return
        self._waiting = text
        if not self._pause.isActive():
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            return
        self._last, self._waiting = self._waiting, ""
        event = QAccessibleAnnouncementEvent(self._speaker, self._last)
        event.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(event)
        self._pause.start()
        self.said.emit(self._last)


def _without_numbers(text: str) -> str:
    return re.sub(r"\d+(\.\d+)?", "#", text)
