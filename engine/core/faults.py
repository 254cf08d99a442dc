"""What can go wrong with an attempt, and the one table of what to do about it.

Faults are values. Adapters and the transport make them; `failover.decide` reads the verdict that stands here.
"""

from enum import StrEnum

from msgspec import Struct


class Kind(StrEnum):
    """The class of a fault. The names are part of the command line's output and of every journal."""

    CONNECT = "connect"  # name not found, refused, unreachable, reset before any answer
    TLS = "tls"
    FIRST_TOKEN = "first_token"  # our clock: nothing meaningful came
    IDLE = "idle"  # our clock: the stream went silent
    TOTAL = "total"  # our clock: the whole run took too long
    TIMEOUT = "timeout"  # the provider's own: 408, 504, 524
    SERVER = "server"
    OVERLOADED = "overloaded"
    RATE_LIMIT = "rate_limit"
    QUOTA = "quota"
    AUTH = "auth"
    PERMISSION = "permission"
    REGION = "region"
    MODEL_NOT_FOUND = "model_not_found"
    CONTEXT_WINDOW = "context_window"
    TOO_LARGE = "too_large"
    CONTENT_FILTER = "content_filter"
    BAD_REQUEST = "bad_request"
    TRUNCATED = "truncated"  # the stream ended without a finish reason or an end mark
    EMPTY = "empty"  # a well-formed answer without any output
    MALFORMED = "malformed"  # bytes that are not the dialect: HTML, broken JSON, an oversized event
    STREAM_ERROR = "stream_error"  # an error inside a 200 that fits no other kind
    KEY_UNAVAILABLE = "key_unavailable"  # keyring locked or missing, variable not set


class Cause(StrEnum):
    """A finer reason inside a kind, named only where the reaction or the remedy differs from the kind's."""

    DNS = "dns"
    REFUSED = "refused"
    RESET = "reset"
    POOL = "pool"  # our own connection pool was exhausted; never the provider's fault
    CERTIFICATE = "certificate"
    PROXY = "proxy"
    ADDRESS = "address"  # wrong base URL: a 404 without a word about the model, a redirect
    PAGE = "page"  # an HTML page where an answer was asked for: captive portal, corporate proxy
    PARAMETER = "parameter"  # one named parameter is not supported
    PREFILL = "prefill"  # a partial assistant turn is not accepted
    HISTORY = "history"  # reasoning or tool ids of another provider are not accepted
    TOOL_SCHEMA = "tool_schema"
    PLAN = "plan"  # the key works, but its plan does not include this model
    DAILY = "daily"  # a daily quota, with a known reset
    MODERATION = "moderation"  # the input itself was refused
    GONE = "gone"  # the model was retired
    INCAPABLE = "incapable"  # the candidate cannot do what is asked; nothing was sent
    SLOW = "slow"  # output fell below the floor
    RUNAWAY = "runaway"  # output beyond a bound, or the same chunk again and again


