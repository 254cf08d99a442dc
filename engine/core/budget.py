"""The retry budget that concurrent runs share, so that a provider in trouble is not hammered by all of them at once.

A run borrows its retries when it begins and gives back what it did not use. An answer puts one retry back; time puts
back one every ten seconds, so that a budget that was spent cannot stay empty for want of answers.
"""

import math

from msgspec import Struct

from engine.core.events import Action, Outcome
from engine.core.request import Route
from engine.core.run import Run

CAPACITY = 20.0  # retries
PER_ANSWER = 1.0  # retries that an answer puts back
PER_SECOND = 0.1  # retries that time puts back


class Budget(Struct, frozen=True, kw_only=True):
    """`left` retries at `wall` (Unix seconds)."""

    left: float = CAPACITY
    wall: float = 0.0


def lent(budget: Budget, wall: float, route: Route) -> tuple[Budget, int]:
    """The budget after a run along `route` has borrowed its retries, and how many those are.

    A run that is alone gets all that its route grants. Beside others it takes no more than it could use, nor more than
    half of what is left, so that others still get some.
    """
    budget = _at(budget, wall)
    wanted = (route.policy.attempts - 1) * len(route.candidates)
    share = max(0, min(wanted, math.ceil(budget.left / 2), math.floor(budget.left)))
    share = wanted if budget.left >= CAPACITY else share
    return Budget(left=max(0.0, budget.left - share), wall=wall), share


def settled(budget: Budget, wall: float, run: Run) -> Budget:
    """The budget after `run` is over."""
    budget = _at(budget, wall)
    unused = max(0, (run.retries or 0) - retries_of(run))
    earned = PER_ANSWER if run.outcome is Outcome.ANSWERED else 0.0
    return Budget(left=min(CAPACITY, budget.left + unused + earned), wall=wall)


def retries_of(run: Run) -> int:
    """How many retries the run has made; rotations and other candidates do not count."""
    return sum(attempt.action is Action.RETRY for attempt in run.attempts)


def _at(budget: Budget, wall: float) -> Budget:
    passed = max(0.0, wall - budget.wall) if budget.wall else 0.0
    return Budget(left=min(CAPACITY, budget.left + passed * PER_SECOND), wall=wall)
