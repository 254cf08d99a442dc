"""Every form in which a provider asks to wait."""

import json
import math
import zoneinfo
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.providers import hints
from engine.providers.hints import WEEK, resets, span, spent_for, sse_retry, until_midnight_pacific, wait_hint, walk

NOW = 1_696_004_805.0  # Fri, 29 Sep 2023 16:26:45 GMT


def header(**named: str) -> float | None:
    return wait_hint(httpx.Headers({k.replace("_", "-"): v for k, v in named.items()}), None, "", now=NOW)


def body(payload: Any) -> float | None:
    return wait_hint({}, payload, "", now=NOW)


def words(text: str) -> float | None:
    return wait_hint({}, None, text, now=NOW)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("2", 2),
        ("0.5", 0.5),
        (" 20 ", 20),
        ("60s", 60),
        ("1m30s", 90),
        ("Fri, 29 Sep 2023 16:26:57 GMT", 12),
        ("Friday, 29-Sep-23 16:26:57 GMT", 12),
        ("Fri Sep 29 16:26:57 2023", 12),
        ("2023-09-29T16:26:57Z", 12),
        ("1000000", WEEK),
    ],
)
def test_retry_after_is_read_in_every_form(value: str, seconds: float) -> None:
    assert header(retry_after=value) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "value",
    ["", "0", "-10", "nan", "inf", "soon", "1_0", "1e9", "9" * 30, "99999999999", "0x10"],
)
def test_a_retry_after_that_cannot_be_meant_is_no_hint(value: str) -> None:
    assert header(retry_after=value) is None


@pytest.mark.parametrize("date", ["29 Sep 2023 16:26:27", "29 Sep 100000 16:26:27", "99 Zun 2023 16:26:57"])
def test_a_date_that_is_past_or_none_is_no_hint(date: str) -> None:
    assert header(retry_after=f"Fri, {date} GMT") is None


def test_milliseconds_win_over_seconds() -> None:
    assert header(retry_after_ms="1500", retry_after="9") == 1.5
    assert header(x_ms_retry_after_ms="900") == 0.9
    assert header(retry_after_ms="none", retry_after="9") == 9


def test_a_date_is_measured_against_the_response_s_own_clock() -> None:
    skewed = {"date": "Sat, 30 Sep 2023 00:00:00 GMT", "retry_after": "Sat, 30 Sep 2023 00:00:30 GMT"}
    assert header(**skewed) == 30


def test_when_a_window_refills_is_not_how_long_to_wait() -> None:
    assert header(x_ratelimit_reset_requests="6m0s", x_ratelimit_reset_tokens="17ms") is None


def test_resets_are_told_by_window() -> None:
    headers = {
        "X-RateLimit-Reset-Requests": "2m59.56s",
        "x-ratelimit-reset-tokens": "17ms",
        "anthropic-ratelimit-input-tokens-reset": "2023-09-29T16:27:45Z",
        "x-ratelimit-reset": str(int((NOW + 30) * 1000)),
        "ratelimit-reset": str(int(NOW + 31)),
        "x-ratelimit-remaining-tokens": "9",
        "x-ratelimit-reset-odd": "later",
    }
    expected = [("requests", 179.56), ("tokens", 0.017), ("input-tokens", 60.0), ("", 30.0), ("", 31.0)]
    assert [(name, pytest.approx(seconds)) for name, seconds in resets(headers, NOW)] == expected


def test_a_window_that_has_refilled_resets_in_no_time() -> None:
    assert resets({"anthropic-ratelimit-tokens-reset": "2023-09-29T16:00:00Z"}, NOW) == (("tokens", 0.0),)


