"""The scenario gallery: what can go wrong, as cards that run."""

from gui.views.gallery.page import Gallery

__all__ = ["Gallery"]
