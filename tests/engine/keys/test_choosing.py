import sys

import pytest
from keyring.backends import chainer, fail, kwallet, null
from keyring.backends.SecretService import Keyring as SecretService

from engine.keys import KeyState
from engine.keys.choosing import (
    FAIL,
    TRUSTED,
    Override,
    _platform_names,
    accept,
    override,
    prepared,
    refusal,
    select,
)
from engine.keys.trouble import SANDBOXED, Trouble, missing

from .rings import Memory


@pytest.fixture
def nothing(tmp_path):
    return tmp_path / "keyringrc.cfg"


def test_the_trusted_names_are_classes_of_the_library():
    assert {f"{SecretService.__module__}.{SecretService.__qualname__}"} <= set(TRUSTED)
    for kind in (kwallet.DBusKeyring, kwallet.DBusKeyringKWallet4):
        assert f"{kind.__module__}.{kind.__qualname__}" in TRUSTED


@pytest.mark.parametrize(
    ("platform", "found"), [("darwin", ["macOS"]), ("win32", ["Windows"]), ("linux", ["SecretService", "kwallet"])]
)
def test_each_platform_tries_its_own_back_ends(monkeypatch, platform, found):
    monkeypatch.setattr(sys, "platform", platform)
    assert list(dict.fromkeys(name.split(".")[2] for name in _platform_names())) == found


def test_a_class_that_only_looks_like_a_trusted_one_is_refused():
    class Keyring(SecretService):
        pass

    assert isinstance(accept(object.__new__(Keyring), ()), Trouble)
    assert accept(ring := SecretService(), ()) is ring


def test_a_back_end_of_unknown_class_is_refused_by_name_unless_the_caller_vouches_for_it():
    ring = Memory()
    refused = accept(ring, ())
    assert refused.state is KeyState.NOT_TRUSTED
    assert "tests.engine.keys.rings.Memory is not one" in refused.reason
    assert accept(ring, (Memory,)) is ring


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("keyring.backends.null.Keyring", "forgets every key"),
        ("keyrings.alt.file.PlaintextKeyring", "plain text"),
        ("somebodys.Keyring", "not one that is known"),
    ],
)
def test_a_worthless_back_end_is_refused_with_its_reason(name, why):
    assert why in refusal(name).reason
    assert refusal(name).state is KeyState.NOT_TRUSTED


def test_null_and_fail_are_told_apart():
    assert accept(null.Keyring(), ()).state is KeyState.NOT_TRUSTED
    assert accept(fail.Keyring(), ()).state is KeyState.BACKEND_MISSING


def chain(monkeypatch, *links):
    monkeypatch.setattr(chainer.ChainerBackend, "backends", links)
    return object.__new__(chainer.ChainerBackend)


def test_a_chain_gives_its_first_trusted_link(monkeypatch):
    first, second = Memory(), Memory()
    assert accept(chain(monkeypatch, null.Keyring(), first, second), (Memory,)) is first


def test_a_chain_without_a_trusted_link_is_no_keyring(monkeypatch):
    assert accept(chain(monkeypatch, null.Keyring()), ()).state is KeyState.BACKEND_MISSING
    assert accept(chain(monkeypatch), ()).state is KeyState.BACKEND_MISSING


def test_nothing_set_is_no_override(nothing):
    assert override({}, nothing) == Override()


def test_the_variable_is_reported_and_goes_before_the_file(nothing):
    nothing.write_text("[backend]\ndefault-keyring=a.B\nkeyring-path=/somewhere\n")
    found = override({"PYTHON_KEYRING_BACKEND": "c.D", "KEYRING_PROPERTY_APPID": "sk-1"}, nothing)
    assert found.wanted == "c.D"
    for part in ("default-keyring=a.B", "keyring-path", "PYTHON_KEYRING_BACKEND=c.D", "KEYRING_PROPERTY_APPID"):
        assert part in found.told
    assert "sk-1" not in found.told
    assert override({}, nothing).wanted == "a.B"


@pytest.mark.parametrize("content", [b"default-keyring", b"\xff\xfe\xff", b"[backend\n"])
def test_a_damaged_file_is_reported_and_passed_over(nothing, content):
    nothing.write_bytes(content)
    found = override({}, nothing)
    assert found.wanted == ""
    assert "damaged" in found.told


def test_an_untrusted_override_is_refused_without_loading_its_code(tmp_path, monkeypatch):
    (tmp_path / "sly_ring.py").write_text("raise SystemExit('loaded')")
    monkeypatch.syspath_prepend(tmp_path)
    refused = select(Override(wanted="sly_ring.Keyring"))
    assert refused.state is KeyState.NOT_TRUSTED
    assert "sly_ring.Keyring" in refused.reason
    assert "sly_ring" not in sys.modules


def test_an_override_of_fail_is_a_missing_back_end():
    assert select(Override(wanted=FAIL)).state is KeyState.BACKEND_MISSING


def test_a_trusted_back_end_that_does_not_work_here_is_missing(monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")
    wanted = "keyring.backends.SecretService.Keyring"
    assert select(Override(wanted=wanted)).state is KeyState.BACKEND_MISSING


def test_a_sandbox_is_named_with_its_remedy():
    assert missing({"FLATPAK_ID": "x"}).reason == missing({"SNAP": "/snap/x"}).reason == SANDBOXED
    assert "start one" in missing({}).reason


def test_keys_stay_on_the_machine_on_windows():
    kind = type("WinVaultKeyring", (Memory,), {"__module__": "keyring.backends.Windows"})
    assert prepared(kind()).persist == "local machine"
    assert not hasattr(prepared(Memory()), "persist")
