"""Seven keys, each with another fate, for the tests of the keys page."""

from engine.core import events as e
from engine.core.faults import Fault, Kind
from engine.core.request import Candidate, Request, Route, Usage
from engine.core.run import Attempt, Run
from engine.keys import KeyEntry, KeyState
from gui.models.keys import rows

NOW = 1_700_000_000.0
PLANTED = "sk-proj-PLANTED0123456789abcdefPLANTED"
LIMIT = Fault(kind=Kind.RATE_LIMIT, status=429, wait_hint=20.0, detail="Rate limit reached for requests.")
REFUSED = Fault(kind=Kind.AUTH, status=401, detail="Incorrect key.")
CUT = Fault(kind=Kind.TRUNCATED, in_stream=True)


def entry(key_id: str, alias: str, provider: str = "openai", **fields) -> KeyEntry:
    known = {"fingerprint": "4f2a", "created": NOW - 3600, "state": KeyState.VERIFIED}
    return KeyEntry(id=key_id, provider=provider, alias=alias, **{**known, **fields})


def run(key: str, ago: float, length: float | None = 1.0, fault: Fault | None = None, provider: str = "openai") -> Run:
    """A run of one attempt, which began `ago` seconds before now; without a length it is live."""
    mine = Candidate(provider=provider, model="m", keys=(key,))
    request = Request(
        messages=(), route=Route(name="Tides", candidates=(mine, Candidate(provider="ollama", model="n")))
    )
    attempt = Attempt(
        number=1, candidate=0, key=key, action=e.Action.BEGIN, rule=e.Rule.FIRST_FIT, why="", started=0.0, ended=length,
        fault=fault, completed=fault is None and length is not None, usage=Usage(output=412),
    )  # fmt: skip
    return Run(id=f"{key}{ago}", wall=NOW - ago, request=request, attempts=(attempt,))


def bench(key: str, since: float, until: float, kind: Kind = Kind.RATE_LIMIT, provider: str = "openai") -> e.Bench:
    return e.Bench(provider=provider, key=key, since=NOW + since, until=NOW + until, kind=kind, reason="as it said")


ENTRIES = (
    entry("w", "work"),
    entry("s", "spare", order=1),
    entry("d", "old-demo", order=2),
    entry("t", "team", "anthropic"),
    entry("p", "private", "anthropic", order=1, enabled=False),
    entry("m", "eu-1", "mistral"),
    entry("f", "free", "groq"),
)
RUNS = (
    run("keyring:work", 400, 60), run("keyring:work", 11.3, 1.0, LIMIT), run("keyring:spare", 300),
    run("keyring:spare", 100, 1.0, CUT), run("keyring:old-demo", 780, 1.0, REFUSED),
    run("keyring:team", 20, None, provider="anthropic"), run("keyring:eu-1", 301, 1.0, LIMIT, provider="mistral"),
)  # fmt: skip
BENCHES = (
    bench("keyring:work", -10.3, 9.7), bench("keyring:old-demo", -779, 2821, Kind.AUTH),
    bench("keyring:eu-1", -300, -40, provider="mistral"),
)  # fmt: skip


def seven():
    return rows(ENTRIES, BENCHES, RUNS, NOW)


def row_of(alias: str, shown=None):
    return next(row for row in shown or seven() if row.alias == alias)
