"""Where things stand in a TOML text: the parser gives values without lines, and people look for the line."""

import re

Place = tuple[str | int, ...]

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w\s.\"'-]+?)\s*\]\]?\s*(?:#.*)?$")
_SETTING = re.compile(r"\s*([\w-]+|\"[^\"]+\")\s*(?:\.[^=]*)?=")
_QUOTES = re.compile(r'"""|\'\'\'')


def places(text: str) -> dict[Place, int]:
    """The line (from 1) of each table and setting, by its path: ("columns", 0, "model")."""
    found: dict[Place, int] = {}
    table: Place = ()
    counts: dict[Place, int] = {}
    open_quote = ""
    for number, line in enumerate(text.splitlines(), start=1):
        inside, open_quote = open_quote, _open_after(line, open_quote)
        if inside:
            continue
        if header := _HEADER.match(line):
            table = _table(header, counts)
            found.setdefault(table, number)
        elif setting := _SETTING.match(line):
            found.setdefault((*table, setting.group(1).strip('"')), number)
    return found


def line_of(text: str, *path: str | int) -> int:
    """The line of this path, or of the nearest thing around it that has one; 0 for none."""
    known = places(text)
    for length in range(len(path), 0, -1):
        if (line := known.get(path[:length])) is not None:
            return line
    return 0


def path_of(words: str) -> Place:
    """msgspec's way of naming a place, `$.columns[1].model`, as a path."""
    parts = re.findall(r"\[(\d+)\]|([\w-]+)", words)
    return tuple(int(index) if index else name for index, name in parts)


def _open_after(line: str, quote: str) -> str:
    """Which triple quote is open behind this line, when `quote` was before it."""
    for mark in _QUOTES.findall(line):
        if not quote:
            quote = mark
        elif mark == quote:
            quote = ""
    return quote


def _table(header: re.Match[str], counts: dict[Place, int]) -> Place:
    """The table that a header opens: a part of a list takes the number of its newest entry."""
    names = [name.strip().strip("\"'") for name in header.group(2).split(".")]
    path: Place = ()
    for name in names[:-1]:
        path = (*path, name)
        if path in counts:
            path = (*path, counts[path])
    path = (*path, names[-1])
    if header.group(1) == "[[":
        counts[path] = counts.get(path, -1) + 1
        path = (*path, counts[path])
    return path
