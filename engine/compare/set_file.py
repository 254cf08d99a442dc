"""Comparison files (TOML): read with the line of whatever is wrong, written back without loss and without secrets."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine import routes
from engine.compare import checks
from engine.compare.sets import (
    FEWEST_COLUMNS,
    MOST_COLUMNS,
    AnyCheck,
    Column,
    Comparison,
    Mode,
    Prompt,
    told_apart,
    variables,
)
from engine.compare.toml_lines import line_of, path_of
from engine.core.request import Candidate, Capabilities, Clocks, Dialect, Parameters, Policy, Route
from engine.redact import redact
from engine.routes import RouteError

CLOCKS = ("connect", "first_token", "idle", "total")


class SetError(ValueError):
    """One sentence that names the file, the line and what to do."""


class _Parameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class _Policy(Policy, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    pass


class _Candidate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    provider: str
    model: str
    dialect: Dialect | None = None
    base_url: str | None = None
    keys: tuple[str, ...] = ()
    context_window: int | None = None
    connect: float | None = None
    first_token: float | None = None
    idle: float | None = None
    total: float | None = None
    capabilities: Capabilities = Capabilities()


class _Column(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of: `route`, a file; `candidates`, a route written here; `provider` and `model`, a candidate alone."""

    label: str = ""
    route: str = ""
    candidates: tuple[_Candidate, ...] = ()
    policy: _Policy = _Policy()
    parameters: _Parameters = _Parameters()
    provider: str = ""
    model: str = ""
    dialect: Dialect | None = None
    base_url: str | None = None
    keys: tuple[str, ...] = ()
    context_window: int | None = None
    connect: float | None = None
    first_token: float | None = None
    idle: float | None = None
    total: float | None = None
    capabilities: Capabilities = Capabilities()


class _Prompt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    text: str
    name: str = ""
    system: str | None = None
    tags: tuple[str, ...] = ()
    rows: tuple[dict[str, str], ...] = ()
    checks: tuple[AnyCheck, ...] = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    columns: tuple[_Column, ...] = ()
    prompts: tuple[_Prompt, ...] = ()
    name: str = ""
    system: str = ""
    parameters: _Parameters = _Parameters()
    mode: Mode = Mode.BY_BACKEND
    repeat: int = 1
    seed: int | None = None
    cap: float | None = None
    tags: tuple[str, ...] = ()
    local_together: bool = False


def load(path: Path) -> Comparison:
    """The comparison in the file; route files it names stand relative to it. Raises SetError."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SetError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except UnicodeDecodeError:
        raise SetError(f"{path}: is not text in UTF-8. Save it as UTF-8.") from None
    return parse(text, str(path), folder=path.parent, name=path.stem)


def parse(text: str, where: str, *, folder: Path = Path(), name: str = "comparison") -> Comparison:
    """The comparison that `text` describes; `where` names it in errors. Raises SetError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SetError(f"{where}: is not valid TOML: {error}.") from None
    try:
        file = msgspec.convert(data, _File, strict=False)
    except msgspec.ValidationError as error:
        raise SetError(_located(where, text, str(error))) from None
    return _Reader(file, where, text, folder).comparison(name)


