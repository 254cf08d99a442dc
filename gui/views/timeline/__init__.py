"""The live timeline of attempts."""

from gui.views.timeline.view import TimelineView

__all__ = ["TimelineView"]
