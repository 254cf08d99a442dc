"""Markdown tokens into a QTextDocument, with formats of our own, block by block as an answer streams."""

from typing import assert_never

from markdown_it.token import Token
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QTextBlockFormat,
    QTextCursor,
    QTextList,
    QTextListFormat,
    QTextTableFormat,
)

from gui.models import markdown as md
from gui.models.formats import CODE, LANGUAGE, QUOTE, RULE, Formats, Style
from gui.models.highlight import Tint, tinted


class Emitter:
    """Writes blocks at a cursor. Every format is set anew for each block, so that none leaks into the next."""

    def __init__(self, cursor: QTextCursor, style: Style, references: dict[str, object], *, struck: bool) -> None:
        self._cursor = cursor
        self._style = style
        self._references = references
        self._formats = Formats(style, struck=struck)
        self._quotes = 0
        self._lists: list[tuple[QTextListFormat, QTextList | None]] = []
        self._item_waits = False
        self._codes = 0
        self._number: int | None = None
        self.code_blocks: list[tuple[int, str, str]] = []  # number, language, code

    def move_to(self, position: int) -> None:
        """Goes on writing from `position`."""
        self._cursor.setPosition(position)

    def emit(self, block: md.Block) -> None:
        """Adds `block` at the cursor."""
        match block.shape:
            case md.Shape.PLAIN:
                self.plain(block.source)
            case md.Shape.FENCE:
                language, code = md.fence_of(block.source)
                self._code(code, language)
            case md.Shape.TEXT | md.Shape.LIST | md.Shape.TABLE | md.Shape.INDENTED:
                self._number = block.number
                self._tokens(md.parse(block.source, self._references), block)
            case _:
                assert_never(block.shape)

    def plain(self, text: str, *, goes_on: bool = False) -> None:
        """Adds `text` as it is, to the block at hand where it goes on."""
        if not goes_on:
            self._begin(self._spaced(0, 0))
        self._cursor.insertText(text, self._formats.characters())

    @property
    def cursor(self) -> QTextCursor:
        """At the end of what was written."""
        return self._cursor

    def _tokens(self, tokens: list[Token], block: md.Block) -> None:
        i = 0
        while i < len(tokens):
            token = tokens[i]
            match token.type:
                case "table_open":
                    end = next(j for j in range(i, len(tokens)) if tokens[j].type == "table_close")
                    self._table(tokens[i:end], block)
                    i = end
                case "inline":
                    self._paragraph(token, tokens[i - 1])
                case _:
                    self._structure(token)
            i += 1

    def _structure(self, token: Token) -> None:
        match token.type:
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "bullet_list_open" | "ordered_list_open":
                self._lists.append((self._list_format(token), None))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._item_waits = True
            case "list_item_close":
                if self._item_waits:
                    self._begin(self._spaced(0, 4))
            case "fence" | "code_block":
                self._code(token.content.removesuffix("\n"), token.info.strip().split(" ")[0].lower())
            case "hr":
                format_ = self._spaced(12, 12)
                format_.setProperty(RULE, 1)
                format_.setLineHeight(self._style.px(4), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
                self._begin(format_)
                self._cursor.insertText("\u00a0", self._formats.characters())  # an empty block would be written over
            case _:
                pass  # the rest opens and closes what `inline` looks up

    def _list_format(self, token: Token) -> QTextListFormat:
        format_ = QTextListFormat()
        format_.setIndent(len(self._lists) + 1)
        if token.type == "ordered_list_open":
            start = self._number if self._number is not None else int(token.attrGet("start") or 1)
            self._number = None
            format_.setStyle(QTextListFormat.Style.ListDecimal)
            format_.setStart(start)
        else:
            disc, circle = QTextListFormat.Style.ListDisc, QTextListFormat.Style.ListCircle
            format_.setStyle(circle if len(self._lists) % 2 else disc)
        return format_

    def _paragraph(self, inline: Token, opened: Token) -> None:
        children = inline.children or []
        match opened.tag:
            case "h1" | "h2" | "h3" | "h4" | "h5" | "h6":
                self._begin(self._heading(int(opened.tag[1])))
                self._inline(children, opened.tag)
            case _:
                task = _take_task(children) if self._item_waits else None
                self._begin(self._spaced(*((0, 4) if self._lists else (8, 8))), task)
                self._inline(children, "")

    def _heading(self, level: int) -> QTextBlockFormat:
        format_ = self._spaced(16 if level < 4 else 8, 8 if level < 4 else 4)
        format_.setHeadingLevel(level)
        return format_

    def _spaced(self, above: float, below: float) -> QTextBlockFormat:
        px = self._style.px
        format_ = QTextBlockFormat()
        format_.setTopMargin(px(above))
        format_.setBottomMargin(px(below))
        format_.setLineHeight(px(24), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        if self._quotes:
            format_.setProperty(QUOTE, self._quotes)
            format_.setLeftMargin(px(16) * self._quotes)
        return format_

    def _begin(self, format_: QTextBlockFormat, task: bool | None = None) -> None:
        """Starts a block, in the empty one at hand where there is one."""
        in_list = bool(self._lists)
        if in_list and not self._item_waits:
            format_.setIndent(len(self._lists))
        if task is not None:
            marker = QTextBlockFormat.MarkerType.Checked if task else QTextBlockFormat.MarkerType.Unchecked
            format_.setMarker(marker)
        if self._at_fresh_block():
            if self._cursor.atStart():
                format_.setTopMargin(0)
            self._cursor.setBlockFormat(format_)
            self._cursor.setBlockCharFormat(self._formats.characters())
        else:
            self._cursor.insertBlock(format_, self._formats.characters())
        if in_list and self._item_waits:
            self._add_to_list()

    def _add_to_list(self) -> None:
        self._item_waits = False
        format_, items = self._lists[-1]
        if items is None:
            self._lists[-1] = (format_, self._cursor.createList(format_))
        else:
            items.add(self._cursor.block())

    def _at_fresh_block(self) -> bool:
        block = self._cursor.block()
        if block.length() > 1:
            return False
        before = block.position() - 1
        return before < 0 or self._cursor.document().characterAt(before) == "\ufdd1"  # the end of a table

    def _inline(self, children: list[Token], heading: str) -> None:
        bold = italic = strike = 0
        link = ""
        for token in children:
            match token.type:
                case "strong_open" | "strong_close":
                    bold += token.nesting
                case "em_open" | "em_close":
                    italic += token.nesting
                case "s_open" | "s_close":
                    strike += token.nesting
                case "link_open":
                    link = str(token.attrGet("href") or "")
                case "link_close":
                    link = ""
                case _:
                    text, code, target = _shown(token, link)
                    if text:
                        style = self._formats.characters(bool(bold), bool(italic), bool(strike), code, target, heading)
                        self._cursor.insertText(text, style)

    # Code: one display block for each line, between an empty head and a wider foot.

    def _code(self, code: str, language: str) -> None:
        self.open_code(language)
        self.keep_code(language, code)
        for text, tint in tinted(code, language):
            self._cursor.insertText(text, self._formats.mono(tint))
        self._cursor.setBlockFormat(self._code_line(last=True))

    def open_code(self, language: str) -> None:
        """The head of a code block, and its first line, empty still."""
        self._codes += 1
        head = self._code_line()
        head.setTopMargin(self._style.px(8))
        head.setProperty(LANGUAGE, language)
        head.setLineHeight(self._style.px(32), QTextBlockFormat.LineHeightTypes.FixedHeight.value)
        self._begin(head)
        self._cursor.insertBlock(self._code_line(), self._formats.mono(Tint.PLAIN))

    def keep_code(self, language: str, code: str) -> None:
        """The code block at the end of the document is finished."""
        self.code_blocks.append((self._codes, language, code))

    def more_code(self, text: str) -> None:
        """Adds to the code block at the end of the document."""
        self._cursor.setBlockFormat(self._code_line())
        self._cursor.insertText(text, self._formats.mono(Tint.PLAIN))
        self._cursor.setBlockFormat(self._code_line(last=True))

    def _code_line(self, last: bool = False) -> QTextBlockFormat:
        px = self._style.px
        format_ = self._spaced(0, 24 if last else 0)
        format_.setLineHeight(px(20), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
        format_.setLeftMargin(format_.leftMargin() + px(12))
        format_.setRightMargin(px(12))
        format_.setIndent(len(self._lists))
        format_.setProperty(CODE, self._codes)
        return format_

    # Tables

    def _table(self, tokens: list[Token], block: md.Block) -> None:
        rows = _rows(tokens)[1 if block.continues else 0 :]
        if not rows:
            return
        columns = len(rows[0])
        table = self._cursor.insertTable(len(rows), columns, self._table_format(block))
        for r, row in enumerate(rows):
            head = r == 0 and not block.continues
            for c, (inline, align) in enumerate(row[:columns]):
                cell = table.cellAt(r, c)
                cell.setFormat(self._formats.cell(head))
                self._cursor = cell.firstCursorPosition()
                format_ = QTextBlockFormat()
                format_.setAlignment(align)
                self._cursor.setBlockFormat(format_)
                self._inline(inline.children or [], "head" if head else "")
        self._cursor = table.lastCursorPosition()
        self._cursor.movePosition(QTextCursor.MoveOperation.NextCharacter)

    def _table_format(self, block: md.Block) -> QTextTableFormat:
        above = 0 if block.continues else 24 if self._after_code() else 8
        return self._formats.table(above, block.widths, self._style.px(16) * self._quotes)

    def _after_code(self) -> bool:
        return self._cursor.block().blockFormat().intProperty(CODE) > 0


def _shown(token: Token, link: str) -> tuple[str, bool, str]:
    """What an inline token shows: its text, whether it is code, and where it leads."""
    match token.type:
        case "code_inline":
            return token.content, True, link
        case "softbreak":
            return " ", False, link
        case "hardbreak":
            return "\u2028", False, link
        case "image":  # never fetched: an address that is asked for tells somebody that it was read
            address = str(token.attrGet("src") or "")
            return token.content or address, False, address
        case _:
            return token.content, False, link


def _take_task(children: list[Token]) -> bool | None:
    """Whether a list item is a task that is done; takes its mark out of the text. None where it is no task."""
    if not children or children[0].type != "text" or children[0].content[:4].lower() not in ("[ ] ", "[x] "):
        return None
    done = children[0].content[1] != " "
    children[0].content = children[0].content[4:]
    return done


def _rows(tokens: list[Token]) -> list[list[tuple[Token, Qt.AlignmentFlag]]]:
    rows: list[list[tuple[Token, Qt.AlignmentFlag]]] = []
    align = Qt.AlignmentFlag.AlignLeft
    for token in tokens:
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            align = _ALIGNMENTS.get(str(token.attrGet("style")), Qt.AlignmentFlag.AlignLeft)
        elif token.type == "inline":
            rows[-1].append((token, align))
    return rows


_ALIGNMENTS = {
    "text-align:right": Qt.AlignmentFlag.AlignRight,
    "text-align:center": Qt.AlignmentFlag.AlignHCenter,
}
