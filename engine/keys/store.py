"""The keys of this installation: asked for by name, kept in the OS keyring or for the session, never shown."""

import asyncio
import os
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from engine.keys.cleaning import KeyRefused, cleaned, cleaned_name
from engine.keys.entry import KeyEntry, Where
from engine.keys.environment import from_environment
from engine.keys.keyring_backend import BackendStatus, Vault, service
from engine.keys.ledger import Ledger
from engine.keys.secret import KeyState, KeyUnavailable, Secret, shown
from engine.keys.trouble import Trouble
from engine.keys.worker import PATIENCE, Worker

if TYPE_CHECKING:
    from keyring.backend import KeyringBackend

Resolver = Callable[[str, str], Secret]  # (provider, what stands behind the prefix) -> the secret, or KeyUnavailable

UNLOCK_PATIENCE = 120.0  # seconds: a person types a password
BUILT_IN = frozenset(Where)
CHECKS = frozenset({KeyState.VERIFIED, KeyState.INVALID, KeyState.NO_QUOTA})
SOUND = {
    Where.KEYRING: KeyState.VERIFIED,
    Where.SESSION: KeyState.SESSION_ONLY,
    Where.ENVIRONMENT: KeyState.FROM_ENVIRONMENT,
}


class KeyStore:
    """All methods belong to one event loop. Nothing touches the keyring before it is needed.

    `directory` holds the index. `backend` replaces the platform's keyring; its class must be in the allow-list or in
    `trusted`. `patience` is in seconds, for each call of the keyring.
    """

    def __init__(
        self,
        directory: Path,
        *,
        backend: "KeyringBackend | None" = None,
        trusted: Sequence[type] = (),
        environ: Mapping[str, str] | None = None,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self._vault = Vault(backend, trusted, self._environ)
        self._worker = Worker(patience)
        self._ledger = Ledger(directory / "keys.json", self._environ)
        self._secrets: dict[str, Secret] = {}  # read once a session: each read may prompt
        self._removed: dict[str, tuple[KeyEntry, Secret | None]] = {}
        self._resolvers: dict[str, Resolver] = {}
        self._now = now
        self._changing = asyncio.Lock()

    # Asking

    async def secret(self, provider: str, name: str) -> Secret:
        """The key of this name: "env:NAME", "keyring:ALIAS", "session:ALIAS", or a registered prefix.

        "keyring:" and "session:" find the same keys: one that could not be stored is still had by its name. An
        entry's id serves as its alias too. Raises KeyUnavailable.
        """
        prefix, _, rest = name.partition(":")
        if (resolver := self._resolvers.get(prefix)) is not None:
            return resolver(provider, rest)
        if prefix not in BUILT_IN:
            forms = "env:NAME, keyring:ALIAS or session:ALIAS"
            raise KeyUnavailable(f"A key is called for as {forms}: check the route's key names.", KeyState.NOT_FOUND)
        entry = self._ledger.find(provider, rest, environment=prefix == Where.ENVIRONMENT)
        if entry is not None and not entry.enabled:
            sentence = f"The key {entry.alias} is switched off: switch it on, or choose another."
            raise KeyUnavailable(sentence, KeyState.DISABLED)
        if prefix == Where.ENVIRONMENT:
            return from_environment(rest, self._environ)
        if entry is None:
            sentence = f"There is no key {shown(rest)} for {provider}: add it, or choose another."
            raise KeyUnavailable(sentence, KeyState.NOT_FOUND)
        return await self._fetched(entry)

    def register(self, prefix: str, resolver: Resolver) -> None:
        """Lets `resolver` answer for names that begin with `prefix` and a colon, such as "lab"."""
        prefix = prefix.removesuffix(":")
        if prefix in BUILT_IN:
            raise ValueError(f"the prefix {prefix} is the store's own")
        self._resolvers[prefix] = resolver

    async def list(self, provider: str | None = None) -> tuple[KeyEntry, ...]:
        """The keys, by provider and in their order, with what is known of each now."""
        return tuple(entry for entry in self._ledger.all() if provider in (None, entry.provider))

    async def backend(self) -> BackendStatus:
        """The keyring, by a real write and read. May bring up the system's unlock prompt."""
        return await self._probed(None)

    async def unlock(self) -> BackendStatus:
        """The same, waiting long enough for a person to answer the prompt."""
        return await self._probed(UNLOCK_PATIENCE)

    def take_notices(self) -> tuple[str, ...]:
        """What people should be told since the last call, in sentences."""
        return self._ledger.take_notices()

    # Changing

    async def add(
        self,
        provider: str,
        alias: str,
        secret: Secret | str,
        *,
        session_only: bool = False,
        prefixes: Sequence[str] = (),
    ) -> KeyEntry:
        """Takes a key as it was pasted. Where the keyring cannot keep it, it is kept for the session, with a notice.

        Raises KeyRefused when it cannot be a key, begins with none of `prefixes`, or is there already.
        """
        key = cleaned(secret, prefixes)
        async with self._changing:
            alias = self._ledger.fresh_alias(provider, cleaned_name(alias, key))
            mark = self._ledger.fingerprint(key)
            entry = self._new(provider, alias, mark, duplicate_of=await self._twin(provider, mark, key))
            return self._kept(entry, key) if session_only else await self._stored(entry, key)

    async def refer(self, provider: str, variable: str) -> KeyEntry:
        """Lists a variable of the environment as a key; its value stays where it is. Raises KeyUnavailable, or
        KeyRefused when it is listed already."""
        key = from_environment(variable, self._environ)
        async with self._changing:
            mark = self._ledger.fingerprint(key)
            alias = self._ledger.fresh_alias(provider, variable)
            twin = next((e.alias for e in self._ledger.of(provider) if e.fingerprint == mark), "")
            entry = self._new(provider, alias, mark, duplicate_of=twin)
            return self._ledger.put(replace(entry, where=Where.ENVIRONMENT, state=KeyState.FROM_ENVIRONMENT))

    async def persist(self, key_id: str) -> KeyEntry:
        """Tries once more to store a key that is kept for the session."""
        async with self._changing:
            entry = self._ledger.entry(key_id)
            if entry.where is not Where.SESSION:
                return entry
            return await self._stored(entry, self._secrets[key_id])

    async def remove(self, key_id: str) -> KeyEntry:
        """Forgets a key, in the keyring too. Raises KeyUnavailable while the keyring is locked or silent."""
        async with self._changing:
            entry = self._ledger.entry(key_id)
            key = await self._deleted(entry) if entry.where is Where.KEYRING else self._secrets.get(key_id)
            self._ledger.drop(key_id)
            self._secrets.pop(key_id, None)
            self._removed[key_id] = (entry, key)
            return entry

    async def restore(self, key_id: str) -> KeyEntry:
        """Undoes `remove`, within the session. Raises KeyUnavailable when the key was out of reach even then."""
        async with self._changing:
            entry, key = self._removed.get(key_id, (None, None))
            if entry is None or (key is None and entry.where is not Where.ENVIRONMENT):
                raise KeyUnavailable("This key cannot be brought back: add it again.", KeyState.NOT_FOUND)
            entry = replace(entry, alias=self._ledger.free_alias(entry.provider, entry.alias))
            if entry.where is Where.KEYRING and key is not None:
                entry = await self._stored(entry, key)
            elif key is not None:
                entry = self._kept(entry, key)
            else:
                entry = self._ledger.put(entry)
            del self._removed[key_id]
            return entry

    async def rename(self, key_id: str, alias: str) -> KeyEntry:
        """Raises KeyRefused. Routes that call the key by its old alias have to follow."""
        async with self._changing:
            entry = self._ledger.entry(key_id)
            if entry.where is Where.ENVIRONMENT:
                raise KeyRefused("A key from the environment is called by its variable: it cannot be renamed.")
            alias = cleaned_name(alias, self._secrets.get(key_id))
            if alias == entry.alias:
                return entry
            return self._change(key_id, alias=self._ledger.fresh_alias(entry.provider, alias))

    async def reorder(self, provider: str, key_ids: Sequence[str]) -> tuple[KeyEntry, ...]:
        """Puts these keys first, in this order; others of the provider follow as they stood."""
        async with self._changing:
            rest = [entry.id for entry in self._ledger.of(provider) if entry.id not in key_ids]
            for place, key_id in enumerate((*key_ids, *rest)):
                self._change(key_id, order=place)
            return self._ledger.of(provider)

    async def enable(self, key_id: str, on: bool = True) -> KeyEntry:
        async with self._changing:
            return self._change(key_id, enabled=on)

    async def record_check(self, key_id: str, state: KeyState) -> KeyEntry:
        """What a trial at the provider showed: VERIFIED, INVALID or NO_QUOTA."""
        if state not in CHECKS:
            raise ValueError(f"not the outcome of a check: {state}")
        async with self._changing:
            where = self._ledger.entry(key_id).where
            shown_state = SOUND[where] if state is KeyState.VERIFIED else state
            return self._change(key_id, checked=self._now(), state=shown_state)

    def close(self) -> None:
        """Lets go of every secret and of the keyring's thread, without waiting for it."""
        self._secrets.clear()
        self._removed.clear()
        self._worker.close()

    # Within

    def _new(self, provider: str, alias: str, fingerprint: str, *, duplicate_of: str) -> KeyEntry:
        return KeyEntry(
            id=secrets.token_hex(8),
            provider=provider,
            alias=alias,
            created=self._now(),
            fingerprint=fingerprint,
            colour=self._ledger.free_colour(),
            order=len(self._ledger.of(provider)),
            duplicate_of=duplicate_of,
        )

    def _change(self, key_id: str, **news: Any) -> KeyEntry:
        return self._ledger.put(replace(self._ledger.entry(key_id), **news))

    async def _probed(self, patience: float | None) -> BackendStatus:
        status = await self._worker.call(self._vault.probe, patience=patience)
        if isinstance(status, Trouble):
            return BackendStatus(state=status.state, reason=status.reason)
        if status.ready:
            self._ledger.clear_troubles()
        return status

    async def _fetched(self, entry: KeyEntry) -> Secret:
        found = self._secrets.get(entry.id) or await self._read(entry)
        if isinstance(found, Secret):
            self._ledger.trouble(entry.id, None)
            self._secrets[entry.id] = found
            return found
        if found is None:
            sentence = f"The key {entry.alias} is no longer in the system keyring: remove it and add it again."
            found = Trouble(KeyState.LOST, sentence)
        self._ledger.trouble(entry.id, found.state)
        raise KeyUnavailable(found.reason, found.state)

    async def _read(self, entry: KeyEntry) -> Secret | Trouble | None:
        where = service(entry.provider, entry.id)
        return await self._worker.call(lambda: self._vault.read(where))

    async def _twin(self, provider: str, mark: str, key: Secret) -> str:
        """The alias of a likely twin: a variable, or a key that cannot be read now. Refuses the key if it is there."""
        suspect = ""
        for entry in self._ledger.of(provider):
            if entry.fingerprint != mark:
                continue
            if entry.where is Where.ENVIRONMENT:
                suspect = entry.alias
                continue
            found = self._secrets.get(entry.id) or await self._read(entry)
            if found == key:
                raise KeyRefused(f"This key is there already, as {entry.alias}: use that one.")
            suspect = suspect if isinstance(found, Secret) or found is None else entry.alias
        return suspect

    def _kept(self, entry: KeyEntry, key: Secret) -> KeyEntry:
        self._secrets[entry.id] = key
        return self._ledger.put(replace(entry, where=Where.SESSION, state=KeyState.SESSION_ONLY))

    async def _stored(self, entry: KeyEntry, key: Secret) -> KeyEntry:
        """Row first, then the secret: whatever happens in between, no secret is left without a row that tells of it."""
        where = service(entry.provider, entry.id)
        row = replace(entry, where=Where.KEYRING, state=KeyState.UNVERIFIED)
        if not self._ledger.save(row):
            return self._kept(entry, key)
        try:
            trouble = await self._worker.call(
                lambda: self._vault.write(where, key), undo=lambda: self._vault.delete(where)
            )
        except asyncio.CancelledError:
            self._ledger.drop(row.id)
            raise
        if trouble is not None:
            self._ledger.drop(row.id)
            self._ledger.notice(f"The key {entry.alias} is kept for this session only. {trouble.reason}")
            return self._kept(entry, key)
        self._secrets[entry.id] = key
        return self._ledger.put(replace(row, state=KeyState.VERIFIED))

    async def _deleted(self, entry: KeyEntry) -> Secret | None:
        """The secret as it was, so that it can be restored. Out of reach for good: a notice."""
        where = service(entry.provider, entry.id)
        key = self._secrets.get(entry.id) or await self._read(entry)
        trouble = key if isinstance(key, Trouble) else await self._worker.call(lambda: self._vault.delete(where))
        if trouble is None:
            return key if isinstance(key, Secret) else None
        if trouble.state in (KeyState.LOCKED, KeyState.NOT_ANSWERING, KeyState.UNKNOWN):
            raise KeyUnavailable(trouble.reason, trouble.state)
        self._ledger.notice(f"The key {entry.alias} is off the list, but may still be in the system keyring.")
        return key if isinstance(key, Secret) else None
