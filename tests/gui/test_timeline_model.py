"""The layout tells each run as it was."""

import pytest

from engine.core import events as e
from engine.core.faults import Fault, Kind
from gui.models.scale import FOLD, Scale, fitted, following, ticks
from gui.models.story import story
from gui.models.timeline import Mark, Phase, layout
from gui.theme import State
from tests.gui import sample_runs as runs


def at(events, now):
    return layout(runs.fold(events), now)


def test_lanes_stand_in_the_order_of_first_use_with_standby_behind():
    lanes = at(runs.rotation_then_cut(), 11.4).lanes
    assert [(lane.provider, lane.key, lane.used) for lane in lanes] == [
        ("openai", "keyring:work", True),
        ("openai", "keyring:spare", True),
        ("anthropic", "keyring:team", True),
        ("mistral", "", False),
    ]
    assert [lane.word for lane in lanes] == [
        "cooling, ready in 9.7 s", "ready", "serving", "Standby. Used only if claude-sonnet fails.",
    ]  # fmt: skip


def test_phases_touch_and_end_where_the_bar_ends():
    for bar in at(runs.rotation_then_cut(), 11.4).bars:
        assert bar.spans[0].start == bar.start
        assert bar.spans[-1].end == bar.end
        assert all(one.end == other.start for one, other in zip(bar.spans, bar.spans[1:], strict=False))


def test_a_bar_shows_its_phases_and_an_open_end_while_live():
    bar = at(runs.rotation_then_cut(), 11.4).bars[2]
    assert [span.phase for span in bar.spans] == [Phase.CONNECT, Phase.WAIT, Phase.REASONING, Phase.STREAM]
    assert bar.live
    assert bar.state is None
    assert (bar.word, bar.detail, bar.end) == ("streaming", "62 tok/s", 11.4)


def test_a_reused_connection_has_no_connect_phase():
    assert at(runs.rotation_then_cut(), 11.4).bars[1].spans[0].phase is Phase.WAIT


def test_a_failed_attempt_ends_in_a_cap_with_status_and_word():
    first, second, _ = at(runs.rotation_then_cut(), 11.4).bars
    assert (first.state, first.icon, first.word) == (State.FAILED_TRANSIENT, "warning", "429 rate limited")
    assert first.detail == "provider asks for 20 s"
    assert (second.word, second.detail, second.discarded) == ("stream cut", "after 2 sentences", True)
    assert second.spans[-1].figure == "58 tok, discarded"


def test_each_decision_is_an_arrow_from_its_cause_to_its_attempt():
    run = runs.fold(runs.rotation_then_cut())
    rotate, fall = layout(run, 11.4).arrows
    assert (rotate.source, rotate.target, rotate.title, rotate.wait) == (1, 2, "Rotate key", "after 0.6 s")
    assert (fall.source, fall.target, fall.title, fall.wait) == (2, 3, "Fall back to provider", "after 0.2 s")
    event = run.trail[fall.index]
    assert isinstance(event, e.AttemptStarted)
    assert event.attempt == 3


def test_a_running_wait_counts_down_and_names_what_follows():
    timeline = at(runs.waiting(), 2.0)
    (pause,) = timeline.pauses
    assert timeline.waiting
    assert pause.running
    assert pause.word == "next key in 2.1 s"
    assert pause.left(2.0) == pytest.approx(0.7)
    assert timeline.arrows[-1].target is None
    assert timeline.arrows[-1].title == "Rotate key"


def test_a_cooling_key_has_a_strip_until_it_is_fit():
    (strip,) = at(runs.rotation_then_cut(), 11.4).strips
    assert (strip.lane, strip.start, strip.end) == (0, 1.1, 21.1)


def test_marks_stand_where_things_happened():
    marks = {(m.attempt, m.mark): m.at for m in at(runs.rotation_then_cut(), 11.4).markers}
    assert marks[2, Mark.FIRST_TOKEN] == 2.6
    assert marks[2, Mark.INJECTED] == 4.9
    assert marks[1, Mark.RETRY_AFTER] == 1.1
    assert marks[3, Mark.SEAM] == 8.0
    silent = {m.mark for m in at(runs.all_failed(), 13.4).markers if m.attempt == 3}
    assert silent == {Mark.STALL}


