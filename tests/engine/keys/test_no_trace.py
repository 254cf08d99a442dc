"""A key that can be recognised is sent through all that the store does; then every place is searched for it."""

import logging
import traceback

import pytest
from keyring import errors

from engine.keys import KeyRefused, KeyUnavailable, environment_keys

from .rings import Broken, Garbling

PLANTED = "sk-planted-Xq7ZrecognisableWv3"
MARK = "recognisable"


async def everything(make, words):
    """Uses every door of the store with a sound, a failing and a garbling keyring. Collects what can be seen."""
    ring = Broken()
    store = make(ring, environ={"PLANTED_KEY": PLANTED})
    entry = await store.add("openai", "work", PLANTED)
    words += [repr(store), repr(entry), str(entry), repr(await store.list()), repr(await store.backend())]
    words.append(repr(await store.refer("openai", "PLANTED_KEY")))
    words.append(repr(environment_keys({"openai": ("PLANTED_KEY",)}, {"PLANTED_KEY": PLANTED})))
    words.append(repr(await store.secret("openai", "keyring:work")))
    await store.remove(entry.id)
    held = {name: value for name, value in vars(store).items() if name != "_environ"}  # the test's own input
    words += [repr(held), repr(await store.restore(entry.id))]
    for error in (errors.KeyringLocked, errors.PasswordSetError, RuntimeError):
        await failing(make(Broken(error)), words)
    await failing(make(Garbling()), words)


async def failing(store, words):
    words += [repr(await store.add("groq", f"bad{len(words)}", PLANTED)), repr(store.take_notices())]
    words.append(repr(await store.backend()))
    for attempt in (
        lambda: store.add("groq", PLANTED, PLANTED + "2"),
        lambda: store.add("groq", "wrong", PLANTED, prefixes=("gsk_",)),
        lambda: store.add("groq", "twin", PLANTED),
        lambda: store.add("groq", "two", f"{PLANTED} {PLANTED}"),
        lambda: store.secret("groq", PLANTED),
        lambda: store.secret("groq", f"keyring:{PLANTED}"),
        lambda: store.secret("openai", "keyring:work"),
    ):
        try:
            words.append(repr(await attempt()))
        except (KeyRefused, KeyUnavailable) as error:
            words += [traceback_text(error), repr(error.args)]


def traceback_text(error):
    told = traceback.TracebackException.from_exception(error, capture_locals=False)
    causes = [repr(link) for link in (error.__cause__, error.__context__) if link is not None]
    lines = [line for line in told.format() if not line.lstrip().startswith("File")]
    return "".join([*lines, *causes])


async def test_a_planted_key_leaves_no_trace(make, tmp_path, caplog, capfd):
    caplog.set_level(logging.DEBUG)
    words = []
    await everything(make, words)
    assert len(words) > 40
    assert [word for word in words if MARK in word] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.name for path in files] == ["keys.json"]
    assert [path for path in files if MARK.encode() in path.read_bytes()] == []
    assert MARK not in caplog.text
    out, err = capfd.readouterr()
    assert MARK not in out + err


async def test_the_search_would_find_a_key(make, tmp_path):
    await make(Broken()).add("openai", "Xq7Z recognisable", "sk-another")
    with pytest.raises(AssertionError):
        assert MARK.encode() not in (tmp_path / "data" / "keys.json").read_bytes()
