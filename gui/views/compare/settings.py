"""The parameters in which one column differs from the others: a small form that opens at the column."""

from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QFormLayout, QFrame, QLineEdit, QWidget

from engine.core.request import Parameters
from gui.drawing.fittings import Button, Text, grounded
from gui.theme import theme

FIELDS = (("temperature", "Temperature", float), ("top_p", "Top p", float), ("max_tokens", "Most tokens", int))


class OwnSettings(QFrame):
    """An empty field means: as the others have it."""

    changed = Signal(object)  # Parameters

    def __init__(self, parameters: Parameters, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._parameters = parameters
        grounded(self)
        line = theme().palette.line_strong.name()
        self.setStyleSheet(f"OwnSettings {{ border: 1px solid {line}; }}")
        form, px = QFormLayout(self), theme().px
        form.setContentsMargins(px(16), px(12), px(16), px(12))
        form.setSpacing(px(8))
        self.fields = {name: QLineEdit() for name, _, _ in FIELDS}
        for name, title, _ in FIELDS:
            value = getattr(parameters, name)
            self.fields[name].setText("" if value is None else f"{value:g}")
            self.fields[name].setPlaceholderText("as the others")
            self.fields[name].setAccessibleName(title)
            form.addRow(Text(title), self.fields[name])
        self._wrong = Text("", "caption", token="failed_permanent", wraps=True)
        self._wrong.hide()
        keep = Button("Keep", primary=True)
        keep.clicked.connect(self.keep)
        form.addRow(self._wrong)
        form.addRow(keep)

    def open_at(self, anchor: QWidget) -> None:
        self.adjustSize()
        self.move(anchor.mapToGlobal(QPoint(anchor.width() - self.width(), anchor.height() + 2)))
        self.show()
        self.fields["temperature"].setFocus()

    def keep(self) -> None:
        """Says the parameters and closes; a field that is no number is named, and nothing is kept."""
        found: dict[str, float | int | None] = {}
        for name, title, kind in FIELDS:
            text = self.fields[name].text().strip().replace(",", ".")
            try:
                found[name] = kind(text) if text else None
            except ValueError:
                self._wrong.setText(f"{title} must be a number: empty it, or write one.")
                self._wrong.show()
                return
        self.changed.emit(replace(self._parameters, **found))
        self.close()