def test_the_summary_counts_what_was_lost_and_discarded():
    figures = {f.label: (f.value, f.note) for f in at(runs.rotation_then_cut(), 11.4).summary}
    assert figures["Elapsed"] == ("11.4 s", "")
    assert figures["First text"] == ("2.6 s", "")
    assert figures["Lost to failures"] == ("5.1 s", "")
    assert figures["Attempts"][0] == "3"
    assert figures["Tokens"] == ("212", "58 discarded")


def test_an_ended_run_stands_still():
    run = runs.fold(runs.answered())
    assert layout(run, 99.0) == layout(run, 12.6)
    served = layout(run, 99.0)
    assert not served.live
    assert served.bars[2].served
    assert served.lanes[2].word == "served"


def test_giving_up_is_a_decision_without_a_target():
    final = at(runs.all_failed(), 13.4).arrows[-1]
    assert final.final
    assert final.target is None
    assert (final.title, final.reason) == ("Give up", "No candidate is left")


def test_two_live_attempts_stand_side_by_side():
    events = runs.hedged()[:-1]
    timeline = at(events, 3.4)
    assert [bar.live for bar in timeline.bars] == [True, True]
    (arrow,) = timeline.arrows
    assert (arrow.source, arrow.target, arrow.at) == (1, 2, 2.0)
    lost = at(runs.hedged(), 3.5).bars[0]
    assert (lost.word, lost.state) == ("lost the race", State.SKIPPED)


def test_the_arrow_starts_at_the_attempt_that_ended_last():
    why = Fault(kind=Kind.SERVER, status=500)
    events = [
        *runs.hedged(),
        e.Faulted(run=runs.RUN, at=4.0, attempt=2, fault=why),
        runs.started(4.5, 3, 2, "keyring:mistral", e.Action.NEXT_PROVIDER, e.Rule.RESTART),
    ]
    assert at(events, 5.0).arrows[-1].source == 2


def test_every_prefix_of_every_run_has_a_layout():
    for story_of in (runs.rotation_then_cut, runs.waiting, runs.retried, runs.all_failed, runs.calm, runs.hedged):
        events = story_of()
        for count in range(1, len(events) + 1):
            timeline = at(events[:count], events[count - 1].at + 0.01)
            assert all(bar.end >= bar.start for bar in timeline.bars)
            assert len({bar.attempt for bar in timeline.bars}) == len(timeline.bars)


def test_the_story_tells_it_all_in_words():
    told = story(at(runs.rotation_then_cut(), 11.4))
    for part in ("429 rate limited", "Rotate key after 0.6 s", "its text was discarded", "Attempt 3, anthropic"):
        assert part in told
    assert story(at(runs.rotation_then_cut()[:1], 0.0)).startswith("Each attempt")


def test_a_scale_finds_its_way_back():
    scale = Scale(40.0, 12.0, ((2.0, 30.0), (40.0, 60.0)))
    for moment in (0.0, 1.0, 2.0, 10.0, 30.0, 35.0, 55.0, 100.0):
        assert scale.at(scale.x(moment)) == pytest.approx(moment)
    assert scale.x(30.0) - scale.x(2.0) == pytest.approx(FOLD)


def test_zooming_holds_the_moment_under_the_pointer():
    scale = Scale(40.0, 12.0, ((2.0, 30.0),))
    assert scale.zoomed(3.0, 200.0).at(200.0) == pytest.approx(scale.at(200.0))


@pytest.mark.parametrize("now", [0.1, 4.0, 11.4, 60.0, 4000.0])
def test_now_stands_at_four_fifths_once_there_is_enough_to_show(now):
    width = 800.0
    x = following(now, width).x(now)
    assert x <= 0.8 * width + 1e-6
    if now >= 4.0:
        assert x == pytest.approx(0.8 * width)
    assert 0 <= fitted(now, width).x(now) <= width


def test_axis_labels_keep_their_distance():
    for rate in (0.5, 7.0, 88.0, 3000.0):
        step, moments = ticks(Scale(rate), 800.0)
        assert step * rate >= 84.0
        assert len(moments) <= 14
