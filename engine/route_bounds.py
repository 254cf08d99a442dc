"""The most that a run along a route can take: time, attempts and money, told before anything is sent. Pure."""

from msgspec import Struct

from engine import prices
from engine.core import backoff
from engine.core.clocks import FINISH_GRACE, limits
from engine.core.request import Candidate, Midstream, Parameters, Policy, Route
from engine.providers.catalog import CatalogError
from engine.providers.registry import resolve

OUTPUT_TOKENS = 4_096  # taken for the longest answer where no limit is asked for


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be sent along the route, as far as it is known. `prompt_tokens` counts the whole conversation."""

    parameters: Parameters = Parameters()
    tools: bool = False
    images: bool = False
    reasoning_history: bool = False  # earlier turns carry reasoning, which a provider may refuse
    prompt_tokens: int = 1_000


class Bounds(Struct, frozen=True, kw_only=True):
    """What a run cannot exceed when nothing rests at its start and we read as fast as is sent. Times in seconds.

    first_output: until the first output, or until the run gives up without one. silent: the same when every candidate
    connects at once and then says nothing; `turns` are the times at which each candidate's turn comes then. end: until
    the run is over. reached: how many candidates can still be asked
    when each one before takes its longest. cost: dollars, None where a price is not known; the models without one are
    `unpriced`. `output_tokens` is the length of each answer that the cost is reckoned with.
    """

    first_output: float
    silent: float
    turns: tuple[float, ...]
    end: float
    attempts: int
    reached: int
    cost: float | None
    unpriced: tuple[str, ...] = ()
    prompt_tokens: int = 0
    output_tokens: int = OUTPUT_TOKENS


# Each line follows a rule of core/plan.py; the tests hold the bounds against runs of any script.


def bounds(route: Route, asked: Asked = Asked(), table: prices.Prices | None = None) -> Bounds:
    """The most that a run along this route can take."""
    table, policy = table or prices.Prices(), route.policy
    chain = tuple(resolved(candidate) for candidate in route.candidates)
    spans = [_span(chain, place, policy, asked) for place in range(len(chain))]
    tries = [most_attempts(candidate, policy, asked) for candidate in chain]
    silences = [patience(candidate, policy, connect=0.0) for candidate in chain]
    output = asked.parameters.max_tokens or OUTPUT_TOKENS
    each = [_price_of_one(candidate, asked, output, table) for candidate in chain]
    known = [n * dollars for n, dollars in zip(tries, each, strict=True) if dollars is not None]
    return Bounds(
        first_output=min(policy.total, sum(spans)),
        silent=min(policy.total, sum(silences)),
        turns=tuple(sum(silences[:place]) for place in range(len(silences))),
        end=policy.total,
        attempts=sum(tries),
        reached=sum(sum(spans[:place]) < policy.total for place in range(len(spans))),
        cost=sum(known) if len(known) == len(each) else None,
        unpriced=tuple(dict.fromkeys(c.label for c, dollars in zip(chain, each, strict=True) if dollars is None)),
        prompt_tokens=asked.prompt_tokens,
        output_tokens=output,
    )


def most_attempts(candidate: Candidate, policy: Policy, asked: Asked = Asked()) -> int:
    """How often one candidate can be asked: its tries, one more for each further key, one for each part of the request
    that it may refuse, and one where a handed-on answer must begin again."""
    return policy.attempts + len(set(candidate.keys) or {""}) - 1 + _refusable(asked) + _restarts(policy)


def _refusable(asked: Asked) -> int:
    p = asked.parameters
    settings = (p.temperature, p.top_p, p.max_tokens, p.seed, p.stop or None, p.reasoning_effort)
    return sum(value is not None for value in settings) + len(p.extra) + asked.reasoning_history


def _restarts(policy: Policy) -> int:
    return int(policy.midstream is Midstream.CONTINUE)


def _span(candidates: tuple[Candidate, ...], place: int, policy: Policy, asked: Asked) -> float:
    """The longest that a candidate can take without any output: each try as long as its clocks allow, with the longest
    wait behind it."""
    candidate, tries = candidates[place], most_attempts(candidates[place], policy, asked)
    clocks = limits(policy, candidate)
    one = patience(candidate, policy, connect=clocks.connect or 0.0) + FINISH_GRACE
    rotations = len(set(candidate.keys) or {""}) - 1
    pause = min(policy.longest_wait, backoff.ceiling(policy, tries))
    shares = any(share_a_key(candidates[other], candidate) for other in range(place))
    entry = policy.longest_wait if shares else 0.0
    return tries * one + (policy.attempts - 1) * policy.longest_wait + rotations * pause + entry


def patience(candidate: Candidate, policy: Policy, *, connect: float) -> float:
    """For how many seconds one silent attempt is waited for, of which `connect` are for its connection."""
    clocks = limits(policy, candidate)
    longest = connect + (clocks.first_token or 0.0)
    return longest if clocks.total is None else min(longest, clocks.total)


def _price_of_one(candidate: Candidate, asked: Asked, output: int, table: prices.Prices) -> float | None:
    price = table.price(candidate.provider, candidate.model)
    if price is None or (price.up_to is not None and asked.prompt_tokens > price.up_to):
        return None
    return (asked.prompt_tokens * price.input + output * price.output) / prices.MILLION


def share_a_key(one: Candidate, other: Candidate) -> bool:
    """Whether a limit on the one limits the other: the same provider, address and key."""
    same = (one.provider, one.base_url) == (other.provider, other.base_url)
    return same and bool(set(one.keys) & set(other.keys))


def window_of(candidate: Candidate, table: prices.Prices) -> int | None:
    """The candidate's window in tokens: as the route says, else as the table knows."""
    price = table.price(candidate.provider, candidate.model)
    return candidate.context_window or (price.context if price is not None else None)


def resolved(candidate: Candidate) -> Candidate:
    """The candidate as the catalogue completes it; as it is where the catalogue cannot."""
    try:
        return resolve(candidate)
    except CatalogError:
        return candidate
