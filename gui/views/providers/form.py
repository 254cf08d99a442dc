"""The form for a provider of one's own: what is typed is judged as it is typed, and nothing secret is asked for."""

from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from engine.core.request import Dialect
from engine.custom_providers import CLOCKS, Custom
from engine.url_check import check_url
from gui.drawing.fittings import Button, Choice, Text, Tick
from gui.theme import theme

LABELS = {
    Dialect.CHAT_COMPLETIONS: "Chat completions (OpenAI and most others)",
    Dialect.RESPONSES: "Responses (OpenAI)",
    Dialect.MESSAGES: "Messages (Anthropic)",
    Dialect.GEMINI: "Gemini",
    Dialect.COHERE: "Cohere",
    Dialect.OLLAMA: "Ollama",
    Dialect.BEDROCK: "Bedrock",
}
FIELDS = {
    "name": ("Name in routes", "corp"),
    "label": ("Shown as", "Corp gateway"),
    "base_url": ("Base URL", "https://llm.example.com/v1"),
    "model": ("Usual model", ""),
    "env": ("Variable with a key", "CORP_API_KEY"),
    "proxy": ("Proxy", "from the environment"),
    "ca_file": ("CA file", "the system's certificates"),
}
CLOCK_WORDS = {"connect": "Connect", "first_token": "First token", "idle": "Idle", "total": "Total"}


