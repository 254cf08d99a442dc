"""Between the route editor and the files: what it asks for is done here, and told in one sentence where it fails."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from engine import prices
from engine.core.request import Candidate, Parameters, Route
from engine.driver import spawn
from engine.playground import Playground
from engine.prices import PriceError
from engine.route_book import BookError, RouteBook
from engine.route_bounds import Asked
from gui.controller import Controller
from gui.models.route_desk import RouteEntry
from gui.views.route_editor import RouteEditor

SMALL = "Local (small, may be wrong)"


class RouteDesk(QObject):
    """Keeps the editor's list in step with the book. `chosen` is told the name of the route in use."""

    def __init__(
        self, playground: Playground, controller: Controller, editor: RouteEditor, chosen: Callable[[str], None], *,
        small: bool,
    ) -> None:  # fmt: skip
        """`small`: whether the small model is here."""
        super().__init__(editor)
        self._small = small
        self._playground, self._controller, self._editor, self._chosen = playground, controller, editor, chosen
        self.book = RouteBook(playground.state)
        editor.route_saved.connect(self._done(lambda route: self.book.save(route)))
        editor.delete_requested.connect(self._done(self.book.delete))
        editor.restore_requested.connect(self._done(self.book.restore))
        editor.rename_requested.connect(self._done(self.book.rename))
        editor.import_requested.connect(self._done(lambda path: self.book.import_file(Path(path))))
        editor.export_requested.connect(self._done(lambda name, path: self.book.export(name, Path(path))))
        editor.route_used.connect(self.use)
        try:
            editor.show_prices(prices.load(playground.state))
        except PriceError as error:
            controller.notice.emit(str(error))
        self.refresh()

    def refresh(self) -> None:
        """Shows the routes that there are now, and the keys that they may name."""
        entries = [RouteEntry(name=name, route=route, built_in=True) for name, route in self.built_in().items()]
        entries += [RouteEntry(name=s.name, route=s.route, error=s.error) for s in self.book.list()]
        self._editor.show_routes(entries)
        spawn(self._show_keys(), "list the keys")

    def built_in(self) -> dict[str, Route]:
        """The routes that need no set-up: the lab's, and the small model's where it is installed."""
        routes = {"The first start": self._controller.built_in_route()}
        if self._small:
            small = Candidate(provider="local", model="smollm2-135m-instruct")
            routes[SMALL] = Route(name=SMALL, candidates=(small,))
        return routes

    def edit(self, route: Route) -> None:
        """Opens a route that is not saved yet."""
        self._editor.edit(route)

    def use(self, route: Route) -> None:
        """The prompts to come go along this route."""
        self._controller.set_route(route)
        self._editor.show_used(route.name)
        self._chosen(route.name)

    def use_named(self, name: str) -> None:
        """As `use`, by name; says so where there is none of that name any more."""
        try:
            self.use(self.built_in().get(name) or self.book.load(name))
        except BookError as error:
            self._controller.notice.emit(str(error))

    def show_parameters(self, parameters: Parameters) -> None:
        """Lets the linter know what the next prompt asks for."""
        self._editor.show_asked(Asked(parameters=parameters))

    async def _show_keys(self) -> None:
        self._editor.show_keys(await self._playground.keys.list())

    def _done(self, act: Callable[..., object]) -> Callable[..., None]:
        def carry_out(*arguments: object) -> None:
            try:
                act(*arguments)
            except (BookError, OSError) as error:
                self._editor.show_error(str(error))
            self.refresh()

        return carry_out
