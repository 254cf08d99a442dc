"""A secret that does not show itself, and the words for a key that cannot be had."""

import hmac
from collections.abc import Iterable
from enum import StrEnum
from typing import NoReturn

HIDDEN = "Secret(…)"

# The openings by which a key tells its kind, and nothing else. The longest that fits is shown.
FAMILIES = (
    *("sk-", "sk-ant-", "sk-or-", "sk-proj-", "sk-svcacct-", "AIza", "xai-", "gsk_", "pplx-", "csk-", "nvapi-"),
    *("hf_", "fw_", "tgp_v1_", "vck_", "r8_", "ABSK", "bedrock-api-key-"),
)
FEW = 16  # with fewer characters than this behind its opening, a key shows nothing at all


class Secret:
    """A key's value. Only `reveal` gives it away: printing, formatting, pickling and copying do not.

    Python cannot wipe a string from memory: hold a Secret briefly, and what `reveal` returns more briefly.
    """

    __slots__ = ("__value",)
    __hash__ = None  # pyright: ignore[reportAssignmentType]  # a hash would be a trace of the value

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        return self.__value

    def __repr__(self) -> str:
        return HIDDEN

    def __str__(self) -> str:
        return HIDDEN

    def __format__(self, spec: str) -> str:
        return HIDDEN

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("A Secret is neither pickled nor copied.")

    def __copy__(self) -> NoReturn:
        raise TypeError("A Secret is neither pickled nor copied.")

    def __deepcopy__(self, memo: object) -> NoReturn:
        raise TypeError("A Secret is neither pickled nor copied.")


class KeyState(StrEnum):
    """What is known of a key or of the place it lives in, as shown on screen."""

    VERIFIED = "stored & verified"
    UNVERIFIED = "stored, unverified"
    SESSION_ONLY = "session only"
    FROM_ENVIRONMENT = "from the environment"
    NOT_SET = "variable not set"
    NOT_FOUND = "not found"  # no key of this name is known
    LOST = "no longer in the keyring"  # our index knows it, the keyring does not
    UNKNOWN = "unknown"  # the keyring said nothing, which may mean that it is locked
    LOCKED = "locked"
    NOT_ANSWERING = "not answering"
    BACKEND_MISSING = "back-end missing"
    NOT_TRUSTED = "back-end not trusted"
    DENIED = "denied"
    FAILED = "back-end failed"
    INVALID = "invalid"  # the provider refused it: 401
    NO_QUOTA = "no quota"
    DISABLED = "disabled by user"


class KeyUnavailable(Exception):
    """A key that cannot be had. The text is one sentence with the remedy; `state` says which case it is."""

    def __init__(self, sentence: str, state: KeyState) -> None:
        super().__init__(sentence)
        self.state = state


def mask(secret: Secret | str, prefixes: Iterable[str] = ()) -> str:
    """The key's family and an ellipsis ("sk-…"). `prefixes` are further families, such as a provider's own."""
    value = secret.reveal() if isinstance(secret, Secret) else secret
    fitting = [family for family in (*FAMILIES, *prefixes) if value.startswith(family)]
    opening = max(fitting, key=len, default="")
    return f"{opening}…" if len(value) - len(opening) >= FEW else "…"


def shown(name: str) -> str:
    """A name of unknown origin as it may stand in a sentence: what may be a key, pasted by mistake, is masked."""
    mixed = any(c.isdigit() for c in name) and any(c.isalpha() for c in name) and " " not in name
    return mask(name) if mask(name) != "…" or (mixed and len(name) >= 24) else name[:64]
