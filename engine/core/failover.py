"""The whole failover policy: `decide(run, now)` and `deadline(run)`.

`decide` is asked until it is silent. Each answer is one step; the fold of that step brings the next. Nothing is
remembered outside the Run.
"""

from engine.core import events as e
from engine.core.cooling import candidate_bench, key_bench
from engine.core.faults import Fault, Kind
from engine.core.fitness import available_at, gone_past, next_choice
from engine.core.plan import GiveUp, Move, plan
from engine.core.request import Clocks
from engine.core.run import Attempt, Run

FINISH_GRACE = 1.0  # seconds for usage and an end mark to follow a finish reason


def decide(run: Run, now: float) -> e.Verb | None:
    """The next step at `now` (run seconds), or None when there is nothing to do but wait."""
    if run.outcome is not None:
        return None
    if run.stop_asked:
        return _stop(run, now)
    if now >= run.request.route.policy.total:
        return _out_of_time(run, now)
    live = run.live
    if live:
        return _watch(run, live, now)
    if run.waiting is not None:
        return _start_after_wait(run, now) if now >= run.waiting.until else None
    return _next(run, now)


def deadline(run: Run) -> float | None:
    """When to ask again if nothing is heard, in run seconds; None once the run is over."""
    if run.outcome is not None:
        return None
    times = [run.request.route.policy.total]
    if run.waiting is not None:
        times.append(run.waiting.until)
    for attempt in run.live:
        times.append(_limit(run, attempt)[0])
        hedge = _hedge_time(run, attempt)
        if hedge is not None:
            times.append(hedge)
    return min(times)


def clocks_of(run: Run, attempt: Attempt) -> Clocks:
    """The limits that govern this attempt: the candidate's where it has its own, else the route's."""
    own, policy = run.candidate_of(attempt).clocks, run.request.route.policy
    return Clocks(
        connect=policy.connect if own.connect is None else own.connect,
        first_token=policy.first_token if own.first_token is None else own.first_token,
        idle=policy.idle if own.idle is None else own.idle,
        total=own.total,
    )


# While attempts are live.


def _stop(run: Run, now: float) -> e.Verb:
    for attempt in run.live:
        return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, rule=e.Rule.STOPPED, why="You stopped it.")
    return _end(run, now, e.Outcome.STOPPED, e.Rule.STOPPED, "You stopped the run.")


def _out_of_time(run: Run, now: float) -> e.Verb:
    total = run.request.route.policy.total
    why = f"The run took longer than its limit of {total:g} s."
    for attempt in run.live:
        fault = Fault(kind=Kind.TOTAL, detail=why, in_stream=attempt.first_output is not None)
        return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, fault=fault, rule=e.Rule.DEADLINE, why=why)
    return _end(run, now, _failure(run), e.Rule.DEADLINE, why)


def _watch(run: Run, live: tuple[Attempt, ...], now: float) -> e.Verb | None:
    if len(live) > 1 and any(a.first_output is not None for a in live):
        return _cut_the_loser(run, live, now)
    for attempt in live:
        if attempt.candidate in run.passed:
            why = "You asked for the next one."
            return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, rule=e.Rule.SKIPPED, why=why)
        limit, fault = _limit(run, attempt)
        if now >= limit:
            rule = e.Rule.FINISHED if fault is None else e.Rule.CLOCK
            why = fault.detail if fault is not None else "The finish reason was read; no end mark followed."
            return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, fault=fault, rule=rule, why=why)
    return _hedge(run, live, now)


def _limit(run: Run, a: Attempt) -> tuple[float, Fault | None]:
    """When the next clock of a live attempt runs out, and the fault that this is (None: the answer was finished)."""
    clocks = clocks_of(run, a)
    if a.finished is not None:
        limit, fault = a.finished + FINISH_GRACE, None
    elif a.connected is None:
        limit, fault = _clock(Kind.CONNECT, a.started, clocks.connect, "No connection within {:g} s.")
    elif a.first_output is None:
        begun = a.connected + a.held
        limit, fault = _clock(Kind.FIRST_TOKEN, begun, clocks.first_token, "Connected, but no token for {:g} s.")
    else:
        limit, fault = _clock(Kind.IDLE, a.heard or a.first_output, clocks.idle, "The stream went silent for {:g} s.")
    if clocks.total is not None and a.started + clocks.total < limit:
        limit, fault = _clock(Kind.TOTAL, a.started, clocks.total, "The attempt took longer than its limit of {:g} s.")
    return limit, fault