class _Reader:
    """Makes the values of a file that has the right shape, and says what is still wrong with it."""

    def __init__(self, file: _File, where: str, text: str, folder: Path) -> None:
        self._file, self._where, self._text, self._folder = file, where, text, folder

    def comparison(self, name: str) -> Comparison:
        file = self._file
        self._check_numbers()
        self._check_secrets(file.parameters, ("parameters",))
        columns = tuple(self._column(raw, i) for i, raw in enumerate(file.columns))
        labels = told_apart([column.label for column in columns])
        names = told_apart([raw.name or f"prompt {i}" for i, raw in enumerate(file.prompts, start=1)])
        return Comparison(
            name=file.name or name,
            columns=tuple(map(_named, columns, labels)),
            prompts=tuple(self._prompt(raw, i, names[i]) for i, raw in enumerate(file.prompts)),
            system=file.system,
            parameters=_plain(file.parameters),
            mode=file.mode,
            repeat=file.repeat,
            seed=file.seed,
            cap=file.cap,
            tags=file.tags,
            local_together=file.local_together,
        )

    def _wrong(self, sentence: str, *path: str | int) -> SetError:
        line = line_of(self._text, *path)
        return SetError(f"{self._where}{f', line {line}' if line else ''}: {sentence}")

    def _check_numbers(self) -> None:
        file = self._file
        last = ("columns", len(file.columns) - 1)
        if not FEWEST_COLUMNS <= len(file.columns) <= MOST_COLUMNS:
            raise self._wrong(f"a comparison has 2 to 8 [[columns]]; this one has {len(file.columns)}.", *last)
        if not file.prompts:
            raise self._wrong("there is no [[prompts]]. Add at least one, with its text.")
        if file.repeat < 1:
            raise self._wrong("repeat must be at least 1.", "repeat")
        if file.cap is not None and not 0 < file.cap < float("inf"):
            raise self._wrong("cap must be more than 0, in US dollars.", "cap")

    def _check_secrets(self, parameters: Parameters, path: tuple[str | int, ...]) -> None:
        """`extra` goes into the body as it stands: a key has no business there."""
        written = json.dumps(parameters.extra)
        if redact(written) != written:
            raise self._wrong(f"parameters carry a key in clear: take it out, and {routes.THREE_WAYS}.", *path, "extra")

    def _column(self, raw: _Column, i: int) -> Column:
        given = [name for name in ("route", "candidates", "provider") if getattr(raw, name)]
        if len(given) != 1:
            ways = "route (a file), candidates (a route written here), or provider and model"
            raise self._wrong(f"column {i + 1} must name exactly one of: {ways}.", "columns", i)
        self._check_secrets(raw.parameters, ("columns", i, "parameters"))
        route = self._route_file(raw, i) if raw.route else self._route(raw, i)
        label = raw.label or (route.candidates[0].label if len(route.candidates) == 1 else route.name)
        return Column(label=label, route=route, file=raw.route, parameters=_plain(raw.parameters))

    def _route_file(self, raw: _Column, i: int) -> Route:
        try:
            return routes.load(self._folder / raw.route)
        except RouteError as error:
            raise self._wrong(f"the route of column {i + 1}: {error}", "columns", i, "route") from None

    def _route(self, raw: _Column, i: int) -> Route:
        """The route's own reader has the last word; only its line is that of the route alone, so it is looked up."""
        if raw.provider and not raw.model:
            raise self._wrong(f"column {i + 1} has a provider and no model. Add one.", "columns", i)
        candidates = tuple(map(_candidate, raw.candidates or (raw,)))
        policy = msgspec.convert(msgspec.to_builtins(raw.policy), Policy)
        written = routes.dump(Route(name=raw.label or f"column {i + 1}", candidates=candidates, policy=policy))
        try:
            return routes.parse(written, "")
        except RouteError as error:
            sentence = re.sub(r"^(, line \d+)?: ", "", str(error))
            raise self._wrong(f"column {i + 1}: {sentence}", "columns", i, *self._place(sentence, raw)) from None

    def _place(self, sentence: str, raw: _Column) -> tuple[str | int, ...]:
        """Where in the column the route's reader stumbled, by the field that its sentence names first."""
        field = re.search(r"keys?\b|base_url|provider|attempts|backoff_cap|backoff|longest_wait", sentence)
        clock = next((name for name in CLOCKS if sentence.startswith(name)), "")
        name = clock or (field.group().replace("key", "keys").replace("keyss", "keys") if field else "")
        if name in Policy.__struct_fields__ and getattr(raw.policy, name) != getattr(Policy(), name):
            return ("policy", name)
        for place, candidate in enumerate(raw.candidates):
            if getattr(candidate, name, None):
                return ("candidates", place, name)
        return (name,)

    def _prompt(self, raw: _Prompt, i: int, name: str) -> Prompt:
        if not raw.text.strip():
            raise self._wrong(f"{name}: the text is empty. Write what you want to ask.", "prompts", i, "text")
        wanted = variables(raw.text) + variables(self._file.system if raw.system is None else raw.system)
        for place, row in enumerate(raw.rows or ({},)):
            if missing := [variable for variable in wanted if variable not in row]:
                sentence = f"{name}: {{{{{missing[0]}}}}} has no value. Give it one in [[prompts.rows]]."
                raise self._wrong(sentence, "prompts", i, "rows", place)
        for place, check in enumerate(raw.checks):
            if trouble := checks.problem(check):
                raise self._wrong(f"{name}: {trouble[:1].lower()}{trouble[1:]}", "prompts", i, "checks", place)
        return Prompt(
            name=name, text=raw.text, system=raw.system, tags=raw.tags, rows=raw.rows, checks=raw.checks
        )  # fmt: skip


