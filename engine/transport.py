"""httpx in, facts out: streams ONE attempt. The only room that knows httpx's exceptions."""

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from functools import lru_cache
from typing import Any, Protocol, assert_never, cast

import httpx
from msgspec.structs import replace

from engine.clients import Clients, Lease, ProxyUnusable
from engine.core import events as e
from engine.core.faults import Cause, Fault, Kind
from engine.core.repair import repaired
from engine.core.request import Candidate, Finish, Message, Request, Text
from engine.inflate import PART, Bomb, Inflater, NotCompressed
from engine.keys.secret import KeyUnavailable, Secret
from engine.local import LocalModel, LocalUnavailable
from engine.mailbox import Mailbox
from engine.providers import base
from engine.providers.catalog import LOCAL_BASE
from engine.providers.registry import adapter_for
from engine.redact import redact, safe_headers

ERROR_BODY_SECONDS = 2.0  # a provider that fails and then dawdles over its error body is not waited for
PART_OF_SECRET = 12  # characters from which a part of a key pair is hidden by itself
LONGEST_ADDRESS = 200  # characters shown of the place that a redirect names
HIGHEST_PORT = 65_535
BROKEN = (httpx.HTTPError, OSError, UnicodeError)  # what httpx raises, and what it lets through of sockets and names

Clock = Callable[[], float]
SENT_HEADERS = ("content-type", "accept", "accept-encoding", "user-agent", "anthropic-version", "anthropic-beta")


class Keys(Protocol):
    """Whoever can be asked for a key's value."""

    async def secret(self, provider: str, name: str) -> Secret:
        """Raises KeyUnavailable."""
        ...


class Closable(Protocol):
    """A network stream, as far as it concerns us."""

    async def aclose(self) -> None: ...


