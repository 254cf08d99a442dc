"""Lists of models: each vendor's form, the bounds, the sentences, and the cache."""

import asyncio
import gzip
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bounded import MIB
from engine.clients import Clients
from engine.core.request import Candidate, Capabilities, Dialect
from engine.keys import KeyState, KeyUnavailable, Secret
from engine.lab.server import MODELS, Lab
from engine.models_book import ModelsBook
from engine.models_list import ModelsError, fetch_models, models_url
from engine.models_read import MOST, ModelInfo, models_in
from engine.providers.registry import resolve
from tests.engine.little_server import little_server

KEY = "sk-test-PLANTED0123456789abcdefPLANTED"
PROVIDER = {
    Dialect.CHAT_COMPLETIONS: "openai",
    Dialect.MESSAGES: "anthropic",
    Dialect.GEMINI: "gemini",
    Dialect.COHERE: "cohere",
    Dialect.OLLAMA: "ollama",
    Dialect.BEDROCK: "bedrock",
}


class Keys:
    async def secret(self, provider, name):
        if name == "env:GONE":
            raise KeyUnavailable("The variable GONE is not set: set it.", KeyState.NOT_SET)
        return Secret(KEY)


@pytest.fixture
async def clients():
    clients = Clients()
    yield clients
    await clients.aclose()


def candidate(base, dialect=Dialect.CHAT_COMPLETIONS, path=""):
    return Candidate(provider=PROVIDER[dialect], model="", dialect=dialect, base_url=base + path)


async def fetched(clients, answers, dialect=Dialect.CHAT_COMPLETIONS, path="", key="env:KEY"):
    async with little_server(answers) as server:
        models = await fetch_models(clients, Keys(), candidate(server.base, dialect, path), key)
        await clients.aclose()
        return models, server.asked


# Each vendor's form.


async def test_an_openai_list_is_read_in_its_order(clients):
    rows = [{"id": "b", "object": "model", "owned_by": "x"}, {"id": "a"}, {"id": "b"}]
    models, asked = await fetched(clients, {"/v1/models": {"object": "list", "data": rows}}, path="/v1")
    assert [model.name for model in models] == ["b", "a"]
    assert f"authorization: bearer {KEY}".lower() in asked[0].lower()


async def test_anthropics_pages_are_all_read(clients):
    one = {"data": [{"id": "claude-a", "display_name": "Claude A"}], "has_more": True, "last_id": "claude-a"}
    two = {"data": [{"id": "claude-b", "max_input_tokens": 1000,
                     "capabilities": {"image_input": {"supported": True}}}], "has_more": False}  # fmt: skip
    answers = {"/v1/models?limit=1000": one, "/v1/models?limit=1000&after_id=claude-a": two}
    models, asked = await fetched(clients, answers, Dialect.MESSAGES)
    assert models == (
        ModelInfo(name="claude-a", label="Claude A"),
        ModelInfo(name="claude-b", window=1000, capabilities=Capabilities(vision=True)),
    )
    assert f"x-api-key: {KEY}" in asked[0].lower().replace(KEY.lower(), KEY)
    assert "anthropic-version: 2023-06-01" in asked[0].lower()


async def test_geminis_pages_are_read_without_what_does_not_chat(clients):
    one = {
        "models": [
            {"name": "models/gemini-x", "displayName": "Gemini X", "inputTokenLimit": 1048576, "thinking": True,
             "supportedGenerationMethods": ["generateContent"]},
            {"name": "models/embed", "supportedGenerationMethods": ["embedContent"]},
        ],
        "nextPageToken": "t2",
    }  # fmt: skip
    two = {"models": [{"name": "models/gemini-y"}]}
    answers = {"/v1beta/models?pageSize=1000": one, "/v1beta/models?pageSize=1000&pageToken=t2": two}
    models, _ = await fetched(clients, answers, Dialect.GEMINI, "/v1beta")
    assert [(m.name, m.label, m.window, m.capabilities.reasoning) for m in models] == [
        ("gemini-x", "Gemini X", 1048576, True),
        ("gemini-y", "", None, None),
    ]


async def test_coheres_models_have_a_window_and_features(clients):
    row = {"name": "command-z", "context_length": 128000, "endpoints": ["chat"], "features": ["tools", "json_mode"],
           "supports_vision": False}  # fmt: skip
    answers = {"/v1/models": {"models": [row, {"name": "rerank-z", "endpoints": ["rerank"]}]}}
    models, _ = await fetched(clients, answers, Dialect.COHERE)
    known = Capabilities(tools=True, vision=False, json=True, reasoning=False)
    assert models == (ModelInfo(name="command-z", window=128000, capabilities=known),)


async def test_ollamas_tags_are_its_models(clients):
    tags = {"models": [{"name": "llama3.2:latest", "model": "llama3.2:latest", "size": 2, "details": {}}]}
    models, asked = await fetched(clients, {"/api/tags": tags}, Dialect.OLLAMA, key="")
    assert models == (ModelInfo(name="llama3.2:latest"),)
    assert "authorization" not in asked[0].lower()


