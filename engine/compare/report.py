"""A finished comparison as a report: one value, written as a page, a document, a table, data or test results."""

import csv
import io
import re
import time
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from engine.compare import report_html, stats
from engine.compare.report_words import Facts, amount, facts_of, settings
from engine.compare.results import Measures, Result
from engine.compare.saved import Header, redacted
from engine.compare.sets import Comparison, cases

_CONTROL = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # what XML 1.0 cannot hold


class Report(Struct, frozen=True, kw_only=True):
    """All that a report shows, redacted. `versions` is by the name of what has one."""

    comparison: Comparison
    seed: int
    wall: float
    versions: dict[str, str]
    results: tuple[Result, ...]
    columns: tuple[stats.ColumnStats, ...]

    @property
    def facts(self) -> Facts:
        """What is said at the head of every form."""
        return facts_of(self.comparison, self.seed, self.wall, self.versions, self.results)


def report(header: Header, comparison: Comparison, results: tuple[Result, ...]) -> Report:
    """The report of these results, with every text redacted."""
    clean = msgspec.convert(redacted(msgspec.to_builtins(comparison)), Comparison)
    kept = msgspec.convert(redacted(msgspec.to_builtins(results)), tuple[Result, ...])
    ordered = tuple(sorted(kept, key=lambda result: (result.case, result.column, result.repetition)))
    labels = [column.label for column in clean.columns]
    return Report(
        comparison=clean,
        seed=header.seed,
        wall=header.wall,
        versions=header.versions,
        results=ordered,
        columns=stats.statistics(labels, ordered, seed=header.seed),
    )


def html(made: Report) -> str:
    """One page that needs nothing else: no script, no network."""
    return report_html.page(made.comparison, made.results, made.columns, made.facts)


