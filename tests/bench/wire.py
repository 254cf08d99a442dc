"""The whole engine against the loop that anyone would write first, in one run, on one server, in turn.

    python -m tests.bench.wire [--rounds N]

The engine: transport, decoder, adapter, policy, fold, bounded mailbox and channel, journal values. The naive loop:
httpx `aiter_lines` and `json.loads`. Both on warm connections. Medians of interleaved rounds; a ratio above 1 says
that the engine is faster.
"""

import argparse
import asyncio
import json
import statistics
import sys
import time
from typing import Any

import httpx

from engine.core.events import RunRequested
from engine.core.request import Candidate, Parameters, Policy, Route, ask
from engine.driver import Driver
from engine.providers.registry import resolve
from engine.transport import Transport

CHUNKS, MANY = 5_000, 100_000


class NoKeys:
    async def secret(self, provider: str, name: str) -> Any:
        raise LookupError(name)


async def naive(client: httpx.AsyncClient, urls: list[str], chunks: int) -> tuple[int, float]:
    """Chunks read, and the time of the first."""
    count, first = 0, 0.0
    sent = {"model": "bench", "messages": [{"role": "user", "content": "hi"}], "stream": True, "max_tokens": chunks}
    for url in urls:
        async with client.stream("POST", url + "/chat/completions", json=sent) as response:
            if response.status_code != 200:
                await response.aread()
                continue
            async for line in response.aiter_lines():
                if line.startswith("data: ") and line != "data: [DONE]":
                    choices = json.loads(line[6:])["choices"]
                    if choices and choices[0]["delta"].get("content"):
                        first = first or time.perf_counter()
                        count += 1
    return count, first


async def engine(transport: Transport, urls: list[str], chunks: int) -> tuple[int, float]:
    route = Route(
        name="bench",
        candidates=tuple(
            resolve(Candidate(provider="openai", model=f"bench{i}", base_url=url)) for i, url in enumerate(urls)
        ),
        policy=Policy(total=600.0),
    )
    request = ask("hi", route, parameters=Parameters(max_tokens=chunks))
    first = 0.0

    async def emit(events: Any, run: Any) -> None:
        nonlocal first
        if not first and run.attempts and run.attempts[-1].text:
            first = time.perf_counter()

    run = await Driver(RunRequested(run="b", at=0.0, wall=0.0, request=request), transport, emit).drive()
    assert run.answer is not None
    return len(run.answer.text), first


async def timed(work: Any, *args: Any) -> tuple[float, float]:
    """Seconds in all, and to the first token."""
    begun = time.perf_counter()
    _, first = await work(*args)
    return time.perf_counter() - begun, first - begun


async def compare(base: str, rounds: int) -> None:
    good, down = f"{base}/good/v1", f"{base}/down/v1"
    transport = Transport(NoKeys())
    async with httpx.AsyncClient(timeout=5.0, trust_env=False) as client:
        for _ in range(3):
            await naive(client, [down, good], 200)
            await engine(transport, [down, good], 200)
        pairs: dict[str, list[tuple[float, float]]] = {"chunks": [], "first": [], "fallback": []}
        growth: list[float] = []
        for _ in range(rounds):
            (a, _), (b, _) = await timed(naive, client, [good], CHUNKS), await timed(engine, transport, [good], CHUNKS)
            pairs["chunks"].append((a, b))
            for name, urls in (("first", [good]), ("fallback", [down, good])):
                for _ in range(20):
                    _, a = await timed(naive, client, urls, 5)
                    _, b = await timed(engine, transport, urls, 5)
                    pairs[name].append((a, b))
        for _ in range(max(1, rounds // 3)):
            (few, _), (many, _) = (
                await timed(engine, transport, [good], CHUNKS),
                await timed(engine, transport, [good], MANY),
            )
            growth.append((many / MANY) / (few / CHUNKS))
    await transport.aclose()
    report(pairs, growth)


def report(pairs: dict[str, list[tuple[float, float]]], growth: list[float]) -> None:
    naive_s, engine_s = (statistics.median(p[i] for p in pairs["chunks"]) for i in (0, 1))
    ratio = statistics.median(a / b for a, b in pairs["chunks"])
    speeds = f"naive {CHUNKS / naive_s:9,.0f}   engine {CHUNKS / engine_s:9,.0f}"
    print(f"chunks/s            {speeds}   ratio {ratio:.2f}  (goal >= 1.0)")
    print(f"cost of a chunk at {MANY:,} to {CHUNKS:,}: {statistics.median(growth):.2f}  (goal <= 1.3)")
    for name, goal in (("first", 0.5), ("fallback", 1.0)):
        a, b = (statistics.median(p[i] for p in pairs[name]) * 1e3 for i in (0, 1))
        added = statistics.median(y - x for x, y in pairs[name]) * 1e3
        word = "first token, ms     " if name == "first" else "503, then first, ms "
        print(f"{word}naive {a:9.2f}   engine {b:9.2f}   added {added:+.2f}  (goal <= {goal})")


async def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    rounds = options.parse_args().rounds
    command = (sys.executable, "-m", "tests.bench.wire_server")
    server = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    try:
        assert server.stdout is not None
        port = int(await server.stdout.readline())
        await compare(f"http://127.0.0.1:{port}", rounds)
    finally:
        server.terminate()
        await server.wait()


if __name__ == "__main__":
    asyncio.run(main())
