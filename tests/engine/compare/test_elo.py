"""Votes, ratings and the table of wins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compare.elo import START, Vote, by_tag, expected, standings

LABELS = ["a", "b", "c", "d"]
votes = st.lists(
    st.builds(
        Vote, comparison=st.just("x"), case=st.just("p"), winner=st.none() | st.sampled_from(LABELS),
        between=st.lists(st.sampled_from(LABELS), min_size=2, unique=True).map(tuple), at=st.floats(0, 9),
    ),
    max_size=20,
)  # fmt: skip


def vote(winner: str | None, *between: str, at: float = 0.0, tags: tuple[str, ...] = ()) -> Vote:
    return Vote(comparison="x", case="p", between=between, winner=winner, at=at, tags=tags)


def test_a_win_between_equals_moves_half_a_step():
    first, second = standings([vote("a", "a", "b")])
    assert (first.label, first.rating, first.wins) == ("a", START + 16, 1)
    assert (second.label, second.rating, second.losses) == ("b", START - 16, 1)


def test_four_hundred_points_are_odds_of_ten_to_one():
    assert expected(1400, 1000) == pytest.approx(10 / 11)


@given(votes)
def test_points_are_only_handed_on_and_all_pairs_add_up(cast: list[Vote]):
    rows = standings(cast)
    assert sum(row.rating for row in rows) == pytest.approx(START * len(rows))
    assert sum(row.wins for row in rows) == sum(row.losses for row in rows)
    assert sum(row.ties for row in rows) % 2 == 0
    assert all(0 <= row.win_rate <= 1 for row in rows)


@given(votes)
def test_the_order_of_saving_does_not_matter_only_that_of_voting(cast: list[Vote]):
    at = {vote.at for vote in cast}
    if len(at) == len(cast):
        assert standings(cast) == standings(list(reversed(cast)))


def test_a_tie_leaves_equals_where_they_are():
    rows = standings([vote(None, "a", "b")])
    assert {row.rating for row in rows} == {START}
    assert [row.ties for row in rows] == [1, 1]


def test_each_tag_has_standings_of_its_own():
    found = by_tag([vote("a", "a", "b", tags=("code",)), vote("b", "a", "b", at=1, tags=("prose", "short"))])
    assert list(found) == ["", "code", "prose", "short"]
    assert found["code"][0].label == "a"
    assert found["prose"][0].label == "b"
    assert found[""][0].wins == 1
