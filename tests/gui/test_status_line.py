"""The status line: the sentence, its two lines, the buttons that fit the moment, notices, and what is announced."""

import pytest
from msgspec.structs import replace
from PySide6.QtGui import QAccessible

from engine.core import events as e
from engine.core.run import evolve
from gui.theme import PALETTES, State, Theme
from gui.views import status_line
from gui.views.status_line import IDLE, StatusLine, look_of, may_skip
from tests.gui import sample_runs as samples


@pytest.fixture
def look(qapp) -> Theme:
    return Theme()


@pytest.fixture
def line(qtbot, look) -> StatusLine:
    made = StatusLine(look=look)
    qtbot.addWidget(made)
    made.resize(1384, 48)
    made.show()
    qtbot.waitExposed(made)
    return made


# What it says.


def test_without_a_run_it_says_what_to_do(line):
    assert line.sentence.text == " ".join(IDLE)
    assert line.skip.isHidden()
    assert line.stop.isHidden()


def test_a_live_run_is_told_with_its_lead_and_its_past(line):
    line.show_run(samples.fold(samples.rotation_then_cut()), 11.4)
    assert line.sentence.lead == "claude-sonnet is answering now."
    assert "You lost 5.1 s." in line.sentence.rest
    assert not line.stop.isHidden()


def test_a_wait_counts_down_by_itself(line, qtbot):
    line.show_run(samples.fold(samples.waiting()), 2.0)
    first = line.sentence.rest
    assert "in 2.1 s" in first
    qtbot.waitUntil(lambda: line.sentence.rest != first, timeout=2000)


def test_a_recorded_run_stands_still_and_has_no_buttons(line, qtbot):
    line.show_run(samples.fold(samples.waiting()), 2.0, live=False)
    assert line.skip.isHidden()
    assert line.stop.isHidden()
    assert line.now == 2.0


def test_an_ended_run_has_no_buttons(line):
    line.show_run(samples.fold(samples.waiting()), 2.0)
    line.show_run(samples.fold(samples.answered()), 12.6)
    assert line.sentence.lead.startswith("Done by anthropic")
    assert line.stop.isHidden()
    assert line.now == 12.6


@pytest.mark.parametrize(
    ("story", "state"),
    [
        (samples.rotation_then_cut, State.STREAMING),
        (samples.waiting, State.WAITING),
        (samples.answered, State.SUCCEEDED),
        (samples.all_failed, State.FAILED_PERMANENT),
    ],
)
def test_the_icon_is_the_state_of_the_run(story, state):
    assert look_of(samples.fold(story()))[0] is state


# Skip and stop.


def test_the_next_one_is_offered_in_a_wait_and_in_a_silence():
    waiting, streaming = samples.fold(samples.waiting()), samples.fold(samples.rotation_then_cut())
    assert may_skip(waiting, 2.0)
    assert not may_skip(streaming, 11.5)
    assert may_skip(streaming, 14.0)  # silent for 2.6 s
    assert not may_skip(None, 0.0)


def test_the_next_one_is_not_offered_while_one_of_two_speaks():
    racing = samples.fold(samples.hedged()[:-1])
    assert len(racing.live) == 2
    assert not may_skip(racing, 3.6)


def test_nothing_is_offered_once_the_run_is_to_stop(line):
    run = samples.fold(samples.rotation_then_cut())
    line.show_run(evolve(run, e.StopAsked(run=run.id, at=11.5)), 14.0)
    assert line.stop.isHidden()
    assert line.skip.isHidden()


def test_the_buttons_ask(line, qtbot):
    line.show_run(samples.fold(samples.waiting()), 2.0)
    with qtbot.waitSignal(line.skip_requested):
        line.skip.click()
    with qtbot.waitSignal(line.stop_requested):
        line.stop.click()


# Two lines, and more.


