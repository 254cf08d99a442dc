import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QToolButton

from engine.core import events as e
from engine.core.run import Run
from gui.models import inspection
from gui.models.inspection import Page
from gui.theme import theme
from gui.tokens import State
from gui.views.inspector import ATTEMPT, REQUEST, RESPONSE, Inspector, OptionRow
from tests.gui import sample_runs as sr

WAYS = (
    e.Alternative(action=e.Action.RETRY, why_not="the user had already read part of the answer"),
    e.Alternative(action=e.Action.GIVE_UP, why_not="attempts were left"),
)


def story() -> Run:
    events = [
        replace(event, alternatives=WAYS) if isinstance(event, e.AttemptStarted) and event.attempt == 3 else event
        for event in sr.rotation_then_cut()
    ]
    return sr.fold(events)


def values(page: Page) -> dict[str, str]:
    return {line.name: line.value for line in page.lines}


@pytest.fixture
def inspector(qtbot, qapp: QApplication) -> Inspector:
    theme().apply(qapp)
    view = Inspector()
    qtbot.addWidget(view)
    view.resize(800, 380)
    view.show()
    return view


def test_a_decision_tells_what_was_seen_its_class_and_its_rule():
    run = story()
    page = inspection.decision_page(run, inspection.decision_of(run, 3))
    found = values(page)
    assert found["Seen"] == "The stream ended without a finish reason."
    assert found["Class"] == "stream cut: passing, in mid-answer"
    assert found["Rule"] == e.Rule.RESTART
    seen = next(line for line in page.lines if line.name == "Class")
    assert seen.state is State.FAILED_TRANSIENT


def test_the_ways_are_listed_with_the_one_that_was_chosen():
    run = story()
    page = inspection.decision_page(run, inspection.decision_of(run, 3))
    assert [(option.title, option.chosen) for option in page.options] == [
        ("Retry same key", False), ("Fall back to provider", True), ("Give up", False),
    ]  # fmt: skip


def test_every_decision_of_every_story_has_a_page():
    for events in (sr.answered(), sr.waiting(), sr.all_failed(), sr.calm(), sr.hedged(), sr.retried()):
        run = sr.fold(events)
        for index in range(len(run.trail)):
            page = inspection.decision_page(run, index)
            assert page.title
            assert values(page)["Rule"]


def test_an_attempt_tells_its_phases_its_fault_and_the_remedy():
    run = sr.fold(sr.all_failed())
    found = values(inspection.attempt_page(run, 1))
    assert found["Connect"] == "0.3 s"
    assert found["Fault"] == "key refused (auth)"
    assert found["It said"] == "401 The key is not valid."
    assert found["Remedy"] == "Replace the key."


def test_the_phases_of_an_attempt_fill_its_time():
    run = sr.fold(sr.answered())
    found = values(inspection.attempt_page(run, 3))
    phases = [float(found[name].split(" ")[0]) for name in ("Connect", "Wait", "Reasoning", "Stream")]
    attempt = run.attempt(3)
    assert sum(phases) == pytest.approx(attempt.ended - attempt.started, abs=0.3)


def test_a_live_attempt_says_so_far():
    assert values(inspection.attempt_page(story(), 3))["Stream"].endswith("so far")


def test_the_request_and_the_response_are_shown_without_their_secrets():
    run = story()
    request, response = inspection.request_page(run, 2), inspection.response_page(run, 2)
    assert values(request)["Address"] == "https://api.example.com/v1/chat"
    assert response.title == "Status 200"
    assert values(response)["x-request-id"] == "req_2c07e"


def test_what_providers_write_cannot_hide_characters():
    events = [
        replace(event, headers=(("server", "a\u202eb"),)) if isinstance(event, e.Opened) else event
        for event in sr.calm()
    ]
    assert "‹U+202E›" in values(inspection.response_page(sr.fold(events), 1))["server"]


def test_nothing_sent_is_said_in_words():
    run = sr.fold(sr.calm()[:2])
    assert inspection.request_page(run, 1).title == "Nothing was sent yet."
    assert inspection.response_page(run, 1).title == "No response yet."


def test_a_decision_opens_on_its_tab(inspector: Inspector):
    run = story()
    inspector.show_decision(run, inspection.decision_of(run, 3))
    assert inspector._tabs.tabText(0) == f"Decision {inspection.decision_of(run, 3) + 1}"
    assert inspector._tabs.tabText(1) == "Attempt 3"
    assert len(inspector.findChildren(OptionRow)) == 3


def test_the_tab_is_kept_from_attempt_to_attempt(inspector: Inspector):
    run = story()
    inspector.show_attempt(run, 1)
    assert inspector._tabs.currentIndex() == ATTEMPT
    inspector._tabs.setCurrentIndex(RESPONSE)
    assert inspector.page.title == "Status 429"
    inspector.show_attempt(run, 2)
    assert inspector._tabs.currentIndex() == RESPONSE
    assert inspector.page.title == "Status 200"


def test_a_live_run_is_followed(inspector: Inspector):
    inspector.show_attempt(sr.fold(sr.rotation_then_cut()), 3)
    assert inspector.page.title.endswith("streaming")
    inspector.update_run(sr.fold(sr.answered()))
    assert inspector.page.title.endswith("done")


def test_the_page_can_be_copied_as_text(inspector: Inspector):
    run = story()
    inspector.show_decision(run, inspection.decision_of(run, 3))
    inspector._copy.click()
    text = QGuiApplication.clipboard().text()
    assert "Rule: After the first text, never replay" in text
    assert "* Fall back to provider: " in text
    assert "- Give up: attempts were left" in text


def test_keys_step(inspector: Inspector, qtbot):
    inspector.show_attempt(story(), 2)
    inspector._tabs.setFocus()
    with qtbot.waitSignal(inspector.step_requested) as back:
        qtbot.keyClick(inspector._tabs, Qt.Key.Key_Comma)
    assert back.args == [-1]
    with qtbot.waitSignal(inspector.step_requested) as on:
        qtbot.keyClick(inspector._tabs, Qt.Key.Key_Period)
    assert on.args == [1]


def test_buttons_step_and_close(inspector: Inspector, qtbot):
    buttons = {button.accessibleName(): button for button in inspector.findChildren(QToolButton)}
    with qtbot.waitSignal(inspector.step_requested):
        buttons["Next"].click()
    with qtbot.waitSignal(inspector.close_requested):
        buttons["Close the inspector (Esc)"].click()


def test_an_attempt_that_sent_nothing_has_its_request_page(inspector: Inspector):
    inspector.show_attempt(sr.fold(sr.calm()[:2]), 1)
    inspector._tabs.setCurrentIndex(REQUEST)
    assert inspector.page.title == "Nothing was sent yet."
