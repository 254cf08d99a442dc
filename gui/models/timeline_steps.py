"""What stands between two attempts: the decision as an arrow, and the wait that was sat out."""

from engine.core import events as e
from engine.core.run import Run
from gui import words
from gui.models.timeline_parts import Arrow, Bar, Pause
from gui.tokens import State


def arrow_to(index: int, event: e.AttemptStarted, source: Bar, to_lane: int) -> Arrow:
    """The decision in the trail's place `index`, from the bar whose end it answers to the one that it starts."""
    hedge = event.action is e.Action.HEDGE
    gap = event.at - source.end
    wait = "" if hedge else f"after {words.seconds(gap)}" if gap >= 0.05 else "at once"
    return Arrow(
        index=index,
        source=source.attempt,
        target=event.attempt,
        lane=source.lane,
        to_lane=to_lane,
        start=event.at if hedge else min(source.end, event.at),
        at=event.at,
        icon=words.decision_icon(event),
        title=words.decision_title(event),
        wait=wait,
        reason=words.reason(event),
    )


def pause_before(event: e.AttemptStarted, source: Bar) -> Pause | None:
    """The wait between the end of `source` and the start of the attempt, where there was one."""
    if event.at <= source.end or source.live or event.action is e.Action.HEDGE:
        return None
    return _pause(source, event.at, running=False, word="")


def running_pause(run: Run, source: Bar, now: float) -> Pause:
    """The wait that is being sat out."""
    assert run.waiting is not None
    return _pause(source, run.waiting.until, running=True, word=words.wait_word(run.waiting, now))


def pending_arrow(run: Run, source: Bar, to_lane: int, index: int) -> Arrow:
    """The decision that a running wait leads to."""
    wait = run.waiting
    assert wait is not None
    why = (wait.why or wait.rule.value).rstrip(".")
    icon, title = words.ACTION_ICONS[wait.action], words.ACTION_TITLES[wait.action]
    return _loose(index, source, to_lane, wait.until, icon, title, why)


def final_arrow(run: Run, source: Bar, index: int) -> Arrow:
    """The decision that ended the run without a whole answer."""
    event = run.trail[index]
    icon, title = words.decision_icon(event), words.decision_title(event)
    return _loose(index, source, source.lane, event.at, icon, title, words.reason(event), final=True)


def _loose(
    index: int, source: Bar, to_lane: int, at: float, icon: str, title: str, why: str, *, final: bool = False
) -> Arrow:
    """A decision that has started no attempt: one that waits, or the last."""
    return Arrow(
        index=index, source=source.attempt, target=None, lane=source.lane, to_lane=to_lane, start=source.end, at=at,
        icon=icon, title=title, wait="", reason=why, final=final,
    )  # fmt: skip


def _pause(source: Bar, end: float, *, running: bool, word: str) -> Pause:
    return Pause(
        attempt=source.attempt,
        lane=source.lane,
        start=source.end,
        end=end,
        state=source.state or State.WAITING,
        running=running,
        word=word,
    )
