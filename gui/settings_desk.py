"""Between the settings page and what it changes: the theme, the composer, the keys; and the file they are kept in."""

import asyncio
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QVBoxLayout

import resources
from engine import settings
from engine.driver import spawn
from engine.playground import Playground
from engine.settings import Settings
from gui import diagnostics
from gui.main_window import MainWindow
from gui.models.shortcuts import Bindings
from gui.theme import Mode, theme
from gui.views.settings import Choices, SettingsPage

MODES: tuple[Mode, ...] = ("system", "light", "dark", "hc-light", "hc-dark")
LOOP = "qasync on Qt's loop, one precise timer"


class SettingsDesk(QObject):
    """Holds the settings of this start; `save` writes them."""

    def __init__(self, playground: Playground, window: MainWindow, page: SettingsPage, chosen: Settings) -> None:
        super().__init__(page)
        self._playground, self._window, self._page = playground, window, page
        self.settings = chosen
        page.changed.connect(self.apply)
        page.open_data_requested.connect(self._open_data)
        page.diagnostics_requested.connect(lambda: spawn(self._tell(), "diagnostics"))
        page.licence_requested.connect(self._show_licence)
        theme().changed.connect(self._follow_theme)
        window.parameters.show_parameters(chosen.system_prompt, chosen.parameters)
        window.parameters.changed.connect(self._keep_parameters)
        self.apply(self._choices())

    def apply(self, choices: Choices) -> None:
        """What was chosen holds at once."""
        self.settings = replace(
            self.settings, theme=choices.theme, zoom=choices.zoom, send_with_control=choices.send_with_control,
            reduced_motion=choices.reduced_motion, ghosts=choices.ghosts, language=choices.language,
            shortcuts=choices.bindings.stored(), shortcuts_off=not choices.bindings.on,
        )  # fmt: skip
        if theme().mode != choices.theme:
            theme().set_mode(choices.theme)
        if theme().zoom != choices.zoom:
            theme().set_zoom(choices.zoom)
        if theme().reduced_motion != choices.reduced_motion:
            theme().set_reduced_motion(choices.reduced_motion)
        self._window.composer.set_send_with_control(choices.send_with_control)
        self._window.keys.apply(choices.bindings)
        self._page.show_choices(choices)
        self.save()

    def keep(self, **news: object) -> None:
        """Changes settings that the page does not show, and saves them."""
        self.settings = replace(self.settings, **news)
        self.save()

    def save(self) -> None:
        """Writes the settings; says so where they cannot be written."""
        try:
            settings.save(self._playground.state, self.settings)
        except OSError as error:
            sentence = f"{self._playground.state}: settings cannot be written ({error.strerror}). Free some space."
            self._window.status.show_notice(sentence)

    def _choices(self) -> Choices:
        s = self.settings
        modes: dict[str, Mode] = {mode: mode for mode in MODES}
        return Choices(
            theme=modes.get(s.theme, "system"), zoom=s.zoom, send_with_control=s.send_with_control,
            reduced_motion=s.reduced_motion, ghosts=s.ghosts, language=s.language,
            bindings=Bindings(s.shortcuts, not s.shortcuts_off),
        )  # fmt: skip

    def _follow_theme(self) -> None:
        """Ctrl + and - change the zoom without the page."""
        if (theme().zoom, theme().mode) != (self.settings.zoom, self.settings.theme):
            self.settings = replace(self.settings, zoom=theme().zoom, theme=theme().mode)
            self._page.show_choices(self._choices())
            self.save()

    def _keep_parameters(self) -> None:
        system, parameters = self._window.parameters.parameters()
        self.keep(system_prompt=system, parameters=parameters)

    async def _tell(self) -> None:
        state = self._playground.state
        backend = await self._playground.keys.backend()
        live = diagnostics.Live(keyring=backend.name if backend.accepted else f"refused: {backend.reason}", loop=LOOP)
        self._page.show_facts(diagnostics.facts(state, live))
        size = await asyncio.to_thread(diagnostics.size_of, state)
        self._page.show_data(str(state), diagnostics.in_units(size))

    def _open_data(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._playground.state)))

    def _show_licence(self, name: str) -> None:
        path = Path(__file__).resolve().parents[1] / "LICENSE"
        words = path.read_text("utf-8") if name == "MIT" and path.is_file() else "MIT License"
        dialog = QDialog(self._window)
        dialog.setWindowTitle(f"Licence: {name}")
        text = QPlainTextEdit(words if name == "MIT" else resources.text("fonts", name))
        text.setReadOnly(True)
        QVBoxLayout(dialog).addWidget(text)
        dialog.resize(640, 480)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
