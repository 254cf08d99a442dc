"""The rows of the key list: those in the index, those of this session, and what is known of each just now."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from engine.keys.cleaning import KeyRefused
from engine.keys.entry import Index, KeyEntry, Where
from engine.keys.environment import from_environment
from engine.keys.secret import KeyState, KeyUnavailable, Secret

COLOURS = 8  # places in the palette


class Ledger:
    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self._index = Index(path)
        self._session: dict[str, KeyEntry] = {}
        self._troubles: dict[str, KeyState] = {}
        self._notices: list[str] = []
        self._environ = environ

    # What there is

    def all(self) -> tuple[KeyEntry, ...]:
        """Every entry with its present state, by provider and order."""
        rows = sorted(self._rows(), key=lambda entry: (entry.provider, entry.order, entry.created))
        return tuple(self._present(entry) for entry in rows)

    def of(self, provider: str) -> tuple[KeyEntry, ...]:
        return tuple(entry for entry in self.all() if entry.provider == provider)

    def entry(self, key_id: str) -> KeyEntry:
        """The entry as it is kept. Raises KeyUnavailable when it is not on the list."""
        for entry in self._rows():
            if entry.id == key_id:
                return entry
        raise KeyUnavailable("This key is not on the list any more: add it again.", KeyState.NOT_FOUND)

    def find(self, provider: str, alias: str, *, environment: bool) -> KeyEntry | None:
        """By alias, else by id."""
        rows = [e for e in self._rows() if e.provider == provider and (e.where is Where.ENVIRONMENT) is environment]
        named = [entry for entry in rows if entry.alias == alias]
        return next(iter(named or [entry for entry in rows if entry.id == alias]), None)

    def fingerprint(self, secret: Secret) -> str:
        self._rows()  # the salt stands in the file
        return self._index.fingerprint(secret)

    def fresh_alias(self, provider: str, alias: str) -> str:
        """The alias. Raises KeyRefused when another key of the provider has it."""
        if any(entry.alias == alias for entry in self.of(provider)):
            raise KeyRefused(f"There is a key {alias} for {provider} already: choose another name.")
        return alias

    def free_alias(self, provider: str, alias: str) -> str:
        """The alias, with a number behind it where another key has taken it."""
        taken = {entry.alias for entry in self.of(provider)}
        names = (alias, *(f"{alias} {n}" for n in range(2, len(taken) + 3)))
        return next(name for name in names if name not in taken)

    def free_colour(self) -> int:
        """The colour that the fewest keys have."""
        used = Counter(entry.colour for entry in self._rows())
        return min(range(COLOURS), key=lambda colour: (used[colour], colour))

    # Changing it

    def put(self, entry: KeyEntry) -> KeyEntry:
        """Keeps the entry, in place of one with its id. Where the file cannot be written, for the session."""
        if entry.where is Where.SESSION or not self.save(entry):
            self._session[entry.id] = entry
        return self._present(entry)

    def save(self, entry: KeyEntry) -> bool:
        """Writes the entry to the file; False, with a notice, where that fails."""
        others = [known for known in self._stored() if known.id != entry.id]
        saved = self._write((*others, entry))
        if saved:
            self._session.pop(entry.id, None)
        return saved

    def drop(self, key_id: str) -> None:
        self._session.pop(key_id, None)
        self._troubles.pop(key_id, None)
        rows = self._stored()
        left = tuple(entry for entry in rows if entry.id != key_id)
        if len(left) < len(rows):
            self._write(left)

    def trouble(self, key_id: str, state: KeyState | None) -> None:
        """What stands between us and a key just now; None: nothing."""
        if state is None:
            self._troubles.pop(key_id, None)
        else:
            self._troubles[key_id] = state

    def clear_troubles(self) -> None:
        self._troubles.clear()

    def notice(self, sentence: str) -> None:
        if sentence and sentence not in self._notices:
            self._notices.append(sentence)

    def take_notices(self) -> tuple[str, ...]:
        taken, self._notices = tuple(self._notices), []
        return taken

    # Within

    def _stored(self) -> tuple[KeyEntry, ...]:
        self.notice(self._index.refresh())
        return self._index.entries

    def _rows(self) -> list[KeyEntry]:
        stored = [entry for entry in self._stored() if entry.id not in self._session]
        return [*stored, *self._session.values()]

    def _write(self, entries: tuple[KeyEntry, ...]) -> bool:
        try:
            self._index.save(entries)
        except OSError as error:
            self.notice(f"The list of keys cannot be written ({type(error).__name__}): changes last until you quit.")
            return False
        return True

    def _present(self, entry: KeyEntry) -> KeyEntry:
        if not entry.enabled:
            return replace(entry, state=KeyState.DISABLED)
        if entry.where is Where.ENVIRONMENT:
            return self._from_environment(entry)
        return replace(entry, state=self._troubles.get(entry.id, entry.state))

    def _from_environment(self, entry: KeyEntry) -> KeyEntry:
        try:
            key = from_environment(entry.alias, self._environ)
        except KeyUnavailable as missing:
            return replace(entry, state=missing.state, fingerprint="")
        return replace(entry, fingerprint=self._index.fingerprint(key))
