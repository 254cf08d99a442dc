"""The rail: pages by data, one stop of the Tab key, arrows and names."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.theme import PALETTES, Theme
from gui.views.rail import Page, Rail

PAGES = (
    Page(name="settings", icon="sliders", title="Settings", shortcut="Ctrl+,", bottom=True),
    Page(name="chat", icon="chat", title="Chat", shortcut="Ctrl+1"),
    Page(name="keys", icon="key", title="Keys"),
)


@pytest.fixture
def look(qapp) -> Theme:
    return Theme()


@pytest.fixture
def rail(qtbot, look) -> Rail:
    made = Rail(PAGES, look=look)
    qtbot.addWidget(made)
    made.resize(56, 600)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


def test_pages_stand_in_order_with_the_settings_at_the_bottom(rail):
    tops = {name: button.geometry().top() for name, button in rail.buttons.items()}
    assert tops["chat"] < tops["keys"] < 300 < tops["settings"]


def test_a_click_opens_a_page_and_says_so_once(rail, qtbot):
    with qtbot.waitSignal(rail.page_chosen) as said:
        QTest.mouseClick(rail.buttons["keys"], Qt.MouseButton.LeftButton)
    assert said.args == ["keys"]
    assert rail.page == "keys"
    assert not rail.buttons["chat"].isChecked()


def test_showing_a_page_says_nothing(rail, qtbot):
    with qtbot.assertNotEmitted(rail.page_chosen):
        rail.show_page("settings")
    assert rail.page == "settings"


def test_an_unknown_page_is_refused(rail):
    with pytest.raises(KeyError):
        rail.show_page("nowhere")


def test_arrows_move_the_focus_round_and_enter_opens(rail, qtbot):
    rail.show_page("chat")
    rail.buttons["chat"].setFocus()
    QTest.keyClick(rail.buttons["chat"], Qt.Key.Key_Down)
    assert rail.buttons["keys"].hasFocus()
    assert rail.page == "chat"
    QTest.keyClick(rail.buttons["keys"], Qt.Key.Key_Down)
    QTest.keyClick(rail.buttons["settings"], Qt.Key.Key_Down)
    assert rail.buttons["chat"].hasFocus()
    QTest.keyClick(rail.buttons["chat"], Qt.Key.Key_End)
    with qtbot.waitSignal(rail.page_chosen) as said:
        QTest.keyClick(rail.buttons["settings"], Qt.Key.Key_Return)
    assert said.args == ["settings"]


def test_the_rail_is_one_stop_of_the_tab_key(rail):
    rail.show_page("keys")
    stops = [name for name, b in rail.buttons.items() if b.focusPolicy() & Qt.FocusPolicy.TabFocus.value]
    assert stops == ["keys"]


def test_a_badge_is_told_as_well_as_painted(rail):
    before = rail.buttons["keys"].grab().toImage()
    rail.set_badge("keys", "2")
    assert rail.buttons["keys"].accessibleName() == "Keys, 2"
    assert rail.buttons["keys"].grab().toImage() != before
    rail.set_badge("keys", "")
    assert rail.buttons["keys"].accessibleName() == "Keys"


def test_the_tool_tip_names_the_shortcut(rail):
    assert rail.buttons["chat"].toolTip().startswith("Chat")
    assert "1" in rail.buttons["chat"].toolTip()


@pytest.mark.parametrize("mode", PALETTES)
def test_the_open_page_is_marked_in_each_theme(rail, look, mode):
    look.set_mode(mode)
    picture = rail.grab().toImage()
    opened, closed = (rail.buttons[name].geometry().center().y() for name in ("chat", "keys"))
    assert picture.pixelColor(0, opened).name() == PALETTES[mode].accent.name()
    assert picture.pixelColor(0, closed).name() == PALETTES[mode].raised.name()


def test_the_first_page_above_the_bottom_is_open_at_first(rail):
    assert rail.page == "chat"


def test_zoom_widens_the_rail(rail, look):
    look.set_zoom(2.0)
    assert rail.width() == 112
    assert rail.buttons["chat"].height() == 80
