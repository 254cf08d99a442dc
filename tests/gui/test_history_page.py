"""The history is read in pages, found in full text, and every change is asked for and can be undone."""

from collections.abc import Iterator
from datetime import date, datetime

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QApplication, QMenu

from engine.core.events import Outcome
from engine.history_search import HIT, HIT_END, UNFINISHED, Found, Query
from gui.models.history import OUTCOMES, PAGE, PINNED, HistoryModel, clock, day, outcome, pieces, told
from gui.theme import theme
from gui.views.history import HistoryPage
from gui.views.history.page import EMPTY, NOT_FOUND

TODAY = date(2026, 3, 5)
NOON = datetime(2026, 3, 5, 12).timestamp()
DAY = 86_400.0


def run(number: int, prompt: str = "Why is the sky blue?", **more) -> Found:
    fields = {"wall": NOON - number * 60, "route": "tides", "outcome": "answered", "served": "openai · gpt-5"}
    return Found(id=f"r{number}", prompt=prompt, attempts=1, seconds=2.5, place=number + 1, **(fields | more))


class Shelf:
    """A source over a list; it notes what it was asked."""

    def __init__(self, *rows: Found) -> None:
        self.rows = list(rows)
        self.asked: list[tuple[Query, str]] = []

    def _matching(self, query: Query) -> list[Found]:
        rows = [r for r in self.rows if query.text.lower() in r.prompt.lower()]
        rows = [r for r in rows if query.outcome in ("", r.outcome or UNFINISHED) and query.route in ("", r.route)]
        return sorted(rows, key=lambda r: (-r.pinned, -r.wall))

    def page(self, query: Query, after: Found | None = None, limit: int = 100) -> tuple[Found, ...]:
        self.asked.append((query, after.id if after else ""))
        rows = self._matching(query)
        start = next((i + 1 for i, r in enumerate(rows) if after is not None and r.id == after.id), 0)
        return tuple(rows[start : start + limit])

    def count(self, query: Query) -> int:
        return len(self._matching(query))


@pytest.fixture(autouse=True)
def _styled(qapp: QApplication) -> Iterator[None]:
    theme().apply(qapp)
    theme().set_mode("light")
    yield
    theme().set_mode("light")


@pytest.fixture
def model() -> HistoryModel:
    made = HistoryModel()
    made.today = lambda: TODAY
    return made


def titles(model: HistoryModel) -> list[str]:
    return [model.data(model.index(row)) for row in range(model.rowCount())]


def test_days_have_headings_and_pinned_runs_lead(model):
    rows = (run(1), run(2, wall=NOON - DAY), run(3, wall=NOON - 3 * DAY), run(4, wall=NOON - 400 * DAY, pinned=True))
    model.show(Shelf(*rows), Query())
    sky = "Why is the sky blue?"
    assert titles(model) == [PINNED, sky, "Today", sky, "Yesterday", sky, "Monday 2 March", sky]
    assert not model.flags(model.index(0)) & Qt.ItemFlag.ItemIsSelectable


def test_pages_are_fetched_as_they_are_needed_with_no_heading_twice(model):
    source = Shelf(*(run(i) for i in range(250)))
    model.show(source, Query())
    assert model.rowCount() == PAGE + 1
    root = QModelIndex()
    while model.canFetchMore(root):
        model.fetchMore(root)
    assert model.rowCount() == 251
    assert titles(model).count("Today") == 1
    assert [after for _, after in source.asked] == ["", "r99", "r199"]
    assert model.total == 250


def test_a_full_last_page_ends_without_an_empty_insert(model):
    model.show(Shelf(*(run(i) for i in range(PAGE))), Query())
    assert model.canFetchMore(QModelIndex())
    model.fetchMore(QModelIndex())
    assert not model.canFetchMore(QModelIndex())
    assert model.rowCount() == PAGE + 1


def test_asking_again_keeps_as_much_as_was_fetched(model):
    source = Shelf(*(run(i) for i in range(250)))
    model.show(source, Query())
    model.fetchMore(QModelIndex())
    source.rows = [row for row in source.rows if row.id != "r0"]
    model.again()
    assert model.rowCount() == 201
    assert model.row_of("r0") == -1
    assert model.row_of("r200") == 200


def test_every_outcome_has_a_state_and_a_word():
    assert set(OUTCOMES) == {*(o.value for o in Outcome), UNFINISHED}
    assert outcome(run(1, outcome=""))[1] == "not finished"


def test_days_and_hours_in_words():
    assert day(date(2025, 12, 31), TODAY) == "Wednesday 31 December 2025"
    assert clock(run(0), TODAY) == "12:00"
    assert clock(run(0, wall=NOON - 2 * DAY, pinned=True), TODAY) == "3 Mar"


def test_hits_are_pieces_and_are_not_read_out():
    text = f"The {HIT}tides{HIT_END} of the\n{HIT}sea{HIT_END}"
    assert pieces(text) == [("The ", False), ("tides", True), (" of the ", False), ("sea", True)]
    assert pieces(f"a lone {HIT}mark") == [("a lone ", False), ("mark", False)]
    assert told(run(1, text)).startswith("The tides of the sea. answered by openai · gpt-5. 1 attempt. 2.5 s.")


# The page


@pytest.fixture
def shelf() -> Shelf:
    return Shelf(
        run(1, "Why is the sky blue?"),
        run(2, "Who wrote Faust?", route="books", outcome="failed", served=""),
        run(3, "Tell a long tale", outcome=""),
    )


@pytest.fixture
def page(qtbot, shelf) -> HistoryPage:
    made = HistoryPage()
    qtbot.addWidget(made)
    made.resize(1000, 700)
    made.show_source(shelf, ("books", "tides"))
    made.show()
    made.activateWindow()
    qtbot.waitActive(made)
    made.list.setFocus()
    return made


