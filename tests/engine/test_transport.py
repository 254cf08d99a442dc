"""The transport on real sockets: every way a connection can fail is a fault of its own kind, and nothing is left."""

import asyncio
import datetime
import gzip
import ipaddress
import socket
import ssl
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import respx

from engine import transport as transport_module
from engine.core import events as e
from engine.core.events import Outcome
from engine.core.faults import Cause, Kind
from engine.keys.secret import KeyState, KeyUnavailable, Secret
from engine.local import LocalModel, LocalUnavailable
from engine.providers.catalog import LOCAL_BASE
from engine.transport import Transport
from tests.engine.wire import (
    ANSWER,
    DONE,
    KEY,
    SSE,
    STOP,
    TEXT,
    Exchange,
    FixedKeys,
    Play,
    answer,
    chunk,
    head,
    meet,
    one,
    play_run,
    playing,
    serving,
    stream_of,
)

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture
async def transport() -> AsyncIterator[Transport]:
    transport = Transport(FixedKeys())
    yield transport
    await transport.aclose()


@pytest.fixture
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    return monkeypatch


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def resetting(*parts: bytes) -> Play:
    """Says these parts, then makes the kernel send RST."""

    async def play(exchange: Exchange) -> None:
        await exchange.say(*parts)
        await asyncio.sleep(0.05)  # a reset would overtake what is still on its way
        linger = struct.pack("ii", 1, 0)
        exchange.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        exchange.writer.transport.abort()

    return play


# Before any answer.


async def test_a_name_that_does_not_exist_is_a_dns_fault(transport: Transport, no_proxies: pytest.MonkeyPatch):
    fault = (await play_run(one("http://nobody.invalid/v1"), transport)).fault
    assert (fault.kind, fault.cause) == (Kind.CONNECT, Cause.DNS)


@pytest.mark.parametrize("url", [f"http://{'a' * 70}.invalid/v1", "http://a b/v1", "http://a..b/v1"])
async def test_a_name_that_no_host_can_have_is_a_dns_fault(
    transport: Transport, no_proxies: pytest.MonkeyPatch, url: str
):
    fault = (await play_run(one(url), transport)).fault
    assert (fault.kind, fault.cause) == (Kind.CONNECT, Cause.DNS)


async def test_a_port_where_nobody_listens_is_refused(transport: Transport):
    fault = (await play_run(one(f"http://127.0.0.1:{closed_port()}"), transport)).fault
    assert (fault.kind, fault.cause) == (Kind.CONNECT, Cause.REFUSED)


