"""All shortcuts: found by name or by key, changed in place, and a taken key named before it is taken over."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from gui.drawing.fittings import Button, FindField, Text, Tick
from gui.models.shortcuts import Action, Bindings, shown
from gui.theme import theme
from gui.views.settings.shortcut_list import ShortcutList, ShortcutModel

HINT = "Enter changes the keys, Insert adds others, Delete takes them away, Ctrl+Backspace brings the defaults back."


class ShortcutsView(QWidget):
    """`changed` says the new Bindings. A key that another action has is asked for first, in the bar below."""

    changed = Signal(object)  # Bindings

    def __init__(self) -> None:
        super().__init__()
        self.bindings = Bindings()
        self._asked: tuple[Action, tuple[str, ...]] | None = None
        self.field = FindField("Find by name or keys", "Find a shortcut")
        self.switch = Tick("Shortcuts work")
        self.switch.setToolTip("Off: only those that belong to a view stay, such as the arrows in the timeline.")
        self.model = ShortcutModel(self)
        self.list = ShortcutList(self.model)
        self._bar = ConflictBar()
        self._hint = Text(HINT, "caption", token="muted", wraps=True)
        self._reset = Button("Reset all", flat=True)
        self._lay_out()
        self._connect()
        self.show_bindings(self.bindings)

    def _lay_out(self) -> None:
        head, column = QHBoxLayout(), QVBoxLayout(self)
        for part in (self.field, None, self.switch, self._reset):
            head.addStretch(1) if part is None else head.addWidget(part)
        self.field.setMinimumWidth(theme().px(240))
        head.setSpacing(theme().px(16))
        column.addLayout(head)
        column.addWidget(self.list, 1)
        column.addWidget(self._bar)
        column.addWidget(self._hint)
        column.setContentsMargins(0, 0, 0, 0)

    def _connect(self) -> None:
        self.field.textChanged.connect(self.model.find)
        self.field.into_results.connect(self._into_list)
        self.field.left.connect(self._into_list)
        self.switch.toggled.connect(lambda on: self._set(self.bindings.switched(on)))
        self.list.chosen.connect(self._chosen)
        self.list.said.connect(self._bar.say)
        self.list.reset_asked.connect(lambda action: self._set(self.bindings.reset(action)))
        self._bar.taken.connect(self._take)
        self._bar.left.connect(self._leave)
        self._reset.clicked.connect(lambda: self._set(Bindings({}, self.bindings.on, self.bindings.actions)))

    def show_bindings(self, bindings: Bindings) -> None:
        self.bindings = bindings
        self.switch.blockSignals(True)
        self.switch.setChecked(bindings.on)
        self.switch.blockSignals(False)
        self.model.show(bindings)
        self._reset.setEnabled(bool(bindings.chosen))

    def _into_list(self) -> None:
        self.list.setFocus()
        self.list.choose_first()

    def _set(self, bindings: Bindings) -> None:
        self._asked = None
        self._bar.say("")
        self.show_bindings(bindings)
        self.changed.emit(bindings)

    def _chosen(self, action: Action, keys: tuple[str, ...]) -> None:
        """Takes free keys at once; asks for those that are another's."""
        for key in keys:
            other = self.bindings.conflict(action, key)
            if other is not None and other.fixed:
                self._bar.say(f"{shown(key)} is “{other.title}” ({other.place.value}), and stays so. Choose another.")
                return
            if other is not None:
                self._asked = (action, keys)
                self._bar.ask(f"{shown(key)} is “{other.title}”. Give it to “{action.title}”?")
                return
        self._set(self.bindings.with_keys(action, keys))

    def _take(self) -> None:
        if self._asked is not None:
            self._set(self.bindings.with_keys(*self._asked))
        self.list.setFocus()

    def _leave(self) -> None:
        self._asked = None
        self._bar.say("")
        self.list.setFocus()


class ConflictBar(QWidget):
    taken = Signal()
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.text = Text("", "control", 500, "failed_transient", wraps=True)
        self.take, self.leave = Button("Give it", primary=True), Button("Leave it")
        self.take.clicked.connect(self.taken)
        self.leave.clicked.connect(self.left)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.text, 1)
        row.addWidget(self.take)
        row.addWidget(self.leave)
        self.say("")

    def say(self, words: str) -> None:
        """One sentence, or none."""
        self.text.setText(words)
        self.setVisible(bool(words))
        self.take.hide()
        self.leave.hide()

    def ask(self, words: str) -> None:
        self.say(words)
        self.take.show()
        self.leave.show()
        self.take.setFocus()
