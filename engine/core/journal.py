"""Events as JSON lines: the one file form of a run, of a bug report, of a demo and of a test case.

The first line names the format and its version. Older versions are upgraded when read; newer ones are refused.
"""

from collections.abc import Iterable, Iterator

import msgspec

from engine.core.events import AnyEvent, RunRequested
from engine.core.run import Run, begin, evolve

FORMAT = "streamover-journal"
VERSION = 1
LINE_BOUND = 32 * 1024 * 1024  # characters of one line: an answer of the largest size, with room for escapes


class JournalError(ValueError):
    """One sentence that names the line and what to do."""


class _Head(msgspec.Struct, kw_only=True):
    format: str
    version: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(AnyEvent)
_head = msgspec.json.Decoder(_Head)


def header() -> bytes:
    """The first line, without its end."""
    return _encoder.encode({"format": FORMAT, "version": VERSION})


def encode(event: AnyEvent) -> bytes:
    """One line, without its end."""
    return _encoder.encode(event)


def decode(line: bytes | str) -> AnyEvent:
    """Raises msgspec.MsgspecError on anything that is no event."""
    return _decoder.decode(line)


def dump(events: Iterable[AnyEvent]) -> bytes:
    """A whole journal, header and all."""
    return b"\n".join([header(), *map(encode, events), b""])


def load(data: bytes) -> Iterator[AnyEvent]:
    """The events of a journal. A last line that was cut short is left out, as the crash left it.

    Raises JournalError for another format, a newer version or a damaged line, named by its number.
    """
    lines = data.split(b"\n")
    _check_head(lines[0])
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            yield decode(line)
        except msgspec.MsgspecError as error:
            if number == len(lines):
                return
            raise JournalError(
                f"Line {number} of the journal is damaged: {error}. Open an earlier copy of it."
            ) from None


def _check_head(line: bytes) -> None:
    try:
        head = _head.decode(line)
    except msgspec.MsgspecError:
        raise JournalError(
            "This is no Streamover journal: its first line does not say so. Choose another file."
        ) from None
    if head.format != FORMAT:
        raise JournalError(f"This is a {head.format!r} file, not a Streamover journal. Choose another file.")
    if head.version > VERSION:
        raise JournalError(
            f"This journal is of version {head.version}, and this program reads up to {VERSION}: update Streamover."
        )


def fold(events: Iterable[AnyEvent]) -> Run:
    """The run that a journal tells. Raises JournalError when it does not begin with a request."""
    iterator = iter(events)
    first = next(iterator, None)
    if not isinstance(first, RunRequested):
        raise JournalError("The journal does not begin with a request: its beginning is missing.")
    run = begin(first)
    for event in iterator:
        try:
            run = evolve(run, event)
        except IndexError:
            raise JournalError(f"The journal names an attempt that never began, at {event.at:.3f} s.") from None
    return run
