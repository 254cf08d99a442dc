"""A timeline in sentences, for screen readers and for copying."""

from gui import words
from gui.models.timeline import Timeline
from gui.tokens import State

MOST = 24  # attempts told one by one; of a longer run, its newest
RECENT = 100
EMPTY = "Each attempt will be drawn here as it happens."


def story(timeline: Timeline) -> str:
    """The whole timeline in sentences, for a screen reader."""
    if not timeline.bars:
        return EMPTY
    told: list[str] = []
    bars = timeline.bars
    if len(bars) > MOST:
        failed = sum(bar.state in (State.FAILED_TRANSIENT, State.FAILED_PERMANENT) for bar in bars[-RECENT:])
        told.append(f"{len(bars)} attempts. Of the last {RECENT}, {failed} failed. The newest {MOST} are:")
        bars = bars[-MOST:]
    arrows = timeline.arrows[-len(bars) - 2 :]
    decisions = {arrow.target: arrow for arrow in arrows if arrow.target is not None}
    for bar in bars:
        lane = timeline.lanes[bar.lane]
        if (arrow := decisions.get(bar.attempt)) is not None:
            told.append(f"{arrow.title}{f' {arrow.wait}' if arrow.wait else ''}: {arrow.reason}.")
        key = f", key {words.key_name(lane.key)}" if lane.key else ""
        detail = f", {bar.detail}" if bar.detail else ""
        told.append(
            f"Attempt {bar.attempt}, {lane.provider} {lane.model}{key}, at {words.seconds(bar.start)}: "
            f"{bar.word}{detail}{', its text was discarded' if bar.discarded else ''}."
        )
    told += [f"{arrow.title}: {arrow.reason}." for arrow in arrows if arrow.final]
    told += [f"{pause.word}." for pause in timeline.pauses[-1:] if pause.running]
    told += [f"{lane.name}: {lane.past_words}." for lane in timeline.lanes if lane.past]
    return " ".join(told)
