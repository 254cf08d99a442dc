"""What the lab was asked, and what it did: enough to prove a client's conduct, and no secret in it."""

import hashlib
import secrets
import time
from collections import deque
from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

KEY_HEADERS = ("authorization", "x-api-key", "x-goog-api-key", "api-key")
LIMIT = 1000  # entries kept; the oldest go first


class Entry(Struct, frozen=True, kw_only=True):
    """One request. Times in seconds: `at` and `ended_at` since the lab began (monotonic), `wall` as Unix time.

    `ended` is empty while the answer plays, then one of: done, client cut, reset, truncated, stopped. `key` is the
    name of a known key, a salted fingerprint of any other, empty without one. `bytes` counts what was written.
    """

    number: int
    at: float
    wall: float
    method: str
    path: str
    place: str = ""
    dialect: str = ""
    model: str = ""
    key: str = ""
    header_names: tuple[str, ...] = ()
    played: tuple[tuple[float, str], ...] = ()
    struck: tuple[tuple[float, str], ...] = ()
    status: int | None = None
    bytes: int = 0
    ended: str = ""
    ended_at: float | None = None
    body: str | None = None

    @property
    def beats(self) -> tuple[str, ...]:
        return tuple(name for _, name in self.played)


class Log:
    """The newest thousand requests, in order of arrival."""

    def __init__(self, *, bodies: bool = False) -> None:
        self.bodies = bodies
        self._begun = time.monotonic()
        self._salt = secrets.token_bytes(16)
        self._entries: deque[Entry] = deque(maxlen=LIMIT)
        self._count = 0

    def requests(self) -> tuple[Entry, ...]:
        return tuple(self._entries)

    def clear(self) -> None:
        """Forgets all entries; numbers go on."""
        self._entries.clear()

    def now(self) -> float:
        """Seconds since the lab began."""
        return time.monotonic() - self._begun

    def begin(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Entry:
        self._count += 1
        entry = Entry(
            number=self._count,
            at=self.now(),
            wall=time.time(),
            method=method,
            path=path.partition("?")[0],  # a query may carry a key
            header_names=tuple(headers),
            body=body.decode(errors="replace") if self.bodies else None,
        )
        self._entries.append(entry)
        return entry

    def amend(self, entry: Entry, **changes: object) -> Entry:
        """`entry` with its changes, also in the log where it is still kept."""
        amended = replace(entry, **changes)
        place = entry.number - self._count + len(self._entries) - 1
        if 0 <= place < len(self._entries) and self._entries[place].number == entry.number:
            self._entries[place] = amended
        return amended

    def fingerprint(self, value: str) -> str:
        """Tells unknown keys apart within this process, and says nothing about them."""
        return "unknown:" + hashlib.blake2b(value.encode(), salt=self._salt, digest_size=3).hexdigest()


def presented_key(headers: Mapping[str, str]) -> str:
    """The credential that a request carries, in whichever header; empty without one."""
    for name in KEY_HEADERS:
        value = headers.get(name, "")
        if "Credential=" in value:  # AWS signature version 4: only the access key's id is sent
            return value.partition("Credential=")[2].partition("/")[0]
        if value:
            return value.removeprefix("Bearer ").strip()
    return ""
