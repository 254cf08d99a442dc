"""What was pasted, made into a key or refused with one sentence."""

import re
import unicodedata
from collections.abc import Sequence

from engine.keys.secret import Secret, mask

LONGEST = 8192  # characters; servers refuse longer headers
WINDOWS_LONGEST = 1280  # CredWrite takes 2,560 bytes, in UTF-16
LONGEST_NAME = 64

_WRAPPING = re.compile(
    r"^(?:(?:export\s+|set\s+)?[A-Z][A-Z0-9]*_[A-Z0-9_]*\s*=\s*(?=[^\s=])|(?:Authorization:\s*)?Bearer\s+)"
)
_QUOTES = "\"'`“”‘’"
_MASKED = re.compile(r"[•●∙·*…]|\.\.\.")


class KeyRefused(ValueError):
    """What was given cannot be taken. The text is one sentence with the remedy, and never holds the key."""


def cleaned(pasted: Secret | str, prefixes: Sequence[str] = ()) -> Secret:
    """The key in what was pasted: without blanks and quotes around it, invisible characters, `NAME=` or `Bearer `.

    Raises KeyRefused when nothing is left, when it cannot be a key, or when it begins with none of `prefixes`.
    """
    text = pasted.reveal() if isinstance(pasted, Secret) else pasted
    text = "".join(c for c in text if unicodedata.category(c) != "Cf").strip()
    text = _WRAPPING.sub("", text).strip().strip(_QUOTES).strip()
    if (complaint := _complaint(text, prefixes)) is not None:
        raise KeyRefused(complaint)
    return Secret(text)


def _complaint(text: str, prefixes: Sequence[str]) -> str | None:
    if not text:
        return "The key is empty: copy it once more from the provider's page."
    if _MASKED.search(text):
        return "This is a key with its middle hidden: copy the whole key, or create a new one."
    if any(c.isspace() for c in text):
        return "The key holds a blank or a line break: paste one key, without the text around it."
    if not (text.isascii() and text.isprintable()):
        return "The key holds a character that no key has: copy it once more, as plain text."
    if len(text) > LONGEST:
        return f"The key is longer than {LONGEST:,} characters: paste the key alone."
    if prefixes and not text.startswith(tuple(prefixes)):
        expected = " or ".join(prefixes)
        return f"A key of this provider begins with {expected}, this one does not: check which provider it is from."
    return None


def cleaned_name(name: str, secret: Secret | None) -> str:
    """The name of a key, on one line. Raises KeyRefused when it is empty, too long, or holds a key."""
    name = " ".join("".join(c for c in name if c.isspace() or c.isprintable()).split())
    if not name:
        raise KeyRefused("The key needs a name: choose a short one, such as work.")
    if (secret is not None and secret.reveal() in name) or mask(name) != "…":
        raise KeyRefused("The name holds a key, and names are shown: choose another name.")
    if len(name) > LONGEST_NAME:
        raise KeyRefused(f"The name is longer than {LONGEST_NAME} characters: choose a shorter one.")
    return name
