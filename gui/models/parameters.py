"""The parameters of a request as they are typed: each unset, or text that is read, or trouble in one sentence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from engine.core.request import Parameters

EFFORTS = ("minimal", "low", "medium", "high")
MOST_STOPS = 16
SEED_BOUND = 2**63


class Name(StrEnum):
    """A parameter, by its field of engine.core.request.Parameters."""

    TEMPERATURE = "temperature"
    TOP_P = "top_p"
    MAX_TOKENS = "max_tokens"
    SEED = "seed"
    STOP = "stop"
    REASONING_EFFORT = "reasoning_effort"
    JSON_SCHEMA = "json_schema"
    EXTRA = "extra"


class About(NamedTuple):
    """What a parameter is called and does, and a value that it might have."""

    title: str
    meaning: str
    example: str


ABOUT: dict[Name, About] = {
    Name.TEMPERATURE: About("Temperature", "0 is steady, higher is freer", "0.7"),
    Name.TOP_P: About("Top p", "Share of likely words", "0.9"),
    Name.MAX_TOKENS: About("Max tokens", "Longest answer, thinking too", "1024"),
    Name.SEED: About("Seed", "The same answer again", "7"),
    Name.STOP: About("Stop sequences", "One a line; the answer ends before it", "END"),
    Name.REASONING_EFFORT: About("Reasoning effort", "How long a reasoning model thinks", "medium"),
    Name.JSON_SCHEMA: About("JSON schema", "The form that the answer must have", '{"type": "object"}'),
    Name.EXTRA: About("Extra body", "Fields that join the request's body as they are", '{"top_k": 40}'),
}

Value = float | int | str | tuple[str, ...] | dict[str, Any]


class Reading(NamedTuple):
    """What the text of a parameter says: a value, or the trouble with it. Neither: it is unset, and not sent."""

    value: Value | None = None
    trouble: str = ""


UNSET = Reading()


def read(name: Name, text: str) -> Reading:
    """The value of one parameter, from what was typed. Blank is unset."""
    if not text.strip():
        return UNSET
    match name:
        case Name.TEMPERATURE:
            return _number(text, 0, 2, "The temperature")
        case Name.TOP_P:
            return _number(text, 0, 1, "Top p")
        case Name.MAX_TOKENS:
            return _whole(text, 1, 10_000_000, "Max tokens")
        case Name.SEED:
            return _whole(text, -SEED_BOUND, SEED_BOUND - 1, "The seed")
        case Name.STOP:
            return _stops(text)
        case Name.REASONING_EFFORT:
            return Reading(text.strip())
        case Name.JSON_SCHEMA | Name.EXTRA:
            return read_object(text)


def _number(text: str, least: float, most: float, what: str) -> Reading:
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return Reading(trouble=f"{what} is a number between {least:g} and {most:g}.")
    if not least <= value <= most:  # also refuses nan
        return Reading(trouble=f"{what} lies between {least:g} and {most:g}.")
    return Reading(value)


def _whole(text: str, least: int, most: int, what: str) -> Reading:
    bare = text.strip().replace("_", "").replace("\u202f", "").replace(" ", "")
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", bare):
        return Reading(trouble=f"{what} is a whole number.")
    if not least <= int(bare) <= most:
        bound = f"at least {least}" if int(bare) < least else "smaller than that"
        return Reading(trouble=f"{what} must be {bound}.")
    return Reading(int(bare))


def _stops(text: str) -> Reading:
    """One a line; \\n, \\t and \\\\ stand for what a line cannot hold."""
    lines = tuple(_unescaped(line) for line in text.splitlines() if line)
    if len(lines) > MOST_STOPS:
        return Reading(trouble=f"More than {MOST_STOPS} stop sequences: no provider takes so many.")
    return Reading(lines)


def _unescaped(line: str) -> str:
    return re.sub(r"\\([nt\\])", lambda found: {"n": "\n", "t": "\t", "\\": "\\"}[found[1]], line)


# JSON


def read_object(text: str) -> Reading:
    """A JSON object, or one sentence with the line and the column at which it goes wrong."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        return Reading(trouble=_where(text, str(error)))
    except (RecursionError, UnicodeEncodeError):
        return Reading(trouble="This JSON cannot be read: it is nested too deeply, or no valid text.")
    if not isinstance(value, dict):
        return Reading(trouble=f"This is {_kind(value)}: a JSON object is needed, in braces.")
    return Reading(value)


_COMPLAINTS = (
    ("truncated", "it ends too early"),
    ("trailing comma", "a comma stands before the closing sign"),
    ("object keys must be strings", "a name must stand in double quotes"),
    ("expected ':'", "a colon is missing behind a name"),
    ("expected ',' or '}'", "a comma or a closing brace is missing"),
    ("expected ',' or ']'", "a comma or a closing bracket is missing"),
    ("trailing characters", "something follows behind its end"),
    ("invalid escape", "a backslash is followed by a sign that means nothing"),
    ("invalid number", "a number is not well formed"),
    ("out of range", "a number is too large"),
)


def _where(text: str, complaint: str) -> str:
    found = re.search(r"\(byte (\d+)\)", complaint)
    offset = int(found[1]) if found else len(text.encode())
    before = text.encode()[:offset].decode(errors="ignore")
    line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
    if text[len(before) :].startswith("\n"):
        return f"Line {line}, column {column}: a line break stands where none may: inside quotes, write \\n."
    why = next((plain for sign, plain in _COMPLAINTS if sign in complaint), "this sign does not fit here")
    return f"Line {line}, column {column}: {why}."


def _kind(value: object) -> str:
    match value:
        case list():
            return "a list"
        case str():
            return "a text"
        case None:
            return "null"
        case _:
            return "a single value"


# All of them


@dataclass(frozen=True, slots=True)
class Draft:
    """All that is typed: the system prompt, and the text of each parameter. What has trouble is not sent."""

    system: str = ""
    texts: Mapping[Name, str] = field(default_factory=dict)

    @property
    def parameters(self) -> Parameters:
        readings = {name: read(name, text).value for name, text in self.texts.items()}
        given = {name.value: value for name, value in readings.items() if value is not None}
        return msgspec.convert(given, Parameters)

    @property
    def count(self) -> int:
        """How many are set and sent, the system prompt among them."""
        read_well = sum(read(name, text).value is not None for name, text in self.texts.items())
        return read_well + bool(self.system.strip())

    @property
    def troubles(self) -> int:
        return sum(bool(read(name, text).trouble) for name, text in self.texts.items())


def draft_of(system: str, parameters: Parameters) -> Draft:
    """The draft that says just this."""
    texts: dict[Name, str] = {}
    for name in Name:
        value = getattr(parameters, name.value)
        if value is not None and value != () and value != {}:
            texts[name] = _written(value)
    return Draft(system, texts)


def _written(value: Value) -> str:
    match value:
        case dict():
            return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        case tuple():
            return "\n".join(_escaped(stop) for stop in value)
        case float():
            return f"{value:g}"
        case _:
            return str(value)


def _escaped(stop: str) -> str:
    return stop.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
