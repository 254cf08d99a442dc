from itertools import pairwise

import httpx
import pytest

from engine.core.request import Candidate, Capabilities, Clocks, Dialect, Route, ask
from engine.providers.catalog import PROVIDERS, Auth, CatalogError, provider
from engine.providers.registry import adapter_for, resolve

ALL = [(row.name, dialect) for row in PROVIDERS.values() for dialect in row.dialects]


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_row_says_all_that_a_candidate_needs(name: str):
    row = provider(name)
    assert row.name == name
    assert row.label
    assert row.dialects
    assert bool(row.base_url) != bool(row.example)
    assert row.env or not row.needs_key
    for _, url in [("", row.base_url or row.example), *row.bases]:
        assert httpx.URL(url).scheme in ("http", "https")
        assert not url.endswith("/")
    assert {dialect for dialect, _ in row.bases} <= set(row.dialects)


def test_longer_key_prefixes_stand_before_the_shorter_ones_that_begin_them():
    for row in PROVIDERS.values():
        assert not any(later.startswith(earlier) for earlier, later in pairwise(row.key_prefixes))


def test_an_unknown_name_is_answered_with_close_ones():
    with pytest.raises(CatalogError, match="No provider is named 'opnai': did you mean openai"):
        provider("opnai")


def test_a_name_like_no_other_is_answered_with_a_way_out():
    with pytest.raises(CatalogError, match="openai_compatible"):
        provider("qqqq")


def test_resolving_fills_what_the_catalogue_knows():
    candidate = resolve(Candidate(provider="ollama", model="llama3.2"))
    assert candidate.dialect is Dialect.OLLAMA
    assert candidate.base_url == "http://127.0.0.1:11434"
    assert candidate.usual_first_token == 120.0
    assert candidate.capabilities.prefill is True


def test_resolving_keeps_what_the_candidate_says():
    said = Candidate(
        provider="ollama",
        model="llama3.2",
        dialect=Dialect.CHAT_COMPLETIONS,
        base_url="http://elsewhere/v1/",
        clocks=Clocks(first_token=3, idle=4),
        capabilities=Capabilities(prefill=False, tools=True),
    )
    candidate = resolve(said)
    assert candidate.dialect is Dialect.CHAT_COMPLETIONS
    assert candidate.base_url == "http://elsewhere/v1"
    assert candidate.clocks == said.clocks
    assert candidate.capabilities == said.capabilities
    assert resolve(candidate) == candidate


def test_a_dialect_that_lives_elsewhere_has_its_own_address():
    candidate = resolve(Candidate(provider="deepseek", model="m", dialect=Dialect.MESSAGES))
    assert candidate.base_url == "https://api.deepseek.com/anthropic"


def test_a_missing_address_is_told_with_an_example():
    with pytest.raises(CatalogError, match=r"Azure OpenAI has no fixed address: set base_url, for example https://"):
        resolve(Candidate(provider="azure", model="m"))


@pytest.mark.parametrize(("name", "dialect"), ALL)
def test_every_row_has_an_adapter_that_builds_and_never_puts_the_key_into_the_address(name: str, dialect: Dialect):
    candidate = resolve(Candidate(provider=name, model="m", dialect=dialect, base_url="https://host/v1"))
    adapter = adapter_for(candidate)
    wire = adapter.build(ask("Why?", Route(name="r", candidates=(candidate,))), candidate)
    assert wire.method == "POST"
    assert wire.url.host == "host"
    assert b"Why?" in wire.content
    adapter.sign(wire, "AKIDEXAMPLE:sesame")
    assert "sesame" not in str(wire.url)
    if dialect is not Dialect.BEDROCK:
        assert any("sesame" in value for value in wire.headers.values())


def test_the_key_stands_in_the_header_that_the_provider_reads():
    for name, header in (("openai", Auth.BEARER), ("anthropic", Auth.X_API_KEY), ("azure", Auth.API_KEY)):
        candidate = resolve(Candidate(provider=name, model="m", base_url="https://host"))
        wire = adapter_for(candidate).build(ask("Why?", Route(name="r", candidates=(candidate,))), candidate)
        adapter_for(candidate).sign(wire, " k3y\n")
        assert wire.headers[header] in ("k3y", "Bearer k3y")


def test_a_key_that_no_header_takes_is_refused_without_being_shown():
    candidate = resolve(Candidate(provider="openai", model="m"))
    wire = adapter_for(candidate).build(ask("Why?", Route(name="r", candidates=(candidate,))), candidate)
    with pytest.raises(ValueError, match="copy it again") as raised:
        adapter_for(candidate).sign(wire, "k3y\r\nx: y")
    assert "k3y" not in str(raised.value)
