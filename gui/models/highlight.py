"""Colours for code, by Pygments. A fence is coloured when it closes."""

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Comment, Keyword, Literal, Name, Number, Operator, Token, _TokenType
from pygments.util import ClassNotFound

COLOURED_UP_TO = 24_000  # characters; Pygments takes about 2.7 ms for 1,000


class Tint(StrEnum):
    """The few kinds of word that are told apart on screen."""

    PLAIN = "plain"
    KEYWORD = "keyword"
    STRING = "string"
    NUMBER = "number"
    NAME = "name"
    COMMENT = "comment"


_TINTS: tuple[tuple[_TokenType, Tint], ...] = (
    (Comment, Tint.COMMENT),
    (Keyword.Constant, Tint.NUMBER),
    (Keyword, Tint.KEYWORD),
    (Operator.Word, Tint.KEYWORD),
    (Name.Function, Tint.NAME),
    (Name.Class, Tint.NAME),
    (Name.Decorator, Tint.NAME),
    (Name.Tag, Tint.KEYWORD),
    (Name.Attribute, Tint.NAME),
    (Number, Tint.NUMBER),
    (Literal.String, Tint.STRING),
    (Token.Generic.Inserted, Tint.STRING),
    (Token.Generic.Deleted, Tint.NUMBER),
    (Token.Generic.Heading, Tint.NAME),
)


def tinted(code: str, language: str) -> Iterator[tuple[str, Tint]]:
    """`code` in parts, each with its tint. One plain part where the language is not known or the code too long."""
    lexer = _lexer(language) if language and len(code) <= COLOURED_UP_TO else None
    if lexer is None:
        yield code, Tint.PLAIN
        return
    run, tint = "", Tint.PLAIN
    for token, text in lexer.get_tokens(code):
        kind = _tint(token)
        if kind is not tint and run:
            yield run, tint
            run = ""
        run, tint = run + text, kind
    if run:
        yield run, tint


@lru_cache(maxsize=64)
def _lexer(language: str) -> Lexer | None:
    try:
        return get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def _tint(token: _TokenType) -> Tint:
    return next((tint for kind, tint in _TINTS if token in kind), Tint.PLAIN)
