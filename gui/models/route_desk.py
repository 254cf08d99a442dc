"""The editor's desk: which routes there are, and the drafts of those that are being edited. No Qt, no files."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import replace as entry_with

from msgspec.structs import replace

from engine.core.request import Candidate, Route
from engine.route_bounds import resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteEntry:
    """One route of the list: saved, or built in, or with the sentence that says why its file cannot be read."""

    name: str
    route: Route | None = None
    error: str = ""
    built_in: bool = False


class Draft:
    """A route that is being edited, with its past. Values are immutable, so a step back is the value before."""

    def __init__(self, route: Route, *, saved: Route | None = None) -> None:
        self.saved = saved
        self._past: list[tuple[str, Route]] = []
        self._future: list[tuple[str, Route]] = []
        self._route = route

    @property
    def route(self) -> Route:
        return self._route

    @property
    def changed(self) -> bool:
        return self.saved is None or normal(self._route) != normal(self.saved)

    @property
    def last(self) -> str:
        """What the last step did, in words; empty where nothing can be taken back."""
        return self._past[-1][0] if self._past else ""

    def change(self, route: Route, did: str) -> bool:
        """Takes a step. The same step again and again (a number that is turned) is one. False where nothing changed."""
        if route == self._route:
            return False
        if not (self._past and self._past[-1][0] == did and did.startswith("Set ")):
            self._past.append((did, self._route))
        self._future.clear()
        self._route = route
        return True

    def undo(self) -> str:
        """Takes the last step back, and says which that was; empty where there was none."""
        return self._turn(self._past, self._future)

    def redo(self) -> str:
        return self._turn(self._future, self._past)

    def _turn(self, source: list[tuple[str, Route]], target: list[tuple[str, Route]]) -> str:
        if not source:
            return ""
        did, route = source.pop()
        target.append((did, self._route))
        self._route = route
        return did


class Desk:
    """The routes by name, as the editor shows them: what is saved, and over it what was changed."""

    def __init__(self) -> None:
        self.entries: tuple[RouteEntry, ...] = ()
        self.name = ""  # the route that is open
        self._drafts: dict[str, Draft] = {}

    # What there is

    def listed(self) -> list[RouteEntry]:
        """Every route as it stands on the desk: the saved ones first, in their order."""
        saved = {entry.name for entry in self.entries}
        now = [
            entry_with(entry, route=self._drafts[entry.name].route) if entry.name in self._drafts else entry
            for entry in self.entries
        ]
        return [*now, *(RouteEntry(name=n, route=d.route) for n, d in self._drafts.items() if n not in saved)]

    def changed(self, name: str) -> bool:
        """Whether the route has changes that are not saved."""
        return name in self._drafts and self._drafts[name].changed

    def entry(self, name: str) -> RouteEntry | None:
        """The saved or built-in route of this name."""
        return next((entry for entry in self.entries if entry.name == name), None)

    def draft(self) -> Draft | None:
        """The draft of the open route; a fresh one where it was not changed; None where it cannot be read."""
        entry = self.entry(self.name)
        if self.name not in self._drafts and entry is not None and entry.route is not None:
            return Draft(entry.route, saved=entry.route)
        return self._drafts.get(self.name)

    @property
    def route(self) -> Route | None:
        draft = self.draft()
        return draft.route if draft is not None else None

    def free(self, wanted: str) -> str:
        """`wanted`, or with the first number behind it that no route has."""
        taken, number, name = {entry.name.casefold() for entry in self.listed()}, 2, wanted
        while name.casefold() in taken:
            name, number = f"{wanted} {number}", number + 1
        return name

    def about(self) -> str:
        """How the open route stands, in a sentence."""
        entry, draft = self.entry(self.name), self.draft()
        if entry is not None and entry.built_in:
            return "Built in. A change makes a copy."
        if draft is None:
            return "Its file cannot be read." if entry is not None else ""
        return "Not saved yet." if entry is None else "Changed, not saved." if draft.changed else "Saved."

    # What becomes of it

    def show(self, entries: Sequence[RouteEntry]) -> None:
        """Takes the routes that there are now. Drafts with changes stay; the others follow what is saved."""
        before = {entry.name for entry in self.entries}
        self.entries = tuple(entries)
        for entry in self.entries:
            draft = self._drafts.get(entry.name)
            if draft is not None and entry.route is not None:
                own, draft.saved = draft.changed, entry.route
                if draft.changed and not own:  # it was changed elsewhere
                    self._drafts[entry.name] = Draft(entry.route, saved=entry.route)
        for gone in before - {entry.name for entry in self.entries}:
            if not self.changed(gone):
                self._drafts.pop(gone, None)
        self.settle()

    def settle(self) -> None:
        """Opens the first route where the open one is gone."""
        names = [entry.name for entry in self.listed()]
        if self.name not in names:
            self.name = next(iter(names), "")

    def begin(self, route: Route) -> None:
        """Opens a draft that is not saved, under its name or one that is free."""
        name = self.free(route.name)
        self._drafts[name] = Draft(replace(route, name=name))
        self.name = name

    def open(self, route: Route) -> None:
        """Opens this very route: the saved one of its name, with what differs as a change."""
        entry = self.entry(route.name)
        self.name = route.name
        if entry is None or entry.route != route:
            draft = self.draft() or Draft(route)
            draft.change(route, "Opened")
            self._drafts[route.name] = draft

    def change(self, route: Route, did: str) -> bool:
        """Takes a step in the open route. A change to a built-in one is one to a copy of it. False where nothing
        changed."""
        draft, entry = self.draft(), self.entry(self.name)
        if draft is None or draft.route == route:
            return False
        if entry is not None and entry.built_in:
            self.begin(replace(draft.route, name=f"{self.name} copy"))
            draft, route = self._drafts[self.name], replace(route, name=self.name)
        self._drafts[self.name] = draft
        return draft.change(route, did)

    def rename(self, old: str, new: str) -> bool:
        """Renames on the desk. True where a saved route must be renamed as well."""
        saved, draft = self.entry(old) is not None, self._drafts.pop(old, None)
        name = new if saved else self.free(new)
        if draft is not None and (draft.changed or not saved):
            self._drafts[name] = Draft(replace(draft.route, name=name))
        if self.name == old and not saved:
            self.name = name
        return saved

    def remove(self, name: str) -> Draft | None:
        """Takes the draft off the desk, and returns it."""
        draft = self._drafts.pop(name, None)
        self.settle()
        return draft

    def bring_back(self, name: str, draft: Draft) -> None:
        self._drafts[name] = draft
        self.name = name


# Changes to a route.


def normal(route: Route) -> Route:
    """The route as the catalogue completes it: what a file of it says when it is read back."""
    return replace(route, candidates=tuple(map(resolved, route.candidates)))


def moved(route: Route, place: int, to: int) -> Route:
    """The route with the candidate at `place` standing at `to` afterwards."""
    left = [*route.candidates]
    left.insert(to, left.pop(place))
    return replace(route, candidates=tuple(left))


def without(route: Route, place: int) -> Route:
    return replace(route, candidates=route.candidates[:place] + route.candidates[place + 1 :])


def with_candidate(route: Route, place: int, candidate: Candidate) -> Route:
    return replace(route, candidates=(*route.candidates[:place], candidate, *route.candidates[place + 1 :]))


def matrix(providers: Sequence[str], models: Sequence[str]) -> tuple[Candidate, ...]:
    """Every provider for the first model, then every provider for the next."""
    return tuple(Candidate(provider=provider, model=model) for model in models for provider in providers)