async def test_a_server_that_speaks_no_tls_is_a_tls_fault(transport: Transport):
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()
        writer.close()

    server = await asyncio.start_server(plain, "127.0.0.1", 0)
    fault = (await play_run(one(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"), transport)).fault
    server.close()
    assert (fault.kind, fault.cause) == (Kind.TLS, None)
    assert "handshake" in fault.detail


async def test_a_certificate_of_nobody_is_not_trusted(transport: Transport, tmp_path: Path):
    async with serving(playing(answer(ANSWER)), self_signed(tmp_path)) as server:
        played = await play_run(one(server.base), transport)
    assert (played.fault.kind, played.fault.cause) == (Kind.TLS, Cause.CERTIFICATE)
    assert not server.heads  # the key was not sent
    assert not played.of(e.Connected)


async def test_a_trusted_certificate_is_spoken_to(transport: Transport, tmp_path: Path):
    context = self_signed(tmp_path)
    transport.clients._context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    async with serving(playing(answer(ANSWER), close=False), context) as server:
        played = await play_run(one(server.base), transport)
        again = await play_run(one(server.base), transport)
    assert played.run.text == again.run.text == "Hi"
    assert [event.reused for event in played.of(e.Connected) + again.of(e.Connected)] == [False, True]


def self_signed(directory: Path) -> ssl.SSLContext:
    """A server's context with a certificate for 127.0.0.1 that it signed itself; it is left in cert.pem."""
    pytest.importorskip("cryptography", reason="a certificate cannot be made without cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (directory / "cert.pem").write_bytes(certificate.public_bytes(form))
    (directory / "key.pem").write_bytes(key.private_bytes(form, serialization.PrivateFormat.PKCS8, plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "cert.pem", directory / "key.pem")
    return context


@pytest.mark.parametrize("play", [resetting(), playing(), resetting(b"HTTP/1.1 200"), playing(b"HTTP/1.1 200 OK\r\n")])
async def test_a_connection_that_ends_before_its_headers_is_reset(play: Play):
    fault = (await meet(play)).fault
    assert (fault.kind, fault.cause) == (Kind.CONNECT, Cause.RESET)
    assert "billed" in fault.detail


@pytest.mark.parametrize(
    "said", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"\x00\x01\x02\x03\r\n\r\n", b"<html>Hello</html>\r\n\r\n"]
)
async def test_what_is_no_http_is_malformed(said: bytes):
    fault = (await meet(playing(said))).fault
    assert fault.kind is Kind.MALFORMED
    assert fault.detail


# In mid-answer.


@pytest.mark.parametrize(
    "play",
    [
        resetting(head(), chunk(TEXT)),
        playing(head(), chunk(TEXT)),  # the body's last chunk never comes
        playing(head(), b"ffff\r\n" + TEXT),  # nor does this chunk's end
        playing(head(), chunk(TEXT), b"not a size\r\n"),
        playing(b"HTTP/1.1 200 OK\r\n" + SSE + b"content-length: 9999\r\n\r\n" + TEXT),
        playing(b"HTTP/1.1 200 OK\r\n" + SSE + b"\r\n" + TEXT),
    ],
    ids=["reset", "no last chunk", "half a chunk", "no chunk", "half its length", "closed without a length"],
)
async def test_a_stream_that_breaks_is_truncated_and_keeps_its_text(play: Play):
    played = await meet(play)
    assert played.fault.kind is Kind.TRUNCATED
    assert str(played.run.attempts[0].text) == "Hi"
    assert played.run.outcome is Outcome.PARTIAL


@pytest.mark.parametrize("end", [(), (chunk(DONE),)], ids=["finish reason", "end mark"])
async def test_a_stream_that_breaks_behind_its_finish_reason_is_an_answer(end: tuple[bytes, ...]):
    played = await meet(resetting(head(), chunk(TEXT), chunk(STOP), *end))
    assert played.run.outcome is Outcome.ANSWERED
    assert played.run.text == "Hi"


async def test_an_event_that_stands_open_when_the_body_ends_is_read():
    assert (await meet(playing(answer(TEXT + STOP.rstrip())))).run.text == "Hi"


async def test_a_gzip_body_is_read_as_it_comes():
    body = gzip.compress(ANSWER)
    said = answer(body, headers=SSE + b"content-encoding: gzip\r\n", chunked=True)
    assert (await meet(playing(said[:150], said[150:]))).run.text == "Hi"


@pytest.mark.parametrize(("encoding", "body"), [(b"br", ANSWER), (b"gzip", ANSWER), (b"zstd", ANSWER)])
async def test_a_body_that_cannot_be_decompressed_is_malformed(encoding: bytes, body: bytes):
    said = answer(body, headers=SSE + b"content-encoding: " + encoding + b"\r\n")
    assert (await meet(playing(said))).fault.kind is Kind.MALFORMED


# Statuses.


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Kind.BAD_REQUEST), (401, Kind.AUTH), (402, Kind.QUOTA), (403, Kind.PERMISSION), (408, Kind.TIMEOUT),
        (413, Kind.TOO_LARGE), (429, Kind.RATE_LIMIT), (500, Kind.SERVER), (502, Kind.SERVER), (503, Kind.OVERLOADED),
        (504, Kind.TIMEOUT), (524, Kind.TIMEOUT), (529, Kind.OVERLOADED),
    ],
)  # fmt: skip
@respx.mock
async def test_a_status_is_read_by_the_adapter(transport: Transport, status: int, kind: Kind):
    url = respx.post("http://127.0.0.1:1/v1/chat/completions")
    url.respond(status, json={"error": {"message": "No."}}, headers={"retry-after": "3"})
    facts = await stream_of(transport, one("http://127.0.0.1:1/v1"))
    faults = [fact.fault for fact in facts if isinstance(fact, e.Faulted)]
    assert [(fault.kind, fault.status) for fault in faults] == [(kind, status)]
    assert [type(fact) for fact in facts] == [e.Connected, e.Sent, e.Opened, e.Faulted]


async def test_an_error_body_that_dawdles_is_not_waited_for(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(transport_module, "ERROR_BODY_SECONDS", 0.2)

    async def play(exchange: Exchange) -> None:
        await exchange.say(head("429 Too Many"), chunk(b'{"error":{"message":"You exceeded your '))
        await asyncio.sleep(10)

    played = await meet(play)
    assert played.fault.kind is Kind.RATE_LIMIT
    assert played.seconds < 2


async def test_an_error_body_that_breaks_is_read_as_far_as_it_came():
    said = b'{"error":{"message":"The model is overloaded.","type":"overloaded_error"}}'
    fault = (await meet(playing(head("529 Overloaded"), chunk(said)))).fault
    assert fault.kind is Kind.OVERLOADED
    assert "overloaded" in fault.detail


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_not_followed_and_its_secrets_are_not_shown(status: str):
    async with serving(playing(answer(ANSWER))) as other:
        place = f"{other.base}/v2?session=PLANTED#PLANTED".replace("//", "//PLANTED:PLANTED@")
        said = answer(b"", status=status, headers=f"location: {place}\r\n".encode())
        played = await meet(playing(said))
    assert (played.fault.kind, played.fault.cause) == (Kind.BAD_REQUEST, Cause.ADDRESS)
    assert f"{other.base}/v2." in played.fault.detail
    assert "PLANTED" not in repr(played.events)
    assert not other.heads


@pytest.mark.parametrize(
    "location", [b"", b"location: \r\n", b"location: http://[::1\r\n", b"location: " + b"a" * 9000 + b"\r\n"]
)
async def test_a_redirect_to_nowhere_is_a_fault_all_the_same(location: bytes):
    fault = (await meet(playing(answer(b"", status="307 T", headers=location)))).fault
    assert (fault.kind, fault.cause) in ((Kind.BAD_REQUEST, Cause.ADDRESS), (Kind.MALFORMED, None))
    assert len(fault.detail) < 400


# Proxies.


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_wants_a_password_is_named(
    transport: Transport, no_proxies: pytest.MonkeyPatch, scheme: str
):
    async with serving(playing(answer(b"", status="407 Proxy Authentication Required"))) as proxy:
        no_proxies.setenv(f"{scheme}_proxy", proxy.base.replace("//", "//user:PLANTED@"))
        played = await play_run(one(f"{scheme}://provider.invalid/v1"), transport)
    assert (played.fault.kind, played.fault.cause) == (Kind.CONNECT, Cause.PROXY)
    assert proxy.heads
    assert "PLANTED" not in repr(played.events)
    if scheme == "https":  # only the tunnel was asked for: nothing stood, and nothing was sent
        assert not played.of(e.Connected) + played.of(e.Sent)
        assert KEY not in repr(proxy.heads)


@pytest.mark.parametrize("address", ["socks5://user:PLANTED@127.0.0.1:1", "ftp://user:PLANTED@127.0.0.1:1"])
async def test_a_proxy_that_cannot_be_used_is_a_fault_and_no_crash(
    transport: Transport, no_proxies: pytest.MonkeyPatch, address: str
):
    no_proxies.setenv("http_proxy", address)
    played = await play_run(one("http://provider.invalid/v1"), transport)
    assert (played.fault.kind, played.fault.cause) == (Kind.CONNECT, Cause.PROXY)
    assert "PLANTED" not in repr(played.events)


async def test_loopback_never_goes_by_a_proxy(transport: Transport, no_proxies: pytest.MonkeyPatch):
    no_proxies.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    async with serving(playing(answer(ANSWER))) as server:
        assert (await play_run(one(server.base), transport)).run.text == "Hi"


# What never leaves this machine.


class NoKeys:
    async def secret(self, provider: str, name: str) -> Secret:
        raise KeyUnavailable("The keyring is locked: unlock it.", KeyState.LOCKED)


async def test_a_key_that_cannot_be_had_is_a_fault_and_nothing_is_sent():
    async with serving(playing(answer(ANSWER))) as server:
        transport = Transport(NoKeys())
        fault = (await play_run(one(server.base), transport)).fault
        await transport.aclose()
    assert (fault.kind, fault.detail) == (Kind.KEY_UNAVAILABLE, "The keyring is locked: unlock it.")
    assert server.connections == 0


@pytest.mark.parametrize(
    "key", ["sk-\x00planted-secret", "sk-planted\r\nx: secret", "sk-plänted-secret", "sk-\u2028planted"]
)
async def test_a_key_that_no_header_takes_is_a_fault_that_does_not_show_it(key: str):
    async with serving(playing(answer(ANSWER))) as server:
        transport = Transport(FixedKeys(key))
        played = await play_run(one(server.base), transport)
        await transport.aclose()
    assert played.fault.kind is Kind.KEY_UNAVAILABLE
    assert "secret" not in repr(played.events)
    assert server.connections == 0


@pytest.mark.parametrize("url", ["http://[::1", "http://127.0.0.1:99999", "ftp://127.0.0.1/v1"])
async def test_an_address_that_cannot_be_asked_is_a_fault(transport: Transport, url: str):
    fault = (await play_run(one(url), transport)).fault
    assert (fault.kind, fault.cause) == (Kind.BAD_REQUEST, Cause.ADDRESS)
    assert fault.detail


async def test_a_local_model_that_is_missing_is_a_fault_with_its_remedy():
    class Missing(LocalModel):
        async def start(self) -> tuple[str, Secret]:
            raise LocalUnavailable("The small local model is not installed. Install it.")

    transport = Transport(FixedKeys(), Missing())
    fault = (await play_run(one(LOCAL_BASE, key=""), transport)).fault
    await transport.aclose()
    assert (fault.kind, fault.cause) == (Kind.CONNECT, Cause.REFUSED)
    assert "Install" in fault.detail
