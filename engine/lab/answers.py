"""What the lab says: short true answers on a few subjects, and an honest word on anything else."""

import re

from msgspec import Struct


class Answer(Struct, frozen=True, kw_only=True):
    """One answer, the reasoning that goes before it, and the words of a prompt that it answers."""

    about: tuple[str, ...]
    thought: str
    text: str


TIDES_THOUGHT = (
    "The question is why there are two high tides and not one. The usual answer, that the Moon lifts the water, "
    "explains only the near side. What matters is the difference in pull across the Earth. I should explain both "
    "bulges, then say what most people get wrong."
)

ANSWERS = (
    Answer(
        about=("tide", "tides"),
        thought=TIDES_THOUGHT,
        text="""\
Imagine the Earth wearing a loose coat of water. The Moon tugs on everything, but it tugs hardest on whatever is \
closest. So the water facing the Moon is drawn a little ahead of the ground below it, and it piles up. That is high \
tide number one.

On the far side, the Moon pulls on the solid Earth more than on the water out there. The Earth is tugged away, the \
water is left behind, and it piles up too. That is high tide number two. As the Earth spins, your beach rides through \
both bulges in a little more than a day, because the Moon has moved on meanwhile.

**What most people get wrong:** the Moon does not lift the sea straight up. Its pull is far too weak for that. It \
slides the water sideways, from all around, towards the two places where it gathers.""",
    ),
    Answer(
        about=("tide", "tides"),
        thought=TIDES_THOUGHT,
        text="""\
The Moon pulls on the ocean, and the water nearest to it rises into a gentle bulge. At the same time a second bulge \
rises on the far side of the Earth, because there the pull is weakest. As the planet turns, every coast passes \
through both bulges, and so it sees two high tides in a day.

To be exact, it takes about 24 hours and 50 minutes to pass both. In that time the Moon has gone a little further \
along its orbit, and the coast has to catch up. This is why high tide comes some fifty minutes later each day.

The Sun does the same with a little less than half the strength. When Sun, Moon and Earth stand in a line, the two \
effects add up to a spring tide. When they stand at a right angle, they partly cancel, and the tide is a neap tide.""",
    ),
    Answer(
        about=("sky", "blue"),
        thought="Scattering, not a reflection of the sea. The obvious next question is: why not violet.",
        text="""\
Sunlight looks white, but it is a mixture of all colours. On its way through the air it meets molecules that are \
much smaller than a wavelength of light. These scatter short waves far more strongly than long ones: blue light \
about four times as much as red. So blue comes to your eye from every direction, and that is the sky.

Violet is scattered even more, yet the sky is not violet. The Sun sends less of it, the upper air absorbs some, and \
our eyes are less sensitive to it.

At sunset the light takes a much longer way through the air. Most of the blue has been scattered out of the beam by \
then, and what is left for you is orange and red.""",
    ),
    Answer(
        about=("failover", "fallback", "streamover"),
        thought="Explain by what a person at the screen sees, then name the three hard parts.",
        text="""\
Failover means that when one provider cannot answer, another one does, and you do not have to ask again.

For a stream of text there are three hard parts:

1. **Noticing.** A broken stream does not always say so. It may go silent, or end politely in the middle of a \
sentence. So there are separate clocks for the first token and for the gaps after it.
2. **Choosing.** A limited key calls for another key. A dead key must not be tried again. An overloaded provider \
calls for another provider. A prompt that is too long calls for a larger window, or for none at all.
3. **Not mixing.** Two models never finish each other's sentence by accident. What the first one said is withdrawn \
in plain sight, and the answer on the screen is always the text of exactly one attempt.""",
    ),
    Answer(
        about=("python", "code", "function", "prime", "primes"),
        thought="A short, correct function with a word on how it works. The sieve of Eratosthenes is the classic.",
        text="""\
Here is a short function that lists the primes below a bound, by the sieve of Eratosthenes:

```python
def primes(bound: int) -> list[int]:
    if bound < 3:
        return []
    sieve = bytearray([1]) * bound
    sieve[0] = sieve[1] = 0
    for n in range(2, int((bound - 1) ** 0.5) + 1):
        if sieve[n]:
            sieve[n * n :: n] = bytes(len(range(n * n, bound, n)))
    return [n for n in range(bound) if sieve[n]]
```

It begins with every number marked as a prime. For each prime `n` it strikes out `n * n` and every `n`-th number \
behind it; smaller multiples were struck out before, by smaller primes. It can stop at the square root of the bound. \
For a bound of ten million it takes about a second and ten megabytes.""",
    ),
    Answer(
        about=("season", "seasons", "summer", "winter"),
        thought="The common mistake is distance from the Sun. Name it, and give the fact that refutes it.",
        text="""\
Seasons come from the tilt of the Earth's axis, about 23.4 degrees. In June the northern half leans towards the Sun. \
There the Sun stands higher, so the same light falls on less ground, and the day is longer. In December it leans \
away, the light comes in flat, and the day is short.

A common guess is that summer is when we are closest to the Sun. In fact the Earth is closest in early January, in \
the middle of the northern winter. And if distance were the cause, both halves of the planet would have summer at \
the same time. They never do.""",
    ),
    Answer(
        about=("bread", "dough", "yeast"),
        thought="Two things: gas from yeast, and gluten to hold it. Then what the oven does.",
        text="""\
Bread rises because of gas and of something to hold it. Yeast eats the sugars in flour and gives off carbon dioxide. \
Kneading lines up the proteins of the flour into gluten, a stretchy net, and the gas collects in its bubbles.

In a warm room this takes an hour or two. In a refrigerator it takes a night, and the slow way tastes better, since \
other reactions have time to make acids and aromas.

In the oven the bubbles expand quickly for some ten minutes, until the yeast dies at about 55 °C. Then the starch \
sets, the net turns firm, and the loaf keeps its shape when it cools.""",
    ),
    Answer(
        about=("rainbow", "rainbows"),
        thought="Refraction, one reflection, refraction. The angle of 42 degrees is what makes it a bow.",
        text="""\
A rainbow is sunlight that turned round inside raindrops. A ray bends as it enters a drop, is reflected once at the \
back, and bends again on its way out. Each colour bends a little differently, so white light leaves as a fan.

Most of the red leaves at about 42 degrees from the direction in which it came, and violet at about 40. All drops \
that stand at that angle from your eye send you the same colour, and together they form a circle around the shadow \
of your head. The ground hides its lower half.

Nobody else sees your rainbow. A person beside you receives light from other drops.""",
    ),
)

