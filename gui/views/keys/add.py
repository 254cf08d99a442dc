"""The panel for adding keys: pasting one, or importing those that the environment holds."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.keys import FoundKey, Where, mask
from engine.providers.catalog import PROVIDERS
from gui.drawing.fittings import Button, Choice, Line, Text, Tick
from gui.icons import icon
from gui.models.keys import KeyRow, guess_provider, problems_of, refusal_of, suggested_alias
from gui.theme import theme
from gui.views.keys.secret import SHOWN


class AddPanel(QScrollArea):
    """What is pasted stays in the one field, as dots, and is forgotten when the panel closes."""

    added = Signal(str, str, str, bool)  # provider, alias, the pasted text, for this session only
    imported = Signal(list)  # FoundKey
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Add a key")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._rows: tuple[KeyRow, ...] = ()
        self._chosen_by_hand = self._named_by_hand = False
        self._field = PasteField()
        self._provider = Choice()
        for provider in PROVIDERS.values():
            self._provider.addItem(provider.label, provider.name)
        self._guessed = Text(size="caption", token="muted")
        self._alias = QLineEdit(maxLength=64)
        self._session = Tick("Keep for this session only")
        self._problems = Text(token="failed_transient", wraps=True)
        self._add = Button("Add key", primary=True)
        self._cancel = Button("Cancel", flat=True)
        self.found = FoundList()
        self._name_parts()
        self._connect()
        self._lay_out()
        theme().changed.connect(self._restyle)
        self._restyle()
        self._judge()

    def _name_parts(self) -> None:
        self._provider.setAccessibleName("Provider")
        self._alias.setAccessibleName("Name of the key")
        self._alias.setPlaceholderText("work")
        self._problems.setAccessibleName("Problems")
        self._session.setToolTip("The key is not written to the system keyring, and is gone when you quit.")

    def _connect(self) -> None:
        self._field.changed.connect(self._pasted)
        self._field.entered.connect(self._submit)
        self._alias.returnPressed.connect(self._submit)
        self._provider.activated.connect(self._provider_chosen)
        self._provider.currentIndexChanged.connect(self._provider_changed)
        self._alias.textEdited.connect(self._alias_typed)
        self._add.clicked.connect(self._submit)
        self._cancel.clicked.connect(self.closed)
        self.found.chosen.connect(self.imported)
        here = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence("Esc"), self, self.closed.emit, context=here)

    def _lay_out(self) -> None:
        page = QWidget()
        page.setObjectName("add")
        self._column = QVBoxLayout(page)
        buttons = QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._cancel)
        buttons.addStretch(1)
        for part in (
            Text("Add a key", size="title", weight=600), Text("Key", token="muted"), self._field,
            Text("Provider", token="muted"), self._provider, self._guessed, Text("Name", token="muted"), self._alias,
            self._session, self._problems,
        ):  # fmt: skip
            self._column.addWidget(part)
        self._column.addLayout(buttons)
        self._column.addSpacing(8)
        self._column.addWidget(Line())
        self._column.addWidget(self.found)
        self._column.addStretch(1)
        self.setWidget(page)

    # What comes from outside

    def open(self, rows: Sequence[KeyRow]) -> None:
        """Starts afresh, with the names that are taken."""
        self.show_rows(rows)
        self._chosen_by_hand = self._named_by_hand = False
        self.forget()
        self._session.setChecked(False)
        self._alias.setText(suggested_alias(self.provider(), self._rows))
        self._field.take_focus()

    def show_rows(self, rows: Sequence[KeyRow]) -> None:
        self._rows = tuple(rows)
        self.found.show_known({(row.provider, row.alias) for row in rows if row.where is Where.ENVIRONMENT})

    def forget(self) -> None:
        """Lets go of what was pasted."""
        self._field.forget()
        self._judge()

    def provider(self) -> str:
        return str(self._provider.currentData())

    # What is typed

    def _pasted(self) -> None:
        guess = guess_provider(self._field.text())
        if guess and not self._chosen_by_hand:
            self._provider.setCurrentIndex(self._provider.findData(guess))
        self._judge()

    def _provider_chosen(self) -> None:
        self._chosen_by_hand = True
        self._judge()

    def _provider_changed(self) -> None:
        if not self._named_by_hand:
            self._alias.setText(suggested_alias(self.provider(), self._rows))
        self._judge()

    def _alias_typed(self, text: str) -> None:
        self._named_by_hand = bool(text)
        self._judge()

    def _judge(self) -> None:
        """Says what is wrong, and lets only what can be a key be added."""
        text, alias = self._field.text(), self._alias.text().strip()
        problems = [*(problems_of(text, self.provider(), self._rows) if text else ()), *self._alias_problems(alias)]
        guessed = bool(text) and not self._chosen_by_hand and guess_provider(text) == self.provider()
        self._guessed.setText("Guessed from the key." if guessed else "")
        self._guessed.setVisible(guessed)
        self._problems.setText("\n".join(problems))
        self._problems.setVisible(bool(problems))
        named = any(text.strip() == row.alias for row in self._rows)
        sound = bool(text) and not refusal_of(text) and not named
        self._add.setEnabled(sound and bool(alias) and not _holds_key(alias, text))

    def _alias_problems(self, alias: str) -> tuple[str, ...]:
        if _holds_key(alias, self._field.text()):
            return ("The name holds a key, and names are shown: choose another name.",)
        if any((row.provider, row.alias) == (self.provider(), alias) for row in self._rows):
            return (f"There is a key {alias} already: a number will be added to the name.",)
        return ()

    def _submit(self) -> None:
        if self._add.isEnabled():
            self.added.emit(
                self.provider(), self._alias.text().strip(), self._field.text(), self._session.isChecked()
            )  # fmt: skip

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self.setStyleSheet(f"AddPanel, #add {{ background: {p.raised.name()}; border: none; }}")
        self._column.setContentsMargins(px(24), px(20), px(24), px(24))
        self._column.setSpacing(px(8))


def _holds_key(alias: str, pasted: str) -> bool:
    return mask(alias) != "…" or (bool(pasted) and alias == pasted.strip())


class PasteField(QWidget):
    """One line of dots with an eye, which shows the text for ten seconds at most."""

    changed = Signal()
    entered = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edit = QLineEdit(echoMode=QLineEdit.EchoMode.Password)
        self._edit.setAccessibleName("Key, shown as dots")
        self._edit.setPlaceholderText("Paste the key")
        self._edit.setContextMenuPolicy(Qt.ContextMenuPolicy.DefaultContextMenu)
        self._eye = QToolButton()
        self._eye.setCheckable(True)
        self._eye.setAccessibleName("Show what was pasted, for ten seconds")
        self._eye.setToolTip("Show for ten seconds")
        self._eye.toggled.connect(self._show)
        self._timer = QTimer(self, singleShot=True, interval=round(SHOWN * 1000))
        self._timer.timeout.connect(lambda: self._eye.setChecked(False))
        self._edit.textChanged.connect(self.changed)
        self._edit.returnPressed.connect(self.entered)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._edit, 1)
        row.addWidget(self._eye)
        theme().changed.connect(self._restyle)
        self._restyle()

    def text(self) -> str:
        return self._edit.text()

    def forget(self) -> None:
        self._eye.setChecked(False)
        self._edit.setText("")  # clear() would leave the text to be undone

    def take_focus(self) -> None:
        self._edit.setFocus()

    def _show(self, on: bool) -> None:
        self._edit.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        if on:
            self._timer.start()
        else:
            self._timer.stop()

    def _restyle(self) -> None:
        self._edit.setFont(theme().font("control", mono=True))
        self._eye.setIcon(icon("eye", theme().palette.text, theme().px(16)))
        self._eye.setIconSize(QSize(theme().px(16), theme().px(16)))


class FoundList(QWidget):
    """The variables that hold a key, each with a box to tick. Only the kind of a key is told, never a part of it."""

    chosen = Signal(list)  # FoundKey

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found: tuple[FoundKey, ...] = ()
        self._known: set[tuple[str, str]] = set()
        self._boxes: list[tuple[Tick, FoundKey]] = []
        self._none = Text("No variable that holds a key is set.", token="muted", wraps=True)
        self._list = QWidget()
        self._rows = QVBoxLayout(self._list)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._import = Button("Import")
        self._import.clicked.connect(lambda: self.chosen.emit(self.ticked()))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(Text("Import from the environment", weight=600))
        column.addWidget(Text("A key that is imported stays in its variable and is read there.", "caption", 400,
                              "muted", wraps=True))  # fmt: skip
        column.addWidget(self._none)
        column.addWidget(self._list)
        column.addWidget(self._import, 0, Qt.AlignmentFlag.AlignLeft)
        self._build()

    def show_found(self, found: Sequence[FoundKey]) -> None:
        if tuple(found) != self._found:
            self._found = tuple(found)
            self._build()

    def show_known(self, known: set[tuple[str, str]]) -> None:
        """Those that are in the list of keys already, as (provider, variable)."""
        if known != self._known:
            self._known = known
            self._build()

    def ticked(self) -> list[FoundKey]:
        return [found for box, found in self._boxes if box.isChecked() and box.isEnabled()]

    def _build(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self._boxes = []
        for found in self._found:
            self._add(found)
        self._none.setVisible(not self._found)
        self._list.setVisible(bool(self._found))
        self._import.setVisible(bool(self._found))
        self._count()

    def _add(self, found: FoundKey) -> None:
        provider = PROVIDERS.get(found.provider)
        label = provider.label if provider is not None else found.provider
        known = (found.provider, found.variable) in self._known
        note = found.problem or f"{label}, {found.masked}" + (", imported already" if known else "")
        box = Tick(found.variable)
        box.setAccessibleDescription(note)
        box.setEnabled(not known and not found.problem)
        box.setChecked(box.isEnabled())
        box.toggled.connect(self._count)
        text = Text(note, "caption", 400, "failed_transient" if found.problem else "muted", wraps=True)
        text.setIndent(theme().px(22))
        self._rows.addWidget(box)
        self._rows.addWidget(text)
        self._boxes.append((box, found))

    def _count(self) -> None:
        number = len(self.ticked())
        self._import.name(f"Import {number} keys" if number != 1 else "Import 1 key")
        self._import.setEnabled(number > 0)
