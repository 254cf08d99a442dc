"""A comparison on screen as values: its columns, what stands in the head of each, its figures and which are best."""

from collections.abc import Sequence
from enum import StrEnum
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from engine.compare import results as r
from engine.compare.sets import Mode
from engine.compare.stats import Better
from engine.core.events import Outcome
from engine.core.request import Parameters, Route
from engine.core.run import Run
from gui import words
from gui.tokens import LOOKS, State

NOT_KNOWN = "n/a"
NONE = "–"  # it has none yet
LETTERS = "ABCDEFGH"


class Arrangement(StrEnum):
    """How the columns stand; a person may choose."""

    SIDE = "Side by side"
    GRID = "Grid"
    TABS = "Tabs"


class Lane(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One column as it is set up. `scenario` names a play of the lab, whose session begins anew with each run;
    `prompt` None: the common one."""

    label: str
    route: Route
    scenario: str = ""
    parameters: Parameters = Parameters()
    prompt: str | None = None
    width: int = 0  # logical pixels, 0: as wide as the others


class Board(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The page as it is set up; what a session keeps for the next. `cap` is in US dollars."""

    lanes: tuple[Lane, ...]
    prompt: str
    arrangement: Arrangement = Arrangement.SIDE
    mode: Mode = Mode.ALL_AT_ONCE
    repeat: int = 1
    cap: float | None = None
    marks_best: bool = True
    synced: bool = False
    blind: bool = False
    parameters: Parameters = Parameters()


def named(board: Board, place: int, *, hidden: bool) -> str:
    """What a column is called; a letter while its name is hidden."""
    return f"Answer {LETTERS[place]}" if hidden else board.lanes[place].label


def modified_names(board: Board, lane: Lane) -> tuple[str, ...]:
    """The parameters in which the column differs from the common ones."""
    defaults, own, common = Parameters(), lane.parameters, board.parameters
    return tuple(
        name
        for name in Parameters.__struct_fields__
        if getattr(own, name) != getattr(defaults, name) and getattr(own, name) != getattr(common, name)
    )


# The head of a column.


class Head(Struct, frozen=True, kw_only=True):
    """How a column stands now. `aside` is who answers by which key, and on which attempt."""

    state: State
    icon: str
    word: str
    key: str = ""
    aside: str = ""


def head(run: Run | None, now: float, *, queued: bool, hidden: bool = False) -> Head:
    """The second line of a column's head; `hidden` leaves out what tells the provider."""
    if run is None:
        return Head(state=State.SKIPPED, icon="clock", word="waits for its turn" if queued else "not asked yet")
    state, icon, word = _standing(run, now)
    if hidden:
        return Head(state=state, icon=icon, word=word)
    attempt = run.answer or (run.attempts[-1] if run.attempts else None)
    gave_up = run.outcome in (Outcome.FAILED, Outcome.PARTIAL)
    aside = "gave up" if gave_up else f"attempt {len(run.attempts)}" if run.attempts else ""
    return Head(state=state, icon=icon, word=word, key=words.key_name(attempt.key) if attempt else "", aside=aside)


def _standing(run: Run, now: float) -> tuple[State, str, str]:
    match run.outcome:
        case Outcome.ANSWERED:
            return State.SUCCEEDED, "check", "done"
        case Outcome.STOPPED:
            return State.SKIPPED, "stop", f"stopped{_kept(run)}"
        case Outcome.PARTIAL | Outcome.FAILED:
            return State.FAILED_PERMANENT, "cross", f"failed{_kept(run)}"
        case None:
            return _live(run, now)
        case other:
            assert_never(other)


def _kept(run: Run) -> str:
    spoke = next((a for a in reversed(run.attempts) if a.spoke and a.superseded is None), None)
    return f", {_signed(words.tokens(spoke)).removesuffix(' tok')} tokens kept" if spoke is not None else ""


def _live(run: Run, now: float) -> tuple[State, str, str]:
    if run.waiting is not None:
        return State.COOLING, "snowflake", words.wait_word(run.waiting, now)
    attempt = max(run.live, key=lambda a: (a.spoke, a.number), default=None)
    if attempt is None:
        return State.WAITING, "clock", "choosing"
    word = words.attempt_word(attempt)
    if attempt.spoke:
        return State.STREAMING, "lines", word
    if attempt.first_output is not None:
        return State.REASONING, "star", word
    since = attempt.connected if attempt.connected is not None else attempt.started
    return State.WAITING, LOOKS[State.WAITING].icon, f"{word}, {words.seconds(max(0.0, now - since))}"


# The figures.


class Figure(Struct, frozen=True, kw_only=True):
    """One figure of one column. `value` None: not known (or not yet), and never the best."""

    name: str
    text: str
    value: float | None
    better: Better
    meaning: str
    best: bool = False


FIGURES = 7
_MEANINGS = {
    "First token": "From the start of the attempt that answers until its first visible token.",
    "Answer starts": "From the prompt until the first word of the answer, with what failed before it.",
    "Speed": "Visible tokens a second, from the first to the last. ~ where the provider has not counted them.",
    "Total": "From the prompt until the end of the run.",
    "Tokens": "Visible tokens of the answer, as the provider counts them; ~ is an estimate from its length.",
    "Cost": "All attempts of the run together, failed ones as well, by the table of prices. ~ where tokens are "
    "estimated. The built-in lab costs nothing.",
    "Lost": "Time that went to attempts that failed, until the one began that answers.",
}
_BETTER = {"Speed": Better.HIGHER, "Tokens": Better.NEITHER}


def figures(run: Run | None, now: float, priced: r.Priced) -> tuple[Figure, ...]:
    """The figures of a column, live or final, in the order in which they stand."""
    found = _texts(run, now, priced) if run is not None else dict.fromkeys(_MEANINGS, (None, NONE))
    return tuple(
        Figure(name=name, text=text, value=value, better=_BETTER.get(name, Better.LOWER), meaning=_MEANINGS[name])
        for name, (value, text) in found.items()
    )


def _texts(run: Run, now: float, priced: r.Priced) -> dict[str, tuple[float | None, str]]:
    answer = run.answer
    first = answer.first_text - answer.started if answer and answer.first_text is not None else None
    starts = r.measures(run, r.Cost(None)).first_word
    lost = words.lost(run, now)
    return {
        "First token": _time(run, first),
        "Answer starts": _time(run, starts),
        "Speed": _speed(run, now),
        "Total": (run.ended, seconds(now if run.ended is None else run.ended)),
        "Tokens": _tokens(run),
        "Cost": _cost(run, priced),
        "Lost": (lost, seconds(lost)),
    }


def seconds(value: float) -> str:
    """A measured time: two digits behind the point while it is short."""
    if value == 0:
        return "0 s"
    return f"{value:.2f} s" if value < 9.995 else words.seconds(value)


def _time(run: Run, value: float | None) -> tuple[float | None, str]:
    if value is None:
        return None, NONE if run.outcome is None else NOT_KNOWN
    return value, seconds(value)


def _speed(run: Run, now: float) -> tuple[float | None, str]:
    text = words.speed(run.answer, now) if run.answer is not None else ""
    if not text:
        return None, NONE if run.outcome is None else NOT_KNOWN
    return float(text.strip("≈").split()[0]), _signed(text)


def _signed(text: str) -> str:
    return text.replace("≈", "~")


def _tokens(run: Run) -> tuple[float | None, str]:
    if run.answer is None:
        return None, NONE if run.outcome is None else NOT_KNOWN
    number, estimated = words.tokens_of(run.answer)
    return float(number), f"{'~' if estimated else ''}{number:,}"


def _cost(run: Run, priced: r.Priced) -> tuple[float | None, str]:
    cost = r.cost_of(run, priced)
    if cost.dollars is None:
        return None, NOT_KNOWN
    if cost.dollars == 0:
        return 0.0, "$0"
    return cost.dollars, f"{'~' if cost.estimated else ''}{dollars(cost.dollars)}"


def dollars(value: float) -> str:
    return f"${value:.4f}" if value < 1 else f"${value:,.2f}"


def may_win(run: Run | None) -> bool:
    """Whether its figures say something of the column: it answers, or has answered."""
    return run is not None and run.outcome in (None, Outcome.ANSWERED) and run.answer is not None


def crowned(rows: Sequence[tuple[Figure, ...]], eligible: Sequence[bool]) -> list[tuple[Figure, ...]]:
    """The columns' figures with the best of each row marked. What reads the same is as good; where all are alike, none
    is marked."""
    made = [list(row) for row in rows]
    for place in range(FIGURES if rows else 0):
        for column in _winners([row[place] for row in rows], eligible):
            made[column][place] = replace(made[column][place], best=True)
    return [tuple(row) for row in made]


def _winners(row: Sequence[Figure], eligible: Sequence[bool]) -> list[int]:
    known = {i: f.value for i, f in enumerate(row) if eligible[i] and f.value is not None}
    if len(known) < 2 or row[0].better is Better.NEITHER:
        return []
    top = (max if row[0].better is Better.HIGHER else min)(known.values())
    text = next(row[i].text for i, value in known.items() if value == top)
    winners = [i for i in known if row[i].text == text]
    return [] if len(winners) == len(known) else winners


# The whole.


def sentence(runs: Sequence[Run | None], names: Sequence[str]) -> tuple[str, str]:
    """What happens now: a lead of a few words, and the rest."""
    asked = [run for run in runs if run is not None]
    total = len(runs)
    if not asked:
        return "Nothing was asked yet.", "Run puts the prompt to every column."
    live = [run for run in asked if run.outcome is None]
    done = [run for run in asked if run.outcome is Outcome.ANSWERED]
    count = words.NUMBERS[total]
    if live:
        number = "All" if len(live) == total else f"{words.NUMBERS[len(live)].capitalize()} of"
        lead = f"{number} {count} {'is' if len(live) == 1 else 'are'} still answering."
    else:
        lead = f"All {count} are over." if len(asked) == total else f"{len(asked)} of {count} are over."
    return lead, " ".join(filter(None, [_done_words(done), *_failed_words(runs, names)]))


def _done_words(done: Sequence[Run]) -> str:
    if not done:
        return ""
    number = words.NUMBERS[len(done)].capitalize()
    late = [run for run in done if len(run.attempts) > 1]
    rest = ""
    if late:
        most = max(len(run.attempts) for run in late)
        one = "on its" if len(done) == 1 else f"{words.NUMBERS[len(late)]} of them after failures, the longest on the"
        rest = f", {one} {words.ordinal(most)} attempt"
    return f"{number} {'is' if len(done) == 1 else 'are'} done{rest}."


def _failed_words(runs: Sequence[Run | None], names: Sequence[str]) -> list[str]:
    told: list[str] = []
    for run, name in zip(runs, names, strict=True):
        if run is not None and run.outcome in (Outcome.FAILED, Outcome.PARTIAL):
            kept = ", and its partial text is kept" if _kept(run) else ""
            told.append(f"{name} failed{kept}.")
    return told
