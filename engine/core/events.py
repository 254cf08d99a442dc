"""Every fact that the world reports and every decision that the policy makes. A run is a sequence of these.

Each event carries its run and `at`, seconds since the run began. The wall clock stands once, in `RunRequested`.
Facts of an attempt carry its number, so that a late word from one that was cut is recognised and dropped. Text
travels in pieces: all that one read of the socket brought for an attempt is one event.
"""

from enum import StrEnum

from msgspec import Struct

from engine.core.faults import Fault, Kind
from engine.core.request import Finish, Request, Usage


class Bench(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A key (when `key` is named; for one model where `model` is too) or a candidate (when `model` alone is) to go past
    until `until`, in run seconds. `probed`: another run is trying already whether it is well again."""

    provider: str
    base_url: str | None = None
    key: str = ""
    model: str = ""
    since: float
    until: float
    kind: Kind
    reason: str = ""
    probed: bool = False


class Event(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="type"):
    run: str
    at: float


# Facts: what the outside world reports.


class RunRequested(Event, frozen=True, kw_only=True, tag="run_requested"):
    """`wall` is the Unix time at zero; `benches` is what earlier runs had learned, in this run's seconds; `retries` is
    this run's share of the retries that all runs have together (None: no bound but the policy's)."""

    wall: float
    request: Request
    benches: tuple[Bench, ...] = ()
    retries: int | None = None


class SkipAsked(Event, frozen=True, kw_only=True, tag="skip_asked"):
    """The user wants the next candidate now."""


class StopAsked(Event, frozen=True, kw_only=True, tag="stop_asked"):
    """The user wants no more."""


class AttemptFact(Event, frozen=True, kw_only=True):
    attempt: int


class Connected(AttemptFact, frozen=True, kw_only=True, tag="connected"):
    """The connection stands; `reused` when it stood already."""

    reused: bool = False


class Sent(AttemptFact, frozen=True, kw_only=True, tag="sent"):
    """The request is written whole. `method`, `url` and `headers` are what may be shown of it: no secrets."""

    method: str = "POST"
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body_bytes: int = 0


class Opened(AttemptFact, frozen=True, kw_only=True, tag="opened"):
    """The response's head: its status and those headers that stand on the allow-list."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()


class Said(AttemptFact, frozen=True, kw_only=True, tag="said"):
    pieces: tuple[str, ...]


class Thought(AttemptFact, frozen=True, kw_only=True, tag="thought"):
    pieces: tuple[str, ...]
    signature: str = ""


class Refused(AttemptFact, frozen=True, kw_only=True, tag="refused"):
    """The model's refusal, which some dialects keep apart from the text."""

    pieces: tuple[str, ...]


class ToolCalled(AttemptFact, frozen=True, kw_only=True, tag="tool_called"):
    """A part of a tool call: `index` tells calls apart; `arguments` is added to what came before."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


class Measured(AttemptFact, frozen=True, kw_only=True, tag="measured"):
    """Usage as known so far; fields that are None leave what was known."""

    usage: Usage


class Identified(AttemptFact, frozen=True, kw_only=True, tag="identified"):
    """The model that the provider says is answering."""

    model: str


class Held(AttemptFact, frozen=True, kw_only=True, tag="held"):
    """We did not read for `seconds`, because our own consumer was slow: no silence of the provider's."""

    seconds: float


class FaultInjected(AttemptFact, frozen=True, kw_only=True, tag="fault_injected"):
    """The lab, or an armed fault, struck here on purpose."""

    name: str


class Finished(AttemptFact, frozen=True, kw_only=True, tag="finished"):
    """A finish reason was read; usage may still follow."""

    finish: Finish
    native: str = ""


class Completed(AttemptFact, frozen=True, kw_only=True, tag="completed"):
    """The stream ended as it should. `warning` is set where it ended well enough but not by the book."""

    warning: str = ""


class Faulted(AttemptFact, frozen=True, kw_only=True, tag="faulted"):
    fault: Fault


# Decisions: what the policy makes of them.


class Action(StrEnum):
    """Where a decision leads."""

    BEGIN = "begin"
    RETRY = "retry"
    ROTATE = "rotate"
    NEXT_MODEL = "next_model"
    NEXT_PROVIDER = "next_provider"
    CONTINUE = "continue"
    HEDGE = "hedge"
    GIVE_UP = "give_up"


