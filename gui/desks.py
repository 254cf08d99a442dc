"""Every page with the desk that serves it: made in one place for the program, its demo and its pictures."""

import sqlite3

from engine.playground import Playground
from engine.settings import Settings
from gui.controller import Controller
from gui.history_desk import HistoryDesk
from gui.key_desk import KeyDesk
from gui.main_window import MainWindow
from gui.palette_desk import PaletteDesk
from gui.replay_desk import ReplayDesk
from gui.route_desk import RouteDesk
from gui.settings_desk import SettingsDesk
from gui.views.history import HistoryPage
from gui.views.keys import KeysPage
from gui.views.route_editor import RouteEditor
from gui.views.settings import SettingsPage


class Desks:
    """Puts the pages into the window. The playground is entered, and the controller has begun."""

    def __init__(self, playground: Playground, controller: Controller, window: MainWindow, chosen: Settings) -> None:
        self._controller = controller
        pages = {"keys": KeysPage(), "routes": RouteEditor(), "history": HistoryPage(), "settings": SettingsPage()}
        for name, page in pages.items():
            window.add_page(name, page)
        self.settings = SettingsDesk(playground, window, pages["settings"], chosen)
        self.keys = KeyDesk(playground, pages["keys"], window)
        self.routes = RouteDesk(playground, controller, pages["routes"], lambda name: self.settings.keep(route=name))
        self.replay = ReplayDesk(window, controller)
        self.history: HistoryDesk | None = None
        try:
            self.history = HistoryDesk(playground, controller, pages["history"], self.replay.show_replay)
        except sqlite3.Error as error:  # such as a build of SQLite without full-text search
            controller.notice.emit(f"The history cannot be searched here: {error}.")
        self.palette = PaletteDesk(window, self.routes, self.settings)
        window.page_shown.connect(self._refresh)
        if chosen.route:
            self.routes.use_named(chosen.route)

    def _refresh(self, page: str) -> None:
        if page == "routes":
            self.routes.refresh()
        elif page == "keys":
            self.keys.refresh()

    async def close(self) -> None:
        """Ends what the desks have under way."""
        await self.keys.close()
        if self.history is not None:
            await self.history.close()
