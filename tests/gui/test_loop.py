"""The loop keeps time, order and sockets."""

import asyncio
import contextvars
import threading
import time

import httpx
import pytest
from PySide6.QtCore import QTimer

from gui.loop import QasyncLoop


@pytest.fixture
def loop(qapp):
    made = QasyncLoop(qapp)
    yield made
    made.close()
    asyncio.set_event_loop(None)


def test_a_sleep_never_ends_early_and_hardly_late(loop):
    async def errors():
        found = []
        for seconds in (0.001, 0.01, 0.05, 0.12):
            begin = time.monotonic()
            await asyncio.sleep(seconds)
            found.append(time.monotonic() - begin - seconds)
        return found

    late = loop.run_until_complete(errors())
    assert min(late) >= -1e-6
    assert sorted(late)[1] < 0.02  # the median of a shared machine


def test_twenty_thousand_cancelled_timers_leave_nothing_behind(loop):
    async def cancel_many():
        handles = [loop.call_later(60 + i / 1000, print) for i in range(20_000)]
        for handle in handles:
            handle.cancel()
        begin = time.monotonic()
        for _ in range(1000):
            await asyncio.sleep(0)
        return time.monotonic() - begin

    assert loop.run_until_complete(cancel_many()) < 1.0
    assert len(loop._timer._heap) == 0


def test_calls_run_in_the_order_they_were_made(loop):
    seen = []

    async def main():
        for i in range(100):
            loop.call_soon(seen.append, i)
        await asyncio.sleep(0.01)

    loop.run_until_complete(main())
    assert seen == list(range(100))


def test_timers_of_one_moment_keep_their_order(loop):
    seen = []

    async def main():
        when = loop.time() + 0.01
        for i in range(50):
            loop.call_at(when, seen.append, i)
        await asyncio.sleep(0.05)

    loop.run_until_complete(main())
    assert seen == list(range(50))


def test_an_earlier_timer_goes_before_a_later_one_that_was_made_first(loop):
    seen = []

    async def main():
        loop.call_later(0.04, seen.append, "late")
        loop.call_later(0.01, seen.append, "early")
        loop.call_later(0.02, seen.append, "never").cancel()
        await asyncio.sleep(0.08)

    loop.run_until_complete(main())
    assert seen == ["early", "late"]


def test_an_exception_in_a_callback_reaches_the_handler(loop):
    contexts = []
    loop.set_exception_handler(lambda _, context: contexts.append(context))

    async def main():
        loop.call_soon(lambda: 1 / 0)
        await asyncio.sleep(0.01)

    loop.run_until_complete(main())
    assert isinstance(contexts[0]["exception"], ZeroDivisionError)


def test_a_word_from_a_thread_is_heard_with_its_context(loop):
    name = contextvars.ContextVar("name", default="")
    name.set("kept")
    context = contextvars.copy_context()

    async def main():
        heard = loop.create_future()
        say = lambda: heard.set_result((name.get(), threading.current_thread() is threading.main_thread()))  # noqa: E731 - one use
        name.set("changed")
        threading.Thread(target=lambda: loop.call_soon_threadsafe(say, context=context)).start()
        return await asyncio.wait_for(heard, 5)

    assert loop.run_until_complete(main()) == ("kept", True)


def test_qt_timers_fire_while_tasks_keep_the_loop_busy(loop):
    ticks = []

    async def main():
        timer = QTimer()
        timer.timeout.connect(lambda: ticks.append(1))
        timer.start(5)
        end = loop.time() + 0.2
        while loop.time() < end:  # noqa: ASYNC110 - the busy loop is what is tested
            await asyncio.sleep(0)
        timer.stop()

    loop.run_until_complete(main())
    assert len(ticks) > 5


def test_httpx_streams_from_a_server_on_the_same_loop(loop):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for word in (b"one", b"two"):
            writer.write(b"%x\r\n%s\r\n" % (len(word), word))
            await writer.drain()
            await asyncio.sleep(0.01)
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def main():
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with (
            httpx.AsyncClient(verify=False, trust_env=False) as client,
            client.stream("GET", f"http://127.0.0.1:{port}/") as response,
        ):
            chunks = [chunk async for chunk in response.aiter_raw()]
        server.close()
        await server.wait_closed()
        return chunks

    assert loop.run_until_complete(main()) == [b"one", b"two"]
