"""From the page's set-up to a comparison that the engine runs, and back from a set in a file."""

import platform
from collections.abc import Callable, Container, Mapping
from importlib.metadata import PackageNotFoundError, version

import msgspec
from msgspec.structs import replace

from engine.compare.sets import FEWEST_COLUMNS, MOST_COLUMNS, Column, Comparison, Prompt, cases, told_apart
from engine.core.request import Message, Request, Route, Text
from engine.providers.catalog import CatalogError
from engine.providers.registry import resolve
from gui.models.compare import Board, Lane

FIRST = ("calm", "key-rotation", "cut", "three-down")  # scenarios of the lab: what the page shows at first
NAME = "Comparison"


def comparison_of(board: Board, routes: tuple[Route, ...]) -> Comparison:
    """What is to be run. `routes` is each lane's route for this run, one object for each column. Raises ValueError with
    one sentence."""
    text = board.prompt.strip()
    if not text:
        raise ValueError("The prompt is empty: write what every column is to be asked.")
    labels = told_apart([lane.label + (" (own prompt)" if lane.prompt is not None else "") for lane in board.lanes])
    columns = tuple(
        Column(label=label, route=route, parameters=lane.parameters)
        for label, route, lane in zip(labels, routes, board.lanes, strict=True)
    )
    made = Comparison(
        name=NAME, columns=columns, prompts=(Prompt(name="prompt", text=text),), parameters=board.parameters,
        mode=board.mode, repeat=board.repeat, cap=board.cap,
    )  # fmt: skip
    try:
        cases(made)
    except KeyError as error:
        variable = str(error).strip("'")
        sentence = f"{{{{{variable}}}}} has no value: write the value in the prompt, or open a set with a table."
        raise ValueError(sentence) from None
    return made


def trouble(board: Board) -> str:
    """Which column can never be asked, and why, in one sentence; empty where all can."""
    for lane in board.lanes:
        for candidate in lane.route.candidates:
            try:
                resolve(candidate)
            except CatalogError as error:
                return f"{lane.label}: {error}"
    return ""


def with_prompt(request: Request, prompt: str | None) -> Request:
    """The request with a column's own prompt in the place of the common one; None leaves it."""
    if prompt is None or not prompt.strip():
        return request
    return replace(request, messages=(*request.messages[:-1], Message("user", (Text(prompt.strip()),))))


def board_of(comparison: Comparison) -> Board:
    """A set as the page shows it: its columns, and its first prompt."""
    lanes = tuple(
        Lane(label=column.label, route=column.route, parameters=column.parameters) for column in comparison.columns
    )
    return Board(
        lanes=lanes, prompt=cases(comparison)[0].text, mode=comparison.mode, repeat=comparison.repeat,
        cap=comparison.cap, parameters=comparison.parameters,
    )  # fmt: skip


def first_board(titles: Mapping[str, str], route: Callable[[str], Route], prompt: str) -> Board:
    """Four scenarios of the lab, which need no key."""
    lanes = tuple(Lane(label=titles[name], route=route(name), scenario=name) for name in FIRST)
    return Board(lanes=lanes, prompt=prompt)


def moved(lanes: tuple[Lane, ...], place: int, target: int) -> tuple[Lane, ...]:
    rest = [*lanes[:place], *lanes[place + 1 :]]
    rest.insert(target, lanes[place])
    return tuple(rest)


def written(board: Board) -> bytes:
    """The set-up for the next session. A scenario is kept by name: its address is another one the next time."""
    nowhere = Route(name="", candidates=())
    lanes = tuple(replace(lane, route=nowhere) if lane.scenario else lane for lane in board.lanes)
    return msgspec.json.encode(replace(board, lanes=lanes))


def read(data: bytes, scenarios: Container[str]) -> Board | None:
    """What was written, without the scenarios that are no more; None where it cannot be used. The routes of scenarios
    are to be made anew."""
    try:
        board = msgspec.json.decode(data, type=Board)
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None
    lanes = tuple(lane for lane in board.lanes if not lane.scenario or lane.scenario in scenarios)
    return replace(board, lanes=lanes) if FEWEST_COLUMNS <= len(lanes) <= MOST_COLUMNS else None


def versions() -> dict[str, str]:
    """What a report names, so that its numbers can be compared later."""
    try:
        own = version("streamover")
    except PackageNotFoundError:
        own = "from source"
    return {"streamover": own, "Python": platform.python_version(), platform.system() or "system": platform.release()}
