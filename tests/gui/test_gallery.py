"""The gallery: what is found, what a card is drawn from, and how it is worked by mouse and keyboard."""

import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest

from engine.lab.programme import Category
from engine.lab.scenarios import SCENARIOS
from gui.models.gallery import GalleryModel, Role, attempts, found, sketch, sketched
from gui.theme import PALETTES, Theme
from gui.views.gallery import Gallery
from gui.views.gallery.card import run_rect, wrapped
from gui.views.gallery.mini import BAR, bar_rects

ALL = tuple(SCENARIOS.values())


@pytest.fixture
def look(qapp) -> Theme:
    return Theme()


@pytest.fixture
def gallery(qtbot, look) -> Iterator[Gallery]:
    made = Gallery(ALL, look=look)
    qtbot.addWidget(made)
    made.resize(1384, 900)
    made.show()
    qtbot.waitExposed(made)
    made.activateWindow()
    made.cards.setFocus()
    return made


def drawn(gallery: Gallery, qtbot) -> None:
    qtbot.waitUntil(lambda: gallery.model.complete, timeout=10_000)


def names(gallery: Gallery) -> list[str]:
    return [gallery.model.scenario(row).name for row in range(gallery.model.rowCount())]


# What is found.


def test_a_category_holds_its_own_scenarios_only():
    limits = found(ALL, Category.LIMITS, "")
    assert limits
    assert {scenario.category for scenario in limits} == {Category.LIMITS}


def test_every_word_must_be_found_in_any_order_and_case():
    assert [s.name for s in found(ALL, None, "STALL tokens")] == ["stall"]
    assert found(ALL, None, "stall nowhere") == []


def test_a_kind_of_fault_and_a_provider_are_found():
    assert {s.name for s in found(ALL, None, "rate_limit gemini")} == {"long-wait"}


def test_attempts_are_counted_in_words():
    assert attempts(SCENARIOS["calm"]) == "1 attempt"
    assert attempts(SCENARIOS["first"]) == "3 attempts"


# What a card is drawn from.


def test_a_sketch_is_the_run_itself():
    drawn = sketched(sketch(SCENARIOS["cut"]))
    cut, served = drawn.timeline.bars
    assert cut.discarded
    assert cut.word == "stream cut"
    assert served.served
    assert drawn.length == served.end


def test_only_a_wait_that_was_asked_for_is_marked():
    assert sketched(sketch(SCENARIOS["all-limited"])).asked == {3}
    assert sketched(sketch(SCENARIOS["key-rotation"])).asked == frozenset()


def test_each_bar_has_a_row_and_rows_come_nearer_where_there_are_many():
    area = QRectF(0, 0, 290, 98)
    few = bar_rects(area, sketched(sketch(SCENARIOS["cut"])).timeline.bars, 40)
    many = bar_rects(area, sketched(sketch(SCENARIOS["overloaded"])).timeline.bars, 40)
    assert few[0].height() == BAR
    assert many[1].top() - many[0].top() < few[1].top() - few[0].top()
    assert all(lower.top() >= upper.bottom() for upper, lower in pairwise(many))
    assert many[-1].bottom() <= area.bottom() - 8


def test_one_tick_draws_a_few_cards_and_stays_within_50_ms(qapp):
    model = GalleryModel(ALL)
    model.draw(0.0)  # the first one imports the adapters
    slowest = 0.0
    while not model.complete:
        begun = time.perf_counter()
        model.draw(0.012)
        slowest = max(slowest, time.perf_counter() - begun)
    assert slowest < 0.05


def test_what_is_on_show_is_drawn_first(qapp):
    model = GalleryModel(ALL)
    model.show_only(Category.KEYS, "")
    model.draw(0.0)
    assert model.index(0).data(Role.SKETCH) is not None


def test_the_accessible_words_tell_the_whole_story(qapp):
    model = GalleryModel(ALL)
    first = model.index(0)
    assert "Expected: Answers all the same." in first.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    while not model.complete:
        model.draw(1.0)
    assert "its text was discarded" in first.data(Qt.ItemDataRole.AccessibleDescriptionRole)
    assert first.data(Qt.ItemDataRole.AccessibleTextRole).startswith("The first start.")


# The page.


def test_the_page_opens_before_any_sketch_is_made(qtbot, look):
    made = Gallery(ALL, look=look)
    qtbot.addWidget(made)
    assert made.model.index(0).data(Role.SKETCH) is None
    made.show()
    drawn(made, qtbot)


