"""What the command palette offers, and what each command does."""

from collections.abc import Callable

from PySide6.QtCore import QObject

from engine.lab.scenarios import SCENARIOS
from gui.main_window import MainWindow
from gui.models.palette import Command
from gui.models.shortcuts import ACTIONS, shown
from gui.route_desk import RouteDesk
from gui.settings_desk import SettingsDesk
from gui.views.palette import Palette


class PaletteDesk(QObject):
    """Opens the palette with what there is now: actions, scenarios, routes."""

    def __init__(self, window: MainWindow, routes: RouteDesk, chosen: SettingsDesk) -> None:
        super().__init__(window)
        self._window, self._routes, self._chosen = window, routes, chosen
        self._acts: dict[str, Callable[[], object]] = {}
        self.palette = Palette((), parent=window)
        self.palette.set_recent(chosen.settings.recent_commands)
        self.palette.chosen.connect(self.carry_out)
        window.route_bar.palette_requested.connect(self.open)
        window.keys.bind("palette", self.open)
        window.keys.apply(window.keys.bindings)

    def open(self) -> None:
        self._acts = {}
        commands = [*self._actions(), *self._scenarios(), *self._named_routes()]
        self.palette.set_commands(commands)
        self.palette.open()

    def carry_out(self, id_: str) -> None:
        """Does what the command of this id says; an id that is gone does nothing."""
        if (act := self._acts.get(id_)) is not None:
            act()
        self._chosen.keep(recent_commands=tuple(self.palette.recent))

    def _actions(self) -> list[Command]:
        commands: list[Command] = []
        for action in ACTIONS:
            if action.fixed or action.id == "palette" or not self._window.keys.bound(action.id):
                continue
            keys = self._window.keys.bindings.active(action)
            self._acts[action.id] = lambda id_=action.id: self._window.keys.run(id_)
            shortcut = shown(keys[0]) if keys else ""
            commands.append(Command(id=action.id, title=action.title, group=action.place.value, shortcut=shortcut))
        return commands

    def _scenarios(self) -> list[Command]:
        commands: list[Command] = []
        for name, scenario in SCENARIOS.items():
            self._acts[f"scenario.{name}"] = lambda name=name: self._window.play(name)
            title, words = f"Play: {scenario.title}", scenario.sentence
            commands.append(Command(id=f"scenario.{name}", title=title, group="Scenario", icon="bolt", words=words))
        return commands

    def _named_routes(self) -> list[Command]:
        names = [*self._routes.built_in(), *(saved.name for saved in self._routes.book.list() if saved.route)]
        for name in names:
            self._acts[f"route.{name}"] = lambda name=name: self._routes.use_named(name)
        return [Command(id=f"route.{n}", title=f"Use the route {n}", group="Route", icon="fallback") for n in names]
