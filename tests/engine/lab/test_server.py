"""The lab as a server: its keys, its paths, its connections, and what it leaves behind."""

import asyncio
import gc
import time

import httpx
import pytest

from engine.lab import beats as b
from engine.lab.server import Lab, LabUnavailable
from tests.engine.lab.conftest import BODY

CHAT = "/v1/chat/completions"


async def drain(client: httpx.AsyncClient, url: str) -> None:
    async with client.stream("POST", url, json=BODY) as answer:
        async for _ in answer.aiter_raw():
            pass


async def test_any_path_answers_calmly_without_a_script(lab: Lab, client: httpx.AsyncClient) -> None:
    answer = await client.post(f"{lab.base}/anything{CHAT}", json=BODY)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert " tide" in answer.text
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_it_listens_on_the_loopback_alone(lab: Lab) -> None:
    assert lab.base.startswith("http://127.0.0.1:")


async def test_the_plays_are_for_the_first_and_second_request_and_the_last_repeats(
    lab: Lab, client: httpx.AsyncClient
) -> None:
    base = lab.play("/x", (b.Status(code=500),), (b.Status(code=429),), (b.Say(), b.End()))
    codes = [(await client.post(base + CHAT, json=BODY)).status_code for _ in range(4)]
    assert codes == [500, 429, 200, 200]


async def test_a_new_script_begins_its_count_anew(lab: Lab, client: httpx.AsyncClient) -> None:
    for _ in range(2):
        base = lab.play("/x", (b.Status(code=500),), (b.Say(), b.End()))
        assert (await client.post(base + CHAT, json=BODY)).status_code == 500


async def test_the_longest_prefix_governs(lab: Lab, client: httpx.AsyncClient) -> None:
    lab.play("/x", (b.Status(code=500),))
    inner = lab.play("/x/y", (b.Status(code=429),))
    assert (await client.post(inner + CHAT, json=BODY)).status_code == 429
    assert (await client.post(f"{lab.base}/xy{CHAT}", json=BODY)).status_code == 200


async def test_a_key_that_is_not_the_labs_is_refused_where_keys_are_required(
    lab: Lab, client: httpx.AsyncClient
) -> None:
    base = lab.play("/x", (b.Say(), b.End()), keys_required=True)
    for value, status in ((lab.secret("work"), 200), ("sk-somebody-elses", 401)):
        headers = {"authorization": f"Bearer {value}"}
        assert (await client.post(base + CHAT, json=BODY, headers=headers)).status_code == status
    assert (await client.post(base + CHAT, json=BODY)).status_code == 401


async def test_keys_differ_by_name_and_by_process_and_are_asked_by_either_name(lab: Lab) -> None:
    assert lab.secret("work") == lab.secret("lab:work") != lab.secret("spare")
    assert Lab().secret("work") != lab.secret("work")


async def test_a_scenario_tells_its_keys_apart(lab: Lab, client: httpx.AsyncClient) -> None:
    url = f"{lab.base}/key-rotation/0{CHAT}"
    work, spare = ({"authorization": f"Bearer {lab.secret(name)}"} for name in ("work", "spare"))
    limited = await client.post(url, json=BODY, headers=work)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "0.2")
    assert (await client.post(url, json=BODY, headers=spare)).status_code == 200


async def test_each_session_of_a_scenario_counts_by_itself(lab: Lab, client: httpx.AsyncClient) -> None:
    headers = {"authorization": f"Bearer {lab.secret('work')}"}
    for _ in range(2):
        base = lab.route("hiccup").candidates[0].base_url
        codes = [
            (await client.post(f"{base}/chat/completions", json=BODY, headers=headers)).status_code for _ in range(2)
        ]
        assert codes == [500, 200]


async def test_the_models_are_listed_for_every_vendors_client(lab: Lab, client: httpx.AsyncClient) -> None:
    listed = (await client.get(f"{lab.base}/v1/models")).json()
    assert "gpt-5" in [row["id"] for row in listed["data"]]
    assert "models/gemini-flash" in [row["name"] for row in listed["models"]]
    assert (await client.get(f"{lab.base}/api/tags")).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("GET", CHAT), ("POST", "/nowhere"), ("DELETE", "/v1/models")])
async def test_a_wrong_method_or_path_is_not_found(lab: Lab, client: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, lab.base + path)
    assert answer.status_code == 404
    assert "knows no such path" in answer.json()["error"]["message"]


