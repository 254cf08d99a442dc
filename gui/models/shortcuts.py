"""Every action that a key reaches, as data; which keys it has now; and the binding of those keys to what they do.

Keys are written as Qt writes them portably ("Ctrl+K"); Ctrl is Cmd on macOS. Stored is only what differs from the
defaults, so that a later default reaches everybody who has not chosen otherwise.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from PySide6.QtCore import QKeyCombination, QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget


class Place(StrEnum):
    """Where an action's keys hold. The value is the heading under which it is listed."""

    WINDOW = "Everywhere"
    CHAT = "Chat"
    TIMELINE = "Timeline"
    HISTORY = "History"
    KEYS = "Keys"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """`keys` are the defaults. A `fixed` action's keys belong to its view: they are listed, and cannot be changed."""

    id: str
    title: str
    keys: tuple[str, ...] = ()
    place: Place = Place.WINDOW
    fixed: bool = False


def _fixed(place: Place, id_: str, title: str, *keys: str) -> Action:
    return Action(id=id_, title=title, keys=keys, place=place, fixed=True)


ACTIONS: tuple[Action, ...] = (
    Action(id="palette", title="Command palette", keys=("Ctrl+K", "Ctrl+Shift+P")),
    Action(id="shortcuts", title="Keyboard shortcuts", keys=("F1", "Ctrl+?")),
    Action(id="settings", title="Settings", keys=("Ctrl+,",)),
    Action(id="chat.new", title="New chat", keys=("Ctrl+N",)),
    Action(id="open", title="Open a recorded run", keys=("Ctrl+O",)),
    Action(id="export", title="Export this chat", keys=("Ctrl+S",)),
    Action(id="page.chat", title="Go to the chat", keys=("Ctrl+1",)),
    Action(id="page.scenarios", title="Go to the scenarios", keys=("Ctrl+2",)),
    Action(id="page.keys", title="Go to the keys", keys=("Ctrl+3",)),
    Action(id="page.compare", title="Go to the comparison", keys=("Ctrl+4",)),
    Action(id="page.history", title="Go to the history", keys=("Ctrl+5", "Ctrl+H")),
    Action(id="page.routes", title="Go to the routes", keys=("Ctrl+6",)),
    Action(id="page.providers", title="Go to the providers", keys=("Ctrl+7",)),
    Action(id="zoom.in", title="Larger", keys=("Ctrl++", "Ctrl+=")),
    Action(id="zoom.out", title="Smaller", keys=("Ctrl+-",)),
    Action(id="zoom.reset", title="Usual size", keys=("Ctrl+0",)),
    Action(id="theme.next", title="Light or dark"),
    Action(id="full-screen", title="Full screen", keys=("F11",)),
    Action(id="presenter", title="Presenter mode", keys=("F5",)),
    Action(id="quit", title="Quit", keys=("Ctrl+Q",)),
    Action(id="chat.parameters", title="Parameters and system prompt", keys=("Ctrl+Shift+M",), place=Place.CHAT),
    Action(id="chat.prompt", title="Write a prompt", keys=("Ctrl+L",), place=Place.CHAT),
    Action(id="chat.scenario", title="Run a scenario", keys=("Ctrl+Shift+R",), place=Place.CHAT),
    Action(id="chat.regenerate", title="Ask the last prompt again", keys=("Ctrl+R",), place=Place.CHAT),
    Action(id="chat.skip", title="Ask the next candidate now", keys=("Ctrl+J",), place=Place.CHAT),
    Action(id="chat.copy", title="Copy the last answer", keys=("Ctrl+Shift+C",), place=Place.CHAT),
    Action(id="chat.details", title="Details of the run", keys=("Ctrl+D",), place=Place.CHAT),
    _fixed(Place.CHAT, "chat.find", "Find in the chat", "Ctrl+F"),
    _fixed(Place.CHAT, "chat.stop", "Stop, or close what is open", "Esc"),
    _fixed(Place.CHAT, "chat.last", "Edit the last prompt, from an empty line", "Up"),
    _fixed(Place.TIMELINE, "timeline.step", "Previous and next attempt", ",", "."),
    _fixed(Place.TIMELINE, "timeline.lane", "Lane above and below", "Up", "Down"),
    _fixed(Place.TIMELINE, "timeline.zoom", "Zoom in and out", "W", "S"),
    _fixed(Place.TIMELINE, "timeline.pan", "Earlier and later", "A", "D"),
    _fixed(Place.TIMELINE, "timeline.fit", "Fit the whole run", "F"),
    _fixed(Place.TIMELINE, "timeline.area", "Zoom to the chosen area", "R"),
    _fixed(Place.TIMELINE, "timeline.table", "As a table", "T"),
    _fixed(Place.TIMELINE, "timeline.find", "Filter", "/"),
    _fixed(Place.TIMELINE, "timeline.follow", "Follow now", "End"),
    _fixed(Place.TIMELINE, "timeline.folds", "Open and close long waits", "Space"),
    _fixed(Place.TIMELINE, "timeline.open", "Details of the attempt", "Return"),
    _fixed(Place.HISTORY, "history.find", "Find in the history", "Ctrl+F"),
    _fixed(Place.HISTORY, "history.open", "Open the run", "Return"),
    _fixed(Place.HISTORY, "history.pin", "Pin or unpin", "P"),
    _fixed(Place.HISTORY, "history.delete", "Delete", "Del"),
    _fixed(Place.HISTORY, "history.undo", "Undo the deletion", "Ctrl+Z"),
    _fixed(Place.KEYS, "keys.add", "Add a key", "Ins"),
    _fixed(Place.KEYS, "keys.move", "Move the key up and down", "Ctrl+Up", "Ctrl+Down"),
    _fixed(Place.KEYS, "keys.rename", "Rename the key", "F2"),
    _fixed(Place.KEYS, "keys.toggle", "Bench it, or put it back", "Space"),
)

