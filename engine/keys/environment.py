"""Keys in the environment: what is there, without showing it."""

import os
import re
from collections.abc import Mapping, Sequence

from msgspec import Struct

from engine.keys.cleaning import KeyRefused, cleaned
from engine.keys.secret import KeyState, KeyUnavailable, Secret, mask, shown

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")


class FoundKey(Struct, frozen=True, kw_only=True):
    """A variable that is set. `problem` is a sentence where its content cannot be used, else empty."""

    provider: str
    variable: str
    masked: str = ""
    problem: str = ""


def environment_keys(
    names_by_provider: Mapping[str, Sequence[str]], environ: Mapping[str, str] | None = None
) -> tuple[FoundKey, ...]:
    """Which of these variables hold a key; those not set or empty are left out."""
    values = os.environ if environ is None else environ
    return tuple(
        _found(provider, variable, values[variable])
        for provider, variables in names_by_provider.items()
        for variable in variables
        if values.get(variable, "").strip()
    )


def _found(provider: str, variable: str, value: str) -> FoundKey:
    try:
        return FoundKey(provider=provider, variable=variable, masked=mask(cleaned(value)))
    except KeyRefused as refused:
        return FoundKey(provider=provider, variable=variable, problem=str(refused))


def from_environment(variable: str, environ: Mapping[str, str]) -> Secret:
    """The key in this variable, read now. Raises KeyUnavailable when there is none that can be used."""
    if not _VARIABLE.fullmatch(variable):
        raise KeyUnavailable("A name behind env: is that of a variable: check the route's key names.", KeyState.NOT_SET)
    value = environ.get(variable, "")
    if not value.strip():
        remedy = "set it and start the program again, or choose another key"
        raise KeyUnavailable(f"The variable {shown(variable)} is not set: {remedy}.", KeyState.NOT_SET)
    try:
        return cleaned(value)
    except KeyRefused as refused:
        problem = f"The variable {variable} holds no usable key. {refused}"
    raise KeyUnavailable(problem, KeyState.NOT_SET)
