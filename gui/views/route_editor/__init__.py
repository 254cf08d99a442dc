"""The route editor: the saved routes, the candidates of one in order, its policy, and what it will do at worst."""

from gui.views.route_editor.page import RouteEditor

__all__ = ["RouteEditor"]
