"""The keys page: which keys there are, what each can do now and why, and how to add, check and remove them."""

from gui.views.keys.page import KeysPage

__all__ = ["KeysPage"]