def _clock(kind: Kind, since: float, seconds: float | None, sentence: str) -> tuple[float, Fault]:
    limit = seconds or 0.0
    return since + limit, Fault(kind=kind, detail=sentence.format(limit), in_stream=kind is Kind.IDLE)


def _cut_the_loser(run: Run, live: tuple[Attempt, ...], now: float) -> e.Verb:
    spoken = [a for a in live if a.first_output is not None]
    winner = min(spoken, key=lambda a: (a.first_output, a.number))
    loser = next(a for a in live if a is not winner)
    why = f"Attempt {winner.number} gave the first output."
    return e.AttemptCut(run=run.id, at=now, attempt=loser.number, rule=e.Rule.HEDGE_LOST, why=why)


def _hedge_time(run: Run, attempt: Attempt) -> float | None:
    delay = run.request.route.policy.hedge_delay
    if delay is None or attempt.first_output is not None or len(run.live) > 1:
        return None
    if any(isinstance(d, e.HedgeStarted) and d.attempt == attempt.number for d in run.trail):
        return None
    return attempt.started + delay if next_choice(run, run.now) is not None else None


def _hedge(run: Run, live: tuple[Attempt, ...], now: float) -> e.Verb | None:
    last = run.trail[-1]
    if isinstance(last, e.HedgeStarted):
        choice = next_choice(run, last.at)
        if choice is None or choice.at > now:
            return None
        move = Move(
            candidate=choice.candidate, key=choice.key, at=now, action=e.Action.HEDGE, rule=last.rule, why=last.why
        )
        return _start(run, now, move, ())
    at = _hedge_time(run, live[0])
    choice = next_choice(run, now)
    if at is None or now < at or choice is None or choice.at > now:
        return None
    why = f"No token within {now - live[0].started:.1f} s, so the next candidate is asked as well."
    return e.HedgeStarted(
        run=run.id, at=now, attempt=live[0].number, candidate=choice.candidate, rule=e.Rule.HEDGE, why=why
    )


# When nothing is live.


def _next(run: Run, now: float) -> e.Verb:
    last = _latest(run)
    if last is None:
        return _begin(run, now)
    if last.completed:
        return _end(run, now, e.Outcome.ANSWERED, e.Rule.ANSWERED, "The answer is complete.", by=last.number)
    if (bench := key_bench(run, last)) is not None:
        return _benched(run, now, last, bench)
    planned, alternatives = plan(run, last)
    leaving = isinstance(planned, GiveUp) or planned.candidate != last.candidate
    if leaving and (bench := candidate_bench(run, last)) is not None:
        return _benched(run, now, last, bench)
    if isinstance(planned, GiveUp):
        return _give_up(run, now, planned, alternatives)
    return _step_towards(run, now, last, planned, alternatives)


def _latest(run: Run) -> Attempt | None:
    """The attempt that answered, else the one that ended last (a hedge that lost does not speak for the run)."""
    ended = [a for a in run.attempts if a.cut is not e.Rule.HEDGE_LOST]
    return max(ended, key=lambda a: (a.completed, a.ended or 0.0, a.number), default=None)


def _begin(run: Run, now: float) -> e.Verb:
    choice = next_choice(run, now)
    if (past := gone_past(run, choice.candidate if choice else None, now)) is not None:
        return _skipped(run, now, past)
    if choice is None:
        return _give_up(run, now, GiveUp(rule=e.Rule.EXHAUSTED, why="No candidate is fit to be asked."), ())
    rule = e.Rule.HALF_OPEN if choice.half_open else e.Rule.FIRST_FIT
    why = f"{run.candidates[choice.candidate].label} is {'the last that is left' if choice.half_open else 'fit'}."
    move = Move(candidate=choice.candidate, key=choice.key, at=choice.at, action=e.Action.BEGIN, rule=rule, why=why)
    return _wait_or_start(run, now, move, ())


