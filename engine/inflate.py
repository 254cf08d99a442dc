"""Decompression of a response body within a bound, so that a small body cannot grow into a huge one."""

import zlib
from collections.abc import Iterator


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
        self._raw = zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, by its header

    def feed(self, data: bytes) -> Iterator[bytes]:
        """The decompressed bytes in parts of at most 64 KiB. Raises Bomb and NotCompressed."""
        if self._plain:
            self._spend(len(data))
            yield data
            return
        while data:
            try:
                part = self._raw.decompress(data, 65_536)
            except zlib.error as error:
                raise NotCompressed(f"The body is not compressed as it says: {error}.") from None
            self._spend(len(part))
            data = self._raw.unconsumed_tail
            if part:
                yield part
            elif not data:
                return

    def _spend(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise Bomb
