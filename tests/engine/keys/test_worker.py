import asyncio
import subprocess
import sys
import threading
import time

import pytest

from engine.keys.secret import KeyState
from engine.keys.trouble import Trouble
from engine.keys.worker import Worker


@pytest.fixture
def worker():
    worker = Worker(patience=0.1)
    yield worker
    worker.close()


async def settled(condition):
    """Until `condition` holds, at most two seconds."""
    async with asyncio.timeout(2):
        while not condition():  # noqa: ASYNC110  # the condition is another thread's
            await asyncio.sleep(0.005)


async def test_a_call_runs_in_the_one_keyring_thread(worker):
    names = {await worker.call(lambda: threading.current_thread().name) for _ in range(3)}
    assert names == {"keyring"}


async def test_calls_never_overlap(worker):
    inside, most = [0], [0]

    def work():
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.005)
        inside[0] -= 1

    await asyncio.gather(*(worker.call(work, patience=5) for _ in range(10)))
    assert most == [1]


async def test_an_exception_is_a_value_and_the_thread_lives_on(worker):
    def work():
        raise SystemExit("secret")

    trouble = await worker.call(work)
    assert isinstance(trouble, Trouble)
    assert trouble.state is KeyState.FAILED
    assert "secret" not in trouble.reason
    assert await worker.call(lambda: 7) == 7


async def test_a_call_that_takes_too_long_is_abandoned_and_undone_when_it_comes_late(worker):
    gate, undone = threading.Event(), threading.Event()
    began = time.monotonic()
    trouble = await worker.call(gate.wait, undo=undone.set)
    assert trouble.state is KeyState.NOT_ANSWERING
    assert 0.09 < time.monotonic() - began < 1
    assert not undone.is_set()
    gate.set()
    await settled(undone.is_set)
    assert await worker.call(lambda: 7, patience=2) == 7


async def test_a_thread_that_is_stuck_is_not_waited_for_again(worker):
    gate = threading.Event()
    await worker.call(gate.wait)
    began = time.monotonic()
    assert (await worker.call(lambda: 7)).state is KeyState.NOT_ANSWERING
    assert time.monotonic() - began < 0.05
    gate.set()
    assert await worker.call(lambda: 7, patience=2) == 7


async def test_a_call_that_was_abandoned_in_the_queue_never_runs(worker):
    gate, ran = threading.Event(), []
    first = asyncio.gather(worker.call(gate.wait, patience=5), worker.call(lambda: ran.append(1), patience=0.05))
    await settled(lambda: worker._running is not None)
    await asyncio.sleep(0.1)
    gate.set()
    await first
    assert await worker.call(lambda: 7, patience=2) == 7
    assert ran == []


async def test_a_cancelled_call_is_undone(worker):
    gate, undone = threading.Event(), threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.03):
            await worker.call(gate.wait, undo=undone.set)
    gate.set()
    await settled(undone.is_set)


@pytest.mark.slow
def test_an_abandoned_call_does_not_hold_up_the_end_of_the_program():
    program = """
import asyncio, threading
from engine.keys.worker import Worker
print(asyncio.run(Worker(patience=0.1).call(threading.Event().wait)).state)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=15)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, "not answering", "")


@pytest.mark.slow
def test_importing_the_keys_loads_no_keyring():
    program = "import sys, engine.keys; sys.exit('keyring' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], timeout=15).returncode == 0
