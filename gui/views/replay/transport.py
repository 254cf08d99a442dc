"""The bar that plays a recorded run: play, speed, scrub, step, and where the time is."""

import time
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QIcon, QKeyEvent, QResizeEvent, QTransform
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from gui.icons import icon
from gui.models.replay import Replay
from gui.theme import Theme, theme
from gui.views.replay.scrubber import Scrubber
from gui.words import limit

FRAME_MS = 33
SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 10.0)


class Transport(QWidget):
    """Says `frame` with the run as it was at the second shown, whose `now` is that second."""

    frame = Signal(object)
    what_if_asked = Signal()
    close_asked = Signal()

    def __init__(self, parent: QWidget | None = None, *, look: Theme | None = None) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self._replay: Replay | None = None
        self.second = 0.0
        self._ticked = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._tick)
        self.play_button = self._button("play", "Play", self.toggle)
        self.back = self._button("chevron-right", "One event back (Left)", lambda: self.step(-1), backwards=True)
        self.forth = self._button("chevron-right", "One event on (Right)", lambda: self.step(1))
        self.previous = self._button(
            "chevrons", "Previous decision (Page Up)", lambda: self.decision(-1), backwards=True
        )
        self.next = self._button("chevrons", "Next decision (Page Down)", lambda: self.decision(1))
        self.speed = QComboBox(self)
        self.speed.setAccessibleName("Speed")
        for speed in SPEEDS:
            self.speed.addItem(f"×{speed:g}", speed)
        self.speed.setCurrentIndex(SPEEDS.index(1.0))
        self.scrubber = Scrubber(self._theme, self)
        self.scrubber.moved.connect(self.seek)
        self.time = QLabel(self)
        self.what_if = QPushButton("What if", self)
        self.what_if.setToolTip("See the run along another route")
        self.what_if.clicked.connect(self.what_if_asked)
        self.close_button = self._button("close", "Leave the replay", self.close_asked.emit)
        self.setAccessibleName("Replay")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._arrange()
        self._theme.changed.connect(self._dress)
        self._dress()
        self._enable()

    def _button(self, name: str, tip: str, act: Callable[[], object], *, backwards: bool = False) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("glyph", name)
        button.setProperty("backwards", backwards)
        button.setToolTip(tip)
        button.setAccessibleName(tip.partition(" (")[0])
        button.clicked.connect(lambda: act())
        return button

    def _arrange(self) -> None:
        row, px = QHBoxLayout(self), self._theme.px
        row.setContentsMargins(px(16), px(4), px(12), px(4))
        row.setSpacing(px(4))
        for part in (self.play_button, self.previous, self.back, self.forth, self.next):
            row.addWidget(part)
        row.addSpacing(px(8))
        row.addWidget(self.scrubber, 1)
        row.addSpacing(px(8))
        for part in (self.time, self.speed, self.what_if, self.close_button):
            row.addWidget(part)

    def show_replay(self, replay: Replay | None) -> None:
        """Stands at the beginning of a recorded run."""
        self.pause()
        self._replay = replay
        self.scrubber.show_replay(replay)
        self._enable()
        self.seek(0.0)

    @property
    def replay(self) -> Replay | None:
        return self._replay

    @property
    def playing(self) -> bool:
        return self._timer.isActive()

    def toggle(self) -> None:
        self.pause() if self.playing else self.play()

    def play(self) -> None:
        """From here on; from the beginning when it stands at the end."""
        if self._replay is None:
            return
        if self.second >= self._replay.length:
            self.seek(0.0)
        self._ticked = time.monotonic()
        self._timer.start()
        self._dress_play()

    def pause(self) -> None:
        self._timer.stop()
        self._dress_play()

    def seek(self, second: float) -> None:
        """Shows the run at this second, between its beginning and its end."""
        if self._replay is None:
            self.time.clear()
            return
        self.second = min(max(second, 0.0), self._replay.length)
        self.scrubber.show_second(self.second)
        self.time.setText(f"{self.second:.1f} of {limit(self._replay.length)}")
        self.frame.emit(self._replay.at(self.second))

    def step(self, by: int) -> None:
        """To the next event, or the one before."""
        if self._replay is not None:
            self.pause()
            self.seek(self._replay.step(self.second, by))

    def decision(self, by: int) -> None:
        """To the next decision, or the one before; past the last one to the end."""
        if self._replay is None:
            return
        self.pause()
        found = self._replay.next_decision(self.second) if by > 0 else self._replay.previous_decision(self.second)
        self.seek(found if found is not None else (self._replay.length if by > 0 else 0.0))

    def _tick(self) -> None:
        """Time comes from the clock, so that a late frame is no slower replay."""
        now = time.monotonic()
        passed, self._ticked = now - self._ticked, now
        assert self._replay is not None
        self.seek(self.second + passed * float(self.speed.currentData()))
        if self.second >= self._replay.length:
            self.pause()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {
            Qt.Key.Key_Space: self.toggle,
            Qt.Key.Key_Left: lambda: self.step(-1),
            Qt.Key.Key_Right: lambda: self.step(1),
            Qt.Key.Key_PageUp: lambda: self.decision(-1),
            Qt.Key.Key_PageDown: lambda: self.decision(1),
            Qt.Key.Key_Home: lambda: self.seek(0.0),
            Qt.Key.Key_End: lambda: self.seek(float("inf")),
        }
        action = keys.get(Qt.Key(event.key())) if not event.modifiers() else None
        action() if action is not None else super().keyPressEvent(event)

    def _enable(self) -> None:
        steps = (self.play_button, self.back, self.forth, self.previous, self.next)
        for part in (*steps, self.scrubber, self.speed, self.what_if):
            part.setEnabled(self._replay is not None)

    def _dress(self) -> None:
        size, colour = self._theme.px(14), self._theme.palette.text
        for button in self.findChildren(QToolButton):
            button.setIconSize(QSize(size, size))
            drawn = icon(button.property("glyph"), colour, size)
            button.setIcon(_mirrored(drawn, size) if button.property("backwards") else drawn)
        self.time.setFont(self._theme.font("caption"))
        self.time.setStyleSheet(f"color: {self._theme.palette.muted.name()};")
        self.time.setFixedWidth(self._theme.px(92))
        self._dress_play()

    def _dress_play(self) -> None:
        word, size = ("pause", "Pause") if self.playing else ("play", "Play"), self._theme.px(14)
        self.play_button.setIcon(icon(word[0], self._theme.palette.accent, size))
        self.play_button.setToolTip(f"{word[1]} (Space)")
        self.play_button.setAccessibleName(word[1])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The narrow bar keeps what moves time."""
        super().resizeEvent(event)
        for part, least in ((self.previous, 480), (self.next, 480), (self.time, 420), (self.what_if, 560)):
            part.setVisible(self.width() >= self._theme.px(least))


def _mirrored(drawn: QIcon, size: int) -> QIcon:
    """The same icon, pointing the other way."""
    return QIcon(drawn.pixmap(QSize(size, size), 2.0).transformed(QTransform.fromScale(-1, 1)))
