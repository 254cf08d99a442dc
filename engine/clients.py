"""HTTP clients, one for each origin, shared by all runs, and thrown away rather than trusted after a cut.

httpx's pool can keep a slot of a request that was cancelled while it connected (encode/httpcore: cancellation during
connect); a client that had a cut is therefore retired, and closed when its last user leaves.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx
import truststore

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LIMITS = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=30.0)


class ProxyUnusable(Exception):
    """The proxy that the environment names cannot be used. One sentence with the remedy, without the address, which
    may hold a password."""


class Lease:
    """The use of a client for one attempt."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.users = 0
        self.retired = False


class Clients:
    """Hands out clients by origin. Reads have no timeout of httpx's: the run's own clocks govern them."""

    def __init__(self, make: Callable[..., httpx.AsyncClient] = httpx.AsyncClient) -> None:
        self._make = make
        self._leases: dict[tuple[str, str, int | None], Lease] = {}
        self._context: ssl.SSLContext | None = None

    @asynccontextmanager
    async def lease(self, url: httpx.URL) -> AsyncGenerator[Lease]:
        """A client for the origin of `url`, for as long as the block lasts. Raises ProxyUnusable."""
        origin = (url.scheme, url.host, url.port)
        lease = self._leases.get(origin)
        if lease is None or lease.retired:
            context = await self._verification(url)
            lease = self._leases.get(origin)
            if lease is None or lease.retired:
                lease = self._leases[origin] = Lease(self._client(url, context))
        lease.users += 1
        try:
            yield lease
        finally:
            lease.users -= 1
            if lease.retired and not lease.users:
                await asyncio.shield(lease.client.aclose())

    def retire(self, lease: Lease) -> None:
        """No new attempt uses this client; it is closed when the last one leaves."""
        lease.retired = True

    async def aclose(self) -> None:
        leases, self._leases = list(self._leases.values()), {}
        for lease in leases:
            lease.retired = True
            await lease.client.aclose()

    async def _verification(self, url: httpx.URL) -> ssl.SSLContext:
        if url.scheme != "https":
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, and costs nothing to make
        if self._context is None:  # reading the system's certificates takes tens of milliseconds
            self._context = await asyncio.to_thread(truststore.SSLContext, ssl.PROTOCOL_TLS_CLIENT)
        return self._context

    def _client(self, url: httpx.URL, context: ssl.SSLContext) -> httpx.AsyncClient:
        try:
            return self._make(
                verify=context,
                timeout=None,
                limits=LIMITS,
                follow_redirects=False,  # a key must not follow to another host
                trust_env=url.host not in LOOPBACK,
            )
        except ImportError:
            remedy = "Install it with `pip install socksio`, or name an HTTP proxy in HTTPS_PROXY."
            raise ProxyUnusable(
                f"The environment names a SOCKS proxy, which needs the package socksio. {remedy}"
            ) from None
        except (ValueError, httpx.InvalidURL):
            where = "HTTPS_PROXY, HTTP_PROXY and ALL_PROXY"
            raise ProxyUnusable(f"The environment names a proxy whose address cannot be read: check {where}.") from None
