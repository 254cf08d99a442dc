"""What the linter foretells holds for every run, and each of its remedies mends what it names."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Capabilities, Clocks, Midstream, Parameters, Policy, Route, Usage, ask
from engine.prices import BUILT_IN, Price, Prices, cost
from engine.providers.registry import resolve
from engine.route_bounds import Asked, bounds, most_attempts
from engine.route_lint import Check, Severity, lint
from tests.engine.core.playing import DONE, SKIP, World, play

KNOWN = frozenset({("openai", "env:A"), ("openai", "keyring:work"), ("anthropic", "env:B"), ("", "session:any")})


def openai(model: str = "gpt-4.1", keys: tuple[str, ...] = ("env:A",), **more: object) -> Candidate:
    return Candidate(provider="openai", model=model, keys=keys, **more)  # pyright: ignore[reportArgumentType]


def claude(**more: object) -> Candidate:
    more = {"keys": ("env:B",)} | more
    return Candidate(provider="anthropic", model="claude-haiku-4-5", **more)  # pyright: ignore[reportArgumentType]


def route(*candidates: Candidate, **policy: object) -> Route:
    return Route(name="test", candidates=candidates, policy=Policy(**policy))  # pyright: ignore[reportArgumentType]


def found(a_route: Route, check: Check, **asked: object):
    report = lint(a_route, KNOWN, Asked(**asked))  # pyright: ignore[reportArgumentType]
    return [finding for finding in report.findings if finding.check is check]


# The bounds.

faults = st.builds(
    lambda kind, cause, hint, retry: Fault(
        kind=kind, cause=cause, wait_hint=hint, retry=retry, detail="temperature is not supported"
    ),
    st.sampled_from(Kind),
    st.none() | st.sampled_from(Cause),
    st.none() | st.floats(0.001, 60),
    st.sampled_from([None, True, False]),
)
beats = st.one_of(st.text(min_size=1, max_size=5), faults, faults, st.just(DONE), st.floats(0.0, 30.0), st.just(SKIP))
scripts = st.lists(st.lists(beats, max_size=5), min_size=8, max_size=30)
silent_scripts = st.lists(st.tuples(st.floats(0.0, 30.0), faults).map(list), min_size=30, max_size=30)
candidates = st.builds(
    lambda provider, model, keys, first, total, prefill: Candidate(
        provider=provider, model=model, keys=tuple(keys), clocks=Clocks(first_token=first, total=total),
        capabilities=Capabilities(prefill=prefill),
    ),
    st.sampled_from(["openai", "anthropic", "gemini"]),
    st.sampled_from(["a", "b"]),
    st.lists(st.sampled_from(["env:A", "env:B", "env:C"]), max_size=3, unique=True),
    st.none() | st.floats(0.5, 20.0),
    st.none() | st.floats(0.5, 40.0),
    st.sampled_from([None, True]),
)  # fmt: skip
policies = st.builds(
    lambda attempts, midstream, hedge, total, wait, cap: Policy(
        attempts=attempts, midstream=midstream, hedge_delay=hedge, total=total, longest_wait=wait, backoff_cap=cap
    ),
    st.integers(1, 4),
    st.sampled_from(Midstream),
    st.none() | st.floats(0.1, 5.0),
    st.sampled_from([5.0, 120.0, 2_000.0]),
    st.floats(0.0, 20.0),
    st.floats(0.1, 30.0),
)
storms = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PARAMETERS = Parameters(temperature=0.5, max_tokens=100)


def run_of(a_route: Route, plays) -> World:
    world = World(ask("Why?", a_route, parameters=PARAMETERS), plays)
    world.play()
    return world


@given(st.lists(candidates, min_size=1, max_size=4), policies, scripts)
@storms
def test_no_run_makes_more_attempts_or_ends_later_than_foretold(chain, policy, plays):
    a_route = Route(name="storm", candidates=tuple(chain), policy=policy)
    most = bounds(a_route, Asked(parameters=PARAMETERS))
    run = run_of(a_route, plays).run
    assert len(run.attempts) <= most.attempts
    assert run.ended is not None
    assert run.ended <= most.end + 1e-3
    for place, candidate in enumerate(a_route.candidates):
        own = sum(attempt.candidate == place for attempt in run.attempts)
        assert own <= most_attempts(candidate, policy, Asked(parameters=PARAMETERS))


@given(st.lists(candidates, min_size=1, max_size=4), policies, silent_scripts)
@storms
def test_a_run_without_a_word_gives_up_no_later_than_foretold(chain, policy, plays):
    a_route = Route(name="storm", candidates=tuple(chain), policy=policy)
    run = run_of(a_route, plays).run
    assert run.ended is not None
    assert run.ended <= bounds(a_route, Asked(parameters=PARAMETERS)).first_output + 1e-3


@given(st.lists(candidates, min_size=1, max_size=4), policies, scripts)
@storms
def test_the_first_output_comes_no_later_than_foretold(chain, policy, plays):
    a_route = Route(name="storm", candidates=tuple(chain), policy=policy)
    run = run_of(a_route, plays).run
    first = min((a.first_output for a in run.attempts if a.first_output is not None), default=run.ended)
    assert first is not None
    assert first <= bounds(a_route, Asked(parameters=PARAMETERS)).first_output + 1e-3


def test_the_time_for_silence_is_exact():
    local = resolve(Candidate(provider="local", model="m"))
    a_route = route(openai(), claude(clocks=Clocks(first_token=4.0)), local, total=500)
    run = play(a_route, [], [], [])
    assert run.ended == pytest.approx(10.0 + 4.0 + 120.0)
    assert bounds(a_route).silent == pytest.approx(run.ended)
    assert bounds(a_route).turns == pytest.approx([attempt.started for attempt in run.attempts])


def test_a_wait_for_a_key_that_both_candidates_share_is_reckoned_with():
    a_route = route(openai("a"), openai("b"), attempts=1, connect=0.1, total=500)
    limited = Fault(kind=Kind.RATE_LIMIT, wait_hint=9.9)
    run = play(a_route, [9.9, limited], [])
    apart = route(openai("a"), openai("b", keys=("keyring:work",)), attempts=1, connect=0.1, total=500)
    assert run.ended is not None
    assert bounds(apart).first_output < run.ended <= bounds(a_route).first_output


def test_the_pause_before_another_key_is_reckoned_with():
    keys = ("env:A", "keyring:work")
    a_route = route(
        openai(keys=keys), attempts=1, connect=0.1, backoff=20.0, backoff_cap=20.0, longest_wait=20.0, total=500
    )
    run = play(a_route, [9.9, Fault(kind=Kind.RATE_LIMIT)], [])
    hasty = replace(a_route, policy=replace(a_route.policy, backoff=0.0))
    assert run.ended is not None
    assert bounds(hasty).first_output < run.ended <= bounds(a_route).first_output


def test_a_handed_on_answer_that_is_refused_costs_one_attempt_more():
    prefill = Capabilities(prefill=True)
    a_route = route(openai(), claude(capabilities=prefill), attempts=1, midstream=Midstream.CONTINUE)
    refused = Fault(kind=Kind.BAD_REQUEST, cause=Cause.PREFILL)
    run = play(a_route, ["Rayleigh", Fault(kind=Kind.TRUNCATED)], [refused], [DONE])
    assert len(run.attempts) == 3
    assert sum(attempt.candidate == 1 for attempt in run.attempts) == most_attempts(
        a_route.candidates[1], a_route.policy
    )


def test_an_own_total_cuts_the_time_for_silence():
    assert bounds(route(openai(clocks=Clocks(total=3.0)), claude())).silent == pytest.approx(13.0)


def test_the_plain_route_takes_what_its_clocks_say():
    most = bounds(route(openai(), claude(), total=1_000))
    one = 3 * (5 + 10 + 1) + 2 * 10
    assert (most.first_output, most.attempts, most.reached, most.end) == (2 * one, 6, 2, 1_000)


def test_a_total_that_ends_early_says_how_many_are_reached():
    assert bounds(route(openai(), claude(), Candidate(provider="local", model="m"), total=60)).reached == 1


# The cost.


def test_the_most_cost_counts_every_attempt():
    most = bounds(route(openai("gpt-4o-mini"), claude()), Asked(parameters=Parameters(max_tokens=1_000)))
    one = (1_000 * 0.15 + 1_000 * 0.60 + 1_000 * 1.00 + 1_000 * 5.00) / 1e6
    assert most.cost == pytest.approx(one * 4)  # three tries, and one where max_tokens is refused


def test_an_unknown_price_is_never_taken_for_nothing():
    most = bounds(route(openai(), openai("gpt-unheard-of")))
    assert most.cost is None
    assert most.unpriced == ("openai · gpt-unheard-of",)


def test_what_runs_here_costs_nothing_and_is_known():
    assert bounds(route(Candidate(provider="local", model="m"))).cost == 0.0


def test_a_prompt_beyond_the_price_has_no_known_cost():
    most = bounds(route(openai("gpt-5.4")), Asked(prompt_tokens=300_000))
    assert most.cost is None


@given(
    st.sampled_from([row for row in BUILT_IN if row.provider == "openai"]),
    st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 500), st.integers(0, 1_000)), max_size=3),
)
def test_no_bill_is_higher_than_foretold(row: Price, uses):
    asked = Asked(parameters=Parameters(max_tokens=500), prompt_tokens=1_000)
    most = bounds(route(openai(row.model)), asked).cost
    billed = [cost(Usage(input=i, output=o, cached=min(c, i)), row) or 0.0 for i, o, c in uses]
    assert most is not None
    assert sum(billed) <= most + 1e-12


# The findings.


def test_a_sound_route_has_no_finding():
    small, large = openai("gpt-4o"), openai("gpt-4.1", keys=("keyring:work",))
    assert lint(route(claude(context_window=100_000), small, large), KNOWN, Asked()).findings == ()


def test_an_empty_route_is_an_error_and_not_usable():
    report = lint(route())
    assert [f.check for f in report.findings] == [Check.EMPTY]
    assert not report.usable
    assert report.bounds.attempts == 0


def test_a_route_of_one_is_named():
    assert found(route(openai()), Check.ROUTE_OF_ONE)
    assert not found(route(openai(), claude()), Check.ROUTE_OF_ONE)


def test_duplicates_merge_into_one_with_the_keys_of_both():
    [finding] = found(route(openai(), claude(), openai(keys=("keyring:work", "env:A"))), Check.DUPLICATE)
    assert finding.place == 2
    assert finding.mended is not None
    assert [c.keys for c in finding.mended.candidates] == [("env:A", "keyring:work"), ("env:B",)]


def test_an_implied_and_a_written_address_are_the_same():
    assert found(route(openai(), openai(base_url="https://api.openai.com/v1/")), Check.DUPLICATE)


def test_a_fallback_on_the_same_account_warns_when_the_route_has_no_other():
    [alone] = found(route(openai("gpt-4.1"), openai("gpt-4o")), Check.SAME_ACCOUNT)
    [beside] = found(route(openai("gpt-4.1"), openai("gpt-4o"), claude()), Check.SAME_ACCOUNT)
    assert (alone.severity, beside.severity) == (Severity.WARNING, Severity.NOTE)
    assert not found(route(openai("gpt-4.1"), openai("gpt-4o", keys=("keyring:work",))), Check.SAME_ACCOUNT)


def test_a_smaller_window_behind_a_larger_one_is_noted():
    assert found(route(openai("gpt-4.1"), claude()), Check.SMALLER_WINDOW)
    assert not found(route(claude(), openai("gpt-4.1")), Check.SMALLER_WINDOW)
    own = openai("gpt-unheard-of", context_window=8_000)
    [finding] = found(route(claude(), own), Check.SMALLER_WINDOW)
    assert "8,000" in finding.what
    assert "200,000" in finding.what


def test_a_prompt_that_does_not_fit_is_foretold():
    assert found(route(claude()), Check.PROMPT_TOO_LONG, prompt_tokens=200_001)


@pytest.mark.parametrize(
    ("can", "asked"),
    [
        (Capabilities(tools=False), {"tools": True}),
        (Capabilities(vision=False), {"images": True}),
        (Capabilities(json=False), {"parameters": Parameters(json_schema={"type": "object"})}),
    ],
)
def test_what_a_candidate_cannot_do_is_named_only_when_it_is_asked(can, asked):
    a_route = route(claude(), openai(capabilities=can))
    assert [f.place for f in found(a_route, Check.INCAPABLE, **asked)] == [1]
    assert not found(a_route, Check.INCAPABLE)


def test_a_total_below_its_parts_is_raised_to_hold_them():
    [finding] = found(route(openai(), claude(), total=25), Check.TOTAL_TOO_SHORT)
    assert finding.mended is not None
    assert finding.mended.policy.total == 30.0
    assert not found(finding.mended, Check.TOTAL_TOO_SHORT)


def test_a_candidates_own_total_below_its_parts_is_left_to_the_route():
    [finding] = found(route(openai(clocks=Clocks(total=2.0, idle=3.0)), claude()), Check.OWN_TOTAL_TOO_SHORT)
    assert finding.mended is not None
    assert finding.mended.candidates[0].clocks == Clocks(idle=3.0)


def test_a_hedge_that_comes_too_late_is_switched_off():
    [finding] = found(route(openai(), claude(), hedge_delay=20.0), Check.HEDGE_TOO_LATE)
    assert finding.mended is not None
    assert finding.mended.policy.hedge_delay is None
    assert not found(route(openai(), claude(), hedge_delay=3.0), Check.HEDGE_TOO_LATE)


def test_continuing_needs_a_fallback_that_goes_on():
    prefill = Capabilities(prefill=True)
    assert found(route(openai(), openai("gpt-4o"), midstream=Midstream.CONTINUE), Check.NOBODY_CONTINUES)
    a_route = route(openai(), claude(capabilities=prefill), midstream=Midstream.CONTINUE)
    assert not found(a_route, Check.NOBODY_CONTINUES)


def test_a_missing_key_is_filled_from_those_that_are_known():
    [finding] = found(route(openai(keys=()), claude()), Check.NO_KEY)
    assert finding.severity is Severity.ERROR
    assert finding.mended is not None
    assert finding.mended.candidates[0].keys == ("env:A", "keyring:work", "session:any")
    [none] = [f for f in lint(route(openai(keys=())), frozenset()).findings if f.check is Check.NO_KEY]
    assert none.mended is None
    assert "keys page" in none.remedy
    assert not found(route(Candidate(provider="ollama", model="m"), claude()), Check.NO_KEY)


def test_a_key_of_another_provider_is_not_known_here():
    [finding] = found(route(openai(keys=("env:A", "env:B")), claude()), Check.UNKNOWN_KEY)
    assert finding.severity is Severity.WARNING
    assert finding.mended is not None
    assert finding.mended.candidates[0].keys == ("env:A",)
    [only] = found(route(openai(keys=("env:GONE",)), claude()), Check.UNKNOWN_KEY)
    assert only.severity is Severity.ERROR


def test_keys_are_not_looked_at_when_nobody_knows_them():
    checks = {f.check for f in lint(route(openai(keys=("env:GONE",)), claude(keys=())), None).findings}
    assert not checks & {Check.UNKNOWN_KEY, Check.NO_KEY}


def test_a_local_model_before_others_moves_to_the_end():
    local = Candidate(provider="ollama", model="llama3.2")
    [finding] = found(route(local, openai(), claude()), Check.LOCAL_NOT_LAST)
    assert finding.mended is not None
    assert [c.provider for c in finding.mended.candidates] == ["openai", "anthropic", "ollama"]
    assert not found(route(openai(), local, local), Check.LOCAL_NOT_LAST)


@pytest.mark.parametrize(
    ("url", "warned"),
    [
        ("http://gateway.example.com/v1", True),
        ("http://8.8.8.8/v1", True),
        ("http://[2001:4860:4860::8888]/v1", True),
        ("https://gateway.example.com/v1", False),
        ("http://127.0.0.1:8000/v1", False),
        ("http://192.168.1.7:8000/v1", False),
        ("http://server/v1", False),
        ("http://nas.local/v1", False),
    ],
)
def test_plain_http_is_an_error_on_public_hosts_only(url, warned):
    candidate = Candidate(provider="openai_compatible", model="m", base_url=url)
    findings = found(route(candidate, claude()), Check.PLAIN_HTTP)
    assert bool(findings) == warned
    if warned:
        assert findings[0].mended.candidates[0].base_url == "https" + url[4:]


@pytest.mark.parametrize(
    ("url", "mended"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/v1"),
        ("https://me.openai.azure.com", "https://me.openai.azure.com/openai/v1"),
    ],
)
def test_a_base_url_without_its_version_gets_one(url, mended):
    candidate = Candidate(provider="openai_compatible", model="m", base_url=url)
    [finding] = found(route(candidate, claude()), Check.MISSING_VERSION)
    assert finding.mended is not None
    assert finding.mended.candidates[0].base_url == mended


@pytest.mark.parametrize("name", ["deepseek", "perplexity", "copilot", "anthropic", "ollama"])
def test_a_providers_own_address_needs_no_version(name):
    assert not found(route(Candidate(provider=name, model="m"), claude()), Check.MISSING_VERSION)


@pytest.mark.parametrize(
    ("provider", "url", "mended"),
    [
        ("openai", "https://api.openai.com/v1/chat/completions", "https://api.openai.com/v1"),
        ("openai", "https://api.openai.com/v1/responses/", "https://api.openai.com/v1"),
        ("anthropic", "https://api.anthropic.com/v1/messages", "https://api.anthropic.com"),
        ("ollama", "http://127.0.0.1:11434/api/chat", "http://127.0.0.1:11434"),
        ("gemini", "https://g.test/v1beta/models/gemini-2.5-flash:streamGenerateContent", "https://g.test/v1beta"),
    ],
)
def test_a_whole_endpoint_as_base_url_is_an_error(provider, url, mended):
    [finding] = found(route(Candidate(provider=provider, model="m", base_url=url), claude()), Check.FULL_ENDPOINT)
    assert finding.severity is Severity.ERROR
    assert finding.mended is not None
    assert finding.mended.candidates[0].base_url == mended


@pytest.mark.parametrize("url", ["h", "http://", "http://[", "ftp://a.test", "https://[::1", "http://:80"])
def test_a_base_url_that_is_none_yet_is_an_error_and_never_a_crash(url):
    candidate = Candidate(provider="openai_compatible", model="m", base_url=url)
    [finding] = found(route(candidate, claude()), Check.UNRESOLVED)
    assert finding.remedy


@pytest.mark.parametrize("url", ["https://me:planted-4f2a@g.test/v1", "https://g.test/v1?key=sk-planted-4f2a9c81d7e6"])
def test_a_secret_in_a_base_url_is_an_error_that_does_not_repeat_it(url):
    candidate = Candidate(provider="openai_compatible", model="m", base_url=url)
    report = lint(route(candidate, claude()), KNOWN)
    assert Check.SECRET_IN_URL in [finding.check for finding in report.findings]
    assert not any("planted" in f"{f.what} {f.remedy} {f.apply}" for f in report.findings)


def test_what_the_catalogue_does_not_know_is_an_error_in_its_words():
    [unknown] = found(route(Candidate(provider="opnai", model="m"), claude()), Check.UNRESOLVED)
    assert "openai" in unknown.remedy
    [homeless] = found(route(Candidate(provider="azure", model="m"), claude()), Check.UNRESOLVED)
    assert "base_url" in homeless.remedy


@pytest.mark.parametrize(
    ("model", "thinks"),
    [
        ("gpt-5-mini", True), ("openai/gpt-5", True), ("o3", True), ("o4-mini", True), ("deepseek-reasoner", True),
        ("kimi-k2-thinking", True), ("gemini-2.5-pro", True), ("deepseek-ai/DeepSeek-R1", True), ("gpt-4o", False),
        ("grok-4-fast-non-reasoning", False), ("claude-haiku-4-5", False), ("foo3-large", False),
    ],
)  # fmt: skip
def test_a_model_that_thinks_is_given_time_for_it(model, thinks):
    findings = found(route(openai(model), claude()), Check.IMPATIENT)
    assert bool(findings) == thinks
    if thinks:
        assert not found(findings[0].mended, Check.IMPATIENT)


def test_asking_for_reasoning_makes_any_model_think():
    a_route = route(openai("gpt-4o"), claude(capabilities=Capabilities(reasoning=False)))
    assert [f.place for f in found(a_route, Check.IMPATIENT, parameters=Parameters(reasoning_effort="high"))] == [0]
    assert not found(a_route, Check.IMPATIENT, parameters=Parameters(reasoning_effort="none"))


def test_findings_come_by_severity_and_then_by_place():
    findings = lint(route(openai(keys=()), openai("gpt-5", keys=()), total=5), KNOWN).findings
    order = list(Severity)
    ranks = [(order.index(f.severity), -1 if f.place is None else f.place) for f in findings]
    assert ranks == sorted(ranks)
    assert len(findings) >= 4


@given(st.lists(candidates, max_size=4), policies)
@settings(max_examples=100, deadline=None)
def test_each_remedy_that_is_applied_removes_its_finding(chain, policy):
    a_route = Route(name="any", candidates=tuple(chain), policy=policy)
    for finding in lint(a_route, KNOWN).findings:
        assert bool(finding.mended) == bool(finding.apply)
        if finding.mended is not None:
            after = lint(finding.mended, KNOWN).findings
            assert len([f for f in after if f.check is finding.check]) < len(
                [f for f in lint(a_route, KNOWN).findings if f.check is finding.check]
            )


def test_the_users_prices_are_reckoned_with():
    own = Prices([Price(provider="openai", model="gpt-4.1", input=1_000_000, output=0)])
    assert lint(route(openai()), None, Asked(prompt_tokens=1), own).bounds.cost == pytest.approx(3.0)
