"""A lab that hastens its waits, and a plain client."""

from collections.abc import AsyncIterator

import httpx
import pytest

from engine.core.request import Dialect
from engine.lab.server import Lab

PATHS = {
    Dialect.CHAT_COMPLETIONS: "/v1/chat/completions",
    Dialect.RESPONSES: "/v1/responses",
    Dialect.MESSAGES: "/v1/messages",
    Dialect.GEMINI: "/v1beta/models/lab-model:streamGenerateContent?alt=sse",
    Dialect.COHERE: "/v2/chat",
    Dialect.OLLAMA: "/api/chat",
    Dialect.BEDROCK: "/model/lab-model/converse-stream",
}
BODY = {"model": "lab-model", "messages": [{"role": "user", "content": "Why are there two tides a day?"}]}


@pytest.fixture
async def lab() -> AsyncIterator[Lab]:
    async with Lab(speed=100) as lab:
        yield lab


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        yield client
