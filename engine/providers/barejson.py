"""JSON objects that stand bare in a body where events were asked for: in an array, one a line, or alone."""

import re

from engine.providers.base import EVENT_BOUND
from engine.providers.sse import BOM, Frame, Sse

_MARK = re.compile(rb'["\\{}]')
_BARE = re.compile(rb"(?:\A|[\r\n])(?:\xef\xbb\xbf)?[ \t]*([\[{])")
_BLANK = BOM + b" \t"
_QUOTE, _BACKSLASH, _OPEN = b'"\\{'


class Objects:
    """Cuts out each outermost JSON object; what stands between them (brackets, commas, line ends) is dropped."""

    def __init__(self) -> None:
        self.overflow = False
        self._held: list[bytes] = []
        self._held_size = 0
        self._depth = 0
        self._in_string = False
        self._skip = 0  # bytes of the next read that an escape has used up

    def feed(self, data: bytes) -> list[Frame]:
        """The objects that `data` completes."""
        if self.overflow:
            return []
        found: list[Frame] = []
        start = at = 0
        at, self._skip = self._skip, 0
        while (mark := _MARK.search(data, at)) is not None:
            place, at = mark.start(), mark.end()
            opens = self._depth == 0
            at += self._step(data[place])
            if opens and self._depth:
                start = place
            elif self._depth == 0 and not opens:
                found.append(("", b"".join([*self._held, data[start:at]])))
                self._held, self._held_size = [], 0
        self._skip = max(0, at - len(data))
        if self._depth:
            self._hold(data[start:])
        return found

    def finish(self) -> list[Frame]:
        """The object that stood open when the body ended: a stump."""
        return [("", b"".join(self._held))] if self._held and not self.overflow else []

    def _step(self, mark: int) -> int:
        """Takes one mark into account; gives the bytes behind it that it uses up."""
        if self._in_string:
            self._in_string = mark != _QUOTE
            return mark == _BACKSLASH
        if mark == _QUOTE:
            self._in_string = self._depth > 0
        elif mark == _OPEN:
            self._depth += 1
        elif mark != _BACKSLASH:
            self._depth = max(0, self._depth - 1)
        return 0

    def _hold(self, rest: bytes) -> None:
        self._held.append(rest)
        self._held_size += len(rest)
        self.overflow = self._held_size > EVENT_BOUND


class EventsOrObjects:
    """Server-sent events, until a line begins with a brace or a bracket: from there on, bare objects.

    No line of a proper event begins so. Vertex streams an array where `alt=sse` is lost on the way, and puts an error
    behind its last event so; other bodies are one object from the first byte.
    """

    def __init__(self) -> None:
        self.overflow = False
        self._events = Sse()
        self._objects: Objects | None = None
        self._lead: bytes | None = b""  # the open line so far while it is blank, else None

    def feed(self, data: bytes) -> list[Frame]:
        """The events and objects that `data` completes."""
        found = self._cut(data) if self._objects is None else self._objects.feed(data)
        self.overflow = self._events.overflow or (self._objects is not None and self._objects.overflow)
        return found

    def _cut(self, data: bytes) -> list[Frame]:
        lead = b"x" if self._lead is None else self._lead
        window = lead + data
        if (bare := _BARE.search(window)) is None:
            line = window[max(window.rfind(b"\n"), window.rfind(b"\r")) + 1 :]
            self._lead = line if len(line) < 64 and not line.strip(_BLANK) else None
            return self._events.feed(data)
        at = bare.start(1) - len(lead)
        self._objects = Objects()
        return [*self._events.feed(data[:at]), *self._events.finish(), *self._objects.feed(data[at:])]

    def finish(self) -> list[Frame]:
        """What stood open when the body ended."""
        return self._events.finish() if self._objects is None else self._objects.finish()
