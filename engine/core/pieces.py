"""Text in pieces: an immutable value that grows at its end for the price of the new pieces alone."""

from collections.abc import Iterable, Iterator


class Pieces:
    """An immutable run of text pieces, joined when shown.

    Values that grew from one another share one buffer and differ in length, so that adding to an answer of any size
    costs the same. Adding to an older value copies; no value ever changes.
    """

    __slots__ = ("_buffer", "_count", "_joined", "characters")

    def __init__(self, pieces: Iterable[str] = ()) -> None:
        self._buffer: list[str] = list(pieces)
        self._count = len(self._buffer)
        self._joined: str | None = None
        self.characters = sum(map(len, self._buffer))

    def plus(self, pieces: tuple[str, ...]) -> "Pieces":
        """These pieces followed by `pieces`."""
        grown = Pieces.__new__(Pieces)
        buffer = self._buffer if len(self._buffer) == self._count else self._buffer[: self._count]
        buffer.extend(pieces)
        grown._buffer, grown._count, grown._joined = buffer, len(buffer), None
        grown.characters = self.characters + (len(pieces[0]) if len(pieces) == 1 else sum(map(len, pieces)))
        return grown

    def since(self, count: int) -> str:
        """The text behind the first `count` pieces: what a view that has shown those must still add."""
        return "".join(self._buffer[count : self._count])

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[str]:
        return iter(self._buffer[: self._count])

    def __bool__(self) -> bool:
        return self._count > 0

    def __str__(self) -> str:
        if self._joined is None:
            self._joined = "".join(self._buffer[: self._count])
        return self._joined

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pieces) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __repr__(self) -> str:
        return f"Pieces({str(self)!r})"


NOTHING = Pieces()
