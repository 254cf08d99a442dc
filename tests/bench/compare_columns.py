"""How long a frame takes with eight columns at 200 tokens a second each, beside plain insertText, in the same run.

Run: QT_QPA_PLATFORM=offscreen python -m tests.bench.compare_columns [seconds]
The page is 2304 x 900, so that all eight are in view. Tokens come in every 16 ms; columns with news take turns, two a
step; a frame is what the event loop does between two steps of 16 ms, with layout and paint.
"""

import statistics
import sys
import time
from collections.abc import Callable

from msgspec.structs import replace
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QHBoxLayout, QTextEdit, QWidget

from engine.core import events as e
from engine.core.request import Candidate, Message, Request, Route, Text
from engine.core.run import Run, begin, evolve
from gui.models.compare import Board, Lane
from gui.models.compare_turns import STEP, Turns
from gui.theme import theme
from gui.views.compare import ComparePage
from tests.bench.text_flush import answer

COLUMNS, RATE, CHARACTERS = 8, 200, 4  # columns, tokens a second, characters of a token
SECONDS = 12.0


def run_of(number: int) -> Run:
    """A run whose first attempt has connected."""
    route = Route(name=f"route {number}", candidates=(Candidate(provider="openai", model="gpt-5", keys=("env:K",)),))
    request = Request(messages=(Message("user", (Text("Why?"),)),), route=route)
    run = begin(e.RunRequested(run=f"run{number}", at=0.0, wall=0.0, request=request))
    started = e.AttemptStarted(
        run=run.id, at=0.0, rule=e.Rule.FIRST_FIT, why="", attempt=1, candidate=0, key="env:K", action=e.Action.BEGIN
    )
    return evolve(evolve(run, started), e.Connected(run=run.id, at=0.1, attempt=1, reused=False))


def page() -> tuple[ComparePage, list[Run]]:
    made, runs = ComparePage(), [run_of(number) for number in range(COLUMNS)]
    lanes = tuple(Lane(label=f"Column {i + 1}", route=run.request.route) for i, run in enumerate(runs))
    made.show_board(Board(lanes=lanes, prompt="Why?"), [None] * COLUMNS, lambda candidate, usage: 0.0)
    made.resize(2304, 900)
    made.show()
    return made, runs


def measure(app: QApplication, seconds: float, step: Callable[[float], None]) -> list[float]:
    """Milliseconds of each frame: the news, the flush, layout and paint."""
    frames: list[float] = []
    begun = time.perf_counter()
    while (at := time.perf_counter() - begun) < seconds:
        start = time.perf_counter()
        step(at)
        app.processEvents()
        spent = time.perf_counter() - start
        frames.append(spent * 1000)
        time.sleep(max(0.0, STEP / 1000 - spent))
    return frames


def line(name: str, values: list[float]) -> str:
    p = statistics.quantiles(values, n=100)
    return f"{name:24} p50 {p[49]:6.2f}  p95 {p[94]:6.2f}  p99 {p[98]:6.2f}  worst {max(values):7.2f} ms"


def main() -> None:
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme().apply(app)
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS
    text = answer(round(seconds * RATE * CHARACTERS) + 1000)
    shown, runs = page()
    turns, sent = Turns(shown.show_run), [0] * COLUMNS

    def columns(at: float) -> None:
        end = round(at * RATE) * CHARACTERS
        for i, run in enumerate(runs):
            pieces = tuple(text[place : place + CHARACTERS] for place in range(sent[i], end, CHARACTERS))
            if pieces:
                said = e.Said(run=run.id, at=0.2 + at, attempt=1, pieces=pieces)
                runs[i], sent[i] = replace(evolve(run, said), now=0.2 + at), end
                turns.take(i, runs[i])

    streamed = measure(app, seconds, columns)
    turns.flush()
    shown.close()
    floor = measure(app, seconds, plain(text))
    print(line("eight columns, a frame", streamed))
    print(line("insertText, a frame", floor))
    print(f"ratio of medians {statistics.median(streamed) / statistics.median(floor):.2f}")


def plain(text: str) -> Callable[[float], None]:
    """Eight text fields to which the same text is added, two in a step."""
    window, fields, sent = QWidget(), [QTextEdit() for _ in range(COLUMNS)], [0] * COLUMNS
    row = QHBoxLayout(window)
    for field in fields:
        row.addWidget(field)
    window.resize(2304, 900)
    window.show()
    turn = [0]

    def step(at: float) -> None:
        end = round(at * RATE) * CHARACTERS
        for _ in range(2):
            i = turn[0] = (turn[0] + 1) % COLUMNS
            cursor = QTextCursor(fields[i].document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[sent[i] : end])
            fields[i].verticalScrollBar().setValue(fields[i].verticalScrollBar().maximum())
            sent[i] = end
        window.update()

    return step


if __name__ == "__main__":
    main()