def _step_towards(run: Run, now: float, last: Attempt, move: Move, alternatives: tuple[e.Alternative, ...]) -> e.Verb:
    shown = last.spoke or bool(last.reasoning)
    if shown and last.superseded is None and move.continues is None:
        return e.TextSuperseded(run=run.id, at=now, attempt=last.number, rule=move.rule, why=move.why)
    if move.continues is None and (earlier := _unsuperseded(run, last)) is not None:
        return e.TextSuperseded(run=run.id, at=now, attempt=earlier, rule=move.rule, why=move.why)
    if move.action is e.Action.ROTATE and not last.granted:
        return e.KeyRotated(
            run=run.id, at=now, attempt=last.number, candidate=move.candidate, from_key=last.key, to_key=move.key,
            rule=move.rule, why=move.why, alternatives=alternatives,
        )  # fmt: skip
    if move.candidate != last.candidate and (past := gone_past(run, move.candidate, now)) is not None:
        return _skipped(run, now, past)
    return _wait_or_start(run, now, move, alternatives)


def _unsuperseded(run: Run, last: Attempt) -> int | None:
    """A partial text that `last` went on from, when the run starts again instead."""
    number = last.continues
    return number if number is not None and run.attempt(number).superseded is None else None


def _skipped(run: Run, now: float, past: tuple[int, e.Rule, str]) -> e.Verb:
    candidate, rule, why = past
    return e.CandidateSkipped(run=run.id, at=now, candidate=candidate, rule=rule, why=why)


def _wait_or_start(run: Run, now: float, move: Move, alternatives: tuple[e.Alternative, ...]) -> e.Verb:
    if move.at <= now:
        return _start(run, now, move, alternatives)
    return e.WaitStarted(
        run=run.id, at=now, until=move.at, candidate=move.candidate, key=move.key, action=move.action,
        asked=move.asked, continues=move.continues, rule=move.rule, why=move.why, alternatives=alternatives,
    )  # fmt: skip


def _start(run: Run, now: float, move: Move, alternatives: tuple[e.Alternative, ...]) -> e.Verb:
    return e.AttemptStarted(
        run=run.id, at=now, attempt=len(run.attempts) + 1, candidate=move.candidate, key=move.key,
        action=move.action, continues=move.continues, rule=move.rule, why=move.why, alternatives=alternatives,
    )  # fmt: skip


def _start_after_wait(run: Run, now: float) -> e.Verb:
    wait = run.waiting
    assert wait is not None
    return e.AttemptStarted(
        run=run.id, at=now, attempt=len(run.attempts) + 1, candidate=wait.candidate, key=wait.key,
        action=wait.action, continues=wait.continues, rule=wait.rule, why=wait.why, alternatives=wait.alternatives,
    )  # fmt: skip


def _give_up(run: Run, now: float, planned: GiveUp, alternatives: tuple[e.Alternative, ...]) -> e.Verb:
    if planned.rule is not e.Rule.KEEP_PARTIAL and (past := gone_past(run, None, now)) is not None:
        return _skipped(run, now, past)
    soonest = available_at(run, now) if planned.rule is e.Rule.EXHAUSTED else None
    return _end(run, now, _failure(run), planned.rule, planned.why, alternatives=alternatives, soonest=soonest)


def _failure(run: Run) -> e.Outcome:
    return e.Outcome.PARTIAL if any(a.spoke for a in run.attempts) else e.Outcome.FAILED


def _end(
    run: Run, now: float, outcome: e.Outcome, rule: e.Rule, why: str, *, by: int | None = None,
    alternatives: tuple[e.Alternative, ...] = (), soonest: float | None = None,
) -> e.Verb:  # fmt: skip
    if by is None and outcome is not e.Outcome.FAILED:
        by = next((a.number for a in reversed(run.attempts) if a.spoke), None)
    return e.RunEnded(
        run=run.id, at=now, outcome=outcome, by=by, rule=rule, why=why, alternatives=alternatives, available_at=soonest
    )


def _benched(run: Run, now: float, last: Attempt, bench: e.Bench) -> e.Verb:
    return e.Benched(run=run.id, at=now, attempt=last.number, bench=bench, rule=e.Rule.COOLING, why=bench.reason)
