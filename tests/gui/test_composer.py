import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton

from gui.theme import theme
from gui.views.composer import MOST_LINES, Composer, ComposerState


@pytest.fixture
def composer(qtbot, qapp: QApplication) -> Composer:
    theme().apply(qapp)
    view = Composer()
    qtbot.addWidget(view)
    view.resize(500, 100)
    view.show()
    view.setFocus()
    return view


def act_button(composer: Composer) -> QPushButton:
    return composer.findChild(QPushButton)


def test_enter_sends_and_clears(composer: Composer, qtbot):
    qtbot.keyClicks(composer._input, "  why?  ")
    with qtbot.waitSignal(composer.submitted) as sent:
        qtbot.keyClick(composer._input, Qt.Key.Key_Return)
    assert sent.args == ["why?"]
    assert composer.draft == ""


def test_shift_enter_makes_a_line(composer: Composer, qtbot):
    qtbot.keyClicks(composer._input, "a")
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer._input, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer._input, "b")
    assert "".join(composer.draft.split()) == "ab"
    assert len(composer.draft) == 3


def test_a_blank_draft_is_not_sent(composer: Composer, qtbot):
    composer.set_draft("   ")
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer._input, Qt.Key.Key_Return)
    assert not act_button(composer).isEnabled()


def test_control_enter_sends_where_it_is_chosen(composer: Composer, qtbot):
    composer.set_send_with_control(True)
    composer.set_draft("x")
    with qtbot.assertNotEmitted(composer.submitted):
        qtbot.keyClick(composer._input, Qt.Key.Key_Return)
    with qtbot.waitSignal(composer.submitted):
        qtbot.keyClick(composer._input, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)


def test_escape_and_the_button_stop_a_live_run(composer: Composer, qtbot):
    composer.set_state(ComposerState.RUNNING)
    assert composer._input.placeholderText() == "Write the next prompt. It waits until this answer is done."
    with qtbot.waitSignal(composer.stop_requested):
        qtbot.keyClick(composer._input, Qt.Key.Key_Escape)
    with qtbot.waitSignal(composer.stop_requested):
        act_button(composer).click()


def test_escape_stops_nothing_when_nothing_runs(composer: Composer, qtbot):
    with qtbot.assertNotEmitted(composer.stop_requested):
        qtbot.keyClick(composer._input, Qt.Key.Key_Escape)


def test_up_brings_the_last_prompt_back_only_into_an_empty_box(composer: Composer, qtbot):
    composer.set_last("the last one")
    qtbot.keyClick(composer._input, Qt.Key.Key_Up)
    assert composer.draft == "the last one"
    composer.set_draft("new")
    qtbot.keyClick(composer._input, Qt.Key.Key_Up)
    assert composer.draft == "new"


def test_a_prompt_that_was_sent_is_the_last_one(composer: Composer, qtbot):
    composer.set_draft("first")
    composer.submit()
    qtbot.keyClick(composer._input, Qt.Key.Key_Up)
    assert composer.draft == "first"


def test_the_box_grows_with_its_lines_up_to_a_bound(composer: Composer):
    one = composer._input.height()
    composer.set_draft("a\nb\nc")
    three = composer._input.height()
    composer.set_draft("x\n" * 50)
    most = composer._input.height()
    assert one < three < most
    assert most <= (MOST_LINES + 1) * theme().line("reading")


def test_the_draft_is_announced(composer: Composer, qtbot):
    with qtbot.waitSignal(composer.draft_changed) as changed:
        composer.set_draft("half a th")
    assert changed.args == ["half a th"]


def test_the_tools_ask_for_scenarios_and_parameters(composer: Composer, qtbot):
    with qtbot.waitSignals([composer.scenario_requested, composer.parameters_requested]):
        composer._scenario.click()
        composer._parameters.click()
