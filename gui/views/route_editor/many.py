"""Many candidates at once: every chosen provider for the first model, then every provider for the next."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from engine.core.request import Candidate
from engine.providers.catalog import PROVIDERS
from gui.models.route_desk import matrix
from gui.models.route_editor import counted
from gui.theme import theme
from gui.views.route_editor.parts import Button, Text, boxed


class ManyPanel(QWidget):
    """Says which candidates are to be added, in matrix order."""

    added = Signal(tuple)  # Candidates
    closed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("many")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.models = QPlainTextEdit()
        self.models.setPlaceholderText("gpt-oss-120b\nllama-3.3-70b")
        self.models.setTabChangesFocus(True)
        self.models.setAccessibleName("Models, one a line")
        self.finder = QLineEdit(clearButtonEnabled=True)
        self.finder.setPlaceholderText("Find a provider")
        self.finder.setAccessibleName("Find a provider")
        self.providers = QListWidget()
        self.providers.setAccessibleName("Providers")
        for row in PROVIDERS.values():
            item = QListWidgetItem(row.label)
            item.setData(Qt.ItemDataRole.UserRole, row.name)
            item.setCheckState(Qt.CheckState.Unchecked)
            self.providers.addItem(item)
        self._tells = Text(token="muted", wraps=True)
        self._add, self._cancel = Button("Add", primary=True), Button("Cancel", flat=True)
        self._lay_out()
        self.models.textChanged.connect(self._judge)
        self.providers.itemChanged.connect(self._judge)
        self.finder.textChanged.connect(self._filter)
        self._add.clicked.connect(self._submit)
        self._cancel.clicked.connect(self.closed)
        theme().changed.connect(self._restyle)
        self._restyle()
        self._judge()

    def _lay_out(self) -> None:
        self._column, buttons = QVBoxLayout(self), QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._cancel)
        buttons.addStretch(1)
        about = "Every provider for the first model, then every provider for the next."
        for part in (
            Text(about, "caption", token="muted", wraps=True), Text("Models, one a line", token="muted"), self.models,
            Text("Providers", token="muted"), self.finder, self.providers, self._tells,
        ):  # fmt: skip
            self._column.addWidget(part)
        self._column.setStretch(5, 1)
        self._column.addLayout(buttons)

    def candidates(self) -> tuple[Candidate, ...]:
        """What would be added, in order."""
        models = [line.strip() for line in self.models.toPlainText().splitlines() if line.strip()]
        items = [self.providers.item(row) for row in range(self.providers.count())]
        ticked = [item.data(Qt.ItemDataRole.UserRole) for item in items if item.checkState() is Qt.CheckState.Checked]
        return matrix(ticked, list(dict.fromkeys(models)))

    def _filter(self, text: str) -> None:
        for row in range(self.providers.count()):
            item = self.providers.item(row)
            item.setHidden(text.casefold() not in f"{item.text()} {item.data(Qt.ItemDataRole.UserRole)}".casefold())

    def _judge(self) -> None:
        number = len(self.candidates())
        self._tells.setText("Name a model and tick a provider." if not number else "")
        self._tells.setVisible(not number)
        self._add.name(f"Add {counted(number, 'candidate')}" if number else "Add")
        self._add.setEnabled(number > 0)

    def _submit(self) -> None:
        self.added.emit(self.candidates())

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self.setStyleSheet(f"#many {{ background: {p.raised.name()}; }} {boxed('QListWidget')}")
        self.models.setFixedHeight(px(84))
        self._column.setContentsMargins(px(20), px(16), px(20), px(16))
        self._column.setSpacing(px(8))
