"""Whatever comes, a run ends, stays bounded, leaves nothing live, and its journal folds to the same run."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core import events as e
from engine.core import journal
from engine.core.budget import retries_of
from engine.core.faults import Cause, Fault, Kind
from engine.core.fitness import bench_of_key
from engine.core.repair import NAMES
from engine.core.request import (
    Candidate,
    Capabilities,
    Clocks,
    Finish,
    Message,
    Midstream,
    OnFilter,
    Parameters,
    Policy,
    Reasoning,
    Request,
    Route,
    Text,
    ToolCall,
    ToolResult,
)
from engine.core.run import Run, begin, evolve
from tests.engine.core.playing import DONE, ENDS, SKIP, STOP, World, called, finished, thought

faults = st.builds(
    lambda kind, cause, hint, retry, status: Fault(
        kind=kind, cause=cause, wait_hint=hint, retry=retry, status=status, detail="the temperature and seed failed"
    ),
    st.sampled_from(Kind),
    st.none() | st.sampled_from(Cause),
    st.none() | st.floats(0.001, 700_000),
    st.sampled_from([None, None, True, False]),
    st.none() | st.sampled_from([400, 401, 429, 500, 503]),
)
beats = st.one_of(
    st.text(min_size=1, max_size=5),
    faults,
    faults,
    st.just(DONE),
    st.floats(0.0, 30.0),
    st.just(SKIP),
    st.just(STOP),
    st.sampled_from(["\n", thought("hm"), ENDS, called(""), called('{"x"'), called(": 1}")]),
    st.sampled_from(Finish).map(finished),
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
    lambda attempts, midstream, hedge, total, floor, cap, longest, on_filter: Policy(
        attempts=attempts, midstream=midstream, hedge_delay=hedge, total=total, floor=floor, floor_window=5.0,
        backoff_cap=cap, longest_wait=longest, on_content_filter=on_filter,
    ),
    st.integers(1, 4),
    st.sampled_from(Midstream),
    st.none() | st.floats(0.1, 5.0),
    st.sampled_from([5.0, 120.0, 1_000.0]),
    st.none() | st.just(1.0),
    st.sampled_from([0.5, 8.0, 60.0]),
    st.sampled_from([0.0, 10.0, 60.0]),
    st.sampled_from(OnFilter),
)  # fmt: skip
ASKED = (Message("user", (Text("Why?"),)),)
HISTORIES = (
    ASKED,
    (*ASKED, Message("assistant", (Reasoning(text="plan", provider="openai"), Text("So."))), *ASKED),
    (*ASKED, Message("assistant", (Text("Because"),))),
    (
        *ASKED,
        Message("assistant", (ToolCall(id="1", name="look", arguments="{}"),)),
        Message("tool", (ToolResult(call_id="1", name="look", content="seen"),)),
    ),
)
benches = st.lists(
    st.builds(
        lambda provider, key, model, until, kind, probed: e.Bench(
            provider=provider,
            key=key,
            model=model if probed or not key else "",
            since=-1.0,
            until=until,
            kind=kind,
            probed=probed,
        ),
        st.sampled_from(["openai", "anthropic"]),
        st.sampled_from(["", "env:A", "env:B"]),
        st.sampled_from(["a", "b"]),
        st.floats(0.1, 1_000.0),
        st.sampled_from([Kind.SERVER, Kind.RATE_LIMIT, Kind.AUTH]),
        st.booleans(),
    ),
    max_size=3,
).map(tuple)
scripts = st.lists(st.lists(beats, max_size=5), max_size=12)


def shown(run: Run) -> set[str]:
    return {run.text_of(attempt) for attempt in run.attempts} | {""}


def before_each(journal_of: list[e.AnyEvent]) -> Iterator[tuple[Run, e.AnyEvent]]:
    """Each event with the run that it met."""
    run = begin(journal_of[0])
    for event in journal_of[1:]:
        yield run, event
        run = evolve(run, event)


def check(world: World, run: Run) -> None:
    assert run.outcome is not None
    assert run.live == ()
    assert run.waiting is None
    assert journal.fold(journal.load(journal.dump(world.journal))) == run
    check_bounds(run)
    check_text(run)
    check_conduct(world, run)


def check_bounds(run: Run) -> None:
    """Of each candidate: its tries, its rotations, one repair for each part, and one restart without a prefill."""
    policy = run.request.route.policy
    for i, candidate in enumerate(run.candidates):
        asked = [attempt for attempt in run.attempts if attempt.candidate == i]
        repairs = sum(a.rule in (e.Rule.REPAIRED, e.Rule.CONTINUE_REFUSED) for a in asked)
        assert repairs <= len(NAMES) + 3
        assert len(asked) - repairs <= policy.attempts + len(candidate.keys)
        parts = [part for attempt in asked for part in attempt.without]
        assert all(len(set(attempt.without)) == len(attempt.without) for attempt in asked)
        assert len(set(parts)) <= repairs
    if run.retries is not None:
        unbounded = sum(a.rule in (e.Rule.REPAIRED, e.Rule.CONTINUE_REFUSED) for a in run.attempts)
        assert retries_of(run) - unbounded <= run.retries


def check_text(run: Run) -> None:
    """The answer is the text of one attempt, or of a declared chain; all else that was shown is withdrawn."""
    assert run.text in shown(run)
    if run.outcome is not e.Outcome.ANSWERED:
        return
    answer = run.answer
    assert answer is not None
    well_empty = answer.fault is not None and answer.fault.kind is Kind.EMPTY and answer.finish is not None
    assert answer.completed or well_empty
    chain, link = {answer.number}, answer.continues
    while link is not None:
        chain.add(link)
        assert run.attempt(link).superseded is None
        link = run.attempt(link).continues
    for attempt in run.attempts:
        if attempt.number not in chain and attempt.says:
            assert attempt.superseded is not None or attempt.cut is e.Rule.HEDGE_LOST


def check_conduct(world: World, run: Run) -> None:
    longest = run.request.route.policy.longest_wait
    for before, event in before_each(world.journal):
        match event:
            case e.WaitStarted(at=at, until=until):
                assert at < until <= at + longest + 1e-6
            case e.AttemptStarted(at=at, candidate=index, key=key):
                assert index not in before.passed, "it was skipped"
                assert bench_of_key(before, run.candidates[index], key, at) is None, "the key rests"
                assert not any(live.candidate == index for live in before.live)
            case _:
                pass


def storm(
    messages: tuple[Message, ...], route_of: list[Candidate], policy: Policy, plays: list[list[object]],
    resting: tuple[e.Bench, ...], retries: int | None,
) -> None:  # fmt: skip
    route = Route(name="storm", candidates=tuple(route_of), policy=policy)
    request = Request(messages=messages, route=route, parameters=Parameters(temperature=0.5, seed=1))
    world = World(request, plays, resting, retries)
    check(world, world.play())


weather = given(
    st.tuples(
        st.sampled_from(HISTORIES), st.lists(candidates, min_size=1, max_size=4), policies, scripts, benches,
        st.none() | st.integers(0, 3),
    )
)  # fmt: skip
calm = [HealthCheck.too_slow, HealthCheck.data_too_large]


@weather
@settings(max_examples=300, deadline=None, suppress_health_check=calm)
def test_any_storm_of_faults_ends_with_the_text_of_one_attempt(what: tuple):
    storm(*what)


@pytest.mark.slow
@pytest.mark.timeout(1200)
@weather
@settings(max_examples=2_000, deadline=None, suppress_health_check=calm)
def test_many_storms_of_faults_end_with_the_text_of_one_attempt(what: tuple):
    storm(*what)
