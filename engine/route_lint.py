"""What a route will do at worst, and what is wrong with it, told before anything is sent. Pure."""

import ipaddress
import math
import re
from collections.abc import Iterator
from enum import StrEnum
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import replace

from engine import prices
from engine.core.clocks import limits
from engine.core.request import Candidate, Dialect, Midstream, Route
from engine.providers.catalog import CatalogError, Provider, provider
from engine.providers.registry import resolve
from engine.redact import redact
from engine.route_bounds import Asked, Bounds, bounds, patience, resolved, share_a_key, window_of

REASONING_FIRST_TOKEN = 60.0  # seconds that a reasoning model may think before its first word

# Models that think before they speak, by name.
_REASONING = re.compile(
    r"(?i)(^|[/.])(o[134](-|$)|gpt-5|gpt-oss|grok-4(?!.*non-reasoning)|gemini-(2\.5|3[.\d]*)-pro|magistral|qwq)"
    r"|deepseek-reasoner|[-/]r1\b|thinking|(?<!non-)reason(er|ing)"
)
_ENDPOINT = re.compile(
    r"/(chat/completions|completions|responses|v1/messages|messages|v2/chat|api/(chat|generate)"
    r"|models/[^/]+:(stream)?generateContent|model/[^/]+/converse(-stream)?)/*$",
    re.IGNORECASE,
)


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"  # a run along this route fails, or gives something away
    WARNING = "warning"  # part of the route is of no use
    NOTE = "note"  # worth knowing


class Check(StrEnum):
    """What is looked for."""

    EMPTY = "empty"
    UNRESOLVED = "unresolved"
    ROUTE_OF_ONE = "route_of_one"
    DUPLICATE = "duplicate"
    SAME_ACCOUNT = "same_account"
    SMALLER_WINDOW = "smaller_window"
    PROMPT_TOO_LONG = "prompt_too_long"
    INCAPABLE = "incapable"
    TOTAL_TOO_SHORT = "total_too_short"
    OWN_TOTAL_TOO_SHORT = "own_total_too_short"
    HEDGE_TOO_LATE = "hedge_too_late"
    NOBODY_CONTINUES = "nobody_continues"
    NO_KEY = "no_key"
    UNKNOWN_KEY = "unknown_key"
    LOCAL_NOT_LAST = "local_not_last"
    PLAIN_HTTP = "plain_http"
    SECRET_IN_URL = "secret_in_url"
    MISSING_VERSION = "missing_version"
    FULL_ENDPOINT = "full_endpoint"
    IMPATIENT = "impatient"


class Finding(Struct, frozen=True, kw_only=True):
    """`place` is the candidate's in the route, from 0; None: the route's own. `mended` is the route with the remedy
    applied, where that is mechanical, and `apply` the words for its button."""

    check: Check
    severity: Severity
    what: str
    remedy: str
    place: int | None = None
    apply: str = ""
    mended: Route | None = None


class Report(Struct, frozen=True, kw_only=True):
    """Findings come by severity, then in the order of the route."""

    bounds: Bounds
    findings: tuple[Finding, ...] = ()

    @property
    def usable(self) -> bool:
        return not any(finding.severity is Severity.ERROR for finding in self.findings)


KnownKeys = frozenset[tuple[str, str]]  # (provider, key's name); an empty provider: good for any


def lint(
    route: Route, keys_known: KnownKeys | None = None, asked: Asked = Asked(), table: prices.Prices | None = None
) -> Report:
    """Reads the route as it will be walked. `keys_known` None: the keys are not looked at."""
    table = table or prices.Prices()
    found = [f for check in (_of_the_route, _of_the_policy) for f in check(route, asked)]
    for place, candidate in enumerate(route.candidates):
        found += _of_the_address(route, place, candidate)
        found += _of_the_keys(route, place, candidate, keys_known)
        found += _of_the_rest(route, place, asked, table)
    order = list(Severity)
    found.sort(key=lambda f: (order.index(f.severity), -1 if f.place is None else f.place))
    return Report(bounds=bounds(route, asked, table), findings=tuple(found))


# The route as a whole.


