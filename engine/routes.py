"""Route files (TOML): read with the line of whatever is wrong, written without secrets."""

import re
import tomllib
from pathlib import Path
from typing import Any, cast

import httpx
import msgspec

from engine.core.request import (
    Candidate,
    Capabilities,
    Clocks,
    Dialect,
    Policy,
    Route,
)
from engine.providers.catalog import CatalogError
from engine.providers.registry import resolve
from engine.redact import redact

HIGHEST_PORT = 65_535
KEY_FORM = re.compile(r"(env|keyring|session|lab):\S.*")
THREE_WAYS = (
    'name it instead: "env:NAME" for an environment variable, "keyring:ALIAS" for one that is stored, '
    '"session:ALIAS" for this session only'
)


class RouteError(ValueError):
    """One sentence that names the file, the line or field, and what to do."""


class _Candidate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
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


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    name: str = ""
    policy: Policy = Policy()
    candidates: tuple[_Candidate, ...] = ()


def load(path: Path) -> Route:
    """The route in the file. Raises RouteError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise RouteError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    except UnicodeDecodeError:
        raise RouteError(f"{path}: is not text in UTF-8. Save it as UTF-8.") from None
    return parse(text, str(path), path.stem)


def parse(text: str, where: str, default_name: str = "route") -> Route:
    """The route that `text` describes; `where` names it in errors. Raises RouteError."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RouteError(f"{where}: is not valid TOML: {error}.") from None
    unknown = sorted(set(_policy_of(data)) - set(Policy.__struct_fields__))
    if unknown:
        line = _line(text, unknown[0])
        known = ", ".join(Policy.__struct_fields__)
        raise RouteError(f"{where}, line {line}: [policy] has no field {unknown[0]!r}. It takes: {known}.")
    try:
        file = msgspec.convert(data, _File, strict=False)
    except msgspec.ValidationError as error:
        raise RouteError(_located(where, text, str(error))) from None
    return _checked(file, where, text, default_name)


def _policy_of(data: dict[str, Any]) -> dict[str, Any]:
    policy = data.get("policy", {})
    return cast("dict[str, Any]", policy) if isinstance(policy, dict) else {}


def _checked(file: _File, where: str, text: str, default_name: str) -> Route:
    if not file.candidates:
        raise RouteError(f"{where}: the route has no [[candidates]]. Add at least one, with provider and model.")
    _check_numbers(file, where, text)
    candidates: list[Candidate] = []
    for place, raw in enumerate(file.candidates, start=1):
        if not raw.model.strip() or not raw.model.isprintable():
            raise RouteError(
                f"{where}, line {_line(text, 'model', place)}: model must be a name of printable characters."
            )
        for key in raw.keys:
            if not KEY_FORM.fullmatch(key):
                line = _line(text, "keys", place)
                raise RouteError(f"{where}, line {line}: a key may not stand in a route in clear: {THREE_WAYS}.")
        try:
            candidates.append(resolve(_candidate(raw)))
        except CatalogError as error:
            line = _line(text, "provider", place)
            raise RouteError(f"{where}, line {line}: {_decapitalised(str(error))}") from None
        _check_url(candidates[-1], where, text, place)
    return Route(name=file.name or default_name, candidates=tuple(candidates), policy=file.policy)


def _check_numbers(file: _File, where: str, text: str) -> None:
    policy = file.policy
    if policy.attempts < 1:
        raise RouteError(f"{where}, line {_line(text, 'attempts')}: attempts must be at least 1.")
    for name in ("backoff", "backoff_cap", "longest_wait"):
        if not 0 <= getattr(policy, name) < float("inf"):
            raise RouteError(f"{where}, line {_line(text, name)}: {name} must be 0 or more, in seconds.")
    for name in ("hedge_delay", "floor"):
        if not 0 <= (getattr(policy, name) or 0.0) < float("inf"):
            raise RouteError(f"{where}, line {_line(text, name)}: {name} must be 0 or more.")
    if not 0 < policy.floor_window < float("inf"):
        raise RouteError(f"{where}, line {_line(text, 'floor_window')}: floor_window must be more than 0, in seconds.")
    for name in ("connect", "first_token", "idle", "total"):
        if not 0 < getattr(policy, name) < float("inf"):
            raise RouteError(f"{where}, line {_line(text, name)}: {name} must be more than 0, in seconds.")
        for place, candidate in enumerate(file.candidates, start=1):
            value = getattr(candidate, name)
            if value is not None and not 0 < value < float("inf"):
                line = _line(text, name, place)
                raise RouteError(f"{where}, line {line}: {name} must be more than 0, in seconds.")


