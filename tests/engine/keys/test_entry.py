import json
import os
import stat
import sys

import pytest

from engine.keys import KeyEntry, Secret
from engine.keys.entry import Index

ENTRY = KeyEntry(id="a1", provider="openai", alias="work", created=1.0)


def test_what_is_saved_is_read_by_another_index_with_the_same_salt(tmp_path):
    first, second = Index(tmp_path / "keys.json"), Index(tmp_path / "keys.json")
    first.save((ENTRY,))
    assert second.refresh() == ""
    assert second.entries == (ENTRY,)
    assert second.fingerprint(Secret("k")) == first.fingerprint(Secret("k"))


def test_the_fingerprint_is_four_digits_and_differs_by_installation(tmp_path):
    marks = {Index(tmp_path / str(n)).fingerprint(Secret("k")) for n in range(8)}
    assert len(marks) > 1
    assert all(len(mark) == 4 and int(mark, 16) >= 0 for mark in marks)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes; the profile's rights hold there")
def test_the_file_is_its_owners_alone(tmp_path):
    index = Index(tmp_path / "new" / "keys.json")
    index.save((ENTRY,))
    assert stat.S_IMODE(os.stat(tmp_path / "new" / "keys.json").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "new").st_mode) == 0o700


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"version":1,"salt":"zz"}', b'{"salt":5}'])
def test_a_damaged_file_is_kept_beside_and_a_fresh_one_begun(tmp_path, damage):
    path = tmp_path / "keys.json"
    (tmp_path / "keys.json.damaged-1").write_bytes(b"an older one")
    path.write_bytes(damage)
    index = Index(path)
    notice = index.refresh()
    assert "is damaged" in notice
    assert "keys.json.damaged-2" in notice
    assert (tmp_path / "keys.json.damaged-2").read_bytes() == damage
    assert (tmp_path / "keys.json.damaged-1").read_bytes() == b"an older one"
    assert index.entries == ()
    index.save((ENTRY,))
    assert Index(path).refresh() == ""


def test_a_file_of_a_later_version_is_set_aside_whole(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"version": 2, "salt": "00", "keys": []}))
    assert "version 2" in Index(path).refresh()
    assert (tmp_path / "keys.json.damaged-1").exists()


def test_a_file_that_cannot_be_read_or_moved_is_never_overwritten(tmp_path, monkeypatch):
    path = tmp_path / "keys.json"
    path.write_bytes(b"{")

    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr("pathlib.Path.rename", refuse)
    index = Index(path)
    assert "cannot be moved" in index.refresh()
    with pytest.raises(PermissionError):
        index.save((ENTRY,))
    assert path.read_bytes() == b"{"


def test_a_save_that_fails_leaves_the_old_file_and_no_litter(tmp_path, monkeypatch):
    index = Index(tmp_path / "keys.json")
    index.save((ENTRY,))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        index.save(())
    assert index.entries == (ENTRY,)
    assert [path.name for path in tmp_path.iterdir()] == ["keys.json"]


def test_a_change_by_another_window_is_seen(tmp_path):
    ours, theirs = Index(tmp_path / "keys.json"), Index(tmp_path / "keys.json")
    ours.save(())
    theirs.refresh()
    theirs.save((ENTRY,))
    ours.refresh()
    assert ours.entries == (ENTRY,)