async def test_not_found_takes_the_dialects_form(lab: Lab, client: httpx.AsyncClient) -> None:
    assert (await client.get(f"{lab.base}/v1/messages")).json()["type"] == "error"


async def test_a_connection_serves_many_requests(lab: Lab) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(lab.base.rpartition(":")[2]))
    lab.play("/x", (b.Status(code=503),))
    for _ in range(3):
        writer.write(b"POST /x/api/chat HTTP/1.1\r\nhost: lab\r\ncontent-length: 2\r\n\r\n{}")
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()


async def test_requests_sent_ahead_are_answered_in_turn(lab: Lab) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(lab.base.rpartition(":")[2]))
    lab.play("/x", (b.Wait(seconds=1), b.Status(code=503)), (b.Status(code=429),))
    writer.write(b"POST /x/api/chat HTTP/1.1\r\nhost: lab\r\ncontent-length: 0\r\n\r\n" * 2)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 503")
    assert b"HTTP/1.1 429" in await reader.readuntil(b"requests per minute.")
    writer.close()
    await writer.wait_closed()


async def test_what_is_not_http_is_refused_in_words(lab: Lab) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(lab.base.rpartition(":")[2]))
    writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400")
    writer.close()
    await writer.wait_closed()


async def test_forty_requests_run_beside_one_another(lab: Lab, client: httpx.AsyncClient) -> None:
    base = lab.play("/x", (b.Wait(seconds=20), b.Say(rate=0), b.End()))
    begun = time.monotonic()
    answers = await asyncio.gather(*(client.post(base + CHAT, json=BODY) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert time.monotonic() - begun < 4  # in turn they would wait for 8 s


@pytest.mark.parametrize(
    "play",
    [
        (b.Stall(),),
        (b.Say(words=3), b.Stall()),
        (b.Comment(times=100_000, gap=0.5),),
        (b.Flood(of="text", megabytes=4096),),
    ],
)
async def test_a_client_that_leaves_is_noticed_at_once(lab: Lab, client: httpx.AsyncClient, play: b.Play) -> None:
    base = lab.play("/x", play)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(drain(client, base + CHAT), 0.2)
    left = lab.log.now()
    await asyncio.sleep(0.5)
    (entry,) = lab.log.requests()
    assert entry.ended == "client cut"
    assert entry.ended_at is not None
    assert entry.ended_at - left < 0.4


async def test_stopping_ends_what_plays_and_leaves_nothing(recwarn: pytest.WarningsRecorder) -> None:
    lab = await Lab().start()
    base = lab.play("/x", (b.Say(words=2, rate=0), b.Stall()))
    async with httpx.AsyncClient(trust_env=False) as client:
        stream = client.stream("POST", base + CHAT, json=BODY)
        answer = await stream.__aenter__()
        chunks = answer.aiter_raw()
        assert b"data:" in await anext(chunks)
        await lab.stop()
        await lab.stop()
        with pytest.raises(httpx.HTTPError):
            await anext(chunks)
        await stream.__aexit__(None, None, None)
        with pytest.raises(httpx.ConnectError):
            await client.post(base + CHAT, json=BODY)
    assert lab.log.requests()[0].ended == "stopped"
    assert asyncio.all_tasks() == {asyncio.current_task()}
    gc.collect()
    assert not [str(w.message) for w in recwarn if issubclass(w.category, ResourceWarning)]


async def test_it_starts_again_after_a_stop(client: httpx.AsyncClient) -> None:
    lab = Lab(speed=100)
    for _ in range(2):
        async with lab:
            assert (await client.get(f"{lab.base}/v1/models")).status_code == 200


async def test_a_port_in_use_is_one_sentence_with_the_remedy(lab: Lab) -> None:
    port = int(lab.base.rpartition(":")[2])
    with pytest.raises(LabUnavailable, match=f"^Port {port} .* cannot be used: choose another port"):
        await Lab().start(port)


async def test_counts_of_old_places_are_forgotten(
    lab: Lab, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.lab.server.REMEMBERED", 5)
    headers = {"authorization": f"Bearer {lab.secret('work')}"}
    for i in range(12):
        await client.post(f"{lab.base}/reset.{i}/1{CHAT}", json=BODY, headers=headers)
    assert len(lab._counts) == 5
