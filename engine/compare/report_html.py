"""The report as one page: a plot of every run as a dot, the tables, and every raw number. No script and no network."""

from collections.abc import Sequence
from html import escape

from engine.compare import stats
from engine.compare.report_plot import plot
from engine.compare.report_words import Facts, amount, settings
from engine.compare.results import Measures, Result
from engine.compare.sets import Comparison, cases

PLOTTED = ("first_word", "total", "tokens_per_second", "cost")
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
STYLE = """
:root { color-scheme: light dark; --surface: #FFFFFF; --raised: #F6F6F7; --line: #E2E4E7; --grid: #ECEEF0;
  --text: #16181D; --muted: #595F69; --accent: #1540C4; --good: #058053; --bad: #8F0A0F; }
@media (prefers-color-scheme: dark) { :root { --surface: #16181B; --raised: #1E2125; --line: #2C3036; --grid: #24282D;
  --text: #ECEDEF; --muted: #A0A6AF; --accent: #4C93FF; --good: #4FB286; --bad: #F3564A; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--surface); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; font-weight: 600; margin: 0 0 16px; overflow-wrap: anywhere; }
h2 { font-size: 17px; font-weight: 600; margin: 32px 0 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0; }
dt, .quiet { color: var(--muted); } p.quiet { margin: 0 0 8px; } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 5px 12px; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } th:first-child, td:first-child { text-align: left; padding-left: 0; }
thead th { vertical-align: bottom; max-width: 220px; overflow-wrap: break-word; }
details td, details th:first-child { white-space: nowrap; }
td small { display: block; color: var(--muted); white-space: nowrap; }
.best { font-weight: 700; } .best::before { content: "◆ "; color: var(--accent); }
.bad { color: var(--bad); } .good { color: var(--good); }
svg { display: block; width: 100%; height: auto; } svg text { fill: var(--muted); font: 12px system-ui, sans-serif; }
svg .name { fill: var(--text); } svg .grid { stroke: var(--grid); } svg .dot { fill: var(--accent); fill-opacity: .55; }
svg .median { stroke: var(--text); stroke-width: 2; } svg .span { fill: var(--text); fill-opacity: .12; }
svg .failed { stroke: var(--bad); stroke-width: 1.6; fill: none; }
details { border-top: 1px solid var(--line); padding: 8px 0; } summary { cursor: pointer; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; background: var(--raised); padding: 12px; margin: 8px 0;
  font: 13px/1.5 ui-monospace, monospace; }
summary:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
""".strip()


def page(comparison: Comparison, results: Sequence[Result], columns: Sequence[stats.ColumnStats], facts: Facts) -> str:
    """The whole document. Every text is escaped."""
    body = [
        f"<h1>{escape(comparison.name)}</h1>",
        "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts) + "</dl>",
        *_plots(results, columns),
        "<h2>Each column</h2>",
        _summary(comparison, columns),
        _definitions(),
        "<h2>Every run</h2>",
        _raw(comparison, results, columns),
        "<h2>Answers</h2>",
        *_answers(comparison, results, columns),
    ]
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width"><link rel="icon" href="data:,">'
        f"<title>{escape(comparison.name)}</title><style>{STYLE}</style>"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head>{head}</head>\n<body><main>\n'
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _plots(results: Sequence[Result], columns: Sequence[stats.ColumnStats]) -> list[str]:
    shown: list[str] = []
    for metric in stats.METRICS:
        if metric.name in PLOTTED and (drawn := plot(metric, results, columns)):
            shown += [f"<h2>{metric.title}</h2>", f'<p class="quiet">{escape(metric.meaning)}</p>', drawn]
    return shown


def _summary(comparison: Comparison, columns: Sequence[stats.ColumnStats]) -> str:
    """Counts first, since a median without them misleads; then the metrics, the best in bold and with a mark."""
    own = [settings(comparison, column) or "as all" for column in comparison.columns]
    rows = [
        _tr("Runs", [str(c.runs) for c in columns]),
        _tr("Failed", [f'<span class="bad">✕ {c.failed}</span>' if c.failed else "0" for c in columns]),
        _tr("Fell back", [str(c.fell_back) for c in columns]),
        _tr("Cold / warm", [f"{c.cold} / {c.warm}" for c in columns]),
        _tr("Checks passed", [f"{c.checks_passed} of {c.checks}" for c in columns]),
        _tr("Same answer again", ["–" if c.same_answers is None else f"{c.same_answers:.0%}" for c in columns]),
        _tr("Faults", [escape(", ".join(f"{n} × {kind}" for kind, n in c.faults)) or "none" for c in columns]),
        _tr("Settings", [escape(words) for words in own]),
        *(_tr(m.title, [_spread(m, c.spreads[m.name]) for c in columns]) for m in stats.METRICS),
    ]
    head = "".join(f'<th scope="col">{escape(column.label)}</th>' for column in columns)
    return _scrolled(f"<th></th>{head}", rows)


