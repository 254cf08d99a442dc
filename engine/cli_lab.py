"""The lab from the command line: it serves until it is interrupted, and says what it is asked."""

import asyncio
import sys
from difflib import get_close_matches

from engine import routes
from engine.driver import spawn
from engine.lab.log import Entry
from engine.lab.scenarios import SCENARIOS
from engine.lab.server import Lab

POLL_SECONDS = 0.1


class UnknownScenario(Exception):
    """One sentence with the names that are known."""


async def serve(port: int, scenario: str | None) -> int:
    """Returns only when it is cancelled. Raises LabUnavailable and UnknownScenario."""
    if scenario is not None and scenario not in SCENARIOS:
        close = get_close_matches(scenario, SCENARIOS, 1) or sorted(SCENARIOS)
        raise UnknownScenario(f"There is no scenario {scenario!r}. Choose one of: {', '.join(close)}.")
    lab = await Lab().start(port)
    try:
        print(f"The lab listens at {lab.base}", flush=True)
        if scenario is not None:
            _announce(lab, scenario)
        await spawn(_report(lab), "lab report")
    finally:
        await lab.stop()
    return 0


def _announce(lab: Lab, scenario: str) -> None:
    """The route that plays the scenario, with the keys as environment variables that another process can set."""
    route = lab.route(scenario)
    names = sorted({key for candidate in route.candidates for key in candidate.keys})
    print("\n# Keys of this lab, good for as long as it runs:")
    for name in names:
        print(f"export LAB_{name.removeprefix('lab:').upper().replace('-', '_')}={lab.secret(name)}")
    print("\n# The route, as a file for streamover-cli ask --route:")
    text = routes.dump(route)
    for name in names:
        variable = f"env:LAB_{name.removeprefix('lab:').upper().replace('-', '_')}"
        text = text.replace(f'"{name}"', f'"{variable}"')
    print(text, flush=True)


async def _report(lab: Lab) -> None:
    told: set[int] = set()
    while True:
        entries = [entry for entry in lab.log.requests() if entry.ended]
        for entry in entries:
            if entry.number not in told:
                print(_told(entry), file=sys.stderr, flush=True)
        told = {entry.number for entry in entries}
        await asyncio.sleep(POLL_SECONDS)


def _told(entry: Entry) -> str:
    key = f" key {entry.key}" if entry.key else ""
    return f"{entry.number:4} {entry.method} {entry.path} {entry.model}{key}: {entry.status} {entry.ended}"
