from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QWheelEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from engine.core import events as e
from engine.core.pieces import NOTHING, Pieces
from engine.core.request import Message, Text
from engine.core.run import Run, begin, evolve
from gui.models.markdown import PLAIN_ABOVE
from gui.models.transcript import Ghost, Turn
from gui.theme import Theme, theme
from gui.views.chat.parts import AnswerText, FailureView, GhostView, ThinkingView
from gui.views.chat.rows import BadgeView, SeamView
from gui.views.chat.text_body import TextBody
from gui.views.chat.view import EMPTY, ChatView
from tests.gui import sample_runs as sr


@pytest.fixture
def look(qapp: QApplication) -> Iterator[Theme]:
    theme().set_mode("light")
    theme().apply(qapp)
    yield theme()
    theme().set_mode("light")


@pytest.fixture
def chat(qtbot, look: Theme) -> ChatView:
    view = ChatView()
    qtbot.addWidget(view)
    view.resize(540, 700)
    view.show()
    return view


def turn(run: Run) -> Turn:
    return Turn(message=run.request.messages[0], run=run)


def said(text: str, run: str = "long") -> Run:
    events = [event for event in sr.calm() if not isinstance(event, e.Said)]
    events.insert(5, e.Said(run=sr.RUN, at=1.0, attempt=1, pieces=(text,)))
    return replace(sr.fold(events), id=run)


def only(chat: ChatView, kind: type):
    found = [view for view in chat.findChildren(kind) if not view.isHidden()]
    assert len(found) == 1, found
    return found[0]


def test_an_empty_chat_says_how_to_begin(chat: ChatView):
    labels = [label.text() for label in chat.findChildren(QLabel) if label.isVisible()]
    assert EMPTY in labels
    chat.show_turns([turn(sr.fold(sr.calm()))])
    assert not chat._empty.isVisible()


def test_a_live_run_is_shown_as_it_grows_and_supersedes(chat: ChatView, qtbot):
    events = sr.answered()
    run = begin(events[0])
    chat.show_turns([turn(run)])
    ghosts = 0
    for event in events[1:]:
        run = evolve(run, event)
        chat.update_run(run)
        if isinstance(event, e.TextSuperseded):
            ghosts = len(chat.findChildren(GhostView))
    QApplication.processEvents()
    assert ghosts == 1
    answer = only(chat, AnswerText)
    assert answer.body.document().toPlainText() == "".join(sr.ANSWER).replace("\n\n", "\n") + " over the place."
    assert not answer.body.live


def test_only_what_is_new_is_drawn(chat: ChatView):
    events = sr.answered()
    middle = len(events) - 30
    run = sr.fold(events[:middle])
    chat.show_turns([turn(run)])
    answer = only(chat, AnswerText)
    for event in events[middle:-2]:
        run = evolve(run, event)
        chat.update_run(run)
    assert only(chat, AnswerText) is answer


def test_a_click_on_a_seam_selects_its_decision(chat: ChatView, qtbot):
    run = sr.fold(sr.rotation_then_cut())
    chat.show_turns([turn(run)])
    with qtbot.waitSignal(chat.decision_selected) as selected:
        only(chat, SeamView).click()
    assert run.trail[selected.args[0]].attempt == 3
    assert chat.selected_run == run.id


def test_a_click_on_the_badge_selects_the_attempt(chat: ChatView, qtbot):
    chat.show_turns([turn(sr.fold(sr.rotation_then_cut()))])
    with qtbot.waitSignal(chat.attempt_selected) as selected:
        only(chat, BadgeView).click()
    assert selected.args == [3]


def test_a_long_ghost_is_folded_until_asked(look: Theme, qtbot):
    ghost = GhostView(Ghost(attempt=1, text=Pieces(("A line of text.\n" * 10,)), note="Shown by a, then discarded."))
    qtbot.addWidget(ghost)
    ghost.resize(400, 300)
    ghost.show()
    text = ghost.findChild(TextBody)
    assert text.height() == 2 * look.line("reading")
    ghost.findChild(QToolButton).click()
    assert text.height() > 8 * look.line("reading")


