"""The plan behind a fault: where the run goes next, by which rule, and what was weighed and not done.

A pure reading of the Run; `failover.decide` walks towards the plan one decision at a time.
"""

from msgspec import Struct
from msgspec.structs import replace

from engine.core import backoff
from engine.core import events as e
from engine.core.budget import retries_of
from engine.core.faults import Cause, Fault, KeyFate, Kind, Onward, Verdict, verdict
from engine.core.fitness import bench_of_key, failures_of, next_choice, ready_key, soonest_key, tries, untried
from engine.core.repair import refused_part
from engine.core.request import Midstream, OnFilter, OnOverflow, Policy
from engine.core.run import Attempt, Run


class Move(Struct, frozen=True, kw_only=True):
    """The next attempt: of which candidate, with which key, not before `at` (run seconds), and why."""

    candidate: int
    key: str
    at: float
    action: e.Action
    rule: e.Rule
    why: str
    asked: bool = False
    continues: int | None = None


class GiveUp(Struct, frozen=True, kw_only=True):
    rule: e.Rule
    why: str


class _Weighing:
    """Collects what was considered and not done, on the way to the plan."""

    def __init__(self) -> None:
        self.against: list[e.Alternative] = []

    def no(self, action: e.Action, why_not: str) -> None:
        self.against.append(e.Alternative(action=action, why_not=why_not))


def plan(run: Run, last: Attempt) -> tuple[Move | GiveUp, tuple[e.Alternative, ...]]:
    """What follows the end of `last`, with the alternatives that were not taken."""
    weighing = _Weighing()
    planned = _plan_for(run, last, weighing)
    if isinstance(planned, Move):
        _reserve(run, last, planned, weighing)
    return planned, tuple(weighing.against)


def _plan_for(run: Run, last: Attempt, weighing: _Weighing) -> Move | GiveUp:
    fault, policy = last.fault, run.request.route.policy
    if fault is None or last.candidate in run.passed:
        why = "You asked for the next one."
        return _onward(run, last, e.Rule.SKIPPED, why, weighing)
    row = _row(fault, policy)
    if last.says:
        return _after_commitment(run, last, fault, row, weighing)
    if last.continues is not None and fault.kind is Kind.BAD_REQUEST and fault.cause is not Cause.ADDRESS:
        return _restart_without_prefill(run, last, fault)
    return _before_commitment(run, last, fault, row, weighing)


def _row(fault: Fault, policy: Policy) -> Verdict:
    """The verdict, as this route's policy and the provider's explicit word change it."""
    row = verdict(fault)
    retries, onward = row.retries, row.onward
    if fault.retry is not None:
        retries = max(retries, 1) if fault.retry else 0
    if fault.kind is Kind.CONTEXT_WINDOW and policy.on_context_overflow is OnOverflow.ABORT:
        onward = Onward.ABORT
    if fault.kind is Kind.CONTENT_FILTER and policy.on_content_filter is OnFilter.NEXT:
        onward = Onward.NEXT
    return Verdict(retries=retries, key=row.key, onward=onward, bench=row.bench, word=row.word, remedy=row.remedy)


def _before_commitment(run: Run, last: Attempt, fault: Fault, row: Verdict, weighing: _Weighing) -> Move | GiveUp:
    if row.onward is Onward.ABORT and not row.retries:
        return _abort(fault, row, weighing)
    if (repaired := _repair(run, last, fault, row)) is not None:
        return repaired
    rotated = _rotate(run, last, fault, row, weighing)
    if rotated is not None:
        return rotated
    retried = _retry(run, last, fault, row, weighing)
    if isinstance(retried, Move):
        return retried
    if row.onward is Onward.ABORT:
        return GiveUp(rule=e.Rule.ABORT, why=_sentence(fault, row))
    return _onward(run, last, retried, _sentence(fault, row), weighing)


def _abort(fault: Fault, row: Verdict, weighing: _Weighing) -> GiveUp:
    rule = e.Rule.FILTERED if fault.kind is Kind.CONTENT_FILTER else e.Rule.ABORT
    weighing.no(e.Action.RETRY, "the same request would be refused again")
    weighing.no(e.Action.NEXT_PROVIDER, row.remedy or "another candidate would refuse it too")
    return GiveUp(rule=rule, why=_sentence(fault, row))


def _repair(run: Run, last: Attempt, fault: Fault, row: Verdict) -> Move | None:
    """The same candidate at once, without the part that it refuses; each part is left out once."""
    part = refused_part(run.request, fault)
    ended = last.ended or 0.0
    if part is None or part in last.without or bench_of_key(run, run.candidate_of(last), last.key, ended):
        return None
    return Move(
        candidate=last.candidate, key=last.key, at=ended, action=e.Action.RETRY, rule=e.Rule.REPAIRED,
        why=f"{_sentence(fault, row)} It is asked again without {part}.", continues=last.continues,
    )  # fmt: skip


