"""What the keys page asks is done, every refusal is one sentence on the page, and no secret is where it need not be."""

import asyncio
import logging
from pathlib import Path

import pytest

from engine.core.faults import Kind
from engine.core.request import Candidate, Dialect, Route, ask
from engine.keys import FoundKey, KeyState, KeyStore, Where
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.playground import Playground
from gui.key_desk import KeyDesk
from gui.theme import theme
from gui.views.keys import KeysPage
from tests.engine.keys.rings import RINGS, Broken, Memory, Stuck
from tests.gui.looped import looped

KEY = "sk-test-PLANTED0123456789abcdefPLANTED"
OTHER = "sk-test-SECOND00123456789abcdefSECOND"


class Desk:
    """A page at its desk, over a keyring and a lab. What the page is told is kept in `told`."""

    def __init__(self, state: Path, ring=None, patience=5.0):
        self.ring = ring or Memory()
        keys = KeyStore(state, backend=self.ring, trusted=RINGS, patience=patience)
        self.playground = Playground(state, keys=keys, lab=Lab(speed=50))
        self.told: list[tuple] = []

    async def __aenter__(self):
        await self.playground.__aenter__()
        await self.playground.lab.start()
        theme()
        self.page = KeysPage()
        self.page.show()
        for name in ("show_error", "show_undo", "show_check", "show_revealed", "show_found", "show_backend"):
            self.listen(name)
        self.desk = KeyDesk(self.playground, self.page)
        return self

    def listen(self, name):
        shown = getattr(self.page, name)

        def heard(*args):
            self.told.append((name, *args))
            shown(*args)

        setattr(self.page, name, heard)

    async def __aexit__(self, *_):
        await self.desk.close()
        self.page.hide()
        self.page.deleteLater()
        await self.playground.__aexit__(None, None, None)
        await asyncio.sleep(0)

    def heard(self, name):
        return [entry[1:] for entry in self.told if entry[0] == name]

    async def settled(self):
        """Returns when the desk has nothing left to do."""
        async with asyncio.timeout(15):
            while self.desk._tasks or self.desk._checker is not None or self.desk._soon.isActive():  # noqa: ASYNC110  # it ends by itself
                await asyncio.sleep(0.01)

    async def added(self, alias="work", key=KEY, provider="openai", session=False):
        self.page.add_requested.emit(provider, alias, key, session)
        await self.settled()
        return next(entry for entry in await self.playground.keys.list() if entry.alias == alias)

    def play(self, *plays, place="/here/v1"):
        """A run of this session that used the provider at the lab: checks go where it went."""
        base = self.playground.lab.play(place, *plays)
        mine = Candidate(provider="openai", model="m", base_url=base, dialect=Dialect.CHAT_COMPLETIONS)
        return ask("hello", Route(name="here", candidates=(mine,)))

    async def use(self, *plays):
        await self.playground.start(self.play((b.Say(words=1), b.End())))
        self.play(*plays)


@pytest.fixture
def at_desk(qapp, tmp_path):
    theme().apply(qapp)

    def run(body, **more):
        async def whole():
            async with Desk(tmp_path / "state", **more) as desk:
                await body(desk)
                await desk.settled()

        looped(whole)

    return run


def shown(desk):
    return [row.alias for row in desk.page._rows]


def test_a_key_is_added_and_shown(at_desk):
    async def body(desk):
        entry = await desk.added()
        assert (entry.where, shown(desk)) == (Where.KEYRING, ["work"])
        assert KEY in desk.ring.kept.values()

    at_desk(body)


def test_a_key_that_cannot_be_taken_is_one_sentence(at_desk):
    async def body(desk):
        desk.page.add_requested.emit("openai", "work", "  ", False)
        await desk.settled()
        assert desk.heard("show_error") == [("The key is empty: copy it once more from the provider's page.",)]
        assert shown(desk) == []

    at_desk(body)


def test_a_keyring_that_fails_leaves_the_key_for_the_session_with_a_notice(at_desk):
    async def body(desk):
        entry = await desk.added()
        assert entry.where is Where.SESSION
        (said,) = desk.heard("show_error")
        assert "for this session only" in said[0]
        assert KEY not in said[0]

    at_desk(body, ring=Broken(RuntimeError))


def test_a_removed_key_can_be_brought_back(at_desk):
    async def body(desk):
        entry = await desk.added()
        desk.page.remove_requested.emit(entry.id)
        await desk.settled()
        assert (desk.heard("show_undo"), shown(desk), desk.ring.kept) == ([(entry.id, "work")], [], {})
        desk.page.restore_requested.emit(entry.id)
        await desk.settled()
        assert shown(desk) == ["work"]
        assert KEY in desk.ring.kept.values()

    at_desk(body)


def test_keys_are_renamed_reordered_and_switched(at_desk):
    async def body(desk):
        one, two = await desk.added(), await desk.added("spare", OTHER)
        desk.page.rename_requested.emit(one.id, "home")
        desk.page.reorder_requested.emit("openai", [two.id, one.id])
        desk.page.enable_requested.emit(one.id, False)
        await desk.settled()
        assert [(row.alias, row.enabled) for row in desk.page._rows] == [("spare", True), ("home", False)]
        desk.page.rename_requested.emit(one.id, "spare")
        await desk.settled()
        assert "choose another name" in desk.heard("show_error")[0][0]

    at_desk(body)


