"""Moving in the timeline: overview, areas, the filter, the strip, and layouts that grow with the run."""

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.core import events as e
from gui.models.area import facts_of
from gui.models.scale import FOLD, Folds, Scale, spanning, ticks
from gui.models.timeline import Layout, Mark, Phase, layout
from gui.models.timeline_filter import FilterError, Sieve, parse
from gui.theme import Theme
from gui.views.timeline import TimelineView
from gui.views.timeline.rows import Rows
from tests.gui import sample_runs as runs

STORIES = [runs.rotation_then_cut, runs.answered, runs.waiting, runs.retried, runs.all_failed, runs.calm, runs.hedged]


@pytest.fixture
def theme(qapp):
    made = Theme()
    made.set_mode("light")
    return made


@pytest.fixture
def view(qtbot, theme):
    made = TimelineView(look=theme)
    qtbot.addWidget(made)
    made.resize(832, 460)
    made.show()
    return made


def show(view, events, now):
    view.show_run(msgspec.structs.replace(runs.fold(events), now=now), live=False)
    view.grab()


def indexed(rows):
    return (
        [[bar.attempt for bar in row] for row in rows.bars], rows.starts, rows.arrows(-1e9, 1e9), rows.strips(0, 1e9),
    )  # fmt: skip


@pytest.mark.parametrize("told", STORIES)
def test_a_layout_that_grows_is_the_layout_made_at_once(told):
    events, growing, rows = told(), Layout(), Rows()
    for count in range(1, len(events) + 1):
        run = runs.fold(events[:count])
        for now in (run.now, run.now + 0.3):
            fresh = layout(run, now)
            assert growing.at(run, now) == fresh
            rows.show(growing.at(run, now))
            assert indexed(rows) == indexed(Rows(fresh))


def test_a_layout_goes_back_in_time():
    growing = Layout()
    growing.at(runs.fold(runs.answered()), 12.6)
    for count in (60, 8, 30):
        run = runs.fold(runs.answered()[:count])
        assert growing.at(run, run.now) == layout(run, run.now)


def test_what_has_ended_is_not_laid_out_again():
    growing, run = Layout(), runs.fold(runs.rotation_then_cut())
    before, after = growing.at(run, 11.4), growing.at(run, 11.5)
    assert before.settled == 2
    assert all(one is other for one, other in zip(before.bars[:2], after.bars[:2], strict=True))
    assert before.bars[2] is not after.bars[2]


def test_a_candidate_that_is_benched_and_tried_again_is_marked():
    bench = e.Bench(
        provider="openai", model="gpt-5", since=0.16, until=15.16, kind=runs.Kind.SERVER, reason="openai is in trouble"
    )
    first = runs.retried()
    place = next(i for i, event in enumerate(first) if isinstance(event, e.WaitStarted))
    events = [
        *first[:place],
        e.Benched(run=runs.RUN, at=0.16, attempt=1, bench=bench, rule=e.Rule.COOLING),
        runs.started(0.2, 2, 1, "keyring:team", e.Action.NEXT_PROVIDER, e.Rule.HALF_OPEN),
    ]
    marks = {(m.attempt, m.mark): m.word for m in layout(runs.fold(events), 0.3).markers}
    assert marks[1, Mark.RESTS] == "rests 15 s"
    assert (2, Mark.TRIED) in marks


def test_a_thousand_folds_are_found_as_one_is():
    folds = Folds((i * 30.0 + 5, i * 30.0 + 25) for i in range(1000))
    scale = Scale(40.0, 0.0, folds)
    assert scale.x(30.0 * 1000) == pytest.approx(1000 * (10 * 40.0 + FOLD))
    for moment in (1.0, 17.0, 15_011.0, 29_990.0):
        assert scale.at(scale.x(moment)) == pytest.approx(moment)


def test_the_axis_goes_on_behind_a_long_fold():
    scale = Scale(90.0, 0.0, ((3.0, 2003.0),))
    _, moments = ticks(scale, 800.0)
    assert [moment for moment in moments if moment > 2003.0]
    assert not [moment for moment in moments if 3.0 < moment < 2003.0]


def test_a_span_fills_the_width():
    scale = spanning(2.0, 50.0, 700.0, ((10.0, 40.0),))
    assert scale.x(2.0) == pytest.approx(0.0)
    assert scale.x(50.0) == pytest.approx(700.0)


def test_a_pan_keeps_some_of_the_run_in_sight(view):
    show(view, runs.answered(), 12.6)
    for pixels in (-1e9, 1e9):
        view.plot.pan(pixels)
        first, last = view.plot.seen
        assert first < 12.6
        assert last > 0


# The overview.


def test_the_overview_stands_where_there_is_more_to_see(view):
    show(view, runs.answered(), 12.6)
    view.plot.fit()
    assert not view.minimap.isVisible()
    view.plot.zoom(4.0)
    assert view.minimap.isVisible()


def test_dragging_the_window_of_the_overview_moves_the_plot(qtbot, view):
    show(view, runs.answered(), 12.6)
    view.plot.show_span(2.0, 5.0)
    view.grab()
    window = view.minimap._window().center().toPoint()
    qtbot.mousePress(view.minimap, Qt.MouseButton.LeftButton, pos=window)
    qtbot.mouseMove(view.minimap, window + QPoint(100, 0))
    qtbot.mouseRelease(view.minimap, Qt.MouseButton.LeftButton, pos=window + QPoint(100, 0))
    first, last = view.plot.seen
    assert first == pytest.approx(2.0 + 12.6 * 100 / 800, abs=0.1)
    assert last - first == pytest.approx(3.0, abs=0.05)


