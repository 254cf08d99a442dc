"""What of an answer is shown against another: its words in pieces, what both share folded where it is not wanted."""

from typing import NamedTuple

from engine.compare.diff import Block, Kind

KEPT = 3  # words that stay on each side of a difference, so that it can be read


class Piece(NamedTuple):
    """`differs`: only this text has it. `folded`: it stands for words that both have."""

    text: str
    differs: bool = False
    folded: bool = False


def pieces(blocks: tuple[Block, ...], text: str, *, first: bool, only: bool) -> tuple[Piece, ...]:
    """One side of a difference, from its start to its end. `only` folds what both have."""
    found: list[Piece] = []
    for place, block in enumerate(blocks):
        part = text[block.a : block.a_end] if first else text[block.b : block.b_end]
        if block.kind is not Kind.SAME:
            found.append(Piece(part, differs=True))
        elif only:
            found += _folded(part, opens=place == 0, closes=place == len(blocks) - 1)
        else:
            found.append(Piece(part))
    return tuple(piece for piece in found if piece.text)


def _folded(part: str, *, opens: bool, closes: bool) -> list[Piece]:
    """The words next to what differs, and how many lie between."""
    words = part.split()
    front, back = (0 if opens else KEPT), (0 if closes else KEPT)
    if len(words) <= front + back + 1:
        return [Piece(part)]
    count = len(words) - front - back
    begin = f" {' '.join(words[:front])}" if front else ""
    end = f"{' '.join(words[-back:])} " if back else ""
    return [Piece(begin), Piece(f" … {count} words alike … ", folded=True), Piece(end)]
