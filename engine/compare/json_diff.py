"""What differs between two JSON answers: which paths were added, removed or changed. Pure."""

from enum import StrEnum
from typing import Any, cast

from msgspec import Struct

from engine.compare.json_text import pointer, read


class Change(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


class Difference(Struct, frozen=True, kw_only=True):
    """`path` is a JSON Pointer; the items of lists are compared by their place. `before` and `after` are None where
    there is none, as `change` tells."""

    path: str
    change: Change
    before: Any = None
    after: Any = None


Path = tuple[str | int, ...]


def json_diff(a: str, b: str) -> tuple[Difference, ...]:
    """The differences between the JSON values that two texts write, in the order of the first, then of the second.
    Raises json_text.NotJson."""
    return tuple(_differences(read(a), read(b), ()))


def _differences(a: Any, b: Any, path: Path) -> list[Difference]:
    if isinstance(a, dict) and isinstance(b, dict):
        return _of_members(cast("dict[str | int, Any]", a), cast("dict[str | int, Any]", b), path)
    if isinstance(a, list) and isinstance(b, list):
        left, right = cast("list[Any]", a), cast("list[Any]", b)
        return _of_members(dict(enumerate(left)), dict(enumerate(right)), path)
    if a == b and isinstance(a, bool) == isinstance(b, bool):  # Python takes true for 1
        return []
    return [Difference(path=pointer(path), change=Change.CHANGED, before=a, after=b)]


def _of_members(a: dict[str | int, Any], b: dict[str | int, Any], path: Path) -> list[Difference]:
    found: list[Difference] = []
    for name, value in a.items():
        if name in b:
            found += _differences(value, b[name], (*path, name))
        else:
            found.append(Difference(path=pointer((*path, name)), change=Change.REMOVED, before=value))
    for name, value in b.items():
        if name not in a:
            found.append(Difference(path=pointer((*path, name)), change=Change.ADDED, after=value))
    return found
