"""The header: the state of each candidate in the run, what gives way in a narrow window, and the faults."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.core import events as e
from engine.core.faults import Kind
from engine.core.run import evolve
from gui.models.route_places import current, faults_sentence, places_of, struck
from gui.theme import PALETTES, State, Theme
from gui.views.route_bar import RouteBar
from tests.gui import sample_runs as samples

ROUTE = samples.tides().route


def states(run) -> list[State | None]:
    return [place.state for place in places_of(run.request.route, run)]


@pytest.fixture
def look(qapp) -> Theme:
    return Theme()


@pytest.fixture
def bar(qtbot, look) -> RouteBar:
    made = RouteBar(look=look)
    qtbot.addWidget(made)
    made.show_title("Tides for a ten-year-old")
    made.show_route(ROUTE)
    made.resize(1384, 48)
    made.show()
    qtbot.waitExposed(made)
    return made


def shown(bar: RouteBar) -> list[int]:
    return [i for i, button in enumerate(bar.strip.buttons) if not button.isHidden()]


# States.


def test_without_a_run_no_candidate_has_a_state():
    assert [place.state for place in places_of(ROUTE, None)] == [None, None, None]
    assert [place.keys for place in places_of(ROUTE, None)] == [2, 1, 1]


def test_failed_serving_and_standby_are_told_apart():
    run = samples.fold(samples.rotation_then_cut())
    assert states(run) == [State.FAILED_TRANSIENT, State.STREAMING, None]
    assert [place.word for place in places_of(ROUTE, run)] == ["stream cut", "serving", "standby"]


def test_the_one_that_served_keeps_its_check():
    run = samples.fold(samples.answered())
    assert states(run)[1] is State.SUCCEEDED


def test_a_wait_is_shown_at_the_candidate_that_is_next():
    assert states(samples.fold(samples.waiting())) == [State.WAITING, None, None]


def test_each_failure_has_its_own_look():
    run = samples.fold(samples.all_failed())
    assert states(run) == [State.FAILED_PERMANENT, State.FAILED_TRANSIENT, State.FAILED_TRANSIENT]


def test_what_is_gone_past_is_cooling_or_skipped():
    run = samples.fold([samples.requested()])
    for candidate, rule in ((0, e.Rule.COOLING), (1, e.Rule.INCAPABLE)):
        run = evolve(run, e.CandidateSkipped(run=run.id, at=0.0, candidate=candidate, rule=rule, why="It rests."))
    assert states(run) == [State.COOLING, State.SKIPPED, None]


def test_a_bench_of_an_earlier_run_is_cooling():
    bench = e.Bench(provider="mistral", model="large", since=-5.0, until=20.0, kind=Kind.OVERLOADED, reason="529.")
    run = samples.fold([e.RunRequested(run="r", at=0.0, wall=0.0, request=samples.tides(), benches=(bench,))])
    assert states(run) == [None, None, State.COOLING]


def test_a_run_of_another_route_says_nothing_of_this_one():
    other = replace(ROUTE, candidates=ROUTE.candidates[:2])
    run = samples.fold(samples.answered())
    assert [place.state for place in places_of(other, run)] == [None, None]


def test_the_current_one_serves_or_was_tried_last():
    assert current(places_of(ROUTE, samples.fold(samples.answered()))) == 1
    assert current(places_of(ROUTE, samples.fold(samples.all_failed()))) == 2
    assert current(places_of(ROUTE, None)) == 0


def test_faults_are_counted_in_words():
    assert faults_sentence(0, 0) == ""
    assert faults_sentence(1, 1) == "1 fault fired, 1 armed"
    assert faults_sentence(0, 2) == "2 faults armed"
    assert struck(samples.fold(samples.answered())) == 1


# The widget.


def test_all_candidates_are_shown_where_there_is_room(bar):
    assert shown(bar) == [0, 1, 2]
    assert bar.strip.rest.isHidden()
    lefts = [button.geometry().left() for button in bar.strip.buttons]
    assert lefts == sorted(lefts)
    assert bar.strip.buttons[2].geometry().right() <= bar.strip.width()


def test_a_narrow_bar_keeps_the_one_that_serves_and_counts_the_rest(bar, qtbot):
    bar.show_run(samples.fold(samples.rotation_then_cut()))
    bar.resize(560, 48)
    qtbot.waitUntil(lambda: shown(bar) == [1])
    assert bar.strip.rest.text() == "+2"
    assert "openai" in bar.strip.rest.toolTip()
    with qtbot.waitSignal(bar.edit_requested):
        bar.strip.rest.click()


def test_keys_give_way_before_candidates_do(bar):
    full = sum(button.full_width() for button in bar.strip.buttons)
    bar.strip.resize(full + 20, 47)  # less than the gaps between them need
    assert shown(bar) == [0, 1, 2]
    assert bar.strip.buttons[0].sizeHint().width() < bar.strip.buttons[0].full_width()


def test_a_click_names_the_candidate(bar, qtbot):
    with qtbot.waitSignal(bar.candidate_clicked) as said:
        QTest.mouseClick(bar.strip.buttons[1], Qt.MouseButton.LeftButton)
    assert said.args == [1]
    bar.show_route(replace(ROUTE, candidates=ROUTE.candidates[1:]))
    with qtbot.waitSignal(bar.candidate_clicked) as said:
        QTest.mouseClick(bar.strip.buttons[0], Qt.MouseButton.LeftButton)
    assert said.args == [0]
    assert "anthropic" in bar.strip.buttons[0].accessibleName()


def test_editing_and_searching_are_asked_for(bar, qtbot):
    with qtbot.waitSignal(bar.edit_requested):
        bar.edit.click()
    with qtbot.waitSignal(bar.palette_requested):
        QTest.keyClick(bar.search, Qt.Key.Key_Space)


def test_faults_stand_at_the_right_while_there_are_any(bar):
    assert bar.faults.isHidden()
    bar.show_run(samples.fold(samples.answered()))
    bar.show_armed(1)
    assert bar.faults.accessibleName() == "1 fault fired, 1 armed"
    assert bar.faults.geometry().left() > bar.edit.geometry().right()
    bar.show_run(None)
    bar.show_armed(0)
    assert bar.faults.isHidden()


def test_names_tell_place_keys_and_state(bar):
    bar.show_run(samples.fold(samples.rotation_then_cut()))
    assert bar.strip.buttons[0].accessibleName() == "1. openai · gpt-5, 2 keys: stream cut"


def test_a_long_title_is_elided_and_kept_in_the_tool_tip(bar):
    bar.show_title("A very long title " * 8)
    assert bar.title.text().endswith("…")
    assert bar.title.toolTip().startswith("A very long title A very")


@pytest.mark.parametrize("mode", PALETTES)
def test_the_state_is_painted_in_its_colour(bar, look, mode):
    look.set_mode(mode)
    bar.show_run(samples.fold(samples.all_failed()))
    picture = bar.strip.buttons[0].grab().toImage()
    wanted = PALETTES[mode].failed_permanent.rgb()
    pixels = ((x, y) for x in range(picture.width()) for y in range(picture.height()))
    assert any(picture.pixel(x, y) == wanted for x, y in pixels)


def test_zoom_makes_the_bar_taller(bar, look):
    look.set_zoom(1.5)
    assert bar.height() == 72
