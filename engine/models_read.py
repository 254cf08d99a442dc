"""Reads each vendor's list of models. Whatever a list holds besides is left out without a word.

Sources: the vendors' references for listing models: OpenAI, Anthropic, Gemini, Cohere, Ollama, Mistral, OpenRouter,
Groq, Together, Fireworks, Venice, vLLM, llama.cpp, LM Studio and Amazon Bedrock.
"""

from collections.abc import Iterable
from typing import Any, cast

from msgspec import Struct

from engine.core.request import Capabilities
from engine.providers.answer import count, mapping, members, string

LONGEST_NAME = 256  # characters
MOST = 5_000  # models of one provider

# Where the lists stand, and what they call a name, a label and a window. The first that is there counts.
LISTS = ("data", "models", "modelSummaries", "result")
NAMES = ("id", "modelId", "name", "model")
LABELS = ("display_name", "displayName", "modelName")
WINDOWS = (
    "context_length", "context_window", "max_context_length", "max_model_len", "inputTokenLimit", "max_input_tokens",
    "max_context_window_tokens", "loaded_context_length",
)  # fmt: skip
# Kinds of model that do not chat, as Together, LM Studio, Venice and Vercel call them.
OTHER_TYPES = frozenset(
    (
        *("embedding", "embeddings", "image", "video", "audio", "rerank", "reranking", "moderation", "tts", "asr"),
        *("transcription", "upscale", "inpaint"),
    )
)


class ModelInfo(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model as its provider tells of it. `window` is in tokens; None, here and in `capabilities`: not said."""

    name: str
    label: str = ""
    window: int | None = None
    capabilities: Capabilities = Capabilities()


def models_in(answer: object) -> tuple[ModelInfo, ...] | None:
    """The models that chat, in the order of the list, each once; None where `answer` is no list of models."""
    rows = _rows(answer)
    if rows is None:
        return None
    models = (_model(row) for row in rows[:MOST])
    found = {model.name: model for model in models if model is not None}
    return None if rows and not any(isinstance(row, dict) for row in rows) else tuple(found.values())


def next_page(answer: object) -> tuple[str, str] | None:
    """The parameter that asks for the next page, and its value; None on the last one."""
    page = mapping(answer)
    if page.get("has_more") is True and (last := string(page.get("last_id"))):
        return "after_id", last
    if token := string(page.get("nextPageToken")):
        return "pageToken", token
    if token := string(page.get("next_page_token")):
        return "page_token", token
    return None


def _rows(answer: object) -> list[Any] | None:
    if isinstance(answer, list):  # Together's
        return cast("list[Any]", answer)
    page = mapping(answer)
    return next((members(page[name]) for name in LISTS if isinstance(page.get(name), list)), None)


def _model(value: object) -> ModelInfo | None:
    row = mapping(value)
    name = next((text for field in NAMES if (text := _line(row.get(field)))), "").removeprefix("models/")
    if not name or not _chats(row):
        return None
    return ModelInfo(name=name, label=_label(row, name), window=_window(row), capabilities=_capabilities(row))


def _line(value: object) -> str:
    """A name as it may be shown; empty for what is none."""
    text = string(value)
    return text if text.strip() and text.isprintable() and len(text) <= LONGEST_NAME else ""


def _label(row: dict[str, Any], name: str) -> str:
    labels = (*LABELS, "name") if "id" in row else LABELS
    label = next((text for field in labels if (text := _line(row.get(field)))), "")
    return "" if label == name else label


def _window(row: dict[str, Any]) -> int | None:
    meta, top, spec = mapping(row.get("meta")), mapping(row.get("top_provider")), mapping(row.get("model_spec"))
    nested = (meta.get("n_ctx"), meta.get("n_ctx_train"), top.get("context_length"), spec.get("availableContextTokens"))
    hosts = (mapping(host).get("context_length") for host in members(row.get("providers")))  # Hugging Face's router
    for value in (*(row.get(field) for field in WINDOWS), *nested, *hosts):
        if window := count(value):
            return window
    return None


def _chats(row: dict[str, Any]) -> bool:
    """False only where the provider says that a model does something else."""
    if string(row.get("type")).lower() in OTHER_TYPES or _tells(row, "supports_chat", "supportsChat") is False:
        return False
    if mapping(row.get("capabilities")).get("completion_chat") is False:  # Mistral's
        return False
    methods, endpoints = row.get("supportedGenerationMethods"), row.get("endpoints")  # Gemini's, Cohere's
    outputs = row.get("outputModalities")  # Bedrock's
    return (
        (not isinstance(methods, list) or "generateContent" in methods)
        and (not isinstance(endpoints, list) or not endpoints or "chat" in endpoints)
        and (not isinstance(outputs, list) or "TEXT" in outputs)
    )


def _capabilities(row: dict[str, Any]) -> Capabilities:
    said = _said(row)
    inputs = mapping(row.get("architecture")).get("input_modalities") or row.get("inputModalities")
    vision = _any_of(inputs, "image", "IMAGE")
    return Capabilities(
        tools=_first(_tells(row, "supports_tools", "supportsTools"), said("tools", "function_calling", "tool_use")),
        vision=_first(_tells(row, "supports_image_input", "supports_vision"), vision, said("vision", "image_input")),
        json=said("response_format", "structured_outputs", "json_mode", "json_schema"),
        reasoning=_first(_tells(row, "thinking"), said("reasoning", "thinking", "include_reasoning")),
    )


def _said(row: dict[str, Any]) -> "_Said":
    return _Said(row)


class _Said:
    """What the lists and tables of abilities in a row say of an ability, under any of its names."""

    def __init__(self, row: dict[str, Any]) -> None:
        spec = mapping(mapping(row.get("model_spec")).get("capabilities"))
        renamed = {"supportsFunctionCalling": "tools", "supportsVision": "vision", "supportsReasoning": "reasoning",
                   "supportsResponseSchema": "json_schema"}  # fmt: skip
        self._table = {**mapping(row.get("capabilities")), **{renamed.get(k, k): v for k, v in spec.items()}}
        lists = [row.get(field) for field in ("supported_parameters", "features", "capabilities", "tags")]
        self._lists = [values for row_list in lists if (values := members(row_list))]

    def __call__(self, *names: str) -> bool | None:
        told = [_supported(self._table[name]) for name in names if name in self._table]
        known = [value for value in told if value is not None]
        if known:
            return any(known)
        return any(_any_of(values, *names) for values in self._lists) if self._lists else None


def _supported(value: object) -> bool | None:
    """A plain yes or no, or Anthropic's `{"supported": true}`."""
    answer = mapping(value).get("supported", value)
    return answer if isinstance(answer, bool) else None


def _tells(row: dict[str, Any], *fields: str) -> bool | None:
    return next((row[field] for field in fields if isinstance(row.get(field), bool)), None)


def _any_of(values: object, *names: str) -> bool | None:
    return any(name in values for name in names) if isinstance(values, list) else None


def _first(*values: bool | None) -> bool | None:
    known: Iterable[bool] = (value for value in values if value is not None)
    return next(iter(known), None)
