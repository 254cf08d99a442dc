"""Keys, providers and models from the command line. A secret is read from standard input or a hidden prompt, never from
the arguments, and never written anywhere but to the key store."""

import argparse
import contextlib
import functools
import getpass
import sys
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from pathlib import Path

import msgspec

from engine import check, custom_providers, prices, routes
from engine.check import CheckResult, Trial
from engine.clients import Clients
from engine.core.request import Candidate, Dialect, Route
from engine.custom_providers import ProvidersError
from engine.discovery import Found, discover
from engine.keys import KeyEntry, KeyRefused, KeyUnavailable, Where, environment_keys
from engine.models_book import ModelsBook, Shelf, usual
from engine.models_list import ModelsError, fetch_models, usual_key
from engine.models_read import ModelInfo
from engine.playground import Playground
from engine.prices import PriceError, Prices
from engine.providers.catalog import PROVIDERS, CatalogError, provider
from engine.route_book import BookError, RouteBook
from engine.state import default_dir

GOOD, FAILED, BAD_INPUT = 0, 1, 2
LONGEST_INPUT = 64 * 1024  # characters read of standard input for a key


def add_parsers(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:  # pyright: ignore[reportPrivateUsage] argparse names it so
    """Adds `keys`, `providers`, `models` and `check`."""
    state = argparse.ArgumentParser(add_help=False)
    state.add_argument("--state", type=Path, metavar="DIR", help="where the list of keys and the models live")
    _add_keys(commands.add_parser("keys", help="list, add, check and remove keys"), state)
    listing = commands.add_parser("providers", parents=[state], help="who can be asked, and what keys are there")
    listing.add_argument("--local", action="store_true", help="look for servers on this machine as well")
    models = commands.add_parser("models", parents=[state], help="ask a provider for its models")
    models.add_argument("provider", metavar="PROVIDER")
    models.add_argument("--key", default="", metavar="NAME", help="env:NAME or keyring:ALIAS; else the first that fits")
    models.add_argument("--base-url", metavar="URL", help="in place of the provider's own")
    models.add_argument(
        "--dialect", choices=[dialect.value for dialect in Dialect], help="in place of the provider's own"
    )
    models.add_argument("--cached", action="store_true", help="the list as it was fetched last; asks nobody")
    checking = commands.add_parser(
        "check", parents=[state], help="check each candidate of a route with each of its keys"
    )
    checking.add_argument("route", metavar="NAME|FILE.toml")


def _add_keys(parser: argparse.ArgumentParser, state: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    actions.add_parser("list", parents=[state], help="the keys, without their values")
    adding = actions.add_parser(
        "add", parents=[state], help="add a key; its value is read from standard input, or asked for without echo"
    )
    adding.add_argument("provider", metavar="PROVIDER")
    adding.add_argument("--name", default="main", metavar="ALIAS", help="what to call it")
    adding.add_argument("--env", metavar="VARIABLE", help="list a variable of the environment in place of a value")
    for action, words in (
        ("check", "ask the provider once with a key"),
        ("remove", "forget a key, in the keyring too"),
    ):
        one = actions.add_parser(action, parents=[state], help=words)
        one.add_argument("key", metavar="PROVIDER/ALIAS", nargs="*" if action == "check" else None)


async def run(options: argparse.Namespace) -> int:
    """Returns the exit code: 0 when all went well, 1 when a key, a candidate or a provider failed, 2 for bad input,
    which is said in one line on standard error. Raises history.HistoryError and OSError."""
    state: Path = options.state or default_dir()
    try:
        custom_providers.install(custom_providers.load(state))
        return await _command(options, state)
    except (KeyRefused, KeyUnavailable, CatalogError, ProvidersError, PriceError, routes.RouteError) as error:
        _complain(str(error))
        return BAD_INPUT


async def _command(options: argparse.Namespace, state: Path) -> int:
    match options.command:
        case "providers":
            return await _providers(state, options.local)
        case "models":
            return await _models(state, options)
        case "check":
            return await _check_route(state, options.route)
        case _:
            return await _keys(state, options)


async def _keys(state: Path, options: argparse.Namespace) -> int:
    async with Playground(state) as playground:
        match options.action:
            case "list":
                code = _list(await playground.keys.list())
            case "add":
                code = await _add(playground, options)
            case "remove":
                entry = await _entry(playground, options.key)
                await playground.keys.remove(entry.id)
                print(f"Removed {entry.provider}/{entry.alias}.")
                code = GOOD
            case _:
                code = await _check_keys(playground, options.key)
        for notice in playground.keys.take_notices():
            _complain(notice)
        return code


def _complain(sentence: str) -> None:
    print(f"streamover-cli: {sentence}", file=sys.stderr)


# Keys


def _list(entries: Sequence[KeyEntry]) -> int:
    rows = [(f"{e.provider}/{e.alias}", e.name, e.state.value, _date(e.checked)) for e in entries]
    _table(
        ("KEY", "NAME IN ROUTES", "STATE", "CHECKED"),
        rows,
        "There are no keys. Add one: streamover-cli keys add PROVIDER",
    )
    return GOOD


async def _add(playground: Playground, options: argparse.Namespace) -> int:
    row = provider(options.provider)
    if options.env:
        entry = await playground.keys.refer(row.name, options.env)
    else:
        entry = await playground.keys.add(row.name, options.name, _pasted(row.label))
    if entry.where is Where.SESSION:
        _complain("Nothing was added: a session ends with this command. Set a variable, and list it with --env.")
        return FAILED
    print(f"Added {entry.provider}/{entry.alias}. A route calls it {entry.name}.")
    return GOOD


def _pasted(label: str) -> str:
    """The secret, from a pipe or from a prompt that shows nothing of it."""
    if sys.stdin.isatty():
        try:
            return getpass.getpass(f"Key for {label} (hidden): ")
        except EOFError:
            return ""
    return sys.stdin.read(LONGEST_INPUT)


async def _entry(playground: Playground, name: str) -> KeyEntry:
    owner, _, alias = name.partition("/")
    entries = await playground.keys.list()
    fits = [e for e in entries if e.provider == owner and alias in (e.alias, e.id, e.name)]
    if fits:
        return fits[0]
    known = ", ".join(f"{e.provider}/{e.alias}" for e in entries) or "none"
    raise KeyRefused(f"There is no such key. Name one of these: {known}.")


async def _check_keys(playground: Playground, names: Sequence[str]) -> int:
    entries = [await _entry(playground, name) for name in names] if names else await playground.keys.list()
    wanted, unasked = list[Trial](), 0
    for entry in entries:
        candidate = usual(ModelsBook(playground.state).shelf(provider(entry.provider).name))
        if candidate is None:
            unasked += 1
            _complain(f"No model of {entry.provider} is known: run streamover-cli models {entry.provider} first.")
        else:
            wanted.append(Trial(id=entry.id, candidate=candidate, key=entry.name))
    results = await _checked(playground, wanted, {e.id: f"{e.provider}/{e.alias}" for e in entries})
    for key_id, result in results.items():
        if result.state is not None:
            await playground.keys.record_check(key_id, result.state)
    return GOOD if not unasked and all(result.ok for result in results.values()) else FAILED


async def _checked(playground: Playground, wanted: Sequence[Trial], labels: dict[str, str]) -> dict[str, CheckResult]:
    """Makes the trials; each is said as it ends."""
    results: dict[str, CheckResult] = {}

    def told(trial: Trial, result: CheckResult) -> None:
        results[trial.id] = result
        print(
            f"{'ok    ' if result.ok else 'failed'}  {labels[trial.id]}  {result.words} ({result.seconds:.1f} s)",
            flush=True,
        )

    if wanted:
        known = prices.load(playground.state)
        _complain(check.cost_note([trial.candidate for trial in wanted], known.price))
    await check.check_all(functools.partial(playground.start, afresh=True), wanted, told)
    return results


async def _check_route(state: Path, name: str) -> int:
    route = _route(state, name)
    async with Playground(state) as playground:
        wanted = [
            Trial(id=f"{place}/{key}", candidate=candidate, key=key)
            for place, candidate in enumerate(route.candidates)
            for key in candidate.keys or ("",)
        ]
        labels = {t.id: f"{t.candidate.label}{f' · {t.key}' if t.key else ''}" for t in wanted}
        results = await _checked(playground, wanted, labels)
    return GOOD if all(result.ok for result in results.values()) else FAILED


def _route(state: Path, name: str) -> Route:
    """A file by its path, or a saved route by its name. Raises routes.RouteError."""
    path = Path(name)
    if path.suffix == ".toml" or path.is_file():
        return routes.load(path)
    try:
        return RouteBook(state).load(name)
    except BookError as error:
        raise routes.RouteError(str(error)) from None


# Providers and models


async def _providers(state: Path, look: bool) -> int:
    async with Playground(state) as playground:
        entries = await playground.keys.list()
    found = {key.variable for key in environment_keys({row.name: row.env for row in PROVIDERS.values()})}
    rows: list[tuple[str, ...]] = []
    for row in PROVIDERS.values():
        own = [e.alias for e in entries if e.provider == row.name]
        keys = ", ".join((*own, *(name for name in row.env if name in found and name not in own)))
        rows.append((row.name, row.label, row.dialects[0].value, keys or ("" if row.needs_key else "needs none")))
    _table(("PROVIDER", "NAME", "DIALECT", "KEYS"), rows)
    if look:
        print()
        await _local()
    return GOOD


async def _local() -> None:
    async with _clients() as clients:
        found = await discover(clients)
    rows = [(s.provider, s.base_url, ", ".join(m.name for m in s.models[:3]) or _without(s)) for s in found]
    _table(("LOCAL SERVER", "ADDRESS", "MODELS"), rows, "No server of models answers on this machine.")


def _without(found: Found) -> str:
    return "wants a key" if found.needs_key else "none loaded"


async def _models(state: Path, options: argparse.Namespace) -> int:
    row = provider(options.provider)
    book = ModelsBook(state)
    shelf = book.shelf(row.name)
    if not options.cached:
        dialect = Dialect(options.dialect) if options.dialect else None
        asked = Candidate(provider=row.name, model="", base_url=options.base_url, dialect=dialect)
        try:
            models = await _fetched(state, asked, options.key)
        except ModelsError as error:
            _complain(str(error))
            return FAILED
        shelf = book.keep(row.name, models, fetched=time.time(), base_url=options.base_url or "")
    for notice in book.notices:
        _complain(notice)
    known = prices.load(state)
    rows = [_model_row(shelf, info, known) for info in sorted(shelf.models, key=lambda m: m.name not in shelf.starred)]
    _table(("MODEL", "WINDOW", "CAN", "PRICE"), rows, f"No models of {row.name} were fetched yet: leave out --cached.")
    return GOOD if rows else FAILED


async def _fetched(state: Path, asked: Candidate, key: str) -> tuple[ModelInfo, ...]:
    own = {custom.name: custom for custom in custom_providers.load(state)}
    headers = own[asked.provider].headers if asked.provider in own else {}
    async with Playground(state) as playground, _clients() as clients:
        name = key or await usual_key(playground.keys, asked.provider)
        return await fetch_models(clients, playground.keys, asked, name, headers=headers)


def _model_row(shelf: Shelf, info: ModelInfo, known: Prices) -> tuple[str, ...]:
    star = "★ " if info.name in shelf.starred else ""
    can = msgspec.structs.asdict(info.capabilities)
    price = known.price(shelf.provider, info.name)
    window = info.window or (price.context if price is not None else None)
    told = "unknown" if price is None else f"${price.input:g} in, ${price.output:g} out"
    return f"{star}{info.name}", f"{window:,}" if window else "unknown", ", ".join(n for n in can if can[n]), told


@contextlib.asynccontextmanager
async def _clients() -> AsyncGenerator[Clients]:
    clients = Clients()
    try:
        yield clients
    finally:
        await clients.aclose()


def _date(at: float | None) -> str:
    return "never" if at is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]], none: str = "") -> None:
    """Columns as wide as what stands in them. Without rows, `none` on standard error."""
    rows = tuple(rows)
    if not rows and none:
        _complain(none)
        return
    widths = [max(len(row[place]) for row in (headings, *rows)) for place in range(len(headings))]
    for row in (headings, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
