"""The log proves conduct and holds no secret."""

import itertools

import httpx
import msgspec
import pytest

from engine.lab import beats as b
from engine.lab.log import LIMIT, Log, presented_key
from engine.lab.server import Lab
from tests.engine.lab.conftest import BODY

CHAT = "/v1/chat/completions"


async def test_an_entry_tells_who_asked_what_and_how_it_ended(lab: Lab, client: httpx.AsyncClient) -> None:
    base = lab.play("/x", (b.Wait(seconds=1), b.Say(words=3), b.ErrorEvent(), b.Truncate()))
    headers = {"authorization": f"Bearer {lab.secret('work')}", "x-note": "value"}
    with pytest.raises(httpx.RemoteProtocolError):
        await client.post(base + CHAT, json=BODY, headers=headers)
    (entry,) = lab.log.requests()
    assert (entry.number, entry.method, entry.path, entry.place) == (1, "POST", f"/x{CHAT}", "/x")
    assert (entry.dialect, entry.model, entry.key) == ("chat_completions", "lab-model", "work")
    assert entry.beats == ("wait", "say", "errorevent", "truncate")
    assert [name for _, name in entry.struck] == ["errorevent", "truncate"]
    assert (entry.ended, entry.status) == ("truncated", 200)
    assert entry.ended_at is not None
    assert entry.at <= entry.played[0][0] <= entry.played[-1][0] <= entry.ended_at
    assert entry.wall > 1_700_000_000
    assert entry.bytes > 500
    assert "x-note" in entry.header_names
    assert entry.body is None


async def test_gaps_between_requests_can_be_read_off(lab: Lab, client: httpx.AsyncClient) -> None:
    base = lab.play("/x", (b.Wait(seconds=5), b.Status(code=500)))
    for _ in range(3):
        await client.post(base + CHAT, json=BODY)
    times = [entry.at for entry in lab.log.requests()]
    assert all(later - earlier >= 0.045 for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer {}"},
        {"x-api-key": "{}"},
        {"x-goog-api-key": "{}"},
        {"api-key": "{}"},
        {"authorization": "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/bedrock/aws4_request, Signature=x"},
    ],
)
async def test_no_key_is_in_the_log_however_it_was_sent(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    async with Lab(speed=100, bodies=False) as lab:
        mine, other = lab.secret("work"), "sk-somebody-elses-key-0123456789"
        for value in (mine, other, other):
            filled = {name: form.format(value) for name, form in headers.items()}
            await client.post(f"{lab.base}{CHAT}?key={value}", json=BODY, headers=filled)
        first, second, third = lab.log.requests()
        assert first.key == "work"
        assert second.key == third.key
        assert second.key.startswith("unknown:")
        written = msgspec.json.encode(lab.log.requests()).decode() + repr(lab.log.requests()) + repr(lab)
        assert mine not in written
        assert other not in written


async def test_two_labs_do_not_share_fingerprints() -> None:
    assert Log().fingerprint("x") != Log().fingerprint("x")


async def test_bodies_are_kept_when_asked(client: httpx.AsyncClient) -> None:
    async with Lab(speed=100, bodies=True) as lab:
        await client.post(lab.base + CHAT, json=BODY)
        assert "two tides" in str(lab.log.requests()[0].body)


def test_the_log_is_bounded_and_amends_only_what_it_keeps() -> None:
    log = Log()
    first = log.begin("POST", "/a", {}, b"")
    last = [log.begin("POST", "/b", {}, b"") for _ in range(LIMIT)][-1]
    assert log.amend(first, ended="done").ended == "done"
    log.amend(last, ended="cut")
    kept = log.requests()
    assert len(kept) == LIMIT
    assert kept[-1].ended == "cut"
    assert not [entry for entry in kept[:-1] if entry.ended]


def test_clearing_keeps_the_numbers_going() -> None:
    log = Log()
    log.begin("POST", "/a", {}, b"")
    log.clear()
    entry = log.begin("POST", "/b", {}, b"")
    log.amend(entry, ended="done")
    assert [(e.number, e.ended) for e in log.requests()] == [(2, "done")]


def test_no_key_is_an_empty_name() -> None:
    assert presented_key({"content-type": "application/json"}) == ""
