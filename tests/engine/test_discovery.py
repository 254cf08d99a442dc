"""Local servers are told apart by what they answer, within 0.3 seconds, whatever listens there."""

import asyncio
import socket
import time

import pytest

from engine.clients import Clients
from engine.core.request import Dialect
from engine.discovery import SECONDS, discover
from engine.providers.registry import resolve
from tests.engine.little_server import little_server


def listing(*names, owner=""):
    return {"object": "list", "data": [{"id": name, "object": "model", "owned_by": owner} for name in names]}


OLLAMA = {"/api/version": {"version": "0.9.1"}, "/v1/models": listing("llama3.2:latest", owner="library")}
STUDIO = {
    "/v1/models": listing("qwen", owner="organization_owner"),
    "/api/v0/models": {"data": [{"id": "qwen", "type": "llm", "arch": "qwen2", "max_context_length": 32768}]},
    "/api/version": {"error": "Unexpected endpoint or method."},
}
LLAMACPP = {
    "/v1/models": (200, {"server": "llama.cpp"}, {"data": [{"id": "m.gguf", "meta": {"n_ctx_train": 4096}}]}),
    "/props": {"default_generation_settings": {}},
}
VLLM = {"/v1/models": listing("org/model", owner="vllm"), "/version": {"version": "0.11.0"}}


@pytest.fixture
async def clients():
    clients = Clients()
    yield clients
    await clients.aclose()


async def looked(clients, answers, usual="vllm", **more):
    async with little_server(answers, **more) as server:
        found = await discover(clients, {server.port: usual})
        await clients.aclose()
        return found, server


@pytest.mark.parametrize(
    ("answers", "provider", "models"),
    [
        (OLLAMA, "ollama", ["llama3.2:latest"]),
        (STUDIO, "lmstudio", ["qwen"]),
        (LLAMACPP, "llamacpp", ["m.gguf"]),
        (VLLM, "vllm", ["org/model"]),
        ({"/v1/models": listing("m", owner="me")}, "llama_cpp_python", ["m"]),
        ({"/v1/models": listing("m", owner="somebody")}, "openai_compatible", ["m"]),
    ],
)
@pytest.mark.parametrize("usual", ["ollama", "lmstudio", "llamacpp", "vllm"])
async def test_each_server_is_known_at_any_port(clients, answers, provider, models, usual):
    (found,), _ = await looked(clients, answers, usual)
    assert (found.provider, [model.name for model in found.models]) == (provider, models)


async def test_a_server_without_models_is_what_usually_listens_there(clients):
    (found,), _ = await looked(clients, {"/v1/models": listing()}, "lmstudio")
    assert (found.provider, found.models) == ("lmstudio", ())


async def test_what_is_found_becomes_a_candidate_that_resolves(clients):
    (found,), server = await looked(clients, STUDIO)
    mine = resolve(found.candidate("qwen"))
    assert (mine.base_url, mine.context_window) == (f"{server.base}/v1", 32768)
    (found,), server = await looked(clients, OLLAMA)
    mine = resolve(found.candidate("llama3.2:latest"))
    assert (mine.base_url, mine.dialect, found.version) == (server.base, Dialect.OLLAMA, "0.9.1")


async def test_a_server_that_wants_a_key_is_found_when_it_tells_who_it_is(clients):
    closed = {"/v1/models": (401, {}, {"error": "Unauthorized"})}
    (found,), _ = await looked(clients, {**closed, "/version": {"version": "0.11.0"}})
    assert (found.provider, found.needs_key) == ("vllm", True)
    assert (await looked(clients, closed))[0] == ()


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"/v1/models": b"<!doctype html><h1>It works</h1>"},
        {"/v1/models": b"\x00\xff", "/version": {"version": "1"}},
        {"/version": {"version": "1"}, "/api/version": b"[]"},
        {"/v1/models": (500, {}, b"")},
        {"/v1/models": b" " * (2 << 20)},
    ],
)
async def test_other_servers_are_nobody(clients, answers):
    assert (await looked(clients, answers))[0] == ()


async def test_no_key_and_nothing_but_get_is_sent(clients):
    _, server = await looked(clients, OLLAMA)
    assert len(server.asked) == 5
    assert all(head.startswith("GET ") and "authorization" not in head.lower() for head in server.asked)


async def test_ports_where_nobody_answers_are_left_in_time(clients):
    silent = socket.create_server(("127.0.0.1", 0))  # accepts, and never answers
    free = socket.create_server(("127.0.0.1", 0))
    closed = free.getsockname()[1]
    free.close()
    async with little_server(VLLM, delay=30) as slow, little_server(OLLAMA) as good:
        ports = {silent.getsockname()[1]: "vllm", closed: "vllm", slow.port: "vllm", good.port: "vllm"}
        begun = time.monotonic()
        found = await discover(clients, ports)
        took = time.monotonic() - begun
        await clients.aclose()
    silent.close()
    assert [server.provider for server in found] == ["ollama"]
    assert took < SECONDS + 0.4


async def test_looking_can_be_cancelled(clients):
    async with little_server(VLLM, delay=30) as slow:
        task = asyncio.create_task(discover(clients, {slow.port: "vllm"}, seconds=30))
        while not slow.asked:  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