def test_dragging_an_edge_of_the_overview_zooms(qtbot, view):
    show(view, runs.answered(), 12.6)
    view.plot.show_span(2.0, 5.0)
    view.grab()
    edge = QPoint(round(view.minimap._window().right()), 18)
    qtbot.mousePress(view.minimap, Qt.MouseButton.LeftButton, pos=edge)
    qtbot.mouseMove(view.minimap, edge + QPoint(100, 0))
    first, last = view.plot.seen
    assert first == pytest.approx(2.0, abs=0.05)
    assert last == pytest.approx(5.0 + 12.6 * 100 / 800, abs=0.1)


# Areas.


def drag(qtbot, view, start, end, modifier=Qt.KeyboardModifier.NoModifier):
    viewport = view.plot.viewport()
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, modifier, start)
    qtbot.mouseMove(viewport, end)
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, modifier, end)


@pytest.mark.parametrize(
    ("y", "modifier"), [(12, Qt.KeyboardModifier.NoModifier), (300, Qt.KeyboardModifier.ShiftModifier)]
)
def test_a_drag_selects_a_stretch_of_time(qtbot, view, y, modifier):
    show(view, runs.answered(), 12.6)
    left = view.plot._scene.left
    drag(qtbot, view, QPoint(600, y), QPoint(400, y), modifier)
    scale = view.plot.scale
    assert view.plot.area == pytest.approx((scale.at(400 - left), scale.at(600 - left)))
    assert view.area.isVisible()


def test_r_turns_the_area_into_the_view_and_escape_drops_it(qtbot, view):
    show(view, runs.answered(), 12.6)
    view.plot.select_area(2.0, 6.0)
    qtbot.keyClick(view.plot, Qt.Key.Key_R)
    assert view.plot.seen == pytest.approx((2.0, 6.0), abs=0.01)
    qtbot.keyClick(view.plot, Qt.Key.Key_Escape)
    assert view.plot.area is None
    assert not view.area.isVisible()


def test_an_area_is_counted():
    run = runs.fold(runs.answered())
    facts = facts_of(run, layout(run, 12.6), 2.0, 6.0)
    assert facts.attempts == 2
    assert facts.failures == (("stream cut", 1),)
    assert facts.waited == pytest.approx(0.2)
    assert 50 <= facts.tokens <= 58
    shares = {share.phase: share.seconds for share in facts.shares}
    assert shares[Phase.STREAM] == pytest.approx(4.9 - 2.6)
    whole = facts_of(run, layout(run, 12.6), 0.0, 12.6)
    assert whole.attempts == 3
    assert dict(whole.failures) == {"rate limited": 1, "stream cut": 1}


# The filter.


@pytest.mark.parametrize(
    ("query", "passed"),
    [
        ("kind:rate_limit", {1}), ("provider:anthropic", {3}), ("key:spare", {2}), ("state:failed", {1, 2}),
        ("state:served", {3}), ("openai discarded", set()), ("state:discarded", {2}), (">2s", {2, 3}), ("<1500ms", {1}),
        ("provider:openai >2s", {2}), ("", {1, 2, 3}), ("state:", {1, 2, 3}), ("cut", {2}),
    ],
)  # fmt: skip
def test_the_filter_lets_through_what_was_asked_for(query, passed):
    run = runs.fold(runs.answered())
    assert Sieve(query).passed(run, layout(run, 12.6)) == passed


@pytest.mark.parametrize("query", ["colour:red", "state:happy"])
def test_a_term_that_is_not_known_says_what_is(query):
    with pytest.raises(FilterError, match="Use "):
        parse(query)


def test_a_filter_follows_a_run_as_it_grows():
    events, growing, sieve = runs.answered(), Layout(), Sieve("state:failed")
    for count in range(1, len(events) + 1):
        run = runs.fold(events[:count])
        timeline = growing.at(run, run.now)
        assert sieve.passed(run, timeline) == Sieve("state:failed").passed(run, timeline)


def test_slash_opens_the_filter_and_escape_drops_it(qtbot, view):
    show(view, runs.answered(), 12.6)
    qtbot.keyClick(view.plot, Qt.Key.Key_Slash)
    assert view.filter.isVisible()
    qtbot.keyClicks(view.filter.field, "state:failed")
    assert view.plot.passed == {1, 2}
    assert view.filter.word.text() == "2 of 3"
    view.filter.field.setText("state:failed nonsense:1")
    assert "There is no term" in view.filter.word.text()
    assert view.plot.passed == {1, 2}
    qtbot.keyClick(view.filter.field, Qt.Key.Key_Escape)
    assert view.plot.passed is None
    assert not view.filter.isVisible()


def test_what_is_filtered_out_has_no_words(view):
    show(view, runs.answered(), 12.6)
    view.plot.set_filter("key:spare")
    view.grab()
    named = {number for _, (kind, number) in view.plot._scene.placer.targets if kind == "bar"}
    assert named == {2}


# The strip, and the past.


def test_the_strip_is_96_high_and_shows_every_bar(view):
    show(view, runs.answered(), 12.6)
    view.set_compact(True)
    view.grab()
    assert view.height() == 96
    assert set(view.plot._scene.rects) == {1, 2, 3}
    assert all(rect.bottom() <= 96 for rect in view.plot._scene.rects.values())
    view.set_compact(False)
    assert view.maximumHeight() > 1000


def test_a_lane_knows_how_its_last_runs_went():
    past = {("openai", "gpt-5", "keyring:work"): (True, False)}
    lanes = layout(runs.fold(runs.answered()), 12.6, past).lanes
    assert [lane.past_words for lane in lanes] == ["1 of the last 2 runs failed", "", "", ""]


def test_what_it_cost_stands_in_the_hover_of_the_figures(view):
    show(view, runs.answered(), 12.6)
    assert "Lost to failures" in view._figures.account()
    assert "5.1 s" in view._figures.account()