class ProviderForm(QWidget):
    """Shows one provider to be changed, or an empty one. `saved` carries it as it was typed, with its old name."""

    saved = Signal(object, str)  # Custom; the name that it had, empty for a new one
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._old = ""
        self._title = Text("Add a provider", "title", 600)
        self.fields = {name: QLineEdit(maxLength=2000) for name in FIELDS}
        self.dialect = Choice()
        for dialect, words in LABELS.items():
            self.dialect.addItem(words, dialect)
        self.headers = QPlainTextEdit()
        self.headers.setTabChangesFocus(True)
        self.clocks = {name: QLineEdit(maxLength=8) for name in CLOCKS}
        self.needs_key = Tick("Needs a key")
        self._advice = Text(token="failed_transient", wraps=True)
        self._use = Button("Use this")
        self._problem = Text(token="failed_permanent", wraps=True)
        self._save = Button("Save", primary=True)
        self._cancel = Button("Cancel", flat=True)
        self._browse = Button("Browse")
        self._name_parts()
        self._lay_out()
        self._connect()
        theme().changed.connect(self._restyle)
        self._restyle()
        self.open(None)

    def _name_parts(self) -> None:
        for name, (words, hint) in FIELDS.items():
            self.fields[name].setAccessibleName(words)
            self.fields[name].setPlaceholderText(hint)
        for name, words in CLOCK_WORDS.items():
            self.clocks[name].setAccessibleName(f"{words} clock in seconds")
            self.clocks[name].setPlaceholderText("default")
        self.dialect.setAccessibleName("Dialect")
        self.headers.setAccessibleName("Headers")
        self.headers.setPlaceholderText("x-team: demo")
        self._use.setAccessibleName("Use the URL that is offered")

    def _lay_out(self) -> None:
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 1)
        self._row = 0
        self._add("Name in routes", self.fields["name"])
        self._add("Shown as", self.fields["label"])
        self._add("Base URL", self.fields["base_url"])
        advice = QHBoxLayout()
        advice.addWidget(self._advice, 1)
        advice.addWidget(self._use, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addLayout(advice, self._row, 1)
        self._row += 1
        self._add("Dialect", self.dialect)
        self._add("Usual model", self.fields["model"])
        self._add("", self.needs_key)
        self._add("Variable with a key", self.fields["env"])
        self._add("Headers", self.headers)
        self._add("Proxy", self.fields["proxy"])
        ca, clocks = QHBoxLayout(), QHBoxLayout()
        self._lines = (ca, clocks)
        ca.addWidget(self.fields["ca_file"], 1)
        ca.addWidget(self._browse)
        self._add("CA file", ca)
        for name, words in CLOCK_WORDS.items():
            clocks.addWidget(Text(words, "caption", token="muted"))
            clocks.addWidget(self.clocks[name], 1)
        self._add("Clocks, in seconds", clocks)
        buttons = QHBoxLayout()
        for button in (self._save, self._cancel):
            buttons.addWidget(button)
        buttons.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.addWidget(self._title)
        self._column.addLayout(self._grid)
        self._column.addWidget(self._problem)
        self._column.addLayout(buttons)
        self._column.addStretch(1)

    def _add(self, words: str, part: QWidget | QHBoxLayout) -> None:
        top = Qt.AlignmentFlag.AlignTop if part is self.headers else Qt.AlignmentFlag.AlignVCenter
        self._grid.addWidget(Text(words, token="muted"), self._row, 0, top)
        if isinstance(part, QWidget):
            self._grid.addWidget(part, self._row, 1)
        else:
            self._grid.addLayout(part, self._row, 1)
        self._row += 1

    def _connect(self) -> None:
        self.fields["base_url"].textChanged.connect(self._judge)
        self.dialect.currentIndexChanged.connect(self._judge)
        self._use.clicked.connect(lambda: self.fields["base_url"].setText(self._better))
        self._browse.clicked.connect(self._open_files)
        self._save.clicked.connect(self.save)
        self._cancel.clicked.connect(self.closed)
        for field in (*self.fields.values(), *self.clocks.values()):
            field.returnPressed.connect(self.save)

    def open(self, custom: Custom | None) -> None:
        """Shows this provider, or an empty form for a new one."""
        self._old = custom.name if custom is not None else ""
        shown = custom or Custom(name="", base_url="")
        self._title.setText(f"Edit {shown.label or shown.name}" if custom is not None else "Add a provider")
        for name in ("name", "label", "base_url", "model", "proxy", "ca_file"):
            self.fields[name].setText(getattr(shown, name))
        self.fields["env"].setText(", ".join(shown.env))
        self.dialect.setCurrentIndex(self.dialect.findData(shown.dialect))
        self.headers.setPlainText("\n".join(f"{name}: {value}" for name, value in shown.headers.items()))
        for name, field in self.clocks.items():
            value = getattr(shown, name)
            field.setText("" if value is None else f"{value:g}")
        self.needs_key.setChecked(shown.needs_key)
        self.show_problem("", "")
        self._judge()

    def show_problem(self, field: str, sentence: str) -> None:
        """Says what is wrong, and goes to the field that it is about."""
        self._problem.setText(sentence)
        self._problem.setVisible(bool(sentence))
        part: QWidget | None = {**self.fields, **self.clocks, "headers": self.headers}.get(field)
        if part is not None:
            part.setFocus()

    def save(self) -> None:
        """Says the provider as it is typed; or what cannot even be read of it."""
        field, sentence = self._unreadable()
        self.show_problem(field, sentence)
        if not sentence:
            self.saved.emit(self.typed(), self._old)

    def typed(self) -> Custom:
        """What the form says. Raises ValueError for a clock that is no number."""
        values: dict[str, Any] = {name: field.text().strip() for name, field in self.fields.items()}
        values |= {name: float(field.text()) for name, field in self.clocks.items() if field.text().strip()}
        values["env"] = tuple(values["env"].replace(",", " ").split())
        pairs = [line.partition(":") for line in self.headers.toPlainText().splitlines() if line.strip()]
        return Custom(
            **values, needs_key=self.needs_key.isChecked(), dialect=self._dialect(),
            headers={name.strip(): value.strip() for name, _, value in pairs},
        )  # fmt: skip

    def _dialect(self) -> Dialect:
        return Dialect(self.dialect.currentData())  # Qt keeps the plain text of it

    def _unreadable(self) -> tuple[str, str]:
        for name, field in self.clocks.items():
            try:
                float(field.text() or 1)
            except ValueError:
                return name, f"The clock {CLOCK_WORDS[name]} is no number: write seconds, such as 30."
        if any(":" not in line for line in self.headers.toPlainText().splitlines() if line.strip()):
            return "headers", "A header is written as name: value, one on each line."
        return "", ""

    def _judge(self) -> None:
        text = self.fields["base_url"].text()
        troubles = check_url(text, self._dialect()) if text.strip() else ()
        self._better = troubles[0].better if troubles else ""
        self._advice.setText(troubles[0].words if troubles else "")
        self._advice.setVisible(bool(troubles))
        self._use.setVisible(bool(self._better))

    def _open_files(self) -> None:
        dialog = QFileDialog(self, "Choose the CA's certificates", str(Path.home()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters(["Certificates (*.pem *.crt *.cer)", "All files (*)"])
        dialog.fileSelected.connect(self.fields["ca_file"].setText)
        dialog.open()

    def _restyle(self) -> None:
        px = theme().px
        self._column.setContentsMargins(px(24), px(24), px(24), px(24))
        self._column.setSpacing(px(16))
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(8))
        self._grid.setColumnMinimumWidth(0, px(136))
        for part in (*self.fields.values(), *self.clocks.values(), self.dialect):
            part.setFont(theme().font())
        for line in self._lines:
            line.setSpacing(px(8))
        self.headers.setFont(theme().font("control", mono=True))
        self.headers.setFixedHeight(px(64))
