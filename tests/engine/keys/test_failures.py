"""Each way in which a keyring fails, seen through the store."""

import asyncio
import time

import pytest
from keyring import errors
from keyring.backends import fail, null

from engine.keys import KeyState, KeyUnavailable, Where
from engine.keys.trouble import trouble_of

from .conftest import KEY
from .rings import Broken, Garbling, Memory, Stuck


class PlaintextKeyring(Memory):
    """Keeps what it is given, where everybody can read it."""


PlaintextKeyring.__module__ = "keyrings.alt.file"


def renamed(name, base=Exception):
    return type(name, (base,), {})


@pytest.mark.parametrize(
    ("ring", "state", "word"),
    [
        (null.Keyring(), KeyState.NOT_TRUSTED, "forgets"),
        (fail.Keyring(), KeyState.BACKEND_MISSING, "No system keyring"),
        (PlaintextKeyring(), KeyState.NOT_TRUSTED, "plain text"),
    ],
)
async def test_a_back_end_that_is_not_accepted_gets_no_key(make, ring, state, word):
    store = make(ring)
    status = await store.backend()
    assert (status.accepted, status.ready, status.state) == (False, False, state)
    assert word in status.reason
    entry = await store.add("openai", "work", KEY)
    assert (entry.where, entry.state) == (Where.SESSION, KeyState.SESSION_ONLY)
    assert word in store.take_notices()[0]
    assert (await store.secret("openai", "keyring:work")).reveal() == KEY
    assert not getattr(ring, "calls", [])


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (errors.KeyringLocked, KeyState.LOCKED),
        (errors.InitError, KeyState.LOCKED),
        (renamed("PromptDismissedException"), KeyState.LOCKED),
        (renamed("LockedException"), KeyState.LOCKED),
        (errors.NoKeyringError, KeyState.BACKEND_MISSING),
        (renamed("SecretServiceNotAvailableException"), KeyState.BACKEND_MISSING),
        (renamed("SecAuthFailure"), KeyState.DENIED),
        (ConnectionResetError, KeyState.NOT_ANSWERING),
        (errors.PasswordSetError, KeyState.FAILED),
        (RuntimeError, KeyState.FAILED),
        (AssertionError, KeyState.FAILED),
    ],
)
async def test_what_a_back_end_raises_becomes_a_state_and_one_sentence(make, error, state):
    store = make(Broken(error))
    status = await store.backend()
    assert (status.accepted, status.ready, status.state) == (True, False, state)
    entry = await store.add("openai", "work", KEY)
    assert entry.state is KeyState.SESSION_ONLY
    (notice,) = store.take_notices()
    assert status.reason in notice
    assert "4f9Z" not in notice


@pytest.mark.parametrize(
    "error",
    [errors.PasswordSetError("Cancelled by user"), errors.PasswordDeleteError("Cancelled by user")],
)
def test_a_dismissed_wallet_prompt_is_locked(error):
    assert trouble_of(error).state is KeyState.LOCKED


def test_the_first_telling_cause_decides_and_a_loop_of_causes_ends():
    absent = renamed("SecretServiceNotAvailableException")()
    outer = errors.InitError("x")
    outer.__cause__ = absent
    absent.__context__ = outer
    assert trouble_of(outer).state is KeyState.BACKEND_MISSING


def test_a_windows_error_tells_its_number():
    error = renamed("error")("CredWrite")
    error.winerror = 1312
    assert "error 1312" in trouble_of(error).reason


async def test_a_locked_keyring_is_never_no_key_and_opens_again(make):
    ring = Broken()
    await make(ring).add("openai", "work", KEY)
    store = make(ring)
    ring.error = errors.KeyringLocked
    with pytest.raises(KeyUnavailable, match="locked") as raised:
        await store.secret("openai", "keyring:work")
    assert raised.value.state is KeyState.LOCKED
    assert [entry.state for entry in await store.list()] == [KeyState.LOCKED]
    ring.error = None
    assert (await store.unlock()).ready
    assert [entry.state for entry in await store.list()] == [KeyState.VERIFIED]
    assert (await store.secret("openai", "keyring:work")).reveal() == KEY


async def test_a_wrong_read_back_leaves_nothing_behind(make):
    ring = Garbling()
    store = make(ring)
    entry = await store.add("openai", "work", KEY)
    assert entry.state is KeyState.SESSION_ONLY
    assert "something else" in store.take_notices()[0]
    assert ring.kept == {}
    assert (await store.backend()).state is KeyState.FAILED


