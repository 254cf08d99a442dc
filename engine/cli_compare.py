"""Comparisons from the command line: progress on standard error, results on standard output, and a report in a file."""

import argparse
import asyncio
import contextlib
import platform
import secrets
import signal
import sys
from collections.abc import Callable, Generator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from msgspec.structs import replace

from engine import prices
from engine.compare import report, saved, schedule, set_file, stats
from engine.compare.report_words import amount
from engine.compare.results import Priced, Result
from engine.compare.runner import End, Progress, Runner
from engine.compare.sets import Comparison, Mode, cases
from engine.core.request import Candidate, Usage
from engine.playground import Playground
from engine.state import default_dir, write_atomically

PASSED, FAILED, INTERRUPTED = 0, 1, 130
SEED_BELOW = 1_000_000


class CompareError(Exception):
    """One sentence for the user; exit code 2."""


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:  # pyright: ignore[reportPrivateUsage] argparse names it so
    parser = commands.add_parser("compare", help="put the same prompts to several routes, and measure each")
    parser.add_argument("file", type=Path, metavar="FILE", help="the comparison, a TOML file")
    parser.add_argument("--repeat", type=int, metavar="N", help="runs of each prompt in each column")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="every number on standard output, as JSON")
    form.add_argument("--junit", action="store_true", help="the checks on standard output, as JUnit's XML")
    parser.add_argument(
        "--report", type=Path, metavar="OUT", help="a report; its form by its ending: html, md, csv ..."
    )
    parser.add_argument("--seed", type=int, metavar="N", help="of the order; chosen and shown where it is not given")
    parser.add_argument("--mode", choices=[mode.value for mode in Mode], help="how many runs go on at a time")
    parser.add_argument("--cap", type=float, metavar="USD", help="start no run that could cost more than this in all")
    parser.add_argument("--resume", action="store_true", help="do only what the last comparison of this file left")
    parser.add_argument("--yes", action="store_true", help="begin without a question, however many runs it is")
    parser.add_argument("--state", type=Path, metavar="DIR", help="where results, cooldowns and history live")


async def run(options: argparse.Namespace) -> int:
    """Returns the exit code: 0 when every run answered and every check passed, 1 when not, 130 when interrupted.
    Raises CompareError and OSError, each to be said in one line with exit code 2."""
    try:
        return await _compare(options)
    except (set_file.SetError, saved.SavedError, prices.PriceError) as error:
        raise CompareError(str(error)) from None


async def _compare(options: argparse.Namespace) -> int:
    comparison = _with_options(set_file.load(options.file), options)
    form = _form(options.report)
    state: Path = options.state or default_dir()
    priced = _priced(prices.load(state))
    async with Playground(state) as playground:
        journal = _journal(comparison, options, state)
        try:
            runner = Runner(
                journal, comparison, playground.start, priced, told=_tell, kept=lambda result: _say(result, comparison)
            )
            _ask_first(comparison, runner.estimate, options)
            end = await _run(runner, comparison, journal)
        finally:
            journal.close()
    made = report.report(journal.header, comparison, tuple(journal.results))
    if form is not None:
        write_atomically(options.report, form(made).encode())
    print(_output(made, options), end="")
    return _code(end, made)


def _with_options(comparison: Comparison, options: argparse.Namespace) -> Comparison:
    if options.repeat is not None and options.repeat < 1:
        raise CompareError("--repeat must be at least 1.")
    if options.cap is not None and not 0 < options.cap < float("inf"):
        raise CompareError("--cap must be more than 0, in US dollars.")
    return replace(
        comparison,
        repeat=comparison.repeat if options.repeat is None else options.repeat,
        seed=comparison.seed if options.seed is None else options.seed,
        cap=comparison.cap if options.cap is None else options.cap,
        mode=comparison.mode if options.mode is None else Mode(options.mode),
    )


def _form(path: Path | None) -> Callable[[report.Report], str] | None:
    """How the report is written, by its ending."""
    if path is None:
        return None
    if (form := report.FORMS.get(path.suffix.lower())) is None:
        raise CompareError(f"{path}: a report ends in one of {', '.join(report.FORMS)}.")
    return form


