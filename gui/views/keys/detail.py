"""The detail pane: one key with its state at large, what it went through, and what can be done with it."""

import time
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.keys import Where
from gui import words
from gui.drawing.fittings import Button, Picture, Text
from gui.icons import paint_icon
from gui.models.key_past import Passage, countdown, span
from gui.models.keys import KeyRow, Standing, standing
from gui.theme import LOOKS as STATES
from gui.theme import Palette, theme
from gui.views.keys import paint
from gui.views.keys.secret import SecretView

STORED = {
    Where.KEYRING: "the system keyring",
    Where.SESSION: "memory, for this session only",
    Where.ENVIRONMENT: "the environment",
}
NAMES = ("State", "Since", "Reason", "Next", "Used by", "Stored in", "Checked")


@dataclass(frozen=True, slots=True)
class Check:
    """What a trial at the provider showed; `words` is None while it runs."""

    ok: bool = False
    words: str | None = None
    seconds: float = 0.0


def clock_time(at: float) -> str:
    """The local time of day: "18:24:02"."""
    return time.strftime("%H:%M:%S", time.localtime(at))


class DetailPane(QScrollArea):
    """Shows one key. Buttons say what is wanted; the page carries it on."""

    check_asked = Signal()
    toggle_asked = Signal()
    remove_asked = Signal()
    rename_asked = Signal()
    reveal_asked = Signal()
    copy_name_asked = Signal()
    copy_value_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Details of the key")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._row: KeyRow | None = None
        self._now = 0.0
        self._provider = Text(token="muted")
        self._alias = Text(size="title", weight=600)
        self._finger = Text(token="muted", mono=True)
        self._big = Picture(56, self._paint_big)
        self._figure = Text(size="figure", weight=600)
        self._under = Text(token="muted")
        self._values = {name: Text(wraps=True) for name in NAMES}
        self._names = {name: Text(name, token="muted") for name in NAMES}
        self._icon = Picture(14, self._paint_state)
        self._lines = Passages()
        self._story = Text("What this key went through", weight=600)
        self.value = SecretView()
        self._hides = Text(size="caption", token="muted")
        self._make_buttons()
        self._lay_out()
        self.value.hidden.connect(self._refresh_reveal)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _make_buttons(self) -> None:
        self._check, self._toggle = Button("Check now"), Button("Bench")
        self._remove = Button("Remove", flat=True)
        self._rename = Button("Rename")
        self._copy = Button("Copy name", mark="copy")
        self._reveal = Button("Show the key", mark="eye")
        self._copy_value = Button("Copy the key", mark="copy")
        for button, signal in (
            (self._check, self.check_asked), (self._toggle, self.toggle_asked), (self._remove, self.remove_asked),
            (self._rename, self.rename_asked), (self._copy, self.copy_name_asked),
            (self._copy_value, self.copy_value_asked),
        ):  # fmt: skip
            button.clicked.connect(signal)
        self._reveal.clicked.connect(self._reveal_or_hide)
        self._copy_value.setAccessibleDescription("The clipboard is cleared after 30 seconds")
        self._copy_value.hide()

    def _lay_out(self) -> None:
        self._page = QWidget()
        self._page.setObjectName("detail")
        self._column = QVBoxLayout(self._page)
        name = QHBoxLayout()
        name.addWidget(self._alias)
        name.addWidget(self._finger, 0, Qt.AlignmentFlag.AlignBottom)
        name.addStretch(1)
        figures = QVBoxLayout()
        figures.setSpacing(0)
        figures.addWidget(self._figure)
        figures.addWidget(self._under)
        self._ring = QHBoxLayout()
        self._ring.addWidget(self._big)
        self._ring.addLayout(figures, 1)
        self._column.addWidget(self._provider)
        self._column.addLayout(name)
        self._column.addLayout(self._ring)
        self._column.addLayout(self._lay_out_values())
        self._column.addWidget(self._story)
        self._column.addWidget(self._lines)
        self._column.addLayout(self._lay_out_buttons())
        self._column.addStretch(1)
        self.setWidget(self._page)

    def _lay_out_values(self) -> QGridLayout:
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        for place, name in enumerate(NAMES):
            self._grid.addWidget(self._names[name], place, 0, Qt.AlignmentFlag.AlignTop)
            if name == "State":
                across = self._state = QHBoxLayout()
                across.addWidget(self._icon)
                across.addWidget(self._values[name], 1)
                self._grid.addLayout(across, place, 1)
            else:
                self._grid.addWidget(self._values[name], place, 1)
        return self._grid

    def _lay_out_buttons(self) -> QVBoxLayout:
        rows = QVBoxLayout()
        for buttons in (
            (self._check, self._toggle, self._remove), (self._rename, self._copy),
            (self._reveal, self._copy_value),
        ):  # fmt: skip
            across = QHBoxLayout()
            for button in buttons:
                across.addWidget(button)
            across.addStretch(1)
            rows.addLayout(across)
        rows.addWidget(self.value)
        rows.addWidget(self._hides)
        return rows

    # What is shown

    def show_row(self, row: KeyRow | None, now: float, check: Check | None) -> None:
        """Shows this key. A value that is on the screen belongs to the key before, and goes."""
        if row is None or self._row is None or row.id != self._row.id:
            self.value.forget()
        self._row = row
        self._page.setVisible(row is not None)
        if row is None:
            return
        self._provider.setText(row.provider)
        self._alias.setText(row.alias)
        self._finger.setText(f"…{row.fingerprint}" if row.fingerprint else "")
        self._finger.setAccessibleName(f"Fingerprint {row.fingerprint}, no part of the key")
        off = row.state is Standing.OFF
        self._toggle.name("Put back" if off else "Bench")
        self._rename.setVisible(row.can_be_renamed)
        self._reveal.setVisible(row.where is not Where.ENVIRONMENT)
        self._check.setEnabled(not off and not (check is not None and check.words is None))
        self._say("Used by", row.used_by)
        self._say("Stored in", STORED[row.where])
        self._say("Checked", _checked(check))
        self._lines.show_passages(row.passages)
        self._story.setVisible(bool(row.passages))
        self.show_now(now)

    def show_now(self, now: float) -> None:
        """Tells the times anew."""
        self._now = now
        if (row := self._row) is None:
            return
        figure, under = _figures(row, now)
        self._figure.setText(figure)
        self._under.setText(under)
        self._say("State", standing(row, now).partition(", ")[0] if row.state is Standing.COOLING else row.word)
        self._values["State"].tint(STATES[paint.LOOKS[row.state].state].token)
        self._say("Since", _since(row))
        self._say("Reason", row.reason)
        self._say("Next", _next(row))
        self._refresh_reveal()
        for picture in (self._big, self._icon):
            picture.update()

    def _say(self, name: str, text: str) -> None:
        value = self._values[name]
        if value.text() != text:
            value.setText(text)
            value.setAccessibleName(f"{name}: {text}")
        for widget in (value, self._names[name]):
            widget.setVisible(bool(text))

    def reveal(self, value: str) -> None:
        self.value.reveal(value)
        self._refresh_reveal()

    def _reveal_or_hide(self) -> None:
        if self.value.take():
            self.value.forget()
        else:
            self.reveal_asked.emit()

    def _refresh_reveal(self) -> None:
        shown = bool(self.value.take())
        self._reveal.name("Hide the key" if shown else "Show the key")
        self._copy_value.setVisible(shown)
        self._hides.setVisible(shown)
        self._hides.setText(f"Hides in {self.value.left():.0f} s." if shown else "")

    def _paint_big(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        row = self._row
        if row is None:
            return
        if row.state is Standing.COOLING:
            paint.paint_ring(painter, rect, paint.left_of(row, self._now), theme().px(5), palette)
            return
        look = paint.LOOKS[row.state]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.grid)
        painter.drawEllipse(rect)
        mark = QRectF(0, 0, theme().px(24), theme().px(24))
        mark.moveCenter(rect.center())
        paint_icon(painter, look.icon, mark, palette.state(look.state))

    def _paint_state(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        if self._row is not None:
            look = paint.LOOKS[self._row.state]
            paint_icon(painter, look.icon, rect, palette.state(look.state))

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self.setStyleSheet(f"DetailPane, #detail {{ background: {p.raised.name()}; border: none; }}")
        self._column.setContentsMargins(px(24), px(20), px(24), px(24))
        self._column.setSpacing(px(8))
        self._ring.setSpacing(px(16))
        self._ring.setContentsMargins(0, px(8), 0, px(12))
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(10))
        self._state.setSpacing(px(6))
        self._grid.setColumnMinimumWidth(0, px(64))
        self._story.setContentsMargins(0, px(12), 0, px(2))
        self._lines.setContentsMargins(0, 0, 0, px(12))