def _rotate(run: Run, last: Attempt, fault: Fault, row: Verdict, weighing: _Weighing) -> Move | None:
    """The next key of the pool that this visit has not used, where the fault is the key's."""
    if row.key is KeyFate.KEEP:
        weighing.no(e.Action.ROTATE, "the fault is not the key's")
        return None
    ended, candidate = last.ended or 0.0, run.candidate_of(last)
    used = frozenset(a.key for a in run.attempts if a.candidate == last.candidate)
    key = ready_key(run, candidate, ended, without=used)
    if key is None:
        weighing.no(e.Action.ROTATE, "no other key is free")
        return None
    limited = row.key is KeyFate.COOL
    failures = len(failures_of(run, last.candidate))
    policy = run.request.route.policy
    pause = backoff.jittered(policy, run.id, failures, salt=last.candidate) if limited else 0.0
    pause = min(pause, policy.longest_wait)
    return Move(
        candidate=last.candidate, key=key, at=ended + pause, action=e.Action.ROTATE,
        rule=e.Rule.ROTATE_LIMITED if limited else e.Rule.ROTATE_SPENT,
        why=f"Key {short(last.key)}: {_sentence(fault, row)} Key {short(key)} is free.", continues=last.continues,
    )  # fmt: skip


def _retry(run: Run, last: Attempt, fault: Fault, row: Verdict, weighing: _Weighing) -> Move | e.Rule:
    """The same candidate again, or the rule by which it is left."""
    policy, spent = run.request.route.policy, len(tries(run, last.candidate))
    refusal = _no_retry(run, fault, row, policy, spent)
    if refusal is not None:
        rule, why_not = refusal
        weighing.no(e.Action.RETRY, why_not)
        return rule
    ended = last.ended or 0.0
    pause = backoff.jittered(policy, run.id, spent, salt=last.candidate)
    begins = ended + (fault.wait_hint or pause)
    if row.key is KeyFate.COOL and last.key:
        begins = ended + pause  # what is asked stands as the key's rest
    chosen = _fit_key(run, last, begins)
    if chosen is None:
        weighing.no(e.Action.RETRY, "every key is spent")
        return e.Rule.KEYS_EXHAUSTED
    key, at = chosen
    if at - ended > policy.longest_wait or at >= policy.total:
        weighing.no(e.Action.RETRY, f"the wait of {at - ended:.1f} s is longer than the route sits out")
        return e.Rule.WAIT_TOO_LONG
    asked = fault.wait_hint is not None
    rule = e.Rule.WAIT_AS_ASKED if asked else e.Rule.RETRY_TRANSIENT
    return Move(
        candidate=last.candidate, key=key, at=at, action=e.Action.RETRY, rule=rule, why=_sentence(fault, row),
        asked=asked, continues=last.continues,
    )  # fmt: skip


def _fit_key(run: Run, last: Attempt, begins: float) -> tuple[str, float] | None:
    """The key for another try of the same candidate not before `begins`, and from when: the same one, another, or the
    first that is fit again."""
    candidate = run.candidate_of(last)
    if bench_of_key(run, candidate, last.key, begins) is None:
        return last.key, begins
    if (key := ready_key(run, candidate, begins)) is not None:
        return key, begins
    return soonest_key(run, candidate, begins)


def _no_retry(run: Run, fault: Fault, row: Verdict, policy: Policy, spent: int) -> tuple[e.Rule, str] | None:
    if row.key in (KeyFate.SPENT, KeyFate.PASS):
        return e.Rule.KEYS_EXHAUSTED, "the same key would be refused again"
    if not row.retries:
        silent = fault.kind in (Kind.FIRST_TOKEN, Kind.IDLE)
        return (e.Rule.SILENCE, "it was silent") if silent else (e.Rule.NO_RETRY, "a retry cannot mend it")
    if spent >= policy.attempts or spent > row.retries:
        return e.Rule.RETRIES_EXHAUSTED, f"{spent} of {min(policy.attempts, row.retries + 1)} tries are used"
    if run.retries is not None and retries_of(run) >= run.retries:
        return e.Rule.BUDGET_SPENT, "all runs together have retried enough"
    return None


