"""The route editor: what is shown is what the linter says, and every wish is a signal or a step that can be undone."""

import pytest
from msgspec.structs import asdict, replace
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QFileDialog, QPushButton, QWidget

from engine.core.request import Candidate, Capabilities, Clocks, Midstream, Policy, Route
from engine.keys import KeyEntry, Where
from engine.prices import Prices
from engine.providers.registry import resolve
from engine.route_book import RouteBook
from engine.route_bounds import Asked, bounds
from engine.route_lint import Check, lint
from gui.models.route_desk import Desk, Draft, RouteEntry, matrix, moved
from gui.models.route_editor import (
    FIELDS,
    PRESETS,
    CandidatesModel,
    changed_fields,
    figures,
    money,
    preset_of,
    rows_of,
    span,
    window_words,
)
from gui.theme import theme
from gui.views.route_editor import RouteEditor
from gui.views.route_editor.candidates import bin_of


def key(provider: str, alias: str, fingerprint: str = "") -> KeyEntry:
    return KeyEntry(
        id=f"{provider}/{alias}", provider=provider, alias=alias, created=0.0, fingerprint=fingerprint,
        where=Where.KEYRING,
    )  # fmt: skip


KEYS = (key("openai", "work"), key("openai", "spare"), key("anthropic", "team"), key("groq", "free"))
OPENAI = resolve(Candidate(provider="openai", model="gpt-4.1", keys=("keyring:work",)))
CLAUDE = resolve(Candidate(provider="anthropic", model="claude-haiku-4-5", keys=("keyring:team",)))
LOCAL = resolve(Candidate(provider="local", model="smollm2-135m-instruct"))
EVERYDAY = Route(name="Everyday", candidates=(OPENAI, CLAUDE, LOCAL), policy=Policy(attempts=2))
LAB = Route(
    name="Lab",
    candidates=(Candidate(provider="lab", model="lab", base_url="http://127.0.0.1:9/a", keys=("lab:a",)),) * 1,
)
ENTRIES = (
    RouteEntry(name="Lab", route=LAB, built_in=True),
    RouteEntry(name="Everyday", route=EVERYDAY),
    RouteEntry(name="hurt", error="hurt.toml: is not valid TOML."),
)


@pytest.fixture
def page(qtbot) -> RouteEditor:
    theme().set_mode("light")
    editor = RouteEditor()
    qtbot.addWidget(editor)
    editor.resize(1384, 900)
    editor.show_keys(KEYS)
    editor.show_routes(ENTRIES)
    editor.edit(EVERYDAY)
    editor.show()
    return editor


def labels(page: RouteEditor) -> list[str]:
    assert page.route is not None
    return [candidate.provider for candidate in page.route.candidates]


