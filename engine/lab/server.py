"""The lab's server: real HTTP/1.1 on 127.0.0.1, on raw streams, since no framework can fail as rudely as a socket."""

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from engine.core.faults import Kind
from engine.core.request import Route
from engine.lab import beats as b
from engine.lab.asked import LISTS, Asked, Gone, Incoming, Unreadable
from engine.lab.log import Entry, Log
from engine.lab.player import Player
from engine.lab.programme import CALM, Programme, Scenario, lab_route
from engine.lab.scenarios import SCENARIOS
from engine.lab.voice import CREATED, dumps

REMEMBERED = 4096  # places and keys whose requests are counted; the oldest are forgotten
MODELS = ("gpt-5", "claude-sonnet", "gemini-flash", "mistral-large")
UNKNOWN_KEY: b.Play = (b.Status(code=401, kind=Kind.AUTH),)
NOT_FOUND = "The lab knows no such path: ask POST with a dialect's own path, or GET /v1/models."


class LabUnavailable(Exception):
    """The lab cannot listen. The message is one sentence with the remedy."""


class Lab:
    """A provider that fails on purpose. `speed` divides every wait (not the stalls); `seed` sets the pace of words.

    Keys are made by `secret(name)` and last as long as this object. `bodies` keeps the requests' bodies in the log.
    """

    def __init__(
        self,
        *,
        speed: float = 1.0,
        seed: int = 7,
        bodies: bool = False,
        scenarios: Mapping[str, Scenario] = SCENARIOS,
    ) -> None:
        self.speed, self.seed = speed, seed
        self.log = Log(bodies=bodies)
        self.keys: dict[str, str] = {}  # value -> name
        self.scenarios = dict(scenarios)
        self.on_strike: Callable[[Entry, str], None] = lambda entry, beat: None  # told before the fault is played
        self.base = ""
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._programmes: dict[str, Programme] = {}
        self._counts: OrderedDict[tuple[str, int], int] = OrderedDict()
        self._sessions = 0
        self._stopping = False

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> Self:
        """Listens on 127.0.0.1; port 0 takes any free one. Raises LabUnavailable. Does nothing where it runs."""
        if self._server is not None:
            return self
        self._stopping = False
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        except (OSError, OverflowError) as error:
            why = f"Port {port} of 127.0.0.1 cannot be used: choose another port, or 0 for any free one."
            raise LabUnavailable(why) from error
        self.base = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def stop(self) -> None:
        """Ends every connection and stops listening. May be called again."""
        server, self._server, self._stopping = self._server, None, True
        if server is None:
            return
        server.close()
        await asyncio.sleep(0)  # connections that were just accepted get to see that we are stopping
        tasks = tuple(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)  # aborted sockets are closed by the loop's next turn

    def secret(self, name: str) -> str:
        """The value of a key of the lab ("work" or "lab:work"); made at random when first asked for."""
        name = name.removeprefix("lab:")
        for value, known in self.keys.items():
            if known == name:
                return value
        value = f"sk-lab-{secrets.token_hex(16)}"
        self.keys[value] = name
        return value

    def route(self, scenario: str) -> Route:
        """The route of a scenario, as a fresh session: its counts begin anew, and nothing learned before applies.
        Raises KeyError where there is none of that name."""
        self._sessions += 1
        return lab_route(self.scenarios[scenario], self.base, session=self._sessions, speed=self.speed)

    def play(self, prefix: str, *plays: b.Play, keys_required: bool = False) -> str:
        """Plays these for the first, second, ... request below `prefix`; the last one repeats. Returns the base URL."""
        place = "/" + prefix.strip("/")
        self._programmes[place] = Programme.of(*plays, keys_required=keys_required)
        self._forget(place)
        return self.base + place

    def _forget(self, place: str) -> None:
        for counted in [counted for counted in self._counts if counted[0] == place]:
            del self._counts[counted]

    # One connection.

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._stopping:
            writer.transport.abort()
            return
        self._open[task] = writer
        try:
            incoming = Incoming(reader)
            while await self._answer(incoming, writer):
                pass
        except Gone:
            pass
        except asyncio.CancelledError:  # only `stop` cancels; the task ends here in any case
            writer.transport.abort()
        finally:
            del self._open[task]
            writer.close()

    async def _answer(self, incoming: Incoming, writer: asyncio.StreamWriter) -> bool:
        """Answers one request. Returns whether the connection may serve another."""
        try:
            asked = await incoming.request()
        except Unreadable:
            writer.write(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            return False
        place, play, variant = self._chosen(asked)
        entry = self._entry(asked, place)

        def note(beat: b.AnyBeat) -> None:
            nonlocal entry
            stroke = (self.log.now(), beat.name)
            struck = (*entry.struck, stroke) if b.strikes(beat) else entry.struck
            entry = self.log.amend(entry, played=(*entry.played, stroke), struck=struck, status=player.status)
            if b.strikes(beat):
                self.on_strike(entry, beat.name)

        player = Player(
            asked=asked,
            incoming=incoming,
            writer=writer,
            number=entry.number,
            speed=self.speed,
            seed=self.seed,
            variant=variant + self.seed,
            note=note,
        )
        ended = "stopped"
        try:
            ended = await player.play(play)
        except Gone:
            ended = "client cut"
        finally:
            now = self.log.now()
            self.log.amend(entry, ended=ended, ended_at=now, status=player.status, bytes=player.written)
        return ended in ("done", "cut")

    def _entry(self, asked: Asked, place: str) -> Entry:
        entry = self.log.begin(asked.method, asked.path, asked.headers, asked.body)
        key = self.keys.get(asked.key) or (self.log.fingerprint(asked.key) if asked.key else "")
        dialect = "" if asked.dialect is None else asked.dialect.value
        return self.log.amend(entry, place=place, dialect=dialect, model=asked.model, key=key)

    # What is played.

    def _chosen(self, asked: Asked) -> tuple[str, b.Play, int]:
        """Where the request belongs, what is played for it, and the variant of the answer."""
        path = asked.path.partition("?")[0]
        place, programme, candidate = self._programme(path)
        known = asked.key in self.keys
        if programme.keys_required and not known:
            return place, UNKNOWN_KEY, candidate
        if asked.method == "GET" and LISTS.search(path):
            return place, (_model_list(),), candidate
        if asked.method != "POST" or asked.dialect is None:
            return place, (b.Status(code=404, kind=Kind.BAD_REQUEST, message=NOT_FOUND),), candidate
        number, part = programme.part(candidate, self.keys.get(asked.key, ""))
        return place, part.nth(self._count(place, number)), candidate

    def _programme(self, path: str) -> tuple[str, Programme, int]:
        places = [place for place in self._programmes if path == place or path.startswith(place + "/")]
        if places:
            place = max(places, key=len)
            return place, self._programmes[place], 0
        first, second, *_ = [*path.strip("/").split("/"), "", ""]
        scenario = self.scenarios.get(first.partition(".")[0])
        if scenario is not None and second.isdecimal():
            return f"/{first}/{second}", scenario.programme, int(second)
        return "", CALM, 0

    def _count(self, place: str, part: int) -> int:
        """How many requests this part of this place has answered before."""
        count = self._counts.pop((place, part), 0)
        self._counts[(place, part)] = count + 1
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)
        return count


def _model_list() -> b.Status:
    """One list that reads as each vendor's own."""
    data = [{"id": m, "object": "model", "type": "model", "created": CREATED, "owned_by": "lab"} for m in MODELS]
    models = [{"name": f"models/{m}", "displayName": m, "model": m} for m in MODELS]
    body = {"object": "list", "data": data, "models": models, "has_more": False}
    return b.Status(code=200, body=dumps(body).decode())
