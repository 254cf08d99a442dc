"""The comparison on screen as values: figures, marks, words, set-ups, turns, pieces of a difference."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.compare import set_file
from engine.compare.diff import diff
from engine.compare.results import Measures, Result
from engine.compare.runner import Progress
from engine.compare.schedule import Estimate
from engine.compare.sets import Mode
from engine.compare.stats import METRICS, Better
from engine.core.events import Measured, Outcome
from engine.core.request import Candidate, Parameters, Route, Usage
from engine.core.run import Run
from gui.models import compare as m
from gui.models.compare_diff import pieces
from gui.models.compare_files import save_report, save_set
from gui.models.compare_plot import dots, scale, svg
from gui.models.compare_set import board_of, comparison_of, moved, read, trouble, with_prompt, written
from gui.models.compare_stats import counted, estimate_words, progress_words
from gui.models.compare_turns import Turns
from gui.tokens import PALETTES
from tests.gui.sample_runs import all_failed, calm, fold, rotation_then_cut, waiting


def priced(candidate: Candidate, usage: Usage) -> float | None:
    return None if candidate.provider == "anthropic" else 0.25


def route(name: str) -> Route:
    return Route(name=name, candidates=(Candidate(provider="ollama", model=name),))


def board(*names: str, **changes: object) -> m.Board:
    return m.Board(lanes=tuple(m.Lane(label=name, route=route(name)) for name in names), prompt="Why?", **changes)


def figure(run: Run, name: str) -> m.Figure:
    return next(one for one in m.figures(run, run.now, priced) if one.name == name)


def test_a_run_that_is_over_has_every_figure_it_can_have() -> None:
    run = fold(calm())
    assert run.answer is not None
    assert run.answer.first_text is not None
    assert figure(run, "Answer starts").value == run.answer.first_text
    assert figure(run, "Total").value == run.ended
    assert figure(run, "Lost").text == "0 s"
    assert len(m.figures(run, run.now, priced)) == m.FIGURES


def test_what_is_not_known_is_na_and_what_is_guessed_bears_a_tilde() -> None:
    live = fold([event for event in rotation_then_cut() if not isinstance(event, Measured)])
    assert figure(live, "Tokens").text.startswith("~")
    failed = fold(all_failed())
    assert figure(failed, "First token").text == m.NOT_KNOWN
    assert figure(failed, "First token").value is None
    assert figure(live, "Total").value is None
    assert "≈" not in "".join(one.text for one in m.figures(live, live.now, priced))


def test_a_column_that_was_not_asked_has_no_figures() -> None:
    assert {one.text for one in m.figures(None, 0.0, priced)} == {m.NONE}


def test_a_price_that_is_not_known_is_never_shown_as_nothing() -> None:
    def unknown(candidate: Candidate, usage: Usage) -> float | None:
        return None

    run = fold(calm())
    assert m.figures(run, run.now, unknown)[5].text == m.NOT_KNOWN


def row(*values: float | None, better: Better = Better.LOWER) -> list[tuple[m.Figure, ...]]:
    def one(value: float | None) -> m.Figure:
        text = m.NOT_KNOWN if value is None else m.seconds(value)
        return m.Figure(name="x", text=text, value=value, better=better, meaning="")

    return [(one(value),) * m.FIGURES for value in values]


def best(rows: list[tuple[m.Figure, ...]], eligible: list[bool]) -> list[bool]:
    return [figures[0].best for figures in m.crowned(rows, eligible)]


def test_the_lowest_time_and_the_highest_speed_are_marked() -> None:
    assert best(row(2.0, 1.0, 3.0), [True] * 3) == [False, True, False]
    assert best(row(2.0, 1.0, 3.0, better=Better.HIGHER), [True] * 3) == [False, False, True]


def test_a_failed_column_never_wins() -> None:
    assert best(row(2.0, 1.0, 3.0), [True, False, True]) == [True, False, False]
    assert not m.may_win(fold(all_failed()))
    assert m.may_win(fold(calm()))


def test_what_reads_the_same_is_as_good_and_where_all_are_alike_none_is_best() -> None:
    assert best(row(1.001, 1.002, 3.0), [True] * 3) == [True, True, False]
    assert best(row(1.0, 1.0), [True] * 2) == [False, False]
    assert best(row(1.0, None), [True] * 2) == [False, False]


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e4)), min_size=2, max_size=8), st.data())
def test_nothing_better_than_a_marked_value_is_left_unmarked(values: list[float | None], data: st.DataObject) -> None:
    eligible = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    marked = best(row(*values), eligible)
    known = [value for value, may in zip(values, eligible, strict=True) if may and value is not None]
    for value, on in zip(values, marked, strict=True):
        if on:
            assert value is not None
            assert m.seconds(value) == m.seconds(min(known))


def test_the_sentence_counts_what_runs_what_is_done_and_what_failed() -> None:
    live, done, failed = fold(rotation_then_cut()), fold(calm()), fold(all_failed())
    lead, rest = m.sentence([live, done, failed, None], ["a", "b", "c", "d"])
    assert lead == "One of four is still answering."
    assert "One is done." in rest
    assert "c failed" in rest
    assert m.sentence([None, None], ["a", "b"])[0] == "Nothing was asked yet."
    assert m.sentence([done, done], ["a", "b"])[0] == "All two are over."


def test_the_head_tells_the_state_and_hides_who_answers_when_asked() -> None:
    run = fold(calm())
    assert m.head(run, run.now, queued=False).word == "done"
    assert m.head(run, run.now, queued=False).key
    hidden = m.head(run, run.now, queued=False, hidden=True)
    assert (hidden.key, hidden.aside) == ("", "")
    assert m.head(None, 0.0, queued=True).word == "waits for its turn"
    waits = fold(waiting())
    assert "in" in m.head(waits, waits.now, queued=False).word


def test_only_what_differs_from_the_common_parameters_is_modified() -> None:
    one = board("a", "b", parameters=Parameters(temperature=0.5))
    same = replace(one.lanes[0], parameters=Parameters(temperature=0.5))
    other = replace(one.lanes[0], parameters=Parameters(temperature=0.7))
    assert m.modified_names(one, same) == ()
    assert m.modified_names(one, other) == ("temperature",)


# The set-up.


def test_a_set_up_becomes_a_comparison_with_labels_told_apart() -> None:
    made = board("a", "a", repeat=5, mode=Mode.ONE_AT_A_TIME)
    comparison = comparison_of(made, tuple(lane.route for lane in made.lanes))
    assert [column.label for column in comparison.columns] == ["a", "a (2)"]
    assert comparison.columns[0].route is made.lanes[0].route
    assert (comparison.repeat, comparison.mode) == (5, Mode.ONE_AT_A_TIME)


def test_an_own_prompt_is_told_in_the_label_and_asked_in_its_place() -> None:
    made = board("a", "b")
    lanes = (replace(made.lanes[0], prompt="How?"), made.lanes[1])
    comparison = comparison_of(replace(made, lanes=lanes), tuple(lane.route for lane in lanes))
    assert comparison.columns[0].label == "a (own prompt)"
    request = fold(calm()).request
    assert with_prompt(request, "How?").messages[-1].text == "How?"
    assert with_prompt(request, None) is request


def test_an_empty_prompt_and_a_variable_without_a_value_are_told_in_a_sentence() -> None:
    for prompt, word in (("  ", "empty"), ("Hello {{name}}", "name")):
        made = replace(board("a", "b"), prompt=prompt)
        with pytest.raises(ValueError, match=word):
            comparison_of(made, tuple(lane.route for lane in made.lanes))


def test_a_column_that_cannot_be_asked_is_named_before_the_run() -> None:
    nobody = Route(name="x", candidates=(Candidate(provider="no-such-provider", model="m"),))
    made = replace(board("a", "b"), lanes=(m.Lane(label="broken", route=nobody),))
    assert trouble(made).startswith("broken: ")
    assert trouble(board("a", "b")) == ""


def test_a_set_up_reads_back_as_it_was_written_without_scenarios_that_are_no_more() -> None:
    made = board("a", "b", "c", repeat=3)
    gone = m.Lane(label="gone", route=route("x"), scenario="gone")
    assert read(written(made), ()) == made
    assert read(written(replace(made, lanes=(*made.lanes, gone))), ("calm",)) == made
    assert read(b"not json", ()) is None
    assert read(written(replace(made, lanes=made.lanes[:1])), ()) is None


def test_columns_move_without_losing_one() -> None:
    lanes = board("a", "b", "c").lanes
    assert [lane.label for lane in moved(lanes, 0, 2)] == ["b", "c", "a"]
    assert [lane.label for lane in moved(lanes, 2, 0)] == ["c", "a", "b"]


def test_a_set_goes_to_a_file_and_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "set.toml"
    assert save_set(board("a", "b"), path) == f"Saved as {path}."
    back = board_of(set_file.load(path))
    assert [lane.label for lane in back.lanes] == ["a", "b"]
    assert back.prompt == "Why?"
    with_scenario = replace(board("a", "b"), lanes=(m.Lane(label="x", route=route("x"), scenario="calm"),))
    assert "Scenarios" in save_set(with_scenario, path)
    assert "cannot be written" in save_set(board("a", "b"), path / "below-a-file.toml")
    assert "nothing to report" in save_report(None, None, path)


# Turns, differences, plots.


def test_columns_with_news_take_turns_and_none_is_lost(qapp) -> None:
    shown: list[int] = []
    turns = Turns(lambda column, run: shown.append(column))
    run = fold(calm())
    for column in range(5):
        turns.take(column, run)
    turns.take(0, run)
    turns.step()
    assert shown == [0, 1]
    turns.flush()
    assert shown == [0, 1, 2, 3, 4]


def test_both_sides_of_a_difference_hold_their_whole_text() -> None:
    a, b = "The Moon pulls the water up.", "The Moon pulls the sea sideways and up."
    blocks = diff(a, b).blocks
    for text, first in ((a, True), (b, False)):
        found = pieces(blocks, text, first=first, only=False)
        assert "".join(piece.text for piece in found) == text
    own = [piece.text.strip() for piece in pieces(blocks, b, first=False, only=False) if piece.differs]
    assert own == ["sea sideways and"]


def test_long_stretches_in_common_are_folded_when_only_differences_are_wanted() -> None:
    same = " ".join(f"word{i}" for i in range(40))
    blocks = diff(f"{same} left", f"{same} right").blocks
    found = pieces(blocks, f"{same} left", first=True, only=True)
    assert any(piece.folded and "37 words alike" in piece.text for piece in found)
    assert found[-1].differs or found[-1].text.strip() == ""


def results(*seconds: float | None) -> tuple[Result, ...]:
    return tuple(
        Result(
            case=0, column=i % 2, repetition=i // 2, order=i + 1, run=f"r{i}", wall=0.0, cold=i < 2,
            outcome=Outcome.FAILED if value is None else Outcome.ANSWERED, measures=Measures(total=value),
        )
        for i, value in enumerate(seconds)
    )  # fmt: skip


def test_the_plot_has_a_dot_for_each_answered_run_and_a_round_axis() -> None:
    total = next(metric for metric in METRICS if metric.name == "total")
    found = results(1.0, 4.2, 2.0, None)
    assert [dot.value for dot in dots(total, found, 0)] == [1.0, 2.0]
    assert [dot.value for dot in dots(total, found, 1)] == [4.2]
    held = scale([1.0, 4.2])
    assert held.top >= 4.2
    assert held.marks[0] == 0
    assert held.marks[-1] == held.top
    shown = counted(("a", "b"), found, seed=7)
    drawn = svg(total, found, shown.columns, PALETTES["dark"])
    assert drawn.startswith("<svg xmlns=")
    assert drawn.count('class="dot"') == 3
    assert shown.columns[1].failed == 1
    assert (shown.cold[0].runs, shown.warm[0].runs) == (1, 1)


def test_progress_tells_what_is_left_and_the_seed() -> None:
    going = Progress(done=2, running=1, left=5, spent=0.0, estimated=False, seconds_left=12.4)
    assert progress_words(going, 7) == "2 of 8 runs, about 12 s left, seed 7"
    over = Progress(done=8, running=0, left=0, spent=0.0, estimated=False, seconds_left=0.0)
    assert progress_words(over, 7) == "8 of 8 runs, seed 7"


def test_the_estimate_names_what_it_does_not_know_and_is_silent_where_nothing_costs() -> None:
    assert estimate_words(Estimate(runs=4, dollars=0.0)) == ""
    assert estimate_words(Estimate(runs=4, dollars=0.0421)) == "estimate $0.0421"
    assert estimate_words(Estimate(runs=4, dollars=0.5, unpriced=("a",))) == "estimate $0.5000 without a"
