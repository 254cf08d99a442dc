"""Prices are told only where they are known, and a user's own come first."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.core.request import Dialect, Usage
from engine.prices import BUILT_IN, Price, PriceError, Prices, cost, load, price
from engine.providers.catalog import PROVIDERS


@pytest.mark.parametrize("row", BUILT_IN, ids=lambda row: f"{row.provider}/{row.model}")
def test_each_row_has_a_known_provider_a_date_and_a_source(row: Price):
    assert row.provider in PROVIDERS
    assert date.fromisoformat(row.date) <= date.today()
    assert row.source.startswith("https://")
    assert 0 < row.input <= row.output
    assert row.cached is None or row.cached <= row.input
    assert row.context is None or row.context >= (row.up_to or 0)


def test_no_model_stands_twice():
    names = [(row.provider, row.model) for row in BUILT_IN]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("provider", "model", "row"),
    [
        ("openai", "gpt-5-mini", "gpt-5-mini"),
        ("openai", "gpt-5-mini-2025-08-07", "gpt-5-mini"),
        ("openai", "gpt-5-2025-08-07", "gpt-5"),
        ("openai", "gpt-4o-2024-11-20", "gpt-4o"),
        ("openai", "gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
        ("anthropic", "claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("anthropic", "claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("gemini", "gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"),
        ("gemini", "gemini-2.0-flash-001", "gemini-2.0-flash"),
        ("cohere", "command-a-03-2025", "command-a"),
        ("bedrock", "amazon.nova-lite-v1:0", "amazon.nova-lite"),
        ("openrouter", "openai/gpt-5-mini", "gpt-5-mini"),
        ("vercel_gateway", "google/gemini-2.5-pro", "gemini-2.5-pro"),
    ],
)
def test_the_longest_name_that_the_model_is_a_version_of_wins(provider, model, row):
    found = price(provider, model)
    assert found is not None
    assert found.model == row


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "gpt-5.9"), ("openai", "gpt-5-turbo"), ("openai", "gpt-4o-audio-preview"), ("openai", "o3-pro"),
        ("anthropic", "claude-opus-4-9"), ("anthropic", "claude-opus"), ("gemini", "gemini-2.5-flash-image"),
        ("cohere", "command-r-minus"), ("openai_compatible", "gpt-5"), ("azure", "gpt-5-mini"), ("nobody", "gpt-5"),
        ("openrouter", "deepseek/deepseek-chat"), ("openrouter", "openrouter/auto"), ("litellm_proxy", "gpt-5"),
    ],
)  # fmt: skip
def test_what_is_not_known_is_none(provider, model):
    assert price(provider, model) is None
    assert cost(Usage(input=1, output=1), price(provider, model)) is None


@pytest.mark.parametrize("provider", ["local", "ollama", "lmstudio", "lab"])
def test_what_runs_on_this_machine_is_free(provider):
    found = price(provider, "any")
    assert found is not None
    assert found.free
    assert cost(Usage(), found) == 0.0


ROW = Price(provider="openai", model="m", input=2.0, cached=0.5, output=8.0)


def test_cached_tokens_are_part_of_the_input_in_most_dialects():
    assert cost(Usage(input=1_000_000, cached=400_000, output=100_000), ROW) == pytest.approx(1.2 + 0.2 + 0.8)


def test_cached_tokens_stand_beside_the_input_in_messages():
    usage = Usage(input=1_000_000, cached=400_000, output=0)
    assert cost(usage, ROW, Dialect.MESSAGES) == pytest.approx(2.0 + 0.2)


def test_reasoning_is_part_of_the_output_but_for_gemini():
    usage = Usage(input=0, output=100_000, reasoning=50_000)
    assert cost(usage, ROW) == pytest.approx(0.8)
    assert cost(usage, ROW, Dialect.GEMINI) == pytest.approx(1.2)


def test_the_providers_first_dialect_holds_where_none_is_named():
    usage = Usage(input=100, cached=100, output=0)
    anthropic = Price(provider="anthropic", model="m", input=10.0, cached=1.0, output=0.0)
    assert cost(usage, anthropic) == pytest.approx(1_100 / 1e6)


def test_cached_tokens_without_a_price_of_their_own_cost_as_input():
    plain = Price(provider="openai", model="m", input=2.0, output=8.0)
    assert cost(Usage(input=1_000_000, cached=500_000, output=0), plain) == pytest.approx(2.0)


@pytest.mark.parametrize("usage", [Usage(), Usage(input=1), Usage(output=1)])
def test_what_was_not_counted_has_no_cost(usage):
    assert cost(usage, ROW) is None


def test_a_prompt_beyond_the_rows_reach_has_no_cost():
    tiered = price("gemini", "gemini-2.5-pro")
    assert cost(Usage(input=200_000, output=1), tiered) is not None
    assert cost(Usage(input=200_001, output=1), tiered) is None


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_cost_is_never_negative_and_grows_with_the_output(i, c, o):
    one, more = (cost(Usage(input=i, cached=c, output=n), ROW) for n in (o, o + 1))
    assert one is not None
    assert more is not None
    assert 0 <= one < more


def write(state: Path, text: str) -> Path:
    (state / "prices.toml").write_text(text, encoding="utf-8")
    return state


def test_without_a_file_the_built_in_table_holds(tmp_path):
    assert load(tmp_path).price("openai", "gpt-5") == price("openai", "gpt-5")


def test_a_users_row_comes_before_a_longer_built_in_one(tmp_path):
    table = load(write(tmp_path, '[[prices]]\nprovider="openai"\nmodel="gpt-5"\ninput=1\noutput=2.5\n'))
    found = table.price("openai", "gpt-5-2025-08-07")
    assert found is not None
    assert (found.input, found.output) == (1.0, 2.5)
    assert table.price("openai", "gpt-5-mini") == price("openai", "gpt-5-mini")
    assert "gpt-5" in table.models("openai")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("[[prices]", "TOML"),
        ('[[prices]]\nprovider="openai"', "model"),
        ('[[prices]]\nprovider="openai"\nmodel="m"\ninput="x"\noutput=1', "prices"),
        ('[[prices]]\nprovider="openai"\nmodel="m"\ninput=-1\noutput=1', "0 or more"),
        ('[[prices]]\nprovider="openai"\nmodel="m"\ninput=nan\noutput=1', "0 or more"),
        ("[[price]]\n", "price"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_sentence(tmp_path, text, word):
    with pytest.raises(PriceError, match=word) as caught:
        load(write(tmp_path, text))
    assert "prices.toml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_gets_one_sentence(tmp_path):
    (tmp_path / "prices.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(PriceError, match="UTF-8"):
        load(tmp_path)


def test_a_table_of_ones_own_rows_falls_back_to_the_built_in_ones():
    assert Prices([ROW]).price("openai", "m") is ROW
