"""The whole failover policy: `decide(run, now)` and `deadline(run)`.

`decide` is asked until it is silent. Each answer is one step; the fold of that step brings the next. Nothing is
remembered outside the Run.
"""

from engine.core import clocks
from engine.core import events as e
from engine.core.cooling import candidate_bench, key_bench
from engine.core.faults import Cause, Fault, Kind
from engine.core.fitness import Choice, available_at, gone_past, next_choice, offline
from engine.core.plan import GiveUp, Move, plan
from engine.core.repair import left_out
from engine.core.run import Attempt, Run

ECHOES = 100  # the same piece so many times in a row is no answer


def decide(run: Run, now: float) -> e.Verb | None:
    """The next step at `now` (run seconds), or None when there is nothing to do but wait."""
    if run.outcome is not None:
        return None
    if (answered := _answered(run)) is not None:
        return _settle(run, now, answered)
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
        times.append(clocks.limit(run, attempt).at)
        hedge = _hedge_time(run, attempt)
        if hedge is not None:
            times.append(hedge)
    return min(times)


# When an answer is there.


def _answered(run: Run) -> Attempt | None:
    """The attempt that gave a whole answer."""
    for attempt in run.attempts:
        if attempt.completed or _well_empty(run, attempt):
            return attempt
    return None


def _well_empty(run: Run, attempt: Attempt) -> bool:
    fault = attempt.fault
    return fault is not None and fault.kind is Kind.EMPTY and clocks.may_be_empty(run, attempt)


def _settle(run: Run, now: float, answered: Attempt) -> e.Verb:
    for attempt in run.live:
        return _cut_loser(run, now, attempt, answered)
    return _end(run, now, e.Outcome.ANSWERED, e.Rule.ANSWERED, "The answer is complete.", by=answered.number)


def _cut_loser(run: Run, now: float, loser: Attempt, winner: Attempt) -> e.Verb:
    why = f"Attempt {winner.number} gave the first output."
    return e.AttemptCut(run=run.id, at=now, attempt=loser.number, rule=e.Rule.HEDGE_LOST, why=why)


# While attempts are live.


def _stop(run: Run, now: float) -> e.Verb:
    for attempt in run.live:
        return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, rule=e.Rule.STOPPED, why="You stopped it.")
    return _end(run, now, e.Outcome.STOPPED, e.Rule.STOPPED, "You stopped the run.")


def _out_of_time(run: Run, now: float) -> e.Verb:
    total = run.request.route.policy.total
    why = f"The run took longer than its limit of {total:g} s."
    for attempt in run.live:
        if attempt.finished is not None:
            return _cut(run, now, attempt, clocks.finish(run, attempt, now))
        fault = Fault(kind=Kind.TOTAL, detail=why, in_stream=attempt.first_output is not None)
        return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, fault=fault, rule=e.Rule.DEADLINE, why=why)
    return _end(run, now, _failure(run), e.Rule.DEADLINE, why)


def _watch(run: Run, live: tuple[Attempt, ...], now: float) -> e.Verb | None:
    if len(live) > 1 and (spoken := [a for a in live if a.first_output is not None]):
        winner = min(spoken, key=lambda a: (a.first_output, a.number))
        return _cut_loser(run, now, next(a for a in live if a is not winner), winner)
    for attempt in live:
        if attempt.candidate in run.passed:
            why = "You asked for the next one."
            return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, rule=e.Rule.SKIPPED, why=why)
        if attempt.echoes >= ECHOES:
            return _cut(run, now, attempt, _runaway(attempt, now))
        limit = clocks.limit(run, attempt)
        if now >= limit.at:
            return _cut(run, now, attempt, limit)
    return _hedge(run, live, now)


def _runaway(attempt: Attempt, now: float) -> clocks.Limit:
    detail = f"The same piece of text came {attempt.echoes} times in a row."
    fault = Fault(kind=Kind.MALFORMED, cause=Cause.RUNAWAY, detail=detail, in_stream=True)
    return clocks.Limit(at=now, rule=e.Rule.RUNAWAY, fault=fault, why=detail)


def _cut(run: Run, now: float, attempt: Attempt, limit: clocks.Limit) -> e.Verb:
    return e.AttemptCut(run=run.id, at=now, attempt=attempt.number, fault=limit.fault, rule=limit.rule, why=limit.why)


def _hedge_time(run: Run, attempt: Attempt) -> float | None:
    """When the next candidate is started beside this one; None where none is to be, or none is fit."""
    delay = run.request.route.policy.hedge_delay
    if delay is None or attempt.first_output is not None or len(run.live) > 1:
        return None
    if attempt.continues is not None:  # a second one would begin anew, beside a text that is still shown
        return None
    if any(isinstance(d, e.HedgeStarted) and d.attempt == attempt.number for d in run.trail):
        return None
    at = attempt.started + delay
    return at if _hedge_choice(run, at) is not None else None


