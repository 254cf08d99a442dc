"""What the lab writes, the adapters read back: two independent readings of the same public formats."""

import json
from collections.abc import Sequence

import httpx
import pytest

from engine.core.faults import Kind
from engine.core.request import Candidate, Dialect, Finish, Message, Request, Route, Text, Tool, Usage
from engine.lab import beats as b
from engine.lab.dialects import error_body, voice
from engine.lab.errors import WORDINGS, kind_of, usual_status
from engine.lab.server import Lab
from engine.providers import base as p
from engine.providers.registry import adapter_for, resolve
from tests.engine.lab.conftest import PATHS

PROVIDERS = {
    Dialect.CHAT_COMPLETIONS: "openai",
    Dialect.RESPONSES: "openai",
    Dialect.MESSAGES: "anthropic",
    Dialect.GEMINI: "gemini",
    Dialect.COHERE: "cohere",
    Dialect.OLLAMA: "ollama",
    Dialect.BEDROCK: "bedrock",
}
every_dialect = pytest.mark.parametrize("dialect", PATHS)


def candidate(dialect: Dialect, base: str = "http://127.0.0.1:1") -> Candidate:
    base += "/v1" if dialect in (Dialect.CHAT_COMPLETIONS, Dialect.RESPONSES) else ""
    return resolve(Candidate(provider=PROVIDERS[dialect], model="lab-model", dialect=dialect, base_url=base))


def read(dialect: Dialect, *pieces: bytes, broken: bool = False) -> list[p.Delta]:
    spoken = voice(dialect, "lab-model", 1, Usage(input=1))
    decoder = adapter_for(candidate(dialect)).decoder(spoken.content_type)
    deltas = [delta for piece in pieces for delta in decoder.feed(piece)]
    return [*deltas, *decoder.finish()]


def said(deltas: Sequence[p.Delta]) -> tuple[str, str]:
    text = "".join(d.text for d in deltas if isinstance(d, p.Text))
    return text, "".join(d.text for d in deltas if isinstance(d, p.Reasoning))


async def asked(lab: Lab, client: httpx.AsyncClient, dialect: Dialect, *play: b.AnyBeat) -> list[p.Delta]:
    """The whole way: the adapter's own request, its signature, the wire, and its decoder."""
    who = candidate(dialect, lab.play("/x", play, keys_required=True))
    tools = (Tool(name="weather", schema={"type": "object", "properties": {"city": {"type": "string"}}}),)
    messages = (Message("user", (Text("Why are there two tides a day?"),)),)
    request = Request(messages=messages, route=Route(name="lab", candidates=(who,)), tools=tools)
    adapter = adapter_for(who)
    built = adapter.build(request, who)
    adapter.sign(built, lab.secret("work"))
    answer = await client.send(built, stream=True)
    assert answer.status_code == 200, await answer.aread()
    decoder = adapter.decoder(answer.headers["content-type"])
    deltas = [delta async for piece in answer.aiter_raw() for delta in decoder.feed(piece)]
    await answer.aclose()
    return [*deltas, *decoder.finish()]


@every_dialect
async def test_an_answer_is_read_back_word_for_word(lab: Lab, client: httpx.AsyncClient, dialect: Dialect) -> None:
    deltas = await asked(lab, client, dialect, b.Think(), b.Say(), b.End())
    text, reasoning = said(deltas)
    assert text.startswith(("Imagine the Earth", "The Moon pulls"))
    assert text.endswith(("where it gathers.", "a neap tide."))
    assert reasoning.startswith("The question is why")
    assert isinstance(deltas[-1], p.End)
    assert not deltas[-1].warning
    (stopped,) = [d for d in deltas if isinstance(d, p.Stopped)]
    assert stopped.finish is Finish.STOP
    (entry,) = lab.log.requests()
    assert (entry.key, entry.dialect, entry.ended) == ("work", dialect.value, "done")


@every_dialect
async def test_usage_is_read_back(lab: Lab, client: httpx.AsyncClient, dialect: Dialect) -> None:
    deltas = await asked(lab, client, dialect, b.Think(words=4), b.Say(words=9), b.End())
    usage = [d.usage for d in deltas if isinstance(d, p.Metered)][-1]
    assert usage.input is not None
    assert usage.input > 0
    thoughts_apart = dialect is Dialect.GEMINI  # which counts them beside the answer's tokens, not among them
    assert usage.output == (9 if thoughts_apart else 13)


@every_dialect
async def test_a_tool_call_is_read_back(lab: Lab, client: httpx.AsyncClient, dialect: Dialect) -> None:
    arguments = '{"city":"Zürich","days":3}'
    deltas = await asked(
        lab, client, dialect, b.Say(text="Let me look."), b.Call(tool="weather", arguments=arguments), b.End()
    )
    calls = [d for d in deltas if isinstance(d, p.ToolDelta)]
    assert {d.index for d in calls} == {0}
    assert "".join(d.name for d in calls) == "weather"
    assert json.loads("".join(d.arguments for d in calls)) == json.loads(arguments)
    (stopped,) = [d for d in deltas if isinstance(d, p.Stopped)]
    assert stopped.finish is Finish.TOOL_CALLS
    assert said(deltas)[0] == "Let me look."


