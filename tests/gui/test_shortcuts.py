"""Shortcuts are data: no two defaults meet, a taken key is named, and what is stored is only what differs."""

from collections import Counter

import pytest
from PySide6.QtCore import QKeyCombination, Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from gui.drawing.fittings import caps
from gui.models.shortcuts import ACTIONS, Binder, Bindings, Place, portable, refusal
from gui.theme import theme
from gui.views.settings.shortcuts import ShortcutsView

NEW, PALETTE, COPY, FIT = (
    next(action for action in ACTIONS if action.id == id_)
    for id_ in ("chat.new", "palette", "chat.copy", "timeline.fit")
)
CONTROL, SHIFT, NONE = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier


@pytest.fixture(autouse=True)
def _styled(qapp: QApplication) -> None:
    theme().apply(qapp)
    theme().set_mode("light")


def test_no_two_defaults_that_can_be_changed_meet():
    free = [action for action in ACTIONS if not action.fixed]
    bindings = Bindings(actions=tuple(free))
    assert not [(a.id, key) for a in free for key in a.keys if bindings.conflict(a, key)]


def test_ids_are_unique_and_keys_are_written_as_qt_writes_them():
    assert max(Counter(action.id for action in ACTIONS).values()) == 1
    for action in ACTIONS:
        for key in action.keys:
            assert portable(QKeySequence(key)) == key, action.id


def test_defaults_that_can_be_changed_do_not_type():
    for action in ACTIONS:
        for key in action.keys if not action.fixed else ():
            assert refusal(_combination(key)) == "", (action.id, key)


def _combination(keys: str) -> QKeyCombination:
    return QKeyCombination.fromCombined(QKeySequence(keys)[0].toCombined())


def test_a_taken_key_is_named_and_taken_over_only_when_given():
    bindings = Bindings()
    assert bindings.conflict(NEW, "Ctrl+K") is PALETTE
    after = bindings.with_keys(NEW, ("Ctrl+K",))
    assert after.keys(NEW) == ("Ctrl+K",)
    assert after.keys(PALETTE) == ("Ctrl+Shift+P",)
    assert after.stored() == {"chat.new": ("Ctrl+K",), "palette": ("Ctrl+Shift+P",)}


def test_keys_of_two_places_do_not_meet_unless_one_is_everywhere():
    bindings = Bindings()
    fit = next(a for a in ACTIONS if a.id == "timeline.fit")
    assert fit.place is Place.TIMELINE
    assert bindings.conflict(COPY, "F") is None
    assert bindings.conflict(NEW, "F") is fit


def test_back_at_the_defaults_nothing_is_stored():
    bindings = Bindings().with_keys(NEW, ("Ctrl+K",)).reset(NEW).reset(PALETTE)
    assert bindings.stored() == {}
    assert bindings.keys(PALETTE) == PALETTE.keys


def test_switched_off_only_fixed_keys_stay_and_the_choice_is_kept():
    off = Bindings({"chat.new": ("Ctrl+M",)}).switched(False)
    assert off.active(NEW) == ()
    assert off.active(FIT) == ("F",)
    assert off.switched(True).active(NEW) == ("Ctrl+M",)


def test_an_unknown_action_of_a_newer_version_is_kept():
    bindings = Bindings({"from.tomorrow": ("Ctrl+M",)}).with_keys(NEW, ("Ctrl+Alt+N",))
    assert bindings.stored() == {"from.tomorrow": ("Ctrl+M",), "chat.new": ("Ctrl+Alt+N",)}


@pytest.mark.parametrize(
    ("combination", "word"),
    [
        (QKeyCombination(NONE.NoModifier, Qt.Key.Key_A), "writing"),
        (QKeyCombination(SHIFT, Qt.Key.Key_A), "writing"),
        (QKeyCombination(NONE.NoModifier, Qt.Key.Key_Down), "writing"),
        (QKeyCombination(CONTROL, Qt.Key.Key_Return), "send"),
        (QKeyCombination(NONE.NoModifier, Qt.Key.Key_F7), ""),
        (QKeyCombination(CONTROL, Qt.Key.Key_B), ""),
    ],
)
def test_keys_that_write_or_send_are_refused(combination, word):
    assert (word in refusal(combination)) if word else refusal(combination) == ""


def test_a_shortcut_is_drawn_key_by_key():
    assert caps("Ctrl+Shift+P") == ["Ctrl", "Shift", "P"]
    assert caps("Ctrl++") == ["Ctrl", "+"]
    assert caps("+") == ["+"]
    assert caps("") == []


# Bound to a window


