"""What is wrong with a base URL, in sentences that name the remedy and never hold a secret."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from engine.core.request import Dialect
from engine.providers.catalog import PROVIDERS
from engine.redact import redact

HIGHEST_PORT = 65_535
PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".home", ".home.arpa", ".test", ".intranet", ".corp")

# Whole endpoints, which stand behind a base URL, and how the base of each dialect ends.
ENDPOINT = re.compile(
    r"(/chat/completions|/completions|/messages|/responses|/v2/chat|/api/chat|/api/generate|/api/tags"
    r"|/models/[^/]+:\w+|/model/[^/]+/converse(-stream)?|/models|/embeddings)/?$"
)
V1 = (Dialect.CHAT_COMPLETIONS, Dialect.RESPONSES)
TAILS: tuple[tuple[re.Pattern[str], frozenset[Dialect], str], ...] = (
    (re.compile(r"/anthropic(/v1)?$"), frozenset({Dialect.MESSAGES}), "messages"),
    (re.compile(r"/v1beta/openai$"), frozenset(V1), "chat_completions"),
    (re.compile(r"/v1beta$"), frozenset({Dialect.GEMINI}), "gemini"),
    (re.compile(r"/compatibility/v1$"), frozenset(V1), "chat_completions"),
    (re.compile(r"/api$"), frozenset({Dialect.OLLAMA, Dialect.MESSAGES, Dialect.CHAT_COMPLETIONS}), "ollama"),
    (re.compile(r"/openai(/v1)?$"), frozenset(V1), "chat_completions"),
    (re.compile(r"/v1$"), frozenset({*V1, Dialect.MESSAGES, Dialect.GEMINI}), "chat_completions"),
    (re.compile(r"/v2$"), frozenset({*V1, Dialect.COHERE}), "cohere"),
)


class UrlTrouble(Struct, frozen=True, kw_only=True):
    """One mistake: a sentence with the remedy, and the URL as it was probably meant (empty where nobody can tell).
    `blocks`: nothing can be asked of such a URL; else it is a warning."""

    words: str
    better: str = ""
    blocks: bool = False


def check_url(text: str, dialect: Dialect | None = None) -> tuple[UrlTrouble, ...]:
    """What is wrong with a base URL for `dialect` (None: any), the gravest first; empty where nothing is."""
    text = text.strip()
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return (_blocks("This is not a URL: write it as https://host/path, with a port below 65536."),)
    if (broken := _broken(text, url, port)) is not None:
        return (broken,)
    found = [_credentials(url), _secret(url, text), _fragment(url), _endpoint(url), _plain(url)]
    if dialect is not None and ENDPOINT.search(url.path) is None:
        found.append(_tail(url, dialect) or _missing_version(url, dialect))
    return tuple(trouble for trouble in found if trouble is not None)


def blocking(text: str, dialect: Dialect | None = None) -> str:
    """The sentence on what makes a base URL unusable; empty where it can be used."""
    return next((trouble.words for trouble in check_url(text, dialect) if trouble.blocks), "")


def _blocks(words: str, better: str = "") -> UrlTrouble:
    return UrlTrouble(words=words, better=better, blocks=True)


def _broken(text: str, url: SplitResult, port: int | None) -> UrlTrouble | None:
    if not text:
        return _blocks("The base URL is empty: copy it from the provider's documentation.")
    if any(c.isspace() or not c.isprintable() for c in text):
        return _blocks("The base URL holds a blank or a line break: copy it once more, alone.")
    if "://" not in text:
        return _without_scheme(text)
    if url.scheme not in ("http", "https"):
        return _blocks(f"A base URL begins with https:// or http://, not with {url.scheme[:20]}://.")
    if not url.hostname or url.hostname.startswith(".") or ".." in url.hostname:
        return _blocks("The base URL names no host: write it as https://host/path.")
    if port == 0:
        return _blocks(f"The base URL names port 0: ports go from 1 to {HIGHEST_PORT}.")
    return None


def _without_scheme(text: str) -> UrlTrouble:
    host = re.split(r"[/:?#]", text.rpartition("@")[2])[0]
    if not re.fullmatch(r"[\w-]+(\.[\w-]+)+|localhost", host):
        return _blocks("This is not a URL: write it as https://host/path.")
    scheme = "https" if is_public(host) else "http"
    better = "" if "@" in text or redact(text) != text else f"{scheme}://{text}"
    return _blocks(f"The base URL lacks its beginning: write {scheme}:// in front of it.", better)


def _credentials(url: SplitResult) -> UrlTrouble | None:
    if "@" not in url.netloc:
        return None
    better = url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
    sentence = "The base URL carries a user name or a password: take it out, and add the key on the keys page."
    return _blocks(sentence, better if redact(better) == better else "")


def _secret(url: SplitResult, text: str) -> UrlTrouble | None:
    bare = url._replace(netloc=url.netloc.rpartition("@")[2], query="", fragment="").geturl()
    whole = text if "@" not in url.netloc else url._replace(netloc=url.netloc.rpartition("@")[2]).geturl()
    if redact(whole) == whole:
        return None
    sentence = "The base URL carries a key: take it out, and add it on the keys page."
    return _blocks(sentence, bare if redact(bare) == bare else "")


def _fragment(url: SplitResult) -> UrlTrouble | None:
    if not url.fragment:
        return None
    return UrlTrouble(words="What stands behind # is never sent: leave it out.", better=_bare(url))


def _bare(url: SplitResult, path: str | None = None) -> str:
    """The URL without user and fragment, which may hold what nobody should see."""
    netloc = url.netloc.rpartition("@")[2]
    better = url._replace(netloc=netloc, fragment="", path=url.path if path is None else path).geturl()
    return better if redact(better) == better else ""


def _endpoint(url: SplitResult) -> UrlTrouble | None:
    match = ENDPOINT.search(url.path)
    if match is None:
        return None
    name = re.sub(r"[^/]+(?=:)|(?<=/model/)[^/]+", "MODEL", match.group(1))
    words = f"This is a whole endpoint: the base URL ends before {name}, which is added."
    return UrlTrouble(words=words, better=_bare(url, url.path[: match.start()]))


def _plain(url: SplitResult) -> UrlTrouble | None:
    if url.scheme != "http" or not is_public(url.hostname or ""):
        return None
    words = "Over http:// everybody on the way can read the key and the prompts: use https:// for a public host."
    return UrlTrouble(words=words, better=_bare(url._replace(scheme="https")))


def is_public(host: str) -> bool:
    """Whether a host is outside this machine and its own network, as far as its name tells."""
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.lower().rstrip(".").endswith(PRIVATE_ENDINGS)


def _tail(url: SplitResult, dialect: Dialect) -> UrlTrouble | None:
    """A path that belongs to another dialect."""
    if _in_catalogue(url, dialect):
        return None
    path = url.path.rstrip("/")
    for tail, dialects, whose in TAILS:
        if (match := tail.search(path)) is None:
            continue
        if dialect in dialects:
            return None
        words = f"The path {match.group()} belongs to the dialect {whose}, not to {dialect.value}"
        if (own := _of_catalogue(url, dialect)) is not None:
            return UrlTrouble(words=f"{words}: use {own}.", better=own)
        return UrlTrouble(
            words=f"{words}: leave it out, or choose that dialect.", better=_bare(url, path[: match.start()])
        )
    return None


def _missing_version(url: SplitResult, dialect: Dialect) -> UrlTrouble | None:
    """Chat completions and responses live below a version nearly everywhere; the other dialects add their own."""
    if dialect not in V1 or url.path.strip("/") or _in_catalogue(url, dialect):
        return None
    own = _of_catalogue(url, dialect)
    better = own or _bare(url, "/v1")
    return UrlTrouble(words=f"Most servers want a version at the end for {dialect.value}: try {better}.", better=better)


def _bases(dialect: Dialect) -> tuple[str, ...]:
    return tuple(row.base_for(dialect) for row in PROVIDERS.values() if dialect in row.dialects)


def _in_catalogue(url: SplitResult, dialect: Dialect) -> bool:
    """Whether a provider of the catalogue is asked at this very address in this dialect."""
    return url._replace(query="", fragment="").geturl().rstrip("/") in _bases(dialect)


def _of_catalogue(url: SplitResult, dialect: Dialect) -> str | None:
    """The address of this host for `dialect`, where the catalogue knows the host."""
    bases = (base for base in _bases(dialect) if base)
    return next((base for base in bases if urlsplit(base).netloc == url.netloc), None)
