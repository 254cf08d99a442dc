"""The pages of the window, as data: a page is one row here and one view. Their keys stand in `gui.models.shortcuts`."""

from gui.views.rail import Page

PAGES = (
    Page(name="chat", icon="chat", title="Chat and timeline", shortcut="Ctrl+1"),
    Page(name="scenarios", icon="grid", title="Scenarios", shortcut="Ctrl+2"),
    Page(name="keys", icon="key", title="Keys", shortcut="Ctrl+3"),
    Page(name="compare", icon="columns", title="Compare", shortcut="Ctrl+4"),
    Page(name="history", icon="clock", title="History", shortcut="Ctrl+5"),
    Page(name="routes", icon="fallback", title="Routes", shortcut="Ctrl+6"),
    Page(name="providers", icon="link", title="Providers", shortcut="Ctrl+7"),
    Page(name="settings", icon="settings", title="Settings", shortcut="Ctrl+,", bottom=True),
)
