"""Walks a route against the lab with the real policy and the real adapters, one attempt at a time.

It stands in for the driver, so that the lab is proved by code of its own: no hedging, no batches, no history.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, cast

import httpx

from engine.core import events as e
from engine.core.failover import deadline, decide
from engine.core.faults import Cause, Fault, Kind
from engine.core.request import Candidate, Request
from engine.core.run import Run, begin, evolve
from engine.lab.server import Lab
from engine.providers import base as p
from engine.providers.registry import adapter_for, resolve

MARGIN = 0.005  # seconds past a deadline, so that the clock has surely run out


async def walk(lab: Lab, client: httpx.AsyncClient, request: Request) -> Run:
    """The run, from its request to its end."""
    zero = time.monotonic()

    def now() -> float:
        return time.monotonic() - zero

    run = begin(e.RunRequested(run="walk", at=0.0, wall=time.time(), request=request))
    facts: AsyncGenerator[Any, None] | None = None
    while True:
        while (decision := decide(run, now())) is not None:
            run = evolve(run, decision)
            if isinstance(decision, e.AttemptCut) and facts is not None:
                await facts.aclose()
            if isinstance(decision, e.AttemptStarted):
                candidate = request.route.candidates[decision.candidate]
                facts = stream(lab, client, request, candidate, decision.key)
        if run.outcome is not None:
            return run
        due = deadline(run)
        assert due is not None
        run = await heard(run, facts if run.live else None, due + MARGIN - now(), now)


async def heard(run: Run, facts: AsyncGenerator[Any, None] | None, patience: float, now: Any) -> Run:
    """The run after the next fact, or as it is when none comes in time."""
    if facts is None:
        await asyncio.sleep(max(0.0, patience))
        return run
    try:
        kind, fields = await asyncio.wait_for(anext(facts), max(0.0, patience))
    except TimeoutError:
        return run
    return evolve(run, kind(run=run.id, at=now(), attempt=run.attempts[-1].number, **fields))


async def stream(
    lab: Lab, client: httpx.AsyncClient, request: Request, candidate: Candidate, key: str
) -> AsyncGenerator[Any, None]:
    candidate = resolve(candidate)
    adapter = adapter_for(candidate)
    built = adapter.build(request, candidate)
    adapter.sign(built, lab.secret(key))
    yield e.Connected, {}
    try:
        answer = await client.send(built, stream=True)
    except httpx.ReadError:
        yield e.Faulted, {"fault": Fault(kind=Kind.CONNECT, cause=Cause.RESET)}
        return
    try:
        yield e.Opened, {"status": answer.status_code}
        if answer.status_code != 200:
            body = await answer.aread()
            yield e.Faulted, {"fault": adapter.fault(answer.status_code, answer.headers, body, now=time.time())}
            return
        decoder = adapter.decoder(answer.headers["content-type"])
        broken: Fault | None = None
        try:
            async with aclosing(cast(AsyncGenerator[bytes, None], answer.aiter_raw())) as pieces:
                async for piece in pieces:
                    for delta in decoder.feed(piece):
                        yield fact(delta)
        except httpx.HTTPError as error:
            broken = Fault(kind=Kind.TRUNCATED, detail=type(error).__name__, in_stream=True)
        for delta in decoder.finish(broken):
            yield fact(delta)
    finally:
        await answer.aclose()


def fact(delta: p.Delta) -> tuple[type[e.AttemptFact], dict[str, Any]]:
    match delta:
        case p.Text(text):
            return e.Said, {"pieces": (text,)}
        case p.Reasoning(text, signature):
            return e.Thought, {"pieces": (text,), "signature": signature}
        case p.Refusal(text):
            return e.Refused, {"pieces": (text,)}
        case p.ToolDelta():
            return e.ToolCalled, {"index": delta.index, "name": delta.name, "arguments": delta.arguments}
        case p.Model(name):
            return e.Identified, {"model": name}
        case p.Metered(usage):
            return e.Measured, {"usage": usage}
        case p.Stopped(finish, native):
            return e.Finished, {"finish": finish, "native": native}
        case p.End(warning):
            return e.Completed, {"warning": warning}
        case p.Failure(fault):
            return e.Faulted, {"fault": fault}