@every_dialect
@pytest.mark.parametrize("finish", [Finish.LENGTH, Finish.STOP])
def test_finish_reasons_are_read_back(dialect: Dialect, finish: Finish) -> None:
    spoken = voice(dialect, "lab-model", 1, Usage(input=1))
    deltas = read(dialect, spoken.role(), spoken.say("So"), spoken.end(finish, Usage(input=1, output=1)))
    assert [d.finish for d in deltas if isinstance(d, p.Stopped)] == [finish]


@every_dialect
def test_a_cut_is_a_truncated_answer(dialect: Dialect) -> None:
    spoken = voice(dialect, "lab-model", 1, Usage(input=1))
    last = read(dialect, spoken.role(), spoken.say("So"))[-1]
    assert isinstance(last, p.Failure)
    assert last.fault.kind is Kind.TRUNCATED


@every_dialect
def test_comments_roles_and_empty_deltas_say_nothing(dialect: Dialect) -> None:
    spoken = voice(dialect, "lab-model", 1, Usage(input=1))
    deltas = read(
        dialect, spoken.comment("ping"), spoken.role(), spoken.empty(), spoken.end(Finish.STOP, Usage(input=1))
    )
    meaningful = [d for d in deltas if isinstance(d, p.Text | p.Reasoning | p.ToolDelta) and d != p.Text("")]
    assert not meaningful
    assert isinstance(deltas[-1], p.Failure)
    assert deltas[-1].fault.kind is Kind.EMPTY


@every_dialect
@pytest.mark.parametrize("kind", [Kind.OVERLOADED, Kind.RATE_LIMIT, Kind.SERVER])
def test_an_error_inside_the_stream_is_told_by_kind(dialect: Dialect, kind: Kind) -> None:
    spoken = voice(dialect, "lab-model", 1, Usage(input=1))
    last = read(dialect, spoken.role(), spoken.say("So"), spoken.error(kind, ""))[-1]
    assert isinstance(last, p.Failure)
    assert last.fault.in_stream
    assert last.fault.kind in ALSO.get((dialect, kind), (kind,))


@every_dialect
def test_a_flooding_event_is_refused_at_its_bound(dialect: Dialect) -> None:
    spoken = voice(dialect, "lab-model", 1, Usage(input=1))
    block = b"x" * 65536
    last = read(dialect, spoken.endless(), *[block] * (p.EVENT_BOUND // len(block) + 1))[-1]
    assert isinstance(last, p.Failure)
    assert last.fault.kind is Kind.MALFORMED


@every_dialect
def test_a_whole_answer_as_json_is_read_back(dialect: Dialect) -> None:
    spoken = voice(dialect, "lab-model", 1, Usage(input=1))
    decoder = adapter_for(candidate(dialect)).decoder("application/json")
    deltas = [*decoder.feed(spoken.whole("All at once.", Usage(input=3, output=3))), *decoder.finish()]
    assert said(deltas)[0] == "All at once."
    assert isinstance(deltas[-1], p.End)


# Where a vendor's own words do not tell the two kinds apart, either reading is right.
ALSO = {
    (Dialect.COHERE, Kind.OVERLOADED): (Kind.OVERLOADED, Kind.SERVER, Kind.STREAM_ERROR),
    (Dialect.COHERE, Kind.SERVER): (Kind.SERVER, Kind.STREAM_ERROR),
    (Dialect.OLLAMA, Kind.SERVER): (Kind.SERVER, Kind.STREAM_ERROR),
    (Dialect.COHERE, Kind.REGION): (Kind.REGION, Kind.PERMISSION),
    (Dialect.OLLAMA, Kind.TIMEOUT): (Kind.TIMEOUT, Kind.SERVER),
}


@every_dialect
@pytest.mark.parametrize("kind", WORDINGS)
def test_an_error_response_is_classified_as_what_it_was_meant_for(dialect: Dialect, kind: Kind) -> None:
    status, body = error_body(dialect, kind, "", None, None)
    headers = httpx.Headers({"content-type": "application/json"})
    fault = adapter_for(candidate(dialect)).fault(status, headers, body, now=0.0)
    assert fault.kind in ALSO.get((dialect, kind), (kind,)), (fault, body)


def test_a_bare_status_stands_for_its_usual_kind() -> None:
    for kind in (Kind.AUTH, Kind.RATE_LIMIT, Kind.SERVER, Kind.TOO_LARGE):
        assert kind_of(usual_status(Dialect.CHAT_COMPLETIONS, kind)) is kind
    assert kind_of(418) is Kind.BAD_REQUEST
    assert kind_of(520) is Kind.SERVER
