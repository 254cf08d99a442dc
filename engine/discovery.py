"""Servers of models on this machine: looked for at their usual ports, and told apart by their answers."""

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from msgspec import Struct

from engine.bounded import Reply, Unanswered, fetch
from engine.clients import Clients
from engine.core.request import Candidate
from engine.driver import spawn
from engine.models_read import ModelInfo, models_in
from engine.providers.answer import mapping, members, string
from engine.providers.catalog import PROVIDERS

SECONDS = 0.3  # for all of it
BOUND = 1024 * 1024  # bytes of one answer
PORTS = {11434: "ollama", 1234: "lmstudio", 8080: "llamacpp", 8000: "vllm"}  # and who usually listens there

# What is asked besides the list of models. Each path exists at one kind of server.
TELLS = ("/api/version", "/api/v0/models", "/props", "/version")
LIST = "/v1/models"

# How a server names itself as the owner of its models.
OWNERS = {
    "vllm": "vllm",
    "llamacpp": "llamacpp",
    "library": "ollama",
    "organization_owner": "lmstudio",
    "me": "llama_cpp_python",
    "mistral.rs": "mistralrs",
}


class Found(Struct, frozen=True, kw_only=True):
    """A server that answers. `models` is empty where it has none, or wants a key first (`needs_key`)."""

    provider: str
    base_url: str
    version: str = ""
    models: tuple[ModelInfo, ...] = ()
    needs_key: bool = False

    @property
    def label(self) -> str:
        return PROVIDERS[self.provider].label

    def candidate(self, model: str) -> Candidate:
        """A place in a route for one of its models."""
        known = next((info for info in self.models if info.name == model), ModelInfo(name=model))
        return Candidate(
            provider=self.provider, model=model, base_url=self.base_url, context_window=known.window,
            capabilities=known.capabilities,
        )  # fmt: skip


async def discover(
    clients: Clients, ports: Mapping[int, str] = PORTS, *, seconds: float = SECONDS
) -> tuple[Found, ...]:
    """Who answers at these ports of 127.0.0.1 within `seconds`, in their order. Nothing but GET is sent, and no key."""
    tasks = [spawn(_probe(clients, port, usual, seconds), f"look at port {port}") for port, usual in ports.items()]
    try:
        found = [await task for task in tasks]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
    return tuple(server for server in found if server is not None)


async def _probe(clients: Clients, port: int, usual: str, seconds: float) -> Found | None:
    """Asks all at once: what has not come in time tells nothing."""
    asked = {path: spawn(_get(clients, port, path, seconds), f"ask {path} of {port}") for path in (LIST, *TELLS)}
    try:
        replies = {path: reply for path, task in asked.items() if (reply := await task) is not None}
    finally:
        for task in asked.values():
            task.cancel()
        await asyncio.wait(asked.values())
    return _told(replies, port, usual)


async def _get(clients: Clients, port: int, path: str, seconds: float) -> Reply | None:
    request = httpx.Request("GET", f"http://127.0.0.1:{port}{path}", headers={"accept": "application/json"})
    try:
        return await fetch(clients, request, bound=BOUND, seconds=seconds)
    except Unanswered:
        return None


def _told(replies: Mapping[str, Reply], port: int, usual: str) -> Found | None:
    answers = {path: reply.json() for path, reply in replies.items() if reply.status == 200}
    listing = replies.get(LIST)
    models = models_in(answers.get(LIST))
    closed = listing is not None and listing.status in (401, 403)
    provider = _name(answers, listing, models is not None, usual)
    if provider is None or (models is None and not closed):
        return None
    base = f"http://127.0.0.1:{port}"
    if provider == "lmstudio":
        models = models_in(answers.get("/api/v0/models")) or models  # with their windows
    version = mapping(answers.get("/api/version" if provider == "ollama" else "/version")).get("version")
    return Found(
        provider=provider,
        base_url=base if provider == "ollama" else f"{base}/v1",
        version=string(version)[:32],
        models=models or (),
        needs_key=closed,
    )


def _name(answers: Mapping[str, Any], listing: Reply | None, lists: bool, usual: str) -> str | None:
    """Which kind of server this is: by the path that is its alone, then by how it names itself. A list of models from
    nobody we know is an OpenAI-compatible server."""
    if listing is not None and "llama.cpp" in listing.headers.get("server", "").lower():
        return "llamacpp"
    if string(mapping(answers.get("/api/version")).get("version")):
        return "ollama"
    if "default_generation_settings" in mapping(answers.get("/props")):
        return "llamacpp"
    rows = members(mapping(answers.get("/api/v0/models")).get("data"))
    if any("arch" in mapping(row) or "compatibility_type" in mapping(row) for row in rows):
        return "lmstudio"
    owners = [string(mapping(row).get("owned_by")) for row in members(mapping(answers.get(LIST)).get("data"))]
    if (known := next((OWNERS[owner] for owner in owners if owner in OWNERS), None)) is not None:
        return known
    if string(mapping(answers.get("/version")).get("version")):
        return "vllm"
    if owners or not lists:
        return "openai_compatible" if lists else None
    return usual  # an empty list names no owner
