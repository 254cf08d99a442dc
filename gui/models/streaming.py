"""An answer as it streams, written into a QTextDocument: finished blocks once, the open tail once a flush."""

import time
from collections import deque

from msgspec import Struct
from msgspec.structs import replace
from PySide6.QtGui import QTextBlockFormat, QTextCursor, QTextDocument

from gui.models import markdown as md
from gui.models.formats import Style
from gui.models.highlight import COLOURED_UP_TO
from gui.models.rich_text import Emitter

TAIL_BOUND = 3_000  # characters; a longer tail is shown plain until its block is finished
STEP = 0.012  # seconds of work before the event loop has its turn
STEP_CHARACTERS = 24_000  # their layout comes on top, about 0.5 ms for 1,000


class CodeBlock(Struct, frozen=True, kw_only=True):
    """A finished block of code: `number` is what its lines carry as their CODE property."""

    number: int
    language: str
    code: str


class Writer:
    """Shows a growing text. Feed it, then flush about every 33 ms while `pending`."""

    def __init__(
        self, document: QTextDocument, style: Style, *, plain_above: int = md.PLAIN_ABOVE, struck: bool = False
    ) -> None:
        document.setUndoRedoEnabled(False)
        document.setIndentWidth(style.px(24))
        self.document = document
        self._style = style
        self.plain_above = plain_above
        self._struck = struck
        self._splitter = md.Splitter()
        self._waiting: deque[md.Block] = deque()
        self._references: dict[str, object] = {}
        self._emitter = self._emitter_at(0)
        self._end = 0  # where the finished part ends
        self._last = QTextBlockFormat()  # the finished part's last block, as it is without the tail
        self._tail = md.Block(source="")  # as it is shown
        self._dirty = False
        self._plain = ""  # the open line, once the answer is too long to render
        self.fed = 0  # characters as they came
        self.characters = 0  # characters as they are shown
        self.finished = False
        self.degraded = plain_above == 0
        self.code_blocks: dict[int, CodeBlock] = {}  # the finished ones

    def _emitter_at(self, position: int) -> Emitter:
        cursor = QTextCursor(self.document)
        cursor.setPosition(position)
        return Emitter(cursor, self._style, self._references, struck=self._struck)

    @property
    def pending(self) -> bool:
        """Whether a flush has something to do."""
        return self._dirty or bool(self._waiting)

    def feed(self, text: str) -> None:
        """More of the answer. Nothing is drawn before the next flush."""
        if not text:
            return
        self.fed += len(text)
        text = md.visible(text)
        self.characters += len(text)
        self._dirty = True
        if self.degraded:
            self._feed_plain(text)
            return
        self._waiting.extend(self._splitter.feed(text))
        if self.characters > self.plain_above:
            self.degraded = True
            self._waiting.extend(self._splitter.finish())

    def finish(self) -> None:
        """The answer is over."""
        if not self.finished:
            self.finished = self._dirty = True
            self._waiting.extend(self._splitter.finish())
            self._feed_plain("\n" if self._plain else "")

    def flush(self, budget: float = STEP) -> None:
        """Draws what has come, for about `budget` seconds; what is left stays pending."""
        if not self.pending:
            return
        until = time.perf_counter() + budget
        edit = QTextCursor(self.document)
        edit.beginEditBlock()
        if self._waiting:
            self._close_tail()
        room = STEP_CHARACTERS
        while self._waiting and room > 0 and time.perf_counter() < until:
            block = self._waiting.popleft()
            room -= len(block.source)
            self._emitter.emit(block)
            self._commit()
        if not self._waiting:
            self._show_tail()
            self._dirty = False
        edit.endEditBlock()

    def _feed_plain(self, text: str) -> None:
        *lines, self._plain = (self._plain + text).split("\n")
        part = md.PLAIN_PART
        while len(self._plain) > part:
            lines.append(self._plain[:part])
            self._plain = self._plain[part:]
        for line in lines:
            starts = range(0, max(1, len(line)), part)
            self._waiting.extend(md.Block(source=line[at : at + part], shape=md.Shape.PLAIN) for at in starts)

    def _close_tail(self) -> None:
        """Makes way for finished blocks. Long code that is shown already stays as it is: it is not coloured."""
        code = md.fence_of(self._waiting[0].source)[1] if self._waiting[0].shape is md.Shape.FENCE else ""
        language, shown = md.fence_of(self._tail.source)
        if len(code) > COLOURED_UP_TO and self._tail.shape is md.Shape.FENCE and code.startswith(shown):
            self._waiting.popleft()
            self._emitter.more_code(code[len(shown) :])
            self._emitter.keep_code(language, code)
            self._tail = md.Block(source="")
            self._commit()
        else:
            self._remove_tail()

    def _commit(self) -> None:
        for number, language, code in self._emitter.code_blocks:
            self.code_blocks[number] = CodeBlock(number=number, language=language, code=code)
        self._emitter.code_blocks.clear()
        cursor = self._emitter.cursor
        self._end, self._last = cursor.position(), cursor.blockFormat()

    def _remove_tail(self) -> None:
        if not self._tail.source:
            return
        cursor = QTextCursor(self.document)
        cursor.setPosition(self._end)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        cursor.setBlockFormat(self._last)
        self._emitter.move_to(self._end)
        self._tail = md.Block(source="")

    def _show_tail(self) -> None:
        if self.finished:
            self._remove_tail()
            return
        if self.degraded:
            self._show_plain(self._plain)
            return
        shape = md.Shape.PLAIN if self._splitter.tail_size > TAIL_BOUND else None
        tail = self._splitter.tail
        if tail.shape is md.Shape.FENCE:
            self._show_open_code(tail)
        elif shape is md.Shape.PLAIN or tail.shape is md.Shape.PLAIN:
            self._show_plain(tail.source)
        elif tail != self._tail:
            self._remove_tail()
            self._tail = tail
            if tail.source.strip():
                source = tail.source if tail.shape is md.Shape.INDENTED else md.closed(tail.source)
                self._emitter.emit(replace(tail, source=source))
                self._emitter.code_blocks.clear()  # an open block has no number yet that lasts

    def _show_open_code(self, tail: md.Block) -> None:
        language, code = md.fence_of(tail.source)
        shown_language, shown = md.fence_of(self._tail.source)
        goes_on = self._tail.shape is md.Shape.FENCE and language == shown_language and code.startswith(shown)
        if not goes_on:
            self._remove_tail()
            shown = ""
            self._emitter.open_code(language)
        self._emitter.more_code(code[len(shown) :])
        self._tail = tail

    def _show_plain(self, source: str) -> None:
        shown = self._tail.source if self._tail.shape is md.Shape.PLAIN else ""
        if not shown or not source.startswith(shown):
            self._remove_tail()
            shown = ""
        for at in range(len(shown), len(source), md.PLAIN_PART):
            full = self._emitter.cursor.block().length() > md.PLAIN_PART
            self._emitter.plain(source[at : at + md.PLAIN_PART], goes_on=bool(shown) and not full)
            shown = source
        self._tail = md.Block(source=source, shape=md.Shape.PLAIN)