async def test_bedrocks_models_are_read(clients):
    sees = {"inputModalities": ["TEXT", "IMAGE"], "outputModalities": ["TEXT"]}
    rows = [{"modelId": "nova", "modelName": "Nova", **sees}, {"modelId": "painter", "outputModalities": ["IMAGE"]}]
    models, _ = await fetched(clients, {"/foundation-models": {"modelSummaries": rows}}, Dialect.BEDROCK)
    assert models == (ModelInfo(name="nova", label="Nova", capabilities=Capabilities(vision=True)),)


@pytest.mark.parametrize(
    ("row", "window", "known"),
    [
        (
            {"id": "a/b", "context_length": 9, "supported_parameters": ["tools", "reasoning"],
             "architecture": {"input_modalities": ["text", "image"]}},
            9, Capabilities(tools=True, vision=True, json=False, reasoning=True),
        ),
        ({"id": "m", "context_window": 8}, 8, Capabilities()),
        ({"id": "m", "max_model_len": 7}, 7, Capabilities()),
        ({"id": "m", "meta": {"n_ctx_train": 6}}, 6, Capabilities()),
        (
            {"id": "m", "max_context_length": 5, "capabilities": {"function_calling": True, "vision": False}},
            5, Capabilities(tools=True, vision=False),
        ),
        (
            {"id": "m", "model_spec": {"availableContextTokens": 4, "capabilities": {"supportsVision": True}}},
            4, Capabilities(vision=True),
        ),
        ({"id": "m", "providers": [{"context_length": 3}]}, 3, Capabilities()),
        ({"id": "m", "context_length": "many"}, None, Capabilities()),
        ({"id": "m", "context_length": -1}, None, Capabilities()),
    ],
)  # fmt: skip
def test_windows_and_capabilities_are_read_where_they_are_told(row, window, known):
    (model,) = models_in({"data": [row]}) or ()
    assert (model.window, model.capabilities) == (window, known)


def test_a_bare_list_is_a_list_and_what_does_not_chat_is_left_out():
    rows = [{"id": "a", "type": "chat"}, {"id": "b", "type": "embedding"}, {"id": "c", "supports_chat": False},
            {"id": "d", "capabilities": {"completion_chat": False}}]  # fmt: skip
    assert [model.name for model in models_in(rows) or ()] == ["a"]


# Nonsense, refusals and bounds.


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"<!doctype html><title>Sign in</title>", "web page"),
        (b"{", "no list of models"),
        (b"[1, 2]", "no list of models"),
        (b'"models"', "no list of models"),
        ({"data": {}}, "no list of models"),
        ({"data": []}, "empty"),
        ((200, {}, b"[" * 200_000), "no list of models"),
        ((200, {"content-encoding": "gzip"}, b"plain"), "not compressed"),
        ((302, {"location": "https://elsewhere.example"}, b""), "redirects"),
        ((404, {}, b""), "by hand"),
        ((401, {}, {"error": {"message": f"Incorrect key {KEY}", "code": "invalid_api_key"}}), "401 key refused"),
        ((403, {}, {"error": {"message": f"{KEY} may not"}}), "403"),
        ((500, {}, b"oops"), "Try again later"),
    ],
)
async def test_what_is_no_list_is_one_sentence_without_the_key(clients, answer, words):
    with pytest.raises(ModelsError) as raised:
        await fetched(clients, {"/models": answer})
    assert words in str(raised.value)
    assert "PLANTED" not in str(raised.value)
    assert str(raised.value).endswith(".")


async def test_a_list_beyond_4_mib_is_not_read(clients):
    with pytest.raises(ModelsError, match="4 MiB"):
        await fetched(clients, {"/models": b" " * (4 * MIB + 1)})


async def test_a_small_body_that_grows_beyond_4_mib_is_not_unpacked(clients):
    bomb = (200, {"content-encoding": "gzip"}, gzip.compress(b" " * (64 * MIB)))
    with pytest.raises(ModelsError, match="4 MiB"):
        await fetched(clients, {"/models": bomb})


async def test_a_compressed_list_is_read(clients):
    body = gzip.compress(json.dumps({"data": [{"id": "m"}]}).encode())
    models, _ = await fetched(clients, {"/models": (200, {"content-encoding": "gzip"}, body)})
    assert [model.name for model in models] == ["m"]


async def test_no_more_than_5000_models_are_kept(clients):
    rows = [{"id": f"m{n}"} for n in range(MOST + 7)]
    models, _ = await fetched(clients, {"/models": {"data": rows}})
    assert len(models) == MOST == 5000


async def test_pages_that_never_end_are_left(clients):
    endless = {"data": [{"id": "m"}], "has_more": True, "last_id": "m"}
    models, asked = await fetched(clients, {"/v1/models": endless}, Dialect.MESSAGES)
    assert len(models) == 1
    assert len(asked) == 2


async def test_nothing_listens_is_a_sentence(clients):
    with pytest.raises(ModelsError, match="Nothing listens"):
        await fetch_models(clients, Keys(), candidate("http://127.0.0.1:9"), "")


