"""The real window, driven as a newcomer would: type, send, watch the fallback, read the answer."""

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QTextEdit

from engine.core.events import Outcome
from engine.core.faults import Kind
from engine.core.request import Candidate, Route
from engine.lab import beats as b
from tests.gui.looped import Session, looped


def shown_text(session: Session) -> str:
    """All text that stands in the chat."""
    bodies = [body.toPlainText() for body in session.window.chat.findChildren(QTextEdit) if body.isVisible()]
    labels = [label.text() for label in session.window.chat.findChildren(QLabel) if label.isVisible()]
    return "\n".join([*bodies, *labels])


def test_a_newcomer_types_a_prompt_sees_the_fallback_and_reads_the_whole_answer(qapp: QApplication, tmp_path: Path):
    async def story() -> None:
        async with Session(tmp_path) as session:
            window = session.window
            QTest.keyClicks(window.composer.focusProxy(), "Why are there two tides a day?")
            QTest.keyClick(window.composer.focusProxy(), Qt.Key.Key_Return)
            assert window.composer.draft == ""
            await session.until(lambda: not session.controller.live and session.controller.run is not None)
            run = session.controller.run
            assert run is not None
            assert run.outcome is Outcome.ANSWERED
            assert [a.fault.kind.value if a.fault else None for a in run.attempts] == ["rate_limit", "truncated", None]
            text = shown_text(session)
            assert "Why are there two tides a day?" in text
            assert run.text.split(".")[0] in text
            assert len(window.timeline.plot.timeline.bars) == 3
            assert window.timeline.plot.timeline.bars[2].served
            assert window.grab().save(str(tmp_path / "window.png"))

    looped(story)
    assert (tmp_path / "window.png").stat().st_size > 20_000


def test_escape_stops_and_keeps_what_was_said(qapp: QApplication, tmp_path: Path):
    async def story() -> None:
        async with Session(tmp_path, speed=1.0) as session:
            session.window.play("calm")
            await session.until(lambda: bool(session.controller.run and session.controller.run.text))
            QTest.keyClick(session.window, Qt.Key.Key_Escape)
            await session.until(lambda: not session.controller.live)
            run = session.controller.run
            assert run is not None
            assert run.outcome is Outcome.STOPPED
            assert run.text in shown_text(session) or run.text.split()[0] in shown_text(session)

    looped(story)


def test_skip_goes_on_at_once_while_it_waits(qapp: QApplication, tmp_path: Path):
    async def story() -> None:
        async with Session(tmp_path, speed=1.0) as session:
            lab, c = session.playground.lab, session.controller
            limited = lab.play("limited", (b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=8),))
            good = lab.play("good", (b.Say(text="Here I am."), b.End()))
            places = [Candidate(provider="openai", model=u[-4:], base_url=f"{u}/v1") for u in (limited, good)]
            c.set_route(Route(name="skip", candidates=tuple(places)))
            c.submit("Why?")
            await session.until(lambda: bool(c.run and c.run.waiting))
            assert session.window.timeline.skip.isVisible()
            session.window.timeline.skip.click()
            await session.until(lambda: not c.live)
            assert c.run is not None
            assert c.run.text == "Here I am."
            assert c.run.ended is not None
            assert c.run.ended < 7

    looped(story)


def test_a_prompt_that_is_sent_while_an_answer_streams_waits_its_turn(qapp: QApplication, tmp_path: Path):
    async def story() -> None:
        async with Session(tmp_path) as session:
            c = session.controller
            c.submit("Why is the sky blue?")
            c.submit("And at sunset?")
            assert c.queued == "And at sunset?"
            assert session.window.composer.running
            await session.until(lambda: len(c.turns) == 2 and not c.live)
            told = c.turns[1].run
            assert told is not None
            roles = [message.role for message in told.request.messages]
            assert roles == ["user", "assistant", "user"]
            assert not session.window.composer.running

    looped(story)


def test_a_click_on_a_bar_opens_its_details(qapp: QApplication, tmp_path: Path):
    async def story() -> None:
        async with Session(tmp_path) as session:
            session.controller.submit("Why?")
            await session.until(lambda: not session.controller.live)
            assert session.window.inspector.isHidden()
            session.window.timeline.attempt_selected.emit(1)
            assert session.window.inspector.isVisible()
            assert "429" in session.window.inspector.text()
            QTest.keyClick(session.window, Qt.Key.Key_Escape)
            assert session.window.inspector.isHidden()

    looped(story)


def test_every_scenario_stands_in_the_menu_and_plays_with_one_click(qapp: QApplication, tmp_path: Path):
    from engine.lab.scenarios import SCENARIOS
    from gui.main_window import scenario_menu

    async def story() -> None:
        async with Session(tmp_path) as session:
            played: list[str] = []
            menu = scenario_menu(session.window, played.append)
            actions = [action for action in menu.actions() if action.isEnabled()]
            assert len(actions) == len(SCENARIOS) >= 8
            for action in actions:
                action.trigger()
            assert sorted(played) == sorted(SCENARIOS)
            menu.deleteLater()
            session.window.play("dead-key" if "dead-key" in SCENARIOS else played[2])
            await session.until(lambda: not session.controller.live)
            assert session.controller.run is not None

    looped(story)


def test_an_empty_prompt_is_answered_by_one_sentence(qapp: QApplication, tmp_path: Path):
    async def story() -> None:
        async with Session(tmp_path) as session:
            told: list[str] = []
            session.controller.notice.connect(told.append)
            session.controller.submit("   ")
            assert told == ["The prompt is empty: write what you want to ask."]
            assert session.controller.turns == ()
            assert not session.window.composer.running

    looped(story)
