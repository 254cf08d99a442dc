"""Comparisons run against the lab: order, failures, stop, kill, cap and resume."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.compare import saved
from engine.compare.runner import End, Progress
from engine.compare.saved import SavedError
from engine.compare.sets import Contains, Matches, Mode, jobs
from engine.core.events import Outcome
from engine.core.faults import Kind
from engine.core.request import Candidate, Parameters, Usage
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.playground import Playground
from tests.engine.compare.putting import column, comparison, journal, runner

GOOD: b.Play = (b.Wait(seconds=0.2), b.Say(text="The sky is blue, since air scatters.", rate=100), b.End())
BAD: b.Play = (b.Status(code=500, kind=Kind.SERVER),)


@pytest.fixture
async def playground(tmp_path: Path) -> AsyncIterator[Playground]:
    async with Playground(tmp_path, lab=Lab(speed=20)) as playground:
        await playground.lab.start()
        yield playground


def dollar_a_run(candidate: Candidate, usage: Usage) -> float | None:
    return 1.0 if usage.output else 0.0


async def test_every_cell_is_run_as_often_as_asked_and_a_failing_column_stops_none(playground: Playground):
    good, bad = playground.lab.play("good", GOOD), playground.lab.play("bad", BAD)
    wanted = comparison(
        column("good", good), column("bad", bad), column("falls back", bad + "/x", good), repeat=4,
        checks=(Contains(text="blue"), Matches(pattern="^The")),
    )  # fmt: skip
    kept = journal(playground.state, wanted)
    told: list[Progress] = []
    assert await runner(playground, kept, wanted, told=told.append).run() is End.DONE
    kept.close()
    assert len(kept.results) == 12
    assert sorted(result.order for result in kept.results) == list(range(1, 13))
    outcomes = [{r.outcome for r in kept.results if r.column == i} for i in range(3)]
    assert outcomes == [{Outcome.ANSWERED}, {Outcome.FAILED}, {Outcome.ANSWERED}]
    assert all(result.passed is (result.column != 1) for result in kept.results)
    assert {result.fallbacks for result in kept.results if result.column == 2} == {1}
    assert [result.tried[0].fault for result in kept.results if result.column == 1] == ["server"] * 4
    cold = [r.cold for r in sorted(kept.results, key=lambda r: r.order) if r.column == 0]
    assert cold[0] is True
    assert False in cold
    assert (told[-1].done, told[-1].left, told[-1].end) == (12, 0, End.DONE)
    assert told[-1].seconds_left == 0
    assert all(progress.done + progress.running + progress.left == 12 for progress in told)


async def test_the_runs_are_started_in_the_order_of_the_seed(playground: Playground):
    good = playground.lab.play("good", GOOD)
    wanted = comparison(column("a", good), column("b", good), repeat=4, mode=Mode.ONE_AT_A_TIME)
    kept = journal(playground.state, wanted, seed=5)
    await runner(playground, kept, wanted).run()
    kept.close()
    assert [(r.case, r.column, r.repetition) for r in kept.results] == [
        (job.case, job.column, job.repetition) for job in jobs(wanted, 5)
    ]


@pytest.mark.parametrize(("mode", "most"), [(Mode.ONE_AT_A_TIME, 1), (Mode.BY_BACKEND, 1), (Mode.ALL_AT_ONCE, 2)])
async def test_the_mode_bounds_how_many_go_on_at_a_time(playground: Playground, mode: Mode, most: int):
    good = playground.lab.play("good", GOOD)
    wanted = comparison(column("a", good), column("b", good), repeat=3, mode=mode)
    kept = journal(playground.state, wanted)
    told: list[Progress] = []
    await runner(playground, kept, wanted, told=told.append).run()
    kept.close()
    assert max(progress.running for progress in told) == most


async def test_a_stop_keeps_what_is_done_and_resume_runs_the_rest(playground: Playground):
    good = playground.lab.play("good", GOOD)
    wanted = comparison(column("a", good), column("b", good), repeat=5)
    kept = journal(playground.state, wanted)
    running = runner(playground, kept, wanted, kept=lambda result: running.stop() if len(kept.results) == 3 else None)
    assert await running.run() is End.STOPPED
    kept.close()
    done = len(kept.results)
    assert 3 <= done < 10
    path = saved.newest(playground.state, wanted)
    assert path == kept.path
    again = saved.resume(kept.path, wanted)
    assert again.results == kept.results
    assert await runner(playground, again, wanted).run() is End.DONE
    again.close()
    _, results, _ = saved.read(kept.path)
    assert len({(r.case, r.column, r.repetition) for r in results}) == len(results) == 10
    assert len({r.order for r in results}) == 10
    assert all(result.outcome is Outcome.ANSWERED for result in results)


async def test_a_cancelled_comparison_leaves_nothing_running(playground: Playground):
    slow = playground.lab.play("slow", (b.Say(words=3), b.Stall()))
    wanted = comparison(column("a", slow), column("b", slow))
    kept = journal(playground.state, wanted)
    heard = asyncio.Event()
    task = asyncio.create_task(runner(playground, kept, wanted, heard=lambda job, run: heard.set()).run())
    await heard.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept.close()
    assert kept.results == []


async def test_the_cap_starts_no_run_that_could_pass_it(playground: Playground):
    good = playground.lab.play("good", GOOD)
    wanted = comparison(column("a", good), column("b", good), repeat=5, cap=3.5)
    kept = journal(playground.state, wanted)
    running = runner(playground, kept, wanted, dollar_a_run)
    assert running.estimate.dollars == 10
    assert await running.run() is End.CAPPED
    kept.close()
    assert len(kept.results) == 3
    assert running.progress.spent == 3
    assert (running.progress.left, running.progress.end) == (7, End.CAPPED)


async def test_the_meter_counts_a_live_run_and_its_failed_attempts(playground: Playground):
    cut = playground.lab.play("cut", (b.Say(words=5, rate=0), b.Truncate()))
    good = playground.lab.play("good", GOOD)
    wanted = comparison(column("a", cut, good), column("b", good), parameters=Parameters(max_tokens=5))
    kept = journal(playground.state, wanted)
    spent: list[float] = []
    running = runner(
        playground, kept, wanted, dollar_a_run, heard=lambda job, run: spent.append(running.progress.spent)
    )
    await running.run()
    kept.close()
    assert [result.measures.cost for result in sorted(kept.results, key=lambda r: r.column)] == [2.0, 1.0]
    assert any(0 < seen < 3 for seen in spent)


async def test_what_the_program_does_wrong_is_loud_and_what_is_done_is_kept(playground: Playground):
    good = playground.lab.play("good", GOOD)
    wanted = comparison(column("a", good), column("b", good), repeat=2, mode=Mode.ONE_AT_A_TIME)
    kept = journal(playground.state, wanted)

    def broken(result: object) -> None:
        raise RuntimeError("a fault of the program's own")

    with pytest.raises(RuntimeError):
        await runner(playground, kept, wanted, kept=broken).run()
    kept.close()
    assert len(kept.results) == 1


async def test_a_torn_line_is_dropped_and_its_run_is_done_again(playground: Playground):
    good = playground.lab.play("good", GOOD)
    wanted = comparison(column("a", good), column("b", good), repeat=2)
    kept = journal(playground.state, wanted)
    await runner(playground, kept, wanted).run()
    kept.close()
    kept.path.write_bytes(kept.path.read_bytes()[:-20])
    again = saved.resume(kept.path, wanted)
    assert len(again.results) == 3
    await runner(playground, again, wanted).run()
    again.close()
    assert len(saved.read(kept.path)[1]) == 4


def test_another_version_of_the_set_is_not_gone_on_with(tmp_path: Path):
    one, other = (
        comparison(column("a", "http://a"), column("b", "http://b")),
        comparison(column("a", "http://a"), column("b", "http://c")),
    )
    kept = journal(tmp_path, one)
    kept.close()
    with pytest.raises(SavedError, match="another version"):
        saved.resume(kept.path, other)
    assert saved.newest(tmp_path, other) is None
    more = comparison(*one.columns, repeat=9, cap=1.0, mode=Mode.ONE_AT_A_TIME)
    saved.resume(kept.path, more).close()


def test_a_damaged_journal_is_told_in_one_sentence(tmp_path: Path):
    path = tmp_path / "x.jsonl"
    path.write_text("not a journal\n")
    with pytest.raises(SavedError, match="damaged"):
        saved.read(path)