def _of_the_route(route: Route, asked: Asked) -> Iterator[Finding]:
    candidates = tuple(resolved(candidate) for candidate in route.candidates)
    if not candidates:
        yield Finding(
            check=Check.EMPTY, severity=Severity.ERROR, what="The route has no candidate.",
            remedy="Add one, with its provider and model.",
        )  # fmt: skip
    elif len(candidates) == 1:
        yield Finding(
            check=Check.ROUTE_OF_ONE, severity=Severity.WARNING, what="The route has nowhere to fall back to.",
            remedy="Add a second candidate, at another provider.",
        )  # fmt: skip
    accounts = {_account(candidate) for candidate in candidates}
    for place, candidate in enumerate(candidates):
        yield from _against_earlier(route, candidates, place, candidate, alone=len(accounts) == 1)
    yield from _local_first(route, candidates)


def _against_earlier(
    route: Route, candidates: tuple[Candidate, ...], place: int, candidate: Candidate, *, alone: bool
) -> Iterator[Finding]:
    for earlier, other in enumerate(candidates[:place]):
        if _identity(other) == _identity(candidate):
            keys = tuple(dict.fromkeys((*route.candidates[earlier].keys, *candidate.keys)))
            yield Finding(
                check=Check.DUPLICATE, severity=Severity.WARNING, place=place,
                what=f"It is the same model at the same address as candidate {earlier + 1}.",
                remedy="Keep one of them, with the keys of both in one pool.",
                apply="Merge", mended=_without(_with(route, earlier, keys=keys), place),
            )  # fmt: skip
            return
    for earlier, other in enumerate(candidates[:place]):
        if share_a_key(other, candidate):
            yield Finding(
                check=Check.SAME_ACCOUNT, severity=Severity.WARNING if alone else Severity.NOTE, place=place,
                what=f"It is on the same account as candidate {earlier + 1}: a limit or an outage takes both.",
                remedy="Use another key, or another provider.",
            )  # fmt: skip
            return


def _local_first(route: Route, candidates: tuple[Candidate, ...]) -> Iterator[Finding]:
    locals_ = [place for place, candidate in enumerate(candidates) if _local(candidate)]
    remote = [place for place in range(len(candidates)) if place not in locals_]
    for place in locals_:
        if any(other > place for other in remote):
            yield Finding(
                check=Check.LOCAL_NOT_LAST, severity=Severity.WARNING, place=place,
                what="A local model nearly always answers, so what stands behind it is hardly ever asked.",
                remedy="Put it last.", apply="Move to the end",
                mended=replace(route, candidates=(*_without(route, place).candidates, route.candidates[place])),
            )  # fmt: skip


# The policy.


def _of_the_policy(route: Route, asked: Asked) -> Iterator[Finding]:
    policy = route.policy
    needed = sum(patience(resolved(c), policy, connect=policy.connect) for c in route.candidates)
    if route.candidates and policy.total < needed:
        total = math.ceil(needed / 10) * 10.0
        yield Finding(
            check=Check.TOTAL_TOO_SHORT, severity=Severity.WARNING,
            what=f"The total of {policy.total:g} s is shorter than the clocks of all candidates, {needed:g} s.",
            remedy="Raise the total, or shorten the clocks, or the last candidates may never be asked.",
            apply=f"Total {total:g} s", mended=_with_policy(route, total=total),
        )  # fmt: skip
    if policy.hedge_delay is not None and policy.hedge_delay >= policy.connect + policy.first_token:
        yield Finding(
            check=Check.HEDGE_TOO_LATE, severity=Severity.WARNING,
            what=f"The hedge at {policy.hedge_delay:g} s comes later than the end of the attempt that it should help.",
            remedy="Let it start earlier, or switch it off.",
            apply="Switch off", mended=_with_policy(route, hedge_delay=None),
        )  # fmt: skip
    if policy.midstream is Midstream.CONTINUE and len(route.candidates) > 1:
        behind = [resolved(candidate).capabilities.prefill for candidate in route.candidates[1:]]
        if not any(prefill is True for prefill in behind):
            yield Finding(
                check=Check.NOBODY_CONTINUES, severity=Severity.NOTE,
                what="No fallback is known to go on from a partial answer, so it will begin again.",
                remedy="Mark the candidates that do, or restart on purpose.",
                apply="Restart", mended=_with_policy(route, midstream=Midstream.RESTART),
            )  # fmt: skip


# One candidate: its address.


