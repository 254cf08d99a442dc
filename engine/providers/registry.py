"""From a candidate to the adapter that speaks to it. Adapters are imported when first asked for."""

from typing import assert_never

import msgspec
from msgspec.structs import replace

from engine.core.request import Candidate, Capabilities, Dialect
from engine.providers.base import Adapter
from engine.providers.catalog import CatalogError, Provider, provider

REASONING_FIRST_TOKEN = 60.0  # seconds: some think for long before they say that they do
LOCAL_FIRST_TOKEN = 120.0  # seconds: a local server may have to load the model first


def resolve(candidate: Candidate) -> Candidate:
    """The candidate with what the catalogue knows of it filled in: dialect, base URL, clock and capabilities.

    Raises CatalogError, in one sentence, for an unknown provider and for a missing base URL.
    """
    row = provider(candidate.provider)
    dialect = candidate.dialect or row.dialects[0]
    base_url = candidate.base_url or row.base_for(dialect)
    if not base_url:
        raise CatalogError(f"{row.label} has no fixed address: set base_url, for example {row.example}.")
    capabilities = _filled(candidate.capabilities, row.capabilities)
    usual = LOCAL_FIRST_TOKEN if row.local else REASONING_FIRST_TOKEN if capabilities.reasoning else None
    return replace(
        candidate,
        dialect=dialect,
        base_url=base_url.rstrip("/"),
        usual_first_token=candidate.usual_first_token or usual,
        capabilities=capabilities,
    )


def _filled(own: Capabilities, known: Capabilities) -> Capabilities:
    """`own`, with what is `known` of the provider where it says nothing."""
    said = {name: value for name, value in msgspec.structs.asdict(own).items() if value is not None}
    return replace(known, **said)


def adapter_for(candidate: Candidate) -> Adapter:
    """The adapter of a resolved candidate, bound to its provider's habits. Raises CatalogError as `resolve` does."""
    row = provider(candidate.provider)
    return _adapter(candidate.dialect or row.dialects[0], row)


def _adapter(dialect: Dialect, row: Provider) -> Adapter:
    match dialect:
        case Dialect.CHAT_COMPLETIONS:
            from engine.providers.openai import ChatCompletions

            return ChatCompletions(row)
        case Dialect.RESPONSES:
            from engine.providers.responses import Responses

            return Responses(row)
        case Dialect.MESSAGES:
            from engine.providers.anthropic import Messages

            return Messages(row)
        case Dialect.GEMINI:
            from engine.providers.gemini import Gemini

            return Gemini(row)
        case Dialect.COHERE:
            from engine.providers.cohere import Cohere

            return Cohere(row)
        case Dialect.OLLAMA:
            from engine.providers.ollama import Ollama

            return Ollama(row)
        case Dialect.BEDROCK:
            from engine.providers.bedrock import Bedrock

            return Bedrock(row)
        case _:
            assert_never(dialect)
