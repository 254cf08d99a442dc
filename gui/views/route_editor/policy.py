"""The policy at the right: presets, and each field with its unit, a sentence, and a way back where it was changed."""

from typing import Any

from msgspec.structs import asdict, replace
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QScrollArea, QToolButton, QVBoxLayout, QWidget

from engine.core.request import Policy
from gui.icons import icon
from gui.models.route_editor import FIELDS, PRESETS, Field, changed_fields, preset_of
from gui.theme import theme
from gui.views.route_editor.parts import Choice, Number, Options, Text

OWN = "Your own"


class PolicyPane(QScrollArea):
    """Says with each change what the policy shall be, and what was done."""

    changed = Signal(object, str)  # Policy, the words for the step

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Policy")
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._policy = Policy()
        self._rows = {field.name: FieldRow(field) for fields in FIELDS.values() for field in fields}
        self._preset = Choice()
        self._preset.addItems([*PRESETS, OWN])
        self._preset.setAccessibleName("Preset")
        self._preset.activated.connect(self._preset_chosen)
        self._about = Text(size="caption", token="muted", wraps=True)
        self._page = QWidget()
        self._page.setObjectName("policy")
        self._column = QVBoxLayout(self._page)
        self._headings = [Text(heading, weight=600) for heading in FIELDS]
        self._lay_out()
        self.setWidget(self._page)
        theme().changed.connect(self._restyle)
        self._restyle()
        self.show_policy(Policy())

    def _lay_out(self) -> None:
        for part in (Text("Preset", token="muted"), self._preset, self._about):
            self._column.addWidget(part)
        for heading, fields in zip(self._headings, FIELDS.values(), strict=True):
            self._column.addSpacing(theme().px(8))
            self._column.addWidget(heading)
            for field in fields:
                row = self._rows[field.name]
                row.chosen.connect(self._field_chosen)
                self._column.addWidget(row)
        self._column.addStretch(1)

    def show_policy(self, policy: Policy) -> None:
        self._policy = policy
        values, changed = asdict(policy), changed_fields(policy)
        for name, row in self._rows.items():
            row.show_value(values[name], changed=name in changed)
        self._rows["floor_window"].setEnabled(policy.floor is not None)
        preset = preset_of(policy) or OWN
        self._preset.setCurrentText(preset)
        self._about.setText(PRESETS[preset][0] if preset in PRESETS else "Changed fields are marked, and can be reset.")

    def _preset_chosen(self) -> None:
        name = self._preset.currentText()
        if name in PRESETS:
            self.changed.emit(PRESETS[name][1], f"Took the policy “{name}”")
        self.show_policy(self._policy)

    def _field_chosen(self, name: str, value: Any) -> None:
        value = int(value) if name == "attempts" else value
        self.changed.emit(replace(self._policy, **{name: value}), f"Set {self._rows[name].field.label.lower()}")

    def _restyle(self) -> None:
        px, p = theme().px, theme().palette
        self.setStyleSheet(f"PolicyPane, #policy {{ background: {p.raised.name()}; border: none; }}")
        self._column.setContentsMargins(px(20), px(16), px(20), px(24))
        self._column.setSpacing(px(6))


class FieldRow(QWidget):
    """One field: its label, its value with the unit, the way back, and a sentence below."""

    chosen = Signal(str, object)  # the field's name, the value

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self._label, self._sentence = Text(field.label), Text(field.sentence, "caption", token="muted", wraps=True)
        self._input = self._make_input()
        self._input.setAccessibleName(field.label)
        self._input.setAccessibleDescription(field.sentence)
        self._input.chosen.connect(lambda value: self.chosen.emit(field.name, value))
        self._reset = QToolButton()
        plain = getattr(Policy(), field.name)
        self._reset.setToolTip("Back to the default")
        self._reset.setAccessibleName(f"Reset {field.label.lower()}")
        self._reset.clicked.connect(lambda: self.chosen.emit(field.name, plain))
        policy = self._reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self._reset.setSizePolicy(policy)
        self._grid = QGridLayout(self)
        self._grid.addWidget(self._label, 0, 0)
        self._grid.addWidget(self._reset, 0, 1)
        self._grid.addWidget(self._input, 0, 2)
        self._grid.addWidget(self._sentence, 1, 0, 1, 3)
        self._grid.setColumnStretch(0, 1)
        theme().changed.connect(self._restyle)
        self._restyle()

    def _make_input(self) -> Number | Options:
        f = self.field
        if f.choices:
            return Options(f.choices)
        return Number(f.unit, f.least, f.most, f.step, f.off, whole=f.name == "attempts")

    def show_value(self, value: Any, *, changed: bool) -> None:
        self._input.show_value(value)
        self._reset.setVisible(changed)
        self._label.setText(f"{self.field.label} •" if changed else self.field.label)
        self._label.setAccessibleName(f"{self.field.label}, changed" if changed else self.field.label)

    def _restyle(self) -> None:
        px = theme().px
        self._input.setFixedWidth(px(132))
        self._reset.setIcon(icon("retry", theme().palette.accent, px(14)))
        self._reset.setIconSize(QSize(px(14), px(14)))
        self._grid.setContentsMargins(0, px(2), 0, px(4))
        self._grid.setHorizontalSpacing(px(4))
        self._grid.setVerticalSpacing(px(1))
