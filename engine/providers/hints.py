"""How long a provider asks us to wait: every form that has been seen, read into seconds.

A hint that is zero, negative, past, not a number or absurd is no hint: the policy's own backoff holds then. When a
window refills (`x-ratelimit-reset-*`) is not how long this request must wait; `resets` reads that, for display.
"""

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEK = 7 * 86400.0  # no hint is obeyed for longer
ABSURD = 366 * 86400.0  # no hint that is longer is believed
TEXT_BOUND = 8000  # characters of prose that are searched

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = (
    r"(\d{1,12}(?:\.\d{1,12})?)\s*"
    r"(ms|milliseconds?|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|毫秒|秒钟?|分钟?|小时|天)(?![a-z])"
)
_SPAN = rf"(?:{_PART}(?:[\s,]|and\b){{0,5}}){{1,5}}"
_PART_RE = re.compile(_PART, re.I)
_WHOLE_RE = re.compile(rf"\s*~?\s*{_SPAN}", re.I)
_NUMBER_RE = re.compile(r"\s*\+?(\d{1,15}(?:\.\d*)?|\.\d+)\s*")
_CHINESE = {"毫": "ms", "秒": "s", "分": "m", "小": "h", "天": "d"}

# "try again in 20s", "wait for about 3 minutes", "resets after 3h5m", "retry after 60", "retry_after: 5"
_IN_RE = re.compile(
    r"\b(?:retry|retried|again|wait|resets?|available|refresh(?:es)?|come back|back off)\b[^.\n\d]{0,40}?"
    rf"\s(?:in|after|for|at least|about)?\s*~?\s*(?P<span>{_SPAN})",
    re.I,
)
_AFTER_RE = re.compile(
    r"\bretry[-_ ]?after\b[\"']?\s*[:=]?\s*[\"']?(?P<number>\d{1,9}(?:\.\d{1,9})?)(?!\d*\s*[-/:\d])", re.I
)
_WHEN = r"\d{4}-\d{2}-\d{2}(?:[T ]|\s+at\s+)\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?\s*(?:Z|UTC|GMT|[+-]\d{2}:?\d{2})?"
_AT_RE = re.compile(
    rf"(?:reset|again|available|until|regain access|retry|将在|刷新)[^\d\n]{{0,40}}(?P<when>{_WHEN})"
    rf"|(?P<before>{_WHEN})\s*(?:重置|刷新)",
    re.I,
)

_SPAN_FIELDS = frozenset(
    """retryafter retryafterseconds retryaftersecs retryafters retrydelay retryin quotaresetdelay resetsinseconds
    resetinseconds resetafterseconds secondsuntilreset waitseconds estimatedtime""".split()  # noqa: SIM905 - a table of words reads better so
)
_MS_FIELDS = frozenset({"retryafterms", "retryaftermillis", "retryaftermilliseconds"})
_TIME_FIELDS = frozenset({"resetsat", "resetat", "quotaresettimestamp", "nextflushtime", "retryat"})
# Z.AI writes its reset times in the time of Beijing and without a zone (observed; its documentation names no zone).
_ZAI_RESETS = frozenset({"1308", "1310"})
_BEIJING = timezone(timedelta(hours=8))


def wait_hint(headers: Mapping[str, str], payload: object, text: str, *, now: float) -> float | None:
    """Seconds to wait, above 0 and at most a week; None where nothing believable is said.

    `payload` is the decoded body (or None), `text` the provider's words, `now` Unix time. A date is measured against
    the response's own `Date` where there is one, since either clock may be wrong.
    """
    lower = {name.lower(): value for name, value in headers.items()}
    clock = _instant(lower.get("date", "")) or now
    return (
        _from_headers(lower, clock)
        or _from_fields(payload, clock)
        or _from_text(text[:TEXT_BOUND], clock, _zone_of(payload))
    )


def spent_for(headers: Mapping[str, str], payload: object, *, now: float) -> float | None:
    """Seconds until a daily quota starts anew; None for any other error, and where the time is not known (`now` 0).

    Gemini names a short delay beside a daily quota: after it the same quota refuses again.
    """
    clock = _instant(headers.get("date", "")) or now
    return _believed(until_midnight_pacific(clock)) if clock and names_daily_quota(payload) else None


def resets(headers: Mapping[str, str], now: float) -> tuple[tuple[str, float], ...]:
    """When each rate-limit window refills: name ("requests", "input-tokens", "" for the only one) and seconds."""
    lower = {name.lower(): value for name, value in headers.items()}
    clock = _instant(lower.get("date", "")) or now
    found: list[tuple[str, float]] = []
    for name, value in lower.items():
        if "ratelimit" not in name or "reset" not in name:
            continue
        seconds = _span_or_instant(value, clock, UTC)
        if seconds is not None and math.isfinite(seconds):
            window = re.sub(r"^(?:x-|anthropic-)?ratelimit-?|-?reset-?", "", name)
            found.append((window, min(max(seconds, 0.0), WEEK)))
    return tuple(found)


def span(text: str) -> float | None:
    """Seconds of a span such as "6m0s", "2m59.56s", "17ms", "3 days, 2 hours"; None when it is none."""
    if not _WHOLE_RE.fullmatch(text[:200]):
        return None
    return sum(float(number) * _UNITS[_unit(unit)] for number, unit in _PART_RE.findall(text[:200]))


def sse_retry(value: str) -> float | None:
    """Seconds of the `retry:` field of a server-sent event, which counts milliseconds."""
    number = _number(value)
    return None if number is None else _believed(number / 1000)


def names_daily_quota(payload: object) -> bool:
    """Whether a google.rpc error names a quota that is counted by the day (`...PerDay...` in its quota id)."""
    return any(
        key in ("quotaId", "quota_limit") and isinstance(value, str) and "PerDay" in value
        for key, value in walk(payload)
    )


