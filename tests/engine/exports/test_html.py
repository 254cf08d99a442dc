"""The page of a run stands alone, tells all, and neither runs nor fetches anything."""

import re
from xml.etree import ElementTree

import pytest

from engine.core.faults import Kind
from engine.core.run import Run, begin
from engine.exports.html import page, timeline_svg
from tests.engine.core.playing import DONE, candidate, fault, play, route

SECRET = "sk-proj-1234567890abcdefghij"


@pytest.fixture
def run() -> Run:
    broken = fault(Kind.TRUNCATED, in_stream=True, detail=f"It said {SECRET}")
    first = [0.5, "<script>alert(1)</script> half", 1.0, broken]
    return play(
        route(candidate("openai", keys=("env:A",)), candidate("anthropic")), first, [0.5, "Blue & bright.", DONE]
    )


def test_what_a_provider_said_is_escaped(run):
    made = page(run)
    assert "<script" not in made
    assert "&lt;script&gt;" in made
    assert "Blue &amp; bright." in made


def test_the_page_fetches_nothing(run):
    made = page(run).replace('xmlns="http://www.w3.org/2000/svg"', "")
    assert not re.search(r"https?://|@import|src=|<link|url\((?!#)", made)


def test_the_timeline_is_well_formed_and_has_a_bar_for_each_attempt(run):
    root = ElementTree.fromstring(timeline_svg(run))
    bars = root.findall("{http://www.w3.org/2000/svg}g")
    assert len(bars) == len(run.attempts)


def test_discarded_text_is_shown_as_discarded(run):
    made = page(run)
    assert 'class="text ghost"' in made
    assert "Shown by openai · m, then discarded." in made


def test_no_secret_leaves_in_a_page(run):
    assert SECRET not in page(run)
    assert "[redacted]" in page(run)


def test_both_themes_stand_in_the_page(run):
    assert "prefers-color-scheme: dark" in page(run)


def test_a_run_without_attempts_has_a_page(run):
    empty = begin(_first(run))
    assert "No text came." in page(empty)


def _first(run: Run):
    from engine.core.events import RunRequested

    return RunRequested(run=run.id, at=0.0, wall=run.wall, request=run.request)
