"""What differs between two answers, word by word, fast enough to follow two streams. Pure.

Patience: the words that stand once in both texts and in the same order are the anchors, and what lies between two
anchors is compared in the same way. `difflib` is quadratic where texts are unlike; this is not. Where a gap has no
anchor left, it is compared by table when small, and is one change when large. White space alone is no difference.
"""

import re
from bisect import bisect_left
from collections import Counter
from enum import StrEnum
from itertools import accumulate

from msgspec import Struct

TABLE_BOUND = 3_000  # cells; a larger gap without anchors is one change
SETTLED = 240  # characters at the end of a stream in which what is in common may still change
LONG_ENOUGH = 20  # characters of a stretch in common that may be settled
_WORD = re.compile(r"\s*(?:\w+|[^\w\s])")

Pair = tuple[int, int]


class Kind(StrEnum):
    SAME = "same"
    REMOVED = "removed"  # only in the first text
    ADDED = "added"  # only in the second
    CHANGED = "changed"


class Block(Struct, frozen=True):
    """A part of both texts: characters `a` to `a_end` of the first stand against `b` to `b_end` of the second."""

    kind: Kind
    a: int
    a_end: int
    b: int
    b_end: int


class Diff(Struct, frozen=True):
    """The blocks cover both texts, in order and without a gap. `similarity` is from 0 to 1: the share of words that
    both have in the same order (Dice's measure)."""

    blocks: tuple[Block, ...]
    similarity: float

    def across(self, place: float, *, back: bool = False) -> float:
        """Where a character of the first text stands in the second (or `back`): for scrolling both together."""
        for block in self.blocks:
            start, end, other, other_end = _sides(block, back)
            if place < end:
                return other + (other_end - other) * (place - start) / (end - start)
        return float(_sides(self.blocks[-1], back)[3]) if self.blocks else 0.0


def _sides(block: Block, back: bool) -> tuple[int, int, int, int]:
    if back:
        return block.b, block.b_end, block.a, block.a_end
    return block.a, block.a_end, block.b, block.b_end


def diff(a: str, b: str) -> Diff:
    """The word-level difference of two texts."""
    left, right = _Words(a), _Words(b)
    pairs = matches(left.keys, right.keys)
    words = left.count + right.count
    return Diff(tuple(_blocks(left, right, pairs)), 2 * _counted(left, pairs) / words if words else 1.0)


class _Words:
    """A text as words, each with the white space before it; the text's end is a word without letters."""

    def __init__(self, text: str) -> None:
        found = _WORD.findall(text)
        self.count = len(found)
        self.keys = [*map(str.strip, found), ""]
        self.ends = [*accumulate(map(len, found)), len(text)]

    def start(self, index: int) -> int:
        return self.ends[index - 1] if index else 0


def _counted(words: _Words, pairs: list[Pair]) -> int:
    return sum(bool(words.keys[i]) for i, _ in pairs)


def _blocks(left: _Words, right: _Words, pairs: list[Pair]) -> list[Block]:
    blocks: list[Block] = []
    i = j = 0
    for first, second, length in [*_runs(pairs), (len(left.keys), len(right.keys), 0)]:
        a, a_end, b, b_end = left.start(i), left.start(first), right.start(j), right.start(second)
        if (a, b) != (a_end, b_end):
            blocks.append(Block(_kind(a_end - a, b_end - b), a, a_end, b, b_end))
        i, j = first + length, second + length
        if length and (left.start(i) > a_end or right.start(j) > b_end):
            blocks.append(Block(Kind.SAME, a_end, left.start(i), b_end, right.start(j)))
    return blocks


def _kind(removed: int, added: int) -> Kind:
    if not added:
        return Kind.REMOVED
    return Kind.CHANGED if removed else Kind.ADDED


def _runs(pairs: list[Pair]) -> list[tuple[int, int, int]]:
    """The matching pairs, gathered where they follow one another: (place, place, length)."""
    runs: list[tuple[int, int, int]] = []
    for i, j in pairs:
        if runs and (i, j) == (runs[-1][0] + runs[-1][2], runs[-1][1] + runs[-1][2]):
            runs[-1] = (*runs[-1][:2], runs[-1][2] + 1)
        else:
            runs.append((i, j, 1))
    return runs


