"""Mistakes in base URLs are named with their remedy, and no secret of a URL is ever repeated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.request import Dialect
from engine.providers.catalog import LOCAL_BASE, PROVIDERS
from engine.url_check import blocking, check_url, is_public

CHAT, MESSAGES = Dialect.CHAT_COMPLETIONS, Dialect.MESSAGES


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "empty"),
        ("  ", "empty"),
        ("banana", "not a URL"),
        ("see the docs", "blank"),
        ("https://", "no host"),
        ("https://..", "no host"),
        ("ftp://example.com/v1", "ftp://"),
        ("https://example.com:99999/v1", "port"),
        ("https://example.com:0/v1", "port 0"),
        ("https://[::1/v1", "not a URL"),
        ("api.example.com/v1", "https://"),
    ],
)
def test_what_is_no_url_blocks(url, words):
    assert words in blocking(url, CHAT)


@pytest.mark.parametrize(
    ("url", "better"),
    [
        ("api.example.com/v1", "https://api.example.com/v1"),
        ("localhost:8000/v1", "http://localhost:8000/v1"),
        ("192.168.1.7:8000/v1", "http://192.168.1.7:8000/v1"),
    ],
)
def test_a_missing_scheme_is_offered(url, better):
    assert check_url(url, CHAT)[0].better == better


@pytest.mark.parametrize(
    ("url", "dialect", "better"),
    [
        ("https://llm.example.com/v1/chat/completions", CHAT, "https://llm.example.com/v1"),
        ("https://llm.example.com/v1/messages", MESSAGES, "https://llm.example.com/v1"),
        ("https://llm.example.com/v1/models", CHAT, "https://llm.example.com/v1"),
        ("http://127.0.0.1:11434/api/chat", Dialect.OLLAMA, "http://127.0.0.1:11434"),
        (
            "https://g.example.com/v1beta/models/gemini:streamGenerateContent",
            Dialect.GEMINI,
            "https://g.example.com/v1beta",
        ),
        ("https://llm.example.com", CHAT, "https://llm.example.com/v1"),
        ("https://llm.example.com/", Dialect.RESPONSES, "https://llm.example.com/v1"),
        ("https://api.groq.com", CHAT, "https://api.groq.com/openai/v1"),
        ("https://llm.example.com/anthropic", CHAT, "https://llm.example.com"),
        ("https://api.deepseek.com/anthropic", CHAT, "https://api.deepseek.com"),
        ("https://api.deepseek.com/v1", Dialect.MESSAGES, None),
        ("http://127.0.0.1:11434/v1", Dialect.OLLAMA, "http://127.0.0.1:11434"),
        ("https://api.cohere.com/v1", Dialect.COHERE, "https://api.cohere.com"),
        ("http://llm.example.com/v1", CHAT, "https://llm.example.com/v1"),
        ("https://llm.example.com/v1#keys", CHAT, "https://llm.example.com/v1"),
    ],
)
def test_the_url_that_was_meant_is_offered(url, dialect, better):
    troubles = check_url(url, dialect)
    assert (troubles[0].better if troubles else None) == better
    assert not any(trouble.blocks for trouble in troubles)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000/v1",
        "http://10.0.0.3/v1",
        "http://gpu-box:8000/v1",
        "http://nas.local/v1",
        "https://llm.example.com/v1/",
        "https://r.openai.azure.com/openai/v1?api-version=preview",
    ],
)
def test_a_sound_url_is_left_alone(url):
    assert check_url(url, CHAT) == ()


def test_every_address_of_the_catalogue_is_sound():
    for row in PROVIDERS.values():
        for dialect in row.dialects:
            base = row.base_for(dialect)
            if base and base != LOCAL_BASE:
                assert check_url(base, dialect) == (), (row.name, dialect)


@pytest.mark.parametrize(
    "url",
    [
        "https://sk-proj-SECRETsecret0123456789abcd@llm.example.com/v1",
        "https://me:hunter2hunter2@llm.example.com/v1",
        "https://llm.example.com/v1?api_key=SECRET0123456789abcdef",
        "https://llm.example.com/sk-ant-SECRET0123456789abcdef0123/v1",
        "me:hunter2hunter2@llm.example.com/v1",
        "http://me:hunter2hunter2@llm.example.com#x",
    ],
)
def test_credentials_block_and_are_not_repeated(url):
    troubles = check_url(url, CHAT)
    assert troubles[0].blocks
    for trouble in troubles:
        assert "SECRET" not in trouble.words + trouble.better
        assert "hunter2" not in trouble.words + trouble.better


def test_a_private_host_is_told_from_a_public_one():
    assert is_public("api.openai.com")
    assert is_public("8.8.8.8")
    assert not any(map(is_public, ("localhost", "127.0.0.1", "::1", "10.1.2.3", "printer.local", "box")))


@given(st.text(max_size=80), st.sampled_from([None, *Dialect]))
def test_any_text_at_all_is_judged_without_an_exception(text, dialect):
    for trouble in check_url("https://" + text, dialect) + check_url(text, dialect):
        assert trouble.words.endswith(".")