def test_cards_flow_with_the_width_and_never_fall_below_280(gallery, qtbot):
    for width, columns in ((1384, 4), (900, 3), (620, 2), (400, 1)):
        gallery.resize(width, 900)
        cell = gallery.cards.gridSize().width()
        assert gallery.cards.columns == columns
        assert cell >= 280
        place = gallery.cards.visualRect(gallery.model.index(columns - 1))
        assert place.top() == gallery.cards.visualRect(gallery.model.index(0)).top()
        below = gallery.cards.visualRect(gallery.model.index(columns))
        assert below.top() > place.top()


def test_arrows_move_by_rows_and_columns_and_stop_at_the_ends(gallery):
    cards, last = gallery.cards, gallery.model.rowCount() - 1
    for key, row in ((Qt.Key.Key_Right, 1), (Qt.Key.Key_Down, 5), (Qt.Key.Key_Left, 4), (Qt.Key.Key_Up, 0)):
        QTest.keyClick(cards, key)
        assert cards.currentIndex().row() == row
    QTest.keyClick(cards, Qt.Key.Key_Up)
    assert cards.currentIndex().row() == 0
    QTest.keyClick(cards, Qt.Key.Key_End)
    QTest.keyClick(cards, Qt.Key.Key_Down)
    assert cards.currentIndex().row() == last


def test_enter_runs_the_card_that_has_the_focus(gallery, qtbot):
    QTest.keyClick(gallery.cards, Qt.Key.Key_Right)
    with qtbot.waitSignal(gallery.scenario_chosen) as said:
        QTest.keyClick(gallery.cards, Qt.Key.Key_Return)
    assert said.args == [names(gallery)[1]]


def test_a_click_on_run_runs_and_a_click_beside_it_only_selects(gallery, qtbot):
    rect = gallery.cards.visualRect(gallery.model.index(2))
    button = run_rect(rect.translated(-rect.topLeft()).toRectF()).center().toPoint() + rect.topLeft()
    said: list[str] = []
    gallery.scenario_chosen.connect(said.append)
    QTest.mouseClick(gallery.cards.viewport(), Qt.MouseButton.LeftButton, pos=rect.topLeft() + QPoint(40, 40))
    assert said == []
    assert gallery.cards.currentIndex().row() == 2
    QTest.mouseClick(gallery.cards.viewport(), Qt.MouseButton.LeftButton, pos=button)
    assert said == [names(gallery)[2]]


def test_tabs_and_field_filter_together(gallery):
    gallery.tabs.setCurrentIndex(1)
    assert {SCENARIOS[name].category for name in names(gallery)} == {Category.LIMITS}
    gallery.field.setText("rotation")
    assert names(gallery) == ["key-rotation"]
    QTest.keyClick(gallery.field, Qt.Key.Key_Escape)
    assert len(names(gallery)) > 1


def test_slash_goes_to_the_field_and_down_comes_back(gallery, qtbot):
    QTest.keyClick(gallery.cards, Qt.Key.Key_Slash)
    qtbot.waitUntil(gallery.field.hasFocus)
    QTest.keyClick(gallery.field, Qt.Key.Key_Down)
    assert gallery.cards.hasFocus()


def test_nothing_found_is_said_in_words(gallery):
    gallery.field.setText("zzz")
    assert gallery.model.rowCount() == 0
    assert "“zzz”" in gallery.cards.empty
    QTest.keyClick(gallery.cards, Qt.Key.Key_Return)  # no card, and no complaint


@pytest.mark.parametrize("mode", PALETTES)
def test_cards_are_painted_in_each_theme(gallery, qtbot, look, mode):
    look.set_mode(mode)
    drawn(gallery, qtbot)
    picture = gallery.cards.viewport().grab().toImage()
    palette = PALETTES[mode]
    assert has(picture, palette.streaming)
    assert has(picture, palette.succeeded)
    assert has(picture, palette.failed_transient)


def test_zoom_makes_cards_larger(gallery, look):
    before = gallery.cards.gridSize().height()
    look.set_zoom(1.5)
    assert gallery.cards.gridSize().height() == round(before * 1.5)
    assert gallery.cards.columns == 3


def test_a_long_sentence_ends_in_an_ellipsis(look):
    lines = wrapped("one two three four five six seven eight nine ten " * 4, look.font("control"), 120.0, 3)
    assert len(lines) == 3
    assert lines[-1].endswith("…")


def has(picture: QImage, colour: QColor) -> bool:
    wanted = colour.rgb()
    return any(picture.pixel(x, y) == wanted for x in range(0, picture.width(), 2) for y in range(30, 70))
