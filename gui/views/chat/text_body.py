"""Running text as tall as its content: an answer that streams, or a plain text. It scrolls with what it stands in."""

import math

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QGuiApplication,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextDocument,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QToolButton, QWidget

from engine.core.pieces import NOTHING, Pieces
from gui.icons import icon
from gui.models import markdown as md
from gui.models.formats import CODE, LANGUAGE, QUOTE, RULE, Style
from gui.models.highlight import Tint
from gui.models.streaming import CodeBlock, Writer
from gui.theme import theme

FRAME = 33  # ms between two steps of work that is left over
LAID_OUT_AT_ONCE = 20_000  # characters
IN_PLACE_ABOVE = 60_000  # characters
MARGIN = 400  # px around what is in view in which buttons are kept
COPIED = 1200  # ms for which a button says that it has copied


def style_of_theme(*, muted: bool = False) -> Style:
    """The theme's colours and fonts for running text."""
    look = theme()
    p = look.palette
    mono = look.font("control", mono=True)
    mono.setFeature(QFont.Tag("calt"), 0)  # code is shown as it is written, without ligatures
    return Style(
        text=p.muted if muted else p.text,
        muted=p.muted,
        accent=p.accent,
        line=p.line,
        sunken=p.sunken,
        tints={
            Tint.KEYWORD: p.reasoning,
            Tint.STRING: p.succeeded,
            Tint.NUMBER: p.failed_transient,
            Tint.NAME: p.accent,
            Tint.COMMENT: p.muted,
        },
        body=look.font("reading"),
        mono=mono,
        zoom=look.zoom,
    )


