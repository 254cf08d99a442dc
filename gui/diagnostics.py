"""What a bug report needs to know of this machine and this program, in plain text without secrets."""

import importlib.metadata
import os
import platform
import sqlite3
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import qVersion
from PySide6.QtGui import QGuiApplication

from engine.redact import redact

UNKNOWN = "not known"
MOST_FILES = 20_000  # entries of the data directory that are counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What only the running program knows. `keyring` is the back-end's name, `loop` the event loop's; frame times are
    in seconds, None where nothing has been drawn yet."""

    keyring: str = ""
    loop: str = ""
    frame_p50: float | None = None
    frame_p99: float | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Size:
    """`bytes` of all files; `partial` where there were too many to count, or some could not be read."""

    bytes: int
    partial: bool = False


def facts(directory: Path, live: Live = Live()) -> tuple[Fact, ...]:
    """Versions and places, in the order in which they are shown. The user's name is not among them."""
    screen = QGuiApplication.primaryScreen()
    ratio = f", ratio {screen.devicePixelRatio():g}" if screen is not None else ""
    return (
        Fact("Streamover", own_version()),
        Fact("Python", f"{platform.python_version()} ({sys.implementation.name})"),
        Fact("Qt", qVersion() or UNKNOWN),
        Fact("PySide6", pyside_version),
        Fact("qasync", version("qasync")),
        Fact("httpx", version("httpx")),
        Fact("SQLite", sqlite3.sqlite_version),
        Fact("System", platform.platform()),
        Fact("Screen", f"{QGuiApplication.platformName()}{ratio}"),
        Fact("Key ring", live.keyring or UNKNOWN),
        Fact("Event loop", live.loop or UNKNOWN),
        Fact("Frame times", _frames(live)),
        Fact("Data", at_home(directory)),
    )


def report(told: Sequence[Fact]) -> str:
    """The facts as lines for a bug report, redacted once more."""
    width = max((len(fact.name) for fact in told), default=0)
    return redact("\n".join(f"{fact.name:<{width}}  {fact.value}" for fact in told)) + "\n"


def version(distribution: str) -> str:
    """The version of an installed distribution."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN


def own_version() -> str:
    """ "version 0.1.0"; "not installed" where it runs from its source."""
    known = version("streamover")
    return "not installed, run from its source" if known == UNKNOWN else f"version {known}"


def at_home(path: Path) -> str:
    """The path with the home directory written as ~, which leaves the user's name out."""
    try:
        return str(Path("~") / path.relative_to(Path.home()))
    except (ValueError, RuntimeError):
        return str(path)


def size_of(directory: Path) -> Size:
    """How much the data directory holds. It asks for every file, so it belongs in a thread."""
    total, seen, partial = 0, 0, False
    for folder, _, names in os.walk(directory):
        for name in names:
            seen += 1
            if seen > MOST_FILES:
                return Size(total, True)
            try:
                total += os.lstat(os.path.join(folder, name)).st_size
            except OSError:
                partial = True
    return Size(total, partial)


def in_units(size: Size) -> str:
    """ "812 B", "1.4 MB", "more than 3.0 GB"."""
    amount, unit = float(size.bytes), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{'more than ' if size.partial else ''}{amount:.{0 if unit == 'B' else 1}f} {unit}"


def percentile(times: Sequence[float], share: float) -> float | None:
    """The time below which `share` (0 to 1) of them lie; None for none."""
    ordered = sorted(times)
    return ordered[max(0, ceil(share * len(ordered)) - 1)] if ordered else None


def _frames(live: Live) -> str:
    if live.frame_p50 is None or live.frame_p99 is None:
        return "nothing drawn yet"
    return f"p50 {live.frame_p50 * 1000:.1f} ms, p99 {live.frame_p99 * 1000:.1f} ms"