def test_a_ghost_is_struck_through_and_the_answer_is_not(chat: ChatView):
    chat.show_turns([turn(sr.fold(sr.answered()))])
    ghost = only(chat, GhostView).findChild(TextBody).document()
    answer = only(chat, AnswerText).body.document()
    assert ghost.firstBlock().begin().fragment().charFormat().fontStrikeOut()
    assert not answer.firstBlock().begin().fragment().charFormat().fontStrikeOut()


def test_reasoning_folds_when_the_answer_begins(chat: ChatView):
    events = sr.rotation_then_cut()
    first = next(i for i, event in enumerate(events) if isinstance(event, e.Thought))
    run = sr.fold(events[: first + 1])
    chat.show_turns([turn(run)])
    view = only(chat, ThinkingView)
    assert view.findChild(TextBody).isVisible()
    chat.update_run(sr.fold(events))
    assert not view.findChild(TextBody).isVisible()
    view.findChild(QToolButton).click()
    assert view.findChild(TextBody).isVisible()


def test_copying_gives_the_answer_as_it_was_written(chat: ChatView):
    chat.show_turns([turn(said("**bold** and `code`"))])
    chat.copy_last()
    assert QGuiApplication.clipboard().text() == "**bold** and `code`"


def test_a_code_block_has_a_copy_button(chat: ChatView, qtbot):
    chat.show_turns([turn(said("Look:\n\n```python\nx = 1\n```\n\nDone."))])
    body = only(chat, AnswerText).body
    qtbot.waitUntil(lambda: body.findChild(QToolButton) is not None)
    button = body.findChild(QToolButton)
    assert button.accessibleName() == "Copy the python block"
    button.click()
    assert QGuiApplication.clipboard().text() == "x = 1"


def test_the_source_can_be_shown_in_place_of_the_rendering(chat: ChatView):
    chat.show_turns([turn(said("**bold**"))])
    answer = only(chat, AnswerText)
    answer.set_source(True)
    assert answer.body.document().toPlainText() == "**bold**"
    answer.set_source(False)
    assert answer.body.document().toPlainText() == "bold"


def test_a_failed_run_offers_to_ask_again_and_to_edit(chat: ChatView, qtbot):
    run = sr.fold(sr.all_failed())
    chat.show_turns([turn(run)])
    assert only(chat, FailureView)
    buttons = {b.accessibleName(): b for b in chat.findChildren(QToolButton) if b.isVisible()}
    with qtbot.waitSignal(chat.regenerate_requested) as again:
        buttons["Ask again (Ctrl+R)"].click()
    assert again.args == [run.id]
    with qtbot.waitSignal(chat.edit_requested) as edit:
        buttons["Edit the prompt and ask again"].click()
    assert edit.args == [sr.QUESTION]


