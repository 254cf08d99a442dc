"""Streaming Markdown, the part without a screen: a growing text is split into finished blocks and an open tail.

A finished block never changes again, whatever follows, so it is parsed and laid out once. Only the tail is parsed at
each flush. The rules for where a block ends are CommonMark's (spec 0.31, chapters 3 to 5) and GitHub's for tables.
"""

import re
from enum import StrEnum

from markdown_it import MarkdownIt
from markdown_it.token import Token
from msgspec import Struct

PLAIN_ABOVE = 250_000  # characters of an answer that are rendered while it streams
LONGEST_LINE = 64_000  # characters; a longer line is shown as it came
RENDER_AT_END = 1_000_000  # characters; above this the answer stays plain
TABLE_ROWS = 24  # a longer table is committed in parts of so many rows
LIST_PART = 1_500  # characters; a longer list is committed in parts, item by item
TEXT_PART = 16_000  # characters; a longer run of lines without a blank one is cut at a line's end
PLAIN_PART = 4_000  # characters of one display block of plain text
MARKS = 2_000  # brackets in one block; the parser's time grows with their square

_LIST = re.compile(r" {0,3}(?:[-+*]|(\d{1,9})[.)])(?:[ \t]|$)")
_RULE = re.compile(r" {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,})$")
_FENCE = re.compile(r"( {0,3})(`{3,}(?=[^`]*$)|~{3,})\s*(\S*)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]|$)")
_DELIMITERS = re.compile(r" {0,3}\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")


class Shape(StrEnum):
    TEXT = "text"
    FENCE = "fence"
    INDENTED = "indented"
    LIST = "list"
    TABLE = "table"
    PLAIN = "plain"  # shown as it came


class Block(Struct, frozen=True, kw_only=True):
    """A part of the text that is parsed on its own.

    `continues`: the list or table goes on from the block before (`source` repeats a table's head, so that it parses).
    `number` is the first number of an ordered list that goes on. `widths` are a long table's columns, in percent.
    """

    source: str
    shape: Shape = Shape.TEXT
    continues: bool = False
    number: int | None = None
    widths: tuple[float, ...] = ()


