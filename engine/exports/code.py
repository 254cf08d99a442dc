"""A request as code that can be run elsewhere: cURL and httpx, with the key as an environment variable."""

import json
import pprint
import re
import shlex

import httpx

from engine.core.request import Candidate, Request
from engine.providers.registry import adapter_for, resolve

STAND_IN = "STREAMOVER_KEY_STANDS_HERE"  # what the adapter signs with, to find where a key goes


def curl(request: Request, candidate: Candidate, key: str = "") -> str:
    """A command for a POSIX shell. `key` is the key's name; its value is `$NAME` in the command.

    Raises CatalogError where the candidate cannot be resolved.
    """
    http, variable = _signed(request, candidate, key)
    lines = [f"curl -N {shlex.quote(str(http.url))}"]
    for name, value in _headers(http):
        header = f"{name}: {value}"
        quoted = f'"{header.replace(STAND_IN, f"${variable}")}"' if STAND_IN in header else shlex.quote(header)
        lines.append(f"  -H {quoted}")
    lines.append(f"  --data-raw {shlex.quote(_body(http))}")
    return " \\\n".join(lines)


def python(request: Request, candidate: Candidate, key: str = "") -> str:
    """A script for httpx that prints the stream as it comes. Raises as `curl` does."""
    http, variable = _signed(request, candidate, key)
    headers = ",\n".join(f"    {json.dumps(name)}: {_python_value(value, variable)}" for name, value in _headers(http))
    body = _python_literal(json.loads(_body(http)))
    return (
        "import os\n\nimport httpx\n\n"
        f"headers = {{\n{headers},\n}}\nbody = {body}\n"
        f"url = {json.dumps(str(http.url))}\n"
        f'with httpx.stream("{http.method}", url, headers=headers, json=body, timeout=60) as response:\n'
        "    for line in response.iter_lines():\n        print(line)\n"
    )


def body_of(request: Request, candidate: Candidate) -> str:
    """The exact body that would be sent, as indented JSON. Raises as `curl` does."""
    http, _ = _signed(request, candidate, "")
    return json.dumps(json.loads(_body(http)), indent=2, ensure_ascii=False)


def variable_of(key: str, provider: str) -> str:
    """The environment variable that stands for a key: its own where it is one, else one made of its name."""
    prefix, _, rest = key.partition(":")
    if prefix == "env" and rest:
        return rest
    return re.sub(r"\W+", "_", f"{provider}_{rest or 'API'}_KEY").upper()


def _signed(request: Request, candidate: Candidate, key: str) -> tuple[httpx.Request, str]:
    candidate = resolve(candidate)
    adapter = adapter_for(candidate)
    http = adapter.build(request, candidate)
    if key:
        adapter.sign(http, STAND_IN)
    return http, variable_of(key, candidate.provider)


def _headers(http: httpx.Request) -> list[tuple[str, str]]:
    left_out = ("host", "content-length", "connection", "accept-encoding", "user-agent")
    return [(name, value) for name, value in http.headers.items() if name not in left_out]


def _body(http: httpx.Request) -> str:
    return http.content.decode()


def _python_value(value: str, variable: str) -> str:
    before, found, after = value.partition(STAND_IN)
    if not found:
        return json.dumps(value)
    parts = [json.dumps(before)] if before else []
    parts.append(f'os.environ["{variable}"]')
    return " + ".join([*parts, *([json.dumps(after)] if after else [])])


def _python_literal(value: object) -> str:
    return pprint.pformat(value, width=110, sort_dicts=False)