async def test_a_server_that_says_nothing_is_left_in_time(clients, monkeypatch):
    monkeypatch.setattr("engine.models_list.SECONDS", 0.2)
    async with little_server({"/models": {"data": []}}, delay=30) as server:
        begun = time.monotonic()
        with pytest.raises(ModelsError, match=r"within 0\.2 s"):
            await fetch_models(clients, Keys(), candidate(server.base), "")
        assert time.monotonic() - begun < 2
        await clients.aclose()


async def test_a_fetch_can_be_cancelled(clients):
    async with little_server({"/models": {"data": []}}, delay=30) as server:
        task = asyncio.create_task(fetch_models(clients, Keys(), candidate(server.base), ""))
        while not server.asked:  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.mark.parametrize(
    ("mine", "key", "words"),
    [
        (Candidate(provider="openai", model=""), "env:GONE", "GONE is not set"),
        (Candidate(provider="azure", model=""), "", "set base_url"),
        (Candidate(provider="nobody", model=""), "", "nobody"),
        (Candidate(provider="openai", model="", base_url="http://127.0.0.1:99999/v1"), "", "host"),
        (Candidate(provider="openai", model="", base_url="nonsense"), "", "host"),
        (Candidate(provider="vertex", model="", base_url="https://x.example/v1/projects/p"), "", "Vertex"),
    ],
)
async def test_what_cannot_be_asked_is_one_sentence(clients, mine, key, words):
    with pytest.raises(ModelsError, match=words):
        await fetch_models(clients, Keys(), mine, key)


async def test_the_small_local_model_needs_no_question(clients):
    (model,) = await fetch_models(clients, Keys(), Candidate(provider="local", model=""))
    assert (model.name, model.window) == ("smollm2-135m-instruct", 8192)


async def test_the_lab_lists_its_models_in_every_dialect(clients):
    async with Lab() as lab:
        for dialect in set(Dialect) - {Dialect.BEDROCK}:
            base = lab.base + ("/v1" if dialect in (Dialect.CHAT_COMPLETIONS, Dialect.RESPONSES) else "")
            mine = Candidate(provider="lab", model="", dialect=dialect, base_url=base)
            assert [model.name for model in await fetch_models(clients, Keys(), mine)] == list(MODELS)
        await clients.aclose()


async def test_headers_of_ones_own_are_sent(clients):
    async with little_server({"/models": {"data": [{"id": "m"}]}}) as server:
        await fetch_models(clients, Keys(), candidate(server.base), headers={"x-team": "demo"})
        assert "x-team: demo" in server.asked[0]
        await clients.aclose()


@pytest.mark.parametrize(
    ("provider", "url"),
    [
        ("openai", "https://api.openai.com/v1/models"),
        ("anthropic", "https://api.anthropic.com/v1/models?limit=1000"),
        ("gemini", "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000"),
        ("cohere", "https://api.cohere.com/v1/models?page_size=1000&endpoint=chat"),
        ("ollama", "http://127.0.0.1:11434/api/tags"),
        ("bedrock", "https://bedrock.us-east-1.amazonaws.com/foundation-models"),
        ("deepseek", "https://api.deepseek.com/models"),
    ],
)
def test_each_provider_is_asked_where_its_reference_says(provider, url):
    assert str(models_url(resolve(Candidate(provider=provider, model="")))) == url


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["data", "models", "id", "name", "capabilities", "type", "meta", "features"]), inner
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_any_json_at_all_is_a_list_or_none(value):
    models = models_in(value)
    assert models is None or all(model.name.isprintable() for model in models)


# The cache.


def test_a_list_is_kept_with_its_date_and_stars_outlive_it(tmp_path):
    book = ModelsBook(tmp_path)
    book.keep("openai", (ModelInfo(name="a", window=5), ModelInfo(name="b")), fetched=7.0, base_url="https://x")
    book.star("openai", "b")
    book.keep("openai", (ModelInfo(name="a"),), fetched=9.0)
    shelf = ModelsBook(tmp_path).shelf("openai")
    assert (shelf.fetched, shelf.starred, [m.name for m in shelf.models]) == (9.0, ("b",), ["a"])
    assert book.star("openai", "b", False).starred == ()
    assert (tmp_path / "models" / "openai.json").is_file()


def test_a_provider_that_was_never_asked_has_an_empty_shelf(tmp_path):
    shelf = ModelsBook(tmp_path).shelf("groq")
    assert (shelf.fetched, shelf.models) == (None, ())


def test_a_damaged_list_is_set_aside_with_a_notice(tmp_path):
    book = ModelsBook(tmp_path)
    book.star("openai", "a")
    path = tmp_path / "models" / "openai.json"
    path.write_text("{")
    assert book.shelf("openai").starred == ()
    assert "damaged" in book.notices[0]
    assert path.with_name("openai.json.damaged-1").is_file()


def test_no_name_of_a_provider_leaves_the_folder(tmp_path):
    book = ModelsBook(tmp_path)
    book.star("../../evil", "a")
    assert [path.parent for path in tmp_path.rglob("*.json")] == [tmp_path / "models"]
    assert ModelsBook(tmp_path).shelf("../../evil").starred == ("a",)
