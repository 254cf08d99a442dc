"""What is chosen is said at once, what is shown is not said, and the copy holds no secret."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel

from gui.diagnostics import Fact
from gui.models.shortcuts import Bindings
from gui.theme import PALETTES, ZOOMS, theme
from gui.views.settings import Choices, SettingsPage


@pytest.fixture(autouse=True)
def _styled(qapp: QApplication) -> Iterator[None]:
    theme().apply(qapp)
    theme().set_mode("light")
    yield
    theme().set_mode("light")
    theme().set_zoom(1.0)


@pytest.fixture
def page(qtbot) -> SettingsPage:
    made = SettingsPage()
    qtbot.addWidget(made)
    made.resize(1200, 800)
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    return made


def chosen(page: SettingsPage, qtbot, act) -> Choices:
    with qtbot.waitSignal(page.changed) as changed:
        act()
    return changed.args[0]


def pick(box: QComboBox, value: object) -> None:
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def texts(page: SettingsPage) -> str:
    return "\n".join(label.text() for label in page.findChildren(QLabel))


def test_showing_choices_says_nothing(page, qtbot):
    choices = Choices("hc-dark", 1.5, True, True, False, "en", Bindings({"chat.new": ("Ctrl+M",)}))
    with qtbot.assertNotEmitted(page.changed):
        page.show_choices(choices)
    assert page.themes.mode == "hc-dark"
    assert page.zoom.currentText() == "150 %"
    assert page.motion.isChecked()
    assert not page.ghosts.isChecked()
    assert page.shortcuts.bindings == choices.bindings


def test_every_theme_can_be_chosen_by_mouse_and_by_keys(page, qtbot):
    assert set(page.themes.swatches) == {"system", *PALETTES}
    assert chosen(page, qtbot, page.themes.swatches["hc-light"].click).theme == "hc-light"
    page.themes.swatches["hc-light"].setFocus()
    after = chosen(page, qtbot, lambda: qtbot.keyClick(page.themes.swatches["hc-light"], Qt.Key.Key_Right))
    assert after.theme == "hc-dark"
    assert page.themes.swatches["hc-dark"].hasFocus()


def test_each_swatch_is_painted_in_its_own_colours(page):
    page.show_section("Appearance")
    for name, swatch in page.themes.swatches.items():
        picture = swatch.grab().toImage()
        at = picture.pixelColor(picture.width() - 12, 14)
        if name != "system":
            assert at == PALETTES[name].surface, name


def test_each_control_changes_its_own_choice_and_no_other(page, qtbot):
    assert chosen(page, qtbot, lambda: pick(page.zoom, 2.0)) == Choices(zoom=2.0)
    assert chosen(page, qtbot, lambda: pick(page.send, True)) == Choices(zoom=2.0, send_with_control=True)
    assert chosen(page, qtbot, page.motion.click).reduced_motion is True
    assert chosen(page, qtbot, page.ghosts.click).ghosts is False


def test_choosing_the_same_again_says_nothing(page, qtbot):
    with qtbot.assertNotEmitted(page.changed):
        pick(page.zoom, 1.0)


def test_a_zoom_between_two_steps_shows_the_nearest(page):
    page.show_choices(Choices(zoom=1.2))
    assert page.zoom.currentData() == 1.15
    assert page.zoom.count() == len(ZOOMS)


def test_a_changed_shortcut_is_part_of_the_choices(page, qtbot):
    action = page.shortcuts.bindings.action("chat.new")
    after = chosen(page, qtbot, lambda: page.shortcuts._chosen(action, ("Ctrl+M",)))
    assert after.bindings.stored() == {"chat.new": ("Ctrl+M",)}


def test_diagnostics_are_asked_for_when_they_are_shown(page, qtbot):
    with qtbot.waitSignal(page.diagnostics_requested):
        page.show_section("Diagnostics")
    with qtbot.waitSignal(page.diagnostics_requested):
        page.show_section("Data")
    with qtbot.assertNotEmitted(page.diagnostics_requested):
        page.show_section("About")


def test_the_copy_is_redacted_and_says_so(page):
    page.show_facts([Fact("Python", "3.11.7"), Fact("Key ring", "sk-proj-abcdefghij0123456789")])
    page.show_section("Diagnostics")
    page.diagnostics.copy.click()
    copied = QGuiApplication.clipboard().text()
    assert "3.11.7" in copied
    assert "abcdefghij" not in copied
    assert page.diagnostics._said.text().startswith("Copied")


def test_new_facts_take_the_place_of_the_old(page):
    page.show_facts([Fact("Frame times", "nothing drawn yet")])
    page.show_facts([Fact("Frame times", "p50 8.1 ms, p99 14.2 ms")])
    assert "nothing drawn yet" not in texts(page)
    assert "p99 14.2 ms" in texts(page)


def test_the_data_folder_is_shown_and_opened_by_signal(page, qtbot):
    page.show_data("~/data", "1.2 MB")
    assert "~/data" in texts(page)
    with qtbot.waitSignal(page.open_data_requested):
        page.data._open.click()


def test_the_licences_of_qt_and_of_the_fonts_are_told(page, qtbot):
    told = texts(page)
    assert "GNU Lesser General Public License, version 3" in told
    assert "SIL Open Font License 1.1" in told
    buttons = [b for b in page.about.findChildren(QAbstractButton) if b.accessibleName() == "Licence of Inter"]
    with qtbot.waitSignal(page.licence_requested) as asked:
        buttons[0].click()
    assert asked.args == ["Inter-OFL.txt"]


def test_an_unknown_section_is_an_error(page):
    with pytest.raises(KeyError, match="Nowhere"):
        page.show_section("Nowhere")


def test_every_control_has_a_name(page):
    for kind in (QAbstractButton, QComboBox):
        for control in page.findChildren(kind):
            if control.focusPolicy() & Qt.FocusPolicy.TabFocus:
                assert control.accessibleName() or control.text(), control


def test_themes_wrap_instead_of_being_cut_off(page):
    for zoom in (0.75, 1.0, 1.5):
        page.resize(824, 800)
        theme().set_zoom(zoom)
        QApplication.processEvents()
        swatches = page.themes.swatches.values()
        assert max(s.geometry().right() for s in swatches) <= page.themes.width()
        assert len({s.geometry().topLeft().toTuple() for s in swatches}) == len(swatches)
