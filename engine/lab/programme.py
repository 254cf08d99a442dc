"""What a scenario is made of, and the route that plays it."""

from enum import StrEnum
from typing import Self

from msgspec import Struct
from msgspec.structs import replace

from engine.core.events import Outcome, Rule
from engine.core.faults import Kind
from engine.core.request import Candidate, Clocks, Dialect, Policy, Route
from engine.lab import beats as b

TIDES = (
    "Why are there two high tides a day? Explain it to a curious ten-year-old, then tell me what most people get wrong."
)


class Category(StrEnum):
    """The value is the title under which the gallery shows it."""

    LIMITS = "Limits"
    KEYS = "Keys"
    SILENCE = "Silence and stalls"
    MID_ANSWER = "Mid-answer"
    CHAINS = "Whole chains"


class Part(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one candidate (by its place in the route) does for one key ("" for any). The plays are for the first,
    second, ... request; the last one repeats."""

    candidate: int = 0
    key: str = ""
    plays: tuple[b.Play, ...]

    def nth(self, count: int) -> b.Play:
        return self.plays[min(count, len(self.plays) - 1)]


GOOD: b.Play = (b.Wait(seconds=0.6), b.Say(), b.End())
GOOD_PART = Part(plays=(GOOD,))


class Programme(Struct, frozen=True, kw_only=True):
    """All parts of a scenario. Whoever has no part answers by the book."""

    parts: tuple[Part, ...] = ()
    keys_required: bool = False

    @classmethod
    def of(cls, *plays: b.Play, keys_required: bool = False) -> Self:
        return cls(parts=(Part(plays=plays or (GOOD,)),), keys_required=keys_required)

    def part(self, candidate: int, key: str) -> tuple[int, Part]:
        """The part with its number; one that names the key goes before one that does not."""
        fitting = [(i, p) for i, p in enumerate(self.parts) if p.candidate == candidate and p.key in (key, "")]
        return max(fitting, key=lambda pair: pair[1].key != "", default=(len(self.parts) + candidate, GOOD_PART))


CALM = Programme()


class Expected(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a right engine makes of it. `rules` fire in this order, others may fire between them; `served_by` is a
    place in the route; `kinds` are the faults of the attempts, in order."""

    word: str  # for the gallery
    outcome: Outcome = Outcome.ANSWERED
    attempts: int
    served_by: int | None = None
    rules: tuple[Rule, ...] = ()
    kinds: tuple[Kind, ...] = ()


class Scenario(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One rehearsal. `sentence` tells what goes wrong, `notes` what to look at; `prompt` is what to ask."""

    name: str
    title: str
    sentence: str
    category: Category
    candidates: tuple[Candidate, ...]
    parts: tuple[Part, ...] = ()
    expected: Expected
    policy: Policy = Policy(first_token=4, idle=3)
    keys_required: bool = True
    prompt: str = TIDES
    notes: str = ""

    @property
    def programme(self) -> Programme:
        return Programme(parts=self.parts, keys_required=self.keys_required)


def lab_route(scenario: Scenario, base: str, *, session: int = 0, speed: float = 1.0) -> Route:
    """The route that plays `scenario` at the lab whose URL is `base`.

    A `session` other than 0 makes the addresses its own, so that counts begin anew and no earlier run's benches
    apply. `speed` divides the policy's clocks and waits, to go with a lab of the same speed.
    """
    place = scenario.name if session == 0 else f"{scenario.name}.{session}"
    candidates = tuple(
        replace(
            candidate, base_url=f"{base}/{place}/{i}{_suffix(candidate)}", clocks=_hastened(candidate.clocks, speed)
        )
        for i, candidate in enumerate(scenario.candidates)
    )
    return Route(name=scenario.title, candidates=candidates, policy=_patience(scenario.policy, speed))


def _suffix(candidate: Candidate) -> str:
    """What the base URL of this dialect ends in."""
    return "/v1" if candidate.dialect in (Dialect.CHAT_COMPLETIONS, Dialect.RESPONSES) else ""


def _hastened(clocks: Clocks, speed: float) -> Clocks:
    first_token = None if clocks.first_token is None else clocks.first_token / speed
    return replace(clocks, first_token=first_token, idle=None if clocks.idle is None else clocks.idle / speed)


def _patience(policy: Policy, speed: float) -> Policy:
    return replace(
        policy,
        backoff=policy.backoff / speed,
        backoff_cap=policy.backoff_cap / speed,
        longest_wait=policy.longest_wait / speed,
        first_token=policy.first_token / speed,
        idle=policy.idle / speed,
    )
