"""Where keys live: the OS keyring, the session and the environment. A key has a name; its value stays in a `Secret`."""

from engine.keys.cleaning import KeyRefused
from engine.keys.entry import KeyEntry, Where
from engine.keys.environment import FoundKey, environment_keys
from engine.keys.keyring_backend import BackendStatus
from engine.keys.secret import KeyState, KeyUnavailable, Secret, mask
from engine.keys.store import KeyStore

__all__ = [
    "BackendStatus",
    "FoundKey",
    "KeyEntry",
    "KeyRefused",
    "KeyState",
    "KeyStore",
    "KeyUnavailable",
    "Secret",
    "Where",
    "environment_keys",
    "mask",
]
