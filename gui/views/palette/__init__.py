"""The command palette: one line to find any command, scenario, route or chat by."""

from gui.views.palette.overlay import Palette

__all__ = ["Palette"]
