"""A keyring's failures as values. What a back-end says in its exceptions is not repeated: it may hold the secret."""

import os
from collections.abc import Iterator, Mapping

from msgspec import Struct

from engine.keys.secret import KeyState


class Trouble(Struct, frozen=True):
    """Why the keyring did not do as asked: the state, and one sentence with the remedy."""

    state: KeyState
    reason: str


LOCKED = "The system keyring is locked, or its prompt was dismissed: unlock it and try again."
MISSING = (
    "No system keyring is running: start one (GNOME Keyring, KWallet, KeePassXC), "
    "or keep keys in environment variables or for the session."
)
SANDBOXED = (
    "No system keyring can be reached from this sandbox: grant it access to the Secret Service "
    "(flatpak: --talk-name=org.freedesktop.secrets; snap: connect password-manager-service)."
)
NOT_ANSWERING = (
    "The system keyring does not answer: answer its unlock prompt if one is open, or restart it, and try again."
)
DENIED = "The keychain refuses this program: allow it in Keychain Access, or use a signed build."
UNREAD = "The wallet gave no answer, which may mean that it is locked: unlock it and try again."
GARBLED = "The system keyring gave back something else than was stored: check it, or keep the key for the session."

# By the class's name, since the classes are the platform's and are not importable on the others. The first that
# occurs in an exception's chain of causes decides, in this order.
STATES: tuple[tuple[KeyState, frozenset[str]], ...] = (
    (
        KeyState.BACKEND_MISSING,
        frozenset({"NoKeyringError", "SecretServiceNotAvailableException", "ConnectionRefusedError"}),
    ),
    (KeyState.DENIED, frozenset({"SecAuthFailure"})),
    (
        KeyState.LOCKED,
        frozenset({"KeyringLocked", "LockedException", "PromptDismissedException", "KeychainDenied", "InitError"}),
    ),
    (KeyState.NOT_ANSWERING, frozenset({"EOFError", "ConnectionResetError", "BrokenPipeError", "TimeoutError"})),
)
SENTENCES = {
    KeyState.BACKEND_MISSING: MISSING,
    KeyState.DENIED: DENIED,
    KeyState.LOCKED: LOCKED,
    KeyState.NOT_ANSWERING: NOT_ANSWERING,
}
WORKINGS = "The system keyring failed ({name}): try again, or keep the key for the session."
CANCELLED = "Cancelled by user"  # KWallet's word for a dismissed prompt, in a PasswordSetError or PasswordDeleteError


def not_answering() -> Trouble:
    return Trouble(KeyState.NOT_ANSWERING, NOT_ANSWERING)


def missing(environ: Mapping[str, str] | None = None) -> Trouble:
    """No back-end: in a Flatpak or a snap, the sandbox is the likely cause."""
    values = os.environ if environ is None else environ
    sandboxed = "FLATPAK_ID" in values or "SNAP" in values
    return Trouble(KeyState.BACKEND_MISSING, SANDBOXED if sandboxed else MISSING)


def trouble_of(error: BaseException) -> Trouble:
    """What this exception of a back-end means."""
    chain = list(_chain(error))
    names = {type(link).__name__ for link in chain}
    if error.args and error.args[0] == CANCELLED:
        return Trouble(KeyState.LOCKED, LOCKED)
    for state, known in STATES:
        if names & known:
            return missing() if state is KeyState.BACKEND_MISSING else Trouble(state, SENTENCES[state])
    number = getattr(error, "winerror", None)
    name = f"{type(error).__name__} {number}" if isinstance(number, int) else type(error).__name__
    return Trouble(KeyState.FAILED, WORKINGS.format(name=name))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
