"""Differences of texts and of JSON."""

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compare.diff import Diff, Following, Kind, diff, matches
from engine.compare.json_diff import Change, json_diff
from engine.compare.json_text import NotJson

texts = st.lists(st.sampled_from(["a", "b", "sea ", "moon", " ", "\n", ", ", "ü", "."]), max_size=40).map("".join)


def check_whole(found: Diff, a: str, b: str) -> None:
    """The blocks cover both texts without a gap, and the same ones differ in white space at most."""
    place = (0, 0)
    for block in found.blocks:
        assert (block.a, block.b) == place
        place = (block.a_end, block.b_end)
        left, right = a[block.a : block.a_end], b[block.b : block.b_end]
        assert (left.split() == right.split() or "".join(left.split()) == "".join(right.split())) or (
            block.kind is not Kind.SAME
        )
        assert bool(left) == (block.kind is not Kind.ADDED) or block.kind is Kind.SAME
        assert bool(right) == (block.kind is not Kind.REMOVED) or block.kind is Kind.SAME
    assert place == (len(a), len(b))


@given(texts, texts)
def test_the_blocks_cover_both_texts(a: str, b: str):
    found = diff(a, b)
    check_whole(found, a, b)
    assert 0 <= found.similarity <= 1


@given(texts)
def test_a_text_is_the_same_as_itself(text: str):
    found = diff(text, text)
    assert found.similarity == 1
    assert all(block.kind is Kind.SAME for block in found.blocks)


@given(st.lists(st.sampled_from("abcdefgh"), max_size=30), st.lists(st.sampled_from("abcdefgh"), max_size=30))
def test_matches_rise_on_both_sides_and_are_equal(a: list[str], b: list[str]):
    pairs = matches(a, b)
    assert all(a[i] == b[j] for i, j in pairs)
    assert pairs == sorted(set(pairs))
    assert [j for _, j in pairs] == sorted({j for _, j in pairs})


def test_one_word_is_told_from_its_neighbours():
    found = diff("The sky is blue today.", "The sky is very green today.")
    assert [block.kind for block in found.blocks] == [Kind.SAME, Kind.CHANGED, Kind.SAME]
    changed = found.blocks[1]
    assert "The sky is blue today."[changed.a : changed.a_end] == " blue"
    assert found.similarity == pytest.approx(2 * 5 / 13)


def test_white_space_alone_is_no_difference():
    assert diff("a  b\n", "a b").similarity == 1
    assert [block.kind for block in diff("a  b\n", "a b").blocks] == [Kind.SAME]


def test_a_place_in_one_text_is_found_in_the_other():
    found = diff("one two three", "one extra words here two three")
    assert found.across(3) == 3 + len(" extra words here")
    assert found.across(len("one extra words here two three"), back=True) == len("one two three")
    assert diff("", "").across(5) == 0


@given(texts, texts, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12))
def test_following_two_streams_always_covers_what_has_come(a: str, b: str, steps: list[tuple[int, int]]):
    a, b = a * 20, b * 20
    following = Following()
    i = j = 0
    for more_a, more_b in steps:
        i, j = min(len(a), i + more_a * 9), min(len(b), j + more_b * 9)
        check_whole(following.update(a[:i], b[:j]), a[:i], b[:j])
    assert following.finished() == diff(a[:i], b[:j])


def test_a_text_that_did_not_merely_grow_is_compared_anew():
    following = Following()
    long = " ".join(f"word{i}" for i in range(400))
    following.update(long, long)
    found = following.update("Something else.", long)
    check_whole(found, "Something else.", long)


def prose(size: int, dice: random.Random) -> str:
    """Words as languages use them: a few of them very often."""
    words: list[str] = []
    while sum(map(len, words)) + len(words) < size:
        words += [f"w{int(dice.paretovariate(0.8))}" for _ in range(200)]
    return " ".join(words)[:size]


@pytest.mark.parametrize("alike", [True, False])
def test_two_long_texts_are_compared_in_a_frame_or_two(alike: bool):
    dice = random.Random(1)
    a, b = prose(20_000, dice), prose(20_000, dice)
    b = a.replace("w7", "x7") if alike else b
    best = min(_timed(a, b) for _ in range(5))
    assert best < 0.06, "30 ms on a quiet machine of 2026; twice that for a busy one"


def _timed(a: str, b: str) -> float:
    began = time.perf_counter()
    diff(a, b)
    return time.perf_counter() - began


def test_json_is_compared_by_paths():
    found = json_diff('{"a": 1, "b": [1, {"c/d": 2}], "t": true}', '{"b": [1, {"c/d": 3}, 4], "t": 1, "n": null}')
    assert [(d.path, d.change, d.before, d.after) for d in found] == [
        ("/a", Change.REMOVED, 1, None),
        ("/b/1/c~1d", Change.CHANGED, 2, 3),
        ("/b/2", Change.ADDED, None, 4),
        ("/t", Change.CHANGED, True, 1),
        ("/n", Change.ADDED, None, None),
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(json_values)
def test_json_does_not_differ_from_itself(value):
    import json

    assert json_diff(json.dumps(value), f"```json\n{json.dumps(value, indent=1)}\n```") == ()


def test_what_is_not_json_says_where():
    with pytest.raises(NotJson, match="line 1, column 2"):
        json_diff("{", "{}")