Stored = dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Bindings:
    """Which keys each action has. `chosen` is what differs from the defaults; `on` False switches all off that can be
    changed. An action or a key that this version does not know is kept in `chosen`, and has no effect."""

    chosen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    on: bool = True
    actions: tuple[Action, ...] = ACTIONS

    def keys(self, action: Action) -> tuple[str, ...]:
        """The keys as chosen, whether shortcuts are on or not."""
        return action.keys if action.fixed else tuple(self.chosen.get(action.id, action.keys))

    def active(self, action: Action) -> tuple[str, ...]:
        """The keys that work now."""
        return self.keys(action) if self.on or action.fixed else ()

    def changed(self, action: Action) -> bool:
        return self.keys(action) != action.keys

    def action(self, id_: str) -> Action:
        """Raises KeyError."""
        return next((action for action in self.actions if action.id == id_), None) or _unknown(id_)

    def conflict(self, action: Action, keys: str) -> Action | None:
        """The other action that has `keys` where `action` would want them."""
        for other in self.actions:
            if other.id != action.id and keys in self.keys(other) and _meet(action.place, other.place):
                return other
        return None

    def with_keys(self, action: Action, keys: tuple[str, ...]) -> "Bindings":
        """The action has these keys, and others have lost them. Ask `conflict` first where that matters."""
        chosen = dict(self.chosen)
        for key in keys:
            if (other := self.conflict(action, key)) is not None and not other.fixed:
                chosen[other.id] = tuple(k for k in self.keys(other) if k != key)
        chosen[action.id] = keys
        kept = {id_: k for id_, k in chosen.items() if not self._is_default(id_, k)}
        return Bindings(kept, self.on, self.actions)

    def reset(self, action: Action) -> "Bindings":
        """The defaults of one action; what has taken them since gives them back."""
        return self.with_keys(action, action.keys)

    def switched(self, on: bool) -> "Bindings":
        return Bindings(self.chosen, on, self.actions)

    def stored(self) -> Stored:
        """For the settings."""
        return dict(self.chosen)

    def _is_default(self, id_: str, keys: tuple[str, ...]) -> bool:
        return any(action.id == id_ and action.keys == keys for action in self.actions)


def _unknown(id_: str) -> Action:
    raise KeyError(f"There is no action {id_!r}: add a row to ACTIONS.")


def _meet(one: Place, other: Place) -> bool:
    """Whether keys of two places could both be meant."""
    return one is other or Place.WINDOW in (one, other)


def portable(keys: QKeySequence) -> str:
    """One combination as it is stored; empty for none."""
    return keys.toString(QKeySequence.SequenceFormat.PortableText)


def shown(keys: str) -> str:
    """As this platform writes it: "Ctrl+K", "⌘K"."""
    return QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)


def refusal(pressed: QKeyCombination) -> str:
    """Why these keys cannot reach an action, in a sentence; empty where they can. A key that types, or by which one
    moves or leaves, would be lost to the prompt."""
    word = QKeySequence(pressed).toString(QKeySequence.SequenceFormat.NativeText)
    held = pressed.keyboardModifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    function = Qt.Key.Key_F1 <= pressed.key() <= Qt.Key.Key_F35
    if held == Qt.KeyboardModifier.NoModifier and not function:
        return f"{word} is needed for writing and moving. Add Ctrl or Alt."
    if pressed.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and held == Qt.KeyboardModifier.ControlModifier:
        return f"{word} may send a prompt. Choose another."
    return ""


class Binder(QObject):
    """Holds a QShortcut for each key of each bound action, and makes them anew when the bindings change."""

    def __init__(self, parent: QWidget, bindings: Bindings) -> None:
        super().__init__(parent)
        self._widget = parent
        self._acts: dict[str, tuple[QWidget, Callable[[], object]]] = {}
        self._shortcuts: list[QShortcut] = []
        self.bindings = bindings

    def bind(self, id_: str, act: Callable[[], object], within: QWidget | None = None) -> None:
        """Lets the action's keys call `act`: anywhere in the window, or only `within` a widget. Raises KeyError for an
        action that is not in the registry. `apply` makes it work."""
        self.bindings.action(id_)
        self._acts[id_] = (within or self._widget, act)

    def run(self, id_: str) -> None:
        """Does what the action's keys would do; raises KeyError where nothing is bound."""
        self._acts[id_][1]()

    def bound(self, id_: str) -> bool:
        return id_ in self._acts

    def apply(self, bindings: Bindings | None = None) -> None:
        """Gives every bound action its keys."""
        self.bindings = bindings or self.bindings
        for shortcut in self._shortcuts:
            shortcut.setEnabled(False)
            shortcut.deleteLater()
        self._shortcuts = [
            self._shortcut(key, widget, act)
            for id_, (widget, act) in self._acts.items()
            for key in self.bindings.active(self.bindings.action(id_))
        ]

    def _shortcut(self, key: str, widget: QWidget, act: Callable[[], object]) -> QShortcut:
        everywhere = widget is self._widget
        context = Qt.ShortcutContext
        made = QShortcut(QKeySequence(key), widget)
        made.setContext(context.WindowShortcut if everywhere else context.WidgetWithChildrenShortcut)
        made.activated.connect(lambda: act())
        return made