def test_the_chat_follows_only_while_its_end_is_in_view(chat: ChatView, qtbot):
    runs = [said("word " * 400, run=f"run-{n}") for n in range(3)]
    chat.show_turns([turn(run) for run in runs])
    bar = chat._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    wheel = QWheelEvent(
        QPointF(100, 100), QPointF(100, 100), QPoint(0, 120), QPoint(0, 1200), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(chat._scroll.viewport(), wheel)
    qtbot.waitUntil(lambda: not chat.follows)
    latest = next(b for b in chat.findChildren(QPushButton) if b.text() == "Jump to latest")
    assert latest.isVisible()
    place = bar.value()
    chat.show_turns([turn(run) for run in (*runs[:2], said("word " * 4000, run="run-2"))])
    qtbot.wait(50)
    assert bar.value() == place
    latest.click()
    assert bar.value() == bar.maximum()
    assert not latest.isVisible()


def test_words_are_found_in_every_turn(chat: ChatView, qtbot):
    chat.show_turns([turn(said("a needle here", run="1")), turn(said("no", run="2")), turn(said("needle", run="3"))])
    chat._find.open()
    chat._find._input.setText("needle")
    assert chat._find._count.text() == "2 found"
    chat._find.step(1)
    assert chat._find._count.text() == "1 of 2"
    chat._find.step(-1)
    assert chat._find._count.text() == "2 of 2"


def test_a_new_theme_recolours_the_text(chat: ChatView, look: Theme):
    chat.show_turns([turn(said("plain words"))])
    look.set_mode("dark")
    block = only_visible_answer(chat).document().firstBlock()
    assert block.begin().fragment().charFormat().foreground().color() == look.palette.text


def only_visible_answer(chat: ChatView) -> TextBody:
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return only(chat, AnswerText).body


def test_earlier_turns_are_built_when_the_user_comes_near_the_top(chat: ChatView, qtbot):
    turns = [turn(said(f"Answer **{n}**\n\n- a\n- b\n", run=f"run-{n}")) for n in range(60)]
    chat.show_turns(turns)
    bar = chat._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    built = sorted(chat._views)
    assert built[-1] == 59
    assert built[0] > 40
    for _ in range(30):
        bar.triggerAction(bar.SliderAction.SliderToMinimum)
        qtbot.wait(10)
    qtbot.waitUntil(lambda: len(chat._views) == 60, timeout=20_000)
    order = [chat._column.indexOf(chat._views[place]) for place in range(60)]
    assert order == sorted(order)


def test_what_is_read_stays_in_place_when_earlier_turns_are_built(chat: ChatView, qtbot):
    turns = [turn(said("words " * 80, run=f"run-{n}")) for n in range(40)]
    chat.show_turns(turns)
    bar = chat._scroll.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    first = min(chat._views)
    bar.triggerAction(bar.SliderAction.SliderToMinimum)
    qtbot.waitUntil(lambda: min(chat._views) < first)
    qtbot.waitUntil(lambda: chat._views[first].y() > 0)
    qtbot.wait(50)
    assert abs(chat._views[first].mapTo(chat._scroll.viewport(), QPoint(0, 0)).y()) <= 30


def test_a_turn_without_a_run_shows_the_prompt_alone(chat: ChatView):
    chat.show_turns([Turn(message=Message("user", (Text("Hello there"),)))])
    assert [body.toPlainText() for body in chat.bodies()] == ["Hello there"]


def test_the_height_is_the_content_s(look: Theme, qtbot):
    body = TextBody()
    qtbot.addWidget(body)
    body.resize(300, 10)
    body.show()
    body.show_pieces(Pieces(("one\n\n" * 30,)), live=True)
    assert body.height() >= 30 * look.line("reading")
    assert not body.verticalScrollBar().isVisible()


@pytest.fixture
def in_a_column(look: Theme, qtbot) -> Iterator[TextBody]:
    """A body that scrolls, as in the chat: a window as tall as a long answer would be painted whole."""
    area, page, body = QScrollArea(), QWidget(), TextBody()
    qtbot.addWidget(area)
    QVBoxLayout(page).addWidget(body)
    area.setWidgetResizable(True)
    area.setWidget(page)
    area.resize(400, 600)
    area.show()
    yield body
    area.close()


def test_a_long_answer_is_plain_while_it_streams_and_rendered_at_its_end(in_a_column: TextBody, qtbot):
    body = in_a_column
    pieces = NOTHING
    with qtbot.waitSignal(body.degraded_changed, check_params_cb=bool, timeout=20_000):
        for _ in range(14):
            pieces = pieces.plus(("**bold** words\n\n" * 1250,))
            body.show_pieces(pieces, live=True)
    assert pieces.characters > PLAIN_ABOVE
    body.show_pieces(pieces, live=False)
    qtbot.waitUntil(lambda: body.toPlainText().count("bold words") == 14 * 1250, timeout=20_000)
    assert "**" not in body.toPlainText()


def test_text_that_comes_during_a_new_rendering_is_not_lost(in_a_column: TextBody, qtbot):
    body = in_a_column
    pieces = Pieces(("some **words**\n\n" * 6000,))
    body.show_pieces(pieces, live=True)
    body.render_again()
    body.show_pieces(pieces.plus(("the **last** one",)), live=False)
    qtbot.waitUntil(lambda: body.toPlainText().endswith("the last one"), timeout=20_000)
    assert body.toPlainText().count("some words") == 6000
