"""The theme: which palette holds, the type scale, the spacing, the zoom, and the application's style sheet."""

import logging
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QFont, QFontDatabase, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

import resources
from gui.style import style_sheet
from gui.tokens import FAULT_LOOKS, LOOKS, PALETTES, FaultLook, Look, Palette, Pattern, State

__all__ = [
    "FAULT_LOOKS", "LOOKS", "PALETTES", "SPACING", "TYPE", "FaultLook", "Look", "Palette", "Pattern", "State", "Theme",
    "theme",
]  # fmt: skip

log = logging.getLogger(__name__)

Mode = Literal["system", "light", "dark", "hc-light", "hc-dark"]
Size = Literal["caption", "control", "reading", "title", "figure"]

SANS, MONO = "Inter", "JetBrains Mono"
TYPE: dict[Size, int] = {"caption": 11, "control": 13, "reading": 15, "title": 20, "figure": 28}  # at zoom 1
LINE: dict[Size, int] = {"caption": 16, "control": 20, "reading": 24, "title": 28, "figure": 36}
SPACING = (4, 8, 12, 16, 24, 32, 48, 56, 64)
ZOOMS = (0.75, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5)


class Theme(QObject):
    """What every view asks for a colour, a font or a length. `changed` says that any of them may be new."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._mode: Mode = "system"
        self._zoom = 1.0
        self._app: QApplication | None = None
        self._palette = PALETTES[self._name()]
        self.reduced_motion = False
        hints = QGuiApplication.styleHints()
        hints.colorSchemeChanged.connect(self._refresh)
        if hasattr(hints, "accessibility"):  # Qt 6.10
            hints.accessibility().contrastPreferenceChanged.connect(self._refresh)

    @property
    def palette(self) -> Palette:
        return self._palette

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def zoom(self) -> float:
        """The factor on every font and length: 1 at first, 2 for presenting."""
        return self._zoom

    def set_mode(self, mode: Mode) -> None:
        """Follows the system's colour scheme and contrast, or holds one of the four themes."""
        self._mode = mode
        scheme = {"system": Qt.ColorScheme.Unknown}.get(
            mode, Qt.ColorScheme.Dark if mode.endswith("dark") else Qt.ColorScheme.Light
        )
        QGuiApplication.styleHints().setColorScheme(scheme)  # for the title bar and the system's own dialogs
        self._refresh()

    def set_zoom(self, factor: float) -> None:
        """Scales fonts and lengths, between 0.75 and 2.5."""
        self._zoom = min(max(factor, ZOOMS[0]), ZOOMS[-1])
        self._refresh()

    def zoom_in(self) -> None:
        self.set_zoom(next((z for z in ZOOMS if z > self._zoom + 0.01), ZOOMS[-1]))

    def zoom_out(self) -> None:
        self.set_zoom(next((z for z in reversed(ZOOMS) if z < self._zoom - 0.01), ZOOMS[0]))

    def set_reduced_motion(self, on: bool) -> None:
        self.reduced_motion = on
        self.changed.emit()

    def px(self, length: float) -> int:
        """A length of the design in logical pixels, at the zoom."""
        return round(length * self._zoom)

    def font(
        self, size: Size | float = "control", weight: int = 400, *, mono: bool = False, zoomed: bool = True
    ) -> QFont:
        """A font of the type scale, with tabular figures. Weights are 400, 500 and 600; the mono font has 400. A view
        that scales its painter asks for fonts that are not `zoomed`."""
        length = TYPE[size] if isinstance(size, str) else size
        font = QFont(MONO if mono else SANS)
        font.setPixelSize(max(1, round(length * (self._zoom if zoomed else 1.0))))
        font.setWeight(QFont.Weight(weight))
        font.setStyleHint(QFont.StyleHint.Monospace if mono else QFont.StyleHint.SansSerif)
        font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
        if not mono:
            font.setFeature(QFont.Tag("tnum"), 1)
        return font

    def line(self, size: Size = "control") -> int:
        """The height of a line of the type scale, in logical pixels."""
        return self.px(LINE[size])

    def apply(self, app: QApplication) -> None:
        """Gives the application the fonts, the Fusion style, the palette and the style sheet, and keeps them."""
        self._app = app
        load_fonts()
        app.setStyle("Fusion")
        self._dress(app)

    def _dress(self, app: QApplication) -> None:
        app.setFont(self.font())
        app.setPalette(_qt_palette(self._palette))
        app.setStyleSheet(style_sheet(self._palette, self.px))

    def _refresh(self) -> None:
        self._palette = PALETTES[self._name()]
        if self._app is not None:
            self._dress(self._app)
        self.changed.emit()

    def _name(self) -> str:
        if self._mode != "system":
            return self._mode
        hints = QGuiApplication.styleHints()
        name = "dark" if hints.colorScheme() == Qt.ColorScheme.Dark else "light"
        if hasattr(hints, "accessibility"):
            strong = hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast
            return f"hc-{name}" if strong else name
        return name


def load_fonts() -> None:
    """Makes the bundled fonts known, once. A bundle without them falls back to the system's."""
    if SANS in QFontDatabase.families() and MONO in QFontDatabase.families():
        return
    for name in resources.names("fonts"):
        if (
            name.endswith((".otf", ".ttf"))
            and QFontDatabase.addApplicationFontFromData(resources.data("fonts", name)) < 0
        ):
            log.warning("The bundled font %s could not be loaded; a system font takes its place.", name)


def _qt_palette(colours: Palette) -> QPalette:
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    made = QPalette()
    for target, colour in {
        role.Window: colours.surface, role.Base: colours.surface, role.AlternateBase: colours.raised,
        role.WindowText: colours.text, role.Text: colours.text, role.ButtonText: colours.text,
        role.Button: colours.surface, role.ToolTipBase: colours.surface, role.ToolTipText: colours.text,
        role.PlaceholderText: colours.muted, role.Highlight: colours.accent, role.Accent: colours.accent,
        role.HighlightedText: colours.on_accent, role.Link: colours.accent, role.LinkVisited: colours.accent,
        role.BrightText: colours.accent, role.Light: colours.raised, role.Midlight: colours.line,
        role.Mid: colours.line, role.Dark: colours.line_strong, role.Shadow: colours.line_strong,
    }.items():  # fmt: skip
        made.setColor(target, colour)
    for target in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(group.Disabled, target, colours.skipped)
    return made


_theme: Theme | None = None


def theme() -> Theme:
    """The one theme of the application; made at the first call, which needs a QApplication."""
    global _theme
    if _theme is None:
        _theme = Theme(QApplication.instance())
    return _theme
