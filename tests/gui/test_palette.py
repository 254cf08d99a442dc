"""The palette finds by a few letters, and is used without a mouse."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from gui.models.palette import RECENT, Command, find, match, rank
from gui.theme import theme
from gui.views.palette import Palette

COMMANDS = (
    Command(id="new", title="New chat", group="Commands", shortcut="Ctrl+N"),
    Command(id="theme", title="Light or dark", group="Commands", words="theme appearance"),
    Command(id="export", title="Export this chat", group="Commands", enabled=False),
    Command(id="rate", title="Rate limit, then rotate", group="Scenarios"),
    Command(id="cut", title="Cut in mid-stream", group="Scenarios"),
    Command(id="tides", title="Tides for a ten-year-old", group="Routes"),
)


@pytest.fixture(autouse=True)
def _styled(qapp: QApplication) -> Iterator[None]:
    theme().apply(qapp)
    theme().set_mode("light")
    yield
    theme().set_mode("light")
    theme().set_zoom(1.0)


@pytest.fixture
def window(qtbot) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    QVBoxLayout(made).addWidget(QLineEdit())
    made.resize(900, 700)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    return made


@pytest.fixture
def palette(window) -> Palette:
    return Palette(COMMANDS, window)


def ids(hits) -> list[str]:
    return [hit.command.id for hit in hits]


def test_letters_match_in_their_order_only():
    assert match("nc", "New chat") is not None
    assert match("cn", "New chat") is None
    assert match("", "New chat").places == ()


def test_the_best_places_are_taken_not_the_first():
    assert match("cut", "Accurate cut").places == (9, 10, 11)
    assert match("rl", "Rate limit").places == (0, 5)


def test_a_letter_that_folds_into_two_keeps_the_places_within_the_title():
    hit = match("straße", "Die Straße")
    assert hit is None or max(hit.places) < len("Die Straße")


def test_each_word_must_be_found_in_any_order():
    assert ids(rank(COMMANDS, "rotate rate", ())) == ["rate"]
    assert ids(rank(COMMANDS, "rate nothing", ())) == []


def test_words_that_are_not_shown_are_found_and_light_nothing_up():
    found = find(COMMANDS[1], "appearance")
    assert found is not None
    assert found.places == ()


def test_a_match_at_the_start_of_words_stands_before_one_within():
    commands = (Command(id="within", title="Unratified"), Command(id="start", title="The rate"))
    assert ids(rank(commands, "rat", ())) == ["start", "within"]


def test_without_a_query_recent_commands_lead_and_groups_have_headings():
    hits = rank(COMMANDS, "", ("cut", "new"))
    assert ids(hits)[:3] == ["cut", "new", "theme"]
    assert [hit.heading for hit in hits] == [RECENT, "", "Commands", "", "Scenarios", "Routes"]


def test_what_was_used_last_wins_between_equals_only():
    commands = (Command(id="a", title="Go to the chat"), Command(id="b", title="Go to the keys"))
    assert ids(rank(commands, "go", ("b",))) == ["b", "a"]
    assert ids(rank(commands, "chat", ("b",))) == ["a"]


def test_a_disabled_command_is_found_last_and_never_run(palette, qtbot):
    palette.open()
    qtbot.keyClicks(palette.field, "export")
    with qtbot.assertNotEmitted(palette.chosen):
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert palette.isVisible()


def test_typing_and_enter_choose_and_give_the_focus_back(palette, window, qtbot):
    before = window.findChild(QLineEdit)
    before.setFocus()
    palette.open()
    assert palette.field.hasFocus()
    qtbot.keyClicks(palette.field, "rat")
    with qtbot.waitSignal(palette.chosen) as chosen:
        qtbot.keyClick(palette.field, Qt.Key.Key_Return)
    assert chosen.args == ["rate"]
    assert palette.isHidden()
    assert before.hasFocus()
    assert palette.recent == ("rate",)


def test_arrows_go_round_past_what_cannot_be_chosen(palette, qtbot):
    palette.open()
    seen = []
    for _ in range(5):
        seen.append(palette.results.current().id)
        qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    assert seen == ["new", "theme", "rate", "cut", "tides"]
    assert palette.results.current().id == "new"
    qtbot.keyClick(palette.field, Qt.Key.Key_Backtab)
    assert palette.results.current().id == "tides"


def test_escape_and_a_click_beside_it_close_without_a_choice(palette, qtbot):
    for leave in (
        lambda: qtbot.keyClick(palette.field, Qt.Key.Key_Escape),
        lambda: qtbot.mouseClick(palette, Qt.MouseButton.LeftButton, pos=palette.rect().bottomLeft()),
    ):
        palette.open()
        with qtbot.assertNotEmitted(palette.chosen), qtbot.waitSignal(palette.dismissed):
            leave()
        assert palette.isHidden()


def test_a_click_on_a_row_chooses_it(palette, qtbot):
    palette.open("cut")
    row = palette.results.visualRect(palette.model.index(0)).center()
    with qtbot.waitSignal(palette.chosen) as chosen:
        qtbot.mouseClick(palette.results.viewport(), Qt.MouseButton.LeftButton, pos=row)
    assert chosen.args == ["cut"]


def test_the_panel_stays_within_a_small_window_at_every_zoom(palette, window, qtbot):
    for zoom in (0.75, 1.0, 2.5):
        theme().set_zoom(zoom)
        window.resize(880, 560)
        palette.open()
        QApplication.processEvents()
        assert palette.geometry() == window.rect()
        assert palette.rect().contains(palette.panel.geometry())


def test_nothing_found_says_so(palette):
    palette.open("xqz")
    assert palette._empty.isVisibleTo(palette)
    assert not palette.results.isVisibleTo(palette)


def test_a_row_is_read_out_with_its_keys(palette):
    text = palette.model.data(palette.model.index(0), Qt.ItemDataRole.AccessibleTextRole)
    assert text == "New chat, Commands, Ctrl+N"
    told = QAccessible.queryAccessibleInterface(palette.field)
    assert "command" in told.text(QAccessible.Text.Name)


def test_its_keys_do_not_reach_the_window_and_others_do(palette, window, qtbot):
    heard: list[str] = []
    for keys in ("Esc", "Ctrl+N", "Ctrl+K"):
        QShortcut(QKeySequence(keys), window, lambda keys=keys: heard.append(keys))
    palette.open()
    for key in (Qt.Key.Key_N, Qt.Key.Key_K):
        qtbot.keyClick(palette.field, key, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert heard == ["Ctrl+K"]
    assert palette.isHidden()
