"""Every page with the desk that serves it: made in one place for the program, its demo and its pictures."""

import sqlite3

from engine import local
from engine.core.request import Candidate, Route
from engine.playground import Playground
from engine.settings import Settings
from gui.compare_desk import CompareDesk
from gui.controller import Controller
from gui.history_desk import HistoryDesk
from gui.key_desk import KeyDesk
from gui.main_window import MainWindow
from gui.palette_desk import PaletteDesk
from gui.provider_desk import ProviderDesk
from gui.replay_desk import ReplayDesk
from gui.route_desk import RouteDesk
from gui.settings_desk import SettingsDesk
from gui.views.compare import ComparePage
from gui.views.history import HistoryPage
from gui.views.keys import KeysPage
from gui.views.providers import ProvidersPage
from gui.views.route_editor import RouteEditor
from gui.views.settings import SettingsPage


class Desks:
    """Puts the pages into the window. The playground is entered, and the controller has begun."""

    def __init__(
        self, playground: Playground, controller: Controller, window: MainWindow, chosen: Settings, *,
        small: bool | None = None,
    ) -> None:  # fmt: skip
        """`small` says whether the small model is here; None looks for it."""
        self._window = window
        keys, routes, history, options = KeysPage(), RouteEditor(), HistoryPage(), SettingsPage()
        providers = ProvidersPage()
        for name, page in (
            ("keys", keys), ("routes", routes), ("history", history), ("providers", providers), ("settings", options),
        ):  # fmt: skip
            window.add_page(name, page)
        self.settings = SettingsDesk(playground, window, options, chosen)
        self.keys = KeyDesk(playground, keys, window)
        self.providers = ProviderDesk(playground, providers, window)
        self.routes = RouteDesk(
            playground,
            controller,
            routes,
            lambda name: self.settings.keep(route=name),
            small=local.available() if small is None else small,
        )
        self.replay = ReplayDesk(window, controller)
        compare = ComparePage()
        window.add_page("compare", compare)
        self.compare = CompareDesk(playground, compare)
        self.compare.begin()
        self.history: HistoryDesk | None = None
        try:
            self.history = HistoryDesk(playground, controller, history, self.replay.show_replay)
        except sqlite3.Error as error:  # such as a build of SQLite without full-text search
            controller.notice.emit(f"The history cannot be searched here: {error}.")
        self.palette = PaletteDesk(window, self.routes, self.settings)
        window.page_shown.connect(self._refresh)
        self.providers.candidate_made.connect(self._edit_candidate)
        if chosen.route:
            self.routes.use_named(chosen.route)

    def _refresh(self, page: str) -> None:
        if page == "routes":
            self.routes.refresh()
        elif page == "keys":
            self.keys.refresh()
        elif page == "providers":
            self.providers.refresh()
        elif page == "compare":
            saved = (entry.route for entry in self.routes.book.list())
            routes = (*self.routes.built_in().values(), *(route for route in saved if route is not None))
            self.compare.set_routes(routes)

    def _edit_candidate(self, candidate: Candidate) -> None:
        """A candidate that the providers page made becomes a route of one, to be gone on with."""
        self._window.show_page("routes")
        self.routes.edit(Route(name=self.routes.book.free_name(candidate.label), candidates=(candidate,)))

    async def close(self) -> None:
        """Ends what the desks have under way."""
        await self.keys.close()
        await self.providers.close()
        await self.compare.close()
        if self.history is not None:
            await self.history.close()