def test_a_wide_line_is_48_high_and_a_narrow_one_wraps(line, qtbot):
    line.show_run(samples.fold(samples.rotation_then_cut()), 11.4, live=False)
    assert len(line.sentence.lines) == 1
    assert line.sizeHint().height() == 48
    line.resize(620, 48)
    qtbot.waitUntil(lambda: len(line.sentence.lines) == 2)
    assert line.sentence.more.isHidden()
    qtbot.waitUntil(lambda: line.sizeHint().height() == 65)


def test_behind_two_lines_more_opens_the_rest(line):
    line.show_run(samples.fold(samples.rotation_then_cut()), 11.4, live=False)
    line.sentence.resize(300, 47)
    assert len(line.sentence.lines) == 2
    assert line.sentence.lines[-1].endswith("…")
    assert line.sentence.toolTip() == line.sentence.text
    assert not line.sentence.more.isHidden()
    line.sentence.more.click()
    assert "".join(line.sentence.lines) == line.sentence.text
    line.sentence.more.click()
    assert len(line.sentence.lines) == 2


# Notices.


def test_a_notice_stays_until_it_is_dismissed(line, qtbot):
    words = "The keychain did not answer in 5 s. Keys are kept for this session only."
    line.show_notice(words)
    line.show_notice(words)
    assert [notice.text for notice in line.notices] == [words]
    with qtbot.waitSignal(line.notice_dismissed) as said:
        line.notices[0].close_button.click()
    assert said.args == [words]
    assert not line.notices


# Announcements.


def test_a_change_is_announced_politely(line, monkeypatch):
    heard = []
    monkeypatch.setattr(
        status_line.QAccessible,
        "updateAccessibility",
        lambda event: heard.append((event.message(), event.politeness())),
    )
    line.show_run(samples.fold(samples.waiting()), 2.0)
    assert len(heard) == 1
    assert heard[0][0].startswith("Waiting 3 s before the next try.")
    assert heard[0][1] is QAccessible.AnnouncementPoliteness.Polite


def test_numbers_that_change_are_not_announced(line, qtbot):
    said: list[str] = []
    line.announced.connect(said.append)
    run = samples.fold(samples.waiting())
    for now in (2.0, 2.1, 2.2, 3.9):
        line.show_run(run, now)
    assert len(said) == 1


def test_at_most_one_sentence_a_second_and_the_newest_is_said(line, qtbot):
    said: list[str] = []
    line.announced.connect(said.append)
    live = samples.fold(samples.rotation_then_cut())
    line.show_run(samples.fold(samples.waiting()), 2.0)
    line.show_run(live, 11.4)
    line.show_run(samples.fold(samples.answered()), 12.6)
    assert len(said) == 1
    qtbot.waitUntil(lambda: len(said) == 2, timeout=2500)
    assert said[1].startswith("Done by anthropic")


def test_what_goes_back_to_what_was_said_is_not_said_twice(line, qtbot):
    said: list[str] = []
    line.announced.connect(said.append)
    waiting, live = samples.fold(samples.waiting()), samples.fold(samples.rotation_then_cut())
    line.show_run(waiting, 2.0)
    line.show_run(live, 11.4)
    line.show_run(waiting, 2.5)
    qtbot.wait(1200)
    assert len(said) == 1


def test_another_run_closes_what_was_open(line):
    run = samples.fold(samples.rotation_then_cut())
    line.show_run(run, 11.4, live=False)
    line.sentence.resize(300, 47)
    line.sentence.more.click()
    line.show_run(replace(run, id="another"), 11.4, live=False)
    assert len(line.sentence.lines) == 2


@pytest.mark.parametrize("mode", PALETTES)
def test_it_is_painted_in_each_theme(line, look, mode):
    look.set_mode(mode)
    line.show_run(samples.fold(samples.all_failed()), 13.4)
    picture = line.grab().toImage()
    assert picture.pixelColor(2, 2).name() == PALETTES[mode].surface.name()
    wanted = PALETTES[mode].failed_permanent.rgb()
    assert any(picture.pixel(x, y) == wanted for x in range(24, 42) for y in range(47))
