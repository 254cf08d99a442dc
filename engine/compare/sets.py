"""A comparison as a value: the prompts, the columns they are put to, and what an answer must hold. Pure."""

import random
import re
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from engine.core.request import Message, Parameters, Request, Route, Text

FEWEST_COLUMNS, MOST_COLUMNS = 2, 8
VARIABLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")


class Mode(StrEnum):
    """How many runs go on at a time."""

    ALL_AT_ONCE = "all_at_once"  # every column beside the others; within a column in turn
    ONE_AT_A_TIME = "one_at_a_time"
    BY_BACKEND = "by_backend"  # back-ends beside one another; within one back-end in turn


class Check(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="kind", forbid_unknown_fields=True):
    """What an answer must hold."""


class Contains(Check, frozen=True, kw_only=True, tag="contains"):
    text: str
    ignore_case: bool = False


class Matches(Check, frozen=True, kw_only=True, tag="regex"):
    """`pattern` is a regular expression of Python's, searched for anywhere in the answer."""

    pattern: str


class Equals(Check, frozen=True, kw_only=True, tag="equals"):
    """White space around the answer does not count."""

    text: str


class HoldsSchema(Check, frozen=True, kw_only=True, tag="json_schema"):
    """`schema` is JSON text, since TOML has no null. The answer may stand in a code fence."""

    schema: str


class Within(Check, frozen=True, kw_only=True, tag="max_seconds"):
    """`seconds` from the prompt to the end of the run."""

    seconds: float


AnyCheck = Contains | Matches | Equals | HoldsSchema | Within


class Prompt(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`rows` is the table of values of the `{{variables}}`; each row makes a case. `system` None: the comparison's."""

    name: str
    text: str
    system: str | None = None
    tags: tuple[str, ...] = ()
    rows: tuple[dict[str, str], ...] = ()
    checks: tuple[AnyCheck, ...] = ()


class Column(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`parameters` holds what differs from the comparison's own; `file` is where the route was read, if it was."""

    label: str
    route: Route
    file: str = ""
    parameters: Parameters = Parameters()


class Comparison(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`repeat` counts the runs of each case in each column. `seed` None: chosen when it begins, and shown. `cap` is in
    US dollars. `local_together` lets local models run against each other."""

    name: str
    columns: tuple[Column, ...]
    prompts: tuple[Prompt, ...]
    system: str = ""
    parameters: Parameters = Parameters()
    mode: Mode = Mode.BY_BACKEND
    repeat: int = 1
    seed: int | None = None
    cap: float | None = None
    tags: tuple[str, ...] = ()
    local_together: bool = False


class Case(Struct, frozen=True, kw_only=True):
    """A prompt with the values of one row. `row` is its place in the table, from 0; None where there is no table."""

    prompt: Prompt
    row: int | None
    text: str
    system: str

    @property
    def name(self) -> str:
        return self.prompt.name if self.row is None else f"{self.prompt.name} #{self.row + 1}"


class Job(Struct, frozen=True):
    """One run to be done: a case, a column and a repetition, by their places from 0."""

    case: int
    column: int
    repetition: int


def variables(text: str) -> tuple[str, ...]:
    """The names of the `{{variables}}` in `text`, each once, in order."""
    return tuple(dict.fromkeys(VARIABLE.findall(text)))


def filled(text: str, values: dict[str, str]) -> str:
    """`text` with its variables replaced, once: a value that looks like a variable stays as it is. Raises KeyError."""
    return VARIABLE.sub(lambda match: values[match.group(1)], text)


def cases(comparison: Comparison) -> tuple[Case, ...]:
    """Every prompt with every row of its table. Raises KeyError for a variable without a value."""
    return tuple(case for prompt in comparison.prompts for case in _cases(prompt, comparison.system))


def _cases(prompt: Prompt, system: str) -> list[Case]:
    own = system if prompt.system is None else prompt.system
    rows = list(enumerate(prompt.rows)) or [(None, dict[str, str]())]
    return [
        Case(prompt=prompt, row=row, text=filled(prompt.text, values), system=filled(own, values))
        for row, values in rows
    ]


def modified(comparison: Comparison, column: Column) -> tuple[str, ...]:
    """The parameters in which the column differs from the others' common ones."""
    common, own, default = comparison.parameters, column.parameters, Parameters()
    return tuple(
        name
        for name in Parameters.__struct_fields__
        if getattr(own, name) != getattr(default, name) and getattr(own, name) != getattr(common, name)
    )


def request(comparison: Comparison, case: Case, column: Column) -> Request:
    """What is asked in this cell."""
    parameters = replace(
        comparison.parameters, **{name: getattr(column.parameters, name) for name in modified(comparison, column)}
    )
    message = Message("user", (Text(case.text),))
    return Request(messages=(message,), route=column.route, system=case.system, parameters=parameters)


def jobs(comparison: Comparison, seed: int) -> tuple[Job, ...]:
    """Every run of the comparison, in an order that `seed` shuffles, so that no column always goes first."""
    ordered = [
        Job(case, column, repetition)
        for repetition in range(comparison.repeat)
        for case in range(len(cases(comparison)))
        for column in range(len(comparison.columns))
    ]
    random.Random(seed).shuffle(ordered)
    return tuple(ordered)


def told_apart(labels: list[str]) -> list[str]:
    """The labels, with a number behind each that stood before, so that twins can be told apart."""
    taken: list[str] = []
    for label in labels:
        number, free = 1, label
        while free in taken:
            number += 1
            free = f"{label} ({number})"
        taken.append(free)
    return taken
