"""The one that runs comparisons for the page. The page wishes; this starts, stops, saves, and shows what comes."""

import platform
import random
import secrets
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec
from msgspec.structs import replace
from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QMenu

from engine import prices
from engine.compare import report, saved, schedule, set_file, stats
from engine.compare.elo import Vote, standings
from engine.compare.results import Result
from engine.compare.runner import End, Progress, Runner
from engine.compare.sets import MOST_COLUMNS, Comparison, Job
from engine.core.events import Outcome
from engine.core.request import Candidate, Request, Route, Usage
from engine.core.request import ask as asked
from engine.core.run import Run
from engine.driver import spawn
from engine.lab.scenarios import SCENARIOS, Category
from engine.playground import Handle, Playground
from engine.state import write_atomically
from gui.models.compare import Board, Lane
from gui.models.compare_set import board_of, comparison_of, first_board, moved, trouble, with_prompt
from gui.models.compare_turns import Turns
from gui.views.compare import ComparePage
from gui.views.compare.statistics import Shown

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
        page.column_stopped.connect(self._stop_column)
        page.column_skipped.connect(self._skip_column)
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
        first = first_board(titles, self._playground.lab.route, SCENARIOS["key-rotation"].prompt)
        self.show_board(self._kept() or first)
        self._show_statistics()

    def set_routes(self, routes: tuple[Route, ...]) -> None:
        """The routes that "+ Column" offers, besides the scenarios; each of their candidates alone as well."""
        self._routes = routes

    def show_board(self, board: Board) -> None:
        """Another comparison, nothing of it run yet."""
        self._board, self._runs = board, [None] * len(board.lanes)
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
            spawn(self._prepare(), "prepare a comparison")

    async def _prepare(self) -> None:
        await self._playground.lab.start()
        if self._board.blind:
            self._shuffle()
        self._board = replace(self._board, lanes=tuple(self._fresh(lane) for lane in self._board.lanes))
        try:
            if found := trouble(self._board):
                raise ValueError(found)
            comparison = comparison_of(self._board, tuple(lane.route for lane in self._board.lanes))
            runner = self._runner_of(comparison)
        except (ValueError, OSError) as error:
            self._page.say(str(error))
            return
        estimate = runner.estimate
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
        self._board, self._runs = replace(self._board, lanes=tuple(lanes)), [None] * len(lanes)
        self._show_board()

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
        self._journal = saved.begin(self._playground.state, comparison, seed, _versions())
        return Runner(
            self._journal, comparison, self._start, self._priced, told=self._told, heard=self._heard, kept=self._learn
        )

    def _confirm(self, yes: bool) -> None:
        runner, self._asked_for = self._asked_for, None
        if yes and runner is not None:
            spawn(self._go(runner), "comparison")

    async def _go(self, runner: Runner) -> None:
        self._runner, self._runs = runner, [None] * len(self._board.lanes)
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
            self._page.say(f"The cap is reached: {progress.left} runs were not started. Raise it to run them.")
        self._show_statistics()
        if self._page.has_answers():
            self._page.ask_vote()
        else:
            self._page.set_hidden(False)

    def _start(self, request: Request) -> Handle:
        """Begins the run of one cell. A scenario's session begins anew with each run."""
        place = next(i for i, lane in enumerate(self._board.lanes) if lane.route is request.route)
        lane = self._board.lanes[place]
        route = self._fresh(lane).route if lane.scenario else request.route
        handle = self._playground.start(with_prompt(replace(request, route=route), lane.prompt))
        self._handles[place] = handle
        return handle

    def _heard(self, job: Job, run: Run) -> None:
        self._runs[job.column] = run
        self._turns.take(job.column, run)

    def _show(self, place: int, run: Run) -> None:
        if place < len(self._board.lanes):
            self._page.show_run(place, run)

    def _told(self, progress: Progress) -> None:
        if self._board.repeat == 1:
            return
        left = "" if progress.seconds_left is None else f", about {progress.seconds_left:.0f} s left"
        total = progress.done + progress.running + progress.left
        seed = f", seed {self._journal.header.seed}" if self._journal is not None else ""
        self._page.show_progress(f"{progress.done} of {total} runs{left}{seed}")

    def _learn(self, result: Result) -> None:
        if self._board.repeat > 1 and result.order % len(self._board.lanes) == 0:
            self._show_statistics()

    def stop(self) -> None:
        """Ends what runs; what is done is kept."""
        if self._runner is not None:
            self._runner.stop()
        for handle in self._handles.values():
            handle.stop()

    def _stop_column(self, place: int) -> None:
        if (handle := self._handles.get(place)) is not None:
            handle.stop()

    def _skip_column(self, place: int) -> None:
        if (handle := self._handles.get(place)) is not None:
            handle.skip()

    def again(self, place: int) -> None:
        """Asks one column once more. It stands in the history, not in the statistics."""
        if place in self._handles or self._runner is not None:
            self._page.say("It still runs: stop it first, or wait until it is done.")
        else:
            spawn(self._again(place), "ask a column again")

    async def _again(self, place: int) -> None:
        await self._playground.lab.start()
        lane = self._fresh(self._board.lanes[place])
        try:
            if found := trouble(replace(self._board, lanes=(lane,))):
                raise ValueError(found)
            request = asked(self._board.prompt, lane.route, parameters=lane.parameters)
        except ValueError as error:
            self._page.say(str(error))
            return
        handle = self._handles[place] = self._playground.start(with_prompt(request, lane.prompt))
        async for _, run in handle.batches():
            self._runs[place] = run
            self._turns.take(place, run)
        self._turns.flush()
        self._handles.pop(place, None)

    async def close(self) -> None:
        """Stops what runs, and returns when it is over."""
        self.stop()
        for handle in tuple(self._handles.values()):
            await handle.finished()
        self._turns.clear()
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    # The set-up

    def _keep_board(self, board: Board) -> None:
        """Remembers the set-up. A scenario is kept by name: its address is another one the next time."""
        self._board = board
        bare = [replace(lane, route=Route(name="", candidates=())) if lane.scenario else lane for lane in board.lanes]
        data = msgspec.json.encode(replace(board, lanes=tuple(bare)))
        try:
            write_atomically(self._playground.state / KEPT, data)
        except OSError as error:
            self._page.say(f"The set-up {CANNOT} ({error.strerror}). Free some space.")

    def _kept(self) -> Board | None:
        try:
            board = msgspec.json.decode((self._playground.state / KEPT).read_bytes(), type=Board)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return None
        lanes = [lane for lane in board.lanes if not lane.scenario or lane.scenario in SCENARIOS]
        whole = 2 <= len(lanes) <= MOST_COLUMNS
        return replace(board, lanes=tuple(map(self._fresh, lanes))) if whole else None

    def _move(self, place: int, target: int) -> None:
        run = self._runs.pop(place)
        self._runs.insert(target, run)
        self._board = replace(self._board, lanes=moved(self._board.lanes, place, target))
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
        menu = QMenu(self._page)
        for route in self._routes:
            ways = menu.addMenu(route.name)
            self._line(ways, "The whole route", lambda route=route: self.add(Lane(label=route.name, route=route)))
            for candidate in route.candidates:
                alone = replace(route, name=candidate.label, candidates=(candidate,))
                self._line(ways, candidate.label, lambda alone=alone: self.add(Lane(label=alone.name, route=alone)))
        if self._routes:
            menu.addSeparator()
        for category in Category:
            kinds = menu.addMenu(category.value)
            for name, scenario in SCENARIOS.items():
                if scenario.category is category:
                    self._line(kinds, scenario.title, lambda name=name: self.add_scenario(name))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _line(self, menu: QMenu, text: str, act: Callable[[], None]) -> None:
        menu.addAction(text).triggered.connect(lambda _=False: act())

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
        known = standings(saved.votes(self._playground.state))
        if self._journal is None or self._comparison is None:
            self._page.statistics.show_statistics(Shown(standings=known))
            return
        results = tuple(self._journal.results)
        labels = tuple(column.label for column in self._comparison.columns)
        seed = self._journal.header.seed
        kinds = (results, stats.only(results, cold=True), stats.only(results, cold=False))
        every, cold, warm = (stats.statistics(labels, kind, seed=seed) for kind in kinds)
        self._page.statistics.show_statistics(
            Shown(labels=labels, results=results, columns=every, cold=cold, warm=warm, seed=seed, standings=known)
        )

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
        self.show_board(board_of(comparison))
        if len(comparison.prompts) > 1:
            self._page.say("The set has more prompts than one: the page asks the first; the command line asks all.")

    def save(self, path: Path) -> None:
        """The set as a file, which the command line reads as well. Scenarios of the lab cannot stand in it."""
        if any(lane.scenario for lane in self._board.lanes):
            self._page.say("Scenarios live in this window alone: remove their columns before you save the set.")
            return
        try:
            made = comparison_of(self._board, tuple(lane.route for lane in self._board.lanes))
            write_atomically(path, set_file.dump(made).encode())
        except (ValueError, OSError) as error:
            self._page.say(str(error))
        else:
            self._page.say(f"Saved as {path}.")

    def report(self, path: Path) -> None:
        """Every number of the last run of the comparison, in the form that the ending names."""
        if self._journal is None or self._comparison is None or not self._journal.results:
            self._page.say("There is nothing to report yet: run the comparison first.")
            return
        if (form := report.FORMS.get(path.suffix.lower())) is None:
            self._page.say(f"A report ends in one of {', '.join(report.FORMS)}.")
            return
        made = report.report(self._journal.header, self._comparison, tuple(self._journal.results))
        try:
            write_atomically(path, form(made).encode())
        except OSError as error:
            self._page.say(f"{path} {CANNOT} ({error.strerror}). Choose another place.")
        else:
            self._page.say(f"Saved as {path}.")

    async def finished(self) -> None:
        """Returns when nothing runs."""
        for handle in tuple(self._handles.values()):
            await handle.finished()

    def over(self) -> bool:
        """Whether every column that was asked is over."""
        return all(run is not None and run.outcome is not None for run in self._runs)

    def outcomes(self) -> tuple[Outcome | None, ...]:
        return tuple(run.outcome if run is not None else None for run in self._runs)


def _versions() -> dict[str, str]:
    try:
        own = version("streamover")
    except PackageNotFoundError:
        own = "from source"
    return {"streamover": own, "Python": platform.python_version(), platform.system() or "system": platform.release()}
