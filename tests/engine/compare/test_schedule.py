"""What may run beside what, what it may cost, and when to ask first."""

from msgspec.structs import replace

from engine.compare.schedule import LOCAL_ALONE, Costs, Pace, Queue, claims, holds_apart, question
from engine.compare.sets import Column, Job, Mode, jobs
from engine.core.request import Candidate, Parameters, Route, Usage
from tests.engine.compare.putting import column, comparison, result

A, B, TWIN = column("a", "http://a"), column("b", "http://b"), column("twin", "http://a")
BOTH = column("both", "http://b", "http://c")


def local(label: str) -> Column:
    one = Candidate(provider="ollama", model=label, base_url="http://127.0.0.1:11434")
    return Column(label=label, route=Route(name=label, candidates=(one,)))


def apart(wanted, one: int, other: int) -> bool:
    return not claims(wanted, one).isdisjoint(claims(wanted, other))


def test_by_back_end_only_those_that_share_one_wait_for_one_another():
    wanted = comparison(A, TWIN, B, BOTH, mode=Mode.BY_BACKEND)
    assert apart(wanted, 0, 1)
    assert apart(wanted, 2, 3)
    assert not apart(wanted, 0, 2)


def test_all_at_once_only_a_column_waits_for_itself():
    wanted = comparison(A, TWIN, mode=Mode.ALL_AT_ONCE)
    assert not apart(wanted, 0, 1)
    assert apart(wanted, 0, 0)


def test_one_at_a_time_all_wait():
    assert apart(comparison(A, B, mode=Mode.ONE_AT_A_TIME), 0, 1)


def test_local_models_do_not_run_against_each_other_and_it_is_said_why():
    wanted = comparison(local("x"), local("y"), A)
    assert apart(wanted, 0, 1)
    assert not apart(wanted, 0, 2)
    assert holds_apart(wanted) == LOCAL_ALONE
    together = replace(wanted, local_together=True)
    assert not apart(together, 0, 1)
    assert holds_apart(together) == holds_apart(comparison(A, local("x"))) == ""


def test_the_queue_gives_the_first_job_whose_back_end_is_free():
    wanted = comparison(A, TWIN, B, mode=Mode.BY_BACKEND)
    order = [Job(0, 0, 0), Job(0, 1, 0), Job(0, 2, 0)]
    queue = Queue(order, {i: claims(wanted, i) for i in range(3)})
    assert queue.head([]) == order[0]
    queue.take(order[0])
    assert queue.head([order[0]]) == order[2]
    assert queue.head([order[0], order[2]]) is None
    assert queue.head([]) == order[1]
    assert (len(queue), list(queue)) == (2, order[1:])


def test_the_time_left_is_that_of_the_busiest_back_end():
    wanted = comparison(A, TWIN, B, mode=Mode.BY_BACKEND)
    needs = {i: claims(wanted, i) for i in range(3)}
    pace = Pace()
    assert pace.seconds_left({0: 1, 1: 0, 2: 0}, needs) is None
    for place in (0, 2):
        pace.learn(result(place))
    assert pace.seconds_left({0: 2, 1: 3, 2: 4}, needs) == 5.0


def dollar_a_token(candidate: Candidate, usage: Usage) -> float | None:
    return None if candidate.provider == "mistral" else (usage.input or 0) * 1.0 + (usage.output or 0) * 2.0


def test_the_estimate_counts_the_dearest_candidate_and_names_what_has_no_price():
    unknown = column("unknown", "http://u", provider="mistral")
    wanted = comparison(A, unknown, repeat=3, parameters=Parameters(max_tokens=10))
    estimate = Costs(wanted, dollar_a_token).estimate(wanted, jobs(wanted, 1))
    assert estimate.runs == 6
    assert estimate.dollars == 3 * (5 + 20)  # twenty characters are taken for five tokens
    assert estimate.unpriced == ("unknown",)


def test_what_a_run_cost_takes_the_place_of_the_guess():
    wanted = comparison(A, B)
    costs = Costs(wanted, dollar_a_token)
    costs.learn(result(0, measures=replace(result(0).measures, cost=0.5)))
    assert costs.of(Job(0, 0, 1)) == 0.5
    assert costs.of(Job(0, 1, 1)) == 5 + 2 * 500


def test_ten_thousand_runs_are_asked_about_with_their_cost():
    wanted = comparison(A, B, repeat=5000)
    asked = question(Costs(wanted, lambda candidate, usage: 0.001).estimate(wanted, jobs(wanted, 1)))
    assert asked is not None
    assert "10,000 runs" in asked.text
    assert "$10.00" in asked.text
    assert question(Costs(wanted, lambda candidate, usage: 0.001).estimate(wanted, jobs(wanted, 1)[:9])) is None