def _of_the_address(route: Route, place: int, candidate: Candidate) -> Iterator[Finding]:
    try:
        url = resolve(candidate).base_url or ""
        if not re.match(r"https?://[^/\s]", url) or not urlsplit(url).hostname:
            raise ValueError("The base URL is no address: begin it with http:// or https:// and name a host.")
    except (CatalogError, ValueError) as error:
        what, _, remedy = str(error).partition(": ")
        yield Finding(
            check=Check.UNRESOLVED, severity=Severity.ERROR, place=place, what=f"{what.rstrip('.')}.",
            remedy=remedy[:1].upper() + remedy[1:] or "Check the base URL.",
        )  # fmt: skip
        return
    if redact(url) != url or "@" in urlsplit(url).netloc:
        yield Finding(
            check=Check.SECRET_IN_URL, severity=Severity.ERROR, place=place,
            what="The base URL carries a key or a password.", remedy="Take it out, and choose a key by its name.",
        )  # fmt: skip
        return
    if (stripped := _ENDPOINT.sub("", url)) != url:
        yield _at_address(
            route, place, Check.FULL_ENDPOINT, Severity.ERROR, stripped, "Leave it out",
            "The base URL is a whole endpoint; the dialect's path would be added to it once more.",
            "Leave the path of the endpoint out.",
        )  # fmt: skip
    elif (version := _missing_version(candidate, url)) is not None:
        yield _at_address(
            route, place, Check.MISSING_VERSION, Severity.WARNING, url.rstrip("/") + version, f"Add {version}",
            f"The base URL does not end in {version}, where servers of this dialect mostly answer.",
            f"Add {version}, unless the server wants it so.",
        )  # fmt: skip
    if url.lower().startswith("http://") and _public(urlsplit(url).hostname or ""):
        yield _at_address(
            route, place, Check.PLAIN_HTTP, Severity.ERROR, "https" + url[4:], "Use https",
            "Prompts and keys would travel to a public host without encryption.", "Use https.",
        )  # fmt: skip


def _at_address(
    route: Route, place: int, check: Check, severity: Severity, url: str, apply: str, what: str, remedy: str
) -> Finding:
    mended = _with(route, place, base_url=url)
    return Finding(check=check, severity=severity, place=place, what=what, remedy=remedy, apply=apply, mended=mended)


def _missing_version(candidate: Candidate, url: str) -> str | None:
    row = provider(candidate.provider)
    dialect = candidate.dialect or row.dialects[0]
    if dialect not in (Dialect.CHAT_COMPLETIONS, Dialect.RESPONSES) or url == row.base_for(dialect).rstrip("/"):
        return None
    if urlsplit(url).path.strip("/"):
        return None
    return "/openai/v1" if (urlsplit(url).hostname or "").endswith(".azure.com") else "/v1"


def _public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        names = (".localhost", ".local", ".internal", ".lan", ".home.arpa")
        return "." in host and not host.lower().endswith(names)


# One candidate: its keys.


def _of_the_keys(route: Route, place: int, candidate: Candidate, known: KnownKeys | None) -> Iterator[Finding]:
    row = _row(candidate)
    if known is None or row is None:
        return
    mine = sorted(name for owner, name in known if owner in ("", candidate.provider))
    if row.needs_key and not candidate.keys:
        yield Finding(
            check=Check.NO_KEY, severity=Severity.ERROR, place=place,
            what=f"{row.label} needs a key, and none is named.",
            remedy="Choose a key." if mine else f"Add a key for {row.label} on the keys page.",
            apply=f"Use {', '.join(name.partition(':')[2] for name in mine)}" if mine else "",
            mended=_with(route, place, keys=tuple(mine)) if mine else None,
        )  # fmt: skip
    for key in candidate.keys:
        if key not in mine and not key.startswith("lab:"):
            rest = tuple(other for other in candidate.keys if other != key)
            yield Finding(
                check=Check.UNKNOWN_KEY, severity=Severity.WARNING if rest else Severity.ERROR, place=place,
                what=f"No key of {row.label} is known as {key}.", remedy="Add it on the keys page, or take it out.",
                apply="Take it out", mended=_with(route, place, keys=rest),
            )  # fmt: skip


# One candidate: what it can do, and how long it is waited for.


