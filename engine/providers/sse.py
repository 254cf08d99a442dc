"""Server-sent events from bytes, and lines of JSON: framing only, no I/O.

Follows https://html.spec.whatwg.org/multipage/server-sent-events.html, with two departures that providers make
necessary: an event at the end of the body needs no blank line behind it, and a line `error: {...}` (llama.cpp and its
kin) is the data of an event named error.
"""

from engine.providers.base import EVENT_BOUND

Frame = tuple[str, bytes]  # the event's name, empty where it has none, and its data

BOM = b"\xef\xbb\xbf"


class Sse:
    """Cuts a body into events. Bytes may be split anywhere; nothing but CR, LF and CRLF ends a line."""

    def __init__(self) -> None:
        self.overflow = False  # one event grew beyond EVENT_BOUND; nothing further is read
        self.retry: float | None = None  # seconds, from the last `retry` field
        self._held: list[bytes] = []
        self._held_size = 0
        self._at_line_start = True  # what is held ends with a line's end, or nothing is held
        self._after_cr = False
        self._at_body_start = True

    def feed(self, data: bytes) -> list[Frame]:
        """The events that `data` completes."""
        if self._is_one_event(data):
            self._at_body_start = False
            return [("", data[6:-2])]
        if self._after_cr or b"\r" in data:
            data = self._with_line_feeds(data)
        if not data or self.overflow:
            return []
        ends_event = b"\n\n" in data or (self._at_line_start and data[0] == 10)
        self._at_line_start = data[-1] == 10
        self._held.append(data)
        self._held_size += len(data)
        if not ends_event:
            self.overflow = self._held_size > EVENT_BOUND
            return []
        blocks = self._all_held().split(b"\n\n")
        self._hold(blocks.pop())
        return self._frames(blocks)

    def finish(self) -> list[Frame]:
        """The event that stood open when the body ended."""
        rest = self._all_held()
        self._hold(b"")
        return [] if self.overflow else self._frames([rest])

    def _is_one_event(self, data: bytes) -> bool:
        """Whether nothing is held, and the data is one event of one line: how most providers write."""
        if self._held or self._after_cr or self.overflow or not data.startswith(b"data: "):
            return False
        return data.find(b"\n") == len(data) - 2 and data[-1] == 10 and b"\r" not in data and len(data) <= EVENT_BOUND

    def _with_line_feeds(self, data: bytes) -> bytes:
        if self._after_cr and data[:1] == b"\n":
            data = data[1:]
            self._after_cr = False
        if data:
            self._after_cr = data[-1] == 13
        return data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _all_held(self) -> bytes:
        held = self._held[0] if len(self._held) == 1 else b"".join(self._held)
        if self._at_body_start and held:
            self._at_body_start = False
            held = held.removeprefix(BOM)
        return held

    def _hold(self, rest: bytes) -> None:
        self._held = [rest] if rest else []
        self._held_size = len(rest)
        self._at_line_start = not rest or rest[-1] == 10

    def _frames(self, blocks: list[bytes]) -> list[Frame]:
        frames: list[Frame] = []
        for block in blocks:
            if len(block) > EVENT_BOUND:
                self.overflow = True
                break
            if block.startswith(b"data: ") and b"\n" not in block:
                frames.append(("", block[6:]))
            elif block[:1] == b":" and b"\n" not in block:
                pass  # a comment alone: a flood of them must not cost more than their bytes
            elif block and (frame := self._read_block(block)) is not None:
                frames.append(frame)
        return frames

    def _read_block(self, block: bytes) -> Frame | None:
        name, data = "", None
        for line in block.split(b"\n"):
            field, _, value = line.partition(b":")
            value = value.removeprefix(b" ")
            match field:
                case b"data":
                    data = value if data is None else data + b"\n" + value
                case b"event":
                    name = value.decode("utf-8", "replace")
                case b"error":
                    name, data = "error", value
                case b"retry" if value.isdigit() and len(value) < 10:
                    self.retry = int(value) / 1000
                case _:
                    pass  # a comment, an id, or a field that the standard tells us to ignore
        return None if data is None else (name, data)


class Lines:
    """Cuts a body into lines of JSON (NDJSON). Each line that is not blank is a frame without a name."""

    def __init__(self) -> None:
        self.overflow = False
        self._held: list[bytes] = []
        self._held_size = 0

    def feed(self, data: bytes) -> list[Frame]:
        """The lines that `data` completes."""
        if self.overflow:
            return []
        self._held.append(data)
        self._held_size += len(data)
        if b"\n" not in data:
            self.overflow = self._held_size > EVENT_BOUND
            return []
        lines = b"".join(self._held).split(b"\n")
        rest = lines.pop()
        self._held, self._held_size = [rest], len(rest)
        self.overflow = any(len(line) > EVENT_BOUND for line in lines)
        return [] if self.overflow else [("", line) for line in lines if line.strip()]

    def finish(self) -> list[Frame]:
        """The line that stood open when the body ended."""
        rest = b"".join(self._held).strip()
        self._held = []
        return [("", rest)] if rest and not self.overflow else []
