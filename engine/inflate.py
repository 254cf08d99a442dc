"""Decompression of a response body within a bound, so that a small body cannot grow into a huge one."""

import zlib
from collections.abc import Iterable, Iterator

PART = 65_536  # bytes
MEMBER = b"\x1f"  # how a gzip member begins; a body may be several (RFC 1952, 2.2)
WINDOW = zlib.MAX_WBITS | 32  # 32: gzip or zlib, by its header


class Bomb(Exception):
    """The body is larger than the bound once decompressed."""


class NotCompressed(Exception):
    """The body is not what its content-encoding says, or the encoding is one that was not offered."""


class Inflater:
    """Undoes `content-encoding` (identity, gzip, deflate), at most `bound` bytes in all."""

    def __init__(self, encoding: str, bound: int) -> None:
        self._left = bound
        self._plain = encoding in ("", "identity")
        if not self._plain and encoding not in ("gzip", "x-gzip", "deflate"):
            raise NotCompressed(f"The body is encoded as {encoding!r}, which was not asked for.")
        self._raw = zlib.decompressobj(WINDOW)

    def feed(self, data: bytes) -> Iterable[bytes]:
        """The decompressed bytes in parts of at most 64 KiB. Raises Bomb and NotCompressed."""
        if self._plain:
            self._spend(len(data))
            return (data,)
        return self._inflated(data)

    def _inflated(self, data: bytes) -> Iterator[bytes]:
        part = b""
        while data or len(part) == PART:  # a full part may have more behind it, though all input is taken
            if self._raw.eof:
                if not data.startswith(MEMBER):
                    return  # padding
                self._raw = zlib.decompressobj(WINDOW)
            try:
                part = self._raw.decompress(data, PART)
            except zlib.error as error:
                raise NotCompressed(f"The body is not compressed as it says: {error}.") from None
            self._spend(len(part))
            data = self._raw.unused_data or self._raw.unconsumed_tail
            if part:
                yield part

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise Bomb
