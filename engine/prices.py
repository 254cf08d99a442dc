"""What tokens cost and how long a prompt may be, as data with a date and a source. What is not known says None.

Prices are US dollars for a million tokens at the standard tier. They change: a file in the state directory overrides
each row, and what the table does not know it never guesses.
"""

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from engine.core.request import Dialect, Usage
from engine.providers.catalog import PROVIDERS

NAME = "prices.toml"
MILLION = 1_000_000

# What may follow a model's name without making it another model: a date, a version of three digits, a channel.
_SUFFIX = re.compile(r"(?:[-@](?:\d{8}|\d{4}-\d\d-\d\d|\d\d-\d{4}|\d\d-\d\d|\d{3,4}|latest|preview|exp|v\d+)|:\d+)*")


class Price(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model at one provider. `input`, `cached` (input read from the provider's cache; None: as input) and `output`
    are dollars for a million tokens; `context` is the window in tokens, None where it is not known.

    `up_to` is the longest prompt, in tokens, for which the price holds, where longer ones cost more; `date` is the day
    of the source, as year-month-day.
    """

    provider: str
    model: str
    input: float
    output: float
    cached: float | None = None
    context: int | None = None
    up_to: int | None = None
    date: str = ""
    source: str = ""

    @property
    def free(self) -> bool:
        return not (self.input or self.output or self.cached)


class PriceError(ValueError):
    """One sentence on a file of prices that cannot be used, with the remedy."""


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    prices: tuple[Price, ...] = ()


def _rows(provider: str, date: str, source: str, *rows: tuple[object, ...]) -> tuple[Price, ...]:
    """Rows of (model, input, cached, output, context, up_to?)."""
    fields = ("model", "input", "cached", "output", "context", "up_to")
    return tuple(
        msgspec.convert(
            dict(zip(fields, row, strict=False)) | {"provider": provider, "date": date, "source": source}, Price
        )
        for row in rows
    )


BUILT_IN: tuple[Price, ...] = (
    *_rows(
        "openai", "2026-06-01", "https://developers.openai.com/api/docs/pricing",
        ("gpt-5-mini", 0.25, 0.025, 2.00, 400_000),
        ("gpt-5.2", 1.75, 0.175, 14.00, 400_000),
        ("gpt-5.3-codex", 1.75, 0.175, 14.00, 400_000),
        ("gpt-5.4", 2.50, 0.25, 15.00, None, 272_000),
        ("gpt-5.4-mini", 0.75, 0.075, 4.50, 400_000),
        ("gpt-5.4-nano", 0.20, 0.02, 1.25, 400_000),
        ("gpt-5.5", 5.00, 0.50, 30.00, None, 272_000),
    ),
    *_rows(
        "openai", "2025-11-15", "https://platform.openai.com/docs/pricing",
        ("gpt-5", 1.25, 0.125, 10.00, 400_000),
        ("gpt-5.1", 1.25, 0.125, 10.00, 400_000),
        ("gpt-5-nano", 0.05, 0.005, 0.40, 400_000),
        ("gpt-4.1", 2.00, 0.50, 8.00, 1_047_576),
        ("gpt-4.1-mini", 0.40, 0.10, 1.60, 1_047_576),
        ("gpt-4.1-nano", 0.10, 0.025, 0.40, 1_047_576),
        ("gpt-4o", 2.50, 1.25, 10.00, 128_000),
        ("gpt-4o-2024-05-13", 5.00, None, 15.00, 128_000),
        ("gpt-4o-mini", 0.15, 0.075, 0.60, 128_000),
        ("o3", 2.00, 0.50, 8.00, 200_000),
        ("o4-mini", 1.10, 0.275, 4.40, 200_000),
        ("o3-mini", 1.10, 0.55, 4.40, 200_000),
        ("o1", 15.00, 7.50, 60.00, 200_000),
    ),
    *_rows(
        "anthropic", "2026-10-10", "https://platform.claude.com/docs/en/about-claude/pricing",
        ("claude-fable-5-1", 10.00, 0.25, 50.00, 1_000_000),
        ("claude-fable-5", 10.00, 1.00, 50.00, None),
        ("claude-opus-5-5", 4.00, 0.20, 20.00, 1_000_000),
        ("claude-opus-5", 5.00, 0.50, 25.00, 1_000_000),
        ("claude-opus-4-8", 5.00, 0.50, 25.00, None),
        ("claude-opus-4-7", 5.00, 0.50, 25.00, None),
        ("claude-opus-4-6", 5.00, 0.50, 25.00, None),
        ("claude-opus-4-5", 5.00, 0.50, 25.00, 200_000),
        ("claude-opus-4-1", 15.00, 1.50, 75.00, 200_000),
        ("claude-sonnet-5-5", 2.00, 0.10, 10.00, 1_000_000),
        ("claude-sonnet-5", 2.00, 0.20, 10.00, None),
        ("claude-sonnet-4-6", 3.00, 0.30, 15.00, None),
        ("claude-sonnet-4-5", 3.00, 0.30, 15.00, 200_000, 200_000),
        ("claude-sonnet-4", 3.00, 0.30, 15.00, 200_000, 200_000),
        ("claude-haiku-5-5", 0.10, 0.01, 0.50, 1_000_000, 100_000),
        ("claude-haiku-4-5", 1.00, 0.10, 5.00, 200_000),
        ("claude-3-5-haiku", 0.80, 0.08, 4.00, 200_000),
    ),
    *_rows(
        "gemini", "2025-11-15", "https://ai.google.dev/gemini-api/docs/pricing",
        ("gemini-2.5-pro", 1.25, 0.125, 10.00, 1_048_576, 200_000),
        ("gemini-2.5-flash", 0.30, 0.03, 2.50, 1_048_576),
        ("gemini-2.5-flash-lite", 0.10, 0.01, 0.40, 1_048_576),
        ("gemini-2.0-flash", 0.10, 0.025, 0.40, 1_048_576),
    ),
    *_rows(
        "xai", "2025-11-15", "https://docs.x.ai/docs/models",
        ("grok-4", 3.00, 0.75, 15.00, 256_000, 128_000),
        ("grok-3", 3.00, 0.75, 15.00, 131_072),
        ("grok-3-mini", 0.30, 0.075, 0.50, 131_072),
    ),
    *_rows(
        "cohere", "2025-11-15", "https://cohere.com/pricing",
        ("command-a", 2.50, None, 10.00, 256_000),
        ("command-r", 0.15, None, 0.60, 128_000),
        ("command-r-plus", 2.50, None, 10.00, 128_000),
        ("command-r7b", 0.0375, None, 0.15, 128_000),
    ),
    *_rows(
        "bedrock", "2025-11-15", "https://aws.amazon.com/bedrock/pricing/",
        ("amazon.nova-micro", 0.035, None, 0.14, 128_000),
        ("amazon.nova-lite", 0.06, None, 0.24, 300_000),
        ("amazon.nova-pro", 0.80, None, 3.20, 300_000),
    ),
    *_rows(
        "groq", "2025-11-15", "https://groq.com/pricing",
        ("llama-3.3-70b-versatile", 0.59, None, 0.79, 131_072),
        ("llama-3.1-8b-instant", 0.05, None, 0.08, 131_072),
        ("openai/gpt-oss-120b", 0.15, None, 0.60, 131_072),
        ("openai/gpt-oss-20b", 0.075, None, 0.30, 131_072),
    ),
    *_rows(
        "together", "2025-11-15", "https://www.together.ai/pricing",
        ("meta-llama/Llama-3.3-70B-Instruct-Turbo", 0.88, None, 0.88, 131_072),
    ),
)  # fmt: skip

# Gateways that pass the vendors' own prices on, and what they call the vendors.
GATEWAYS = {"openrouter", "vercel_gateway"}
VENDORS = {"openai": "openai", "anthropic": "anthropic", "google": "gemini", "x-ai": "xai", "xai": "xai"}


class Prices:
    """A table: the user's rows first, then the built-in ones."""

    def __init__(self, own: Iterable[Price] = ()) -> None:
        self._rows = (*own, *BUILT_IN)
        self._own = len(self._rows) - len(BUILT_IN)

    def price(self, provider: str, model: str) -> Price | None:
        """The row of the longest name that `model` begins with; None where none is known. What runs on this machine
        costs nothing."""
        for rows in (self._rows[: self._own], self._rows[self._own :]):
            if (found := _longest(rows, provider, model)) is not None:
                return found
        if provider in GATEWAYS and "/" in model:
            vendor, _, name = model.partition("/")
            return self.price(VENDORS[vendor], name) if vendor in VENDORS else None
        row = PROVIDERS.get(provider)
        if row is not None and (row.local or row.name == "lab"):
            return Price(provider=provider, model=model, input=0.0, output=0.0, source="runs on this machine")
        return None

    def models(self, provider: str) -> tuple[str, ...]:
        """The models of a provider that the table knows by name."""
        return tuple(dict.fromkeys(row.model for row in self._rows if row.provider == provider))


def _longest(rows: Iterable[Price], provider: str, model: str) -> Price | None:
    fits = [row for row in rows if row.provider == provider and _is_version_of(model, row.model)]
    return max(fits, key=lambda row: len(row.model), default=None)


def _is_version_of(model: str, name: str) -> bool:
    return model.startswith(name) and _SUFFIX.fullmatch(model, len(name)) is not None


_KNOWN = Prices()


def price(provider: str, model: str) -> Price | None:
    """The built-in price of a model, or None."""
    return _KNOWN.price(provider, model)


def cost(usage: Usage, price: Price | None, dialect: Dialect | None = None) -> float | None:
    """What this usage costs, in dollars; None where the price is not known, the provider did not count, or the prompt
    is longer than the price holds for. `dialect` (the provider's first, where none is named) says what is
    counted beside what, as `Usage` tells."""
    if price is None:
        return None
    if price.free:
        return 0.0
    if usage.input is None or usage.output is None:
        return None
    spoken = dialect or _dialect_of(price.provider)
    cached = usage.cached or 0
    plain = usage.input if spoken in (Dialect.MESSAGES, Dialect.BEDROCK) else max(0, usage.input - cached)
    output = usage.output + ((usage.reasoning or 0) if spoken is Dialect.GEMINI else 0)
    if price.up_to is not None and plain + cached > price.up_to:
        return None
    read = price.input if price.cached is None else price.cached
    return (plain * price.input + cached * read + output * price.output) / MILLION


def _dialect_of(provider: str) -> Dialect:
    row = PROVIDERS.get(provider)
    return row.dialects[0] if row is not None else Dialect.CHAT_COMPLETIONS


def load(directory: Path) -> Prices:
    """The table with the user's own rows from `prices.toml`, a list of [[prices]], where there is such a file. Raises
    PriceError."""
    path = directory / NAME
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        own = msgspec.convert(data, _File, strict=False).prices
    except FileNotFoundError:
        return Prices()
    except OSError as error:
        raise PriceError(f"{path}: cannot be read ({error.strerror}). Check the file.") from None
    except UnicodeDecodeError:
        raise PriceError(f"{path}: is not text in UTF-8. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise PriceError(f"{path}: is not valid TOML: {error}.") from None
    except msgspec.ValidationError as error:
        raise PriceError(f"{path}: {error}. Each [[prices]] has provider, model, input and output.") from None
    wrong = [row.model for row in own if not _sane(row)]
    if wrong:
        raise PriceError(f"{path}: the prices of {wrong[0]} must be 0 or more, in dollars for a million tokens.")
    return Prices(own)


def _sane(row: Price) -> bool:
    return all(0 <= value < float("inf") for value in (row.input, row.output, row.cached or 0.0))
