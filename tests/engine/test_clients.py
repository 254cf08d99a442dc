"""Clients are shared by origin, and thrown away rather than trusted after a cut."""

import asyncio
import ssl

import httpx
import pytest

from engine.clients import Clients, ProxyUnusable

URL = httpx.URL("http://127.0.0.1:1/v1")


async def test_one_origin_has_one_client():
    clients = Clients()
    async with clients.lease(URL) as one, clients.lease(URL.join("/other")) as two:
        assert one.client is two.client
    async with clients.lease(URL) as three:
        assert three.client is one.client
    await clients.aclose()


@pytest.mark.parametrize("other", ["http://127.0.0.1:2/v1", "https://127.0.0.1:1/v1", "http://localhost:1/v1"])
async def test_another_origin_has_another_client(other: str):
    clients = Clients()
    async with clients.lease(URL) as one, clients.lease(httpx.URL(other)) as two:
        assert one.client is not two.client
    await clients.aclose()


async def test_a_retired_client_is_closed_when_its_last_user_leaves():
    clients = Clients()
    async with clients.lease(URL) as one:
        async with clients.lease(URL) as two:
            clients.retire(two)
            async with clients.lease(URL) as fresh:
                assert fresh.client is not one.client
        assert not one.client.is_closed
    assert one.client.is_closed
    assert not fresh.client.is_closed
    await clients.aclose()
    assert fresh.client.is_closed


async def test_leases_taken_at_once_share_a_client():
    clients = Clients()
    seen: set[int] = set()

    async def use() -> None:
        async with clients.lease(httpx.URL("https://127.0.0.1:1")) as lease:
            seen.add(id(lease.client))
            await asyncio.sleep(0.01)

    await asyncio.gather(*(use() for _ in range(8)))
    assert len(seen) == 1
    await clients.aclose()


async def test_a_cut_user_leaves_its_lease():
    clients = Clients()

    async def use() -> None:
        async with clients.lease(URL) as lease:
            clients.retire(lease)
            await asyncio.sleep(10)

    task = asyncio.create_task(use())
    await asyncio.sleep(0.01)
    (lease,) = clients._leases.values()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert lease.client.is_closed
    await clients.aclose()


async def test_certificates_are_verified_and_redirects_are_not_followed():
    clients = Clients()
    async with clients.lease(httpx.URL("https://provider.invalid")) as lease:
        assert clients._context is not None
        assert clients._context.verify_mode is ssl.CERT_REQUIRED
        assert clients._context.check_hostname
        assert not lease.client.follow_redirects
        assert lease.client.timeout == httpx.Timeout(None)
    await clients.aclose()


@pytest.mark.parametrize("error", [ImportError("no socksio"), ValueError("ftp://user:PLANTED@host")])
async def test_a_proxy_that_cannot_be_used_is_said_without_its_address(error: Exception):
    def refuse(**_: object) -> httpx.AsyncClient:
        raise error

    with pytest.raises(ProxyUnusable) as caught:
        async with Clients(refuse).lease(URL):
            pass
    assert "PLANTED" not in str(caught.value)
    assert str(caught.value).endswith(".")
