"""Attempts as an HTTP archive (HAR 1.2, http://www.softwareishard.com/blog/har-12-spec/), without secrets."""

from datetime import UTC, datetime
from typing import Any

from engine.core.run import Attempt, Run
from engine.redact import redact

NOT_KNOWN = -1


def har(run: Run) -> dict[str, Any]:
    """Each attempt of which anything was sent is an entry; times in milliseconds, as HAR counts them."""
    entries = [_entry(run, attempt) for attempt in run.attempts if attempt.request is not None]
    return {"log": {"version": "1.2", "creator": {"name": "Streamover", "version": "1"}, "entries": entries}}


def _entry(run: Run, a: Attempt) -> dict[str, Any]:
    assert a.request is not None
    began = datetime.fromtimestamp(run.wall + a.started, UTC)
    ended = a.ended if a.ended is not None else run.now
    text = redact(run.text_of(a))
    return {
        "startedDateTime": began.isoformat().replace("+00:00", "Z"),
        "time": _ms(a.started, ended),
        "request": {
            "method": a.request.method, "url": a.request.url, "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": _headers(a.request.headers), "queryString": [], "headersSize": NOT_KNOWN,
            "bodySize": a.request.body_bytes,
        },
        "response": {
            "status": a.status or 0, "statusText": "", "httpVersion": "HTTP/1.1", "cookies": [],
            "headers": _headers(a.headers), "redirectURL": "", "headersSize": NOT_KNOWN, "bodySize": NOT_KNOWN,
            "content": {"size": len(text.encode()), "mimeType": "text/plain", "text": text},
            "comment": a.fault.detail if a.fault is not None else "",
        },
        "cache": {},
        "timings": _timings(a, ended),
        "comment": f"attempt {a.number}: {run.candidate_of(a).label}, {a.rule.value}",
    }  # fmt: skip


def _timings(a: Attempt, ended: float) -> dict[str, float]:
    connected = a.connected if a.connected is not None else a.started
    sent = a.sent if a.sent is not None else connected
    opened = a.opened if a.opened is not None else ended
    return {
        "connect": _ms(a.started, connected), "send": _ms(connected, sent), "wait": _ms(sent, opened),
        "receive": _ms(opened, ended),
    }  # fmt: skip


def _ms(start: float, end: float) -> float:
    return round(max(0.0, end - start) * 1000, 3)


def _headers(headers: tuple[tuple[str, str], ...]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers]