def _tr(name: str, cells: list[str]) -> str:
    return f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _spread(metric: stats.Metric, spread: stats.Spread) -> str:
    if spread.p50 is None:
        return '<span class="quiet">not known</span>'
    median = amount(metric, spread.p50)
    median = f'<span class="best">{median}</span>' if spread.best else median
    interval = ""
    if spread.low is not None and spread.high is not None:
        interval = f"<small>{amount(metric, spread.low)} to {amount(metric, spread.high)}</small>"
    tails = [_tail(metric, percent, value, spread.n) for percent, value in ((95, spread.p95), (99, spread.p99))]
    return f"{median}{interval}<small>mean {amount(metric, spread.mean)}, n = {spread.n}</small>{''.join(tails)}"


def _tail(metric: stats.Metric, percent: int, value: float | None, n: int) -> str:
    """Of few runs, a high percentile is little more than the slowest one: it is marked with a tilde."""
    mark = "" if n >= stats.ENOUGH[percent] else "~ "
    return f"<small>p{percent} {mark}{amount(metric, value)}</small>"


def _definitions() -> str:
    said = "".join(f"<dt>{metric.title}</dt><dd>{escape(metric.meaning)}</dd>" for metric in stats.METRICS)
    note = (
        "The large number is the median of the answered runs; below it stands its 95 % percentile bootstrap interval. "
        "◆ marks the best median of the columns that answered more than half of their runs, and those within its "
        "interval. ~ marks a percentile of so few runs that it is little more than the extreme one."
    )
    return f'<details><summary>What the numbers mean</summary><p class="quiet">{note}</p><dl>{said}</dl></details>'


def _raw(comparison: Comparison, results: Sequence[Result], columns: Sequence[stats.ColumnStats]) -> str:
    named = [case.name for case in cases(comparison)]
    titles = {metric.name: metric.title for metric in stats.METRICS}
    head = ["Case", "Column", "Run", "Order", "Outcome", "Connection", "Fallbacks"]
    head += [titles[name] for name in Measures.__struct_fields__]
    rows = [_raw_row(result, named[result.case], columns[result.column].label) for result in results]
    ths = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    summary = f"{len(results)} runs, each number as measured"
    return f"<details><summary>{summary}</summary>{_scrolled(ths, rows)}</details>"


def _scrolled(head: str, rows: list[str]) -> str:
    """A table that scrolls sideways in its own place, so that the page does not."""
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'<div class="scroll" tabindex="0">{table}</div>'


def _raw_row(result: Result, case: str, label: str) -> str:
    outcome = f'<span class="{"good" if result.answered else "bad"}">{result.outcome.value}</span>'
    connection = {True: "cold", False: "warm", None: "–"}[result.cold]
    cells = [escape(label), str(result.repetition + 1), str(result.order), outcome, connection, str(result.fallbacks)]
    cells += [_number(getattr(result.measures, name)) for name in Measures.__struct_fields__]
    return _tr(case, cells)


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.6g}"


def _answers(comparison: Comparison, results: Sequence[Result], columns: Sequence[stats.ColumnStats]) -> list[str]:
    known = cases(comparison)
    shown: list[str] = []
    for place, case in enumerate(known):
        own = [result for result in results if result.case == place]
        parts = "".join(_answer(result, columns[result.column].label) for result in own)
        system = f'<p class="quiet">System prompt</p><pre>{escape(case.system)}</pre>' if case.system else ""
        asked = f'{system}<p class="quiet">Prompt</p><pre>{escape(case.text)}</pre>'
        shown.append(f"<details><summary>{escape(case.name)}</summary>{asked}{parts}</details>")
    return shown


def _answer(result: Result, label: str) -> str:
    served = f", by {result.served_by}" if result.served_by and result.served_by != label else ""
    said = f"{label}, run {result.repetition + 1}: {result.outcome.value}{served}"
    faults = [f"{tried.label}: {tried.word}. {tried.detail}" for tried in result.tried if tried.fault]
    checks = [f"{'✓' if judged.passed else '✕'} {judged.check} {judged.why}" for judged in result.checks]
    lines = "".join(f"<li>{escape(line)}</li>" for line in [*faults, *checks])
    return f"<p>{escape(said)}</p>{f'<ul>{lines}</ul>' if lines else ''}<pre>{escape(result.text)}</pre>"