def _figures(row: KeyRow, now: float) -> tuple[str, str]:
    """The large figure and the words below it."""
    if row.state is Standing.COOLING and row.since is not None and row.until is not None:
        return countdown(row.until - now), f"of {span(row.until - row.since)} left"
    if row.state in (Standing.DEAD, Standing.UNREACHABLE, Standing.OFF, Standing.PROBATION):
        return row.word.partition(",")[0], row.why
    total = row.served + row.failed
    return (f"{row.served} of {total}", "requests served") if total else (row.word, row.why or "no request yet")


def _since(row: KeyRow) -> str:
    if row.since is None:
        return ""
    today = time.strftime("%x", time.localtime(row.since)) == time.strftime("%x")
    return clock_time(row.since) if today else time.strftime("%Y-%m-%d %H:%M", time.localtime(row.since))


def _next(row: KeyRow) -> str:
    if row.until is None:
        return row.next
    if row.state is Standing.COOLING:
        return f"ready at {clock_time(row.until)}, by itself"
    return f"{row.next} Tried again at {clock_time(row.until)}."


def _checked(check: Check | None) -> str:
    if check is None:
        return ""
    if check.words is None:
        return "asking the provider …"
    return f"{check.words} ({words.seconds(check.seconds)})"


class Passages(QWidget):
    """The list of what happened: time, icon, words."""

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[Passage, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(2, 1)
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_passages(self, passages: tuple[Passage, ...]) -> None:
        if passages == self._shown:
            return
        self._shown = passages
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, passage in enumerate(passages):
            self._add(place, passage)

    def _add(self, place: int, passage: Passage) -> None:
        def mark(painter: QPainter, rect: QRectF, palette: Palette) -> None:
            paint_icon(painter, passage.icon, rect, palette.state(passage.state))

        top = Qt.AlignmentFlag.AlignTop
        text = Text(passage.text, wraps=True)
        text.setAccessibleName(f"{clock_time(passage.at)} {passage.text}")
        self._grid.addWidget(Text(clock_time(passage.at), token="muted", size="caption", mono=True), place, 0, top)
        self._grid.addWidget(Picture(14, mark), place, 1, top)
        self._grid.addWidget(text, place, 2)

    def _restyle(self) -> None:
        self._grid.setHorizontalSpacing(theme().px(12))
        self._grid.setVerticalSpacing(theme().px(9))
