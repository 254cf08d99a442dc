"""The raw numbers of a run, by hand-made runs whose every time is known."""

import pytest
from msgspec.structs import replace

from engine.compare import results as r
from engine.core.events import Action, Outcome, Rule, RunRequested
from engine.core.faults import Fault, Kind
from engine.core.pieces import NOTHING, Pieces
from engine.core.request import Candidate, Dialect, Route, Usage, ask
from engine.core.run import Attempt, Run, begin

ROUTE = Route(name="r", candidates=(Candidate(provider="openai", model="m"), Candidate(provider="gemini", model="g")))
START = begin(RunRequested(run="x", at=0, wall=0, request=ask("Why is it so, and not so?", ROUTE)))
FAILED = Attempt(
    number=1, candidate=0, key="", action=Action.BEGIN, rule=Rule.FIRST_FIT, why="", started=0.0, ended=1.0,
    fault=Fault(kind=Kind.SERVER, status=500),
)  # fmt: skip
SAID = Attempt(
    number=2, candidate=1, key="k", action=Action.NEXT_PROVIDER, rule=Rule.NO_RETRY, why="", started=1.0,
    connected=1.2, opened=1.5, first_output=2.0, first_text=3.0, heard=7.0, ended=7.1,
    text=Pieces(["a", "b", "c"]), reasoning=Pieces(["x", "y", "z"]), usage=Usage(input=10, output=40, reasoning=11),
)  # fmt: skip
RUN = replace(START, attempts=(FAILED, SAID), outcome=Outcome.ANSWERED, served_by=2, ended=7.2)


def told(run: Run) -> r.Measures:
    return r.measures(run, r.Cost(0.5))


def by(attempt: Attempt) -> Run:
    return replace(RUN, attempts=(FAILED, attempt))


def test_each_number_is_measured_from_where_its_definition_says():
    found = told(RUN)
    assert found.connect == pytest.approx(0.2)
    assert found.first_byte == pytest.approx(0.5)
    assert found.first_reasoning == 2.0
    assert found.first_word == 3.0
    assert found.total == 7.2
    assert found.pieces_per_second == pytest.approx(5 / 5)
    assert (found.tokens_in, found.tokens_out, found.attempts, found.cost) == (10, 40, 2, 0.5)


def test_a_connection_that_stood_already_has_no_time_of_connecting():
    assert told(by(replace(SAID, reused=True))).connect is None


@pytest.mark.parametrize(
    ("dialect", "shown", "tokens"),
    [
        (Dialect.CHAT_COMPLETIONS, True, 40),
        (Dialect.CHAT_COMPLETIONS, False, 29),
        (Dialect.GEMINI, True, 51),
        (Dialect.GEMINI, False, 40),
    ],
)
def test_hidden_reasoning_makes_no_model_look_fast(dialect: Dialect, shown: bool, tokens: int):
    candidates = (ROUTE.candidates[0], replace(ROUTE.candidates[1], dialect=dialect))
    said = SAID if shown else replace(SAID, reasoning=NOTHING)
    run = replace(by(said), request=replace(RUN.request, route=replace(ROUTE, candidates=candidates)))
    assert told(run).tokens_per_second == pytest.approx((tokens - 1) / 5)


def test_what_was_not_told_or_came_at_once_is_not_known():
    assert told(by(replace(SAID, usage=Usage()))).tokens_per_second is None
    assert told(by(replace(SAID, heard=2.001))).tokens_per_second is None
    assert told(by(replace(SAID, first_text=2.0))).first_reasoning is None
    nothing = told(replace(RUN, served_by=None, outcome=Outcome.FAILED))
    assert (nothing.first_word, nothing.total, nothing.attempts) == (None, 7.2, 2)


def test_the_cost_counts_attempts_that_failed_and_says_where_it_guesses():
    def priced(candidate: Candidate, usage: Usage) -> float | None:
        return (usage.input or 0) + 10 * (usage.output or 0)

    assert r.cost_of(RUN, priced) == r.Cost(10 + 400)
    cut = replace(FAILED, first_output=0.5, text=Pieces(["12345678"]))
    found = r.cost_of(replace(RUN, attempts=(cut, SAID)), priced)
    assert found == r.Cost(7 + 20 + 410, estimated=True)  # 25 characters asked, 8 said
    assert r.cost_of(RUN, lambda candidate, usage: None) == r.Cost(None)


def test_fallbacks_are_the_changes_of_candidate():
    assert r.fallbacks(RUN) == 1
    assert r.fallbacks(replace(RUN, attempts=(FAILED, replace(FAILED, number=2)))) == 0
    gone_past = replace(RUN, attempts=(replace(SAID, number=1),))
    assert r.fallbacks(gone_past) == 1
