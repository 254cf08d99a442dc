"""Secrets go, everything else stays. The keys here are made up and open nothing."""

import base64
import string

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.redact import MARK, redact, safe_headers

BODY = "a1B2c3D4e5F6g7H8" * 3

KEYS = [
    f"sk-{BODY}",
    f"sk-proj-{BODY[:20]}_{BODY[:20]}",
    f"sk-ant-api03-{BODY}-AA",
    f"sk-or-v1-{BODY.lower()}",
    "sk-wrong****-key",
    "sk-...9abc",
    f"gsk_{BODY}",
    f"AIza{BODY[:35]}",
    f"xai-{BODY}",
    f"hf_{BODY[:34]}",
    f"pplx-{BODY}",
    f"csk-{BODY.lower()}",
    f"nvapi-{BODY}",
    f"r8_{BODY[:37]}",
    "AKIA" + "ABCDEFGH23456789",
    f"ghp_{BODY[:36]}",
    f"github_pat_{BODY}",
    f"eyJhbGciOiJIUzI1NiJ9.{BODY}.{BODY}",
    f"ya29.{BODY}",
]


@pytest.mark.parametrize("key", KEYS)
def test_a_key_is_known_by_its_prefix(key: str) -> None:
    assert redact(f"Incorrect key: {key}. See the page.").endswith(f"{MARK}. See the page.")
    assert key not in redact(f'{{"x":"{key}"}}')


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("Authorization: Bearer abc", f"Authorization: Bearer {MARK}"),
        ("'authorization': 'Basic dXNlcjpwYXNz'", f"'authorization': 'Basic {MARK}'"),
        ("got Bearer 0123456789abc here", f"got Bearer {MARK} here"),
        ("https://joe:pw@host.test/v1", f"https://{MARK}@host.test/v1"),
        ("http://token@host.test", f"http://{MARK}@host.test"),
        ("https://h.test/v1?alt=sse&key=abc123&x=1", f"https://h.test/v1?alt=sse&key={MARK}&x=1"),
        ("https://h.test/?X-Amz-Signature=ff00", f"https://h.test/?X-Amz-Signature={MARK}"),
        ('{"api_key": "abcd1234efgh"}', f'{{"api_key": "{MARK}"}}'),
        ("api-key=0123456789abcdef0123456789abcdef", f"api-key={MARK}"),
        ("Incorrect API key provided: zz12345678", f"Incorrect API key provided: {MARK}"),
        ("aws_secret_access_key = abcdEFGHijklMNOPqrstUVWXyzab/dEFGHijklMN", f"aws_secret_access_key = {MARK}"),
        ("password=hunter2222", f"password={MARK}"),
    ],
)
def test_a_secret_is_known_by_what_stands_before_it(text: str, clean: str) -> None:
    assert redact(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "Basic authentication is required; a Bearer token was expected.",
        "The model `gpt-4o-mini-2024-07-18` does not exist.",
        "xai-grok-4-fast, pplx-70b-online, hf_transfer and sk-learn are names",
        "claude-3-5-sonnet-20241022 and meta-llama/Llama-4-Maverick-17B-128E-Instruct-FP8",
        "request req_011CW6iSW9a42ghQfXsaHqWi, chatcmpl-9f8e7d6c5b4a39281706, gen-1754667660-abcdefABCDEF",
        "max_tokens: 16384 is too large; tokens: 200016 > 200000 maximum",
        "Unexpected token: messages[0] at line 1",
        "https://platform.openai.com/account/api-keys",
        "https://docs.test/a?page=2&code_style=x#key",
        "cf-ray 998c5cc1feace521-FRA, trace 0123456789abcdef0123456789abcdef",
        "mail joe@host.test about the key: it is missing",
        "risk-free task-2024-list",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_known_secrets_go_in_every_spelling() -> None:
    secret = 'p"ss/wörd+1'
    text = f'{secret} | "p\\"ss/w\\u00f6rd+1" | p%22ss%2Fw%C3%B6rd%2B1'
    assert redact(text, [secret]) == f'{MARK} | "{MARK}" | {MARK}'


def test_the_longer_of_two_secrets_goes_first() -> None:
    assert redact("abcdefgh", ["abcd", "abcdefgh"]) == MARK


def test_a_secret_too_short_to_be_one_eats_nothing() -> None:
    assert redact("a banana", ["", "a", "an"]) == "a banana"


@given(st.text(string.ascii_letters + string.digits, min_size=20, max_size=60), st.text(max_size=40))
def test_a_known_secret_never_comes_through(secret: str, around: str) -> None:
    assert secret not in redact(f"{around}{secret}{around} ", [secret])


@given(st.text(max_size=200))
def test_to_redact_twice_is_to_redact_once(text: str) -> None:
    assert redact(redact(text)) == redact(text)


def test_only_listed_headers_are_kept() -> None:
    headers = httpx.Headers(
        {
            "Content-Type": "application/json",
            "Date": "Mon, 01 Jan 2024 00:00:00 GMT",
            "Retry-After": "7",
            "X-Request-Id": "req_1",
            "X-Goog-Request-Id": "g",
            "X-RateLimit-Reset-Tokens": "6m0s",
            "anthropic-ratelimit-requests-remaining": "4",
            "anthropic-organization-id": "org-1",
            "openai-organization": "org-2",
            "Set-Cookie": "session=1",
            "Authorization": "Bearer abc",
            "x-api-key": "abc",
            "CF-Ray": "998c-FRA",
        }
    )
    assert [name for name, _ in safe_headers(headers)] == [
        "content-type",
        "date",
        "retry-after",
        "x-request-id",
        "x-goog-request-id",
        "x-ratelimit-reset-tokens",
        "anthropic-ratelimit-requests-remaining",
        "cf-ray",
    ]


def test_the_values_of_kept_headers_are_redacted_and_bounded() -> None:
    kept = dict(safe_headers({"Via": f"proxy {KEYS[0]}", "Server": "s" * 999, "Age": "hush-hush"}, ["hush-hush"]))
    assert kept["via"] == f"proxy {MARK}"
    assert kept["age"] == MARK
    assert len(kept["server"]) == 300


def test_long_text_is_redacted_in_good_time() -> None:
    hard = ("https://" + "a" * 5000) + "sk-" * 5000 + base64.b64encode(b"x" * 50_000).decode() + "token:" * 5000
    assert redact(hard)
