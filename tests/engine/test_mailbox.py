"""The way of the facts: in order, in batches, within bounds, with one timer."""

import asyncio
from collections.abc import Iterator

import pytest

from engine.core import events as e
from engine.mailbox import CHARACTERS_BOUND, MERGE_WITHIN, PIECES_BOUND, Mailbox


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def mailbox(clock: Hand) -> Iterator[Mailbox]:
    mailbox = Mailbox(clock)
    yield mailbox
    mailbox.close()


def finished(attempt: int = 1) -> e.Completed:
    return e.Completed(run="r", at=0.0, attempt=attempt)


async def test_pieces_of_one_burst_are_one_fact(mailbox: Mailbox):
    for text in ("a", "b", "c"):
        mailbox.say("r", 1, text)
    assert await mailbox.take(None) == [e.Said(run="r", at=0.0, attempt=1, pieces=("a", "b", "c"))]


async def test_pieces_that_came_apart_in_time_are_facts_of_their_own(mailbox: Mailbox, clock: Hand):
    mailbox.say("r", 1, "a")
    clock.now += MERGE_WITHIN
    mailbox.say("r", 1, "b")
    said = await mailbox.take(None)
    assert [(fact.pieces, fact.at) for fact in said if isinstance(fact, e.Said)] == [
        (("a",), 0.0),
        (("b",), MERGE_WITHIN),
    ]


async def test_pieces_of_two_attempts_are_never_mixed(mailbox: Mailbox):
    for attempt, text in ((1, "a"), (2, "x"), (1, "b")):
        mailbox.say("r", attempt, text)
    said = await mailbox.take(None)
    assert [(fact.attempt, fact.pieces) for fact in said if isinstance(fact, e.Said)] == [
        (1, ("a",)),
        (2, ("x",)),
        (1, ("b",)),
    ]


async def test_a_fact_stands_where_it_came_between_pieces(mailbox: Mailbox):
    mailbox.say("r", 1, "a")
    mailbox.put(e.Identified(run="r", at=0.0, attempt=1, model="m"))
    mailbox.say("r", 1, "b")
    mailbox.put(finished())
    kinds = [type(fact) for fact in await mailbox.take(None)]
    assert kinds == [e.Said, e.Identified, e.Said, e.Completed]


async def test_taking_empties_it(mailbox: Mailbox):
    mailbox.put(finished())
    assert len(await mailbox.take(None)) == 1
    assert mailbox.gather() == []


async def test_a_reader_wakes_at_the_first_fact(mailbox: Mailbox):
    reader = asyncio.create_task(mailbox.take(None))
    await asyncio.sleep(0)
    assert not reader.done()
    mailbox.say("r", 1, "a")
    mailbox.say("r", 1, "b")
    (said,) = await reader
    assert isinstance(said, e.Said)
    assert said.pieces == ("a", "b")


async def test_a_quiet_fact_is_taken_with_the_next_one(mailbox: Mailbox):
    reader = asyncio.create_task(mailbox.take(None))
    await asyncio.sleep(0)
    mailbox.put(e.Connected(run="r", at=0.0, attempt=1), wake=False)
    await asyncio.sleep(0)
    assert not reader.done()
    mailbox.put(finished())
    assert [type(fact) for fact in await reader] == [e.Connected, e.Completed]


async def test_a_quiet_fact_is_taken_when_the_deadline_comes():
    loop = asyncio.get_running_loop()
    zero = loop.time()
    mailbox = Mailbox(lambda: loop.time() - zero)
    reader = asyncio.create_task(mailbox.take(0.03))
    await asyncio.sleep(0)
    mailbox.put(e.Connected(run="r", at=0.0, attempt=1), wake=False)
    assert [type(fact) for fact in await reader] == [e.Connected]
    mailbox.close()


async def test_it_is_full_at_its_bound_and_has_room_once_it_is_taken(mailbox: Mailbox):
    for _ in range(PIECES_BOUND - 1):
        mailbox.say("r", 1, "a")
    assert not mailbox.full
    mailbox.put(finished())
    assert mailbox.full
    writers = [asyncio.create_task(mailbox.room()) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(writer.done() for writer in writers)
    await mailbox.take(None)
    await asyncio.gather(*writers)


async def test_few_long_pieces_fill_it_as_many_short_ones_do(mailbox: Mailbox):
    mailbox.say("r", 1, "x" * CHARACTERS_BOUND)
    assert mailbox.full
    mailbox.gather()
    assert not mailbox.full


async def test_a_writer_that_is_cancelled_while_it_waits_harms_nobody(mailbox: Mailbox):
    for _ in range(PIECES_BOUND):
        mailbox.say("r", 1, "a")
    first, second = asyncio.create_task(mailbox.room()), asyncio.create_task(mailbox.room())
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0)
    await mailbox.take(None)
    await second
    assert first.cancelled()


async def test_an_error_of_a_transport_is_raised_to_the_reader(mailbox: Mailbox):
    reader = asyncio.create_task(mailbox.take(None))
    await asyncio.sleep(0)
    mailbox.fail(ZeroDivisionError("a bug"))
    with pytest.raises(ZeroDivisionError):
        await reader
    with pytest.raises(ZeroDivisionError):
        mailbox.gather()


async def test_a_deadline_wakes_an_empty_reader():
    loop = asyncio.get_running_loop()
    zero = loop.time()
    mailbox = Mailbox(lambda: loop.time() - zero)
    assert await mailbox.take(0.03) == []
    assert loop.time() - zero >= 0.03
    mailbox.close()


async def test_a_deadline_in_the_past_does_not_wait(mailbox: Mailbox, clock: Hand):
    clock.now = 5.0
    assert await mailbox.take(1.0) == []


async def test_one_timer_serves_a_thousand_deadlines_that_move_on(monkeypatch: pytest.MonkeyPatch):
    loop = asyncio.get_running_loop()
    zero = loop.time()
    mailbox = Mailbox(lambda: loop.time() - zero)
    made = 0
    real = loop.call_at

    def counted(when, callback, *args, **kwargs):
        nonlocal made
        made += callback == mailbox._ring
        return real(when, callback, *args, **kwargs)

    monkeypatch.setattr(loop, "call_at", counted)
    for number in range(1000):
        reader = asyncio.create_task(mailbox.take(10.0 + number))
        await asyncio.sleep(0)
        mailbox.put(finished())
        await reader
    assert made == 1
    mailbox.close()


async def test_an_earlier_deadline_than_the_timers_is_kept():
    loop = asyncio.get_running_loop()
    zero = loop.time()
    mailbox = Mailbox(lambda: loop.time() - zero)
    reader = asyncio.create_task(mailbox.take(10.0))
    await asyncio.sleep(0)
    mailbox.put(finished())
    await reader
    assert await mailbox.take(0.05) == []
    assert 0.05 <= loop.time() - zero < 1
    mailbox.close()


async def test_a_later_deadline_is_not_rung_early():
    loop = asyncio.get_running_loop()
    zero = loop.time()
    mailbox = Mailbox(lambda: loop.time() - zero)
    reader = asyncio.create_task(mailbox.take(0.03))
    await asyncio.sleep(0)
    mailbox.put(finished())
    await reader
    assert await mailbox.take(0.1) == []
    assert loop.time() - zero >= 0.1
    mailbox.close()


async def test_closing_leaves_no_timer(mailbox: Mailbox):
    reader = asyncio.create_task(mailbox.take(50.0))
    await asyncio.sleep(0)
    timer = mailbox._timer
    assert timer is not None
    mailbox.close()
    assert timer.cancelled()
    reader.cancel()
    await asyncio.sleep(0)
