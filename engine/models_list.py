"""Which models a provider offers: asked over HTTP within bounds. What is no list is said so in one sentence."""

from collections.abc import Mapping
from typing import Protocol, assert_never

import httpx
from msgspec.structs import replace

from engine.bounded import Reply, Unanswered, fetch
from engine.clients import Clients
from engine.core.faults import Fault, Kind, verdict
from engine.core.request import Candidate, Dialect
from engine.keys import KeyStore, KeyUnavailable, Secret, environment_keys
from engine.local import CONTEXT
from engine.models_read import MOST, ModelInfo, models_in, next_page
from engine.providers.base import Adapter
from engine.providers.catalog import LOCAL_BASE, PROVIDERS, CatalogError
from engine.providers.registry import adapter_for, resolve
from engine.providers.render import endpoint
from engine.redact import redact
from engine.transport import HIGHEST_PORT, printable, secrets_in

PAGES = 20  # asked for at most; the largest vendors need two
SECONDS = 20.0  # for each page
VERSION = "2023-06-01"  # of Anthropic's API: https://platform.claude.com/docs/en/api/versioning
BY_HAND = "type the model's name by hand"


class ModelsError(Exception):
    """Why there is no list, in one sentence with the remedy and without a secret."""


class Keys(Protocol):
    """Whoever can be asked for a key's value."""

    async def secret(self, provider: str, name: str) -> Secret:
        """Raises KeyUnavailable."""
        ...


def models_url(candidate: Candidate) -> httpx.URL:
    """Where a resolved candidate's provider lists its models. Raises ModelsError where it has no such place."""
    base, dialect = candidate.base_url or "", candidate.dialect or Dialect.CHAT_COMPLETIONS
    if candidate.provider == "vertex" or "/locations/" in base:
        raise ModelsError(f"Vertex AI lists no models at this address: {BY_HAND}.")
    try:
        url = _url(base, dialect)
    except (httpx.InvalidURL, ValueError):
        raise ModelsError("The base URL cannot be read: check it.") from None
    if not url.host or url.scheme not in ("http", "https") or (url.port or 0) > HIGHEST_PORT:
        raise ModelsError("The base URL names no host that can be asked: check it.")
    return url


def _url(base: str, dialect: Dialect) -> httpx.URL:
    match dialect:
        case Dialect.CHAT_COMPLETIONS | Dialect.RESPONSES:
            stem = base.rstrip("/").removesuffix("/chat/completions").removesuffix("/responses")
            return endpoint(stem, "/models")
        case Dialect.MESSAGES:
            stem = base.rstrip("/").removesuffix("/messages").removesuffix("/v1")
            return endpoint(stem, "/v1/models").copy_merge_params({"limit": 1000})
        case Dialect.GEMINI:
            stem = base.rstrip("/")
            versioned = stem.rpartition("/")[2].startswith("v1")
            return endpoint(stem if versioned else f"{stem}/v1beta", "/models").copy_merge_params({"pageSize": 1000})
        case Dialect.COHERE:
            stem = base.rstrip("/").removesuffix("/v2/chat").removesuffix("/v2").removesuffix("/v1")
            return endpoint(stem, "/v1/models").copy_merge_params({"page_size": 1000, "endpoint": "chat"})
        case Dialect.OLLAMA:
            return endpoint(base.rstrip("/").removesuffix("/api/chat").removesuffix("/api"), "/api/tags")
        case Dialect.BEDROCK:  # the models are listed by another host than the one that runs them
            return endpoint(base.replace("://bedrock-runtime.", "://bedrock.", 1), "/foundation-models")
        case _:
            assert_never(dialect)


async def fetch_models(
    clients: Clients, keys: Keys, candidate: Candidate, key: str = "", *, headers: Mapping[str, str] | None = None
) -> tuple[ModelInfo, ...]:
    """The models that `candidate`'s provider offers to `key` (a name, empty for none), at most 5,000. Its model may be
    empty. `headers` are sent besides. Raises ModelsError."""
    try:
        resolved = resolve(candidate)
        if resolved.base_url == LOCAL_BASE:
            return (ModelInfo(name=PROVIDERS["local"].model, window=CONTEXT),)
        secret = (await keys.secret(candidate.provider, key)).reveal() if key else ""
    except (CatalogError, KeyUnavailable) as error:
        raise ModelsError(str(error)) from None
    return await _all_pages(clients, resolved, secret, headers or {})


async def usual_key(keys: KeyStore, owner: str) -> str:
    """The name of the provider's first key that is switched on, else of its first variable that is set; empty where
    there is none."""
    entries = [entry.name for entry in await keys.list(owner) if entry.enabled]
    variables = [
        f"env:{key.variable}"
        for key in environment_keys({owner: PROVIDERS[owner].env if owner in PROVIDERS else ()})
        if not key.problem
    ]
    return next(iter((*entries, *variables)), "")


async def _all_pages(
    clients: Clients, candidate: Candidate, secret: str, headers: Mapping[str, str]
) -> tuple[ModelInfo, ...]:
    adapter, first = adapter_for(candidate), models_url(candidate)
    found: dict[str, ModelInfo] = {}
    url, asked = first, set[str]()
    for _ in range(PAGES):
        asked.add(str(url))
        answer = await _answer(clients, _request(url, candidate, adapter, secret, headers), adapter, secret)
        content = answer.json()
        models = models_in(content)
        if models is None:
            raise ModelsError(_no_list(answer))
        found |= {model.name: model for model in models}
        page = next_page(content)
        if page is None or len(found) >= MOST or str(url := first.copy_set_param(*page)) in asked:
            break
    if not found:
        raise ModelsError(f"The provider's list of models is empty: {BY_HAND}.")
    return tuple(found.values())[:MOST]


def _request(
    url: httpx.URL, candidate: Candidate, adapter: Adapter, secret: str, headers: Mapping[str, str]
) -> httpx.Request:
    request = httpx.Request("GET", url, headers={"accept": "application/json", "user-agent": "streamover", **headers})
    if candidate.dialect is Dialect.MESSAGES:
        request.headers["anthropic-version"] = VERSION
    try:
        if secret:
            adapter.sign(request, secret)
    except ValueError as error:
        raise ModelsError(str(error)) from None
    return request


async def _answer(clients: Clients, request: httpx.Request, adapter: Adapter, secret: str) -> Reply:
    try:
        reply = await fetch(clients, request, seconds=SECONDS)
    except Unanswered as error:
        raise ModelsError(_clean(str(error), secret)) from None
    if reply.status in (404, 405, 501):
        raise ModelsError(f"There is no list of models at this address ({reply.status}): check it, or {BY_HAND}.")
    if 300 <= reply.status < 400:
        raise ModelsError(f"The server redirects ({reply.status}), and keys do not follow: check the base URL.")
    if reply.status >= 400:
        fault = adapter.fault(reply.status, reply.headers, reply.body, now=0.0)
        raise ModelsError(_refusal(replace(fault, detail=_clean(fault.detail, secret))))
    return reply


def _refusal(fault: Fault) -> str:
    row = verdict(fault)
    remedy = row.remedy or "Try again later."
    said = f": {fault.detail}" if fault.detail and fault.kind is not Kind.AUTH else ""
    return f"The provider refused the list ({fault.status} {row.word}){said.rstrip('.')}. {remedy}"


def _clean(text: str, secret: str) -> str:
    return printable(redact(text, secrets_in(secret) if secret else ()))[:300]


def _no_list(reply: Reply) -> str:
    if reply.page:
        return "A web page came where a list of models was asked for: check the base URL."
    return f"What came is no list of models: check the base URL and the dialect, or {BY_HAND}."
