"""The words that every form of a report shares: the facts at its head, the settings, and how a number is written."""

import time
from collections.abc import Sequence

import msgspec

from engine.compare import schedule, stats
from engine.compare.results import Result
from engine.compare.sets import Column, Comparison, Mode, cases, modified

MODES = {
    Mode.ALL_AT_ONCE: "all columns at once",
    Mode.ONE_AT_A_TIME: "one run at a time",
    Mode.BY_BACKEND: "by back-end: in turn within one, beside one another across them",
}

Facts = tuple[tuple[str, str], ...]


def facts_of(
    comparison: Comparison, seed: int, wall: float, versions: dict[str, str], results: Sequence[Result]
) -> Facts:
    """Name and value, in the order in which they are shown."""
    expected = len(cases(comparison)) * len(comparison.columns) * comparison.repeat
    dollars = [result.measures.cost for result in results]
    spent = f"${sum(cost for cost in dollars if cost is not None):.4f}"
    if None in dollars:
        spent += f", and {dollars.count(None)} runs whose price is not known"
    common = ", ".join(f"{k} = {v}" for k, v in msgspec.to_builtins(comparison.parameters).items())
    found = (
        ("Date", time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(wall))),
        ("Versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("Runs", f"{len(results)} of {expected}"),
        ("Spent", spent),
        ("Mode", MODES[comparison.mode]),
        ("Seed", str(seed)),
        ("Parameters", common or "the providers' own defaults"),
        ("Tags", ", ".join(comparison.tags)),
        ("Note", schedule.holds_apart(comparison)),
    )
    return tuple((name, value) for name, value in found if value)


def settings(comparison: Comparison, column: Column) -> str:
    """The parameters in which a column differs, with their values."""
    own = msgspec.to_builtins(column.parameters)
    return ", ".join(f"{name} = {own.get(name)}" for name in modified(comparison, column))


def amount(metric: stats.Metric, value: float | None) -> str:
    """A number with its unit, to the digits that mean something."""
    if value is None:
        return "–"
    match metric.unit:
        case "s":
            return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.2f} s"
        case "$":
            return f"${value:.4f}" if value < 1 else f"${value:.2f}"
        case "/s":
            return f"{value:.1f} /s"
        case _:
            return f"{value:.0f}" if value == int(value) else f"{value:.1f}"
