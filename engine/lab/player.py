"""Plays the beats of one answer on a socket."""

import asyncio
import random
import socket
import struct
import sys
import time
from collections.abc import Callable
from email.utils import formatdate
from typing import assert_never

from engine.core.request import Dialect, Finish
from engine.core.request import Usage as Counts
from engine.lab import beats as b
from engine.lab.answers import answer, tokens
from engine.lab.asked import Asked, Gone, Incoming
from engine.lab.dialects import error_body, voice
from engine.lab.errors import kind_of, reason

LEAST_PAUSE = 0.002  # seconds; shorter ones are saved up, since no clock keeps them
BLOCK = 64 * 1024


class Player:
    """One request's answer. `ended` words: done, cut, truncated, reset."""

    def __init__(
        self,
        *,
        asked: Asked,
        incoming: Incoming,
        writer: asyncio.StreamWriter,
        number: int,
        speed: float = 1.0,
        seed: int = 0,
        variant: int = 0,
        note: Callable[[b.AnyBeat], None] = lambda beat: None,
    ) -> None:
        self._incoming, self._writer, self._note = incoming, writer, note
        self._number, self._speed = number, speed
        self._dice = random.Random(seed)
        self._dialect = asked.dialect or Dialect.CHAT_COMPLETIONS
        self._prompt_tokens = max(1, asked.words * 4 // 3)
        self._voice = voice(self._dialect, asked.model or "lab", number, Counts(input=self._prompt_tokens))
        chosen = answer(asked.prompt, variant)
        self._answer, self._thought = tokens(chosen.text), tokens(chosen.thought)
        self._said = self._thought_count = 0
        self._owed = 0.0
        self.status: int | None = None
        self.written = 0

    async def play(self, play: b.Play) -> str:
        """Carries the beats out. Returns how it ended; raises Gone when the client leaves."""
        for beat in play:
            self._note(beat)
            if ended := await self._beat(beat):
                return ended
        return await self._close("cut")

    async def _beat(self, beat: b.AnyBeat) -> str:
        match beat:
            case b.Wait():
                await self._pause(beat.seconds)
            case b.Stall():
                await self._incoming.pause(min(beat.seconds, b.STALL_BOUND))
            case b.Status():
                return await self._status(beat)
            case b.Page():
                return await self._body(200, "text/html; charset=utf-8", beat.html.encode())
            case b.Whole():
                whole = self._voice.whole("".join(self._answer), self._counted())
                return await self._body(200, "application/json", whole)
            case b.Head():
                await self._head(beat.headers)
            case b.Comment():
                await self._comment(beat)
            case b.Role():
                await self._send(self._voice.role())
            case b.Empty():
                for _ in range(beat.times):
                    await self._speak(self._voice.empty)
            case b.Think():
                await self._think(beat)
            case b.Say():
                await self._say(beat)
            case b.SplitUtf8():
                await self._split(beat.text)
            case b.Repeat():
                await self._speak(lambda: b"".join(self._voice.say(beat.text) for _ in range(beat.times)))
            case b.Call():
                await self._speak(lambda: self._voice.call(beat.tool, beat.arguments))
            case b.Usage():
                await self._speak(lambda: self._voice.measure(self._counted(beat)))
            case b.Stopped():
                await self._speak(lambda: self._voice.stop(self._finish(beat), self._counted()))
            case b.Mark():
                await self._send(self._voice.mark())
            case b.End():
                await self._speak(lambda: self._voice.end(self._finish(beat), self._counted()))
                return await self._close("done")
            case b.Cut():
                return await self._close("cut")
            case b.Truncate():
                return await self._truncate()
            case b.Reset():
                return self._reset()
            case b.Garble():
                for _ in range(beat.times):
                    await self._send(self._voice.garble())
            case b.Raw():
                await self._send(beat.text.encode())
            case b.ErrorEvent():
                await self._send(self._voice.error(beat.kind, beat.message))
            case b.Flood():
                return await self._flood(beat)
            case _:
                assert_never(beat)
        return ""

    # The answer's head and body.

    async def _status(self, beat: b.Status) -> str:
        kind = beat.kind or kind_of(beat.code)
        wait = None if beat.retry_after is None else beat.retry_after / self._speed
        headers = beat.headers if wait is None else (("retry-after", f"{wait:g}"), *beat.headers)
        _, body = error_body(self._dialect, kind, beat.message, beat.code, wait)
        if beat.body is not None:
            body = beat.body.encode()
        return await self._body(beat.code, "application/json", body, headers)

    async def _body(self, status: int, content_type: str, body: bytes, headers: b.Headers = ()) -> str:
        if self.status is not None:  # the head is out: what was meant as a body becomes a piece of the stream
            await self._send(body)
            return await self._close("done")
        fields = (("content-type", content_type), ("content-length", str(len(body))), *headers)
        await self._write(self._opening(status, fields) + body)
        return "done"

    def _opening(self, status: int, fields: b.Headers, end: bytes = b"\r\n") -> bytes:
        self.status = status
        own = (
            ("server", "streamover-lab"),
            ("date", formatdate(usegmt=True)),
            ("x-request-id", f"req_lab{self._number}"),
        )
        lines = [f"HTTP/1.1 {status} {reason(status)}", *(f"{name}: {value}" for name, value in (*own, *fields)), ""]
        return "\r\n".join(lines).encode("latin-1", errors="replace") + end

    async def _head(self, headers: b.Headers = (), end: bytes = b"\r\n") -> None:
        if self.status is None:
            fields = (("content-type", self._voice.content_type), ("transfer-encoding", "chunked"), *headers)
            await self._write(self._opening(200, fields, end))

    async def _send(self, data: bytes) -> None:
        """One piece of the body, as one chunk and one write."""
        await self._head()
        if data:
            await self._write(b"%x\r\n%b\r\n" % (len(data), data))

    async def _speak(self, words: Callable[[], bytes]) -> None:
        """As `_send`, after the dialect's preamble where it has one and it was not sent. `words` is asked behind it."""
        preamble = b"" if self._voice.begun or not self._voice.preamble else self._voice.role()
        self._voice.begun = True
        await self._send(preamble + words())

    async def _write(self, data: bytes) -> None:
        self._incoming.check()
        self._writer.write(data)
        self.written += len(data)
        try:
            await self._writer.drain()
        except OSError as error:
            raise Gone from error

    async def _pause(self, seconds: float) -> None:
        self._owed += seconds / self._speed
        if self._owed >= LEAST_PAUSE:
            begun = time.monotonic()
            await self._incoming.pause(self._owed)
            self._owed -= time.monotonic() - begun

    # How it ends.

    async def _close(self, ended: str) -> str:
        await self._head()
        await self._write(b"0\r\n\r\n")
        return ended

    async def _truncate(self) -> str:
        await self._head()
        self._writer.close()
        return "truncated"

    def _reset(self) -> str:
        """Closing with a linger time of zero makes the kernel send RST in place of FIN."""
        linger = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._writer.transport.abort()
        return "reset"

    # What it says.

    def _counted(self, beat: b.Usage | None = None) -> Counts:
        mine = Counts(input=self._prompt_tokens, output=self._said + self._thought_count, reasoning=self._thought_count)
        if beat is None:
            return mine
        return Counts(
            input=mine.input if beat.input is None else beat.input,
            output=mine.output if beat.output is None else beat.output,
            reasoning=mine.reasoning if beat.reasoning is None else beat.reasoning,
            cached=beat.cached,
        )

    def _finish(self, beat: b.Stopped | b.End) -> Finish:
        return beat.finish or (Finish.TOOL_CALLS if self._voice.calls else Finish.STOP)

    async def _comment(self, beat: b.Comment) -> None:
        for _ in range(beat.times):
            await self._send(self._voice.comment(beat.text))
            await self._pause(beat.gap)

    async def _think(self, beat: b.Think) -> None:
        pieces = _taken(self._thought, beat)
        self._thought_count += len(pieces)
        await self._utter(pieces, beat.rate, self._voice.think)

    async def _say(self, beat: b.Say) -> None:
        pieces = _taken(self._answer, beat)
        self._said += len(pieces)
        await self._utter(pieces, beat.rate, self._voice.say)

    async def _utter(self, pieces: list[str], rate: float, form: Callable[[str], bytes]) -> None:
        if rate <= 0:
            await self._speak(lambda: b"".join(form(piece) for piece in pieces))
            return
        for piece in pieces:
            await self._speak(lambda piece=piece: form(piece))
            await self._pause(self._dice.uniform(0.6, 1.4) / rate)

    async def _split(self, text: str) -> None:
        await self._speak(lambda: b"")
        start, data = 0, self._voice.say(text)
        for at, byte in enumerate(data):
            if byte & 0xC0 == 0x80:  # in the midst of a character
                await self._send(data[start:at])
                await self._incoming.pause(LEAST_PAUSE)
                start = at
        await self._send(data[start:])

    async def _flood(self, beat: b.Flood) -> str:
        block, bound = b"x" * BLOCK, self.written + beat.megabytes * 1024 * 1024
        if beat.of == "headers":
            await self._head(end=b"")
            while self.written < bound:
                await self._write(b"x-flood: " + block[:4000] + b"\r\n")
            await self._write(b"\r\n")
            return ""
        if beat.of == "event":
            await self._send(self._voice.endless())
        while self.written < bound:
            await self._flow(beat, block)
        return ""

    async def _flow(self, beat: b.Flood, block: bytes) -> None:
        match beat.of:
            case "event":
                await self._send(block)
            case "comments":
                await self._send(self._voice.comment("x" * 80) * 500 or block)
            case "text":
                await self._speak(lambda: self._voice.say("flood " * 2000))
            case "headers":
                raise AssertionError("headers flood before the body")
            case _:
                assert_never(beat.of)


def _taken(pieces: list[str], beat: b.Say | b.Think) -> list[str]:
    """The beat's own text in pieces, else the next ones of `pieces`, which are taken out of it."""
    if beat.text:
        return tokens(beat.text)
    count = len(pieces) if beat.words is None else beat.words
    taken = pieces[:count]
    del pieces[:count]
    return taken