def _priced(table: prices.Prices) -> Priced:
    def priced(candidate: Candidate, usage: Usage) -> float | None:
        return prices.cost(usage, table.price(candidate.provider, candidate.model), candidate.dialect)

    return priced


def _journal(comparison: Comparison, options: argparse.Namespace, state: Path) -> saved.Journal:
    if options.resume:
        if (path := saved.newest(state, comparison)) is None:
            raise CompareError(f"{options.file}: there is nothing to resume. Begin without --resume.")
        return saved.resume(path, comparison)
    seed = secrets.randbelow(SEED_BELOW) if comparison.seed is None else comparison.seed
    return saved.begin(state, comparison, seed, _versions())


def _versions() -> dict[str, str]:
    try:
        own = version("streamover")
    except PackageNotFoundError:
        own = "from source"
    return {"streamover": own, "Python": platform.python_version(), platform.system() or "system": platform.release()}


def _ask_first(comparison: Comparison, estimate: schedule.Estimate, options: argparse.Namespace) -> None:
    if comparison.cap is not None and estimate.unpriced:
        raise CompareError(
            f"The price of {', '.join(estimate.unpriced)} is not known, so the cap cannot hold. Add it to prices.toml, "
            "or run without a cap."
        )
    question = schedule.question(estimate)
    if question is not None and not options.yes:
        raise CompareError(f"{question.text} Say so with --yes.")


async def _run(runner: Runner, comparison: Comparison, journal: saved.Journal) -> End:
    estimate = runner.estimate
    unknown = f", without {', '.join(estimate.unpriced)}, whose price is not known" if estimate.unpriced else ""
    _note(f"{estimate.runs} runs, about ${estimate.dollars:.4f}{unknown}; seed {journal.header.seed}; {journal.path}")
    if apart := schedule.holds_apart(comparison):
        _note(apart)
    with _stopped_by_signals(runner):
        end = await runner.run()
    if end is not End.DONE:
        why = "The cap is reached" if end is End.CAPPED else "Stopped"
        _note(f"{why}: {runner.progress.left} runs were not started; --resume does the rest.")
    return end


@contextlib.contextmanager
def _stopped_by_signals(runner: Runner) -> Generator[None]:
    """An interrupt ends the comparison as a person's Stop does, so that what is done is kept and told."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    with contextlib.suppress(NotImplementedError):  # Windows: Python's own KeyboardInterrupt ends it there
        for number in numbers:
            loop.add_signal_handler(number, runner.stop)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)


def _note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell(progress: Progress) -> None:
    left = "" if progress.seconds_left is None else f", about {progress.seconds_left:.0f} s left"
    sign = "~" if progress.estimated else ""
    running = f"{progress.running} running, {progress.left} to start"
    _note(f"{progress.done} done, {running}{left}, {sign}${progress.spent:.4f} spent")


def _say(result: Result, comparison: Comparison) -> None:
    failed = [judged for judged in result.checks if not judged.passed]
    seconds = "" if result.measures.total is None else f" in {result.measures.total:.2f} s"
    checks = "".join(f"; {judged.check}: {judged.why}" for judged in failed)
    label = comparison.columns[result.column].label
    case = cases(comparison)[result.case].name
    _note(f"{label}, {case}, run {result.repetition + 1}: {result.outcome.value}{seconds}{checks}")


def _output(made: report.Report, options: argparse.Namespace) -> str:
    if options.json:
        return report.data(made)
    if options.junit:
        return report.junit(made)
    return "".join(_column(column) + "\n" for column in made.columns)


def _column(column: stats.ColumnStats) -> str:
    """A line for each column: what most people ask first."""
    metrics = [
        metric for metric in stats.METRICS if metric.name in ("first_word", "total", "tokens_per_second", "cost")
    ]
    medians = [
        f"{metric.title.lower()} {amount(metric, found.p50)}{' (best)' if found.best else ''}"
        for metric in metrics
        if (found := column.spreads[metric.name]).p50 is not None
    ]
    counts = f"{column.answered} of {column.runs} answered, {column.checks_passed} of {column.checks} checks passed"
    return f"{column.label}: " + ", ".join([counts, *medians])


def _code(end: End, made: report.Report) -> int:
    if end is End.STOPPED:
        return INTERRUPTED
    whole = end is End.DONE and all(result.passed for result in made.results)
    return PASSED if whole else FAILED
