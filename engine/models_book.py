"""The lists of models that were fetched, one file for each provider, with their dates; and the starred ones."""

import hashlib
import re
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine.core.request import Candidate
from engine.models_read import ModelInfo
from engine.providers.catalog import PROVIDERS
from engine.state import set_aside, write_atomically

FOLDER = "models"
PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")


class Shelf(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of one provider's models. `fetched` is a Unix time, None where the list never was; `starred` names
    models, also such as the newest list no longer has."""

    provider: str
    fetched: float | None = None
    base_url: str = ""
    models: tuple[ModelInfo, ...] = ()
    starred: tuple[str, ...] = ()

    def info(self, model: str) -> ModelInfo | None:
        return next((known for known in self.models if known.name == model), None)


def usual(shelf: Shelf) -> Candidate | None:
    """What of this provider is asked where nobody says: its usual model, a starred one, or the first of its list. None
    where no model is known."""
    row = PROVIDERS.get(shelf.provider)
    names = (row.model if row is not None else "", *shelf.starred, *(info.name for info in shelf.models))
    model = next(filter(None, names), "")
    return Candidate(provider=shelf.provider, model=model, base_url=shelf.base_url or None) if model else None


class ModelsBook:
    """The lists of one state directory. `notices` gathers sentences, such as that a damaged file was set aside."""

    def __init__(self, directory: Path) -> None:
        self._folder = directory / FOLDER
        self.notices: list[str] = []

    def shelf(self, provider: str) -> Shelf:
        """What is known; empty where nothing is."""
        path = self._path(provider)
        try:
            shelf = msgspec.json.decode(path.read_bytes(), type=Shelf)
        except FileNotFoundError:
            return Shelf(provider=provider)
        except OSError as error:
            self.notices.append(f"{path}: cannot be read ({error.strerror}). Fetch the models again.")
            return Shelf(provider=provider)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return self._damaged(path, provider)
        return shelf if shelf.provider == provider else Shelf(provider=provider)

    def keep(self, provider: str, models: tuple[ModelInfo, ...], *, fetched: float, base_url: str = "") -> Shelf:
        """Replaces the list; stars stay. Raises OSError."""
        shelf = self.shelf(provider)
        return self._write(replace(shelf, models=models, fetched=fetched, base_url=base_url))

    def star(self, provider: str, model: str, on: bool = True) -> Shelf:
        """Stars a model, or takes its star. Raises OSError."""
        shelf = self.shelf(provider)
        others = tuple(name for name in shelf.starred if name != model)
        return self._write(replace(shelf, starred=(*others, model) if on else others))

    def _damaged(self, path: Path, provider: str) -> Shelf:
        try:
            kept = set_aside(path).name
            self.notices.append(f"{path} was damaged: it is kept as {kept}. Fetch the models again.")
        except OSError as error:
            self.notices.append(f"{path} is damaged and cannot be moved ({error.strerror}). Check the folder.")
        return Shelf(provider=provider)

    def _write(self, shelf: Shelf) -> Shelf:
        write_atomically(self._path(shelf.provider), msgspec.json.encode(shelf))
        return shelf

    def _path(self, provider: str) -> Path:
        """A name that no file may have is replaced by its digest."""
        plain = PLAIN.fullmatch(provider) is not None
        name = provider if plain else "-" + hashlib.sha256(provider.encode()).hexdigest()[:24]
        return self._folder / f"{name}.json"
