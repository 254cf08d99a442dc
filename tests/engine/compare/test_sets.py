"""Comparisons as values: cases, twins, settings of one's own, and the shuffled order."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.compare.sets import Prompt, cases, filled, jobs, modified, request, told_apart, variables
from engine.core.request import Parameters
from tests.engine.compare.putting import column, comparison

A, B = column("a", "http://a"), column("b", "http://b")


def test_each_row_of_values_is_a_case():
    prompt = Prompt(name="p", text="{{ n }} in {{place}}", rows=({"n": "1", "place": "X"}, {"n": "2", "place": "Y"}))
    found = cases(replace(comparison(A, B), prompts=(prompt,), system="In {{place}}."))
    assert [(case.name, case.text, case.system) for case in found] == [
        ("p #1", "1 in X", "In X."),
        ("p #2", "2 in Y", "In Y."),
    ]


def test_a_value_that_looks_like_a_variable_stays_as_it_is():
    assert filled("{{a}} {{b}}", {"a": "{{b}}", "b": "x"}) == "{{b}} x"
    assert variables("{{a}} {{ b }} {{a}}") == ("a", "b")


def test_a_variable_without_a_value_is_not_guessed():
    with pytest.raises(KeyError):
        filled("{{a}}", {})


def test_only_what_differs_counts_as_modified():
    own = replace(A, parameters=Parameters(temperature=0.2, max_tokens=5))
    wanted = comparison(own, B, parameters=Parameters(temperature=0.2, top_p=0.5))
    assert modified(wanted, own) == ("max_tokens",)
    asked = request(wanted, cases(wanted)[0], own)
    assert asked.parameters == Parameters(temperature=0.2, top_p=0.5, max_tokens=5)


@given(st.lists(st.sampled_from(["a", "a (2)", "b"]), max_size=12))
def test_labels_are_told_apart(labels: list[str]):
    found = told_apart(labels)
    assert len(set(found)) == len(found) == len(labels)


@given(st.integers(0, 999), st.integers(1, 6))
def test_the_order_is_shuffled_by_the_seed_and_leaves_out_nothing(seed: int, repeat: int):
    wanted = comparison(A, B, repeat=repeat)
    order = jobs(wanted, seed)
    assert order == jobs(wanted, seed)
    assert len(set(order)) == len(order) == 2 * repeat
    assert Counter(job.column for job in order) == {0: repeat, 1: repeat}


def test_no_column_always_goes_first():
    first = Counter(jobs(comparison(A, B, repeat=5), seed)[0].column for seed in range(200))
    assert 60 < first[0] < 140
