"""What is unset is not sent, and what cannot be read says where it goes wrong."""

from collections.abc import Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication

from engine.core.request import Parameters
from gui.models.parameters import MOST_STOPS, UNSET, Name, draft_of, read, read_object
from gui.theme import theme
from gui.views.parameters import ParametersDrawer

FULL = Parameters(
    temperature=0.7, top_p=0.9, max_tokens=1024, seed=-3, stop=("END", "a\nb", "\\n"), reasoning_effort="low",
    json_schema={"type": "object"}, extra={"top_k": 40, "nested": {"ä": [1, None]}},
)  # fmt: skip


@pytest.fixture(autouse=True)
def _styled(qapp: QApplication) -> Iterator[None]:
    theme().apply(qapp)
    theme().set_mode("light")
    yield
    theme().set_zoom(1.0)


@pytest.fixture
def drawer(qtbot) -> ParametersDrawer:
    made = ParametersDrawer()
    qtbot.addWidget(made)
    made.resize(376, 900)
    made.show()
    return made


def test_blank_is_unset_for_every_parameter():
    for name in Name:
        assert read(name, "") == read(name, "  \n ") == UNSET


def test_every_parameter_of_a_request_has_a_field():
    assert {name.value for name in Name} == set(Parameters.__struct_fields__)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        (Name.TEMPERATURE, "0,7", 0.7),
        (Name.TEMPERATURE, "0", 0.0),
        (Name.TOP_P, " 1 ", 1.0),
        (Name.MAX_TOKENS, "1 024", 1024),
        (Name.SEED, "-7", -7),
        (Name.STOP, "END\n\n\\n\\n\\\\n", ("END", "\n\n\\n")),
        (Name.REASONING_EFFORT, "xhigh", "xhigh"),
        (Name.EXTRA, "{}", {}),
    ],
)
def test_what_is_typed_is_read(name, text, value):
    assert read(name, text) == (value, "")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (Name.TEMPERATURE, "2.1", "between 0 and 2"),
        (Name.TEMPERATURE, "nan", "between 0 and 2"),
        (Name.TOP_P, "hot", "a number"),
        (Name.MAX_TOKENS, "0", "at least 1"),
        (Name.MAX_TOKENS, "1.5", "whole number"),
        (Name.SEED, str(2**63), "smaller"),
        (Name.STOP, "\n".join("abcdefghijklmnopq"), str(MOST_STOPS)),
    ],
)
def test_what_no_provider_takes_is_refused_in_one_sentence(name, text, words):
    reading = read(name, text)
    assert reading.value is None
    assert words in reading.trouble
    assert reading.trouble.endswith(".")


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ('{"a": 1,}', "Line 1, column 9: a comma stands before the closing sign."),
        ('{"a" 1}', "Line 1, column 6: a colon is missing behind a name."),
        ('{\n  "ä": [1, 2}\n}', "Line 2, column 13: a comma or a closing bracket is missing."),
        ("{'a': 1}", "Line 1, column 2: a name must stand in double quotes."),
        ('{"a": "x\ny"}', "Line 1, column 9: a line break stands where none may: inside quotes, write \\n."),
        ("{", "Line 1, column 2: it ends too early."),
        ('{"a": tru}', "Line 1, column 11: this sign does not fit here."),
        ("[1]", "This is a list: a JSON object is needed, in braces."),
        ("null", "This is null: a JSON object is needed, in braces."),
    ],
)
def test_broken_json_is_named_with_its_line_and_column(text, trouble):
    assert read_object(text) == (None, trouble)


def test_json_that_nests_without_end_is_refused():
    assert "nested too deeply" in read_object('{"a":' * 50_000).trouble


@given(st.text())
def test_any_text_is_read_or_refused_and_never_fails(text):
    for name in Name:
        reading = read(name, text)
        assert reading.value is None or not reading.trouble


def test_what_is_kept_comes_back_as_it_was():
    draft = draft_of("Be brief.", FULL)
    assert draft.parameters == FULL
    assert draft.count == 9
    assert draft_of("", Parameters()).texts == {}


def test_an_empty_drawer_sends_nothing(drawer):
    system, parameters = drawer.parameters()
    assert (system, msgspec.json.encode(parameters)) == ("", b"{}")
    assert all(field._state.isVisible() and field._state.text() == "not sent" for field in drawer.fields.values())
    assert not drawer._badge.isVisible()
    assert not drawer._reset.isEnabled()


def test_typing_sets_one_parameter_and_says_so(drawer, qtbot):
    field = drawer.fields[Name.TEMPERATURE]
    with qtbot.waitSignals([drawer.changed, drawer.count_changed]):
        qtbot.keyClicks(field.editor, "1")
    assert drawer.parameters() == ("", Parameters(temperature=1.0))
    assert drawer._badge.text() == "1 set"
    assert not field._state.isVisible()
    qtbot.mouseClick(field._unset, Qt.MouseButton.LeftButton)
    assert drawer.parameters()[1] == Parameters()
    assert field._state.isVisible()


def test_trouble_is_shown_live_and_the_rest_is_still_sent(drawer, qtbot):
    drawer.show_parameters("", Parameters(seed=7))
    field = drawer.fields[Name.JSON_SCHEMA]
    field.editor.setPlainText('{"type": }')
    assert field._trouble.isVisible()
    assert field._trouble.text().startswith("Line 1, column 10:")
    assert field.editor.accessibleDescription() == field._trouble.text()
    assert drawer.parameters()[1] == Parameters(seed=7)
    assert drawer._badge.text() == "1 set · 1 not readable"
    field.editor.setPlainText('{"type": "object"}')
    assert not field._trouble.isVisible()
    assert drawer.parameters()[1].json_schema == {"type": "object"}


def test_showing_parameters_says_changed_once(drawer):
    said: list[int] = []
    drawer.changed.connect(lambda: said.append(1))
    drawer.show_parameters("Be brief.", FULL)
    assert len(said) == 1
    assert drawer.parameters() == ("Be brief.", FULL)


def test_reset_unsets_all(drawer):
    drawer.show_parameters("Be brief.", FULL)
    drawer._reset.click()
    assert drawer.parameters() == ("", Parameters())


@pytest.mark.parametrize("name", [Name.SEED, Name.EXTRA, Name.REASONING_EFFORT])
def test_escape_closes_and_does_not_reach_the_window(drawer, qtbot, name):
    drawer.activateWindow()
    qtbot.waitActive(drawer)
    heard: list[int] = []
    QShortcut(QKeySequence("Esc"), drawer, lambda: heard.append(1))
    editor = drawer.fields[name].editor
    editor.setFocus()
    with qtbot.waitSignal(drawer.close_requested):
        qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert heard == []


def test_every_editor_has_a_name_and_tab_leaves_it(drawer, qtbot):
    drawer.activateWindow()
    qtbot.waitActive(drawer)
    drawer.system.setFocus()
    seen = set()
    for _ in range(30):
        focus = QApplication.focusWidget()
        assert focus.accessibleName(), focus
        seen.add(focus.accessibleName().split(".")[0])
        qtbot.keyClick(focus, Qt.Key.Key_Tab)
    assert {"System prompt", "Temperature", "Stop sequences", "Extra body"} <= seen


def test_nothing_is_cut_off_at_the_side_at_any_zoom(drawer):
    for zoom in (1.0, 1.5, 2.5):
        theme().set_zoom(zoom)
        QApplication.processEvents()
        assert drawer._inside.minimumSizeHint().width() <= drawer._scroll.viewport().width()