class TextBody(QTextBrowser):
    """Shows pieces as Markdown, or as they are. `degraded_changed` says that the text is too long to be rendered."""

    degraded_changed = Signal(bool)

    def __init__(
        self, parent: QWidget | None = None, *, plain: bool = False, struck: bool = False, muted: bool = False
    ) -> None:
        super().__init__(parent)
        self._plain, self._struck, self._muted = plain, struck, muted
        self._pieces: Pieces = NOTHING
        self._live = False
        self._next: Writer | None = None  # renders into a document of its own, which then takes the place
        self._lines: int | None = None
        self._buttons: dict[int, QToolButton] = {}  # by the code block's number
        self._heads: dict[int, float] = {}  # where the heads of the code in view stand
        self._steps = QTimer(self, singleShot=True)
        self._steps.timeout.connect(self._step)
        self._moves = QTimer(self, interval=0, singleShot=True)
        self._moves.timeout.connect(self._sync_buttons)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setStyleSheet("QTextBrowser { border: none; background: transparent; padding: 0; }")
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setOpenExternalLinks(True)
        self.viewport().setAutoFillBackground(False)
        self._writer = self._new_writer()
        self._adopt(self._writer)

    # What is shown

    def show_pieces(self, pieces: Pieces, *, live: bool = False) -> None:
        """Shows `pieces`; where they go on from what is shown, only what is new is drawn."""
        new = pieces.since(len(self._pieces))
        if pieces.characters - len(new) != self._pieces.characters:
            self._pieces, self._live = pieces, live
            self.render_again()
            return
        ended = self._live and not live
        self._pieces, self._live = pieces, live
        self._writer.plain_above = self._bound()
        self._writer.feed(new)
        if not live:
            self._writer.finish()
        self._draw()
        if ended:
            self.viewport().update()
            if self._writer.degraded and self._writer.characters <= md.RENDER_AT_END:
                self.render_again()

    def show_text(self, text: str) -> None:
        """Shows a text that is complete."""
        if text != str(self._pieces):
            self._pieces, self._live = Pieces((text,)), False
            self.render_again()

    def set_plain(self, plain: bool) -> None:
        """Shows the source of the answer instead of rendering it, or renders it again."""
        if plain != self._plain:
            self._plain = plain
            self.render_again()

    def set_lines(self, lines: int | None) -> None:
        """Shows only the first `lines` lines; None shows all."""
        self._lines = lines
        self._fit(self.document().size())

    def count_lines(self) -> int:
        """The lines as they are laid out now."""
        return round(self.document().size().height() / theme().line("reading"))

    @property
    def live(self) -> bool:
        return self._live

    def render_again(self) -> None:
        """Renders all of it anew, and puts it in place when it is done; a long one is rendered in place, in steps."""
        writer = self._new_writer()
        writer.feed(str(self._pieces))
        if not self._live:
            writer.finish()
        if writer.characters > IN_PLACE_ABOVE:  # Qt would lay it out in one long step otherwise
            self._next = None
            self._adopt(writer)
        else:
            self._next = writer
        self._step()

    def _new_writer(self) -> Writer:
        document = QTextDocument(self)
        document.setDocumentMargin(0)
        document.setDefaultFont(theme().font("reading"))
        return Writer(document, style_of_theme(muted=self._muted), plain_above=self._bound(), struck=self._struck)

    def _bound(self) -> int:
        """The characters above which the text is not rendered now."""
        if self._plain:
            return 0
        return md.PLAIN_ABOVE if self._live else md.RENDER_AT_END

    def _step(self) -> None:
        if self._next is not None:
            self._next.flush()
            if self._next.pending:
                self._steps.start(0)  # nobody sees it yet: on with it, as soon as the window has had its turn
                return
            writer, self._next = self._next, None
            self._adopt(writer)
            missed = self._pieces.characters
            if writer.fed < missed:  # more came while it was rendered
                writer.feed(str(self._pieces)[writer.fed :])
            if not self._live:
                writer.finish()
        self._draw()

    def _adopt(self, writer: Writer) -> None:
        old, self._writer = self._writer, writer
        for button in self._buttons.values():
            button.deleteLater()
        self._buttons.clear()
        self._heads.clear()
        writer.document.documentLayout().documentSizeChanged.connect(self._fit)
        self.setDocument(writer.document)
        if old is not writer:
            old.document.deleteLater()
        if writer.characters < LAID_OUT_AT_ONCE:  # asking for the size of a long one would lay it out in one step
            self._fit(writer.document.size())

    def _draw(self) -> None:
        if self._next is not None:
            return
        was = self._writer.pending
        self._writer.flush()
        if self._writer.pending:
            self._steps.start(FRAME if self._live else 0)
        elif was and not self._live:
            self._fit(self.document().size())
        if was:
            self.degraded_changed.emit(self._writer.degraded and not self._plain)

    # Height

    def _fit(self, size: QSizeF) -> None:
        foot = theme().px(12) if self.document().lastBlock().blockFormat().intProperty(CODE) else 0
        full = math.ceil(size.height()) + foot
        height = full if self._lines is None else min(full, self._lines * theme().line("reading"))
        if self._writer.pending and not self._live:
            height = max(height, self.height())  # what stands below does not jump while it is rendered anew
        if height != self.height():
            self.setFixedHeight(max(height, 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() and self._buttons:
            self._moves.start()

    def sizeHint(self) -> QSize:
        return QSize(360, self.height())

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # what it stands in scrolls

    def keyPressEvent(self, event: QKeyEvent) -> None:
        scrolls = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Up, Qt.Key.Key_Down)
        if event.key() in scrolls and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def loadResource(self, kind: int, name: QUrl | str) -> None:
        """Nothing is ever fetched, from the disk or the network, because a text names it."""
        return

    # Copy buttons of code: only where it is in view, so that a long answer does not carry hundreds

    def _sync_buttons(self) -> None:
        seen = self.visibleRegion().boundingRect().adjusted(0, -MARGIN, 0, MARGIN)
        for number in [n for n, top in self._heads.items() if not seen.top() <= top <= seen.bottom()]:
            del self._heads[number]
            if (button := self._buttons.pop(number, None)) is not None:
                button.deleteLater()
        px = theme().px
        for number, top in self._heads.items():
            if number not in self._buttons:
                self._buttons[number] = self._copy_button(self._writer.code_blocks[number])
            button = self._buttons[number]
            button.move(self.viewport().width() - button.width() - px(4), round(top) + px(4))

    def _note_head(self, code: int, top: float) -> None:
        """Called while a block of code is painted: its button follows where it is new or was moved."""
        if code in self._writer.code_blocks and self._heads.get(code) != top:
            self._heads[code] = top
            self._moves.start()

    def _copy_button(self, code: CodeBlock) -> QToolButton:
        button = QToolButton(self.viewport())
        button.setText("Copy")
        button.setAccessibleName(f"Copy the {code.language or 'code'} block")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setFont(theme().font("caption"))
        button.setIcon(icon("copy", theme().palette.muted, theme().px(12)))
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        back = QTimer(button, interval=COPIED, singleShot=True)
        back.timeout.connect(lambda: button.setText("Copy"))

        def copy() -> None:
            QGuiApplication.clipboard().setText(code.code)
            button.setText("Copied")
            back.start()

        button.clicked.connect(copy)
        button.adjustSize()
        button.show()
        return button

    # Painting: what the document cannot draw by itself

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_below(painter, QRectF(event.rect()))
        painter.end()
        super().paintEvent(event)
        if self._live:
            painter = QPainter(self.viewport())
            self._paint_caret(painter)
            painter.end()

    def _paint_below(self, painter: QPainter, exposed: QRectF) -> None:
        layout, width = self.document().documentLayout(), float(self.viewport().width())
        palette, px = theme().palette, theme().px
        block = self._first_block(exposed.top())
        while block.isValid():
            rect = layout.blockBoundingRect(block)
            if rect.top() > exposed.bottom():
                return
            format_ = block.blockFormat()
            if depth := format_.intProperty(QUOTE):
                after = block.next()
                joined = after.isValid() and after.blockFormat().intProperty(QUOTE)
                bottom = layout.blockBoundingRect(after).top() if joined else rect.bottom()
                for level in range(depth):
                    x = level * px(16)
                    painter.fillRect(QRectF(x, rect.top(), 2, bottom - rect.top()), palette.line)
            if format_.intProperty(RULE):
                painter.fillRect(QRectF(0, rect.center().y(), width, 1), palette.line)
            if code := format_.intProperty(CODE):
                block = self._paint_code(painter, block, code, width)
            block = block.next()

    def _paint_code(self, painter: QPainter, block: QTextBlock, code: int, width: float) -> QTextBlock:
        """Draws the ground of a whole code block, whose first visible line is `block`; gives back its last line."""
        layout, px = self.document().documentLayout(), theme().px
        first = last = block
        while first.previous().isValid() and first.previous().blockFormat().intProperty(CODE) == code:
            first = first.previous()
        while last.next().isValid() and last.next().blockFormat().intProperty(CODE) == code:
            last = last.next()
        head = layout.blockBoundingRect(first)
        self._note_head(code, head.top())
        format_ = first.blockFormat()
        left = format_.leftMargin() - px(12) + format_.indent() * self.document().indentWidth()
        bottom = layout.blockBoundingRect(last).bottom() + px(12)
        palette = theme().palette
        painter.setPen(palette.line if palette.high_contrast else Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(palette.raised))
        painter.drawRoundedRect(QRectF(left + 0.5, head.top() + 0.5, width - left - 1, bottom - head.top() - 1), 6, 6)
        painter.setPen(QColor(palette.muted))
        painter.setFont(theme().font("caption"))
        label = QRectF(left + px(12), head.top(), width / 2, px(32))
        painter.drawText(label, Qt.AlignmentFlag.AlignVCenter, format_.stringProperty(LANGUAGE) or "code")
        return last

    def _first_block(self, top: float) -> QTextBlock:
        """The block above the one at `top`. Asks for no place further down, which would have to be laid out first."""
        document = self.document()
        at = document.documentLayout().hitTest(QPointF(0, top), Qt.HitTestAccuracy.FuzzyHit)
        block = document.findBlock(max(0, at))
        return block.previous() if block.previous().isValid() else block

    def _paint_caret(self, painter: QPainter) -> None:
        end = QTextCursor(self.document())
        end.movePosition(QTextCursor.MoveOperation.End)
        place = QPointF(self.cursorRect(end).topRight())
        px = theme().px
        down = (self.cursorRect(end).height() - px(16)) / 2
        painter.fillRect(QRectF(place.x() + 2, place.y() + down, px(8), px(16)), theme().palette.accent)
