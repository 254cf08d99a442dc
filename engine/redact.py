"""One redactor for every place where text leaves the engine: the screen, journals, logs, exports.

Providers echo keys, headers and whole requests in their errors. Known secrets are replaced wherever they stand;
besides, whatever has the shape of a key is. Prose, model names and request ids stay.
"""

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

MARK = "[redacted]"
SHORTEST_SECRET = 4  # a shorter "secret" would eat ordinary words
LONGEST_HEADER = 300

# Prefixes that vendors give to their keys, followed by letters and digits alone (so that "xai-grok-4" stays).
_PREFIXES = (
    "gsk_|xai-|hf_|pplx-|AIza|AQ\\.|ya29\\.|csk-|fw_|r8_|tgp_v1_|vck_|nvapi-|dapi|ABSK|gh[pousr]_|github_pat_|glpat-"
    "|xox[abp]-|sess-|rk-|pk-|jina_|tvly-|bsk-|sbp_|esecret_"
)
_NAMES = (
    "(?:x-)?(?:goog-)?api[-_ ]?key|(?:access|auth|refresh|id|session|security)[-_ ]?token|client[-_ ]?secret"
    "|(?:secret[-_ ]?)?access[-_ ]?key|secret(?:[-_ ]?key)?|private[-_ ]?key|passw(?:or)?d|token|credential"
)
_QUERY = (
    "key|api[-_]?key|(?:access_|auth_|id_|refresh_)?token|sig|signature|client_secret|secret|password|code"
    "|x-amz-(?:signature|credential|security-token)"
)
_IS = r"(?: provided| sent| used)?[\"']?\s*[:=]\s*[\"']?"
_VALUE = r"(?=[\w*./+~-]{0,200}[\d*])[\w*./+~-]{7,}[\w*=]"

_AUTHORIZATION = r"\bauthorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token|key)\s+)?"
_TOKEN = r"(?:(?=[\w.~+/=*-]{0,200}\d)[\w.~+/=*-]{8,}|[\w.~+/=*-]{20,})"

_SHAPES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b([a-z][a-z0-9+.-]{1,15}://)[^/\s@\"'<>?#]{1,500}@", re.I), rf"\g<1>{MARK}@"),
    (re.compile(rf"([?&;](?:{_QUERY})=)[^&\s\"'<>#]+", re.I), rf"\g<1>{MARK}"),
    (re.compile(rf"({_AUTHORIZATION})[^\s\"',;\[]+", re.I), rf"\g<1>{MARK}"),
    (re.compile(rf"\b((?:bearer|basic)\s+){_TOKEN}", re.I), rf"\g<1>{MARK}"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"), MARK),
    (re.compile(r"\bsk-(?:(?=[\w*.-]{0,200}[\d*])[\w*.-]{5,}[\w*-]|[\w-]{20,})"), MARK),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9*]{12,}"), MARK),
    (re.compile(rf"\b(?:{_PREFIXES})(?:[\w-]{{0,8}}[A-Za-z0-9]{{16,}}[\w-]*|[A-Za-z0-9]*\*{{2,}}[\w*-]*)"), MARK),
    (re.compile(rf"((?<![a-z0-9])(?:{_NAMES}){_IS}){_VALUE}", re.I), rf"\g<1>{MARK}"),
    (re.compile(rf"((?<![a-z0-9])(?:{_NAMES}){_IS})[A-Za-z0-9+/_-]{{24,}}=*", re.I), rf"\g<1>{MARK}"),
)  # fmt: skip


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """`text` with each of `secrets` (as it is, as JSON and as a URL write it) and all that is shaped like a key
    replaced by `[redacted]`."""
    for secret in sorted({s for s in secrets if len(s) >= SHORTEST_SECRET}, key=len, reverse=True):
        for form in {secret, json.dumps(secret)[1:-1], quote(secret, safe="")}:
            text = text.replace(form, MARK)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


_ALLOWED = frozenset(
    [
        "content-type",
        "content-length",
        "content-encoding",
        "date",
        "server",
        "via",
        "age",
        "x-cache",
        "server-timing",
        "cf-ray",
        "cf-cache-status",
        "x-should-retry",
        "x-ms-retry-after-ms",
        "openai-processing-ms",
        "openai-version",
        "openai-model",
        "x-ms-region",
        "x-groq-region",
        "x-served-by",
        "x-envoy-upstream-service-time",
        "x-kong-upstream-latency",
        "x-amzn-requestid",
        "x-amzn-errortype",
        "x-correlation-id",
        "x-trace-id",
        "x-ds-trace-id",
        "x-generation-id",
        "x-vercel-id",
        "mistral-correlation-id",
        "x-cloud-trace-context",
    ]
)
_ALLOWED_SHAPES = re.compile(
    r"retry-after(?:-ms)?|(?:[\w-]+-)?request-id|[\w-]*ratelimit[\w-]*|anthropic-(?!org)[\w-]+"
)


def safe_headers(headers: Mapping[str, str], secrets: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """The headers of a response that may be kept: those of a short list, names in lower case, values redacted and
    cut at 300 characters. Cookies, organisations and whatever is not known are left out."""
    known = tuple(secrets)
    return tuple(
        (name.lower(), redact(value, known)[:LONGEST_HEADER])
        for name, value in headers.items()
        if name.lower() in _ALLOWED or _ALLOWED_SHAPES.fullmatch(name.lower())
    )
