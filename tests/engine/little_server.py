"""A server of a few fixed answers by path, for what the lab does not play."""

import asyncio
import json
from contextlib import asynccontextmanager

REASONS = {200: "OK", 401: "Unauthorized", 404: "Not Found", 302: "Found"}


class LittleServer:
    """`answers` maps a path, with or without its query, to JSON, bytes, or (status, headers, body). `asked` lists the
    heads of the requests; `delay` is in seconds, before each answer."""

    def __init__(self, answers, *, delay=0.0):
        self.answers, self.delay, self.asked, self.base, self.port = answers, delay, [], "", 0

    async def serve(self, reader, writer):
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.asked.append(head.decode())
                await asyncio.sleep(self.delay)
                writer.write(self.answer(head.split()[1].decode()))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client has left, or the test is over
        finally:
            writer.close()

    def answer(self, target):
        found = self.answers.get(target, self.answers.get(target.partition("?")[0], (404, {}, b"not found")))
        status, headers, body = found if isinstance(found, tuple) else (200, {}, found)
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines = [f"HTTP/1.1 {status} {REASONS.get(status, 'Status')}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@asynccontextmanager
async def little_server(answers, *, delay=0.0):
    little = LittleServer(answers, delay=delay)
    tasks = set()

    async def serve(reader, writer):
        tasks.add(asyncio.current_task())
        await little.serve(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    little.port = server.sockets[0].getsockname()[1]
    little.base = f"http://127.0.0.1:{little.port}"
    try:
        yield little
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
