"""A key's value on the screen and on the clipboard: for seconds, and for eyes only."""

from PySide6.QtCore import QMimeData, QObject, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFontMetricsF, QGuiApplication, QPainter, QPaintEvent, QResizeEvent, QTextOption
from PySide6.QtWidgets import QSizePolicy, QWidget

from gui.theme import theme

SHOWN = 10.0  # seconds for which a value stays on the screen
COPIED = 30.0  # seconds for which a value stays on the clipboard
OURS = "application/x-streamover-secret"  # by which we know our own value again without keeping it
# What clipboard managers leave out of their histories: KDE's and others', and Windows' (learn.microsoft.com,
# "Clipboard formats", cloud clipboard and clipboard history formats).
SENSITIVE = {
    "x-kde-passwordManagerHint": b"secret",
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"': b"1",
}


class SecretClipboard(QObject):
    """Puts a value on the clipboard and takes it away again, unless something else was copied since."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self, singleShot=True, interval=round(COPIED * 1000))
        self._timer.timeout.connect(self.clear)
        if (app := QGuiApplication.instance()) is not None:
            app.aboutToQuit.connect(self.clear)

    def put(self, text: str) -> None:
        data = QMimeData()
        data.setText(text)
        for kind, value in (SENSITIVE | {OURS: b"1"}).items():
            data.setData(kind, value)
        QGuiApplication.clipboard().setMimeData(data)
        self._timer.start()

    def clear(self) -> None:
        self._timer.stop()
        data = QGuiApplication.clipboard().mimeData()
        if data is not None and data.hasFormat(OURS):
            QGuiApplication.clipboard().clear()


class SecretView(QWidget):
    """Paints a value for ten seconds. It is no label, so that no accessibility tree or style sheet ever holds it."""

    hidden = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._value = ""
        self._timer = QTimer(self, singleShot=True, interval=round(SHOWN * 1000))
        self._timer.timeout.connect(self.forget)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("The key's value, on the screen only")
        self.hide()

    def reveal(self, value: str) -> None:
        """Shows the value, until `forget` or for ten seconds."""
        self._value = value
        self._timer.start()
        self.show()
        self.resizeEvent(QResizeEvent(self.size(), self.size()))
        self.update()

    def take(self) -> str:
        """The value while it is shown, else nothing."""
        return self._value

    def forget(self) -> None:
        had, self._value = bool(self._value), ""
        self._timer.stop()
        self.hide()
        if had:
            self.hidden.emit()

    def left(self) -> float:
        """Seconds until it hides."""
        return max(0.0, self._timer.remainingTime() / 1000)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """As high as its lines need."""
        super().resizeEvent(event)
        metrics = QFontMetricsF(theme().font("control", mono=True))
        each = max(1, int((self.width() - 2 * theme().px(8)) // metrics.horizontalAdvance("0")))
        lines = -(-len(self._value) // each)
        self.setFixedHeight(round(max(1, lines) * metrics.lineSpacing()) + 2 * theme().px(8))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look, p = QPainter(self), theme(), theme().palette
        painter.fillRect(self.rect(), p.sunken)
        painter.setFont(look.font("control", mono=True))
        painter.setPen(p.text)
        option = QTextOption(Qt.AlignmentFlag.AlignLeft)
        option.setWrapMode(QTextOption.WrapMode.WrapAnywhere)
        painter.drawText(QRectF(self.rect()).adjusted(look.px(8), look.px(8), -look.px(8), 0), self._value, option)
        painter.end()
