"""Runs are found by what was said, stay where they are pinned, and come back when their deletion is undone."""

import sqlite3
from pathlib import Path

import pytest

from engine.core import journal
from engine.core.events import (
    AnyEvent,
    AttemptStarted,
    Completed,
    Finished,
    Outcome,
    Rule,
    RunEnded,
    RunRequested,
    Said,
)
from engine.core.request import Candidate, Finish, Message, Request, Route, Text
from engine.core.run import begin, evolve
from engine.history import History
from engine.history_search import HIT, HIT_END, UNFINISHED, Found, HistorySearch, Query


def told(run: str, prompt: str, answer: str, *, wall: float = 1.0, route: str = "tides", turns: int = 1, ends=True):
    """The events of a run with one attempt, which answers where it `ends`."""
    candidate = Candidate(provider="openai", model="gpt-5")
    messages = tuple(Message("user", (Text(prompt),)) for _ in range(turns))
    request = Request(messages=messages, route=Route(name=route, candidates=(candidate,)))
    events: list[AnyEvent] = [
        RunRequested(run=run, at=0.0, wall=wall, request=request),
        AttemptStarted(run=run, at=0.0, attempt=1, candidate=0, rule=Rule.FIRST_FIT),
        Said(run=run, at=0.5, attempt=1, pieces=(answer,)),
    ]
    if ends:
        events += [
            Finished(run=run, at=2.0, attempt=1, finish=Finish.STOP),
            Completed(run=run, at=2.0, attempt=1),
            RunEnded(run=run, at=2.5, rule=Rule.ANSWERED, outcome=Outcome.ANSWERED, by=1),
        ]
    return events


def record(directory: Path, *stories: list[AnyEvent]) -> Path:
    history = History(directory)
    for events in stories:
        run = begin(events[0])
        for event in events[1:]:
            run = evolve(run, event)
        history.record(run, tuple(events))
    history.close()
    return history.path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return record(
        tmp_path,
        told("a", "Why is the sky blue?", "Light of short waves is scattered most.", wall=1.0),
        told("b", "Who wrote Faust?", "Goethe wrote it.", wall=2.0, route="books"),
        told("c", "空はなぜ青いのですか", "光が散乱するからです。", wall=3.0, turns=2),
        told("d", "Tell a long tale", "Once upon a", wall=4.0, ends=False),
    )


@pytest.fixture
def search(path: Path) -> HistorySearch:
    made = HistorySearch(path)
    while made.catch_up():
        pass
    return made


def ids(found: tuple[Found, ...]) -> str:
    return "".join(one.id for one in found)


def test_the_newest_run_comes_first_with_who_served_it(search):
    page = search.page(Query())
    assert ids(page) == "dcba"
    last = page[-1]
    assert (last.served, last.attempts, last.seconds, last.outcome, last.turn) == (
        "openai · gpt-5",
        1,
        2.5,
        "answered",
        1,
    )
    assert page[1].turn == 2


def test_a_run_that_never_ended_is_listed_as_unfinished_and_found_by_what_it_said(search):
    assert ids(search.page(Query(outcome=UNFINISHED))) == "d"
    assert ids(search.page(Query(text="upon"))) == "d"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("sky", "a"), ("SCATT", "a"), ("wrote goethe", "b"), ("wrote sky", ""), ("散乱", "c"), ("why?!", "a"), ('"', "")],
)
def test_words_are_looked_for_in_prompts_and_answers(search, text, expected):
    assert ids(search.page(Query(text=text))) == expected
    assert search.count(Query(text=text)) == len(expected)


def test_signs_of_the_search_language_are_only_text(search):
    for text in ("sky OR faust", "NEAR(", "prompt:", "a*b", "100%", "-", "'; DROP TABLE runs"):
        search.page(Query(text=text))
    assert ids(search.page(Query(text="faust OR"))) == ""


def test_hits_are_marked_in_the_prompt_and_in_the_answer(search):
    (found,) = search.page(Query(text="sky"))
    assert found.prompt == f"Why is the {HIT}sky{HIT_END} blue?"
    assert found.excerpt == ""
    (found,) = search.page(Query(text="scattered"))
    assert f"{HIT}scattered{HIT_END}" in found.excerpt


def test_outcome_and_route_narrow_the_list(search):
    assert ids(search.page(Query(outcome="answered"))) == "cba"
    assert ids(search.page(Query(route="books"))) == "b"
    assert ids(search.page(Query(route="tides", text="sky"))) == "a"
    assert search.routes() == ("books", "tides")


def test_pages_follow_each_other_without_a_gap_and_pinned_runs_lead(search):
    search.pin("a", True)
    first = search.page(Query(), limit=2)
    assert ids(first) == "ad"
    assert first[0].pinned
    assert ids(search.page(Query(), after=first[-1], limit=2)) == "cb"
    search.pin("a", False)
    assert ids(search.page(Query())) == "dcba"


def test_a_deleted_run_comes_back_until_it_is_purged(search, path):
    search.delete(["b"])
    assert ids(search.page(Query())) == "dca"
    assert search.routes() == ("tides",)
    search.restore(["b"])
    assert ids(search.page(Query(text="goethe"))) == "b"
    search.delete(["b", "a"])
    assert search.purge(live=["a"]) == 1
    with sqlite3.connect(path) as connection:
        kept = {row[0] for row in connection.execute("SELECT run FROM events")}
    connection.close()
    assert kept == {"a", "c", "d"}
    assert search.catch_up() == 0


def test_a_run_that_ends_later_is_shelved_anew_in_its_place(tmp_path):
    whole = told("a", "Count to three", "one two three")
    history = History(tmp_path)
    run = begin(whole[0])
    history.record(run, (whole[0],))
    history.close()
    search = HistorySearch(history.path)
    assert search.catch_up() == 1
    search.pin("a", True)
    with sqlite3.connect(history.path) as connection:
        lines = b"\n".join(map(journal.encode, whole[1:]))
        connection.execute("INSERT INTO events (run, seq, lines) VALUES ('a', 2, ?)", (lines,))
        connection.execute("UPDATE runs SET outcome = 'answered', answer = 'one two three' WHERE id = 'a'")
    connection.close()
    assert search.catch_up() == 1
    (found,) = search.page(Query(text="three"))
    assert (found.outcome, found.pinned, found.seconds) == ("answered", True, 2.5)


def test_a_damaged_journal_is_listed_and_stops_no_other(path):
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE events SET lines = CAST('nonsense' || char(10) || lines AS BLOB) WHERE run = 'b'")
    connection.close()
    search = HistorySearch(path)
    assert search.catch_up() == 4
    assert ids(search.page(Query())) == "dcba"


def test_the_journal_reads_back_as_the_run(search):
    run = journal.fold(journal.load(search.journal("b")))
    assert run.text == "Goethe wrote it."
