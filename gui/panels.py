"""The pages of the window, as data: a page is one row here and one view."""

from gui.views.rail import Page

PAGES = (
    Page(name="chat", icon="chat", title="Chat and timeline", shortcut="Ctrl+1"),
    Page(name="scenarios", icon="grid", title="Scenarios", shortcut="Ctrl+2"),
)