class Transport:
    """Streams attempts. Holds the clients and asks for a key's value at the last moment."""

    def __init__(self, keys: Keys, local: LocalModel | None = None, wall: Callable[[], float] = time.time) -> None:
        self._keys = keys
        self._wall = wall
        self.local = local or LocalModel()
        self.clients = Clients()

    async def stream(
        self, started: e.AttemptStarted, request: Request, partial: str, mailbox: Mailbox, clock: Clock
    ) -> None:
        """Plays the attempt `started` of `request` into `mailbox`; cancelled, it closes what it opened.

        `partial` is the text to go on from, empty in a fresh attempt. Ends in exactly one Completed or Faulted;
        behind the end of an answer it reads on, so that the connection may serve again.
        """
        candidate = request.route.candidates[started.candidate]
        feed = _Feed(started.run, started.attempt, mailbox, clock)
        try:
            candidate, secret = await self._credentials(candidate, started.key)
        except KeyUnavailable as error:
            feed.fault(Fault(kind=Kind.KEY_UNAVAILABLE, detail=str(error)))
            return
        except LocalUnavailable as error:
            feed.fault(Fault(kind=Kind.CONNECT, cause=Cause.REFUSED, detail=str(error)))
            return
        feed.secrets = secrets_in(secret)
        adapter = adapter_for(candidate)
        try:
            http = adapter.build(continued(repaired(request, started.without), partial), candidate)
            if (http.url.port or 0) > HIGHEST_PORT:
                raise ValueError(f"The base URL names port {http.url.port}: ports end at {HIGHEST_PORT}.")
        except (httpx.InvalidURL, ValueError) as error:
            feed.fault(Fault(kind=Kind.BAD_REQUEST, cause=Cause.ADDRESS, detail=str(error)))
            return
        http.headers["accept-encoding"] = "gzip"  # what `inflate` undoes within a bound
        feed.shown = _shown(http)
        try:
            if secret:
                adapter.sign(http, secret)
        except ValueError as error:  # such as a key with characters that no header takes
            feed.fault(Fault(kind=Kind.KEY_UNAVAILABLE, detail=str(error)))
            return
        try:
            async with self.clients.lease(http.url) as lease:
                await self._exchange(lease, http, adapter, feed)
        except ProxyUnusable as error:
            feed.fault(Fault(kind=Kind.CONNECT, cause=Cause.PROXY, detail=str(error)))

    async def _credentials(self, candidate: Candidate, key: str) -> tuple[Candidate, str]:
        """The candidate at its real address, and the key's value (empty where none is needed)."""
        if candidate.base_url == LOCAL_BASE:
            base_url, secret = await self.local.start()
            return replace(candidate, base_url=base_url), secret.reveal()
        return candidate, (await self._keys.secret(candidate.provider, key)).reveal() if key else ""

    async def aclose(self) -> None:
        """Ends the local model and closes all clients. No attempt may be under way."""
        await self.local.stop()
        await self.clients.aclose()

    async def _exchange(self, lease: Lease, http: httpx.Request, adapter: base.Adapter, feed: "_Feed") -> None:
        http.extensions["trace"] = feed.trace
        response = None
        try:
            response = await lease.client.send(http, stream=True)
            feed.opened(response)
            await self._read(response, adapter, feed)
        except BROKEN as error:
            self.clients.retire(lease)
            feed.fault(fault_of(error))
        except BaseException:
            self.clients.retire(lease)
            raise
        finally:
            if response is not None and not response.is_closed:
                await asyncio.shield(response.aclose())
            elif feed.bare is not None:
                await asyncio.shield(feed.bare.aclose())

    async def _read(self, response: httpx.Response, adapter: base.Adapter, feed: "_Feed") -> None:
        if response.status_code >= 300:
            feed.fault(await self._refusal(response, adapter))
            return
        decoder = adapter.decoder(response.headers.get("content-type", ""))
        broken = None
        try:
            inflater = Inflater(response.headers.get("content-encoding", "").strip().lower(), base.ANSWER_BOUND)
            async with aclosing(body_of(response)) as chunks:
                async for raw in chunks:
                    for data in inflater.feed(raw):
                        feed.deliver(decoder.feed(data))
                        if feed.mailbox.full and not feed.over:
                            await feed.mailbox.room()
                        if len(data) == PART:  # little may unpack into much: others get their turn in between
                            await asyncio.sleep(0)
                    if feed.failed:
                        return
        except Bomb:
            feed.fault(Fault(kind=Kind.MALFORMED, cause=Cause.RUNAWAY, detail="The answer grew beyond 16 MiB."))
            return
        except NotCompressed as error:
            feed.fault(Fault(kind=Kind.MALFORMED, detail=str(error)))
            return
        except BROKEN as error:
            broken = replace(fault_of(error, opened=True), in_stream=True)
        if not feed.over:
            feed.deliver(decoder.finish(broken))
        if broken is None:
            await response.aclose()  # its body is over: the connection may serve again

    async def _refusal(self, response: httpx.Response, adapter: base.Adapter) -> Fault:
        if response.status_code < 400:
            where = _place(response.headers.get("location", ""))
            detail = f"The server redirects to {where}. Keys are not sent to another address: set it as the base URL."
            return Fault(kind=Kind.BAD_REQUEST, cause=Cause.ADDRESS, status=response.status_code, detail=detail)
        body = await _error_body(response)
        return adapter.fault(response.status_code, response.headers, body, now=self._wall())


def secrets_in(secret: str) -> tuple[str, ...]:
    """The key, and the parts of a key pair, since a provider may echo one of them."""
    return tuple(dict.fromkeys(s for s in (secret, *secret.split(":")) if s == secret or len(s) >= PART_OF_SECRET))


def _place(location: str) -> str:
    """Where a redirect leads, without its query, its fragment and its user, which may carry secrets."""
    try:
        url = httpx.URL(location).copy_with(query=None, fragment=None, userinfo=b"")
    except (httpx.InvalidURL, ValueError):
        return "an address that cannot be read"
    return str(url)[:LONGEST_ADDRESS] or "elsewhere"


def continued(request: Request, partial: str) -> Request:
    """The request with a partial assistant turn at its end, where there is one to go on from."""
    if not partial:
        return request
    return replace(request, messages=(*request.messages, Message("assistant", (Text(partial),))))


