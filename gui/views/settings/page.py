"""The settings page: sections at the left, one of them at the right. What is chosen holds at once."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetrics, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QListWidget,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from gui.diagnostics import Fact, own_version
from gui.drawing.fittings import Choice, Line, Text, Tick, grounded
from gui.models.shortcuts import Bindings
from gui.theme import ZOOMS, Mode, theme
from gui.views.settings.sections import AboutSection, DataSection, DiagnosticsSection, Section
from gui.views.settings.shortcuts import ShortcutsView
from gui.views.settings.swatch import ThemeChooser

LANGUAGES = (("en", "English"),)
SEND_KEYS = ((False, "Enter sends, Shift+Enter makes a line"), (True, "Ctrl+Enter sends, Enter makes a line"))
WIDEST = 900


@dataclass(frozen=True, slots=True)
class Choices:
    """What the page lets choose. The names are those of the settings; `bindings` is stored as two of them."""

    theme: Mode = "system"
    zoom: float = 1.0
    send_with_control: bool = False
    reduced_motion: bool = False
    ghosts: bool = True
    language: str = "en"
    bindings: Bindings = field(default_factory=Bindings)


class SettingsPage(QWidget):
    """Says `changed(Choices)` for each choice. It changes nothing itself: the window does, and the theme follows."""

    changed = Signal(object)  # Choices
    open_data_requested = Signal()
    diagnostics_requested = Signal()  # fresh facts are wanted: answer with show_facts and show_data
    licence_requested = Signal(str)  # "MIT", or a file's name among the fonts

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices = Choices()
        self.shortcuts = ShortcutsView()
        self.data, self.diagnostics = DataSection(), DiagnosticsSection()
        self.about = AboutSection(own_version())
        self._make_controls()
        self._make_sections()
        self._lay_out()
        self._connect()
        theme().changed.connect(self._restyle)
        self._restyle()
        self.show_choices(self._choices)

    def _make_controls(self) -> None:
        self.themes = ThemeChooser()
        self.themes.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.zoom, self.send, self.language = Choice(), Choice(), Choice()
        for zoom in ZOOMS:
            self.zoom.addItem(f"{zoom * 100:.0f} %", zoom)
        for control, words in SEND_KEYS:
            self.send.addItem(words, control)
        for code, name in LANGUAGES:
            self.language.addItem(name, code)
        self.motion = Tick("Reduce motion")
        self.ghosts = Tick("Show text that was discarded")

    def _make_sections(self) -> None:
        looks = Section("Appearance")
        looks.row("Theme", self.themes, "System follows the light, dark and contrast settings of this computer.")
        looks.row("Size", self.zoom, "Ctrl and + or - change it everywhere.")
        looks.row("Motion", self.motion, "Nothing is drawn moving; clocks fall in whole seconds.")
        looks.row("Language", self.language, "English is what there is.")
        looks.end()
        chat = Section("Chat")
        chat.row("Send key", self.send)
        chat.row("Ghosts", self.ghosts, "What a failed attempt had shown stays above the answer, struck through.")
        chat.end()
        keys = Section("Shortcuts")
        keys.column.addWidget(self.shortcuts, 1)
        self._sections: dict[str, Section] = {
            "Appearance": looks, "Chat": chat, "Shortcuts": keys, "Data": self.data,
            "Diagnostics": self.diagnostics, "About": self.about,
        }  # fmt: skip

    def _lay_out(self) -> None:
        self.list, self._stack, self._title = QListWidget(), QStackedWidget(), Text("Settings", "reading", 600)
        self.list.setAccessibleName("Sections of the settings")
        self._hosts: list[QWidget] = []
        for name, section in self._sections.items():
            self.list.addItem(name)
            self._stack.addWidget(section if name == "Shortcuts" else self._scrolled(section))
        self._head, body, column = QHBoxLayout(), QHBoxLayout(), QVBoxLayout(self)
        self._head.addWidget(self._title)
        body.addWidget(self.list)
        body.addWidget(Line(upright=True))
        self._room = QHBoxLayout()
        self._room.addWidget(self._stack, 100)
        self._room.addStretch(1)
        body.addLayout(self._room, 1)
        column.addLayout(self._head)
        column.addWidget(Line())
        column.addLayout(body, 1)
        for layout in (body, column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        self.setFocusProxy(self.list)

    def _scrolled(self, section: Section) -> QScrollArea:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setWidget(section)
        self._hosts += [area.viewport(), section]
        return area

    def _connect(self) -> None:
        self.list.currentRowChanged.connect(self._turned)
        self.themes.group.buttonClicked.connect(lambda _: self._chosen(theme=self.themes.mode))
        self.zoom.activated.connect(lambda _: self._chosen(zoom=self.zoom.currentData()))
        self.send.activated.connect(lambda _: self._chosen(send_with_control=self.send.currentData()))
        self.language.activated.connect(lambda _: self._chosen(language=self.language.currentData()))
        self.motion.clicked.connect(lambda on: self._chosen(reduced_motion=on))
        self.ghosts.clicked.connect(lambda on: self._chosen(ghosts=on))
        self.shortcuts.changed.connect(lambda bindings: self._chosen(bindings=bindings))
        self.data.open_requested.connect(self.open_data_requested)
        self.diagnostics.refresh_requested.connect(self.diagnostics_requested)
        self.about.licence_requested.connect(self.licence_requested)

    # What is shown

    def show_choices(self, choices: Choices) -> None:
        """Shows what holds, and says nothing."""
        self._choices = choices
        self.themes.choose(choices.theme)
        _select(self.zoom, min(ZOOMS, key=lambda zoom: abs(zoom - choices.zoom)))
        _select(self.send, choices.send_with_control)
        _select(self.language, choices.language)
        self.motion.setChecked(choices.reduced_motion)
        self.ghosts.setChecked(choices.ghosts)
        self.shortcuts.show_bindings(choices.bindings)

    def show_section(self, name: str) -> None:
        """ "Appearance", "Chat", "Shortcuts", "Data", "Diagnostics" or "About". Raises KeyError for another."""
        self.list.setCurrentRow(list(self._sections).index(name) if name in self._sections else _no_section(name))
        (self.shortcuts.field if name == "Shortcuts" else self.list).setFocus()

    def show_facts(self, facts: Sequence[Fact]) -> None:
        self.diagnostics.show_facts(facts)

    def show_data(self, path: str, size: str) -> None:
        self.data.show_data(path, size)

    def _chosen(self, **what: object) -> None:
        choices = replace(self._choices, **what)  # pyright: ignore[reportArgumentType]: each call names one field
        if choices != self._choices:
            self._choices = choices
            self.changed.emit(choices)

    def _turned(self, row: int) -> None:
        self._stack.setCurrentIndex(row)
        if list(self._sections)[row] in ("Data", "Diagnostics"):
            self.diagnostics_requested.emit()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self.list.currentRow() < 0:
            self.list.setCurrentRow(0)
        else:
            self._turned(self.list.currentRow())

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self._head.setContentsMargins(px(24), px(12), px(24), px(12))
        self._room.setContentsMargins(px(32), px(24), px(24), px(16))
        self._stack.setMaximumWidth(px(WIDEST) + px(40))
        self.list.setFont(theme().font())
        wide = max(QFontMetrics(self.list.font()).horizontalAdvance(name) for name in self._sections)
        self.list.setFixedWidth(wide + px(72))
        self.list.setStyleSheet(
            f"QListWidget {{ background: {p.raised.name()}; border: none; padding: {px(12)}px {px(8)}px;"
            f" outline: none; }}"
            f" QListWidget::item {{ padding: {px(8)}px {px(12)}px; border-radius: {px(6)}px; color: {p.text.name()};"
            f" border: 1px solid transparent; }}"
            f" QListWidget::item:selected {{ background: {p.accent_tint.name()}; color: {p.accent.name()};"
            f" border-color: {p.tint_line.name()}; }}"
            f" QListWidget::item:selected:focus {{ border: 2px solid {p.accent.name()}; }}"
        )
        grounded(self)
        for host in self._hosts:
            host.setAutoFillBackground(False)


def _select(box: QComboBox, value: object) -> None:
    box.setCurrentIndex(max(0, box.findData(value)))


def _no_section(name: str) -> int:
    raise KeyError(f"There is no section {name!r} in the settings.")
