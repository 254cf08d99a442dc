"""A recorded run at any second, the bar that plays it, and the files that are no recording."""

import time

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from engine.core import events as e
from engine.core import journal
from engine.core.journal import JournalError
from gui.models.replay import EVERY, Replay
from gui.theme import Theme
from gui.views.replay import Loader, Transport, WhatIfView
from gui.views.timeline import TimelineView
from tests.gui import sample_runs as runs


def long_story() -> list[e.AnyEvent]:
    """More events than lie between two folded runs: a stream of many pieces."""
    first, last = runs.calm()[:5], runs.calm()[-3:]
    stream = [e.Said(run=runs.RUN, at=0.9 + i * 0.002, attempt=1, pieces=(f"{i} ",)) for i in range(3 * EVERY)]
    return [*first, *stream, *last]


@pytest.mark.parametrize("told", [runs.answered, runs.all_failed, runs.hedged, long_story])
def test_any_second_is_the_fold_of_what_had_come(told):
    events = told()
    replay = Replay(events)
    for second in (0.0, 3.3, 1.0, 1.1, 99.0, 2.0, 0.95, 1.7):
        come = [event for event in events if event.at <= second + 1e-9] or events[:1]
        shown = replay.at(second)
        folded = runs.fold(come)
        assert shown.text == folded.text
        assert shown.trail == folded.trail
        assert shown.attempts == folded.attempts
        assert shown.ended is not None or shown.now == pytest.approx(max(second, folded.now))


def test_a_jump_folds_no_more_than_lies_between_two_marks(monkeypatch):
    from gui.models import replay as module

    replay, folded = Replay(long_story()), []
    monkeypatch.setattr(module, "evolve", lambda run, event: folded.append(event) or run)
    replay.at(2.0)
    assert len(folded) < EVERY


def test_steps_and_decisions_go_both_ways():
    replay = Replay(runs.answered())
    assert replay.next_decision(0.0) == pytest.approx(1.1)
    assert replay.next_decision(1.1) == pytest.approx(1.7)
    assert replay.previous_decision(1.7) == pytest.approx(1.1)
    assert replay.previous_decision(0.0) is None
    assert replay.next_decision(99.0) is None
    assert replay.step(0.3, 1) == pytest.approx(0.31)
    assert replay.step(0.31, -1) == pytest.approx(0.3)


def test_events_that_tell_no_run_are_one_sentence():
    with pytest.raises(JournalError, match="does not begin with a request"):
        Replay(runs.answered()[1:])
    with pytest.raises(JournalError, match="never began"):
        Replay([runs.answered()[0], e.Connected(run=runs.RUN, at=1.0, attempt=4)])


# Files.


def opened(qtbot: QtBot, path):
    loader, heard = Loader(), []
    loader.loaded.connect(heard.append)
    loader.failed.connect(heard.append)
    loader.open(path)
    qtbot.waitUntil(lambda: bool(heard), timeout=20_000)
    assert not loader.busy
    return heard[0]


def test_a_journal_is_read_whole(qtbot, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal.dump(runs.answered()))
    replay = opened(qtbot, path)
    assert replay.whole == runs.fold(runs.answered())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "no Streamover journal"),
        (b"\x00\x01\x02" * 5000, "no Streamover journal"),
        (b'{"format":"streamover-journal","version":99}\n', "update Streamover"),
        (b'{"format":"other","version":1}\n', "not a Streamover journal"),
        (journal.header() + b"\n", "does not begin with a request"),
        (journal.header() + b"\n{broken}\n" + journal.encode(runs.answered()[0]) + b"\n", "Line 2"),
    ],
)
def test_what_is_no_recording_is_one_sentence(qtbot, tmp_path, data, says):
    path = tmp_path / "run.jsonl"
    path.write_bytes(data)
    said = opened(qtbot, path)
    assert says in said
    assert said.count("\n") == 0


