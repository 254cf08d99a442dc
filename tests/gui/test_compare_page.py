"""The page of comparisons against the lab: real runs, real widgets."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from PySide6.QtWidgets import QApplication, QMenu

from engine.compare import saved
from engine.compare.schedule import LOCAL_ALONE
from engine.core.events import Outcome
from engine.core.request import Candidate, Route
from engine.lab.server import Lab
from engine.playground import Playground
from gui.compare_desk import CompareDesk
from gui.models.compare import Arrangement, Lane
from gui.theme import theme
from gui.views.compare import ComparePage
from gui.views.compare.column import Act
from gui.views.compare.parts import GhostLine, SeamLine, Spoken, Why
from gui.views.compare.strip import axis
from tests.gui.looped import looped

Body = Callable[[ComparePage, CompareDesk], Awaitable[None]]


def on_page(state: Path, body: Body, speed: float = 20.0) -> None:
    """Runs `body` with a page and its desk on a fast lab."""

    async def session() -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        theme().apply(app)
        async with Playground(state, lab=Lab(speed=speed)) as playground:
            page = ComparePage()
            desk = CompareDesk(playground, page)
            page.resize(1384, 900)
            page.show()
            desk.begin()
            try:
                await body(page, desk)
            finally:
                await desk.close()
                page.hide()
                page.deleteLater()

    looped(session)


def outcomes(page: ComparePage) -> list[Outcome | None]:
    return [column.run.outcome if column.run else None for column in page._columns]


def test_four_scenarios_run_without_a_key_and_a_failing_one_stops_no_other(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await desk.finished()
        assert outcomes(page) == [Outcome.ANSWERED] * 3 + [Outcome.PARTIAL]
        kinds = [[type(part) for part in column._parts] for column in page._columns]
        assert kinds[2] == [GhostLine, SeamLine, Spoken]
        assert kinds[3][-1] is Why
        spoken = kinds[3].index(Spoken)
        assert spoken < kinds[3].index(Why), "the error stands below the partial text"
        assert page._columns[0].strip.accessibleName().startswith("Attempt 1")

    on_page(tmp_path, body)


def test_the_best_is_marked_by_word_and_a_failed_column_wins_nothing(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await desk.finished()
        marked = [{row.name for row in column.figures.rows if row.best} for column in page._columns]
        assert "Lost" in marked[0]
        assert marked[3] == set()
        assert "the best" in page._columns[0].figures.accessibleName()
        page._change(marks_best=False)
        assert not any(row.best for column in page._columns for row in column.figures.rows)

    on_page(tmp_path, body, speed=6.0)


def test_all_columns_share_one_axis(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await desk.finished()
        ends = [column.run.ended for column in page._columns if column.run and column.run.ended]
        assert {column.strip.length for column in page._columns} == {axis(max(ends))}

    on_page(tmp_path, body)


def test_one_column_is_stopped_and_the_others_go_on(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await until(lambda: page._columns[0].run is not None and bool(page._columns[0].run.text))
        page._columns[0].acted.emit(Act.STOP)
        await desk.finished()
        assert outcomes(page)[:2] == [Outcome.STOPPED, Outcome.ANSWERED]

    on_page(tmp_path, body, speed=4.0)


def test_a_column_is_asked_again_alone(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await desk.finished()
        before = [column.run.id for column in page._columns if column.run]
        page._columns[1].acted.emit(Act.AGAIN)
        await desk.finished()
        after = [column.run.id for column in page._columns if column.run]
        assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, True, True]
        assert outcomes(page)[1] is Outcome.ANSWERED

    on_page(tmp_path, body)


def test_columns_are_added_moved_and_removed_between_two_and_eight(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        for _ in range(6):
            desk.add_scenario("calm")
        assert len(desk.board.lanes) == 8
        page._columns[0].acted.emit(Act.RIGHT)
        assert desk.board.lanes[1].label == "Calm day"
        for _ in range(8):
            page._columns[0].acted.emit(Act.REMOVE)
        assert len(desk.board.lanes) == 2
        assert "two columns" in page._note.text()

    on_page(tmp_path, body)


def test_the_set_up_is_there_again_in_the_next_session(qapp, tmp_path: Path) -> None:
    async def first(page: ComparePage, desk: CompareDesk) -> None:
        page._columns[3].acted.emit(Act.REMOVE)
        page._change(prompt="What is a tide?", arrangement=Arrangement.GRID, repeat=3)

    async def second(page: ComparePage, desk: CompareDesk) -> None:
        assert [lane.scenario for lane in desk.board.lanes] == ["calm", "key-rotation", "cut"]
        assert (desk.board.prompt, desk.board.arrangement) == ("What is a tide?", Arrangement.GRID)
        assert desk.board.repeat == 3

    on_page(tmp_path, first)
    on_page(tmp_path, second)


def test_a_column_with_its_own_prompt_is_asked_that(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        page._columns[0].acted.emit(Act.LINK)
        page._columns[0].prompt_changed.emit("Something else?")
        desk.run()
        await desk.finished()
        asked = [column.run.request.messages[-1].text for column in page._columns if column.run]
        assert asked[0] == "Something else?"
        assert set(asked[1:]) == {desk.board.prompt}

    on_page(tmp_path, body)


def test_many_runs_are_counted_kept_and_told(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        page._change(repeat=3)
        desk.run()
        await desk.finished()
        shown = page.statistics._shown
        assert [column.runs for column in shown.columns] == [3, 3, 3, 3]
        assert shown.columns[3].failed == 3
        assert "12 of 12 runs" in page.foot.right.text()
        (journal,) = (tmp_path / saved.FOLDER).glob("*.jsonl")
        assert len(saved.read(journal)[1]) == 12
        page.show_face(2)
        page.statistics.copy_svg()
        assert "<svg" in QApplication.clipboard().text()
        desk.report(tmp_path / "out.csv")
        assert (tmp_path / "out.csv").read_text().count("Calm day") >= 3

    on_page(tmp_path, body, speed=40.0)


def test_names_are_hidden_until_the_vote_and_the_vote_is_kept(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        page._change(blind=True)
        desk.run()
        await desk.finished()
        names = [column.name.accessibleName() for column in page._columns]
        assert names == ["Answer A", "Answer B", "Answer C", "Answer D"]
        told = " ".join(part.toolTip() for column in page._columns for part in column._parts)
        assert "claude" not in told
        assert page.vote.isVisible()
        page.voted.emit(1, "it was clear")
        (vote,) = saved.votes(tmp_path)
        assert vote.blind
        assert vote.winner == desk.board.lanes[1].label
        assert page._columns[1].name.accessibleName() == f"{vote.winner}, chosen as the best"
        await desk.finished()
        assert page.statistics._shown.standings[0].label == vote.winner

    on_page(tmp_path, body)


def test_differences_follow_the_answers(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await desk.finished()
        page.show_face(1)
        page.differences.right.setCurrentIndex(2)
        page.differences.compare()
        texts = [column.run.text for column in page._columns if column.run]
        assert page.differences.panes[0].toPlainText().split() == texts[0].split()
        assert page.differences.panes[1].toPlainText().split() == texts[2].split()
        assert "of the words are alike" in page.differences.similar.text()

    on_page(tmp_path, body)


def test_stop_ends_all_and_close_leaves_nothing_behind(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await until(lambda: page._columns[0].run is not None)
        desk.stop()
        await desk.finished()
        assert not desk.running
        assert Outcome.STOPPED in outcomes(page)
        desk.run()
        await until(lambda: desk.running)  # close comes in the middle of it

    on_page(tmp_path, body, speed=2.0)


def test_the_menu_of_a_column_switches_off_what_makes_no_sense(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        menu = QMenu()
        page._columns[0].fill(menu)
        can = {action.text(): action.isEnabled() for action in menu.actions() if action.text()}
        assert not can[Act.STOP]
        assert not can[Act.CHOOSE]
        assert can[Act.REMOVE]
        menu.deleteLater()

    on_page(tmp_path, body)


def test_a_skipped_column_goes_to_its_next_candidate(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await until(lambda: page._columns[0].run is not None and bool(page._columns[0].run.attempts))
        page._columns[0].acted.emit(Act.SKIP)
        await desk.finished()
        run = page._columns[0].run
        assert run is not None
        assert run.answer is not None
        assert run.candidate_of(run.answer).provider == "anthropic"

    on_page(tmp_path, body, speed=2.0)


def test_many_runs_are_begun_only_when_a_person_says_so(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        page._change(repeat=200)
        desk.run()
        await desk.finished()
        assert page.question.isVisible()
        assert outcomes(page) == [None] * 4
        page.confirmed.emit(False)
        await desk.finished()
        assert outcomes(page) == [None] * 4
        assert not desk.running

    on_page(tmp_path, body)


def test_a_cap_is_refused_where_a_price_is_not_known(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        nobody = Candidate(provider="openai", model="no-price", base_url="http://127.0.0.1:9/v1", keys=("env:K",))
        desk.add(Lane(label="unpriced", route=Route(name="unpriced", candidates=(nobody,))))
        page._change(cap=0.5)
        desk.run()
        await desk.finished()
        assert "The price of unpriced is not known" in page._note.text()
        assert outcomes(page) == [None] * 5

    on_page(tmp_path, body)


def test_blind_columns_stand_in_an_order_of_chance(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        before = [lane.scenario for lane in desk.board.lanes]
        page._change(blind=True)
        orders = set()
        for _ in range(12):  # the same order each time: once in 10^15
            desk._shuffle()
            orders.add(tuple(lane.scenario for lane in desk.board.lanes))
        assert len(orders) > 1
        assert all(sorted(order) == sorted(before) for order in orders)

    on_page(tmp_path, body)


def test_every_arrangement_shows_the_same_runs(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await desk.finished()
        texts = [column.run.text for column in page._columns if column.run]
        for arrangement in (Arrangement.GRID, Arrangement.TABS, Arrangement.SIDE):
            page._change(arrangement=arrangement)
            assert [column.run.text for column in page._columns if column.run] == texts
            spoken = next(part for part in page._columns[0]._parts if isinstance(part, Spoken))
            assert spoken.toPlainText().split()[:3] == texts[0].split()[:3]
        theme().set_mode("dark")
        assert [column.run.text for column in page._columns if column.run] == texts
        theme().set_mode("light")

    on_page(tmp_path, body)


def test_local_models_run_one_after_another_and_the_page_says_why(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        for name in ("one", "two"):
            local = Candidate(provider="ollama", model=name, base_url="http://127.0.0.1:9")
            desk.add(Lane(label=name, route=Route(name=name, candidates=(local,))))
        for _ in range(4):
            page._columns[0].acted.emit(Act.REMOVE)
        desk.run()
        await until(lambda: bool(page._note.text()))
        assert page._note.text() == LOCAL_ALONE
        await desk.finished()
        assert outcomes(page) == [Outcome.FAILED] * 2
        assert page._lead.text() == "All two are over."

    on_page(tmp_path, body)


def test_another_theme_dresses_all_of_the_page(qapp, tmp_path: Path) -> None:
    async def body(page: ComparePage, desk: CompareDesk) -> None:
        desk.run()
        await desk.finished()
        page.show_face(1)
        page.differences.compare()
        try:
            theme().set_mode("dark")
            surface = theme().palette.surface
            assert page.palette().color(page.backgroundRole()) == surface
            cursor = page.differences.panes[0].textCursor()
            cursor.setPosition(3)
            assert cursor.charFormat().foreground().color() == theme().palette.text
        finally:
            theme().set_mode("light")

    on_page(tmp_path, body)


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110  # what a test waits for is whatever it says
            await asyncio.sleep(0.01)
