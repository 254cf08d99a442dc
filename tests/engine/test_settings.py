"""The user's choices on disk."""

from pathlib import Path

from engine import health_file, settings
from engine.core.health import Health


def test_settings_come_back_as_they_were(tmp_path: Path):
    settings.save(tmp_path, settings.Settings(theme="dark", zoom=1.3))
    chosen, notice = settings.load(tmp_path)
    assert (chosen.theme, chosen.zoom, notice) == ("dark", 1.3, "")


def test_a_damaged_file_is_set_aside_and_named(tmp_path: Path):
    (tmp_path / "settings.json").write_text('{"zoom": "large"}')
    chosen, notice = settings.load(tmp_path)
    assert chosen == settings.Settings()
    assert "settings.json.damaged-1" in notice
    assert (tmp_path / "settings.json.damaged-1").read_text() == '{"zoom": "large"}'


def test_a_second_damaged_file_does_not_overwrite_the_first(tmp_path: Path):
    for words in ("first", "second"):
        (tmp_path / "health.json").write_text(words)
        health, notice = health_file.load(tmp_path, 0.0)
        assert health == Health()
        assert notice
    assert (tmp_path / "health.json.damaged-1").read_text() == "first"
    assert (tmp_path / "health.json.damaged-2").read_text() == "second"
