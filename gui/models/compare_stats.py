"""What the statistics of a comparison show: every run, the cold and the warm ones apart, and the votes."""

from msgspec import Struct

from engine.compare import stats
from engine.compare.elo import Standing
from engine.compare.results import Result
from engine.compare.runner import Progress
from engine.compare.schedule import Estimate
from gui.models.compare import dollars


class Shown(Struct, frozen=True, kw_only=True):
    """The results with the statistics of each column over all of them, over cold and over warm connections; the
    standings are those of all votes."""

    results: tuple[Result, ...] = ()
    columns: tuple[stats.ColumnStats, ...] = ()
    cold: tuple[stats.ColumnStats, ...] = ()
    warm: tuple[stats.ColumnStats, ...] = ()
    seed: int | None = None
    standings: tuple[Standing, ...] = ()


def counted(labels: tuple[str, ...], results: tuple[Result, ...], seed: int) -> Shown:
    """The statistics, which take a while: about 0.6 ms for each column, metric and part."""
    parts = (results, stats.only(results, cold=True), stats.only(results, cold=False))
    columns, cold, warm = (stats.statistics(labels, part, seed=seed) for part in parts)
    return Shown(results=results, columns=columns, cold=cold, warm=warm, seed=seed)


def progress_words(progress: Progress, seed: int) -> str:
    """ "12 of 80 runs, about 34 s left, seed 4711"."""
    total = progress.done + progress.running + progress.left
    left = progress.seconds_left if progress.done < total else None
    told = [f"{progress.done} of {total} runs", f"about {left:.0f} s left" if left is not None else "", f"seed {seed}"]
    return ", ".join(filter(None, told))


def capped_words(progress: Progress) -> str:
    return f"The cap is reached: {progress.left} runs were not started. Raise it to run them."


def estimate_words(estimate: Estimate) -> str:
    """What the runs may cost; empty where they cost nothing."""
    if not estimate.dollars and not estimate.unpriced:
        return ""
    without = f" without {', '.join(estimate.unpriced)}" if estimate.unpriced else ""
    return f"estimate {dollars(estimate.dollars)}{without}"
