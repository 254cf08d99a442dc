"""Health on disk: what a second run must know of the first."""

from pathlib import Path

import msgspec

from engine.core.health import Health, merged, pruned
from engine.state import set_aside, write_atomically

NAME = "health.json"


def load(directory: Path, wall: float) -> tuple[Health, str]:
    """What is known, and a notice when the file was damaged and set aside (empty otherwise)."""
    path = directory / NAME
    try:
        return pruned(msgspec.json.decode(path.read_bytes(), type=Health), wall), ""
    except FileNotFoundError:
        return Health(), ""
    except (msgspec.MsgspecError, UnicodeDecodeError):
        kept = set_aside(path)
        return Health(), f"{path} was damaged: it is kept as {kept.name}, and cooldowns begin anew."


def save(directory: Path, health: Health, base: Health, wall: float) -> None:
    """Writes what `health` has that `base`, which we read or wrote last, had not; what other programs have noted since
    then stays. Raises OSError."""
    theirs, _ = load(directory, wall)
    write_atomically(directory / NAME, msgspec.json.encode(pruned(merged(theirs, health, base), wall)))
