"""The providers page: who can be asked, what runs on this machine, one's own providers, and the models of each."""

from gui.views.providers.page import ProvidersPage

__all__ = ["ProvidersPage"]
