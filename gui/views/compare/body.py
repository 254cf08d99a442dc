"""Running text of a column, as tall as its content; the column scrolls it."""

import math

from PySide6.QtCore import QPointF, QSize, QSizeF, Qt, QTimer
from PySide6.QtGui import QFont, QPainter, QPaintEvent, QTextCursor, QTextDocument, QWheelEvent
from PySide6.QtWidgets import QFrame, QTextBrowser

from engine.core.pieces import NOTHING, Pieces
from gui.models.formats import Style
from gui.models.highlight import Tint
from gui.models.streaming import Writer
from gui.theme import theme

FRAME = 33  # ms between two steps of work that is left over


def style(*, muted: bool = False) -> Style:
    """The theme's colours and fonts for running text."""
    look, p = theme(), theme().palette
    mono = look.font("control", mono=True)
    mono.setFeature(QFont.Tag("calt"), 0)
    tints = {
        Tint.KEYWORD: p.reasoning, Tint.STRING: p.succeeded, Tint.NUMBER: p.failed_transient, Tint.NAME: p.accent,
        Tint.COMMENT: p.muted,
    }  # fmt: skip
    return Style(
        text=p.muted if muted else p.text, muted=p.muted, accent=p.accent, line=p.line, sunken=p.sunken, tints=tints,
        body=look.font("reading"), mono=mono, zoom=look.zoom,
    )  # fmt: skip


class Body(QTextBrowser):
    """Shows pieces as Markdown; where they go on from what is shown, only what is new is drawn."""

    def __init__(self, *, muted: bool = False) -> None:
        super().__init__()
        self._muted = muted
        self._pieces: Pieces = NOTHING
        self._live = False
        self._own: QTextDocument | None = None
        self._steps = QTimer(self, singleShot=True, interval=FRAME)
        self._steps.timeout.connect(self._draw)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QTextBrowser { border: none; background: transparent; padding: 0; }")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setOpenExternalLinks(True)
        self.viewport().setAutoFillBackground(False)
        self._writer = self._adopt()

    def show_pieces(self, pieces: Pieces, *, live: bool) -> None:
        """Shows `pieces`; `live` draws the caret behind them."""
        new = pieces.since(len(self._pieces))
        if pieces.characters - len(new) != self._pieces.characters:  # another text
            self._writer, new = self._adopt(), str(pieces)
        ended = self._live and not live
        self._pieces, self._live = pieces, live
        self._writer.feed(new)
        if not live:
            self._writer.finish()
        self._draw()
        if ended:
            self.viewport().update()

    def _adopt(self) -> Writer:
        old = self._own
        document = self._own = QTextDocument(self)
        document.setDocumentMargin(0)
        document.setDefaultFont(theme().font("reading"))
        document.documentLayout().documentSizeChanged.connect(self._fit)
        self.setDocument(document)
        if old is not None:
            old.deleteLater()
        return Writer(document, style(muted=self._muted))

    def _draw(self) -> None:
        self._writer.flush()
        if self._writer.pending:
            self._steps.start()

    def _fit(self, size: QSizeF) -> None:
        height = max(1, math.ceil(size.height()))
        if height != self.height():
            self.setFixedHeight(height)

    def sizeHint(self) -> QSize:
        return QSize(200, self.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the column scrolls

    def loadResource(self, kind: int, name: object) -> None:
        """Nothing is ever fetched because a text names it."""
        return

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._live:
            painter = QPainter(self.viewport())
            end = QTextCursor(self.document())
            end.movePosition(QTextCursor.MoveOperation.End)
            rect, px = self.cursorRect(end), theme().px
            place = QPointF(rect.topRight())
            painter.fillRect(
                round(place.x()) + 2, round(place.y() + (rect.height() - px(16)) / 2), px(8), px(16),
                theme().palette.accent,
            )  # fmt: skip
            painter.end()