def markdown(made: Report) -> str:
    """The medians with their intervals, the failures, and every raw number."""
    lines = [f"# {_cell(made.comparison.name)}", ""]
    lines += [f"- {_cell(name)}: {_cell(value)}" for name, value in made.facts]
    lines += ["", "| | " + " | ".join(_cell(column.label) for column in made.columns) + " |"]
    lines += ["|---" * (len(made.columns) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(values)} |" for name, values in _rows(made)]
    lines += ["", "Times are medians, with the 95 % bootstrap interval of the median. `*` marks the best.", ""]
    lines += [f"- **{metric.title}**: {metric.meaning}" for metric in stats.METRICS]
    lines += ["", "## Every run", "", "| " + " | ".join(_HEAD) + " |", "|---" * len(_HEAD) + "|"]
    lines += [f"| {' | '.join(map(_cell, row))} |" for row in _table(made)]
    return "\n".join(lines) + "\n"


def _rows(made: Report) -> list[tuple[str, list[str]]]:
    rows = [
        ("Runs", [str(column.runs) for column in made.columns]),
        ("Failed", [str(column.failed) for column in made.columns]),
        ("Fell back", [str(column.fell_back) for column in made.columns]),
        ("Cold / warm", [f"{column.cold} / {column.warm}" for column in made.columns]),
        ("Checks passed", [f"{column.checks_passed} of {column.checks}" for column in made.columns]),
        ("Settings of its own", [_cell(settings(made.comparison, column)) for column in made.comparison.columns]),
    ]
    medians = [
        (metric.title, [_median(metric, column.spreads[metric.name]) for column in made.columns])
        for metric in stats.METRICS
    ]
    return rows + medians


def _median(metric: stats.Metric, spread: stats.Spread) -> str:
    if spread.p50 is None:
        return "not known"
    interval = ""
    if spread.low is not None and spread.high is not None:
        interval = f" ({amount(metric, spread.low)} to {amount(metric, spread.high)})"
    return f"{'* ' if spread.best else ''}{amount(metric, spread.p50)}{interval}"


def _cell(text: str) -> str:
    """Text that stays in its cell, and that no reader takes for markup."""
    flat = " ".join(str(text).split())
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", flat)


_HEAD = (
    "order", "case", "column", "repetition", "outcome", "served by", "finish", "connection", "fallbacks",
    "checks failed", *Measures.__struct_fields__, "cost estimated", "faults", "run",
)  # fmt: skip


def _table(made: Report) -> list[list[str]]:
    """Every raw number, a row for each run. What is not known is empty."""
    named = [case.name for case in cases(made.comparison)]
    return [_row(made, result, named[result.case]) for result in made.results]


def _row(made: Report, result: Result, case: str) -> list[str]:
    connection = {True: "cold", False: "warm", None: ""}[result.cold]
    values = msgspec.structs.asdict(result.measures).values()
    return [
        str(result.order),
        case,
        made.columns[result.column].label,
        str(result.repetition + 1),
        result.outcome.value,
        result.served_by,
        result.finish,
        connection,
        str(result.fallbacks),
        str(sum(not check.passed for check in result.checks)),
        *("" if value is None else f"{value:.9g}" for value in values),
        "yes" if result.cost_estimated else "",
        " ".join(tried.fault for tried in result.tried if tried.fault),
        result.run,
    ]


def table(made: Report) -> str:
    """CSV (RFC 4180), with the answers. A text that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*_HEAD, "answer"])
    for row, result in zip(_table(made), made.results, strict=True):
        writer.writerow(map(_unarmed, [*row, result.text]))
    return out.getvalue()


def _unarmed(text: str) -> str:
    return f"'{text}" if re.match(r"\s*[=+@]|\s*-(?!\d)|[\t\r]", text) else text


def data(made: Report) -> str:
    """JSON: the settings, the statistics, their definitions, and every run whole."""
    whole: dict[str, Any] = {
        "type": "comparison",
        "began": made.wall,
        "date": _date(made.wall),
        "seed": made.seed,
        "versions": made.versions,
        "comparison": made.comparison,
        "metrics": stats.METRICS,
        "columns": made.columns,
        "results": made.results,
    }
    return msgspec.json.format(msgspec.json.encode(whole), indent=2).decode() + "\n"


def junit(made: Report) -> str:
    """JUnit's XML: a suite for each column, a case for each run. A run that did not answer is an error."""
    suites = [_suite(made, i) for i in range(len(made.columns))]
    failed = sum(result.answered and not result.passed for result in made.results)
    errors = sum(not result.answered for result in made.results)
    head = f'<testsuites name="{_xml(made.comparison.name)}" tests="{len(made.results)}"'
    return "\n".join([
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'{head} failures="{failed}" errors="{errors}">',
        *suites,
        "</testsuites>\n",
    ])  # fmt: skip


def _suite(made: Report, column: int) -> str:
    own = [result for result in made.results if result.column == column]
    named = [case.name for case in cases(made.comparison)]
    failed = sum(result.answered and not result.passed for result in own)
    errors = sum(not result.answered for result in own)
    seconds = sum(result.measures.total or 0.0 for result in own)
    head = f'<testsuite name="{_xml(made.columns[column].label)}" tests="{len(own)}" failures="{failed}"'
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(made.wall))
    lines = [f'{head} errors="{errors}" time="{seconds:.3f}" timestamp="{stamp}">']
    lines += [_testcase(made, result, named[result.case]) for result in own]
    return "\n".join([*lines, "</testsuite>"])


def _testcase(made: Report, result: Result, case: str) -> str:
    name, group = f"{case}, run {result.repetition + 1}", made.columns[result.column].label
    head = f'<testcase name="{_xml(name)}" classname="{_xml(group)}" time="{result.measures.total or 0.0:.3f}">'
    body: list[str] = []
    if not result.answered:
        faults = "; ".join(
            f"{tried.label}: {tried.word} {tried.detail}".strip() for tried in result.tried if tried.fault
        )
        body.append(f'<error message="{result.outcome.value}">{_xml(faults)}</error>')
    elif wrong := [check for check in result.checks if not check.passed]:
        told = "\n".join(f"{check.check}: {check.why}" for check in wrong)
        body.append(f'<failure message="{_xml(wrong[0].check)}">{_xml(told)}</failure>')
    return "\n".join([head, *body, f"<system-out>{_xml(result.text)}</system-out>", "</testcase>"])


def _xml(text: str) -> str:
    clean = _CONTROL.sub("\ufffd", text)
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        clean = clean.replace(sign, name)
    return clean


def _date(wall: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(wall))


FORMS: dict[str, Callable[[Report], str]] = {
    ".html": html,
    ".md": markdown,
    ".csv": table,
    ".json": data,
    ".xml": junit,
}
