"""The keys page asks for every change, and shows no secret that was not asked for."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPoint, Qt
from PySide6.QtGui import QAccessible, QColor, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QWidget

from engine.keys import BackendStatus, FoundKey, KeyState, Where
from gui.models.keys import Column, rows
from gui.theme import theme
from gui.views.keys import KeysPage
from gui.views.keys.page import EMPTY
from tests.gui.sample_keys import BENCHES, ENTRIES, NOW, PLANTED, RUNS, entry, seven


@pytest.fixture(autouse=True)
def _styled(qapp: QApplication) -> Iterator[None]:
    theme().apply(qapp)
    theme().set_mode("light")
    yield
    theme().set_mode("light")


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def page(qtbot, clock) -> KeysPage:
    made = KeysPage(clock=clock)
    qtbot.addWidget(made)
    made.resize(1384, 900)
    made.show()
    made.show_keys(seven())
    return made


def button(page: QWidget, name: str) -> QPushButton:
    return next(b for b in page.findChildren(QPushButton) if b.accessibleName() == name and b.isVisible())


def texts(widget: QObject) -> list[str]:
    """Every word that the accessibility tree, the tool tips, the properties and the models hold below `widget`."""
    found: list[str] = []
    for part in (widget, *widget.findChildren(QObject)):
        meta, own = part.metaObject(), {"text", "displayText"} if isinstance(part, QLineEdit) else set()
        names = {meta.property(i).name() for i in range(meta.propertyCount())} - own
        found += [str(part.property(name)) for name in names]
        if (told := QAccessible.queryAccessibleInterface(part)) is not None and told.isValid():
            found += [told.text(kind) for kind in (QAccessible.Text.Name, QAccessible.Text.Description)]
            found += [told.text(QAccessible.Text.Value)]
        if isinstance(part, QAbstractItemModel):
            found += model_texts(part, QModelIndex())
    return found


def model_texts(model: QAbstractItemModel, parent: QModelIndex) -> list[str]:
    found: list[str] = []
    for row in range(model.rowCount(parent)):
        for column in range(model.columnCount(parent)):
            index = model.index(row, column, parent)
            found += [str(model.data(index, role)) for role in range(Qt.ItemDataRole.UserRole + 4)]
        found += model_texts(model, model.index(row, 0, parent))
    return found


def test_a_planted_secret_stands_nowhere_but_in_the_field_and_on_the_screen(page, capsys, caplog):
    page.open_add()
    page._add._field._edit.setText(PLANTED)
    assert "PLANTED" not in "\n".join(texts(page))
    page.close_add()
    page.show_revealed("w", PLANTED)
    assert page._detail.value.take() == PLANTED
    assert "PLANTED" not in "\n".join(texts(page))
    written = capsys.readouterr()
    assert "PLANTED" not in written.out + written.err + caplog.text + repr(page)
    assert "Key, shown as dots" in texts(page)  # the search itself finds what is there


def test_without_keys_the_page_says_that_all_works_offline(page):
    page.show_keys(())
    assert EMPTY in texts(page)
    assert page._empty.isVisible()
    assert not page._status.isVisible()


def test_the_countdown_falls_and_its_end_asks_for_news_once(page, clock, qtbot):
    assert "9.7 s" in page._status.text()
    clock.now += 5
    page._tick()
    assert "4.7 s" in page._status.text()
    assert page._detail._figure.text() == "4.7 s"
    clock.now += 5
    with qtbot.waitSignal(page.refresh_requested):
        page._tick()
    with qtbot.assertNotEmitted(page.refresh_requested):
        page._tick()


def test_a_key_is_pasted_guessed_named_and_handed_over(page, qtbot):
    qtbot.mouseClick(button(page, "Add key"), Qt.MouseButton.LeftButton)
    add = page._add
    assert add._field._edit.echoMode() is QLineEdit.EchoMode.Password
    assert not add._add.isEnabled()
    qtbot.keyClicks(add._field._edit, "sk-ant-" + "a" * 30)
    assert add.provider() == "anthropic"
    add._session.setChecked(True)
    add._alias.setText("lab")
    with qtbot.waitSignal(page.add_requested) as asked:
        qtbot.keyClick(add._field._edit, Qt.Key.Key_Return)
    assert asked.args == ["anthropic", "lab", "sk-ant-" + "a" * 30, True]
    page.show_keys(rows((*ENTRIES, entry("n", "lab", "anthropic")), BENCHES, RUNS, NOW))
    assert page._table.current_id() == "n"
    assert add._field.text() == ""
    assert not add.isVisible()


def test_a_refused_key_stays_in_the_field_with_the_error_shown(page):
    page.open_add()
    page._add._field._edit.setText(PLANTED)
    page.show_error("This key is there already, as work: use that one.")
    page.show_keys(seven())
    assert page._add._field.text() == PLANTED
    assert page._notice.text() == "This key is there already, as work: use that one."


def test_a_paste_with_a_line_break_is_seen_and_cannot_be_added(page):
    page.open_add()
    QGuiApplication.clipboard().setText("sk-aaaa\nbbbbbbbbbbbbbbbbb")
    page._add._field._edit.paste()
    assert "line break" in page._add._problems.text()
    assert not page._add._add.isEnabled()


def test_a_provider_chosen_by_hand_is_not_guessed_away(page):
    page.open_add()
    combo = page._add._provider
    combo.setCurrentIndex(combo.findData("deepseek"))
    combo.activated.emit(combo.currentIndex())
    page._add._field._edit.setText("sk-" + "a" * 30)
    assert page._add.provider() == "deepseek"


def test_the_eye_shows_a_paste_and_hides_it_by_itself(page, qtbot):
    page.open_add()
    field = page._add._field
    field._timer.setInterval(20)
    field._eye.click()
    assert field._edit.echoMode() is QLineEdit.EchoMode.Normal
    qtbot.waitUntil(lambda: field._edit.echoMode() is QLineEdit.EchoMode.Password)


def test_what_was_pasted_is_forgotten_when_the_page_is_left(page):
    page.open_add()
    page._add._field._edit.setText(PLANTED)
    page.hide()
    assert page._add._field.text() == ""
    page._add._field._eye.click()  # dots cannot be undone, plain text can
    page._add._field._edit.undo()
    assert page._add._field.text() == ""


def test_variables_are_offered_with_boxes_and_only_sound_new_ones_are_ticked(page, qtbot):
    found = (
        FoundKey(provider="openai", variable="OPENAI_API_KEY", masked="sk-…"),
        FoundKey(provider="gemini", variable="GEMINI_API_KEY", masked="AIza…"),
        FoundKey(provider="groq", variable="GROQ_API_KEY", problem="The key holds a blank or a line break."),
        FoundKey(provider="xai", variable="XAI_API_KEY", masked="xai-…"),
    )
    page.show_keys(rows((entry("v", "XAI_API_KEY", "xai", where=Where.ENVIRONMENT),), (), (), NOW))
    page.open_add()
    page.show_found(found)
    boxes = {box.text(): box for box, _ in page._add.found._boxes}
    assert [name for name, box in boxes.items() if box.isEnabled()] == ["OPENAI_API_KEY", "GEMINI_API_KEY"]
    boxes["OPENAI_API_KEY"].setChecked(False)
    with qtbot.waitSignal(page.import_requested) as asked:
        qtbot.mouseClick(button(page, "Import 1 key"), Qt.MouseButton.LeftButton)
    assert asked.args == [[found[1]]]


def test_a_revealed_key_hides_after_its_time_and_with_another_choice(page, qtbot):
    value = page._detail.value
    with qtbot.waitSignal(page.reveal_requested) as asked:
        qtbot.mouseClick(button(page, "Show the key"), Qt.MouseButton.LeftButton)
    assert asked.args == ["w"]
    page.show_revealed("w", PLANTED)
    assert value.isVisible()
    page._table.choose("s")
    assert value.take() == ""
    page.show_revealed("w", PLANTED)  # an answer that comes too late
    assert not value.isVisible()
    value._timer.setInterval(20)
    page.show_revealed("s", PLANTED)
    qtbot.waitUntil(lambda: value.take() == "" and not value.isVisible())


def test_a_copied_value_leaves_the_clipboard_by_itself(page, qtbot):
    clipboard = QGuiApplication.clipboard()
    page._clipboard._timer.setInterval(20)
    page.show_revealed("w", PLANTED)
    qtbot.mouseClick(button(page, "Copy the key"), Qt.MouseButton.LeftButton)
    assert clipboard.text() == PLANTED
    assert bytes(clipboard.mimeData().data("x-kde-passwordManagerHint").data()) == b"secret"
    qtbot.waitUntil(lambda: clipboard.text() == "")


def test_what_else_was_copied_since_stays_on_the_clipboard(page):
    page._clipboard.put(PLANTED)
    QGuiApplication.clipboard().setText("a recipe")
    page._clipboard.clear()
    assert QGuiApplication.clipboard().text() == "a recipe"


def test_the_name_is_copied_and_never_the_value(page, qtbot):
    page._table.setFocus()
    with qtbot.waitSignal(page.copy_requested) as asked:
        qtbot.keyClick(page._table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert asked.args == ["w"]
    assert QGuiApplication.clipboard().text() == "keyring:work"


def test_every_change_can_be_made_by_keyboard(page, qtbot):
    table, control = page._table, Qt.KeyboardModifier.ControlModifier
    for key, modifier, signal, args in (
        (Qt.Key.Key_Down, control, page.reorder_requested, ["openai", ["s", "w", "d"]]),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, page.enable_requested, ["w", False]),
        (Qt.Key.Key_Delete, Qt.KeyboardModifier.NoModifier, page.remove_requested, ["w"]),
    ):
        with qtbot.waitSignal(signal) as asked:
            qtbot.keyClick(table, key, modifier)
        assert asked.args == args
    with qtbot.assertNotEmitted(page.reorder_requested):
        qtbot.keyClick(table, Qt.Key.Key_Up, control)  # the first stays first
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.current_id() == "s"
    qtbot.keyClick(table, Qt.Key.Key_F2)
    editor = table.findChild(QLineEdit)
    editor.setText("reserve")
    with qtbot.waitSignal(page.rename_requested) as asked:
        qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert asked.args == ["s", "reserve"]


def test_a_key_that_is_switched_off_is_put_back(page, qtbot):
    page._table.choose("p")
    with qtbot.waitSignal(page.enable_requested) as asked:
        qtbot.mouseClick(button(page, "Put back"), Qt.MouseButton.LeftButton)
    assert asked.args == ["p", True]


def test_a_removal_can_be_undone_for_a_while(page, qtbot):
    page.show_undo("d", "old-demo")
    assert page._notice.text() == "Key old-demo was removed."
    with qtbot.waitSignal(page.restore_requested) as asked:
        qtbot.mouseClick(button(page, "Undo"), Qt.MouseButton.LeftButton)
    assert asked.args == ["d"]
    page._notice._timer.setInterval(20)
    page.show_undo("d", "old-demo")
    qtbot.waitUntil(lambda: page._notice.text() == "")
    with qtbot.assertNotEmitted(page.restore_requested):
        page._notice.undo()


def test_a_check_is_asked_for_waited_for_and_told(page, qtbot, clock):
    why = page._model.index_of("s", Column.WHY)
    page._table.choose("s")
    with qtbot.waitSignal(page.check_requested) as asked:
        qtbot.mouseClick(button(page, "Check now"), Qt.MouseButton.LeftButton)
    assert asked.args == [["s"]]
    assert why.data() == "asking the provider …"
    page.show_check("s", True, "It works", 0.4)
    assert why.data() == "It works (0.4 s)"
    clock.now += 120
    page.show_keys(seven())
    assert why.data() == "1 stream cut, not the key's fault"


def test_all_keys_that_are_switched_on_are_checked_at_once(page, qtbot):
    with qtbot.waitSignal(page.check_requested) as asked:
        qtbot.mouseClick(button(page, "Check all"), Qt.MouseButton.LeftButton)
    assert asked.args == [["w", "s", "d", "t", "m", "f"]]


def test_the_footer_names_the_keyring_or_why_it_is_refused(page, qtbot):
    page.show_backend(BackendStatus(name="Secret Service (keyring.backends.SecretService.Keyring)", accepted=True))
    assert page._footer.text().startswith("Stored in Secret Service. Written and read back.")
    told = "PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring"
    page.show_backend(BackendStatus(state=KeyState.NOT_TRUSTED, reason="It forgets every key.", override=told))
    assert page._footer.text() == f"It forgets every key. Another keyring is asked for by {told}."
    page.show_backend(BackendStatus(state=KeyState.LOCKED, reason="The system keyring is locked.", accepted=True))
    with qtbot.waitSignal(page.refresh_requested):
        qtbot.mouseClick(button(page, "Try again"), Qt.MouseButton.LeftButton)


def test_every_part_that_can_be_reached_has_an_accessible_name(page):
    page.open_add()
    page.show_found((FoundKey(provider="openai", variable="OPENAI_API_KEY", masked="sk-…"),))
    for part in page.findChildren(QWidget):
        if part.isVisible() and part.focusPolicy() & Qt.FocusPolicy.TabFocus:
            told = QAccessible.queryAccessibleInterface(part)
            assert told.text(QAccessible.Text.Name), part


def test_a_row_is_read_out_as_one_sentence(page):
    index = page._model.index_of("w")
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == (
        "work at openai: cooling, 9.7 s (429, asked for 20 s); served 1 of 2, last used 10 s ago"
    )


@pytest.mark.parametrize("mode", ["light", "dark", "hc-light", "hc-dark"])
def test_a_change_of_theme_is_seen_at_once(page, mode):
    theme().set_mode(mode)
    QApplication.processEvents()
    image = page.grab().toImage()
    ratio = image.devicePixelRatio()

    def colour_at(part: QWidget, place: QPoint) -> QColor:
        at = part.mapTo(page, place)
        return image.pixelColor(round(at.x() * ratio), round(at.y() * ratio))

    p = theme().palette
    table = page._table.viewport()
    assert colour_at(table, QPoint(table.width() // 2, table.height() - 20)) == p.surface
    assert colour_at(page._detail, QPoint(300, 800)) == p.raised
    row = page._table.visualRect(page._model.index_of("w", Column.WHY))
    assert colour_at(table, QPoint(row.right() - 3, row.center().y())) == p.accent_tint


def test_a_narrow_page_keeps_the_key_the_state_and_the_count(page):
    page.resize(824, 560)
    QApplication.processEvents()
    shown = [column for column in Column if not page._table.isColumnHidden(column)]
    assert shown == [Column.KEY, Column.STATE, Column.SERVED]
    assert sum(page._table.columnWidth(column) for column in shown) == page._table.viewport().width()


def test_a_key_pasted_as_a_name_is_refused_without_repeating_it(page):
    page.open_add()
    page._add._field._edit.setText(PLANTED)
    page._add._alias.setText(PLANTED)
    page._add._alias.textEdited.emit(PLANTED)
    assert page._add._problems.text() == "The name holds a key, and names are shown: choose another name."
    assert not page._add._add.isEnabled()


def test_insert_opens_the_panel_and_escape_closes_it(page, qtbot):
    page.activateWindow()
    page._table.setFocus()
    qtbot.keyClick(page._table, Qt.Key.Key_Insert)
    assert page._add.isVisible()
    page._add._field.take_focus()
    qtbot.keyClick(page._add._field._edit, Qt.Key.Key_Escape)
    assert not page._add.isVisible()


def test_a_removal_is_undone_by_keyboard(page, qtbot):
    page.activateWindow()
    page._table.setFocus()
    page.show_undo("d", "old-demo")
    with qtbot.waitSignal(page.restore_requested) as asked:
        qtbot.keyClick(page._table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert asked.args == ["d"]
