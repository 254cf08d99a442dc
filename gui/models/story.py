"""A timeline in sentences, for screen readers and for copying."""

from gui import words
from gui.models.timeline import Timeline

EMPTY = "Each attempt will be drawn here as it happens."


def story(timeline: Timeline) -> str:
    """The whole timeline in sentences, for a screen reader."""
    if not timeline.bars:
        return EMPTY
    decisions = {arrow.target: arrow for arrow in timeline.arrows if arrow.target is not None}
    told: list[str] = []
    for bar in timeline.bars:
        lane = timeline.lanes[bar.lane]
        if (arrow := decisions.get(bar.attempt)) is not None:
            told.append(f"{arrow.title}{f' {arrow.wait}' if arrow.wait else ''}: {arrow.reason}.")
        key = f", key {words.key_name(lane.key)}" if lane.key else ""
        detail = f", {bar.detail}" if bar.detail else ""
        told.append(
            f"Attempt {bar.attempt}, {lane.provider} {lane.model}{key}, at {words.seconds(bar.start)}: "
            f"{bar.word}{detail}{', its text was discarded' if bar.discarded else ''}."
        )
    told += [f"{arrow.title}: {arrow.reason}." for arrow in timeline.arrows if arrow.final]
    told += [f"{pause.word}." for pause in timeline.pauses if pause.running]
    return " ".join(told)
