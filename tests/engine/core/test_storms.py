"""Whatever comes, a run ends, stays bounded, leaves nothing live, and its journal folds to the same run."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core import events as e
from engine.core import journal
from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Capabilities, Clocks, Midstream, Policy, Route, ask
from engine.core.run import Run
from tests.engine.core.playing import DONE, SKIP, STOP, World

faults = st.builds(
    lambda kind, cause, hint, retry, status: Fault(
        kind=kind, cause=cause, wait_hint=hint, retry=retry, status=status, detail="it failed"
    ),
    st.sampled_from(Kind),
    st.none() | st.sampled_from(Cause),
    st.none() | st.floats(0.001, 700_000),
    st.sampled_from([None, None, True, False]),
    st.none() | st.sampled_from([400, 401, 429, 500, 503]),
)
beats = st.one_of(
    st.text(min_size=1, max_size=5), faults, faults, st.just(DONE), st.floats(0.0, 30.0), st.just(SKIP), st.just(STOP)
)
candidates = st.builds(
    lambda provider, model, keys, window, clock, prefill: Candidate(
        provider=provider, model=model, keys=tuple(keys), context_window=window, clocks=Clocks(first_token=clock),
        capabilities=Capabilities(prefill=prefill),
    ),
    st.sampled_from(["openai", "anthropic", "gemini"]),
    st.sampled_from(["a", "b", "c"]),
    st.lists(st.sampled_from(["env:A", "env:B", "env:C"]), max_size=3, unique=True),
    st.none() | st.sampled_from([1, 8_000, 128_000]),
    st.none() | st.floats(0.5, 20.0),
    st.sampled_from([None, True, False]),
)  # fmt: skip
policies = st.builds(
    lambda attempts, midstream, hedge, total: Policy(
        attempts=attempts, midstream=midstream, hedge_delay=hedge, total=total
    ),
    st.integers(1, 4),
    st.sampled_from(Midstream),
    st.none() | st.floats(0.1, 5.0),
    st.sampled_from([5.0, 120.0, 1_000.0]),
)
benches = st.lists(
    st.builds(
        lambda provider, key, model, until, kind: e.Bench(
            provider=provider, key=key, model="" if key else model, since=-1.0, until=until, kind=kind, reason="x"
        ),
        st.sampled_from(["openai", "anthropic"]),
        st.sampled_from(["", "env:A", "env:B"]),
        st.sampled_from(["a", "b"]),
        st.floats(0.1, 1_000.0),
        st.sampled_from([Kind.SERVER, Kind.RATE_LIMIT, Kind.AUTH]),
    ),
    max_size=3,
).map(tuple)
scripts = st.lists(st.lists(beats, max_size=5), max_size=12)


def shown(run: Run) -> set[str]:
    return {run.text_of(attempt) for attempt in run.attempts} | {""}


def check(world: World, run: Run) -> None:
    policy = run.request.route.policy
    assert run.outcome is not None
    assert run.live == ()
    assert run.waiting is None
    pools = sum(policy.attempts + len(c.keys) + 1 for c in run.candidates)
    assert len(run.attempts) <= pools
    assert run.text in shown(run)
    assert journal.fold(journal.load(journal.dump(world.journal))) == run
    if run.outcome is e.Outcome.ANSWERED:
        assert run.served_by is not None
        assert run.attempt(run.served_by).completed
    sounding = [a for a in run.attempts if a.spoke and a.superseded is None and a.number != run.served_by]
    chain = {a.continues for a in run.attempts}
    assert all(a.number in chain or run.outcome is not e.Outcome.ANSWERED for a in sounding)


@given(st.lists(candidates, min_size=1, max_size=4), policies, scripts, benches)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_storm_of_faults_ends_with_the_text_of_one_attempt(route_of, policy, plays, resting):
    route = Route(name="storm", candidates=tuple(route_of), policy=policy)
    world = World(ask("Why?", route), plays, resting)
    check(world, world.play())
