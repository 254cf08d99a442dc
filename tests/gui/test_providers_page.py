"""The providers page asks for every change, and shows what there is in words."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from engine.core.request import Capabilities, Dialect
from engine.custom_providers import Custom
from engine.discovery import Found
from engine.models_book import Shelf
from engine.models_read import ModelInfo
from engine.providers.catalog import PROVIDERS, Provider
from gui.models.providers import (
    Column,
    LocalInfo,
    ModelsModel,
    ProvidersModel,
    Section,
    fetched_words,
    model_rows,
    price_words,
    provider_rows,
)
from gui.theme import theme
from gui.views.providers import ProvidersPage
from gui.views.providers.detail import NO_FIT, NO_MODELS

NOW = 1_700_000_000.0
CORP = Custom(name="corp", label="Corp gateway", base_url="https://llm.corp.example/v1", headers={"x-team": "demo"})
CORP_ROW = Provider(name="corp", label="Corp gateway", base_url=CORP.base_url)
OLLAMA = Found(
    provider="ollama", base_url="http://127.0.0.1:11434",
    models=(ModelInfo(name="llama3.2:latest", window=8192), ModelInfo(name="qwen3:8b")),
)  # fmt: skip
SHELF = Shelf(
    provider="openai", fetched=NOW - 3 * 86400, starred=("gpt-5-mini", "gone"),
    models=(
        ModelInfo(name="gpt-x", window=9, capabilities=Capabilities(tools=True, vision=True)),
        ModelInfo(name="gpt-5-mini"), ModelInfo(name="o3"),
    ),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _styled(qapp: QApplication) -> Iterator[None]:
    theme().apply(qapp)
    theme().set_mode("light")
    yield
    theme().set_mode("light")


@pytest.fixture
def page(qtbot) -> ProvidersPage:
    made = ProvidersPage(clock=lambda: NOW)
    qtbot.addWidget(made)
    made.resize(1384, 900)
    made.show()
    made.show_local(LocalInfo(install="Run this.", remove="Run that."))
    made.show_providers([*PROVIDERS.values(), CORP_ROW], [CORP], {"openai": ["work", "spare"]})
    return made


def button(page, name):
    return next(b for b in page.findChildren(QPushButton) if b.accessibleName() == name and b.isVisible())


def words(page):
    return [label.text() for label in page.findChildren(QLabel) if label.isVisible()]


def listed(page):
    model = page._model
    return [model.index(place).data() for place in range(model.rowCount())]


def models(page):
    table = page._detail.table.model()
    return [table.index(place, Column.MODEL).data() for place in range(table.rowCount())]


# The models behind the page.


def test_the_models_keep_qts_rules():
    providers, table = ProvidersModel(), ModelsModel()
    testers = [QAbstractItemModelTester(m, QAbstractItemModelTester.FailureReportingMode.Fatal) for m in
               (providers, table)]  # fmt: skip
    providers.set_rows(provider_rows(PROVIDERS.values(), (CORP,), (OLLAMA,), {}, LocalInfo()))
    table.set_rows(model_rows(SHELF, lambda *_: None))
    for find in ("o", "nobody at all", ""):
        providers.find(find)
        table.find(find)
    assert testers
    assert not providers.index(0).flags() & Qt.ItemFlag.ItemIsSelectable
    assert providers.row_of(QModelIndex()) is None


def test_sections_stand_in_their_order_and_the_lab_stays_away():
    rows = provider_rows([*PROVIDERS.values(), CORP_ROW], (CORP,), (OLLAMA,), {}, LocalInfo())
    assert [row.id for row in rows[:3]] == ["local", "ollama http://127.0.0.1:11434", "corp"]
    assert [row.section for row in rows[:3]] == [Section.MACHINE, Section.MACHINE, Section.OWN]
    assert "lab" not in {row.name for row in rows}


@pytest.mark.parametrize(
    ("info", "told"),
    [
        (LocalInfo(), "not installed"),
        (LocalInfo(size=98_362_432), "installed, 98 MB, speed not measured yet"),
        (LocalInfo(size=1_234_000_000, speed=41.4), "installed, 1.2 GB, 41 tokens a second here"),
    ],
)
def test_the_small_model_is_told_in_one_line(info, told):
    assert info.told() == told


def test_starred_models_come_first_also_when_they_are_listed_no_more():
    rows = model_rows(SHELF, lambda provider, model: None)
    assert [row.cell(Column.MODEL) for row in rows] == ["gpt-5-mini", "gone (no longer listed)", "gpt-x", "o3"]
    assert [row.cell(Column.WINDOW) for row in rows] == ["unknown", "unknown", "9", "unknown"]
    assert rows[2].can == "tools, images"
    assert {row.price for row in rows} == {"unknown"}


def test_a_price_is_told_or_said_to_be_unknown(page):
    assert price_words(None) == "unknown"
    rows = {row.name: row for row in model_rows(SHELF, page._pricing)}
    assert (rows["gpt-5-mini"].price, rows["gpt-5-mini"].window) == ("$0.25 in, $2.00 out", 400_000)
    assert rows["gpt-x"].price == "unknown"


@pytest.mark.parametrize(
    ("age", "told"), [(None, "never fetched"), (5.0, "fetched today"), (86400, "fetched yesterday"),
                      (9 * 86400, "fetched 9 days ago")],
)  # fmt: skip
def test_the_age_of_a_list_is_told(age, told):
    shelf = Shelf(provider="x", fetched=None if age is None else NOW - age)
    assert fetched_words(shelf, NOW).startswith(told)


# The page.


def test_the_first_look_asks_for_servers_on_this_machine(qtbot):
    fresh = ProvidersPage()
    qtbot.addWidget(fresh)
    with qtbot.waitSignal(fresh.look_requested):
        fresh.show()
    assert not fresh._look.isEnabled()
    fresh.show_found(())
    assert fresh._look.isEnabled()


def test_the_list_is_searched_by_name_label_and_address(page, qtbot):
    qtbot.keyClicks(page._find, "corp.example")
    assert listed(page) == ["Your own", "Corp gateway"]
    assert page._list.current_id() == "corp"
    page._find.setText("nobody at all")
    assert listed(page) == []
    page._find.clear()
    assert page._list.current_id() == "local"


def test_a_provider_is_shown_with_its_keys(page):
    page._list.choose("openai")
    assert "work, spare" in words(page)
    page._list.choose("groq")
    assert "none yet: add one on the keys page, or set GROQ_API_KEY" in words(page)
    page._list.choose("azure")
    assert any("RESOURCE.openai.azure.com" in text for text in words(page))


def test_the_small_model_says_how_to_get_it_and_how_to_remove_it(page):
    page._list.choose("local")
    assert "not installed" in words(page)
    assert "Run this." in words(page)
    assert "Run that." not in words(page)
    page.show_local(LocalInfo(size=98_362_432, speed=40.0, install="Run this.", remove="Run that."))
    assert "installed, 98 MB, 40 tokens a second here" in words(page)
    assert "Run that." in words(page)
    assert "Run this." not in words(page)


def test_models_are_asked_for_once_when_a_provider_is_chosen(page, qtbot):
    with qtbot.waitSignal(page.models_requested) as asked:
        page._list.choose("groq")
    assert asked.args == ["groq"]
    with qtbot.assertNotEmitted(page.models_requested):
        page._list.choose("openai") if "openai" in page._shelves else None
        page._list.choose("groq")


def test_models_are_fetched_shown_and_searched(page, qtbot):
    page._list.choose("openai")
    assert NO_MODELS in words(page)
    with qtbot.waitSignal(page.fetch_requested) as asked:
        button(page, "Fetch models").click()
    assert asked.args == ["openai", ""]
    assert not page._detail._fetch.isEnabled()
    page.show_shelf(SHELF)
    assert models(page)[0] == "gpt-5-mini"
    assert page._detail._fetch.isEnabled()
    page._detail.search.setText("o3")
    assert models(page) == ["o3"]
    page._detail.search.setText("nothing like it")
    assert NO_FIT in words(page)
    assert not button(page, "Make a candidate").isEnabled()


def test_what_went_wrong_is_said_and_the_models_stay(page):
    page._list.choose("openai")
    page.show_shelf(SHELF)
    page.show_models_error("openai", "Nothing listens at this address.")
    assert "Nothing listens at this address." in words(page)
    assert len(models(page)) == 4
    page._list.choose("groq")
    assert "Nothing listens at this address." not in words(page)


def test_a_star_is_asked_for_by_key_and_by_mouse(page, qtbot):
    page._list.choose("openai")
    page.show_shelf(SHELF)
    table = page._detail.table
    table.choose("o3")
    with qtbot.waitSignal(page.star_requested) as asked:
        QTest.keyClick(table, Qt.Key.Key_Space)
    assert asked.args == ["openai", "o3", True]
    place = table.visualRect(table.model().index(0, Column.STAR)).center()
    with qtbot.waitSignal(page.star_requested) as asked:
        QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asked.args == ["openai", "gpt-5-mini", False]


def test_a_model_becomes_a_candidate_with_what_is_known_of_it(page, qtbot):
    page._list.choose("openai")
    page.show_shelf(SHELF)
    page._detail.table.choose("gpt-x")
    with qtbot.waitSignal(page.candidate_requested) as asked:
        QTest.keyClick(page._detail.table, Qt.Key.Key_Return)
    (mine,) = asked.args
    assert (mine.provider, mine.model, mine.context_window, mine.capabilities.tools) == ("openai", "gpt-x", 9, True)


def test_a_server_that_was_found_is_one_click_from_a_candidate(page, qtbot):
    page.show_found((OLLAMA,))
    page._list.choose("ollama http://127.0.0.1:11434")
    assert models(page) == ["llama3.2:latest", "qwen3:8b"]
    with qtbot.waitSignal(page.candidate_requested) as asked:
        button(page, "Make a candidate").click()
    (mine,) = asked.args
    assert (mine.provider, mine.base_url, mine.model) == ("ollama", "http://127.0.0.1:11434", "llama3.2:latest")
    with qtbot.waitSignal(page.look_requested):
        button(page, "Fetch models").click()


def test_a_server_that_is_gone_leaves_the_list(page):
    page.show_found((OLLAMA,))
    page._list.choose("ollama http://127.0.0.1:11434")
    page.show_found(())
    assert page._list.current_id() == "local"


# One's own providers.


def test_a_provider_is_added_by_the_form(page, qtbot):
    button(page, "Add provider").click()
    form = page._form
    for name, text in {"name": "box", "label": "The box", "base_url": "http://10.0.0.3:8000/v1", "model": "m",
                       "env": "BOX_KEY, BOX_KEY_2"}.items():  # fmt: skip
        form.fields[name].setText(text)
    form.headers.setPlainText("x-team: demo\n\nx-url: http://a:1/b")
    form.clocks["first_token"].setText("30")
    form.needs_key.setChecked(False)
    form.dialect.setCurrentIndex(form.dialect.findData(Dialect.OLLAMA))
    with qtbot.waitSignal(page.save_requested) as asked:
        button(page, "Save").click()
    assert asked.args == [
        Custom(
            name="box", label="The box", base_url="http://10.0.0.3:8000/v1", dialect=Dialect.OLLAMA, model="m",
            headers={"x-team": "demo", "x-url": "http://a:1/b"}, env=("BOX_KEY", "BOX_KEY_2"), needs_key=False,
            first_token=30.0,
        ),
        "",
    ]  # fmt: skip


def test_editing_starts_from_what_is_there_and_keeps_the_old_name(page, qtbot):
    page._list.choose("corp")
    QTest.keyClick(page._list, Qt.Key.Key_F2)
    page._form.fields["name"].setText("corp2")
    with qtbot.waitSignal(page.save_requested) as asked:
        button(page, "Save").click()
    custom, old = asked.args
    assert (custom.name, custom.headers, old) == ("corp2", {"x-team": "demo"}, "corp")


def test_the_catalogues_own_cannot_be_edited_or_removed(page, qtbot):
    page._list.choose("openai")
    with qtbot.assertNotEmitted(page.remove_requested):
        QTest.keyClick(page._list, Qt.Key.Key_Delete)
        QTest.keyClick(page._list, Qt.Key.Key_F2)
    assert page._side.currentIndex() == 0


@pytest.mark.parametrize(
    ("clock", "headers", "said"),
    [("soon", "", "is no number"), ("", "no colon here", "name: value")],
)
def test_what_cannot_be_read_is_said_and_not_saved(page, qtbot, clock, headers, said):
    button(page, "Add provider").click()
    page._form.clocks["idle"].setText(clock)
    page._form.headers.setPlainText(headers)
    with qtbot.assertNotEmitted(page.save_requested):
        button(page, "Save").click()
    assert any(said in text for text in words(page))


def test_a_mistake_in_the_url_is_named_and_mended_by_one_click(page):
    button(page, "Add provider").click()
    field = page._form.fields["base_url"]
    field.setText("https://llm.example.com/v1/chat/completions")
    assert any("whole endpoint" in text for text in words(page))
    button(page, "Use the URL that is offered").click()
    assert field.text() == "https://llm.example.com/v1"
    assert not any("endpoint" in text for text in words(page))


def test_a_refusal_goes_to_its_field(page):
    page.open_form(None)
    page.show_problem("base_url", "The base URL is empty: copy it.")
    assert "The base URL is empty: copy it." in words(page)
    assert page.focusWidget() is page._form.fields["base_url"]
    page.show_saved("corp")
    assert (page._side.currentIndex(), page._list.current_id()) == (0, "corp")


def test_a_removal_can_be_undone_while_the_bar_stands(page, qtbot):
    page._list.choose("corp")
    with qtbot.waitSignal(page.remove_requested) as asked:
        button(page, "Remove").click()
    assert asked.args == ["corp"]
    page.show_undo("corp", "Corp gateway")
    assert page._notice.text() == "Corp gateway was removed."
    with qtbot.waitSignal(page.restore_requested) as asked:
        button(page, "Undo").click()
    assert asked.args == ["corp"]
    assert page._notice.text() == ""
    page.show_error("It cannot be written.")
    assert page._notice.text() == "It cannot be written."


@pytest.mark.parametrize("mode", ["light", "dark", "hc-light", "hc-dark"])
@pytest.mark.parametrize(("width", "zoom"), [(824, 1.0), (1384, 1.0), (1384, 1.5)])
def test_every_theme_and_size_is_painted_and_fits(page, mode, width, zoom):
    theme().set_mode(mode)
    theme().set_zoom(zoom)
    try:
        page.show_found((OLLAMA,))
        page._list.choose("openai")
        page.show_shelf(SHELF)
        page.resize(width, 560)
        assert not page.grab().isNull()
        assert page.minimumSizeHint().width() <= width
    finally:
        theme().set_zoom(1.0)


def test_every_part_has_a_name(page):
    page.open_form(None)
    nameless = [part for part in (page._list, page._detail.table, page._find, page._detail.search, page._form.headers,
                                  page._form.dialect, *page._form.fields.values(), *page._form.clocks.values())
                if not part.accessibleName()]  # fmt: skip
    assert not nameless
