"""The sections of the settings that are rows of a label and a control, and those that only tell."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from gui.diagnostics import Fact, report
from gui.drawing.fittings import Button, Line, Text
from gui.theme import theme

COPIED_MS = 3000
LABEL = 112


class Section(QWidget):
    """A title, and what stands below it."""

    def __init__(self, title: str, note: str = "") -> None:
        super().__init__()
        self._names: list[QWidget] = []
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.addWidget(Text(title, "title", 600))
        if note:
            self.column.addWidget(Text(note, token="muted", wraps=True))
        theme().changed.connect(self._restyle)
        self._restyle()

    def row(self, label: str, control: QWidget, note: str = "") -> None:
        """A label at the left, the control at the right, and a note below it."""
        name = Text(label, "control", 500)
        self._names.append(name)
        name.setFixedWidth(theme().px(LABEL))
        name.setBuddy(control)
        if not control.accessibleName():
            control.setAccessibleName(label)
        below = QVBoxLayout()
        below.setSpacing(theme().px(4))
        wide = control.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Expanding
        below.addWidget(control, 0, Qt.AlignmentFlag(0) if wide else Qt.AlignmentFlag.AlignLeft)
        if note:
            below.addWidget(Text(note, "caption", token="muted", wraps=True))
        row = QHBoxLayout()
        row.addWidget(name, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(below, 1)
        self.column.addLayout(row)

    def end(self) -> None:
        """Nothing stands below."""
        self.column.addStretch(1)

    def _restyle(self) -> None:
        self.column.setSpacing(theme().px(16))
        for name in self._names:
            name.setFixedWidth(theme().px(LABEL))


class DataSection(Section):
    """Where everything is kept."""

    open_requested = Signal()
    copied = Signal()

    def __init__(self) -> None:
        super().__init__("Data", "Everything stays on this computer: history, settings, routes, and the names of keys.")
        self._path, self._size = Text(mono=True, wraps=True), Text(token="muted")
        self._path.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._open = Button("Open the folder")
        self._open.clicked.connect(self.open_requested)
        self.row("Folder", self._path)
        self.row("Size", self._size)
        self.row("", self._open, "The keys themselves are in the system's key ring, and not in this folder.")
        self.end()

    def show_data(self, path: str, size: str) -> None:
        """The folder, and how much it holds ("…" while that is counted)."""
        self._path.setText(path)
        self._path.setAccessibleName(f"Folder: {path}")
        self._path.setMinimumWidth(theme().px(320))
        self._size.setText(size)


class DiagnosticsSection(Section):
    """What a bug report needs. It asks for fresh facts each time it is shown."""

    refresh_requested = Signal()

    def __init__(self) -> None:
        super().__init__("Diagnostics", "What a bug report needs. Nothing here is sent anywhere.")
        self._facts: tuple[Fact, ...] = ()
        self._grid = QGridLayout()
        self._values: dict[str, QLabel] = {}
        self.copy, self._refresh = Button("Copy", mark="copy"), Button("Measure again", flat=True)
        self._said = Text("", token="succeeded")
        self._timer = QTimer(self, singleShot=True, interval=COPIED_MS)
        self._timer.timeout.connect(lambda: self._said.setText(""))
        self.copy.clicked.connect(self._copy)
        self._refresh.clicked.connect(self.refresh_requested)
        row = QHBoxLayout()
        for part in (self.copy, self._refresh, self._said):
            row.addWidget(part)
        row.addStretch(1)
        self.column.addLayout(self._grid)
        self.column.addLayout(row)
        self.end()

    def show_facts(self, facts: Sequence[Fact]) -> None:
        self._facts = tuple(facts)
        for place, fact in enumerate(self._facts):
            if fact.name not in self._values:
                self._values[fact.name] = value = Text(mono=True, wraps=True)
                self._grid.addWidget(Text(fact.name, token="muted"), place, 0, Qt.AlignmentFlag.AlignTop)
                self._grid.addWidget(value, place, 1)
            self._values[fact.name].setText(fact.value)
            self._values[fact.name].setAccessibleName(f"{fact.name}: {fact.value}")
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(theme().px(24))
        self._grid.setVerticalSpacing(theme().px(6))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(report(self._facts))
        self._said.setText("Copied, with no keys and no prompts in it.")
        self._timer.start()


# Name, licence, and what it does here. The licences are those that the projects declare.
LIBRARIES = (
    ("Qt and PySide6", "LGPL-3.0", "the window"),
    ("qasync", "BSD-2-Clause", "Qt's event loop for asyncio"),
    ("httpx", "BSD-3-Clause", "requests and streams"),
    ("keyring", "MIT", "the system's key ring"),
    ("msgspec", "BSD-3-Clause", "journals and validation"),
    ("markdown-it-py", "MIT", "Markdown"),
    ("Pygments", "BSD-2-Clause", "colours of code"),
    ("platformdirs, truststore", "MIT", "the system's folders and certificates"),
    ("Inter, JetBrains Mono", "OFL-1.1", "the fonts"),
)
QT_NOTICE = (
    "Streamover uses Qt and PySide6 under the GNU Lesser General Public License, version 3. Qt is © The Qt Company Ltd "
    "and other contributors. It is linked dynamically and unchanged: you may replace it by a version of your own. "
    "Its source is at code.qt.io."
)
FONT_NOTICE = (
    "Inter is © The Inter Project Authors, JetBrains Mono is © The JetBrains Mono Project Authors. Both come under the "
    "SIL Open Font License 1.1, whose text stands beside the fonts."
)


class AboutSection(Section):
    """The program, and what it owes to others. `licence_requested` says the name of a licence whose text is wanted."""

    licence_requested = Signal(str)

    def __init__(self, version: str) -> None:
        super().__init__("About")
        self.column.addWidget(Text(f"Streamover, {version}", "reading", 600, wraps=True))
        self.column.addWidget(Text("A playground for streaming LLM failover. MIT licence.", token="muted"))
        self.column.addWidget(Line())
        grid = QGridLayout()
        for place, (name, licence, use) in enumerate(LIBRARIES):
            for column, part in enumerate((Text(name), Text(licence, mono=True), Text(use, token="muted"))):
                grid.addWidget(part, place, column)
        grid.setColumnStretch(2, 1)
        grid.setHorizontalSpacing(theme().px(24))
        grid.setVerticalSpacing(theme().px(6))
        self.column.addLayout(grid)
        for notice in (QT_NOTICE, FONT_NOTICE):
            self.column.addWidget(Text(notice, "caption", token="muted", wraps=True))
        self._buttons = QHBoxLayout()
        self._button("Licence of Streamover", lambda: self.licence_requested.emit("MIT"))
        self._button("Licence of Inter", lambda: self.licence_requested.emit("Inter-OFL.txt"))
        self._button("Licence of JetBrains Mono", lambda: self.licence_requested.emit("JetBrainsMono-OFL.txt"))
        self._buttons.addStretch(1)
        self.column.addLayout(self._buttons)
        self.end()

    def _button(self, text: str, act: Callable[[], object]) -> None:
        button = Button(text, flat=True)
        button.clicked.connect(act)
        self._buttons.addWidget(button)