@pytest.fixture
def window(qtbot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    QVBoxLayout(made).addWidget(QLineEdit())
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    made.findChild(QLineEdit).setFocus()
    return made


def test_rebinding_moves_the_key_at_once(window, qtbot):
    heard: list[str] = []
    binder = Binder(window, Bindings())
    binder.bind("chat.new", lambda: heard.append("new"))
    binder.apply()
    line = window.findChild(QLineEdit)
    qtbot.keyClick(line, Qt.Key.Key_N, CONTROL)
    binder.apply(Bindings().with_keys(NEW, ("Ctrl+M",)))
    qtbot.keyClick(line, Qt.Key.Key_N, CONTROL)
    assert heard == ["new"]
    qtbot.keyClick(line, Qt.Key.Key_M, CONTROL)
    assert heard == ["new", "new"]
    binder.apply(binder.bindings.switched(False))
    qtbot.keyClick(line, Qt.Key.Key_M, CONTROL)
    assert heard == ["new", "new"]


def test_an_action_without_a_row_cannot_be_bound(window):
    with pytest.raises(KeyError, match=r"no\.such"):
        Binder(window, Bindings()).bind("no.such", lambda: None)


# The page


@pytest.fixture
def view(qtbot) -> ShortcutsView:
    made = ShortcutsView()
    qtbot.addWidget(made)
    made.resize(800, 700)
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    return made


def choose(view: ShortcutsView, id_: str) -> None:
    place = next(i for i, action in enumerate(view.model.actions) if action.id == id_)
    view.list.setCurrentIndex(view.model.index(place))
    view.list.setFocus()


def test_the_list_is_found_by_name_and_by_keys(view, qtbot):
    qtbot.keyClicks(view.field, "ctrl+k")
    assert [a.id for a in view.model.actions] == ["palette"]
    view.field.clear()
    qtbot.keyClicks(view.field, "timeline zoom out")
    assert [a.id for a in view.model.actions] == ["timeline.zoom"]


def test_enter_and_a_free_combination_change_the_keys(view, qtbot):
    choose(view, "chat.new")
    qtbot.keyClick(view.list, Qt.Key.Key_Return)
    assert view.list.listening is NEW
    with qtbot.waitSignal(view.changed) as changed:
        qtbot.keyClick(view.list, Qt.Key.Key_B, CONTROL)
    assert changed.args[0].keys(NEW) == ("Ctrl+B",)
    assert view.list.listening is None


def test_insert_adds_a_second_combination(view, qtbot):
    choose(view, "chat.new")
    qtbot.keyClick(view.list, Qt.Key.Key_Insert)
    qtbot.keyClick(view.list, Qt.Key.Key_F7)
    assert view.bindings.keys(NEW) == ("Ctrl+N", "F7")


def test_a_taken_combination_is_asked_for_first(view, qtbot):
    choose(view, "chat.new")
    view.list.listen()
    with qtbot.assertNotEmitted(view.changed):
        qtbot.keyClick(view.list, Qt.Key.Key_K, CONTROL)
    assert "“Command palette”" in view._bar.text.text()
    with qtbot.waitSignal(view.changed):
        view._bar.take.click()
    assert view.bindings.keys(NEW) == ("Ctrl+K",)
    assert view.bindings.keys(PALETTE) == ("Ctrl+Shift+P",)
    assert not view._bar.isVisible()


def test_a_question_that_is_left_changes_nothing(view, qtbot):
    choose(view, "chat.new")
    view.list.listen()
    qtbot.keyClick(view.list, Qt.Key.Key_K, CONTROL)
    view._bar.leave.click()
    assert view.bindings == Bindings()
    assert not view._bar.isVisible()


def test_a_fixed_key_is_not_given_away(view, qtbot):
    choose(view, "chat.copy")
    view.list.listen()
    qtbot.keyClick(view.list, Qt.Key.Key_F, CONTROL)
    assert "stays so" in view._bar.text.text()
    assert view.bindings == Bindings()
    choose(view, "timeline.fit")
    view.list.listen()
    assert view.list.listening is None


def test_a_key_that_types_is_refused_and_escape_leaves(view, qtbot):
    choose(view, "chat.new")
    view.list.listen()
    qtbot.keyClick(view.list, Qt.Key.Key_A)
    assert "needed for writing" in view._bar.text.text()
    assert view.list.listening is NEW
    qtbot.keyClick(view.list, Qt.Key.Key_Escape)
    assert view.list.listening is None
    assert view.bindings == Bindings()


def test_while_it_listens_the_windows_own_shortcut_is_only_a_key(view, qtbot):
    heard: list[str] = []
    binder = Binder(view, Bindings())
    binder.bind("chat.new", lambda: heard.append("new"))
    binder.apply()
    choose(view, "palette")
    view.list.listen()
    qtbot.keyClick(view.list, Qt.Key.Key_N, CONTROL)
    assert heard == []
    assert "“New chat”" in view._bar.text.text()


def test_delete_takes_the_keys_away_and_control_backspace_brings_them_back(view, qtbot):
    choose(view, "chat.new")
    qtbot.keyClick(view.list, Qt.Key.Key_Delete)
    assert view.bindings.keys(NEW) == ()
    choose(view, "chat.new")
    qtbot.keyClick(view.list, Qt.Key.Key_Backspace, CONTROL)
    assert view.bindings == Bindings()


def test_the_master_switch_and_reset_all(view, qtbot):
    view.show_bindings(Bindings({"chat.new": ("Ctrl+M",)}))
    with qtbot.waitSignal(view.changed) as changed:
        view.switch.click()
    assert changed.args[0].on is False
    view._reset.click()
    assert view.bindings.stored() == {}
    assert view.bindings.on is False