class Rule(StrEnum):
    """The rule that fired. Each value is the sentence by which it is shown."""

    FIRST_FIT = "Begin with the first candidate that is fit"
    RETRY_TRANSIENT = "A passing fault is retried with backoff"
    WAIT_AS_ASKED = "A short wait that the provider asks for is sat out"
    ROTATE_LIMITED = "A limited key makes room for the next one, with backoff"
    ROTATE_SPENT = "A key that is of no use makes room for the next one, and costs no attempt"
    KEYS_EXHAUSTED = "When no key is left, the next candidate is asked"
    WAIT_TOO_LONG = "A longer wait than the route sits out moves on"
    RETRIES_EXHAUSTED = "When the retries are used up, the next candidate is asked"
    BUDGET_SPENT = "When all runs together have retried enough, nothing is retried"
    REPAIRED = "What a candidate refuses is left out, once, and it is asked again"
    NO_RETRY = "A fault that a retry cannot mend moves on at once"
    SILENCE = "A silent candidate is not asked twice"
    RESTART = "After the first text, never replay at the same provider while another is left"
    RESTART_LAST = "When no other candidate is left, the last one may start again"
    CONTINUE = "The partial answer is handed on"
    CONTINUE_REFUSED = "A refused continuation starts again without the partial answer"
    KEEP_PARTIAL = "A partial answer is kept, with the error below it"
    LARGER_WINDOW = "A prompt that is too long goes to a larger window only"
    ABORT = "A fault that no candidate can mend ends the run"
    FILTERED = "Filtered content ends the run, unless the route says otherwise"
    EXHAUSTED = "No candidate is left"
    COOLING = "What is cooling down is gone past"
    INCAPABLE = "A candidate that cannot do what is asked is gone past"
    HALF_OPEN = "When nothing else is left, what was cooling is tried again"
    CLOCK = "Each clock has its limit"
    RUNAWAY = "An answer that only repeats itself is ended"
    HEDGE = "A slow first token starts the next candidate beside it"
    HEDGE_LOST = "The first meaningful output wins"
    DEADLINE = "The total clock ends the run"
    FINISHED = "A finish reason ends the answer, with or without an end mark"
    ANSWERED = "A complete answer ends the run"
    SKIPPED = "The user asked for the next one"
    STOPPED = "The user stopped the run"


class Alternative(Struct, frozen=True, kw_only=True):
    """What was not done, and why not."""

    action: Action
    why_not: str


class Decision(Event, frozen=True, kw_only=True):
    """`why` is one sentence for the reader, in the present case's own words."""

    rule: Rule
    why: str = ""
    alternatives: tuple[Alternative, ...] = ()


class AttemptStarted(Decision, frozen=True, kw_only=True, tag="attempt_started"):
    """`candidate` is a place in the route, from 0; `key` a name, empty where none is needed; `continues` the attempt
    whose partial text is handed on; `without` names what is left out of the request (see core/repair.py)."""

    attempt: int
    candidate: int
    key: str = ""
    action: Action = Action.BEGIN
    continues: int | None = None
    without: tuple[str, ...] = ()


class AttemptCut(Decision, frozen=True, kw_only=True, tag="attempt_cut"):
    """We end a live attempt. `fault` is what is held against it; None when nothing is."""

    attempt: int
    fault: Fault | None = None


class Benched(Decision, frozen=True, kw_only=True, tag="benched"):
    """A key or a candidate is to be gone past for a while, by what `attempt` met."""

    attempt: int
    bench: Bench


class KeyRotated(Decision, frozen=True, kw_only=True, tag="key_rotated"):
    """The same candidate goes on with another key; `attempt` is given back to the candidate's account."""

    attempt: int
    candidate: int
    from_key: str
    to_key: str


class CandidateSkipped(Decision, frozen=True, kw_only=True, tag="candidate_skipped"):
    """Gone past before anything was sent."""

    candidate: int


class WaitStarted(Decision, frozen=True, kw_only=True, tag="wait_started"):
    """Nothing is sent until `until` (run seconds); then `action` follows. `asked` when the provider named the time."""

    until: float
    candidate: int
    key: str = ""
    action: Action = Action.RETRY
    asked: bool = False
    continues: int | None = None


class TextSuperseded(Decision, frozen=True, kw_only=True, tag="text_superseded"):
    """What `attempt` had shown is no longer the answer."""

    attempt: int


class HedgeStarted(Decision, frozen=True, kw_only=True, tag="hedge_started"):
    """`candidate` is started beside the live `attempt`."""

    attempt: int
    candidate: int


class Outcome(StrEnum):
    ANSWERED = "answered"
    PARTIAL = "partial"
    FAILED = "failed"
    STOPPED = "stopped"


class RunEnded(Decision, frozen=True, kw_only=True, tag="run_ended"):
    """`by` is the attempt whose text is the answer; None where there is none. `available_at` (run seconds) is when
    the soonest key or candidate is fit again, where all were cooling."""

    outcome: Outcome
    by: int | None = None
    available_at: float | None = None


Fact = (
    RunRequested | SkipAsked | StopAsked | Connected | Sent | Opened | Said | Thought | Refused | ToolCalled
    | Measured | Identified | Held | FaultInjected | Finished | Completed | Faulted
)  # fmt: skip
Verb = (
    AttemptStarted | AttemptCut | Benched | KeyRotated | CandidateSkipped | WaitStarted | TextSuperseded
    | HedgeStarted | RunEnded
)  # fmt: skip
AnyEvent = Fact | Verb