def until_midnight_pacific(clock: float) -> float:
    """Seconds from `clock` to the next midnight in Los Angeles, when Gemini's daily quotas start anew."""
    try:
        zone: tzinfo = ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # Windows without tzdata: an hour late in summer, never early
        zone = timezone(timedelta(hours=-8))
    try:
        local = datetime.fromtimestamp(clock, zone)
        midnight = datetime(local.year, local.month, local.day, tzinfo=zone) + timedelta(days=1)
    except (ValueError, OverflowError, OSError):
        return 0.0
    return midnight.timestamp() - clock


NOT_AN_ERROR = frozenset(
    """choices output tools tool_choice instructions input messages content candidates failed_generation ctx usage
    usageMetadata text safetyRatings content_filter_result content_filter_results url""".split()  # noqa: SIM905 - a table of words reads better so
)


def walk(payload: object, *, depth: int = 7, bound: int = 2000) -> Iterator[tuple[str, object]]:
    """Every key and value of a decoded error, outer ones first; parts that hold a request or an answer are left out,
    and JSON that a gateway has put into a string is opened."""
    level: list[object] = [payload]
    seen = 0
    for _ in range(depth):
        below: list[object] = []
        for item in level:
            for key, value in _entries(item):
                seen += 1
                if seen > bound:
                    return
                if key:
                    yield key, value
                below.append(opened(value))
        level = below


def _entries(item: object) -> Iterator[tuple[str, object]]:
    if isinstance(item, dict):
        for key, value in cast("dict[Any, object]", item).items():
            if str(key) not in NOT_AN_ERROR:
                yield str(key), value
    elif isinstance(item, list):
        for value in cast("list[object]", item)[:50]:
            yield "", value


def opened(value: object) -> object:
    """What a string holds, where it holds a JSON object or array; else the value itself."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _believed(seconds: float | None) -> float | None:
    if seconds is None or not math.isfinite(seconds) or not 0 < seconds <= ABSURD:
        return None
    return min(seconds, WEEK)


def _from_headers(lower: Mapping[str, str], clock: float) -> float | None:
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        number = _number(lower.get(name, ""))
        if number is not None and (seconds := _believed(number / 1000)) is not None:
            return seconds
    value = lower.get("retry-after", "")
    for seconds in (_number(value), span(value), _ahead(_instant(value), clock)):
        if (hint := _believed(seconds)) is not None:
            return hint
    return None


def _from_fields(payload: object, clock: float) -> float | None:
    zone = _zone_of(payload)
    for key, value in walk(payload):
        if (hint := _believed(_field(re.sub(r"[-_]", "", key).lower(), value, clock, zone))) is not None:
            return hint
    return None


def _field(name: str, value: object, clock: float, zone: tzinfo) -> float | None:
    if name in _SPAN_FIELDS:
        if isinstance(value, dict):  # a google.protobuf.Duration, written out
            duration = cast("dict[str, object]", value)
            return (_plain(duration.get("seconds")) or 0.0) + (_plain(duration.get("nanos")) or 0.0) / 1e9
        return _plain(value)
    if name in _MS_FIELDS:
        number = _plain(value)
        return None if number is None else number / 1000
    if name in _TIME_FIELDS and isinstance(value, str | int | float):
        return _span_or_instant(str(value), clock, zone)
    return None


def _plain(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e15 else None
    if isinstance(value, str):
        number = _number(value)
        return span(value) if number is None else number
    return None


def _from_text(text: str, clock: float, zone: tzinfo) -> float | None:
    if (match := _IN_RE.search(text)) and (hint := _believed(span(match["span"]))) is not None:
        return hint
    if (match := _AT_RE.search(text)) and (when := _instant(match["when"] or match["before"], zone)) is not None:
        return _believed(when - clock)
    if match := _AFTER_RE.search(text):
        return _believed(_number(match["number"]))
    return None


def _span_or_instant(value: str, clock: float, zone: tzinfo) -> float | None:
    number = _number(value)
    if number is None:
        seconds = span(value)
        return _ahead(_instant(value, zone), clock) if seconds is None else seconds
    if number > 1e11:  # Unix time in milliseconds
        return number / 1000 - clock
    return number - clock if number > 1e9 else number


def _ahead(instant: float | None, clock: float) -> float | None:
    return None if instant is None else instant - clock


def _number(text: str) -> float | None:
    match = _NUMBER_RE.fullmatch(text[:40])
    return float(match[1]) if match else None


def _instant(text: str, zone: tzinfo = UTC) -> float | None:
    """Unix time of an HTTP date in any of its three forms or of an ISO date; `zone` where it names none."""
    cleaned = text.strip()[:64]
    for read in (parsedate_to_datetime, _iso):
        try:
            when = read(cleaned)
            return (when if when.tzinfo is not None else when.replace(tzinfo=zone)).timestamp()
        except (ValueError, TypeError, IndexError, OverflowError, OSError):
            continue
    return None


def _iso(text: str) -> datetime:
    text = re.sub(r"\s+at\s+", " ", text, flags=re.I)
    return datetime.fromisoformat(re.sub(r"\s*(?:UTC|GMT|Z)$", "+00:00", text, flags=re.I))


def _unit(word: str) -> str:
    if word[0] in _CHINESE:
        return _CHINESE[word[0]]
    lower = word.lower()
    return "ms" if lower.startswith(("ms", "mil")) else lower[0]


def _zone_of(payload: object) -> tzinfo:
    codes = {str(value) for key, value in walk(payload) if key == "code"}
    return _BEIJING if codes & _ZAI_RESETS else UTC
