"""Damaged answers for the decoders, for as long as one likes.

    python -m tests.fuzz --seconds N [--seed S]

Each dialect's own answers are cut, doubled, swapped and corrupted, and fed in pieces. A decoder must yield deltas that
end in exactly one End or Failure, and nothing behind that. What breaks it is printed, and the exit code is 1.
"""

import argparse
import random
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable

from engine.core.faults import Fault, Kind
from engine.core.request import Candidate, Dialect, Finish, Usage
from engine.lab.dialects import voice
from engine.providers.base import Decoder, Delta, End, Failure
from engine.providers.registry import adapter_for, resolve

BROKEN = Fault(kind=Kind.TRUNCATED, detail="The connection broke in mid-answer.", in_stream=True)
TOKENS = (
    *(
        b"\n",
        b"\r",
        b"\r\n\r\n",
        b"data: ",
        b"event: error\n",
        b": x\n\n",
        b"[DONE]",
        b"\xef\xbb\xbf",
        b"\x00",
        b"\xff",
    ),
    *(b"{", b"}", b"[", b"]", b'"', b"\\", b"\\ud83d", b"null", b"1e999", b"-1", b"true", b'{"error":{}}', b"<html>"),
    *(
        b'"choices":[]',
        b'"delta":null',
        b'"index":-1',
        b'"type":"error"',
        b"\xe2\x80\xa8",
        b'"usage":{}',
        b"\xed\xa0\x80",
    ),
)


def decoder(dialect: Dialect) -> Decoder:
    """A fresh one, as for an answer of a server that is compatible with this dialect."""
    candidate = Candidate(provider="openai_compatible", model="m", dialect=dialect, base_url="http://host")
    return adapter_for(resolve(candidate)).decoder("")


def samples(dialect: Dialect) -> list[bytes]:
    """Good answers: text alone, one of everything, a tool call, a whole body, and an error inside a 200."""

    def speak(*parts: str) -> bytes:
        v = voice(dialect, "m", 1, Usage(input=3))
        usage = Usage(input=3, output=5, reasoning=1)
        words = {
            "role": v.role,
            "think": lambda: v.think("Let me see. "),
            "say": lambda: v.say("Grüße, 你好 🌊 "),
            "call": lambda: v.call("weather", '{"city": "Rome"}'),
            "measure": lambda: v.measure(usage),
            "stop": lambda: v.stop(Finish.STOP, usage),
            "end": lambda: v.end(Finish.STOP, usage),
            "mark": v.mark,
            "error": lambda: v.error(Kind.OVERLOADED, "Too busy."),
            "empty": v.empty,
            "whole": lambda: v.whole("All at once.", usage),
        }
        return b"".join(words[part]() for part in parts)

    return [
        speak("role", "say", "say", "end"),
        speak("role", "think", "empty", "say", "call", "measure", "stop", "mark"),
        speak("role", "call", "end"),
        speak("whole"),
        speak("role", "say", "error"),
    ]


def mutated(body: bytes, dice: random.Random, other: bytes = b"") -> bytes:
    """The body with a few things done to it."""
    data = bytearray(body)
    for _ in range(dice.randint(1, 5)):
        at, end = sorted((dice.randint(0, len(data)), dice.randint(0, len(data))))
        match dice.randrange(7):
            case 0:
                del data[at : min(end, at + 200)]
            case 1:
                data[at:at] = dice.choice(TOKENS)
            case 2:
                data[at:at] = data[at : min(end, at + 500)]
            case 3 if data:
                data[min(at, len(data) - 1)] = dice.randrange(256)
            case 4:
                data[at:at] = dice.randbytes(dice.randint(1, 20))
            case 5:
                data = data[:at]
            case _:
                data[at:at] = other[: dice.randint(0, 400)]
    return bytes(data)


def pieces(body: bytes, dice: random.Random) -> list[bytes]:
    """The body as several reads bring it; some of them are empty."""
    cuts = sorted(dice.randint(0, len(body)) for _ in range(dice.randint(0, 8)))
    bounds = [0, *cuts, len(body)]
    return [body[bounds[i] : bounds[i + 1]] for i in range(len(bounds) - 1)]


def check(reader: Decoder, reads: Iterable[bytes], broken: Fault | None = None) -> list[Delta]:
    """Feeds the reads. Raises AssertionError where the deltas do not end in exactly one End or Failure."""
    deltas = [delta for read in reads for delta in reader.feed(read)]
    deltas += reader.finish(broken)
    ends = [isinstance(delta, End | Failure) for delta in deltas]
    assert ends == [False] * (len(deltas) - 1) + [True], deltas
    assert reader.feed(b"data: more\n\n") == []
    assert reader.finish() == []
    if isinstance(last := deltas[-1], Failure):
        assert last.fault.detail
        last.fault.detail.encode("utf-8")
    return deltas


def run(seconds: float, seed: int) -> int:
    """Returns how many bodies broke a decoder."""
    dice, begun = random.Random(seed), time.monotonic()
    good = {dialect: samples(dialect) for dialect in Dialect}
    counts: Counter[Dialect] = Counter()
    failures = 0
    while time.monotonic() - begun < seconds:
        dialect = dice.choice(list(Dialect))
        foreign = dice.choice(good[dice.choice(list(Dialect))])
        body = mutated(dice.choice(good[dialect]), dice, foreign)
        reads, broken = pieces(body, dice), dice.choice((None, BROKEN))
        counts[dialect] += 1
        try:
            check(decoder(dialect), reads, broken)
        except Exception:
            failures += 1
            print(f"\n{dialect}: {reads!r}, broken={broken is not None}")
            traceback.print_exc(limit=-4, file=sys.stdout)
    print(", ".join(f"{dialect} {counts[dialect]:,}" for dialect in Dialect), f"- {failures} broke a decoder")
    return failures


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--seconds", type=float, default=60.0)
    options.add_argument("--seed", type=int, default=0)
    chosen = options.parse_args()
    return 1 if run(chosen.seconds, chosen.seed) else 0


if __name__ == "__main__":
    sys.exit(main())