def test_variables_are_imported_and_one_that_fails_keeps_none_back(at_desk, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    async def body(desk):
        found = [FoundKey(provider="groq", variable="GROQ_API_KEY"),
                 FoundKey(provider="openai", variable="OPENAI_API_KEY")]  # fmt: skip
        desk.page.import_requested.emit(found)
        await desk.settled()
        assert shown(desk) == ["OPENAI_API_KEY"]
        assert "GROQ_API_KEY is not set" in desk.heard("show_error")[0][0]
        desk.page.refresh_requested.emit()
        await desk.settled()
        (listed,) = desk.heard("show_found")[0]
        assert [key.variable for key in listed] == ["OPENAI_API_KEY"]

    at_desk(body)


def test_a_value_is_revealed_from_the_keyring(at_desk):
    async def body(desk):
        entry = await desk.added()
        desk.page.reveal_requested.emit(entry.id)
        await desk.settled()
        assert desk.heard("show_revealed") == [(entry.id, KEY)]
        desk.page.enable_requested.emit(entry.id, False)
        await desk.settled()
        desk.page.reveal_requested.emit(entry.id)
        await desk.settled()
        assert "switched off" in desk.heard("show_error")[0][0]

    at_desk(body)


def test_the_keyring_is_looked_at_until_it_works(at_desk):
    async def body(desk):
        desk.page.refresh_requested.emit()
        await desk.settled()
        desk.ring.error = None
        for _ in range(2):
            desk.page.refresh_requested.emit()
            await desk.settled()
        assert [status.ready for (status,) in desk.heard("show_backend")] == [False, True]

    at_desk(body, ring=Broken(RuntimeError))


def test_a_keyring_that_hangs_does_not_hold_up_the_loop(at_desk):
    async def body(desk):
        desk.page.refresh_requested.emit()
        ticks = 0
        while desk.desk._tasks:
            await asyncio.sleep(0.01)
            ticks += 1
        assert ticks > 10
        assert desk.heard("show_backend")[0][0].state is KeyState.NOT_ANSWERING
        desk.ring.gate.set()

    at_desk(body, ring=Stuck(), patience=0.3)


def test_a_check_asks_once_and_is_recorded(at_desk):
    async def body(desk):
        await desk.use((b.Status(code=401, kind=Kind.AUTH),), (b.Say(words=1), b.End()))
        entry = await desk.added()
        seen = []
        desk.desk.checking.connect(lambda done, total: seen.append((done, total)))
        desk.page.check_requested.emit([entry.id])
        await desk.settled()
        key_id, ok, words, seconds = desk.heard("show_check")[0]
        assert (key_id, ok, words) == (entry.id, False, "401 key refused. Replace the key.")
        assert seconds > 0
        assert (await desk.playground.keys.list())[0].state is KeyState.INVALID
        assert seen == [(0, 1), (1, 1), (0, 0)]
        desk.page.check_requested.emit([entry.id])
        await desk.settled()
        assert desk.heard("show_check")[1][1:3] == (True, "The key works.")
        assert (await desk.playground.keys.list())[0].state is KeyState.VERIFIED

    at_desk(body)


def test_checks_run_four_at_a_time_and_can_be_stopped(at_desk):
    async def body(desk):
        await desk.use((b.Stall(),))
        ids = [(await desk.added(f"k{n}", f"sk-test-{n}NUMBER{n}23456789abcdef{n}")).id for n in range(6)]
        before = len(desk.playground.lab.log.requests())
        desk.page.check_requested.emit(ids)
        async with asyncio.timeout(10):
            while len(desk.playground.lab.log.requests()) < before + 4:  # noqa: ASYNC110  # the lab has no event for it
                await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert len(desk.playground.lab.log.requests()) == before + 4
        desk.desk.stop_checks()
        await desk.settled()
        assert {(key_id, words) for key_id, _, words, _ in desk.heard("show_check")} == {(k, "Stopped.") for k in ids}

    at_desk(body)


def test_a_provider_without_a_known_model_is_said_so(at_desk):
    async def body(desk):
        entry = await desk.added(provider="gateway")
        desk.page.check_requested.emit([entry.id])
        await desk.settled()
        assert "fetch its models" in desk.heard("show_check")[0][2]

    at_desk(body)


def test_a_provider_without_an_address_is_said_so(at_desk):
    async def body(desk):
        entry = await desk.added(provider="azure")
        desk.page.check_requested.emit([entry.id])
        await desk.settled()
        assert "set base_url" in desk.heard("show_check")[0][2]

    at_desk(body)


def test_the_page_shows_what_a_run_did_with_a_key(at_desk):
    async def body(desk):
        await desk.added()
        base = desk.playground.lab.play("/limits/v1", (b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=6000),))
        mine = Candidate(provider="openai", model="m", base_url=base, keys=("keyring:work",))
        await desk.playground.start(ask("hello", Route(name="here", candidates=(mine,))))
        await desk.settled()
        (row,) = desk.page._rows
        assert (row.state.value, row.failed) == ("cooling", 1)

    at_desk(body)


def test_the_cost_of_a_check_is_told_beforehand(at_desk):
    async def body(desk):
        entry = await desk.added()
        assert await desk.desk.cost_note([entry.id]) == "This costs less than $0.01."

    at_desk(body)


def test_no_secret_is_logged(at_desk, caplog):
    caplog.set_level(logging.DEBUG)

    async def body(desk):
        await desk.use((b.Status(code=401, kind=Kind.AUTH, message=f"Incorrect key {KEY}"),))
        entry = await desk.added()
        desk.page.check_requested.emit([entry.id])
        await desk.settled()
        assert KEY not in repr(desk.told)

    at_desk(body)
    assert KEY not in caplog.text


def test_closing_leaves_nothing_under_way(at_desk):
    async def body(desk):
        await desk.use((b.Stall(),))
        entry = await desk.added()
        desk.page.check_requested.emit([entry.id])
        await asyncio.sleep(0.1)
        await desk.desk.close()
        desk.page.refresh_requested.emit()
        assert not desk.desk._tasks

    at_desk(body)