def _onward(run: Run, last: Attempt, rule: e.Rule, why: str, weighing: _Weighing) -> Move | GiveUp:
    at = last.ended or 0.0
    if run.waiting is None and run.now > at:
        at = run.now
    overflow = last.fault is not None and last.fault.kind is Kind.CONTEXT_WINDOW
    choice = next_choice(run, at)
    if choice is None:
        weighing.no(e.Action.NEXT_PROVIDER, "no candidate is left" if not untried(run) else "none that is left is fit")
        return GiveUp(rule=e.Rule.EXHAUSTED, why=f"{why} No candidate is left.")
    action = _fallback(run, last, choice.candidate)
    chosen = e.Rule.LARGER_WINDOW if overflow else e.Rule.HALF_OPEN if choice.half_open else rule
    return Move(candidate=choice.candidate, key=choice.key, at=choice.at, action=action, rule=chosen, why=why)


def _fallback(run: Run, last: Attempt, candidate: int) -> e.Action:
    same = run.candidate_of(last).provider == run.candidates[candidate].provider
    return e.Action.NEXT_MODEL if same else e.Action.NEXT_PROVIDER


def _after_commitment(run: Run, last: Attempt, fault: Fault, row: Verdict, weighing: _Weighing) -> Move | GiveUp:
    policy = run.request.route.policy
    if row.onward is not Onward.NEXT or policy.midstream is Midstream.KEEP:
        weighing.no(e.Action.RETRY, "part of the answer is on screen")
        weighing.no(
            e.Action.NEXT_PROVIDER, "the route keeps a partial answer" if row.onward is Onward.NEXT else row.remedy
        )
        return GiveUp(rule=e.Rule.KEEP_PARTIAL, why=_sentence(fault, row))
    if policy.midstream is Midstream.CONTINUE:
        continued = _continue(run, last, fault, row, weighing)
        if continued is not None:
            return continued
    onward = _onward(run, last, e.Rule.RESTART, _sentence(fault, row), weighing)
    if isinstance(onward, Move):
        weighing.no(e.Action.RETRY, "part of the answer was already read, and another candidate is left")
        return onward
    return _restart_last(run, last, fault, row, weighing) or onward


def _restart_last(run: Run, last: Attempt, fault: Fault, row: Verdict, weighing: _Weighing) -> Move | None:
    """The last candidate again, by the same rules as before the first text: another key, or another try."""
    again = _rotate(run, last, fault, row, weighing) or _retry(run, last, fault, row, weighing)
    if not isinstance(again, Move):
        return None
    return replace(again, rule=e.Rule.RESTART_LAST, continues=None)


def _continue(run: Run, last: Attempt, fault: Fault, row: Verdict, weighing: _Weighing) -> Move | None:
    """The next candidate goes on from the partial text, where it takes one."""
    whole = not last.drafts and not last.refusal and last.says and run.request.parameters.json_schema is None
    choice = next_choice(run, max(run.now, last.ended or 0.0))
    if not whole or run.request.tools or choice is None:
        weighing.no(e.Action.CONTINUE, "only plain text can be handed on")
        return None
    if run.candidates[choice.candidate].capabilities.prefill is not True:
        weighing.no(e.Action.CONTINUE, f"{run.candidates[choice.candidate].label} takes no partial answer")
        return None
    return Move(
        candidate=choice.candidate, key=choice.key, at=choice.at, action=e.Action.CONTINUE,
        rule=e.Rule.CONTINUE, why=_sentence(fault, row), continues=last.number,
    )  # fmt: skip


def _restart_without_prefill(run: Run, last: Attempt, fault: Fault) -> Move | GiveUp:
    ended, candidate = last.ended or 0.0, run.candidate_of(last)
    key = ready_key(run, candidate, ended)
    if key is None:
        return _onward(run, last, e.Rule.KEYS_EXHAUSTED, _sentence(fault, verdict(fault)), _Weighing())
    return Move(
        candidate=last.candidate, key=key, at=ended, action=e.Action.RETRY,
        rule=e.Rule.CONTINUE_REFUSED, why=_sentence(fault, verdict(fault)),
    )  # fmt: skip


def _reserve(run: Run, last: Attempt, plan: Move, weighing: _Weighing) -> None:
    """What was held back because the chosen move came first."""
    said = {alternative.action for alternative in weighing.against}
    left = [i for i in untried(run) if i != plan.candidate]
    if left and not said & {e.Action.NEXT_PROVIDER, e.Action.NEXT_MODEL}:
        weighing.no(_fallback(run, last, left[0]), f"{run.candidates[left[0]].label} is held in reserve")
    weighing.no(e.Action.GIVE_UP, "there is still something to try")


def short(key: str) -> str:
    """A key's name without its prefix: "keyring:work" is shown as "work"."""
    return key.partition(":")[2] or key


def _sentence(fault: Fault, row: Verdict) -> str:
    status = f"{fault.status} " if fault.status is not None and fault.status >= 400 else ""
    return f"{status}{row.word}: {fault.detail}" if fault.detail else f"{status}{row.word}."
