"""Where state lives, and how a file is replaced without ever losing the old one."""

import os
import tempfile
from pathlib import Path

import platformdirs

APP = "streamover"


def default_dir() -> Path:
    """The user's data directory for this program, by the platform's own rule."""
    return Path(platformdirs.user_data_dir(APP, appauthor=False))


def write_atomically(path: Path, data: bytes) -> None:
    """Replaces the file as a whole, for its owner alone. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def set_aside(path: Path) -> Path:
    """Moves a damaged file beside where it stood, under a name that is free, and returns that."""
    number = 1
    while (kept := path.with_name(f"{path.name}.damaged-{number}")).exists():
        number += 1
    path.rename(kept)
    return kept
