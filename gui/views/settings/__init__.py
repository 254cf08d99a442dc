"""The settings: how it looks and listens, its keys, its data, and what a bug report needs."""

from gui.views.settings.page import Choices, SettingsPage

__all__ = ["Choices", "SettingsPage"]
