"""What the providers page asks is done, kept in files, and told in one sentence where it fails."""

import asyncio

import pytest

from engine import custom_providers
from engine.core.request import Candidate, ask
from engine.core.request import Route as R
from engine.custom_providers import Custom
from engine.keys import KeyStore
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.models_book import ModelsBook
from engine.playground import Playground
from engine.providers import catalog
from engine.providers.catalog import PROVIDERS
from gui.provider_desk import ProviderDesk
from gui.theme import theme
from gui.views.providers import ProvidersPage
from tests.engine.keys.rings import RINGS, Memory
from tests.engine.little_server import little_server
from tests.gui.looped import looped

KEY = "sk-test-PLANTED0123456789abcdefPLANTED"


class Sat:
    def __init__(self, state):
        self.state = state
        keys = KeyStore(state, backend=Memory(), trusted=RINGS)
        self.playground = Playground(state, keys=keys, lab=Lab(speed=50))
        self.told = []

    async def __aenter__(self):
        await self.playground.__aenter__()
        await self.playground.lab.start()
        self.page = ProvidersPage()
        for name in ("show_error", "show_undo", "show_problem", "show_saved", "show_shelf", "show_models_error",
                     "show_found", "show_local"):  # fmt: skip
            self.listen(name)
        self.desk = ProviderDesk(self.playground, self.page)
        self.desk.refresh()
        await self.settled()
        return self

    def listen(self, name):
        shown = getattr(self.page, name)
        setattr(self.page, name, lambda *args: (self.told.append((name, *args)), shown(*args)))

    async def __aexit__(self, *_):
        await self.desk.close()
        self.page.deleteLater()
        await self.playground.__aexit__(None, None, None)
        await asyncio.sleep(0)

    def heard(self, name):
        return [entry[1:] for entry in self.told if entry[0] == name]

    async def settled(self):
        async with asyncio.timeout(15):
            while self.desk._tasks:  # noqa: ASYNC110  # it ends by itself
                await asyncio.sleep(0.01)

    def own(self):
        return [row.name for row in self.page._rows if row.custom is not None]


@pytest.fixture
def sat(qapp, tmp_path):
    theme().apply(qapp)

    def run(body):
        async def whole():
            async with Sat(tmp_path / "state") as desk:
                await body(desk)
                await desk.settled()

        looped(whole)

    yield run
    catalog.extend(())


BOX = Custom(name="box", base_url="http://10.0.0.3:8000/v1", needs_key=False)


def test_a_provider_of_ones_own_is_saved_edited_removed_and_restored(sat):
    async def body(s):
        s.page.save_requested.emit(BOX, "")
        await s.settled()
        assert (s.own(), s.heard("show_saved")) == (["box"], [("box",)])
        assert "box" in PROVIDERS
        renamed = Custom(name="chest", base_url=BOX.base_url)
        s.page.save_requested.emit(renamed, "box")
        await s.settled()
        assert (s.own(), custom_providers.load(s.state)) == (["chest"], (renamed,))
        s.page.remove_requested.emit("chest")
        await s.settled()
        assert (s.own(), s.heard("show_undo"), "chest" in PROVIDERS) == ([], [("chest", "chest")], False)
        s.page.restore_requested.emit("chest")
        await s.settled()
        assert (s.own(), custom_providers.load(s.state)) == (["chest"], (renamed,))

    sat(body)


@pytest.mark.parametrize(
    ("custom", "field"),
    [
        (Custom(name="openai", base_url="http://10.0.0.3/v1"), "name"),
        (Custom(name="box", base_url="nonsense"), "base_url"),
        (Custom(name="box", base_url="http://10.0.0.3/v1", ca_file="/nowhere.pem"), "ca_file"),
        (Custom(name="box", base_url="http://10.0.0.3/v1", headers={"authorization": "x"}), "headers"),
    ],
)
def test_what_is_wrong_is_told_at_its_field_and_nothing_is_written(sat, custom, field):
    async def body(s):
        s.page.save_requested.emit(custom, "")
        await s.settled()
        (told,) = s.heard("show_problem")
        assert told[0] == field
        assert not (s.state / custom_providers.NAME).exists()

    sat(body)


def test_a_damaged_file_is_told_and_never_overwritten(sat, tmp_path):
    path = tmp_path / "state" / custom_providers.NAME
    path.parent.mkdir()
    path.write_text("[[providers]\n")

    async def body(s):
        assert "TOML" in s.heard("show_error")[0][0]
        s.page.save_requested.emit(BOX, "")
        await s.settled()
        assert "Nothing was saved" in s.heard("show_error")[1][0]
        assert path.read_text() == "[[providers]\n"

    sat(body)


def test_models_are_fetched_with_the_first_key_kept_and_starred(sat):
    async def body(s):
        await s.playground.keys.add("openai", "work", KEY)
        async with little_server({"/v1/models": {"data": [{"id": "a"}, {"id": "b"}]}}) as server:
            s.page.fetch_requested.emit("openai", f"{server.base}/v1")
            await s.settled()
            assert f"Bearer {KEY}" in server.asked[0]
            await s.desk._clients.aclose()
        s.page.star_requested.emit("openai", "b", True)
        await s.settled()
        shelf = ModelsBook(s.state).shelf("openai")
        assert ([m.name for m in shelf.models], shelf.starred) == (["a", "b"], ("b",))
        assert s.heard("show_shelf")[-1] == (shelf,)
        assert KEY not in repr(s.told)

    sat(body)


def test_models_that_cannot_be_had_are_one_sentence(sat):
    async def body(s):
        s.page.fetch_requested.emit("openai", "http://127.0.0.1:9/v1")
        await s.settled()
        assert s.heard("show_models_error") == [("openai", "Nothing listens at this address.")]

    sat(body)


def test_the_small_model_is_known_without_a_question(sat):
    async def body(s):
        s.page.models_requested.emit("local")
        await s.settled()
        assert s.heard("show_shelf")[-1][0].models[0].window == 8192

    sat(body)


def test_a_candidate_carries_the_key_that_would_be_used(sat):
    async def body(s):
        made = []
        s.desk.candidate_made.connect(made.append)
        await s.playground.keys.add("openai", "work", KEY)
        s.page.candidate_requested.emit(Candidate(provider="openai", model="m"))
        s.page.candidate_requested.emit(Candidate(provider="ollama", model="m"))
        await s.settled()
        assert {mine.provider: mine.keys for mine in made} == {"openai": ("keyring:work",), "ollama": ()}

    sat(body)


def test_looking_round_ends_and_shows_what_there_is(sat):
    async def body(s):
        s.page.look_requested.emit()
        await s.settled()
        assert len(s.heard("show_found")) == 1

    sat(body)


def test_the_small_models_speed_is_measured_by_its_runs(sat):
    async def body(s):
        base = s.playground.lab.play("/here/v1", (b.Say(words=40, rate=45), b.Usage(output=100), b.End()))
        mine = Candidate(provider="local", model="m", base_url=base)
        await s.playground.start(ask("hello", R(name="here", candidates=(mine,))))
        s.desk.refresh()
        await s.settled()
        assert s.heard("show_local")[-1][0].speed > 1

    sat(body)


def test_closing_ends_what_is_under_way(sat):
    async def body(s):
        async with little_server({}, delay=30) as server:
            s.page.fetch_requested.emit("openai", server.base)
            while not server.asked:  # noqa: ASYNC110  # there is no event to wait for
                await asyncio.sleep(0.01)
            await s.desk.close()
            assert not s.desk._tasks

    sat(body)