async def test_a_keyring_that_locks_before_the_read_back_keeps_nothing(make, ring, monkeypatch):
    def locked(*_):
        raise errors.KeyringLocked

    monkeypatch.setattr(ring, "get_password", locked)
    store = make(ring)
    assert (await store.add("openai", "work", KEY)).state is KeyState.SESSION_ONLY
    assert "locked" in store.take_notices()[0]
    assert ring.kept == {}


async def test_a_key_that_can_be_read_again_is_shown_as_sound_again(make):
    ring = Broken()
    await make(ring).add("openai", "work", KEY)
    store = make(ring)
    ring.error = errors.KeyringLocked
    with pytest.raises(KeyUnavailable):
        await store.secret("openai", "keyring:work")
    ring.error = None
    await store.secret("openai", "keyring:work")
    assert [entry.state for entry in await store.list()] == [KeyState.VERIFIED]


async def test_a_silent_keyring_falls_back_to_the_session_in_time(make):
    ring = Stuck()
    store = make(ring, patience=0.1)
    began = time.monotonic()
    entry = await store.add("openai", "work", KEY)
    assert time.monotonic() - began < 1
    assert entry.state is KeyState.SESSION_ONLY
    assert "does not answer" in store.take_notices()[0]
    assert (await store.secret("openai", "session:work")).reveal() == KEY
    assert (await store.backend()).state is KeyState.NOT_ANSWERING
    ring.gate.set()


async def test_a_write_that_comes_late_is_taken_back(make):
    ring = Stuck()
    store = make(ring, patience=0.1)
    entry = await store.add("openai", "work", KEY)
    ring.gate.set()
    assert (await store.unlock()).ready
    assert ring.kept == {}
    assert (await store.persist(entry.id)).state is KeyState.VERIFIED
    assert list(ring.kept.values()) == [KEY]
    assert ring.most == 1


async def test_closing_the_window_in_mid_write_leaves_no_row_and_no_secret(make):
    ring = Stuck()
    store = make(ring)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await store.add("openai", "work", KEY)
    ring.gate.set()
    assert (await store.unlock()).ready
    assert await store.list() == ()
    assert ring.kept == {}


async def test_a_key_that_vanished_from_the_keyring_is_said_to_be_lost(make, ring):
    await make(ring).add("openai", "work", KEY)
    ring.kept.clear()
    store = make(ring)
    with pytest.raises(KeyUnavailable, match="no longer in the system keyring") as raised:
        await store.secret("openai", "keyring:work")
    assert raised.value.state is KeyState.LOST


async def test_a_wallet_that_says_nothing_may_be_locked(make):
    ring = type("DBusKeyring", (Memory,), {"__module__": "keyring.backends.kwallet"})()
    await make(ring).add("openai", "work", KEY)
    ring.kept.clear()
    store = make(ring)
    with pytest.raises(KeyUnavailable, match="may mean that it is locked") as raised:
        await store.secret("openai", "keyring:work")
    assert raised.value.state is KeyState.UNKNOWN


async def test_a_key_beyond_the_limit_of_windows_stays_for_the_session(make):
    kind = type("WinVaultKeyring", (Memory,), {"__module__": "keyring.backends.Windows"})
    store = make(kind())
    assert (await store.add("vertex", "fits", "k" * 1280)).state is KeyState.VERIFIED
    assert (await store.add("vertex", "long", "k" * 1281)).state is KeyState.SESSION_ONLY
    assert "1,280" in store.take_notices()[0]


async def test_removing_waits_for_the_keyring_to_be_unlocked(make):
    ring = Broken()
    entry = await make(ring).add("openai", "work", KEY)
    store = make(ring)
    ring.error = errors.KeyringLocked
    with pytest.raises(KeyUnavailable):
        await store.remove(entry.id)
    assert len(await store.list()) == 1


async def test_removing_without_any_keyring_clears_the_row_and_says_what_may_be_left(make):
    ring = Broken()
    entry = await make(ring).add("openai", "work", KEY)
    store = make(ring)
    ring.error = errors.NoKeyringError
    await store.remove(entry.id)
    assert await store.list() == ()
    assert "may still be in the system keyring" in store.take_notices()[0]
    with pytest.raises(KeyUnavailable, match="add it again"):
        await store.restore(entry.id)


async def test_a_list_that_cannot_be_written_keeps_the_key_for_the_session(make, ring, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    store = make(ring)
    entry = await store.add("openai", "work", KEY)
    assert entry.state is KeyState.SESSION_ONLY
    assert "cannot be written" in store.take_notices()[0]
    assert ring.kept == {}
