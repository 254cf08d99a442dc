"""The part of JSON Schema (2020-12) that assertions on answers use.

A keyword outside it is refused when a set is read, so that no schema passes for want of understanding. The whole
standard would bring five packages, one of them compiled, for references and formats that such checks do not use.
"""

import operator
from collections.abc import Callable
from typing import Any, cast

from engine.compare.json_text import pointer, shown

Path = tuple[str | int, ...]

NOTES = frozenset(["$schema", "$id", "$comment", "title", "description", "default", "examples", "format", "deprecated"])
BOUNDS: dict[str, Callable[[float, float], bool]] = {
    "minimum": operator.ge,
    "maximum": operator.le,
    "exclusiveMinimum": operator.gt,
    "exclusiveMaximum": operator.lt,
}
LENGTHS: dict[str, tuple[type, Callable[[int, int], bool], str]] = {
    "minLength": (str, operator.ge, "characters"),
    "maxLength": (str, operator.le, "characters"),
    "minItems": (list, operator.ge, "items"),
    "maxItems": (list, operator.le, "items"),
    "minProperties": (dict, operator.ge, "properties"),
    "maxProperties": (dict, operator.le, "properties"),
}
TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
INNER = ("items", "additionalProperties", "not")
LISTS = ("anyOf", "allOf", "oneOf")
KNOWN = {"type", "enum", "const", "properties", "required", *BOUNDS, *LENGTHS, *INNER, *LISTS}


def problem(schema: Any, path: Path = ()) -> str:
    """Why `schema` cannot be used, in one sentence; empty where it can."""
    if isinstance(schema, bool):
        return ""
    if not isinstance(schema, dict):
        return f"The schema at {pointer(path)} must be an object."
    known = cast("dict[str, Any]", schema)
    for word, value in known.items():
        if word not in KNOWN | NOTES:
            return f"The schema's {word!r} at {pointer(path)} is not among the keywords that are checked: take it out."
        if trouble := _ill_formed(word, value):
            return f"The schema's {word!r} at {pointer(path)} {trouble}."
    return next(filter(None, (problem(inner, path + at) for at, inner in _inner(known))), "")


def _ill_formed(word: str, value: Any) -> str:
    if word == "type" and not all(name in TYPES for name in _listed(value)):
        return f"must be one of {', '.join(TYPES)}, or a list of these"
    if word in BOUNDS and not _is("number", value):
        return "must be a number"
    if word in LENGTHS and not (_is("integer", value) and value >= 0):
        return "must be a whole number, 0 or more"
    if word in ("enum", "required", *LISTS) and not isinstance(value, list):
        return "must be a list"
    if word == "properties" and not isinstance(value, dict):
        return "must be an object"
    return ""


def _inner(schema: dict[str, Any]) -> list[tuple[Path, Any]]:
    """The schemas inside a schema, with their paths."""
    found: list[tuple[Path, Any]] = [((word,), schema[word]) for word in INNER if word in schema]
    found += [((word, i), inner) for word in LISTS for i, inner in enumerate(schema.get(word, []))]
    return found + [(("properties", name), inner) for name, inner in schema.get("properties", {}).items()]


def violation(value: Any, schema: Any, path: Path = ()) -> str:
    """What is wrong with `value`, in one sentence that names the place; empty where it holds. `schema` has no
    `problem`."""
    if isinstance(schema, bool):
        return "" if schema else f"{pointer(path)}: nothing may stand here."
    known = cast("dict[str, Any]", schema)
    for rule in (_of_type, _of_values, _of_bounds, _of_combinations, _of_object, _of_array):
        if wrong := rule(value, known, path):
            return wrong
    return ""


def _of_type(value: Any, schema: dict[str, Any], path: Path) -> str:
    wanted = _listed(schema.get("type", []))
    if not wanted or any(_is(name, value) for name in wanted):
        return ""
    return f"{pointer(path)}: {shown(value)} is not of type {' or '.join(wanted)}."


def _of_values(value: Any, schema: dict[str, Any], path: Path) -> str:
    if "const" in schema and not _same(value, schema["const"]):
        return f"{pointer(path)}: {shown(value)} is not {shown(schema['const'])}."
    if "enum" in schema and not any(_same(value, allowed) for allowed in schema["enum"]):
        return f"{pointer(path)}: {shown(value)} is none of {shown(schema['enum'])}."
    return ""


def _of_bounds(value: Any, schema: dict[str, Any], path: Path) -> str:
    if _is("number", value):
        for word, holds in BOUNDS.items():
            if word in schema and not holds(value, schema[word]):
                return f"{pointer(path)}: {shown(value)} breaks {word} {shown(schema[word])}."
    for word, (kind, holds, unit) in LENGTHS.items():
        if word in schema and isinstance(value, kind) and not holds(size := len(value), schema[word]):
            return f"{pointer(path)}: {size} {unit} break {word} {schema[word]}."
    return ""


def _of_combinations(value: Any, schema: dict[str, Any], path: Path) -> str:
    for inner in schema.get("allOf", []):
        if wrong := violation(value, inner, path):
            return wrong
    for word in ("anyOf", "oneOf"):
        if word in schema:
            fitting = sum(not violation(value, inner, path) for inner in schema[word])
            if fitting == 0 or (word == "oneOf" and fitting > 1):
                return f"{pointer(path)}: {shown(value)} fits {fitting} of the schemas in {word}."
    if "not" in schema and not violation(value, schema["not"], path):
        return f"{pointer(path)}: {shown(value)} is what may not be."
    return ""


def _of_object(value: Any, schema: dict[str, Any], path: Path) -> str:
    if not isinstance(value, dict):
        return ""
    found = cast("dict[str, Any]", value)
    for name in schema.get("required", []):
        if name not in found:
            return f"{pointer(path)}: {name!r} is missing."
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for name, inner in found.items():
        if name not in properties and others is False:
            return f"{pointer(path)}: {name!r} is not among the properties."
        if wrong := violation(inner, properties.get(name, others), (*path, name)):
            return wrong
    return ""


def _of_array(value: Any, schema: dict[str, Any], path: Path) -> str:
    if not isinstance(value, list) or "items" not in schema:
        return ""
    found = cast("list[Any]", value)
    return next(filter(None, (violation(item, schema["items"], (*path, i)) for i, item in enumerate(found))), "")


def _listed(names: Any) -> list[str]:
    return cast("list[str]", names) if isinstance(names, list) else [names]


def _is(name: str, value: Any) -> bool:
    match name:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "integer":
            return not isinstance(value, bool) and (isinstance(value, int) or _whole(value))
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)


def _whole(value: Any) -> bool:
    return isinstance(value, float) and value.is_integer()


def _same(one: Any, other: Any) -> bool:
    """JSON's equality: true is not 1, but 1.0 is 1, at any depth."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        left, right = cast("list[Any]", one), cast("list[Any]", other)
        return len(left) == len(right) and all(map(_same, left, right))
    if isinstance(one, dict) and isinstance(other, dict):
        first, second = cast("dict[str, Any]", one), cast("dict[str, Any]", other)
        return first.keys() == second.keys() and all(_same(first[name], second[name]) for name in first)
    return one == other
