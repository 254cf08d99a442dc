"""The user's choices, in one JSON file without secrets. A damaged file is set aside and begins anew."""

from pathlib import Path

import msgspec

from engine.core.request import Parameters
from engine.state import set_aside, write_atomically

NAME = "settings.json"


class Settings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`route` is the name of the saved route in use, empty for the built-in one."""

    theme: str = "system"
    zoom: float = 1.0
    route: str = ""
    send_with_control: bool = False
    reduced_motion: bool = False
    ghosts: bool = True  # text that was withdrawn stays visible, struck through
    language: str = "en"
    shortcuts: dict[str, tuple[str, ...]] = {}  # what differs from the defaults
    shortcuts_off: bool = False
    recent_commands: tuple[str, ...] = ()
    system_prompt: str = ""
    parameters: Parameters = Parameters()
    geometry: str = ""  # the window's place and size, as Qt writes it, in base64
    splitter: str = ""


def load(directory: Path) -> tuple[Settings, str]:
    """The settings, and a notice where the file was damaged and set aside (else empty)."""
    path = directory / NAME
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings), ""
    except FileNotFoundError:
        return Settings(), ""
    except (msgspec.MsgspecError, UnicodeDecodeError):
        kept = set_aside(path)
        return Settings(), f"{path} was damaged: it is kept as {kept.name}, and settings begin anew."


def save(directory: Path, settings: Settings) -> None:
    """Raises OSError."""
    write_atomically(directory / NAME, msgspec.json.encode(settings))