def press(qtbot, widget: QWidget, code: Qt.Key, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    qtbot.keyClick(widget, code, modifier)


def button(page: QWidget, name: str) -> QPushButton:
    return next(b for b in page.findChildren(QPushButton) if b.accessibleName() == name and not b.isHidden())


# The values


def test_every_field_of_the_policy_can_be_set():
    named = [field.name for fields in FIELDS.values() for field in fields]
    assert sorted(named) == sorted(asdict(Policy()))


@pytest.mark.parametrize("name", PRESETS)
def test_each_preset_is_recognised_and_within_the_fields(name):
    policy = PRESETS[name][1]
    assert preset_of(policy) == name
    for field in (field for fields in FIELDS.values() for field in fields):
        value = getattr(policy, field.name)
        if field.choices:
            assert value in [choice for choice, _ in field.choices]
        elif value is not None:
            assert field.least <= value <= field.most
    both = Route(name="x", candidates=(OPENAI, CLAUDE), policy=policy)
    checks = {finding.check for finding in lint(both).findings}
    assert not checks & {Check.TOTAL_TOO_SHORT, Check.HEDGE_TOO_LATE}


def test_changed_fields_are_those_that_differ_from_the_default():
    assert changed_fields(Policy(attempts=5, midstream=Midstream.KEEP)) == {"attempts", "midstream"}
    assert preset_of(Policy(attempts=5)) == ""


def test_the_matrix_asks_every_provider_for_the_first_model_first():
    made = [(c.model, c.provider) for c in matrix(["groq", "together"], ["a", "b"])]
    assert made == [("a", "groq"), ("a", "together"), ("b", "groq"), ("b", "together")]


@pytest.mark.parametrize(("place", "to"), [(0, 2), (2, 0), (1, 1), (0, 1)])
def test_a_moved_candidate_stands_where_it_was_moved_to(place, to):
    after = moved(EVERYDAY, place, to).candidates
    assert after[to] == EVERYDAY.candidates[place]
    assert sorted(c.provider for c in after) == sorted(c.provider for c in EVERYDAY.candidates)


def test_steps_are_undone_and_redone_in_order():
    draft = Draft(EVERYDAY, saved=EVERYDAY)
    for place in (0, 0):
        draft.change(replace(draft.route, candidates=draft.route.candidates[place + 1 :]), "Removed one")
    assert len(draft.route.candidates) == 1
    assert draft.undo() == "Removed one"
    assert draft.undo() == "Removed one"
    assert draft.undo() == ""
    assert draft.route == EVERYDAY
    assert not draft.changed
    draft.redo()
    assert len(draft.route.candidates) == 2


def test_turning_one_number_is_one_step():
    draft = Draft(EVERYDAY, saved=EVERYDAY)
    for seconds in (11.0, 12.0, 13.0):
        draft.change(replace(draft.route, policy=Policy(first_token=seconds)), "Set first token")
    draft.undo()
    assert draft.route == EVERYDAY


def test_what_the_catalogue_fills_in_is_no_change():
    bare = Candidate(provider="openai", model="gpt-4.1", keys=("keyring:work",))
    draft = Draft(replace(EVERYDAY, candidates=(bare, CLAUDE, LOCAL)), saved=EVERYDAY)
    assert not draft.changed


def test_a_draft_with_changes_outlives_what_is_saved_meanwhile():
    desk = Desk()
    desk.show(ENTRIES)
    desk.open(EVERYDAY)
    desk.change(replace(EVERYDAY, policy=Policy(attempts=9)), "Set tries")
    desk.show((RouteEntry(name="Everyday", route=replace(EVERYDAY, policy=Policy(attempts=4))),))
    assert desk.route is not None
    assert desk.route.policy.attempts == 9
    assert desk.changed("Everyday")


def test_a_route_that_was_changed_elsewhere_is_shown_as_it_is_now():
    desk = Desk()
    desk.show(ENTRIES)
    desk.open(EVERYDAY)
    now = replace(EVERYDAY, policy=Policy(attempts=7))
    desk.show((RouteEntry(name="Everyday", route=now),))
    assert desk.route == now


def test_figures_never_show_nothing_for_an_unknown_price():
    unknown = Route(name="x", candidates=(replace(OPENAI, model="gpt-unheard-of"),))
    [cost] = [value for label, value, _ in figures(bounds(unknown)) if label.startswith("Cost")]
    assert cost == "unknown"


@pytest.mark.parametrize(
    ("dollars", "told"), [(None, "unknown"), (0.0, "free"), (0.00123, "$0.0012"), (0.25, "$0.25"), (12.0, "$12.00")]
)
def test_money_is_told_with_two_figures(dollars, told):
    assert money(dollars) == told


def test_lengths_and_windows_are_told_shortly():
    assert (span(10.0), span(0.5), span(1_200.0)) == ("10 s", "0.5 s", "1,200 s")
    assert [window_words(n) for n in (None, 8_192, 128_000, 1_047_576)] == ["–", "8.19k", "128k", "1.05M"]


def test_a_row_tells_everything_to_a_screen_reader():
    slow = replace(CLAUDE, clocks=Clocks(first_token=30.0), capabilities=Capabilities(tools=True, vision=False))
    a_route = replace(EVERYDAY, candidates=(OPENAI, slow))
    known = frozenset({("openai", "keyring:work")})
    report = lint(a_route, known)
    told = rows_of(a_route, report.findings, known, Prices())[1].told
    for word in (
        "2.",
        "Anthropic",
        "claude-haiku-4-5",
        "team",
        "200k window",
        "tools",
        "no images",
        "first token 30 s",
    ):
        assert word in told
    assert "No key of Anthropic is known" in told


def test_the_model_keeps_qts_contract(qtbot):
    model = CandidatesModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    for chain in (EVERYDAY.candidates, EVERYDAY.candidates[:1], ()):
        model.set_rows(rows_of(replace(EVERYDAY, candidates=chain), (), None, Prices()))
        assert model.rowCount() == len(chain)


@pytest.mark.parametrize(("dropped_at", "asks"), [(3, [(0, 2)]), (1, []), (0, []), (2, [(0, 1)]), (-1, [(0, 2)])])
def test_a_drop_asks_for_the_place_before_which_it_fell(qtbot, dropped_at, asks):
    model, heard = CandidatesModel(), []
    model.set_rows(rows_of(EVERYDAY, (), None, Prices()))
    model.move_asked.connect(lambda place, to: heard.append((place, to)))
    data = model.mimeData([model.index(0)])
    assert model.dropMimeData(data, Qt.DropAction.MoveAction, dropped_at, 0, QModelIndex()) is False
    assert heard == asks


# The list of routes


def test_the_list_shows_each_route_and_how_it_stands(page):
    told = [page.routes.item(row).data(Qt.ItemDataRole.AccessibleTextRole) for row in range(page.routes.count())]
    assert told == ["Lab, 1 candidate, built in", "Everyday, 3 candidates", "hurt, cannot be read"]


def test_a_damaged_route_shows_its_sentence_and_cannot_be_used(page):
    page.routes.setCurrentRow(2)
    assert "not valid TOML" in page.notice.text()
    assert page.route is None
    assert not button(page, "Use this route").isEnabled()
    assert not button(page, "Save").isEnabled()


def test_a_new_route_is_a_draft_until_it_is_saved(page, qtbot):
    page.begin()
    assert page.route.name == "New route"
    assert not button(page, "Use this route").isEnabled()
    page.add_candidate()
    with qtbot.waitSignal(page.route_saved) as heard:
        page.save()
    assert heard.args[0].candidates[0].provider == "openai"
    page.begin()
    assert page.route.name == "New route 2"


def test_a_change_to_the_built_in_route_is_one_to_a_copy(page):
    page.routes.setCurrentRow(0)
    page.policy._rows["attempts"]._input.setValue(7)
    assert page.route.name == "Lab copy"
    assert page.route.policy.attempts == 7
    page.routes.setCurrentRow(0)
    assert page.route == LAB


def test_renaming_in_place_asks_and_shows_the_old_name_until_it_has_happened(page, qtbot):
    item = page.routes.item(1)
    with qtbot.waitSignal(page.rename_requested) as heard:
        item.setText("Weekdays")
    assert heard.args == ["Everyday", "Weekdays"]
    page.show_error("There is a route 'Weekdays' already: choose another name.")
    assert page.route.name == "Everyday"


def test_a_draft_is_renamed_on_the_spot(page):
    page.begin()
    page._rename("New route", "Mine")
    assert page.route.name == "Mine"


def test_a_deleted_route_can_be_restored_from_the_bar(page, qtbot):
    with qtbot.waitSignal(page.delete_requested) as heard:
        press(qtbot, page.routes, Qt.Key.Key_Delete)
    assert heard.args == ["Everyday"]
    assert "Everyday" in page.notice.text()
    with qtbot.waitSignal(page.restore_requested) as heard:
        button(page.notice, "Undo").click()
    assert heard.args == ["Everyday"]


def test_a_deleted_draft_comes_back_by_itself(page, qtbot):
    page.begin()
    page.add_candidate()
    before = page.route
    page._delete("New route")
    assert page.route != before
    button(page.notice, "Undo").click()
    assert page.route == before


def test_the_built_in_route_cannot_be_deleted(page, qtbot):
    page.routes.setCurrentRow(0)
    with qtbot.assertNotEmitted(page.delete_requested):
        press(qtbot, page.routes, Qt.Key.Key_Delete)


def test_files_are_asked_for_without_stopping_the_loop(page, qtbot, tmp_path):
    button(page, "Import").click()
    [dialog] = page.findChildren(QFileDialog)
    with qtbot.waitSignal(page.import_requested) as heard:
        dialog.fileSelected.emit(str(tmp_path / "a.toml"))
    assert heard.args == [str(tmp_path / "a.toml")]
    dialog.close()


# The candidates


def test_keys_move_a_candidate_and_keep_it_chosen(page, qtbot):
    page.candidates.choose(0)
    press(qtbot, page.candidates, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert labels(page) == ["anthropic", "openai", "local"]
    assert page.candidates.place() == 1
    press(qtbot, page.candidates, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    press(qtbot, page.candidates, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert labels(page) == ["openai", "anthropic", "local"]


def test_a_removed_candidate_comes_back_by_the_bar_and_by_keyboard(page, qtbot):
    page.candidates.choose(1)
    press(qtbot, page.candidates, Qt.Key.Key_Delete)
    assert labels(page) == ["openai", "local"]
    button(page.notice, "Undo").click()
    assert labels(page) == ["openai", "anthropic", "local"]
    press(qtbot, page.candidates, Qt.Key.Key_Delete)
    page.undo()
    assert page.route == EVERYDAY


def test_a_click_on_the_bin_removes_that_candidate(page, qtbot):
    rect = page.candidates.visualRect(page.candidates.model().index(2, 0))
    qtbot.mouseClick(page.candidates.viewport(), Qt.MouseButton.LeftButton, pos=bin_of(rect).center())
    assert labels(page) == ["openai", "anthropic"]


def test_a_new_candidate_takes_a_provider_that_has_a_key_and_is_not_there_yet(page):
    page.add_candidate()
    added = page.route.candidates[-1]
    assert (added.provider, added.keys) == ("groq", ("keyring:free",))
    assert added.model
    assert page._side.currentWidget() is page.form


def test_enter_opens_the_candidate_and_escape_goes_back_to_the_policy(page, qtbot):
    page.candidates.choose(1)
    page.candidates.setFocus()
    press(qtbot, page.candidates, Qt.Key.Key_Return)
    assert page._side.currentWidget() is page.form
    assert page.form.model.currentText() == "claude-haiku-4-5"
    press(qtbot, page.candidates, Qt.Key.Key_Escape)
    assert page._side.currentWidget() is page.policy


def test_another_provider_brings_its_model_and_keys_and_nothing_of_the_old(page):
    page._edit_candidate(1)
    page.form.provider._choose("groq")
    changed = page.route.candidates[1]
    assert (changed.provider, changed.keys, changed.base_url) == ("groq", ("keyring:free",), None)
    assert changed.model == "llama-3.3-70b-versatile"
    assert page.form.model.currentText() == changed.model


def test_a_provider_is_found_by_its_name_and_nonsense_is_taken_back(page):
    page._edit_candidate(0)
    provider = page.form.provider
    provider.setEditText("groq")
    provider._settle()
    assert page.route.candidates[0].provider == "groq"
    provider.setEditText("nonsense")
    provider._settle()
    assert provider.currentText() == "Groq"


def test_what_is_typed_into_the_form_is_in_the_route_at_once(page, qtbot):
    page._edit_candidate(0)
    form = page.form
    form.model.setEditText("gpt-4o")
    form.address.setText("")
    qtbot.keyClicks(form.address, "http://127.0.0.1:8000/v1")
    form.window_size.setValue(32_000)
    form.clocks["idle"].setValue(7.5)
    form.can["tools"].activated.emit(2)
    changed = page.route.candidates[0]
    assert (changed.model, changed.base_url, changed.context_window) == ("gpt-4o", "http://127.0.0.1:8000/v1", 32_000)
    assert changed.clocks == Clocks(idle=7.5)
    assert changed.capabilities.tools is False


def test_keys_are_ticked_and_ordered(page, qtbot):
    page._edit_candidate(0)
    pool = page.form.keys
    assert [pool.item(row).text() for row in range(pool.count())] == ["work", "spare"]
    pool.item(1).setCheckState(Qt.CheckState.Checked)
    assert page.route.candidates[0].keys == ("keyring:work", "keyring:spare")
    pool.setCurrentRow(1)
    press(qtbot, pool, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    assert page.route.candidates[0].keys == ("keyring:spare", "keyring:work")


def test_all_models_at_all_providers_are_added_with_their_keys(page):
    page._open(2)
    page.many.models.setPlainText("a\n\n b \na")
    for row in range(page.many.providers.count()):
        item = page.many.providers.item(row)
        if item.data(Qt.ItemDataRole.UserRole) in ("openai", "groq"):
            item.setCheckState(Qt.CheckState.Checked)
    button(page.many, "Add 4 candidates").click()
    added = [(c.model, c.provider, len(c.keys)) for c in page.route.candidates[3:]]
    assert added == [("a", "openai", 2), ("a", "groq", 1), ("b", "openai", 2), ("b", "groq", 1)]
    button(page.notice, "Undo").click()
    assert page.route == EVERYDAY


# The policy


def test_a_field_changes_the_policy_and_can_be_reset(page):
    row = page.policy._rows["first_token"]
    assert row._reset.isHidden()
    row._input.setValue(25.0)
    assert page.route.policy.first_token == 25.0
    assert not row._reset.isHidden()
    assert row._label.text().endswith("•")
    row._reset.click()
    assert page.route.policy.first_token == Policy().first_token
    assert row._reset.isHidden()


def test_a_field_that_is_off_says_so(page):
    hedge = page.policy._rows["hedge_delay"]._input
    assert hedge.text() == "off"
    hedge.setValue(2.5)
    assert page.route.policy.hedge_delay == 2.5
    hedge.setValue(0.0)
    assert page.route.policy.hedge_delay is None


def test_a_preset_sets_every_field_and_is_one_step(page):
    page.policy._preset.setCurrentText("Patient")
    page.policy._preset.activated.emit(page.policy._preset.currentIndex())
    assert page.route.policy == PRESETS["Patient"][1]
    page.undo()
    assert page.route.policy == EVERYDAY.policy
    assert page.policy._preset.currentText() == "Your own"


def test_showing_a_policy_changes_nothing(page):
    page.policy.show_policy(PRESETS["Patient"][1])
    assert page.route == EVERYDAY


# The report


def test_the_report_follows_each_change(page):
    before = page.report.bounds
    page.policy._rows["attempts"]._input.setValue(5)
    assert page.report.bounds.attempts == before.attempts + 9
    assert any(figure.text() == str(page.report.bounds.attempts) for _, figure in page.findings._figures)


def test_a_remedy_is_applied_by_its_button_and_taken_back(page):
    page._set_candidate(replace(OPENAI, base_url="http://api.example.com/v1"), "Set base URL")
    assert not page.report.usable
    assert not button(page, "Use this route").isEnabled()
    button(page.findings, "Use https").click()
    assert page.route.candidates[0].base_url == "https://api.example.com/v1"
    assert button(page, "Use this route").isEnabled()
    button(page.notice, "Undo").click()
    assert page.route.candidates[0].base_url == "http://api.example.com/v1"


def test_what_is_asked_changes_the_report(page):
    page._set_candidate(replace(OPENAI, capabilities=Capabilities(tools=False)), "Set tools")
    assert "takes no tools" not in page.findings.text()
    page.show_asked(Asked(tools=True))
    assert "takes no tools" in page.findings.text()


def test_using_a_route_says_which_and_marks_it(page, qtbot):
    with qtbot.waitSignal(page.route_used) as heard:
        press(qtbot, page, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert heard.args == [EVERYDAY]
    page.show_used("Everyday")
    assert "in use" in page.routes.item(1).data(Qt.ItemDataRole.AccessibleTextRole)


def test_saved_and_read_back_a_route_has_no_changes(page, qtbot, tmp_path):
    book = RouteBook(tmp_path)
    page.route_saved.connect(lambda route: book.save(route))
    page.begin()
    page.add_candidate()
    page.save()
    page.show_routes([*ENTRIES, *(RouteEntry(name=s.name, route=s.route, error=s.error) for s in book.list())])
    assert page.route.name == "New route"
    assert page._about.text() == "Saved."
    assert not button(page, "Save").isEnabled()


# The look


def tree(widget: QWidget) -> list[QWidget]:
    return [child for child in widget.findChildren(QWidget) if child.isVisibleTo(widget)]


def _inner(widget: QWidget) -> bool:
    """The text field of a box that has a name itself."""
    parent = widget.parent()
    return isinstance(parent, QComboBox | QAbstractSpinBox)


def test_everything_that_takes_the_keyboard_has_a_name(page):
    for pane in range(3):
        page._open(pane)
        nameless = [
            widget
            for widget in tree(page)
            if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and not widget.accessibleName()
            and widget.focusProxy() is None and not _inner(widget)
        ]  # fmt: skip
        assert nameless == []


@pytest.mark.parametrize("mode", ["light", "dark", "hc-light", "hc-dark"])
def test_the_page_changes_its_theme_while_it_is_shown(page, mode):
    theme().set_mode(mode)
    image = QImage(page.size(), QImage.Format.Format_RGB32)
    painter = QPainter(image)
    page.render(painter, QPoint())
    painter.end()
    surface = theme().palette.surface
    assert image.pixelColor(700, 20) == surface
    theme().set_mode("light")


@pytest.mark.parametrize("size", [(824, 512), (1384, 900), (1864, 1024)])
def test_the_page_fits_its_room(page, qtbot, size):
    page.resize(*size)
    assert (page.width(), page.height()) == size
    right = page._right.mapTo(page, page._right.rect().topRight()).x()
    assert right <= page.width()


def test_nothing_of_a_key_but_its_name_is_on_the_page(page):
    page.show_keys((*KEYS, key("mistral", "eu", fingerprint="beef")))
    seen = [w.accessibleName() + w.toolTip() + w.windowTitle() for w in page.findChildren(QWidget)]
    assert not any("beef" in text for text in seen)