@pytest.mark.parametrize(("delay", "seconds"), [("53s", 53), ("45.837906927s", 45.837906927), ("0s", None)])
def test_a_google_retry_delay_is_read(delay: str, seconds: float | None) -> None:
    info = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}
    assert body({"error": {"details": [info]}}) == seconds
    assert body([{"error": {"details": [info]}}]) == seconds
    wrapped = {"error": {"metadata": {"raw": json.dumps({"error": {"details": [info]}})}}}
    assert body(wrapped) == seconds


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"retryDelay": {"seconds": "5", "nanos": 500_000_000}}, 5.5),
        ({"metadata": {"quotaResetDelay": "1h2m3.5s"}}, 3723.5),
        ({"metadata": {"quotaResetTimeStamp": "2023-09-29T16:27:45Z"}}, 60),
        ({"retry_after": 30}, 30),
        ({"retry_after": True}, None),
        ({"retryAfterMs": 250}, 0.25),
        ({"resets_in_seconds": 120}, 120),
        ({"resets_at": NOW + 90}, 90),
        ({"estimated_time": 20.5}, 20.5),
        ({"next_flush_time": "2023-09-29 16:27:45"}, 60),
        ({"retry_after": 10**400}, None),
        ({"X-RateLimit-Reset": "1754667660000"}, None),
    ],
)
def test_a_field_of_the_body_is_read(fields: dict[str, Any], seconds: float | None) -> None:
    assert body({"error": fields}) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please retry in 53.016342224s.", 53.016342224),
        ("Try again in 17 seconds", 17),
        ("Please try again in 7m12s. Visit the page.", 432),
        ("Please try again in 20ms.", 0.02),
        ("You hit the limit. Try again in ~162 min.", 162 * 60),
        ("Try again in 3 days 5 hours 2 minutes.", 3 * 86400 + 5 * 3600 + 120),
        ("Please retry after 60 seconds.", 60),
        ("retry_after: 5", 5),
        ("Please wait 20 seconds before you go on", 20),
        ("Your quota will reset after 3h5m2s.", 11102),
        ("Your limit will reset at 2023-09-29 16:27:45", 60),
        ("You will regain access on 2023-09-30 at 00:00 UTC.", 27195),
        ("您的限额将在 2023-09-29 16:27:45 重置。", 60),
        ("Please retry shortly.", None),
        ("If you enabled this API recently, wait a few minutes and retry.", None),
        ("Limit 30000, Used 29000, Requested 2000 per minute. Try again later.", None),
        ("It was reset at 2020-01-01 00:00:00", None),
        ("Try again in 0s", None),
        ("available context size (2048 tokens)", None),
    ],
)
def test_the_provider_s_words_are_the_last_resort(text: str, seconds: float | None) -> None:
    assert words(text) == (None if seconds is None else pytest.approx(seconds))


def test_a_header_wins_over_the_words() -> None:
    assert wait_hint({"Retry-After": "7"}, None, "try again in 6.98s", now=NOW) == 7


def test_z_ai_tells_the_time_of_beijing() -> None:
    payload = {"error": {"code": "1308", "message": "Your limit will reset at 2023-09-30 00:27:45"}}
    assert wait_hint({}, payload, payload["error"]["message"], now=NOW) == 60


def test_a_daily_quota_lasts_until_midnight_in_los_angeles() -> None:
    violation = {"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}
    payload = {"error": {"details": [{"violations": [violation]}, {"retryDelay": "34s"}]}}
    assert body(payload) == 34
    assert spent_for({}, payload, now=NOW) == 14 * 3600 + 33 * 60 + 15  # 09:26:45 there, in summer time
    assert spent_for({}, payload, now=0.0) is None
    assert spent_for({}, {"error": {}}, now=NOW) is None


def test_midnight_is_known_without_a_time_zone_database(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise zoneinfo.ZoneInfoNotFoundError(name)

    monkeypatch.setattr(hints, "ZoneInfo", missing)
    assert until_midnight_pacific(NOW) == 15 * 3600 + 33 * 60 + 15


def test_midnight_is_right_on_the_day_the_clocks_change() -> None:
    before = 1_699_160_400.0  # Sat 4 Nov 2023 22:00 there; Sunday then has 25 hours
    assert until_midnight_pacific(before) == 2 * 3600
    assert until_midnight_pacific(before + 3 * 3600) == 24 * 3600


@pytest.mark.parametrize("clock", [math.inf, -math.inf, math.nan, 1e30, -1e30])
def test_a_clock_that_is_no_time_gives_no_midnight(clock: float) -> None:
    assert until_midnight_pacific(clock) == 0.0


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360),
        ("1s", 1),
        ("17ms", 0.017),
        ("1h2m3s", 3723),
        ("2 hours, 5 minutes and 1 second", 7501),
        ("5", None),
        ("", None),
        ("5 parsecs", None),
        ("s", None),
        ("5s later", None),
    ],
)
def test_a_span_is_read_whole_or_not_at_all(text: str, seconds: float | None) -> None:
    assert span(text) == (None if seconds is None else pytest.approx(seconds))


def test_the_retry_field_of_a_stream_counts_milliseconds() -> None:
    assert sse_retry("3000") == 3.0
    assert sse_retry("soon") is None
    assert sse_retry("0") is None


def test_the_walk_goes_outside_in_and_leaves_the_answer_out() -> None:
    payload = {"a": {"b": 1}, "c": 2, "choices": [{"code": "x"}]}
    assert list(walk(payload)) == [("a", {"b": 1}), ("c", 2), ("b", 1)]


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=200), st.floats())
def test_nothing_makes_it_raise(value: str, date: str, text: str, now: float) -> None:
    headers = {"retry-after": value, "date": date, "retry-after-ms": value, "x-ratelimit-reset-tokens": value}
    hint = wait_hint(headers, {"error": {"retryDelay": value, "resets_at": value}}, f"retry in {text}", now=now)
    assert hint is None or 0 < hint <= WEEK
    assert all(0 <= seconds <= WEEK for _, seconds in resets(headers, now))
