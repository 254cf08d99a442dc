"""One frame, one picture: the newest of each run, none lost."""

import asyncio

from engine.core.events import RunRequested
from engine.core.request import Candidate, Route, ask
from engine.core.run import Run, begin
from gui.pacing import Pacing

ROUTE = Route(name="r", candidates=(Candidate(provider="openai", model="m"),))


def run(name: str, now: float) -> Run:
    return begin(RunRequested(run=name, at=now, wall=0.0, request=ask("Why?", ROUTE)))


async def test_the_first_comes_at_once_and_a_burst_comes_as_its_newest():
    shown: list[tuple[str, float]] = []
    pacing = Pacing(lambda r: shown.append((r.id, r.now)), frame=0.02)
    for i in range(50):
        pacing.take(run("a", float(i)))
    assert shown == [("a", 0.0)]
    await asyncio.sleep(0.05)
    assert shown == [("a", 0.0), ("a", 49.0)]
    pacing.close()


async def test_runs_beside_each_other_are_all_shown():
    shown: list[str] = []
    pacing = Pacing(lambda r: shown.append(r.id), frame=0.01)
    for name in ("a", "b", "a", "b"):
        pacing.take(run(name, 0.0))
    await asyncio.sleep(0.03)
    assert set(shown) == {"a", "b"}
    pacing.close()


async def test_flushing_shows_what_waits_now():
    shown: list[float] = []
    pacing = Pacing(lambda r: shown.append(r.now), frame=10.0)
    pacing.take(run("a", 1.0))
    pacing.take(run("a", 2.0))
    pacing.flush()
    assert shown == [1.0, 2.0]
    pacing.close()
