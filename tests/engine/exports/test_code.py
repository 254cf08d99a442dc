"""Requests as code, run for real against the lab."""

import json
import os
import subprocess
import sys

import pytest

from engine.core.request import Candidate, Dialect, Route, ask
from engine.exports import code
from engine.lab import beats as b
from engine.lab.server import Lab

DIALECTS = {
    "openai": Dialect.CHAT_COMPLETIONS, "anthropic": Dialect.MESSAGES, "gemini": Dialect.GEMINI,
}  # fmt: skip


def candidate(provider: str, base: str) -> Candidate:
    suffix = "/v1" if provider == "openai" else ""
    return Candidate(
        provider=provider, model="m", dialect=DIALECTS[provider], base_url=base + suffix, keys=("lab:work",)
    )


@pytest.mark.parametrize("provider", DIALECTS)
@pytest.mark.parametrize("form", [code.curl, code.python])
async def test_the_code_reaches_the_provider_with_the_key_of_the_environment(provider: str, form):
    import asyncio

    async with Lab() as lab:
        base = lab.play("code", (b.Say(text="It's here."), b.End()), keys_required=True)
        place = candidate(provider, base)
        text = form(ask('It\'s a "test" of $HOME', Route(name="r", candidates=(place,))), place, "lab:work")
        assert lab.secret("work") not in text
        command = ["sh", "-c", text] if form is code.curl else [sys.executable, "-c", text]
        env = {**os.environ, code.variable_of("lab:work", provider): lab.secret("work")}
        done = await asyncio.to_thread(subprocess.run, command, env=env, capture_output=True, text=True, timeout=20)
        if form is code.curl and done.returncode == 127:
            pytest.skip("curl is not installed here")
        assert "here" in done.stdout, done.stderr
        assert lab.log.requests()[-1].key == "work"


def test_the_body_is_the_one_that_would_be_sent():
    place = Candidate(provider="openai", model="gpt-x")
    body = json.loads(code.body_of(ask("Why?", Route(name="r", candidates=(place,))), place))
    assert body["model"] == "gpt-x"
    assert body["stream"] is True


def test_a_variable_keeps_its_name_and_another_key_gets_one():
    assert code.variable_of("env:MY_KEY", "openai") == "MY_KEY"
    assert code.variable_of("keyring:work key", "openai") == "OPENAI_WORK_KEY_KEY"


def test_no_import_of_the_stand_in_is_left_in_the_code():
    place = Candidate(provider="anthropic", model="claude")
    request = ask("Why?", Route(name="r", candidates=(place,)))
    for form in (code.curl, code.python):
        assert code.STAND_IN not in form(request, place, "env:ANTHROPIC_API_KEY")