class Splitter:
    """Takes text as it comes, and gives back each block once it is finished."""

    def __init__(self) -> None:
        self._partial = ""  # the last line, not ended yet
        self._lines: list[str] = []
        self._size = 0
        self._shape = Shape.TEXT
        self._fence = ""
        self._blank = False
        self._part = Block(source="")  # what a part that goes on inherits
        self._head: list[str] = []
        self._done: list[Block] = []

    def feed(self, text: str) -> list[Block]:
        """The blocks that `text` finishes, in order."""
        *lines, self._partial = (self._partial + text).split("\n")
        for line in lines:
            self._line(line)
        self._cut_long_line()
        done, self._done = self._done, []
        return done

    def finish(self) -> list[Block]:
        """The last blocks: the text is over."""
        if self._partial:
            line, self._partial = self._partial, ""
            self._line(line)
        self._end()
        done, self._done = self._done, []
        return done

    @property
    def tail(self) -> Block:
        """What is not finished yet."""
        shape = self._shape
        if not self._lines and self._partial and (fence := _FENCE.match(self._partial)) and fence[2]:
            shape = Shape.FENCE
        return self._block([*self._lines, self._partial], shape)

    @property
    def tail_size(self) -> int:
        """Characters in the tail, without joining it."""
        return self._size + len(self._partial)

    def _line(self, line: str) -> None:
        if self._shape is Shape.PLAIN:
            self._add(line)
            self._end()
        elif self._fence:
            self._inside_fence(line)
        elif not line.strip():
            self._on_blank(line)
        else:
            self._on_text(line)

    def _inside_fence(self, line: str) -> None:
        self._add(line)
        mark = line.strip()
        if mark and set(mark) == {self._fence[0]} and len(mark) >= len(self._fence):
            self._fence = ""
            if self._shape is Shape.FENCE:
                self._end()

    def _on_blank(self, line: str) -> None:
        if self._shape in (Shape.LIST, Shape.INDENTED):
            self._blank = True
            self._add(line)
        else:
            self._end()

    def _on_text(self, line: str) -> None:
        indent = len(line) - len(line.lstrip(" "))
        if self._lines and self._leaves(line, indent):
            self._end()
        self._blank = False
        if self._shape is Shape.LIST and self._size > LIST_PART and indent < 2 and _LIST.match(line):
            self._go_on_list()
        if not self._lines:
            self._shape = _shape_of(line, indent)
        self._add(line)
        if fence := _FENCE.match(line if self._shape is Shape.FENCE else line.lstrip(" ")):
            self._fence = fence[2]
        elif _HEADING.match(line) and self._shape is Shape.TEXT:
            self._end()
        elif self._shape is Shape.TEXT and len(self._lines) == 2 and "|" in self._lines[0] and _DELIMITERS.match(line):
            self._shape, self._head = Shape.TABLE, list(self._lines)
        elif self._shape is Shape.TEXT and self._size > TEXT_PART:
            self._end()
        elif self._shape is Shape.TABLE and len(self._lines) - len(self._head) >= TABLE_ROWS:
            self._go_on_table()

    def _leaves(self, line: str, indent: int) -> bool:
        """Whether `line` belongs to the next block."""
        breaks = bool(_HEADING.match(line) or _FENCE.match(line))
        match self._shape:
            case Shape.LIST:
                if indent >= 2 or line.startswith("\t"):
                    return False
                return breaks or bool(_RULE.match(line)) or (self._blank and not _LIST.match(line))
            case Shape.INDENTED:
                return indent < 4 and not line.startswith("\t")
            case _:
                return breaks and indent < 4

    def _add(self, line: str) -> None:
        self._lines.append(line)
        self._size += len(line) + 1

    def _go_on_list(self) -> None:
        items = [m for line in self._lines if (m := _LIST.match(line)) and not line.startswith("  ")]
        first = self._part.number if self._part.number is not None else int(items[0][1] or 1)
        self._end()
        self._shape = Shape.LIST
        self._part = Block(source="", continues=True, number=first + len(items))

    def _go_on_table(self) -> None:
        head, part = self._head, self._part
        if not part.continues:
            part = Block(source="", widths=_widths(self._lines))
            self._part = part
        self._end()
        self._shape, self._head = Shape.TABLE, head
        self._part = Block(source="", continues=True, widths=part.widths)
        self._lines = list(head)
        self._size = sum(map(len, head))

    def _cut_long_line(self) -> None:
        """A line beyond the bound is given away in parts, so that no step has to lay it out whole."""
        if len(self._partial) <= LONGEST_LINE and self._shape is not Shape.PLAIN:
            return
        if self._shape is not Shape.PLAIN:
            self._end()
            self._shape = Shape.PLAIN
        *done, last = _cut(self._partial)
        self._done += done
        self._partial = last.source

    def _end(self) -> None:
        repeated = len(self._head) if self._part.continues else 0
        if len(self._lines) > repeated:
            block = self._block(self._lines, self._shape)
            self._done.extend(_cut(block.source) if block.shape is Shape.PLAIN else [block])
        self._lines, self._size, self._shape, self._fence, self._blank = [], 0, Shape.TEXT, "", False
        self._part, self._head = Block(source=""), []

    def _block(self, lines: list[str], shape: Shape) -> Block:
        part, source = self._part, "\n".join(lines)
        if shape is not Shape.FENCE and source.count("[") > MARKS:
            shape = Shape.PLAIN
        return Block(source=source, shape=shape, continues=part.continues, number=part.number, widths=part.widths)


