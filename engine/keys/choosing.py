"""Which keyring is trusted with keys.

`keyring.get_keyring()` does not enforce that a back-end is a good one (it may answer with plain text in a file), and it
runs code from wherever a configuration file points. So the known back-ends are named here and loaded by name; what a
variable or a file asks for is read, reported, and loaded only if it is one of these.
"""

import configparser
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from engine.keys.secret import KeyState
from engine.keys.trouble import Trouble, missing

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

TRUSTED = (
    "keyring.backends.macOS.Keyring",
    "keyring.backends.Windows.WinVaultKeyring",
    "keyring.backends.SecretService.Keyring",
    "keyring.backends.kwallet.DBusKeyring",
    "keyring.backends.kwallet.DBusKeyringKWallet4",
)
WINDOWS = "keyring.backends.Windows.WinVaultKeyring"
CHAINER = "keyring.backends.chainer.ChainerBackend"
FAIL = "keyring.backends.fail.Keyring"
WORTHLESS = {
    "keyring.backends.null.Keyring": "forgets every key that it is given",
    "keyrings.alt.file.PlaintextKeyring": "writes keys to a file in plain text",
    "keyrings.alt.file.EncryptedKeyring": "asks for its password on a terminal",
}
UNKNOWN = "is not one that is known to keep keys safe"
VARIABLE = "PYTHON_KEYRING_BACKEND"


class Override(Struct, frozen=True, kw_only=True):
    """What asks for another keyring than the platform's: `wanted` is a class by its full name, `told` is for people."""

    wanted: str = ""
    told: str = ""


def class_name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"


def override(environ: Mapping[str, str] | None = None, config: Path | None = None) -> Override:
    """The override in the environment, else in keyringrc.cfg. A `keyring-path` is reported and never followed."""
    values = os.environ if environ is None else environ
    wanted, told = "", list[str]()
    path = _config_path() if config is None else config
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, ValueError):
        told.append(f"{path.name} (damaged)")
    for option in ("default-keyring", "keyring-path"):
        if value := parser.get("backend", option, fallback="").strip():
            wanted = value if option == "default-keyring" else wanted
            told.append(f"{path.name}: {option}={value}" if option == "default-keyring" else f"{path.name}: {option}")
    if named := values.get(VARIABLE, ""):
        wanted = named
        told.append(f"{VARIABLE}={named}")
    told += sorted(name for name in values if name.startswith("KEYRING_PROPERTY_"))  # names: a value may be a secret
    return Override(wanted=wanted, told=", ".join(told))


def _config_path() -> Path:
    from keyring.util.platform_ import config_root  # loads keyring: 0.1 s, in the keyring's thread

    return Path(config_root()) / "keyringrc.cfg"


def select(asked: Override) -> "KeyringBackend | Trouble":
    """The back-end to use: the one asked for if it is trusted, else the platform's best that works here."""
    if asked.wanted and asked.wanted != CHAINER and asked.wanted not in TRUSTED:
        return refusal(asked.wanted)
    names = (asked.wanted,) if asked.wanted in TRUSTED else _platform_names()
    viable = [kind for name in names if (kind := _load(name)) is not None and kind.viable]
    if not viable:
        return missing()
    best = max(viable, key=lambda kind: kind.priority)
    return prepared(best())


def _platform_names() -> tuple[str, ...]:
    """Only the platform's own: loading another's costs time and finds nothing."""
    match sys.platform:
        case "darwin":
            return TRUSTED[:1]
        case "win32":
            return TRUSTED[1:2]
        case _:
            return TRUSTED[2:]


def _load(name: str) -> "type[KeyringBackend] | None":
    module, _, kind = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), kind)
    except (ImportError, AttributeError):  # another version of keyring
        return None


def accept(backend: "KeyringBackend", trusted: Sequence[type]) -> "KeyringBackend | Trouble":
    """This back-end, if it is trusted: by the table above, or by the caller's word for its exact class. A chain of
    back-ends writes to one and deletes from one: its first that is trusted is taken in its place."""
    name = class_name(type(backend))
    if name == CHAINER:
        links: Sequence[KeyringBackend] = getattr(backend, "backends", ())
        accepted = [link for link in links if not isinstance(accept(link, trusted), Trouble)]
        return accept(accepted[0], trusted) if accepted else missing()
    if type(backend) in trusted or name in TRUSTED:
        return prepared(backend)
    return refusal(name)


def refusal(name: str) -> Trouble:
    """Why the back-end of this class is not used."""
    if name == FAIL:
        return missing()
    why = WORTHLESS.get(name, UNKNOWN)
    remedy = "use the system's keyring, or keep keys in environment variables or for the session"
    return Trouble(KeyState.NOT_TRUSTED, f"The keyring {name} {why}: {remedy}.")


def prepared(backend: "KeyringBackend") -> "KeyringBackend":
    if class_name(type(backend)) == WINDOWS:
        # The library's default, "enterprise", lets keys roam with the profile.
        setattr(backend, "persist", "local machine")  # noqa: B010  # a descriptor of that one class
    return backend
