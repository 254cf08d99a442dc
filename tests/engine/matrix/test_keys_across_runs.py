"""Keys in anger, over real HTTP: what one run and one playground learn, the next ones know."""

import asyncio
import time
from pathlib import Path

from msgspec.structs import replace

from engine.core.faults import Kind
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.playground import Playground
from tests.engine.core.playing import rules
from tests.engine.matrix.stage import ANSWER, GOOD, Stage, kinds, stage
from tests.virtual_time import in_virtual_time


def limited(wait: float) -> b.Play:
    return (b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=wait),)


@in_virtual_time
async def test_a_second_playground_on_the_same_state_knows_what_the_first_has_learned(tmp_path: Path):
    lab = Lab()
    async with Playground(tmp_path, lab=lab) as playground:
        await lab.start()
        s = Stage(playground)
        resting = s.candidate(limited(3 * 86_400), keys=("far",))
        dead = s.candidate((b.Status(code=401),), GOOD, keys=("dead", "work"))
        run = await s.ask(resting, dead)
        assert s.asked() == ["c1:far", "c2:dead", "c2:work"]
        port = int(lab.base.rpartition(":")[2])
    lab.log.clear()
    async with Playground(tmp_path, lab=lab) as playground:
        await lab.start(port)
        s.playground = playground
        run = await s.ask(resting, dead)
        assert s.asked() == ["c2:work"]
        assert rules(run)[0] == "COOLING"
        assert run.text == ANSWER


@in_virtual_time
async def test_an_accounts_limit_holds_for_a_second_candidate_with_the_same_key(tmp_path: Path):
    async with stage(tmp_path) as s:
        one = s.candidate(limited(60), GOOD, keys=("a",))
        other = replace(one, model="another")
        await s.ask(one, other, s.candidate())
        assert s.asked() == ["c1:a", "c2"]


@in_virtual_time
async def test_a_rest_of_milliseconds_is_over_at_once(tmp_path: Path):
    async with stage(tmp_path) as s:
        soon = b.Status(code=429, kind=Kind.RATE_LIMIT, headers=(("retry-after-ms", "20"),))
        run = await s.ask(s.candidate((soon,), GOOD, keys=("a",)), s.candidate())
        assert s.asked() == ["c1:a", "c1:a"]
        assert s.pauses()[0] <= 0.6
        assert run.text == ANSWER


@in_virtual_time
async def test_a_provider_that_is_down_is_tried_once_for_each_rest_and_is_back_within_half_a_minute(tmp_path: Path):
    async with stage(tmp_path) as s:
        down = s.candidate((b.Status(code=500),))
        good = s.candidate()
        begun = time.monotonic()
        while time.monotonic() < begun + 60:
            await s.ask(down, good, attempts=1)
            await asyncio.sleep(1)
        tries = [entry.at for entry in s.lab.log.requests() if entry.place == "/c1"]
        assert 3 <= len(tries) <= 5
        s.lab.play("c1", GOOD)
        recovered = time.monotonic()
        for _ in range(40):
            await asyncio.sleep(1)
            if (await s.ask(down, good, attempts=1)).attempts[0].candidate == 0:
                break
        assert time.monotonic() - recovered <= 30
        assert (await s.ask(down, good)).attempts[0].candidate == 0


def test_runs_that_begin_together_try_what_rested_only_once(tmp_path: Path):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            down, good = s.candidate((b.Status(code=500),)), s.candidate()
            await s.ask(down, good, attempts=1)
            await asyncio.sleep(20)
            s.lab.log.clear()
            await asyncio.gather(*(s.ask(down, good, attempts=1) for _ in range(8)))
            assert s.asked().count("c1") == 1

    scene()


def test_many_runs_at_once_do_not_hammer_a_provider_that_is_down(tmp_path: Path):
    @in_virtual_time
    async def scene() -> None:
        async with stage(tmp_path) as s:
            down = s.candidate((b.Status(code=500),))
            runs = await asyncio.gather(*(s.ask(down, attempts=3) for _ in range(20)))
            assert all(kinds(run) for run in runs)
            assert len(s.asked()) <= 20 + 20

    scene()
