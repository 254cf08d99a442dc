"""What is pasted as a key: whose it may be, and what is wrong with it, in sentences that never hold it."""

import sys
from collections.abc import Iterable

from engine.keys import KeyEntry, KeyRefused
from engine.keys.cleaning import WINDOWS_LONGEST, cleaned
from engine.providers.catalog import PROVIDERS
from gui.models.key_rows import KeyRow

INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"


def guess_provider(text: str) -> str:
    """Whose key this is, by the variable it is assigned to or by the longest prefix that fits; empty when nobody knows.
    Where several share a prefix, the first of the catalogue is meant."""
    try:
        key = cleaned(text).reveal()
    except KeyRefused:
        return ""
    variable = text.partition("=")[0].split()[-1:] if "=" in text else []
    assigned = [p.name for p in PROVIDERS.values() if variable and variable[0] in p.env]
    return next(iter((*assigned, *_owners(key))), "")


def _owners(key: str) -> tuple[str, ...]:
    """The providers whose prefix fits best: several share `sk-`, and longer ones rule it out."""
    fits = [(len(prefix), p.name) for p in PROVIDERS.values() for prefix in p.key_prefixes if key.startswith(prefix)]
    longest = max((length for length, _ in fits), default=0)
    return tuple(name for length, name in fits if length == longest)


def refusal_of(text: str) -> str:
    """Why this text cannot be taken as a key at all, in one sentence; empty when it can."""
    try:
        cleaned(text)
    except KeyRefused as refused:
        return str(refused)
    return ""


def problems_of(
    text: str, provider: str, entries: Iterable[KeyEntry | KeyRow], platform: str = sys.platform
) -> tuple[str, ...]:
    """What is wrong with a pasted key, in sentences that never hold it. Empty: nothing is."""
    if any(text.strip() == entry.alias for entry in entries):
        return ("This is the name of a key, not a key: paste the key itself.",)
    if refusal := refusal_of(text):
        return (refusal,)
    key, found = cleaned(text).reveal(), list[str]()
    if any(c in INVISIBLE for c in text):
        found.append("It holds an invisible character, which is left out.")
    if platform == "win32" and len(key) > WINDOWS_LONGEST:
        limit = f"{WINDOWS_LONGEST:,} characters, which the keyring of Windows cannot keep"
        found.append(f"The key is longer than {limit}: keep it for this session, or in a variable.")
    if mismatch := _mismatch(key, provider):
        found.append(mismatch)
    return tuple(found)


def _mismatch(key: str, provider: str) -> str:
    row, owners = PROVIDERS.get(provider), _owners(key)
    if row is None or provider in owners:
        return ""
    if owners and (row.key_prefixes or len(owners) == 1):
        return f"This looks like a key of {PROVIDERS[owners[0]].label}, not of {row.label}: check the provider."
    if row.key_prefixes:
        return f"Keys of {row.label} begin with {' or '.join(row.key_prefixes)}, this one does not: check the provider."
    return ""


def suggested_alias(provider: str, entries: Iterable[KeyEntry | KeyRow]) -> str:
    """A short name that is free at this provider."""
    taken = {entry.alias for entry in entries if entry.provider == provider}
    names = (*ALIASES, *(f"key-{n}" for n in range(1, len(taken) + 2)))
    return next(name for name in names if name not in taken)


ALIASES = ("main", "spare", "third")
