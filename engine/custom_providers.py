"""Providers of the user's own, in `<state>/providers.toml`: read with the line of what is wrong, without secrets."""

import re
import ssl
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from engine.core.request import Candidate, Clocks, Dialect
from engine.providers import catalog
from engine.providers.catalog import Auth, Provider
from engine.redact import redact
from engine.state import write_atomically
from engine.url_check import blocking

NAME = "providers.toml"
PLAIN = re.compile(r"[a-z][a-z0-9_-]{0,39}")
DEVICES = re.compile(r"con|prn|aux|nul|com\d|lpt\d")  # no file of Windows may be called so
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}")  # a header's name (RFC 9110, 5.1)
CA_BOUND = 4 * 1024 * 1024  # bytes; the largest bundles have a quarter of a megabyte
CLOCKS = ("connect", "first_token", "idle", "total")

# Headers that carry keys, or that we set ourselves.
SECRET_HEADERS = re.compile(r".*(auth|api-?key|token|secret|cookie|password|credential|signature).*", re.IGNORECASE)
OWN_HEADERS = frozenset(
    ("host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "accept-encoding")
)
AUTHS = {Dialect.MESSAGES: Auth.X_API_KEY, Dialect.GEMINI: Auth.X_GOOG_API_KEY}


class ProvidersError(ValueError):
    """One sentence on what is wrong with a provider of one's own, or with the file of them, with the remedy."""


class Custom(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A provider of the user's own. `headers` are sent with every request and hold no secret; `proxy` is a URL without
    a password, empty for the environment's; `ca_file` a file of certificates in PEM that are trusted besides the
    system's; `env` names variables that may hold a key. The clocks are in seconds."""

    name: str
    base_url: str
    dialect: Dialect = Dialect.CHAT_COMPLETIONS
    label: str = ""
    model: str = ""
    headers: dict[str, str] = {}
    proxy: str = ""
    ca_file: str = ""
    env: tuple[str, ...] = ()
    needs_key: bool = True
    connect: float | None = None
    first_token: float | None = None
    idle: float | None = None
    total: float | None = None

    @property
    def clocks(self) -> Clocks:
        return Clocks(connect=self.connect, first_token=self.first_token, idle=self.idle, total=self.total)


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    providers: tuple[Custom, ...] = ()


def problem(custom: Custom, others: Iterable[Custom] = (), *, files: bool = True) -> tuple[str, str]:
    """The first field that is wrong, and why, as a sentence; two empty strings where nothing is. Looks into `ca_file`
    unless `files` is False, and at nothing else outside."""
    if sentence := _name_problem(custom.name, others):
        return "name", sentence
    if sentence := blocking(custom.base_url, custom.dialect):
        return "base_url", sentence
    for name in ("label", "model", "ca_file"):
        if not getattr(custom, name).isprintable():
            return name, f"The {name} holds a character that cannot be shown: write it anew."
    if sentence := _headers_problem(custom.headers):
        return "headers", sentence
    if sentence := _proxy_problem(custom.proxy):
        return "proxy", sentence
    if files and custom.ca_file and (sentence := ca_problem(Path(custom.ca_file))):
        return "ca_file", sentence
    if any(VARIABLE.fullmatch(variable) is None for variable in custom.env):
        return "env", "A name in env is that of a variable, such as CORP_API_KEY: a key may not stand here."
    for name in CLOCKS:
        value = getattr(custom, name)
        if value is not None and not 0 < value < float("inf"):
            return name, f"{name} must be more than 0, in seconds."
    return "", ""


def _name_problem(name: str, others: Iterable[Custom]) -> str:
    if PLAIN.fullmatch(name) is None or DEVICES.fullmatch(name):
        return "A provider's name has small letters, digits, - and _, and begins with a letter: write it so."
    if name in {row.name for row in catalog.built_in()} or any(other.name == name for other in others):
        return f"There is a provider {name!r} already: choose another name."
    return ""


def _headers_problem(headers: dict[str, str]) -> str:
    for name, value in headers.items():
        if TOKEN.fullmatch(name) is None:
            return "The name of a header has letters, digits and - only: check it."
        if SECRET_HEADERS.fullmatch(name) or redact(value) != value:
            return (
                f"The header {redact(name)} would hold a secret in a file: add the key on the keys page in its place."
            )
        if name.lower() in OWN_HEADERS:
            return f"The header {name} is set by the program: leave it out."
        if not (value.isascii() and value.isprintable()):
            return f"The header {name} holds a character that no header takes: write it in plain letters."
    return ""


def _proxy_problem(proxy: str) -> str:
    if not proxy:
        return ""
    if not re.match(r"(https?|socks5h?)://", proxy):
        return "A proxy begins with http://, https:// or socks5://: write it so."
    sentence = blocking(re.sub(r"^socks5h?://", "http://", proxy))
    if "user name" in sentence or "key" in sentence:
        return "The proxy's address carries a password: use one that needs none, or set HTTPS_PROXY in the environment."
    return sentence.replace("base URL", "proxy's address")


def ca_problem(path: Path) -> str:
    """Why this is no file of CA certificates, in one sentence; empty where it is one. Reads the file."""
    try:
        if path.stat().st_size > CA_BOUND:
            return f"{path} is too large for a file of certificates: choose the CA's own file."
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no such name is possible"
        return f"{path} cannot be read ({why}): choose the CA file once more."
    if b"PRIVATE KEY" in data:
        return f"{path} holds a private key: choose a file with certificates alone."
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=data.decode("ascii"))
    except (ssl.SSLError, ValueError):
        return f"{path} is no file of certificates in PEM: it should hold -----BEGIN CERTIFICATE-----."
    if not context.get_ca_certs():
        return f"{path} holds no certificate of a CA: choose the file of the CA, not of the server."
    return ""


# The file.


def load(directory: Path) -> tuple[Custom, ...]:
    """The user's providers; none where there is no file. Raises ProvidersError with the line of what is wrong."""
    path = directory / NAME
    try:
        text = path.read_text(encoding="utf-8")
        return _read(text, str(path))
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ProvidersError(f"{path}: cannot be read ({error.strerror}). Check the file.") from None
    except UnicodeDecodeError:
        raise ProvidersError(f"{path}: is not text in UTF-8. Save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise ProvidersError(f"{path}: is not valid TOML: {error}.") from None


def _read(text: str, where: str) -> tuple[Custom, ...]:
    try:
        rows = msgspec.convert(tomllib.loads(text), _File).providers
    except msgspec.ValidationError as error:
        raise ProvidersError(_located(text, where, str(error))) from None
    for place, row in enumerate(rows):
        field, sentence = problem(row, rows[:place])
        if field:
            raise ProvidersError(f"{where}, line {_line(text, field, place)}: {sentence}")
    return rows


def _located(text: str, where: str, words: str) -> str:
    sentence, _, path = words.partition(" - at ")
    place = re.search(r"providers\[(\d+)\]", path)
    field = re.search(r"\]\.(\w+)", path) or re.search(r"unknown field `(\w+)`", sentence)
    line = _line(text, field.group(1) if field else "", int(place.group(1)) if place else -1)
    at = f", line {line}" if line else ""
    return f"{where}{at}: {sentence[:1].lower()}{sentence[1:]}."


def _line(text: str, field: str, place: int) -> int:
    """The line (from 1) where `field` is set in the provider at `place` (from 0; -1: above them all); else the line
    where that provider begins."""
    seen, header = -1, 0
    for number, line in enumerate(text.splitlines(), start=1):
        if re.match(r"\s*\[\[\s*providers\s*\]\]", line):
            seen += 1
            header = number if seen == place else header
        here = re.match(rf"\s*(\[\s*providers\s*\.\s*)?{re.escape(field)}\s*[\].=]", line) if field else None
        if seen == place and here:
            return number
    return header


def save(directory: Path, rows: Iterable[Custom]) -> None:
    """Replaces the file. Raises ProvidersError, and then leaves it as it was. CA files are not looked into: one that
    has gone keeps no other provider from being changed."""
    rows = tuple(rows)
    for place, row in enumerate(rows):
        field, sentence = problem(row, rows[:place], files=False)
        if field:
            raise ProvidersError(sentence)
    path = directory / NAME
    try:
        write_atomically(path, dump(rows).encode())
    except OSError as error:
        raise ProvidersError(f"{path}: cannot be written ({error.strerror}). Check the folder and the space.") from None


def dump(rows: Iterable[Custom]) -> str:
    """The file's text. What stands at its default is left out."""
    return "\n".join("\n".join(("[[providers]]", *_settings(row), "")) for row in rows)


def _settings(row: Custom) -> Iterable[str]:
    values: dict[str, Any] = msgspec.to_builtins(row)
    for name, value in values.items():
        if isinstance(value, dict):
            yield f"{name} = {{ {', '.join(f'{_quoted(k)} = {_quoted(v)}' for k, v in row.headers.items())} }}"
        else:
            yield f"{name} = {_quoted(value)}"


def _quoted(value: Any) -> str:
    """A TOML value. JSON's form of strings, numbers, booleans and flat lists is TOML's as well."""
    return msgspec.json.encode(value).decode()


# Behind the catalogue.


def install(rows: Iterable[Custom]) -> None:
    """Makes these providers known to the catalogue, behind the built-in ones."""
    catalog.extend(_row(custom) for custom in rows)


def _row(custom: Custom) -> Provider:
    return Provider(
        name=custom.name,
        label=custom.label or custom.name,
        base_url=custom.base_url.rstrip("/"),
        dialects=(custom.dialect,),
        model=custom.model,
        env=custom.env,
        needs_key=custom.needs_key,
        auth=AUTHS.get(custom.dialect, Auth.BEARER),
    )


def with_clocks(candidate: Candidate, rows: Iterable[Custom]) -> Candidate:
    """The candidate, with its provider's clocks where it has none of its own."""
    custom = next((row for row in rows if row.name == candidate.provider), None)
    if custom is None:
        return candidate
    own = {name: value for name, value in msgspec.structs.asdict(candidate.clocks).items() if value is not None}
    return replace(candidate, clocks=replace(custom.clocks, **own))
