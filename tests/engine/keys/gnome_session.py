"""Scenes with a real gnome-keyring-daemon. Each runs in a D-Bus session of its own, prints JSON, and ends its daemon.

Called by test_gnome_keyring as `python -m tests.engine.keys.gnome_session SCENE`, inside dbus-run-session.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from engine.keys import KeyStore, KeyUnavailable

KEY = "sk-test-4f9Zq81LmPw2XvT7"


@contextmanager
def daemon(*, unlocked=True):
    """The daemon in the foreground, so that its id is known. Without a prompter, each prompt counts as dismissed."""
    command = ["gnome-keyring-daemon", "--foreground", "--components=secrets", *(["--unlock"] if unlocked else [])]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if unlocked:
        process.stdin.write(b"pw")
    process.stdin.close()
    try:
        until_owned()
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_owned():
    import secretstorage

    for _ in range(200):
        with secretstorage.dbus_init() as bus:
            if secretstorage.check_service_availability(bus):
                return
        time.sleep(0.05)
    raise SystemExit("the daemon did not come up within ten seconds")


def lock():
    import secretstorage

    with secretstorage.dbus_init() as bus:
        secretstorage.get_default_collection(bus).lock()


def store(patience=5.0):
    return KeyStore(Path(os.environ["HOME"]) / "data", patience=patience)


async def told(awaitable):
    try:
        return (await awaitable).reveal() == KEY
    except KeyUnavailable as error:
        return [error.state, str(error)]


async def stored_and_read_after_a_restart():
    with daemon():
        first = store()
        status = await first.backend()
        entry = await first.add("openai", "work", KEY)
        again = await told(store().secret("openai", "keyring:work"))
    with daemon():
        later = await told(store().secret("openai", "keyring:work"))
        await store().remove(entry.id)
        removed = await told(store().secret("openai", entry.name))
    return {"ready": status.ready, "name": status.name, "reason": status.reason, "state": entry.state} | {
        "again": again,
        "later": later,
        "removed": removed,
    }


async def locked_and_dismissed():
    with daemon():
        await store().add("openai", "work", KEY)
        lock()
        began = time.monotonic()
        second = store()
        read = await told(second.secret("openai", "keyring:work"))
        seconds = time.monotonic() - began
        added = await second.add("openai", "home", KEY + "2")
        status = await second.backend()
    return {"read": read, "seconds": seconds, "added": added.state, "notices": second.take_notices()} | {
        "accepted": status.accepted,
        "state": status.state,
    }


async def never_unlocked():
    with daemon(unlocked=False):
        status = await store().backend()
    return {"accepted": status.accepted, "state": status.state, "reason": status.reason}


async def missing():
    status = await store().backend()
    entry = await store().add("openai", "work", KEY)
    return {"accepted": status.accepted, "state": status.state, "reason": status.reason, "added": entry.state}


async def stopped_and_killed_in_mid_call():
    with daemon() as process:
        first = store(patience=1.0)
        entry = await first.add("openai", "work", KEY)
        second = store(patience=1.0)
        process.send_signal(signal.SIGSTOP)
        silent = await told(second.secret("openai", "keyring:work"))
        process.send_signal(signal.SIGCONT)
        await asyncio.sleep(0.2)
        resumed = await told(second.secret("openai", "keyring:work"))
        third = store(patience=5.0)
        process.send_signal(signal.SIGSTOP)
        call = asyncio.gather(told(third.secret("openai", "keyring:work")))
        await asyncio.sleep(0.5)
        process.kill()
        killed = (await call)[0]
        gone = await told(third.secret("openai", "keyring:work"))
    with daemon():
        back = await told(third.secret("openai", "keyring:work"))
    return {"stored": entry.state, "silent": silent, "resumed": resumed, "killed": killed, "gone": gone, "back": back}


SCENES = (
    stored_and_read_after_a_restart,
    locked_and_dismissed,
    never_unlocked,
    missing,
    stopped_and_killed_in_mid_call,
)

if __name__ == "__main__":
    scene = {scene.__name__: scene for scene in SCENES}[sys.argv[1]]
    print(json.dumps(asyncio.run(scene())))