def _hedge_choice(run: Run, at: float) -> Choice | None:
    choice = next_choice(run, at)
    return None if choice is None or choice.half_open else choice


def _hedge(run: Run, live: tuple[Attempt, ...], now: float) -> e.Verb | None:
    last = run.trail[-1]
    choice = _hedge_choice(run, now)
    if isinstance(last, e.HedgeStarted) and choice is not None:
        move = Move(
            candidate=choice.candidate, key=choice.key, at=now, action=e.Action.HEDGE, rule=last.rule, why=last.why
        )
        return _start(run, now, move, ())
    at = _hedge_time(run, live[0])
    if at is None or now < at or choice is None:
        return _hedge_lesson(run, now)
    why = f"No token within {now - live[0].started:.1f} s, so the next candidate is asked as well."
    return e.HedgeStarted(
        run=run.id, at=now, attempt=live[0].number, candidate=choice.candidate, rule=e.Rule.HEDGE, why=why
    )


def _hedge_lesson(run: Run, now: float) -> e.Verb | None:
    """What an attempt that failed beside a live one leaves behind: no plan follows it, but its key may be dead."""
    if run.request.route.policy.hedge_delay is None:
        return None
    going_on = {attempt.candidate for attempt in run.live}
    for attempt in run.attempts:
        if attempt.fault is None or attempt.candidate in going_on:
            continue
        bench = key_bench(run, attempt) or candidate_bench(run, attempt)
        if bench is not None:
            return _benched(run, now, attempt, bench)
    return None


# When nothing is live.


def _next(run: Run, now: float) -> e.Verb:
    last = _latest(run)
    if last is None:
        return _begin(run, now)
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
    """The attempt that ended last (a hedge that lost does not speak for the run)."""
    ended = [a for a in run.attempts if a.cut is not e.Rule.HEDGE_LOST]
    return max(ended, key=lambda a: (a.ended or 0.0, a.number), default=None)


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
        action=move.action, continues=move.continues, without=left_out(run, move.candidate), rule=move.rule,
        why=move.why, alternatives=alternatives,
    )  # fmt: skip


def _start_after_wait(run: Run, now: float) -> e.Verb:
    wait = run.waiting
    assert wait is not None
    return e.AttemptStarted(
        run=run.id, at=now, attempt=len(run.attempts) + 1, candidate=wait.candidate, key=wait.key,
        action=wait.action, continues=wait.continues, without=left_out(run, wait.candidate), rule=wait.rule,
        why=wait.why, alternatives=wait.alternatives,
    )  # fmt: skip


def _give_up(run: Run, now: float, planned: GiveUp, alternatives: tuple[e.Alternative, ...]) -> e.Verb:
    if planned.rule is not e.Rule.KEEP_PARTIAL and (past := gone_past(run, None, now)) is not None:
        return _skipped(run, now, past)
    soonest = available_at(run, now) if planned.rule is e.Rule.EXHAUSTED else None
    why = "No provider could be reached: this machine seems to be offline." if offline(run) else planned.why
    return _end(run, now, _failure(run), planned.rule, why, alternatives=alternatives, soonest=soonest)


def _failure(run: Run) -> e.Outcome:
    return e.Outcome.PARTIAL if any(a.says for a in run.attempts) else e.Outcome.FAILED


def _end(
    run: Run, now: float, outcome: e.Outcome, rule: e.Rule, why: str, *, by: int | None = None,
    alternatives: tuple[e.Alternative, ...] = (), soonest: float | None = None,
) -> e.Verb:  # fmt: skip
    if by is None and outcome is not e.Outcome.FAILED:
        by = _kept(run)
    return e.RunEnded(
        run=run.id, at=now, outcome=outcome, by=by, rule=rule, why=why, alternatives=alternatives, available_at=soonest
    )


def _kept(run: Run) -> int | None:
    """The attempt whose partial text is kept: the one on screen, else the newest that spoke."""
    spoken = [a for a in run.attempts if a.spoke]
    on_screen = [a for a in spoken if a.superseded is None and a.cut is not e.Rule.HEDGE_LOST]
    return max((a.number for a in on_screen or spoken), default=None)


def _benched(run: Run, now: float, last: Attempt, bench: e.Bench) -> e.Verb:
    return e.Benched(run=run.id, at=now, attempt=last.number, bench=bench, rule=e.Rule.COOLING, why=bench.reason)
