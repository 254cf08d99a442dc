"""The table of verdicts: whole, and the same in the documentation as in the program."""

from pathlib import Path

from engine.core.faults import REFINED, VERDICTS, Kind
from engine.core.table import verdict_table

ARCHITECTURE = Path(__file__).resolve().parents[3] / "ARCHITECTURE.md"
BEGIN, END = "<!-- verdicts -->", "<!-- /verdicts -->"


def test_every_kind_has_a_verdict_with_a_word():
    assert set(VERDICTS) == set(Kind)
    assert all(row.word for row in (*VERDICTS.values(), *REFINED.values()))


def test_the_table_has_a_row_for_each_verdict_of_the_same_width():
    lines = verdict_table().splitlines()
    assert len(lines) == 2 + len(VERDICTS) + len(REFINED)
    assert {line.count("|") for line in lines} == {8}


def test_the_documentation_shows_the_table_that_the_policy_goes_by():
    text = ARCHITECTURE.read_text(encoding="utf-8")
    shown = text.partition(BEGIN)[2].partition(END)[0].strip()
    assert shown == verdict_table(), "run: python -c 'from engine.core.table import verdict_table as t; print(t())'"
