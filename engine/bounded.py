"""One small request and its whole answer, within a bound of bytes and of seconds. For everything that is no run."""

import asyncio
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from engine.clients import Clients, Lease, ProxyUnusable
from engine.core.faults import Fault, Kind
from engine.inflate import Bomb, Inflater, NotCompressed
from engine.transport import BROKEN, aclosing, body_of, fault_of

MIB = 1024 * 1024


class Unanswered(Exception):
    """No answer came that can be used. The text is one sentence; `kind` says what sort of failure it was."""

    def __init__(self, sentence: str, kind: Kind) -> None:
        super().__init__(sentence)
        self.kind = kind


class Reply(Struct, frozen=True, kw_only=True):
    """An answer as it came, unpacked."""

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None

    @property
    def page(self) -> bool:
        """Whether the body is a web page."""
        return self.body.lstrip()[:200].lower().startswith((b"<!doctype", b"<html", b"<head", b"<?xml"))


async def fetch(clients: Clients, request: httpx.Request, *, bound: int = 4 * MIB, seconds: float = 15.0) -> Reply:
    """Sends the request and reads its answer, of at most `bound` bytes once unpacked. Redirects are not followed.
    Raises Unanswered."""
    request.headers["accept-encoding"] = "gzip"
    try:
        async with asyncio.timeout(seconds), clients.lease(request.url) as lease:
            return await _sent(clients, lease, request, bound)
    except TimeoutError:
        raise Unanswered(f"No whole answer came within {seconds:g} s: try again later.", Kind.TIMEOUT) from None
    except ProxyUnusable as error:
        raise Unanswered(str(error), Kind.CONNECT) from None


async def _sent(clients: Clients, lease: Lease, request: httpx.Request, bound: int) -> Reply:
    response = None
    try:
        response = await lease.client.send(request, stream=True)
        body = await _read(response, bound)
        return Reply(status=response.status_code, headers=response.headers, body=body)
    except BROKEN as error:
        clients.retire(lease)
        fault: Fault = fault_of(error, opened=response is not None)
        raise Unanswered(fault.detail, fault.kind) from None
    except Bomb:
        clients.retire(lease)
        raise Unanswered(f"The answer is longer than {bound // MIB} MiB: check the base URL.", Kind.MALFORMED) from None
    except NotCompressed as error:
        clients.retire(lease)
        raise Unanswered(str(error), Kind.MALFORMED) from None
    except BaseException:
        clients.retire(lease)
        raise
    finally:
        if response is not None and not response.is_closed:
            await asyncio.shield(response.aclose())


async def _read(response: httpx.Response, bound: int) -> bytes:
    inflater = Inflater(response.headers.get("content-encoding", "").strip().lower(), bound)
    body = bytearray()
    async with aclosing(body_of(response)) as chunks:
        async for raw in chunks:
            for data in inflater.feed(raw):
                body += data
    return bytes(body)
