"""The card beside a bar: all that its labels had no room for. Shown on hover and on keyboard selection."""

from html import escape

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QFrame, QLabel, QVBoxLayout, QWidget

from engine.core.run import Attempt, Run
from gui import words
from gui.models.timeline import Bar
from gui.theme import Theme

REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "cf-ray")


class Card(QFrame):
    """A frame over the plot. It takes no mouse events, so that the bar below stays reachable."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._parent = theme, parent
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._label = QLabel(self)
        self._label.setTextFormat(Qt.TextFormat.RichText)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(theme.px(12), theme.px(8), theme.px(12), theme.px(8))
        layout.addWidget(self._label)
        self.hide()

    def show_attempt(self, run: Run, attempt: Attempt, bar: Bar, near: QRect) -> None:
        """Tells the attempt beside `near`, inside the parent."""
        self._dress()
        self._label.setText(card_html(run, attempt, bar, self._theme))
        self.adjustSize()
        self.move(self._spot(near))
        self.show()
        self.raise_()

    def _dress(self) -> None:
        palette = self._theme.palette
        self.setStyleSheet(
            f"Card {{ background: {palette.surface.name()}; border: 1px solid {palette.line_strong.name()};"
            f" border-radius: {self._theme.px(6)}px; }} QLabel {{ border: none; background: transparent; }}"
        )
        self._label.setFont(self._theme.font("caption"))

    def _spot(self, near: QRect) -> QPoint:
        """Below the bar, else above it, else beside it; never outside the parent."""
        room = self._parent.rect()
        x = max(0, min(near.left(), room.right() - self.width()))
        if near.bottom() + 8 + self.height() <= room.bottom():
            return QPoint(x, near.bottom() + 8)
        if near.top() - 8 - self.height() >= 0:
            return QPoint(x, near.top() - 8 - self.height())
        after = near.right() + 8
        x = after if after + self.width() <= room.right() else max(0, near.left() - 8 - self.width())
        return QPoint(x, max(0, min(near.top(), room.bottom() - self.height())))


def card_html(run: Run, attempt: Attempt, bar: Bar, theme: Theme) -> str:
    """The card's text: who, how it went, its phases, bytes and request id."""
    muted, text = theme.palette.muted.name(), theme.palette.text.name()
    colour = theme.palette.state(bar.state).name() if bar.state is not None else theme.palette.accent.name()
    key = f" · {escape(words.key_name(attempt.key))}" if attempt.key else ""
    detail = f" <span style='color:{muted}'>{escape(bar.detail)}</span>" if bar.detail else ""
    rows = "".join(
        f"<tr><td style='color:{muted};padding-right:12px'>{escape(name)}</td>"
        f"<td style='color:{text}'>{escape(value)}</td></tr>"
        for name, value in card_rows(attempt, bar)
    )
    said = (
        f"<br><span style='color:{text}'>{escape(attempt.fault.detail)}</span>"
        if attempt.fault and attempt.fault.detail
        else ""
    )
    return (
        f"<b style='color:{text}'>Attempt {attempt.number}</b>"
        f" <span style='color:{muted}'>{escape(words.who(run, attempt))}{key}</span><br>"
        f"<b style='color:{colour}'>{escape(bar.word)}</b>{detail}{said}<table cellspacing='0'>{rows}</table>"
    )


def card_rows(attempt: Attempt, bar: Bar) -> list[tuple[str, str]]:
    """The figures of an attempt, those that are known."""
    rows = [(span.phase.value, words.seconds(span.end - span.start)) for span in bar.spans]
    rows.append(("in all", words.seconds(bar.end - bar.start)))
    if attempt.reused:
        rows.append(("connection", "used again"))
    if attempt.text:
        dropped = ", discarded" if bar.discarded else ""
        rows.append(("text", f"{words.tokens(attempt)}, {attempt.text.characters} characters{dropped}"))
    if attempt.request is not None:
        rows.append(("sent", f"{attempt.request.body_bytes} bytes"))
    rows += [("injected", name) for _, name in attempt.injected]
    rows += [("request id", value) for name, value in attempt.headers if name.lower() in REQUEST_IDS][:1]
    return rows