def body_of(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it comes. `aiter_raw` does the same, and counts and cuts each chunk besides."""
    return cast("httpx.AsyncByteStream", response.stream).__aiter__()


def aclosing(chunks: AsyncIterator[bytes]) -> contextlib.aclosing[AsyncGenerator[bytes]]:
    """Closes the iterator at once: httpcore leaves it to the garbage collector when the reader is cancelled."""
    return contextlib.aclosing(cast("AsyncGenerator[bytes]", chunks))


async def _error_body(response: httpx.Response) -> bytes:
    body = bytearray()
    try:
        inflater = Inflater(response.headers.get("content-encoding", "").strip().lower(), base.ERROR_BODY_BOUND)
        async with asyncio.timeout(ERROR_BODY_SECONDS), aclosing(response.aiter_raw()) as chunks:
            async for raw in chunks:
                for data in inflater.feed(raw):
                    body += data
    except (*BROKEN, TimeoutError, Bomb, NotCompressed):
        pass  # what came so far is all that is read
    return bytes(body[: base.ERROR_BODY_BOUND])


def _shown(http: httpx.Request) -> e.Sent:
    """What may be shown of a request, taken before it is signed."""
    headers = tuple((name, value) for name, value in http.headers.items() if name in SENT_HEADERS)
    url = str(http.url.copy_with(username=None, password=None)) if http.url.userinfo else str(http.url)
    return e.Sent(
        run="", at=0.0, attempt=0, method=http.method, url=_shown_url(url), headers=headers,
        body_bytes=len(http.content),
    )  # fmt: skip


@lru_cache(64)
def _shown_url(url: str) -> str:
    return redact(url)


class _Feed:
    """Turns what happens to one attempt into its facts."""

    def __init__(self, run: str, attempt: int, mailbox: Mailbox, clock: Clock) -> None:
        self.run, self.attempt, self.mailbox, self._clock = run, attempt, mailbox, clock
        self.secrets: tuple[str, ...] = ()
        self.shown: e.Sent | None = None
        self._fresh = False
        self._connected = self._sent = self.over = self.failed = False
        self.bare: Closable | None = None  # a socket in its TLS handshake, which httpcore leaves open when it is cut
        self._finish: Finish | None = None
        self._tunnel = False

    async def trace(self, name: str, info: dict[str, Any]) -> None:
        """httpcore's own milestones. Under a mock transport none comes, and `opened` fills them in."""
        if name == "connection.connect_tcp.started":
            self._fresh = True
        elif name == "connection.connect_tcp.complete":
            self.bare = info["return_value"]
        elif name.endswith("send_request_headers.started"):
            self.bare = None
            self._tunnel = info["request"].method == b"CONNECT"  # a proxy is asked first: nothing stands yet
            if not self._tunnel:
                self._connect()
        elif name.endswith("send_request_body.complete") and not self._tunnel:
            self._send()

    def _connect(self) -> None:
        if not self._connected:
            self._connected = True
            fact = e.Connected(run=self.run, at=self._clock(), attempt=self.attempt, reused=not self._fresh)
            self.mailbox.put(fact, wake=False)  # the request is written in the same breath

    def _send(self) -> None:
        if not self._sent and self.shown is not None:
            self._sent = True
            self.mailbox.put(replace(self.shown, run=self.run, at=self._clock(), attempt=self.attempt))

    def opened(self, response: httpx.Response) -> None:
        self._connect()
        self._send()
        headers = tuple((name, printable(value)) for name, value in safe_headers(response.headers, self.secrets))
        status = response.status_code
        fact = e.Opened(run=self.run, at=self._clock(), attempt=self.attempt, status=status, headers=headers)
        self.mailbox.put(fact, wake=status < 300)  # an error's body follows its head at once

    def deliver(self, deltas: Iterable[base.Delta]) -> None:
        for delta in deltas:
            if type(delta) is base.Text:
                self.mailbox.say(self.run, self.attempt, delta.text)
            else:
                self._deliver(delta)

    def _deliver(self, delta: base.Delta) -> None:
        run, at, attempt = self.run, self._clock(), self.attempt
        match delta:
            case base.Text(text=text):
                self.mailbox.say(run, attempt, text)
            case base.Reasoning(text=text, signature=signature):
                self.mailbox.put(e.Thought(run=run, at=at, attempt=attempt, pieces=(text,), signature=signature))
            case base.Refusal(text=text):
                self.mailbox.put(e.Refused(run=run, at=at, attempt=attempt, pieces=(text,)))
            case base.ToolDelta(index=index, id=id_, name=name, arguments=arguments):
                self.mailbox.put(
                    e.ToolCalled(run=run, at=at, attempt=attempt, index=index, id=id_, name=name, arguments=arguments)
                )
            case base.Model(name=name):
                self.mailbox.put(e.Identified(run=run, at=at, attempt=attempt, model=self._own(name)))
            case base.Metered(usage=usage):
                self.mailbox.put(e.Measured(run=run, at=at, attempt=attempt, usage=usage))
            case base.Stopped(finish=finish, native=native):
                self._finish = finish
                native = self._own(native)
                self.mailbox.put(e.Finished(run=run, at=at, attempt=attempt, finish=finish, native=native))
            case base.End(warning=warning):
                self._end(warning)
            case base.Failure(fault=fault):
                self.fault(fault if fault.kind is Kind.TRUNCATED else replace(fault, in_stream=True))
            case _:
                assert_never(delta)

    def _end(self, warning: str) -> None:
        if self._finish is Finish.CONTENT_FILTER:
            detail = "The provider's filter stopped the answer."
            self.fault(Fault(kind=Kind.CONTENT_FILTER, detail=detail, in_stream=True))
            return
        self.over = True
        self.mailbox.put(e.Completed(run=self.run, at=self._clock(), attempt=self.attempt, warning=warning))

    def fault(self, fault: Fault) -> None:
        if self.over:
            return
        self.over = self.failed = True
        clean = replace(fault, detail=self._clean(fault.detail), code=self._clean(fault.code))
        self.mailbox.put(e.Faulted(run=self.run, at=self._clock(), attempt=self.attempt, fault=clean))

    def _own(self, name: str) -> str:
        """A provider's own short word. It has no other shape to look for than that of our secrets."""
        known = any(secret in name for secret in self.secrets if secret)
        return self._clean(name) if known else printable(name)

    def _clean(self, text: str) -> str:
        return printable(redact(text, self.secrets))


def printable(text: str) -> str:
    """Without characters that steer a terminal."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def fault_of(error: Exception, *, opened: bool = False) -> Fault:
    """The one table of what httpx raises, and lets through. `opened`: whether the response had begun."""
    words = str(error) or type(error).__name__
    match error:
        case httpx.ProxyError():
            return Fault(kind=Kind.CONNECT, cause=Cause.PROXY, detail=f"The proxy refused: {words}.")
        case httpx.ConnectError() | httpx.ConnectTimeout():
            return _unreachable(error, words)
        case httpx.PoolTimeout():
            return Fault(kind=Kind.CONNECT, cause=Cause.POOL, detail="Our own connection pool was exhausted.")
        case httpx.UnsupportedProtocol():
            return Fault(kind=Kind.BAD_REQUEST, cause=Cause.ADDRESS, detail=words)
        case httpx.LocalProtocolError():  # its words hold the header that it refuses
            detail = "The request cannot be written as HTTP: check the base URL and the model's name."
            return Fault(kind=Kind.BAD_REQUEST, cause=Cause.ADDRESS, detail=detail)
        case UnicodeError():
            return Fault(kind=Kind.CONNECT, cause=Cause.DNS, detail="The host's name is none that can exist.")
        case httpx.RemoteProtocolError() if not opened and "disconnected" not in words:
            return Fault(kind=Kind.MALFORMED, detail=f"The server does not speak HTTP as it should: {words}.")
        case _ if opened:
            return Fault(kind=Kind.TRUNCATED, detail=f"The connection broke in mid-answer: {words}.")
        case ssl.SSLError():
            return _unreachable(error, words)
        case _:
            detail = f"The connection was closed before any answer ({words}). The request may have been billed."
            return Fault(kind=Kind.CONNECT, cause=Cause.RESET, detail=detail)


def _unreachable(error: BaseException, words: str) -> Fault:
    for cause in _causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                detail = f"The certificate is not trusted: {cause.verify_message}."
                return Fault(kind=Kind.TLS, cause=Cause.CERTIFICATE, detail=detail)
            case ssl.SSLError():
                return Fault(kind=Kind.TLS, detail=f"The TLS handshake failed: {cause.reason or cause}.")
            case socket.gaierror():
                return Fault(kind=Kind.CONNECT, cause=Cause.DNS, detail="The host's name is not known.")
            case ConnectionRefusedError():
                return Fault(kind=Kind.CONNECT, cause=Cause.REFUSED, detail="Nothing listens at this address.")
            case _:
                pass
    return Fault(kind=Kind.CONNECT, detail=f"No connection could be made: {words}.")


def _causes(error: BaseException) -> Iterable[BaseException]:
    """The exception, all that stands behind it, and all inside groups."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += cast("BaseExceptionGroup[BaseException]", current).exceptions
