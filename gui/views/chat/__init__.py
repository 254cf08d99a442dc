"""The chat: what was asked, what was answered, and what became of it on the way."""

from gui.views.chat.view import ChatView

__all__ = ["ChatView"]
