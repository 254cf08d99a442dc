"""`streamover-cli`: the same engine without a window, for scripts, CI and machines without a screen."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, ParamSpec, TextIO, TypeVar

import msgspec

from engine import cli_compare, cli_keys, cli_lab, routes
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

P = ParamSpec("P")
T = TypeVar("T")

# What JSON leaves as it is and others take for the end of a line, or for an order to the terminal.
ESCAPED = {code: f"\\u{code:04x}" for code in (*range(0x7F, 0xA0), 0x2028, 0x2029)}
STEERING = {code: " " for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


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
    cli_keys.add_parsers(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command line; returns the exit code. Prints one line and returns 2 for bad input."""
    _ready_streams()
    options = parser().parse_args(arguments)
    try:
        match options.command:
            case "ask":
                return _run(_ask(options))
            case "compare":
                return asyncio.run(cli_compare.run(options))
            case "keys" | "providers" | "models" | "check":
                return asyncio.run(cli_keys.run(options))
            case _:
                return asyncio.run(cli_lab.serve(options.port, options.scenario))
    except BAD_INPUTS as error:
        print(f"streamover-cli: {error}", file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:  # whoever read has gone, as `head` does: nobody is left to be told
        _drop_output()
        return INTERRUPTED
    except OSError as error:
        print(f"streamover-cli: {error.filename or 'the system'}: {error.strerror or error}.", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED


class _Unawaited(ThreadPoolExecutor):
    """Threads that do not hold up the end of the program: the look-up of a name cannot be called off, and may take half
    a minute where the network is gone."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()

        def work() -> None:
            try:
                result = fn(*args, **kwargs)
            except BaseException as error:  # it is whoever awaits the future that it concerns
                future.set_exception(error)
            else:
                future.set_result(result)

        future.set_running_or_notify_cancel()
        threading.Thread(target=work, daemon=True).start()
        return future


def _run(coroutine: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(_Unawaited())
        return runner.run(coroutine)


def _ready_streams() -> None:
    """A stream that the caller closed swallows what it is told; one in a narrow encoding writes escapes."""
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 held until the program ends
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 held until the program ends
    _written(errors="backslashreplace")


def _written(**how: str) -> None:
    """How standard output is written from now on; one that a test or a host has replaced stays as it is."""
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(**how)


def _drop_output() -> None:
    """Python flushes once more when it ends, which must not fail again."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            os.dup2(nothing, stream.fileno())


async def _ask(options: argparse.Namespace) -> int:
    state: Path = options.state or default_dir()
    async with Playground(state) as playground:
        for notice in playground.notices:
            print(f"streamover-cli: {notice}", file=sys.stderr)
        name = "lab:first" if options.route is None else options.route
        route = await _lab_route(name, playground) if name.startswith("lab:") else _route(name, state)
        request = _request(options, route)
        recorded: list[e.AnyEvent] = []
        playground.observers.append(lambda events, _: recorded.extend(events))
        run = await (_as_json(playground, request) if options.json else _as_text(playground, request))
        if options.journal is not None:
            write_atomically(options.journal, journal.dump(recorded))
    assert run.outcome is not None
    return EXIT[run.outcome]


def _request(options: argparse.Namespace, route: Route) -> Request:
    try:
        (options.prompt + options.system).encode()
        return ask(options.prompt, route, system=options.system)
    except UnicodeEncodeError:
        raise BadInput("The prompt is not text in this system's encoding: write it in UTF-8.") from None
    except ValueError as error:
        raise BadInput(str(error)) from None


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
    _written(encoding="utf-8")  # JSON is, whatever the system writes
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
    stream.write(data.decode().translate(ESCAPED))
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
        print(run.text.translate(STEERING) if sys.stdout.isatty() else run.text, flush=True)
    if run.outcome in (e.Outcome.FAILED, e.Outcome.PARTIAL):
        for line in failure_lines(run):
            print(line, file=sys.stderr)
    return run


if __name__ == "__main__":
    sys.exit(main())
