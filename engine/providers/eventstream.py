"""Frames of `application/vnd.amazon.eventstream`, read from bytes that may be split anywhere.

A frame is a prelude (its length, its headers' length, a CRC-32 of both), headers, a payload, and a CRC-32 of all
before it. Source: the Smithy specification, "Amazon Event Stream Specification".
"""

import struct
from zlib import crc32

import msgspec

from engine.providers.base import EVENT_BOUND
from engine.providers.sse import Frame

_PRELUDE = struct.Struct(">III")
_CRC = struct.Struct(">I")
_LEAST = _PRELUDE.size + _CRC.size
_STRING = 7
_FIXED = {0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16}  # value type -> bytes of the value
_SIZED = {6, _STRING}  # types whose value has its length before it, in two bytes


class Damaged(ValueError):
    """A frame that breaks the rules; the message says which."""


class EventStream:
    """Cuts a body into frames. The name of an event is its type; that of an exception stands behind `exception:`.

    `damage` says what was wrong with the first frame that cannot be read; nothing is read behind it.
    """

    def __init__(self) -> None:
        self.overflow = False  # a frame is larger than EVENT_BOUND
        self.damage = ""
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that `data` completes."""
        if self.overflow or self.damage:
            return []
        self._held += data
        found: list[Frame] = []
        start = 0
        try:
            while (size := self._size_at(start)) and len(self._held) - start >= size:
                found.append(_named(*_opened(bytes(self._held[start : start + size]))))
                start += size
        except Damaged as damage:
            self.damage = str(damage)
        del self._held[:start]
        return found

    def finish(self) -> list[Frame]:
        """Nothing: a frame that is not complete cannot be checked."""
        return []

    def _size_at(self, start: int) -> int:
        """Bytes of the frame at `start`; 0 while its prelude is not complete. Raises Damaged."""
        if len(self._held) - start < _PRELUDE.size:
            return 0
        size, _, crc = _PRELUDE.unpack_from(self._held, start)
        if crc32(self._held[start : start + 8]) != crc:
            raise Damaged("A frame of the event stream is damaged in its prelude.")
        if size < _LEAST:
            raise Damaged("A frame of the event stream is shorter than a frame can be.")
        self.overflow = size > EVENT_BOUND
        return 0 if self.overflow else size


def _opened(data: bytes) -> tuple[dict[str, str], bytes]:
    """The headers of type string and the payload of one frame. Raises Damaged."""
    _, header_bytes, _ = _PRELUDE.unpack_from(data)
    (crc,) = _CRC.unpack_from(data, len(data) - _CRC.size)
    payload_at = _PRELUDE.size + header_bytes
    if crc32(data[: -_CRC.size]) != crc or payload_at > len(data) - _CRC.size:
        raise Damaged("A frame of the event stream is damaged.")
    return _headers(data[_PRELUDE.size : payload_at]), data[payload_at : -_CRC.size]


def _named(headers: dict[str, str], payload: bytes) -> Frame:
    match headers.get(":message-type"):
        case "exception":
            return f"exception:{headers.get(':exception-type', '')}", payload
        case "error":
            message = msgspec.json.encode({"message": headers.get(":error-message", "")})
            return f"exception:{headers.get(':error-code', '')}", message
        case _:
            return headers.get(":event-type", ""), payload


def _headers(data: bytes) -> dict[str, str]:
    headers: dict[str, str] = {}
    at = 0
    try:
        while at < len(data):
            name_end = at + 1 + data[at]
            name, kind, at = data[at + 1 : name_end].decode(), data[name_end], name_end + 1
            if kind in _SIZED:
                size, at = int.from_bytes(data[at : at + 2], "big"), at + 2
            else:
                size = _FIXED[kind]
            if at + size > len(data):
                raise IndexError
            if kind == _STRING:
                headers[name] = data[at : at + size].decode()
            at += size
    except (IndexError, KeyError, UnicodeDecodeError):
        raise Damaged("A frame of the event stream has headers that cannot be read.") from None
    return headers