def _of_the_rest(route: Route, place: int, asked: Asked, table: prices.Prices) -> Iterator[Finding]:
    candidate = resolved(route.candidates[place])
    yield from _of_its_capabilities(place, candidate, asked)
    yield from _of_its_window(route, place, asked, table)
    clocks = limits(route.policy, candidate)
    if (
        _reasons(candidate, asked)
        and (clocks.first_token or 0.0) < REASONING_FIRST_TOKEN
        and candidate.provider != "lab"
    ):
        own = replace(route.candidates[place].clocks, first_token=REASONING_FIRST_TOKEN)
        yield Finding(
            check=Check.IMPATIENT, severity=Severity.WARNING, place=place,
            what=f"{candidate.model} thinks before it speaks, and is left after {clocks.first_token:g} s.",
            remedy=f"Give it {REASONING_FIRST_TOKEN:g} s for the first token.",
            apply=f"First token {REASONING_FIRST_TOKEN:g} s", mended=_with(route, place, clocks=own),
        )  # fmt: skip
    parts = (clocks.connect or 0.0) + (clocks.first_token or 0.0)
    if clocks.total is not None and clocks.total < parts:
        own = replace(route.candidates[place].clocks, total=None)
        yield Finding(
            check=Check.OWN_TOTAL_TOO_SHORT, severity=Severity.WARNING, place=place,
            what=f"Its total of {clocks.total:g} s is shorter than its connect and first token, {parts:g} s.",
            remedy="Raise it, or leave it to the route.",
            apply="Leave it to the route", mended=_with(route, place, clocks=own),
        )  # fmt: skip


def _of_its_capabilities(place: int, candidate: Candidate, asked: Asked) -> Iterator[Finding]:
    can = candidate.capabilities
    for lacks, wanted, words in (
        (can.tools is False, asked.tools, "no tools"),
        (can.vision is False, asked.images, "no images"),
        (can.json is False, asked.parameters.json_schema is not None, "no JSON schema"),
    ):
        if lacks and wanted:
            yield Finding(
                check=Check.INCAPABLE, severity=Severity.WARNING, place=place,
                what=f"{candidate.model} takes {words}, and will be skipped.",
                remedy="Use a model that does, or correct its marks.",
            )  # fmt: skip


def _of_its_window(route: Route, place: int, asked: Asked, table: prices.Prices) -> Iterator[Finding]:
    own = window_of(route.candidates[place], table)
    if own is None:
        return
    if asked.prompt_tokens > own:
        yield Finding(
            check=Check.PROMPT_TOO_LONG, severity=Severity.WARNING, place=place,
            what=f"The conversation is longer than its window of {own:,} tokens.",
            remedy="Shorten it, or use a larger window.",
        )  # fmt: skip
    larger = [window for c in route.candidates[:place] if (window := window_of(c, table)) is not None and window > own]
    if larger:
        yield Finding(
            check=Check.SMALLER_WINDOW, severity=Severity.NOTE, place=place,
            what=f"Its window of {own:,} tokens is smaller than one before it, of {max(larger):,}: "
            "it is of no help with a prompt that is too long.",
            remedy="Put the larger window behind it, or add a larger one.",
        )  # fmt: skip


# Small readings.


def _row(candidate: Candidate) -> Provider | None:
    try:
        return provider(candidate.provider)
    except CatalogError:
        return None


def _local(candidate: Candidate) -> bool:
    row = _row(candidate)
    return row is not None and row.local


def _reasons(candidate: Candidate, asked: Asked) -> bool:
    if candidate.capabilities.reasoning is not None:
        return candidate.capabilities.reasoning
    asked_for = asked.parameters.reasoning_effort not in (None, "none", "minimal")
    return asked_for or _REASONING.search(candidate.model) is not None


def _identity(candidate: Candidate) -> tuple[str, str | None, str, Dialect | None]:
    return candidate.provider, candidate.base_url, candidate.model, candidate.dialect


def _account(candidate: Candidate) -> tuple[str, str | None, tuple[str, ...]]:
    return candidate.provider, candidate.base_url, tuple(sorted(candidate.keys))


def _with(route: Route, place: int, **changes: object) -> Route:
    changed = replace(route.candidates[place], **changes)
    return replace(route, candidates=(*route.candidates[:place], changed, *route.candidates[place + 1 :]))


def _without(route: Route, place: int) -> Route:
    return replace(route, candidates=route.candidates[:place] + route.candidates[place + 1 :])


def _with_policy(route: Route, **changes: object) -> Route:
    return replace(route, policy=replace(route.policy, **changes))
