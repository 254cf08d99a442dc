"""The history: every run, found, pinned, opened, exported and deleted with a way back."""

from gui.views.history.page import HistoryPage

__all__ = ["HistoryPage"]
