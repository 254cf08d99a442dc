"""The parameters of the prompts to come: a drawer beside the chat, and its badge."""

from gui.views.parameters.drawer import ParametersDrawer

__all__ = ["ParametersDrawer"]
