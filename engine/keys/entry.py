"""What is known of a key without the key: an entry, and the file of entries."""

import hashlib
import os
import secrets
import tempfile
from enum import StrEnum
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.keys.secret import KeyState, Secret

VERSION = 1


class Where(StrEnum):
    KEYRING = "keyring"
    SESSION = "session"
    ENVIRONMENT = "env"


class KeyEntry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One key. Times are Unix seconds. `alias` is the variable's name where the key comes from the environment;
    `fingerprint` is four hexadecimal digits that mean something on this installation only."""

    id: str
    provider: str
    alias: str
    created: float
    fingerprint: str = ""
    colour: int = 0  # a place in the palette
    order: int = 0
    enabled: bool = True
    checked: float | None = None
    where: Where = Where.KEYRING
    state: KeyState = KeyState.UNVERIFIED
    duplicate_of: str = ""  # the alias of a key with the same fingerprint

    @property
    def name(self) -> str:
        """By which a route calls for it."""
        return f"{self.where.value}:{self.alias}"


class _File(Struct, kw_only=True):
    version: int = VERSION
    salt: str
    keys: tuple[KeyEntry, ...] = ()


class Index:
    """The file of entries. It holds no secret, is readable by its owner only, and is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = _File(salt=secrets.token_hex(16))
        self._seen: tuple[int, int, int] | None = None
        self._shut = ""  # why the file must not be overwritten

    @property
    def entries(self) -> tuple[KeyEntry, ...]:
        return self._file.keys

    def fingerprint(self, secret: Secret) -> str:
        salt = bytes.fromhex(self._file.salt)
        return hashlib.blake2b(secret.reveal().encode(), key=salt, digest_size=2).hexdigest()

    def refresh(self) -> str:
        """Reads the file if it has changed. Returns a notice where it was damaged and set aside, else nothing."""
        try:
            stat = self._path.stat()
            seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if seen == self._seen:
                return ""
            self._seen = seen
            file = msgspec.json.decode(self._path.read_bytes(), type=_File)
            if file.version != VERSION:
                return self._set_aside(f"is of version {file.version}, which this program does not know")
            bytes.fromhex(file.salt)
            self._file = file
        except FileNotFoundError:
            return ""
        except OSError as error:
            return self._set_aside(f"cannot be read ({type(error).__name__})")
        except ValueError:
            return self._set_aside("is damaged")
        return ""

    def _set_aside(self, trouble: str) -> str:
        self._file = _File(salt=self._file.salt)
        n = 1
        while (kept := self._path.with_name(f"{self._path.name}.damaged-{n}")).exists():
            n += 1
        try:
            self._path.rename(kept)
        except OSError:
            self._shut = trouble
            return f"The list of keys {trouble} and cannot be moved: changes last until you quit; check {self._path}."
        return f"The list of keys {trouble}: it is kept as {kept.name}, and a fresh one was begun; add the keys again."

    def save(self, entries: tuple[KeyEntry, ...]) -> None:
        """Replaces the file. Raises OSError, and then keeps the entries it had."""
        if self._shut:
            raise PermissionError(f"the list of keys {self._shut}")
        file = _File(salt=self._file.salt, keys=entries)
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._replace(msgspec.json.format(msgspec.json.encode(file), indent=2))
        self._file = file
        stat = self._path.stat()
        self._seen = (stat.st_ino, stat.st_size, stat.st_mtime_ns)

    def _replace(self, data: bytes) -> None:
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}-", dir=self._path.parent)  # mode 600
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(name, self._path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