def _named(column: Column, label: str) -> Column:
    """A route that was written in the comparison has the column's name."""
    route = column.route if column.file else replace(column.route, name=label)
    return replace(column, label=label, route=route)


def _plain(parameters: Parameters) -> Parameters:
    return msgspec.convert(msgspec.to_builtins(parameters), Parameters)


def _candidate(raw: _Candidate | _Column) -> Candidate:
    return Candidate(
        provider=raw.provider,
        model=raw.model,
        dialect=raw.dialect,
        base_url=raw.base_url,
        keys=raw.keys,
        context_window=raw.context_window,
        clocks=Clocks(connect=raw.connect, first_token=raw.first_token, idle=raw.idle, total=raw.total),
        capabilities=raw.capabilities,
    )


def _located(where: str, text: str, words: str) -> str:
    """msgspec names the field by its path; people look for the line."""
    sentence, _, place = words.partition(" - at ")
    path = path_of(place.strip("`$"))
    field = re.search(r"`([\w-]+)`", sentence) if "unknown field" in sentence else None
    line = line_of(text, *path, *((field.group(1),) if field else ()))
    shown = " ".join(str(part + 1) if isinstance(part, int) else part for part in path) or "the comparison"
    sentence = sentence.replace("Object", "it")
    return f"{where}{f', line {line}' if line else ''}: {shown}: {sentence[:1].lower()}{sentence[1:]}."


def dump(comparison: Comparison) -> str:
    """The comparison as a TOML file, which reads as the same value. Keys stand in it by name alone."""
    data = msgspec.to_builtins(comparison)
    top = {k: v for k, v in data.items() if k not in ("columns", "prompts", "parameters")}
    lines = _settings(top)
    if data.get("parameters"):
        lines += ["", "[parameters]", *_settings(data["parameters"])]
    for column in comparison.columns:
        lines += ["", "[[columns]]", *_column_lines(column)]
    for prompt in data["prompts"]:
        lines += ["", "[[prompts]]", *_settings({k: v for k, v in prompt.items() if k not in ("rows", "checks")})]
        for name in ("rows", "checks"):
            for entry in prompt.get(name, ()):
                lines += ["", f"[[prompts.{name}]]", *_settings(entry)]
    return "\n".join(lines) + "\n"


def _column_lines(column: Column) -> list[str]:
    lines, route = [f"label = {_value(column.label)}"], column.route
    if column.file:
        lines.append(f"route = {_value(column.file)}")
    elif len(route.candidates) == 1:
        lines += _settings(_candidate_data(route.candidates[0]))
    if parameters := msgspec.to_builtins(column.parameters):
        lines += ["", "[columns.parameters]", *_settings(parameters)]
    if not column.file and (policy := msgspec.to_builtins(route.policy)):
        lines += ["", "[columns.policy]", *_settings(policy)]
    if not column.file and len(route.candidates) > 1:
        for candidate in route.candidates:
            lines += ["", "[[columns.candidates]]", *_settings(_candidate_data(candidate))]
    return lines


def _candidate_data(candidate: Candidate) -> dict[str, Any]:
    data = msgspec.to_builtins(candidate)
    return {**{k: v for k, v in data.items() if k != "clocks"}, **data.get("clocks", {})}


def _settings(data: dict[str, Any]) -> list[str]:
    return [f"{_name(name)} = {_value(value)}" for name, value in data.items() if value is not None]


def _name(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _value(name)


def _value(value: Any) -> str:
    """A TOML value. JSON's form of strings, numbers and booleans is TOML's as well, but for the delete character."""
    if isinstance(value, dict):
        members = cast("dict[str, Any]", value).items()
        return "{ " + ", ".join(f"{_name(k)} = {_value(v)}" for k, v in members if v is not None) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, cast("list[Any]", value))) + "]"
    return msgspec.json.encode(value).decode().replace("\x7f", "\\u007f")
