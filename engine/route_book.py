"""Routes saved by name: one TOML file each in `<state>/routes`, the same that the command line reads."""

import re
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from engine import routes
from engine.core.request import Route
from engine.state import write_atomically

FOLDER, SUFFIX = "routes", ".toml"
LONGEST_NAME = 80  # characters; with the ending it fits every file system
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
# Names that Windows keeps for devices, with or without an ending.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")


class BookError(ValueError):
    """One sentence on what could not be done with a saved route, with the remedy."""


class Saved(Struct, frozen=True, kw_only=True):
    """One file of the book: its route, or in one sentence why it cannot be read."""

    name: str
    route: Route | None = None
    error: str = ""


class RouteBook:
    """The saved routes of one state directory. A route's name is its file's. What is deleted can be put back until the
    program ends. Every method that changes something raises BookError and leaves the files as they were."""

    def __init__(self, directory: Path) -> None:
        self.folder = directory / FOLDER
        self._deleted: dict[str, bytes] = {}

    def list(self) -> tuple[Saved, ...]:
        """Every saved route, by name. A damaged file is listed with its error, and is left alone."""
        if not self.folder.is_dir():
            return ()
        found = [path for path in self.folder.glob(f"*{SUFFIX}") if not path.name.startswith(".")]
        return tuple(self._saved(path) for path in sorted(found, key=lambda path: path.stem.casefold()))

    def _saved(self, path: Path) -> Saved:
        try:
            return Saved(name=path.stem, route=replace(routes.load(path), name=path.stem))
        except routes.RouteError as error:
            return Saved(name=path.stem, error=str(error))

    def load(self, name: str) -> Route:
        """The route of this name. Raises BookError."""
        saved = self._saved(self._existing(name))
        if saved.route is None:
            raise BookError(saved.error)
        return saved.route

    def save(self, route: Route) -> Route:
        """Writes the route under its name, and returns it as it will be read back. A damaged file of that name is not
        overwritten."""
        path = self._path(route.name)
        taken = self._same(route.name)
        if taken is not None and taken.name != path.name:
            raise BookError(
                f"There is a route {taken.stem!r}, which differs in its capitals only: choose another name."
            )
        if taken is not None and (saved := self._saved(taken)).route is None:
            raise BookError(f"{saved.error} It is not overwritten: mend or delete it, or save under another name.")
        kept = self._checked(route, path)
        self._write(path, routes.dump(kept).encode())
        self._deleted.pop(route.name, None)
        return kept

    def rename(self, name: str, new: str) -> Route:
        """Gives a route another name."""
        path, target, route = self._existing(name), self._path(new), self.load(name)
        taken = self._same(new)
        if taken is not None and taken.name != path.name:
            raise BookError(f"There is a route {taken.stem!r} already: choose another name.")
        renamed = self._checked(replace(route, name=new), target)
        self._write(target, routes.dump(renamed).encode())
        if path.name != target.name and not (target.exists() and path.exists() and path.samefile(target)):
            self._remove(path)
        elif path.name != target.name:
            path.rename(target)  # only the capitals differ, on a file system that does not tell them apart
        return renamed

    def duplicate(self, name: str) -> Route:
        """Saves a copy under a name that is free."""
        return self.save(replace(self.load(name), name=self.free_name(f"{name} copy")))

    def delete(self, name: str) -> None:
        """Removes a route, damaged or not; `restore` puts it back as it was."""
        path = self._existing(name)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise BookError(f"{path}: cannot be read ({error.strerror}), so it is not deleted.") from None
        self._remove(path)
        self._deleted[name] = data

    def restore(self, name: str) -> None:
        """Puts back what was deleted in this session."""
        if name not in self._deleted:
            raise BookError(f"No route {name!r} was deleted in this session.")
        if self._same(name) is not None:
            raise BookError(f"There is a route {name!r} again: rename it, then restore the old one.")
        self._write(self._path(name), self._deleted[name])
        del self._deleted[name]

    def export(self, name: str, target: Path) -> None:
        """Writes the route to a file that `streamover-cli ask --route` reads. It holds keys by name only."""
        self._write(target, routes.dump(self.load(name)).encode())

    def import_file(self, source: Path) -> Route:
        """Saves the route of a file under the file's name for it, or under one that is free."""
        try:
            route = routes.load(source)
        except routes.RouteError as error:
            raise BookError(str(error)) from None
        return self.save(replace(route, name=self.free_name(_as_file_name(route.name))))

    def free_name(self, wanted: str) -> str:
        """`wanted`, or with the first number behind it that is free."""
        name, number = wanted[:LONGEST_NAME].strip(" ."), 2
        while self._same(name) is not None:
            name, number = f"{wanted[: LONGEST_NAME - 4].strip(' .')} {number}", number + 1
        return name

    # Files

    def _path(self, name: str) -> Path:
        if (refusal := refused_name(name)) is not None:
            raise BookError(refusal)
        return self.folder / f"{name}{SUFFIX}"

    def _existing(self, name: str) -> Path:
        path = self._path(name)
        if not path.is_file():
            raise BookError(f"There is no saved route {name!r}.")
        return path

    def _same(self, name: str) -> Path | None:
        """The file of this name, whatever its capitals."""
        paths = self.folder.glob(f"*{SUFFIX}") if self.folder.is_dir() else ()
        return next((path for path in paths if path.stem.casefold() == name.casefold()), None)

    def _checked(self, route: Route, path: Path) -> Route:
        """The route as its file will be read; what cannot be read back is not written."""
        try:
            return replace(routes.parse(routes.dump(route), str(path), route.name), name=route.name)
        except routes.RouteError as error:
            raise BookError(f"The route cannot be saved. {error}") from None

    def _write(self, path: Path, data: bytes) -> None:
        try:
            write_atomically(path, data)
        except OSError as error:
            raise BookError(f"{path}: cannot be written ({error.strerror}). Check the folder and the space.") from None

    def _remove(self, path: Path) -> None:
        try:
            path.unlink()
        except OSError as error:
            raise BookError(f"{path}: cannot be removed ({error.strerror}). Close what has it open.") from None


def refused_name(name: str) -> str | None:
    """Why a route cannot have this name, in one sentence with the remedy; None where it can."""
    if not name.strip():
        return "A route needs a name: type one."
    if found := _FORBIDDEN.search(name):
        shown = found.group() if found.group().isprintable() else "a control character"
        return f"A route's name is a file's name too, so it cannot hold {shown}: leave that out."
    if name != name.strip(" .") or name.startswith("."):
        return "A route's name cannot begin or end with a space or a point: leave that out."
    if len(name) > LONGEST_NAME:
        return f"A route's name has {LONGEST_NAME} characters at most: shorten it."
    if _DEVICES.fullmatch(name):
        return f"Windows keeps the name {name} for a device: choose another."
    return None


def _as_file_name(name: str) -> str:
    """The name with what no file name may hold replaced."""
    plain = _FORBIDDEN.sub("-", name).strip(" .")[:LONGEST_NAME].strip(" .")
    return plain if plain and not _DEVICES.fullmatch(plain) else f"route {plain}".strip()
