"""The one that runs comparisons for the page. The page wishes; this starts, stops, saves, and shows what comes."""

import asyncio
import random
import secrets
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from PySide6.QtCore import QObject, QPoint, QTimer

from engine import prices
from engine.compare import saved, schedule, set_file
from engine.compare.elo import Vote, standings
from engine.compare.results import Result
from engine.compare.runner import End, Progress, Runner
from engine.compare.sets import MOST_COLUMNS, Comparison, Job
from engine.core.request import Candidate, Request, Route, Usage
from engine.core.request import ask as asked
from engine.core.run import Run
from engine.driver import spawn
from engine.lab.scenarios import SCENARIOS
from engine.playground import Handle, Playground
from engine.state import write_atomically
from gui.models import compare_set as setup
from gui.models.compare import Board, Lane
from gui.models.compare_files import save_report, save_set
from gui.models.compare_stats import Shown, capped_words, counted, estimate_words, progress_words
from gui.models.compare_turns import Turns
from gui.views.compare import ComparePage
from gui.views.compare.menus import offer_menu

SAVE_AFTER = 500  # ms; what changes within it is written once
KEPT = "compare.json"  # the set-up, for the next session
SEED_BELOW = 1_000_000
CANNOT = "cannot be written"


class CompareDesk(QObject):
    """Holds the comparison that is open. `begin` shows it; `close` stops what runs."""

    def __init__(self, playground: Playground, page: ComparePage, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._playground, self._page = playground, page
        self._prices = prices.Prices(())
        self._board = Board(lanes=(), prompt="")
        self._runs: list[Run | None] = []
        self._handles: dict[int, Handle] = {}
        self._comparison: Comparison | None = None
        self._journal: saved.Journal | None = None
        self._runner: Runner | None = None
        self._asked_for: Runner | None = None  # begun once a person says so
        self._routes: tuple[Route, ...] = ()
        self._turns = Turns(self._show)
        self._estimate = ""
        self._counting = self._stale = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._saves = QTimer(self, singleShot=True, interval=SAVE_AFTER)
        self._saves.timeout.connect(self._save_board)
        self._connect()

    def _connect(self) -> None:
        page = self._page
        page.run_requested.connect(self.run)
        page.stop_requested.connect(self.stop)
        page.confirmed.connect(self._confirm)
        page.board_changed.connect(self._keep_board)
        page.lane_moved.connect(self._move)
        page.lane_removed.connect(self._remove)
        page.add_requested.connect(self._offer)
        page.column_stopped.connect(lambda place: self._each(place, Handle.stop))
        page.column_skipped.connect(lambda place: self._each(place, Handle.skip))
        page.column_again.connect(self.again)
        page.voted.connect(self._vote)
        page.open_requested.connect(self.open)
        page.save_requested.connect(self.save)
        page.report_requested.connect(self.report)

    @property
    def board(self) -> Board:
        return self._board

    @property
    def running(self) -> bool:
        return self._runner is not None or bool(self._handles)

    def begin(self) -> None:
        """Shows the comparison of the last session; the first time, four scenarios of the lab."""
        try:
            self._prices = prices.load(self._playground.state)
        except prices.PriceError as error:
            self._page.say(str(error))
        titles = {name: scenario.title for name, scenario in SCENARIOS.items()}
        first = setup.first_board(titles, self._playground.lab.route, SCENARIOS["key-rotation"].prompt)
        self.show_board(self._kept() or first)
        self._show_statistics()

    def set_routes(self, routes: tuple[Route, ...]) -> None:
        """The routes that "+ Column" offers, besides the scenarios; each of their candidates alone as well."""
        self._routes = routes

    def show_board(self, board: Board) -> None:
        """Another comparison, nothing of it run yet."""
        self._board = board
        self._runs = [None for _ in board.lanes]
        self._show_board()

    def _show_board(self) -> None:
        self._page.show_board(self._board, self._runs, self._priced)
        self._keep_board(self._board)

    def _priced(self, candidate: Candidate, usage: Usage) -> float | None:
        """In US dollars; the lab costs nothing, whoever it plays."""
        base = self._playground.lab.base
        if base and (candidate.base_url or "").startswith(base):
            return 0.0
        return prices.cost(usage, self._prices.price(candidate.provider, candidate.model), candidate.dialect)

    # Running

    def run(self) -> None:
        """Puts the prompt to every column."""
        if not self.running and self._asked_for is None:
            self._spawn(self._prepare(), "comparison")

    async def _prepare(self) -> None:
        await self._playground.lab.start()
        if self._board.blind:
            self._shuffle()
        self._board = replace(self._board, lanes=tuple(self._fresh(lane) for lane in self._board.lanes))
        try:
            if found := setup.trouble(self._board):
                raise ValueError(found)
            comparison = setup.comparison_of(self._board, tuple(lane.route for lane in self._board.lanes))
            runner = self._runner_of(comparison)
        except (ValueError, OSError) as error:
            self._page.say(str(error))
            return
        estimate = runner.estimate
        self._estimate = estimate_words(estimate)
        if comparison.cap is not None and estimate.unpriced:
            names = ", ".join(estimate.unpriced)
            self._page.say(f"The price of {names} is not known, so the cap cannot hold: run without a cap.")
        elif (question := schedule.question(estimate)) is not None:
            self._asked_for = runner
            self._page.ask(question.text)
        else:
            await self._go(runner)

    def _shuffle(self) -> None:
        lanes = list(self._board.lanes)
        random.SystemRandom().shuffle(lanes)
        self.show_board(replace(self._board, lanes=tuple(lanes)))

    def _fresh(self, lane: Lane) -> Lane:
        """The lane with a route of its own: a scenario begins anew, and no two columns share an object."""
        route = self._playground.lab.route(lane.scenario) if lane.scenario else replace(lane.route)
        return replace(lane, route=route)

    def _runner_of(self, comparison: Comparison) -> Runner:
        """Raises OSError where the results cannot be written."""
        if self._journal is not None:
            self._journal.close()
        self._comparison = comparison
        seed = secrets.randbelow(SEED_BELOW)
        self._journal = saved.begin(self._playground.state, comparison, seed, setup.versions())
        return Runner(
            self._journal, comparison, self._start, self._priced, told=self._told, heard=self._heard, kept=self._learn
        )

    def _confirm(self, yes: bool) -> None:
        runner, self._asked_for = self._asked_for, None
        if yes and runner is not None:
            self._spawn(self._go(runner), "comparison")

    async def _go(self, runner: Runner) -> None:
        self._runner = runner
        self._runs = [None for _ in self._board.lanes]
        self._page.show_board(self._board, self._runs, self._priced)
        self._page.set_hidden(self._board.blind)
        self._page.show_running(True)
        assert self._comparison is not None
        self._page.say(schedule.holds_apart(self._comparison))
        try:
            end = await runner.run()
        except OSError as error:
            end = End.STOPPED
            self._page.say(f"The results {CANNOT} ({error.strerror}). Free some space, then run again.")
        finally:
            self._runner = None
            self._handles.clear()
            self._turns.flush()
            self._page.show_running(False)
        self._end(end, runner.progress)

    def _end(self, end: End, progress: Progress) -> None:
        if end is End.CAPPED:
            self._page.say(capped_words(progress))
        self._show_statistics()
        self._page.ask_vote()

    def _start(self, request: Request) -> Handle:
        """Begins the run of one cell. A scenario's session begins anew with each run."""
        place = next(i for i, lane in enumerate(self._board.lanes) if lane.route is request.route)
        lane = self._board.lanes[place]
        route = self._fresh(lane).route if lane.scenario else request.route
        handle = self._playground.start(setup.with_prompt(replace(request, route=route), lane.prompt))
        self._handles[place] = handle
        return handle

    def _heard(self, job: Job, run: Run) -> None:
        self._runs[job.column] = run
        self._turns.take(job.column, run)

    def _show(self, place: int, run: Run) -> None:
        if place < len(self._board.lanes):
            self._page.show_run(place, run)

    def _told(self, progress: Progress) -> None:
        seed = self._journal.header.seed if self._journal is not None else 0
        counts = progress_words(progress, seed) if self._board.repeat > 1 else ""
        self._page.show_progress(" · ".join(filter(None, [counts, self._estimate])))

    def _learn(self, result: Result) -> None:
        if self._board.repeat > 1 and result.order % len(self._board.lanes) == 0:
            self._show_statistics()

    def stop(self) -> None:
        """Ends what runs; what is done is kept."""
        if self._runner is not None:
            self._runner.stop()
        for handle in self._handles.values():
            handle.stop()

    def _each(self, place: int, act: Callable[[Handle], None]) -> None:
        if (handle := self._handles.get(place)) is not None:
            act(handle)

    def again(self, place: int) -> None:
        """Asks one column once more. It stands in the history, not in the statistics."""
        if place in self._handles or self._runner is not None:
            self._page.say("It still runs: stop it first, or wait until it is done.")
        else:
            self._spawn(self._again(place), "ask a column again")

    async def _again(self, place: int) -> None:
        await self._playground.lab.start()
        lane = self._fresh(self._board.lanes[place])
        try:
            if found := setup.trouble(replace(self._board, lanes=(lane,))):
                raise ValueError(found)
            request = asked(self._board.prompt, lane.route, parameters=lane.parameters)
        except ValueError as error:
            self._page.say(str(error))
            return
        handle = self._handles[place] = self._playground.start(setup.with_prompt(request, lane.prompt))
        async for _, run in handle.batches():
            self._runs[place] = run
            self._turns.take(place, run)
        self._turns.flush()
        self._handles.pop(place, None)

    async def close(self) -> None:
        """Stops what runs, and returns when nothing of it is left."""
        self._asked_for = None
        self.stop()
        await self.finished()
        self._turns.clear()
        if self._saves.isActive():
            self._save_board()
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    async def finished(self) -> None:
        """Returns when nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = spawn(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # The set-up

    def _keep_board(self, board: Board) -> None:
        """Remembers the set-up. A scenario is kept by name: its address is another one the next time."""
        self._board = board
        self._saves.start()

    def _save_board(self) -> None:
        self._saves.stop()
        try:
            write_atomically(self._playground.state / KEPT, setup.written(self._board))
        except OSError as error:
            self._page.say(f"The set-up {CANNOT} ({error.strerror}). Free some space.")

    def _kept(self) -> Board | None:
        try:
            board = setup.read((self._playground.state / KEPT).read_bytes(), SCENARIOS)
        except OSError:
            return None
        return replace(board, lanes=tuple(map(self._fresh, board.lanes))) if board is not None else None

    def _move(self, place: int, target: int) -> None:
        run = self._runs.pop(place)
        self._runs.insert(target, run)
        self._board = replace(self._board, lanes=setup.moved(self._board.lanes, place, target))
        self._show_board()

    def _remove(self, place: int) -> None:
        self._runs.pop(place)
        lanes = self._board.lanes
        self._board = replace(self._board, lanes=(*lanes[:place], *lanes[place + 1 :]))
        self._show_board()

    def add(self, lane: Lane) -> None:
        """Another column, behind the others; eight are the most."""
        if len(self._board.lanes) < MOST_COLUMNS and not self.running:
            self._runs.append(None)
            self._board = replace(self._board, lanes=(*self._board.lanes, lane))
            self._show_board()

    def add_scenario(self, name: str) -> None:
        self.add(Lane(label=SCENARIOS[name].title, route=self._playground.lab.route(name), scenario=name))

    def _offer(self, place: QPoint) -> None:
        offer_menu(self._page, self._routes, self.add, self.add_scenario).popup(place)

    # Judging

    def _vote(self, place: int | None, reason: str) -> None:
        labels = tuple(lane.label for lane in self._board.lanes)
        word = Vote(
            comparison=self._comparison.name if self._comparison else "", case=self._board.prompt, between=labels,
            winner=None if place is None else labels[place], reason=reason, at=time.time(), blind=self._board.blind,
        )  # fmt: skip
        try:
            saved.vote(self._playground.state, word)
        except OSError as error:
            self._page.say(f"The vote {CANNOT} ({error.strerror}). Free some space, then vote again.")
            return
        self._page.set_hidden(False)
        self._page.show_chosen(place)
        self._show_statistics()

    def _show_statistics(self) -> None:
        """Counts anew, in a thread: the window goes on. What comes meanwhile is counted behind it, once."""
        if self._counting:
            self._stale = True
        else:
            self._counting = True
            self._spawn(self._count(), "statistics of the comparison")

    async def _count(self) -> None:
        try:
            shown = Shown()
            if self._journal is not None and self._comparison is not None:
                labels = tuple(column.label for column in self._comparison.columns)
                results, seed = tuple(self._journal.results), self._journal.header.seed
                shown = await asyncio.to_thread(counted, labels, results, seed)
            known = standings(saved.votes(self._playground.state))
            self._page.statistics.show_statistics(replace(shown, standings=known))
        finally:
            self._counting = False
        if self._stale:
            self._stale = False
            self._show_statistics()

    # Files

    def open(self, path: Path) -> None:
        """A set from a file. Says what is wrong with it, by line."""
        if self.running:
            self._page.say("A comparison runs: stop it first, or wait until it is done.")
            return
        try:
            comparison = set_file.load(path)
        except (set_file.SetError, OSError) as error:
            self._page.say(str(error))
            return
        self.show_board(setup.board_of(comparison))
        if len(comparison.prompts) > 1:
            self._page.say("The set has more prompts than one: the page asks the first; the command line asks all.")

    def save(self, path: Path) -> None:
        self._page.say(save_set(self._board, path))

    def report(self, path: Path) -> None:
        self._page.say(save_report(self._journal, self._comparison, path))
