"""The bars of the page: the sentence at its head, the bar that undoes or tells an error, and the footer."""

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from engine.keys import BackendStatus, KeyState
from gui.drawing.fittings import Button, Picture, Text
from gui.icons import paint_icon
from gui.models.key_past import MarkKind
from gui.models.keys import Standing
from gui.theme import Palette, theme
from gui.views.keys import paint

UNDO = 10.0  # seconds for which a removal can be undone
LEGEND = (MarkKind.SERVED, MarkKind.FAILED, MarkKind.COOLING, MarkKind.DEAD)


class StatusLine(QWidget):
    """One sentence: how many keys can serve, and what comes next."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._state = Standing.READY
        self._icon = Picture(16, self._paint)
        self._lead, self._rest = Text(size="reading", weight=600), Text(size="reading", wraps=True)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._lead)
        self._row.addWidget(self._rest, 1)
        theme().changed.connect(self._restyle)
        self._restyle()

    def say(self, lead: str, rest: str, state: Standing) -> None:
        self._lead.setText(lead)
        self._rest.setText(rest)
        if state is not self._state:
            self._state = state
            self._icon.update()

    def text(self) -> str:
        return f"{self._lead.text()} {self._rest.text()}".strip()

    def _paint(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        look = paint.LOOKS[self._state]
        paint_icon(painter, look.icon, rect, palette.state(look.state))

    def _restyle(self) -> None:
        px = theme().px
        self._row.setContentsMargins(px(24), 0, px(24), 0)
        self._row.setSpacing(px(8))
        self.setMinimumHeight(px(48))


class NoticeBar(QWidget):
    """Tells an error until it is dismissed, or a removal while it can be undone."""

    undo_asked = Signal(str)  # a key's id

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._key = ""
        self._icon = Picture(16, self._paint)
        self._text = Text(wraps=True)
        self._undo = Button("Undo")
        self._undo.clicked.connect(self.undo)
        self._close = Button("Dismiss", flat=True)
        self._close.clicked.connect(self.dismiss)
        self._keys = QShortcut(QKeySequence.StandardKey.Undo, self, self.undo)  # only while the bar is shown
        self._timer = QTimer(self, singleShot=True, interval=round(UNDO * 1000))
        self._timer.timeout.connect(self.dismiss)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addWidget(self._text, 1)
        self._row.addWidget(self._undo)
        self._row.addWidget(self._close)
        self.setAccessibleName("Notice")
        theme().changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def show_error(self, text: str) -> None:
        self._key = ""
        self._timer.stop()
        self._say(text)

    def show_undo(self, key_id: str, alias: str) -> None:
        """Offers to bring the key back, for ten seconds."""
        self._key = key_id
        self._timer.start()
        self._say(f"Key {alias} was removed.")

    def undo(self) -> None:
        if self._key:
            key, self._key = self._key, ""
            self.dismiss()
            self.undo_asked.emit(key)

    def dismiss(self) -> None:
        self._key = ""
        self._timer.stop()
        self.hide()

    def text(self) -> str:
        """What it says; empty while it is hidden."""
        return "" if self.isHidden() else self._text.text()

    def _say(self, text: str) -> None:
        self._text.setText(text)
        self._undo.setVisible(bool(self._key))
        self._keys.setEnabled(bool(self._key))
        self._icon.update()
        self.show()

    def _paint(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        name, colour = ("trash", palette.muted) if self._key else ("warning", palette.failed_transient)
        paint_icon(painter, name, rect, colour)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, p = QPainter(self), theme().palette
        painter.fillRect(self.rect(), p.raised)
        painter.fillRect(0, 0, self.width(), 1, p.line)
        painter.end()

    def _restyle(self) -> None:
        px = theme().px
        self._row.setContentsMargins(px(24), px(6), px(16), px(6))
        self._row.setSpacing(px(8))
        self.setMinimumHeight(px(44))


class Footer(QWidget):
    """Where keys are stored, or why not; and the legend of the strips."""

    retry_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._status: BackendStatus | None = None
        self._icon = Picture(14, self._paint)
        self._text = Text("Looking for the system keyring …", "caption", token="muted", wraps=True)
        self._override = Text(size="caption", token="muted", wraps=True)
        self._retry = Button("Try again", flat=True)
        self._retry.clicked.connect(self.retry_asked)
        self._retry.hide()
        self._override.hide()
        texts = QVBoxLayout()
        texts.setSpacing(0)
        texts.addWidget(self._text)
        texts.addWidget(self._override)
        self._row = QHBoxLayout(self)
        self._row.addWidget(self._icon)
        self._row.addLayout(texts, 1)
        self._row.addWidget(self._retry)
        self.legend = Legend()
        self._row.addWidget(self.legend)
        theme().changed.connect(self._restyle)
        self._restyle()

    def show_backend(self, status: BackendStatus) -> None:
        """Names the keyring in use, or says why it is refused; and what asked for another, where something did."""
        self._status = status
        name = status.name.partition(" (")[0] or "the system keyring"
        good = f"Stored in {name}. Written and read back. Hidden after you save it, until you ask."
        self._text.setText(good if status.ready else status.reason or "The system keyring is not in use.")
        self._text.setToolTip(status.name)
        self._text.tint("muted" if status.ready else "failed_transient")
        self._override.setText(f"Another keyring is asked for by {status.override}." if status.override else "")
        self._override.setVisible(bool(status.override))
        self._retry.setVisible(not status.ready and status.state is not KeyState.NOT_TRUSTED)
        self._icon.update()

    def text(self) -> str:
        return f"{self._text.text()} {self._override.text()}".strip()

    def _paint(self, painter: QPainter, rect: QRectF, palette: Palette) -> None:
        bad = self._status is not None and not self._status.ready
        paint_icon(painter, "warning" if bad else "lock", rect, palette.failed_transient if bad else palette.muted)

    def _restyle(self) -> None:
        px = theme().px
        self._row.setContentsMargins(px(24), px(4), px(24), px(4))
        self._row.setSpacing(px(8))
        self.setMinimumHeight(px(40))


class Legend(QWidget):
    """Each pattern of the strips with its word."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Legend: " + ", ".join(LEGEND))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        self.setFixedWidth(round(sum(self._width(kind) for kind in LEGEND)) + 1)
        self.update()

    def _swatch(self, kind: MarkKind) -> float:
        return theme().px(3 if kind is MarkKind.FAILED else 16)

    def _width(self, kind: MarkKind) -> float:
        word = QFontMetricsF(theme().font("caption")).horizontalAdvance(kind.value)
        return theme().px(16) + self._swatch(kind) + theme().px(6) + word

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look, p = QPainter(self), theme(), theme().palette
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(look.font("caption"))
        x, middle = 0.0, self.height() / 2
        for kind in LEGEND:
            start = x + look.px(16)
            end = start + self._swatch(kind)
            paint.paint_mark(painter, kind, start, end, middle, look.zoom, p, p.surface)
            painter.setPen(p.muted)
            room = QRectF(end + look.px(6), 0, self._width(kind), self.height())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, kind.value)
            x += self._width(kind)
        painter.end()
