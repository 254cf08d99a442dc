"""The loopback server of the wire benchmark: chat completions in one burst, or a 503, by the path's first part.

Run as `python -m tests.bench.wire_server`; prints its port. It is a process of its own, so that the client's figures
hold the client's work alone.
"""

import asyncio
import json
import socket

HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
DOWN_BODY = b'{"error":{"message":"The server is down.","type":"server_error"}}'
DOWN = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nx-should-retry: false\r\n"
    b"content-length: %d\r\n\r\n" % len(DOWN_BODY)
) + DOWN_BODY
SLICE = 65_536


def event(delta: dict[str, str], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {
        "id": "chatcmpl-bench0123456789", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": "bench", "system_fingerprint": "fp_bench", "choices": [choice],
    }  # fmt: skip
    return b"data: " + json.dumps(chunk, separators=(",", ":")).encode() + b"\n\n"


def framed(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def body(chunks: int) -> bytes:
    said = [framed(event({"content": f"{i % 1000:03d} "})) for i in range(chunks)]
    last = [framed(event({}, "stop")), framed(b"data: [DONE]\n\n"), b"0\r\n\r\n"]
    return b"".join([framed(event({"role": "assistant", "content": ""})), *said, *last])


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    bodies: dict[int, bytes] = {}
    writer.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(head.partition("content-length:")[2].split("\r\n")[0])
            asked = json.loads(await reader.readexactly(length))
            if " /down/" in head.split("\r\n")[0]:
                writer.write(DOWN)
                continue
            count = asked.get("max_completion_tokens") or asked["max_tokens"]
            data = bodies.setdefault(count, HEAD + body(count))
            for start in range(0, len(data), SLICE):
                writer.write(data[start : start + SLICE])
                await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