FALLBACK_THOUGHT = "The lab has no text on this. It says so, repeats the prompt, and fills the time with what is true."
FALLBACK = """\
This is the built-in lab: a server on your own machine that speaks the providers' protocols. It is not a language \
model, and it has no answer of its own to your prompt:

> {prompt}

What you see is real all the same. The text came over HTTP, a few words at a time, through the same code that reads \
the real providers. If an attempt failed on the way here, it failed on a socket, as the scenario asked it to.

To get a true answer, add a key for a provider, or choose the local model. To see the lab's prose, ask it why there \
are two tides a day, why the sky is blue, why there are seasons, how bread rises, or for a function that lists primes.
"""


def answer(prompt: str, variant: int = 0) -> Answer:
    """The answer that fits `prompt` best; among several on one subject, the one that `variant` picks."""
    words = set(re.findall(r"\w+", prompt.lower()))
    scores = [len(words.intersection(candidate.about)) for candidate in ANSWERS]
    best = max(scores)
    if best == 0:
        shown = " ".join(prompt.split())[:400] or "(an empty prompt)"
        return Answer(about=(), thought=FALLBACK_THOUGHT, text=FALLBACK.format(prompt=shown).rstrip())
    fitting = [candidate for candidate, score in zip(ANSWERS, scores, strict=True) if score == best]
    return fitting[variant % len(fitting)]


def tokens(text: str) -> list[str]:
    """The text in pieces of about a word, each with the space before it; joined, they are the text."""
    return re.findall(r"\s*\S+|\s+$", text)