def test_a_file_that_is_not_there_is_one_sentence(qtbot, tmp_path):
    assert "cannot be read" in opened(qtbot, tmp_path / "none.jsonl")


def test_a_last_line_that_was_cut_is_left_out(qtbot, tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(journal.dump(runs.answered())[:-40])
    replay = opened(qtbot, path)
    assert len(replay.events) == len(runs.answered()) - 1


def test_a_large_journal_never_holds_the_window(qtbot, tmp_path):
    path = tmp_path / "run.jsonl"
    piece = b'{"type":"said","run":"run-1","at":1.0,"attempt":1,"pieces":["' + b"x" * 400 + b'"]}\n'
    head = journal.dump(runs.calm()[:5])
    path.write_bytes(head + piece * 40_000)
    loader, slices, last = Loader(), [], [time.perf_counter()]

    def told(_: float) -> None:
        now = time.perf_counter()
        slices.append(now - last[0])
        last[0] = now

    loader.progressed.connect(told)
    with qtbot.waitSignal(loader.loaded, timeout=30_000):
        loader.open(path)
    assert len(slices) > 5
    assert sorted(slices)[int(len(slices) * 0.9)] < 0.1


# The bar.


@pytest.fixture
def bar(qtbot, qapp):
    made = Transport(look=Theme())
    qtbot.addWidget(made)
    made.resize(900, 40)
    made.show()
    made.show_replay(Replay(runs.answered()))
    return made


def test_a_frame_is_the_run_at_its_second(bar):
    shown = []
    bar.frame.connect(shown.append)
    bar.seek(3.0)
    assert shown[-1].now == 3.0
    assert len(shown[-1].attempts) == 2
    bar.seek(99.0)
    assert shown[-1].outcome is e.Outcome.ANSWERED
    assert bar.time.text() == "12.6 of 12.6 s"


def test_play_goes_on_by_the_clock_and_stops_at_the_end(qtbot, bar):
    bar.speed.setCurrentIndex(bar.speed.count() - 1)
    bar.seek(11.0)
    bar.play()
    assert bar.playing
    qtbot.waitUntil(lambda: not bar.playing, timeout=5000)
    assert bar.second == pytest.approx(12.6)
    bar.toggle()
    assert bar.playing
    assert bar.second < 1.0


def test_keys_step_seek_and_play(qtbot, bar):
    qtbot.keyClick(bar, Qt.Key.Key_PageDown)
    assert bar.second == pytest.approx(1.1)
    qtbot.keyClick(bar, Qt.Key.Key_Left)
    assert bar.second == pytest.approx(1.08)
    qtbot.keyClick(bar, Qt.Key.Key_End)
    assert bar.second == pytest.approx(12.6)
    qtbot.keyClick(bar, Qt.Key.Key_Space)
    assert bar.playing
    bar.pause()


def test_a_click_on_the_slider_goes_there(qtbot, bar):
    slider = bar.scrubber
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=slider.rect().center())
    assert bar.second == pytest.approx(6.3, abs=0.1)


def test_without_a_recording_nothing_can_be_pressed(bar):
    bar.show_replay(None)
    assert not bar.play_button.isEnabled()
    bar.play()
    assert not bar.playing


# What if.


def test_both_timelines_have_one_scale_and_the_difference_is_said(qtbot, qapp):
    look = Theme()
    made = WhatIfView(lambda: TimelineView(look=look), look=look)
    qtbot.addWidget(made)
    made.resize(900, 800)
    made.show()
    made.show_recording(runs.answered(), runs.fold(runs.answered()))
    assert made.choices.checkedId() == 0
    made.choices.button(3).click()
    assert made.recorded.scale.rate == made.other.scale.rate
    assert made.recorded.scale.offset == made.other.scale.offset == 0.0
    assert "The first candidate goes last." in made.sentence.text()
    assert "anthropic" in made.sentence.text()
    assert made.result is not None
    assert made.other.plot.timeline.bars[0].lane == 0
