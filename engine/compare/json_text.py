"""JSON in answers: models like to wrap it in a code fence, and now and then in a word of welcome."""

import json
import re
from typing import Any

_FENCE = re.compile(r"```(?:json|JSON)?[ \t]*\r?\n(.*?)\r?\n?[ \t]*```", re.S)


class NotJson(ValueError):
    """One sentence that says where the text stops being JSON."""


def read(text: str) -> Any:
    """The value that `text` writes, in a fence or bare. Raises NotJson."""
    fences = _FENCE.findall(text)
    body = fences[0] if len(fences) == 1 else text
    try:
        return json.loads(body, parse_constant=_refused)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise NotJson(f"The answer is not JSON: {error.msg} at {where}.") from None
    except RecursionError:
        raise NotJson("The answer is not JSON that can be read: it is nested too deeply.") from None


def _refused(name: str) -> Any:
    raise NotJson(f"The answer is not JSON: it has no {name}.")


def shown(value: Any, longest: int = 60) -> str:
    """The value as JSON, cut where it is long."""
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def pointer(path: tuple[str | int, ...]) -> str:
    """The path as a JSON Pointer (RFC 6901); the whole value is "(the whole)"."""
    parts = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{part}" for part in parts) or "(the whole)"