def _cut(text: str) -> list[Block]:
    parts: list[Block] = []
    start = 0
    while len(text) - start > PLAIN_PART:
        end = text.rfind(" ", start + PLAIN_PART // 2, start + PLAIN_PART) + 1 or start + PLAIN_PART
        parts.append(Block(source=text[start:end], shape=Shape.PLAIN))
        start = end
    return [*parts, Block(source=text[start:], shape=Shape.PLAIN)]


def _shape_of(line: str, indent: int) -> Shape:
    if indent >= 4 or line.startswith("\t"):
        return Shape.INDENTED
    if _FENCE.match(line):
        return Shape.FENCE
    return Shape.LIST if _LIST.match(line) and not _RULE.match(line) else Shape.TEXT


def _widths(lines: list[str]) -> tuple[float, ...]:
    rows = [line.strip().strip("|").split("|") for line in (lines[0], *lines[2:])]
    columns = len(rows[0])
    lengths = [min(40, max(4, *(len(r[i].strip()) for r in rows if i < len(r)))) for i in range(columns)]
    return tuple(100 * length / sum(lengths) for length in lengths)


def fence_of(source: str) -> tuple[str, str]:
    """The language and the code of a fenced block, which may still be open or be about to close."""
    head, _, code = source.partition("\n")
    match = _FENCE.match(head)
    if match is None:
        return "", source
    body, _, last = code.rpartition("\n")
    if last.strip() and set(last.strip()) == {match[2][0]}:
        code = body
    return match[3].lower(), code.removesuffix("\n")


# The tail: marks that are still open are closed, so that a half-written word is already bold.

_INLINE = re.compile(r"\\.|(`+)|(\*\*|__|~~|\*|_)|(!?\[)|(\]\([^)\s]*\)?)|\]", re.DOTALL)
_DANGLING = re.compile(r"(?:\*{1,3}|_{1,3}|~{1,2}|`+|!?\[)$")


def closed(tail: str) -> str:
    """`tail` with its open inline marks closed. Open fences need nothing: the end of the text closes them."""
    start = tail.rfind("\n\n") + 2 if "\n\n" in tail else 0
    text = tail[start:]
    if _FENCE.match(text.lstrip("\n")) or (_LIST.match(text) and text.rstrip() in ("-", "*", "+")):
        return tail
    stripped = text.rstrip(" ")
    if _RULE.match(stripped.rpartition("\n")[2]):
        return tail
    return tail[:start] + _with_marks_closed(_DANGLING.sub("", stripped))


def _with_marks_closed(text: str) -> str:
    marks: list[str] = []
    brackets: list[int] = []
    links: list[tuple[int, int]] = []  # where an open link starts, and where its address does
    position = 0
    while match := _INLINE.search(text, position):
        position = match.end()
        ticks, mark, bracket, address = match.groups()
        if ticks:
            close = re.compile(rf"(?<!`){ticks}(?!`)").search(text, position)
            if close is None:
                marks.append(ticks)
                break
            position = close.end()
        elif mark:
            _toggle(marks, mark, text, match.start(), match.end())
        elif bracket:
            brackets.append(match.start())
        elif brackets:
            start = brackets.pop()
            if address and not address.endswith(")") and position == len(text):
                links.append((start, match.start()))
    if links:
        start, end = links[-1]
        text = text[:start] + text[start:end].lstrip("![")
    elif brackets and "\n" not in text[brackets[-1] :]:
        text = text[: brackets[-1]] + text[brackets[-1] :].lstrip("![")
    return text.rstrip() + "".join(reversed(marks))


def _toggle(marks: list[str], mark: str, text: str, start: int, end: int) -> None:
    before = text[start - 1] if start else " "
    after = text[end] if end < len(text) else " "
    if marks and mark in marks and not before.isspace():
        del marks[len(marks) - 1 - marks[::-1].index(mark) :]
    elif not after.isspace() and not (mark[0] == "_" and before.isalnum()):
        marks.append(mark)


# What could deceive the eye is written out.

_UNSEEN = (
    *(c for c in range(0x20) if chr(c) not in "\t\n"),
    *range(0x7F, 0xA0),
    *range(0x202A, 0x202F),  # embeddings and overrides of the direction
    *range(0x2066, 0x206A),  # isolates
    0xFDD0,  # Qt's own marks for frames
    0xFDD1,
    *range(0xE0000, 0xE0080),  # tags: text that no font shows
)
_VISIBLE = {
    **{c: f"‹U+{c:04X}›" for c in _UNSEEN},
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    0xFFFC: "\ufffd",
    0x0D: "",
    0x85: "\n",
    0x2028: "\n",
    0x2029: "\n",
}


def visible(text: str) -> str:
    """`text` with control characters and overrides of the writing direction made visible."""
    return text if text.isascii() and text.isprintable() else text.translate(_VISIBLE)


_PARSER = MarkdownIt("commonmark", {"html": False, "maxNesting": 20}).enable(["table", "strikethrough"])


def parse(source: str, references: dict[str, object]) -> list[Token]:
    """The tokens of one block. `references` keeps link definitions from block to block."""
    return _PARSER.parse(source, references)
