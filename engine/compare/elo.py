"""Votes between the columns of comparisons, and what they say of each: a table of wins and an Elo rating. Pure.

Elo as in chess: every player begins at 1000, a difference of 400 points stands for odds of ten to one, and a vote
moves at most 32 points. Ratings depend on the order of the votes, which is that of their times.
"""

from collections.abc import Iterable
from itertools import combinations

from msgspec import Struct

START = 1000.0
SCALE = 400.0
STEP = 32.0


class Vote(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A person's word on the answers of one case. `between` and `winner` are columns' labels; no winner is a tie of
    all. `at` is Unix time; `blind` when the names were hidden."""

    comparison: str
    case: str
    between: tuple[str, ...]
    winner: str | None = None
    reason: str = ""
    tags: tuple[str, ...] = ()
    at: float = 0.0
    blind: bool = False


class Standing(Struct, frozen=True, kw_only=True):
    """Counted in pairs: a winner among four has won three. `wins` + `losses` + `ties` pairs were judged."""

    label: str
    rating: float
    wins: int = 0
    losses: int = 0
    ties: int = 0

    @property
    def win_rate(self) -> float:
        """Wins among all pairs, a tie as half of one."""
        pairs = self.wins + self.losses + self.ties
        return (self.wins + self.ties / 2) / pairs if pairs else 0.0


def standings(votes: Iterable[Vote], tag: str | None = None) -> tuple[Standing, ...]:
    """Everybody's standing, the best first, by the votes that bear the tag (None: by all)."""
    ratings: dict[str, float] = {}
    counts: dict[str, list[int]] = {}
    for vote in sorted(votes, key=lambda vote: vote.at):
        if tag is None or tag in vote.tags:
            _play(vote, ratings, counts)
    rows = [
        Standing(label=label, rating=rating, wins=counts[label][0], losses=counts[label][1], ties=counts[label][2])
        for label, rating in ratings.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.rating, row.label)))


def by_tag(votes: Iterable[Vote]) -> dict[str, tuple[Standing, ...]]:
    """The standings of each tag by itself; those of all votes stand under the empty tag."""
    known = list(votes)
    tags = sorted({tag for vote in known for tag in vote.tags})
    return {"": standings(known), **{tag: standings(known, tag) for tag in tags}}


def _play(vote: Vote, ratings: dict[str, float], counts: dict[str, list[int]]) -> None:
    """All pairs of one vote are played at once, from the ratings before it."""
    before = {label: ratings.setdefault(label, START) for label in dict.fromkeys(vote.between)}
    for label in before:
        counts.setdefault(label, [0, 0, 0])
    if vote.winner is None:
        pairs = [(one, other, 0.5) for one, other in combinations(before, 2)]
    else:
        pairs = [(vote.winner, other, 1.0) for other in before if other != vote.winner and vote.winner in before]
    for one, other, score in pairs:
        moved = STEP * (score - expected(before[one], before[other])) / max(1, len(before) - 1)
        ratings[one] += moved
        ratings[other] -= moved
        counts[one][0 if score == 1.0 else 2] += 1
        counts[other][1 if score == 1.0 else 2] += 1


def expected(one: float, other: float) -> float:
    """The share of wins that these ratings lead to expect, by Elo's formula."""
    return 1 / (1 + 10 ** ((other - one) / SCALE))