def matches(a: list[str], b: list[str]) -> list[Pair]:
    """The places of the words that are the same, both rising."""
    found: list[Pair] = []
    gaps = [(0, len(a), 0, len(b))]
    while gaps:
        i, i_end, j, j_end = gaps.pop()
        while i < i_end and j < j_end and a[i] == b[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        while i < i_end and j < j_end and a[i_end - 1] == b[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
            found.append((i_end, j_end))
        if i == i_end or j == j_end:
            continue
        if anchors := _anchors(a, b, (i, i_end, j, j_end)):
            for next_i, next_j in [*anchors, (i_end, j_end)]:
                gaps.append((i, next_i, j, next_j))
                i, j = next_i, next_j
        elif (i_end - i) * (j_end - j) <= TABLE_BOUND:
            found += _by_table(a, b, (i, i_end, j, j_end))
    return sorted(found)


def _anchors(a: list[str], b: list[str], gap: tuple[int, int, int, int]) -> list[Pair]:
    """The words that stand once on both sides, as far as they rise together. An anchor opens the gap behind it."""
    i, i_end, j, j_end = gap
    left, right = Counter(a[i:i_end]), Counter(b[j:j_end])
    places = {word: at for at, word in enumerate(b[j:j_end], start=j) if right[word] == 1}
    pairs = [(at, places[a[at]]) for at in range(i, i_end) if left[a[at]] == 1 and a[at] in places]
    return _rising(pairs)


def _rising(pairs: list[Pair]) -> list[Pair]:
    """The longest run of pairs whose second places rise (patience sorting)."""
    tops: list[int] = []
    at_top: list[int] = []
    before: list[int] = []
    for place, (_, j) in enumerate(pairs):
        pile = bisect_left(tops, j)
        before.append(at_top[pile - 1] if pile else -1)
        if pile == len(tops):
            tops.append(j)
            at_top.append(place)
        else:
            tops[pile], at_top[pile] = j, place
    chain: list[Pair] = []
    place = at_top[-1] if at_top else -1
    while place >= 0:
        chain.append(pairs[place])
        place = before[place]
    return chain[::-1]


def _by_table(a: list[str], b: list[str], gap: tuple[int, int, int, int]) -> list[Pair]:
    """The longest common subsequence of a small gap."""
    i, i_end, j, j_end = gap
    rows, width = [[0] * (j_end - j + 1)], j_end - j
    for at in range(i_end - 1, i - 1, -1):
        below, row = rows[-1], [0] * (width + 1)
        for k in range(width - 1, -1, -1):
            row[k] = below[k + 1] + 1 if a[at] == b[j + k] else max(below[k], row[k + 1])
        rows.append(row)
    rows.reverse()
    found: list[Pair] = []
    x = y = 0
    while x < i_end - i and y < width:
        if a[i + x] == b[j + y]:
            found.append((i + x, j + y))
            x, y = x + 1, y + 1
        elif rows[x + 1][y] >= rows[x][y + 1]:
            x += 1
        else:
            y += 1
    return found


class Following:
    """The difference of two texts that grow. What is settled stays; only what lies behind it is compared again, so
    that a step costs what is new and not what is long. `finished` compares both once more as wholes."""

    def __init__(self) -> None:
        self._a = self._b = ""
        self._settled: list[Block] = []

    def update(self, a: str, b: str) -> Diff:
        """The difference now. Texts that did not merely grow are compared anew."""
        if not (a.startswith(self._a) and b.startswith(self._b)):
            self._settled = []
        self._a, self._b = a, b
        from_a, from_b = (self._settled[-1].a_end, self._settled[-1].b_end) if self._settled else (0, 0)
        tail = [_moved(block, from_a, from_b) for block in diff(a[from_a:], b[from_b:]).blocks]
        blocks = tuple(_joined([*self._settled, *tail]))
        self._settle(tail)
        return Diff(blocks, _similarity(a, b, blocks))

    def finished(self) -> Diff:
        return diff(self._a, self._b)

    def _settle(self, tail: list[Block]) -> None:
        """Keeps all up to the last stretch in common that lies well before the end of both texts."""
        for place in range(len(tail) - 1, -1, -1):
            block = tail[place]
            behind = min(len(self._a) - block.a_end, len(self._b) - block.b_end)
            if block.kind is Kind.SAME and behind > SETTLED and block.a_end - block.a > LONG_ENOUGH:
                self._settled += tail[: place + 1]
                return


def _similarity(a: str, b: str, blocks: tuple[Block, ...]) -> float:
    common = sum(len(_WORD.findall(a, block.a, block.a_end)) for block in blocks if block.kind is Kind.SAME)
    words = len(_WORD.findall(a)) + len(_WORD.findall(b))
    return 2 * common / words if words else 1.0


def _moved(block: Block, a: int, b: int) -> Block:
    return Block(block.kind, block.a + a, block.a_end + a, block.b + b, block.b_end + b)


def _joined(blocks: list[Block]) -> list[Block]:
    """The blocks, with neighbours of one kind made one."""
    joined: list[Block] = []
    for block in blocks:
        if joined and joined[-1].kind is block.kind:
            joined[-1] = Block(block.kind, joined[-1].a, block.a_end, joined[-1].b, block.b_end)
        else:
            joined.append(block)
    return joined