class Fault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One failure, read once and typed from then on.

    `detail` is one sentence that may be shown (secrets already redacted); `code` is the provider's own typed code;
    `wait_hint` is how long the provider asks us to wait, in seconds; `spent_for` for how many seconds the key is of no
    use, where that is known to be longer; `retry` is the provider's explicit word on whether to retry
    (`x-should-retry`), which overrides the table.
    """

    kind: Kind
    detail: str = ""
    cause: Cause | None = None
    status: int | None = None
    code: str = ""
    wait_hint: float | None = None
    spent_for: float | None = None
    in_stream: bool = False
    retry: bool | None = None


class KeyFate(StrEnum):
    """What a fault says about the key that was used."""

    KEEP = "keep"  # nothing: the fault is not the key's
    PASS = (
        "pass"  # another key may do better; this one is of no use for this model, and rests for it where a time stands
    )
    COOL = "cool"  # limited for a while
    SPENT = "spent"  # of no use until somebody acts, or for long


class Onward(StrEnum):
    """Where to go when retries and keys are used up."""

    NEXT = "next"  # the next candidate
    LARGER = "larger"  # the next candidate whose context window is larger or not known
    ABORT = "abort"  # no other candidate can mend it


class Verdict(Struct, frozen=True, kw_only=True):
    """What to do about a fault that came before any output was shown.

    `retries` bounds the retries of one candidate (the policy's own bound holds as well); `bench` is for how many
    seconds later runs should go past the candidate or key when the provider names no time (0: not at all).
    """

    retries: int = 0
    key: KeyFate = KeyFate.KEEP
    onward: Onward = Onward.NEXT
    bench: float = 0.0
    word: str = ""  # on screen, after the status
    remedy: str = ""  # what a person can do, one sentence


AS_POLICY = 1_000_000  # as many retries as the policy grants

VERDICTS: dict[Kind, Verdict] = {
    Kind.CONNECT: Verdict(retries=1, bench=15, word="no connection", remedy="Check the network and the base URL."),
    Kind.TLS: Verdict(retries=1, bench=15, word="TLS failed", remedy="Check the clock and any proxy in between."),
    Kind.FIRST_TOKEN: Verdict(
        bench=15, word="silent", remedy="Raise first_token for this candidate if it is slow by nature."
    ),
    Kind.IDLE: Verdict(bench=15, word="stalled", remedy="Raise idle for this candidate if it pauses by nature."),
    Kind.TOTAL: Verdict(word="out of time", remedy="Raise the total clock."),
    Kind.TIMEOUT: Verdict(retries=AS_POLICY, bench=15, word="timed out"),
    Kind.SERVER: Verdict(retries=AS_POLICY, bench=15, word="server error"),
    Kind.OVERLOADED: Verdict(retries=2, bench=15, word="overloaded"),
    Kind.RATE_LIMIT: Verdict(retries=AS_POLICY, key=KeyFate.COOL, word="rate limited"),
    Kind.QUOTA: Verdict(key=KeyFate.SPENT, bench=3600, word="no quota", remedy="Add credit, or another key."),
    Kind.AUTH: Verdict(key=KeyFate.SPENT, bench=3600, word="key refused", remedy="Replace the key."),
    Kind.PERMISSION: Verdict(
        key=KeyFate.SPENT, bench=3600, word="not permitted", remedy="Ask for access, or use another key."
    ),
    Kind.REGION: Verdict(
        key=KeyFate.SPENT, bench=3600, word="region refused", remedy="Use a provider that serves this region."
    ),
    Kind.MODEL_NOT_FOUND: Verdict(key=KeyFate.PASS, bench=300, word="no such model", remedy="Check the model's name."),
    Kind.CONTEXT_WINDOW: Verdict(
        onward=Onward.LARGER,
        word="prompt too long",
        remedy="Shorten the conversation, or add a candidate with a larger window.",
    ),
    Kind.TOO_LARGE: Verdict(word="request too large", remedy="Send less: fewer or smaller attachments."),
    Kind.CONTENT_FILTER: Verdict(
        onward=Onward.ABORT, word="filtered", remedy="Rephrase the prompt, or let the route go on (on_content_filter)."
    ),
    Kind.BAD_REQUEST: Verdict(
        onward=Onward.ABORT,
        word="refused",
        remedy="Mend what the provider names; another candidate would refuse it too.",
    ),
    Kind.TRUNCATED: Verdict(retries=AS_POLICY, word="stream cut"),
    Kind.EMPTY: Verdict(retries=1, word="empty answer"),
    Kind.MALFORMED: Verdict(retries=1, word="not understood", remedy="Check the base URL and the dialect."),
    Kind.STREAM_ERROR: Verdict(retries=AS_POLICY, word="failed in mid-stream"),
    Kind.KEY_UNAVAILABLE: Verdict(key=KeyFate.PASS, word="no key", remedy="Add the key, or unlock the keyring."),
}

REFINED: dict[tuple[Kind, Cause], Verdict] = {
    (Kind.CONNECT, Cause.REFUSED): Verdict(bench=15, word="refused", remedy="Start the server, or check the port."),
    (Kind.CONNECT, Cause.DNS): Verdict(
        retries=1, bench=15, word="name not found", remedy="Check the network and the host's name."
    ),
    (Kind.CONNECT, Cause.RESET): Verdict(retries=AS_POLICY, bench=15, word="reset"),
    (Kind.CONNECT, Cause.POOL): Verdict(retries=AS_POLICY, word="our pool"),
    (Kind.CONNECT, Cause.PROXY): Verdict(
        bench=15, word="proxy refused", remedy="Check the proxy's address and its password."
    ),
    (Kind.TLS, Cause.CERTIFICATE): Verdict(
        bench=15, word="certificate refused", remedy="A proxy may be in between: add its CA file."
    ),
    (Kind.PERMISSION, Cause.PAGE): Verdict(
        bench=15, word="a web page refused", remedy="A portal or a firewall answers in the provider's place."
    ),
    (Kind.QUOTA, Cause.PLAN): Verdict(
        key=KeyFate.PASS, bench=3600, word="not in the plan", remedy="Use a model that the plan includes."
    ),
    (Kind.MODEL_NOT_FOUND, Cause.GONE): Verdict(bench=3600, word="model retired", remedy="Choose a newer model."),
    (Kind.CONTENT_FILTER, Cause.MODERATION): Verdict(
        onward=Onward.ABORT, word="filtered", remedy="Rephrase the prompt."
    ),
    (Kind.BAD_REQUEST, Cause.ADDRESS): Verdict(word="wrong address", remedy="Check the base URL."),
    (Kind.BAD_REQUEST, Cause.PARAMETER): Verdict(word="parameter refused", remedy="Unset the parameter that is named."),
    (Kind.BAD_REQUEST, Cause.PREFILL): Verdict(word="continuation refused"),
    (Kind.BAD_REQUEST, Cause.HISTORY): Verdict(word="history refused"),
    (Kind.BAD_REQUEST, Cause.TOOL_SCHEMA): Verdict(word="tool refused", remedy="Simplify the tool's schema."),
    (Kind.MALFORMED, Cause.PAGE): Verdict(
        retries=1,
        word="a web page came",
        remedy="A portal or a proxy answers in the provider's place: sign in, or check the base URL.",
    ),
    (Kind.IDLE, Cause.SLOW): Verdict(bench=15, word="too slow", remedy="Lower the floor for this route, or unset it."),
    (Kind.MALFORMED, Cause.RUNAWAY): Verdict(onward=Onward.ABORT, word="too much"),
}


def verdict(fault: Fault) -> Verdict:
    """The row that governs this fault: its cause's where one stands, else its kind's."""
    if fault.cause is not None and (refined := REFINED.get((fault.kind, fault.cause))) is not None:
        return refined
    return VERDICTS[fault.kind]
