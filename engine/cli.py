"""`streamover-cli`: the same engine without a window, for scripts, CI and machines without a screen."""

import argparse
import asyncio
import contextlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from engine import cli_compare, cli_lab, routes
from engine.core import events as e
from engine.core import journal
from engine.core.events import Outcome
from engine.core.request import Request, Route, ask
from engine.core.run import Run
from engine.core.summary import failure_lines, summary
from engine.history import HistoryError
from engine.lab.scenarios import SCENARIOS
from engine.lab.server import LabUnavailable
from engine.narrate import Narrator
from engine.playground import Handle, Playground
from engine.providers.catalog import CatalogError
from engine.state import default_dir, write_atomically

EXIT = {Outcome.ANSWERED: 0, Outcome.FAILED: 1, Outcome.PARTIAL: 3, Outcome.STOPPED: 130}
BAD_INPUT = 2
INTERRUPTED = 130


class BadInput(Exception):
    """One sentence for the user; exit code 2."""


# Each says in one line what is wrong and what to do.
BAD_INPUTS = (
    BadInput, routes.RouteError, CatalogError, HistoryError, LabUnavailable, cli_lab.UnknownScenario,
    cli_compare.CompareError,
)  # fmt: skip


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="streamover-cli", description="Ask along a route of providers, with failover.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    asking = commands.add_parser("ask", help="answer a prompt; the attempts go to standard error")
    asking.add_argument("prompt", metavar="PROMPT")
    asking.add_argument(
        "--route", metavar="NAME|FILE.toml", help="a saved route or a file; without it, the built-in lab"
    )
    asking.add_argument("--system", default="", metavar="TEXT", help="the system prompt")
    asking.add_argument("--state", type=Path, metavar="DIR", help="where cooldowns and history live")
    asking.add_argument("--journal", type=Path, metavar="FILE", help="record the run, to be replayed in the window")
    asking.add_argument("--json", action="store_true", help="each event as a JSON line, and a summary last")
    lab = commands.add_parser("lab", help="run the provider that fails on purpose, on 127.0.0.1")
    lab.add_argument("--port", type=int, default=0, metavar="N", help="0 takes any free one")
    lab.add_argument("--scenario", metavar="NAME", help="print the route file of this scenario as well")
    cli_compare.add_parser(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code. Prints one line and returns 2 for bad input."""
    options = parser().parse_args(arguments)
    try:
        match options.command:
            case "ask":
                return asyncio.run(_ask(options))
            case "compare":
                return asyncio.run(cli_compare.run(options))
            case _:
                return asyncio.run(cli_lab.serve(options.port, options.scenario))
    except BAD_INPUTS as error:
        print(f"streamover-cli: {error}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"streamover-cli: {error.filename or 'the system'}: {error.strerror or error}.", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


async def _ask(options: argparse.Namespace) -> int:
    state: Path = options.state or default_dir()
    async with Playground(state) as playground:
        for notice in playground.notices:
            print(f"streamover-cli: {notice}", file=sys.stderr)
        name = options.route or "lab:first"
        route = await _lab_route(name, playground) if name.startswith("lab:") else _route(name, state)
        try:
            request = ask(options.prompt, route, system=options.system)
        except ValueError as error:
            raise BadInput(str(error)) from None
        recorded: list[e.AnyEvent] = []
        playground.observers.append(lambda events, _: recorded.extend(events))
        run = await (_as_json(playground, request) if options.json else _as_text(playground, request))
        if options.journal is not None:
            write_atomically(options.journal, journal.dump(recorded))
    assert run.outcome is not None
    return EXIT[run.outcome]


async def _lab_route(name: str, playground: Playground) -> Route:
    scenario = name.removeprefix("lab:")
    if scenario not in SCENARIOS:
        raise BadInput(f"The lab has no scenario {scenario!r}. Choose one of: {', '.join(SCENARIOS)}.")
    await playground.lab.start()
    return playground.lab.route(scenario)


def _route(name: str, state: Path) -> Route:
    """A file by its path, or a route that was saved under its name."""
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return routes.load(path)
    saved = state / "routes" / f"{name}.toml"
    if not saved.is_file():
        known = ", ".join(sorted(p.stem for p in saved.parent.glob("*.toml"))) or "none"
        raise BadInput(f"There is no route {name!r}. Name a TOML file, or one of the saved routes: {known}.")
    return routes.load(saved)


async def _as_json(playground: Playground, request: Request) -> Run:
    async with playground.start(request) as handle:
        _stop_on_signals(handle)
        async for events, _ in handle.batches():
            for event in events:
                _line(sys.stdout, journal.encode(event))
        run = await handle
    _line(sys.stdout, msgspec.json.encode(summary(run)))
    return run


def _stop_on_signals(handle: Handle) -> None:
    """An interrupt ends the run as a person's Stop does, so that the partial text and the summary are still said."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows: Python's own KeyboardInterrupt ends it there
            loop.add_signal_handler(number, handle.stop)


def _line(stream: TextIO, data: bytes) -> None:
    stream.write(data.decode())
    stream.write("\n")
    stream.flush()


async def _as_text(playground: Playground, request: Request) -> Run:
    """The answer on standard output once it is certain; what is said of it on standard error, live."""
    narrator = Narrator(sys.stderr)
    async with playground.start(request) as handle:
        _stop_on_signals(handle)
        async for events, run in handle.batches():
            for event in events:
                narrator.tell(event, run)
        run = await handle
    if run.text:
        print(run.text)
    if run.outcome in (e.Outcome.FAILED, e.Outcome.PARTIAL):
        print("\n".join(failure_lines(run)), file=sys.stderr)
    return run


if __name__ == "__main__":
    sys.exit(main())