def _check_url(candidate: Candidate, where: str, text: str, place: int) -> None:
    url = candidate.base_url or ""
    line = _line(text, "base_url", place)
    if not re.match(r"https?://[^/\s]+", url):
        raise RouteError(f"{where}, line {line}: base_url must begin with http:// or https:// and name a host.")
    if "@" in url.split("/")[2]:
        raise RouteError(
            f"{where}, line {line}: base_url carries a user name or password: take it out, and {THREE_WAYS}."
        )
    try:
        port = httpx.URL(url).port or 0
    except httpx.InvalidURL as error:
        raise RouteError(f"{where}, line {line}: base_url cannot be read ({error}): check it.") from None
    if port > HIGHEST_PORT:
        raise RouteError(f"{where}, line {line}: base_url names port {port}: ports end at {HIGHEST_PORT}.")
    if redact(url) != url:
        raise RouteError(f"{where}, line {line}: base_url carries a key: take it out, and {THREE_WAYS}.")


def _candidate(raw: _Candidate) -> Candidate:
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
    sentence, _, path = words.partition(" - at ")
    path = path.strip("`$.")
    field = re.search(r"`(\w+)`", sentence) if "unknown field" in sentence or "required field" in sentence else None
    name = field.group(1) if field else re.sub(r"\[.*?\]", "", path.rpartition(".")[2])
    place = re.match(r"candidates\[(\d+)\]", path)
    line = _line(text, name, int(place.group(1)) + 1 if place else 0)
    at = f", line {line}" if line else ""
    return f"{where}{at}: {path or 'route'}: {_decapitalised(sentence.replace('Object', 'it'))}."


def _line(text: str, name: str, place: int = 0) -> int:
    """The line where `name` is set (in the `place`-th candidate, from 1); the candidate's own line when it is not."""
    seen, header = 0, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[\[\s*candidates\s*\]\]", line):
            seen += 1
            header = number if seen == place else header
        if seen == place and re.match(rf"\s*{re.escape(name)}\s*=", line):
            return number
    return header


def _decapitalised(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def dump(route: Route) -> str:
    """The route as a TOML file. Keys stand in it by name alone."""
    lines = [f"name = {_quoted(route.name)}", "", "[policy]"]
    lines += [f"{name} = {_quoted(value)}" for name, value in msgspec.to_builtins(route.policy).items()]
    for candidate in route.candidates:
        lines += ["", "[[candidates]]", *_candidate_lines(candidate)]
    return "\n".join(lines) + "\n"


def _candidate_lines(candidate: Candidate) -> list[str]:
    values: dict[str, Any] = {
        "provider": candidate.provider,
        "dialect": candidate.dialect.value if candidate.dialect else None,
        "model": candidate.model,
        "base_url": candidate.base_url,
        "keys": list(candidate.keys) or None,
        "context_window": candidate.context_window,
        **msgspec.structs.asdict(candidate.clocks),
    }
    lines = [f"{name} = {_quoted(value)}" for name, value in values.items() if value is not None]
    known = {k: v for k, v in msgspec.structs.asdict(candidate.capabilities).items() if v is not None}
    if known:
        lines.append(f"capabilities = {{ {', '.join(f'{k} = {_quoted(v)}' for k, v in known.items())} }}")
    return lines


def _quoted(value: Any) -> str:
    """A TOML value. JSON's form of strings, numbers, booleans and flat lists is TOML's as well."""
    return msgspec.json.encode(value).decode()