def shown(page: HistoryPage) -> list[str]:
    found = (page.model.found(row) for row in range(page.model.rowCount()))
    return [one.id for one in found if one is not None]


def test_an_empty_history_says_what_will_be_here(qtbot):
    page = HistoryPage()
    qtbot.addWidget(page)
    page.show_source(Shelf())
    page.show()
    assert page._empty.isVisible()
    assert page._empty.text() == EMPTY


def test_typing_looks_once_behind_the_last_letter(page, shelf, qtbot):
    shelf.asked.clear()
    qtbot.keyClicks(page.field, "faust")
    assert shelf.asked == []
    qtbot.waitUntil(lambda: shown(page) == ["r2"])
    assert len(shelf.asked) == 1
    assert page._count.text() == "1 run found"


def test_enter_in_the_field_looks_at_once_and_goes_to_the_first(page, qtbot):
    qtbot.keyClicks(page.field, "tale")
    qtbot.keyClick(page.field, Qt.Key.Key_Return)
    assert page.list.hasFocus()
    with qtbot.waitSignal(page.open_requested) as opened:
        qtbot.keyClick(page.list, Qt.Key.Key_Return)
    assert opened.args == ["r3"]


def test_nothing_found_says_so_and_escape_shows_all_again(page, qtbot):
    qtbot.keyClicks(page.field, "xqz")
    qtbot.waitUntil(lambda: page._empty.isVisible())
    assert page._empty.text() == NOT_FOUND
    qtbot.keyClick(page.field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: len(shown(page)) == 3)


def test_outcome_and_route_narrow_the_list(page):
    for box, value, expected in (
        (page.outcomes, "failed", ["r2"]),
        (page.outcomes, UNFINISHED, ["r3"]),
        (page.outcomes, "", ["r1", "r2", "r3"]),
        (page.routes, "books", ["r2"]),
    ):
        box.setCurrentIndex(box.findData(value))
        box.activated.emit(box.currentIndex())
        assert shown(page) == expected


def test_arrows_pass_over_headings_and_p_pins(page, shelf, qtbot):
    assert page.list.current().id == "r1"
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    with qtbot.waitSignal(page.pin_requested) as asked:
        qtbot.keyClick(page.list, Qt.Key.Key_P)
    assert asked.args == ["r2", True]
    shelf.rows[1] = replace(shelf.rows[1], pinned=True)
    page.refresh()
    assert shown(page) == ["r2", "r1", "r3"]
    assert page.list.current().id == "r2"
    qtbot.keyClick(page.list, Qt.Key.Key_Down)
    assert page.list.current().id == "r1"


def test_delete_asks_and_control_z_brings_back_all_of_the_last_ones(page, shelf, qtbot):
    gone: list[Found] = []

    def delete(ids: list[str]) -> None:
        gone.extend(row for row in shelf.rows if row.id in ids)
        shelf.rows = [row for row in shelf.rows if row.id not in ids]
        page.refresh()

    page.delete_requested.connect(delete)
    qtbot.keyClick(page.list, Qt.Key.Key_Delete)
    assert shown(page) == ["r2", "r3"]
    assert page._undo_bar._text.text() == "“Why is the sky blue?” was deleted. This can be undone."
    assert page.list.current().id == "r2"
    qtbot.keyClick(page.list, Qt.Key.Key_Delete)
    with qtbot.waitSignal(page.restore_requested) as restored:
        qtbot.keyClick(page.list, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert restored.args == [["r1", "r2"]]
    assert not page._undo_bar.isVisible()


def test_the_menu_exports_in_three_forms(page, qtbot):
    menu = page.menu_of(page.list.current())
    exports = menu.findChildren(QMenu)[0]
    actions = {action.text(): action for action in exports.actions()}
    for name, form in (("JSON journal", "journal"), ("Markdown", "markdown"), ("HTML", "html")):
        with qtbot.waitSignal(page.export_requested) as asked:
            actions[name].trigger()
        assert asked.args == ["r1", form]
    assert [action.text() for action in menu.actions()] == ["Open", "Pin", "Export as", "", "Delete"]


def test_a_double_click_opens_and_one_on_a_heading_does_not(page, qtbot):
    viewport, model = page.list.viewport(), page.model
    with qtbot.assertNotEmitted(page.open_requested):
        qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=page.list.visualRect(model.index(0)).center())
    with qtbot.waitSignal(page.open_requested) as opened:
        qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=page.list.visualRect(model.index(2)).center())
    assert opened.args == ["r2"]


def test_showing_the_page_asks_for_what_is_new(page, qtbot):
    page.hide()
    with qtbot.waitSignal(page.refresh_requested):
        page.show()


def test_a_refresh_keeps_the_place_in_a_long_list(page, qtbot):
    page.show_source(Shelf(*(run(i) for i in range(400))))
    bar = page.list.verticalScrollBar()
    bar.setValue(bar.maximum())
    place = bar.value()
    assert place > 0
    page.refresh()
    assert bar.value() == place


def test_every_run_is_reached_by_scrolling_alone(page, qtbot):
    page.show_source(Shelf(*(run(i) for i in range(1_000))))
    bar = page.list.verticalScrollBar()
    for _ in range(60):
        bar.setValue(bar.maximum())
        QApplication.processEvents()
        if len(shown(page)) == 1_000:
            break
    assert len(shown(page)) == 1_000


def test_searching_gives_rows_room_for_the_excerpt(page, qtbot):
    before = page.list.visualRect(page.model.index(1)).height()
    page.field.setText("sky")
    page._look()
    assert page.list.visualRect(page.model.index(1)).height() > before
