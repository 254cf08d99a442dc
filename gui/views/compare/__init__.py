"""The comparison: the same prompt along several routes, side by side."""

from gui.views.compare.page import ComparePage

__all__ = ["ComparePage"]
