"""What is done with the OS keyring. Everything here blocks, and runs in the keyring's own thread.

A key has a service name of its own and a fixed user: back-ends differ in how they treat several users of a service,
and Windows shuffles them about. Nothing is believed: what is written is read back and compared.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from engine.keys.choosing import WINDOWS, Override, accept, class_name, override, select
from engine.keys.cleaning import WINDOWS_LONGEST
from engine.keys.secret import KeyState, Secret
from engine.keys.trouble import GARBLED, UNREAD, Trouble, trouble_of

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

T = TypeVar("T")

USER = "streamover"
TOO_LONG = (
    f"The key is longer than {WINDOWS_LONGEST:,} characters, the limit of Windows Credential Manager: "
    "keep it in an environment variable."
)


class BackendStatus(Struct, frozen=True, kw_only=True):
    """The keyring as found. `accepted`: its class is trusted. `state` is None where a real write and read went well;
    else it and `reason` say what is wrong. `override` is what asked for another keyring, empty where nothing did."""

    name: str = ""
    accepted: bool = False
    state: KeyState | None = None
    reason: str = ""
    override: str = ""

    @property
    def ready(self) -> bool:
        return self.accepted and self.state is None


def service(provider: str, key_id: str) -> str:
    return f"streamover/{provider}/{key_id}"


class Vault:
    """The chosen back-end. `backend` and `trusted` replace the platform's choice (tests, and other programs)."""

    def __init__(
        self, backend: "KeyringBackend | None", trusted: Sequence[type], environ: Mapping[str, str] | None
    ) -> None:
        self._given, self._trusted, self._environ = backend, trusted, environ
        self._chosen: KeyringBackend | None = None
        self._override: Override | None = None

    def read(self, where: str) -> Secret | Trouble | None:
        """None: the keyring is open and holds nothing of this name."""
        backend = self._backend()
        if isinstance(backend, Trouble):
            return backend
        value = backend.get_password(where, USER)
        if value is None and ".kwallet." in class_name(type(backend)):
            return Trouble(KeyState.UNKNOWN, UNREAD)  # a locked wallet may answer in just this way
        return None if value is None else Secret(value)

    def write(self, where: str, secret: Secret) -> Trouble | None:
        """None: it is written, and was read back unchanged. After a trouble, nothing is left behind if it can be."""
        backend = self._backend()
        if isinstance(backend, Trouble):
            return backend
        if len(secret.reveal()) > WINDOWS_LONGEST and class_name(type(backend)) == WINDOWS:
            return Trouble(KeyState.FAILED, TOO_LONG)
        backend.set_password(where, USER, secret.reveal())  # pyright: ignore[reportUnknownMemberType]  # wrapped untyped
        found = _attempt(lambda: backend.get_password(where, USER))
        if isinstance(found, str) and Secret(found) == secret:
            return None
        _attempt(lambda: backend.delete_password(where, USER))
        return found if isinstance(found, Trouble) else Trouble(KeyState.FAILED, GARBLED)

    def delete(self, where: str) -> Trouble | None:
        """None: it is not there any more, or was not there."""
        backend = self._backend()
        if isinstance(backend, Trouble):
            return backend
        if backend.get_password(where, USER) is None:
            return None
        backend.delete_password(where, USER)
        return None

    def probe(self) -> BackendStatus:
        """The back-end by a real write and read. May bring up the system's unlock prompt."""
        backend = _attempt(self._backend)
        asked = self._asked().told
        if isinstance(backend, Trouble):
            return BackendStatus(state=backend.state, reason=backend.reason, override=asked)
        name = f"{backend.name} ({class_name(type(backend))})"
        where, token = service("probe", secrets.token_hex(8)), Secret(secrets.token_hex(8))
        trouble = _attempt(lambda: self.write(where, token) or self.delete(where))
        state, reason = (trouble.state, trouble.reason) if trouble is not None else (None, "")
        return BackendStatus(name=name, accepted=True, state=state, reason=reason, override=asked)

    def _asked(self) -> Override:
        if self._override is None:
            self._override = override(self._environ)
        return self._override

    def _backend(self) -> "KeyringBackend | Trouble":
        """A back-end that was found is kept; one that was not is looked for again, since it may start later."""
        if self._chosen is None:
            given = self._given
            found = select(self._asked()) if given is None else accept(given, self._trusted)
            if isinstance(found, Trouble):
                return found
            self._chosen = found
        return self._chosen


def _attempt(work: Callable[[], T]) -> T | Trouble:
    try:
        return work()
    except Exception as error:
        return trouble_of(error)
