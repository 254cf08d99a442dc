"""Each row of what an error means, in bodies of our own in the vendors' shapes."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.core.faults import REFINED, VERDICTS, Cause, Fault, Kind, verdict
from engine.providers.classify import CODES, STATUSES, classify, classify_payload

NOW = 1_800_000_000.0


def read(status: int, body: object, headers: dict[str, str] | None = None) -> Fault:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return classify(status, httpx.Headers(headers or {}), raw, now=NOW)


def error(message: str = "", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


K, C = Kind, Cause
G429 = {"code": 429, "status": "RESOURCE_EXHAUSTED"}


def quota_failure(quota_id: str) -> list[dict[str, Any]]:
    return [{"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota_id}]}]


ROWS: list[tuple[str, int, object, Kind, Cause | None]] = [
    # statuses alone
    ("bare 408", 408, b"", K.TIMEOUT, None),
    ("bare 409 is a lock", 409, b"", K.SERVER, None),
    ("bare 425", 425, b"", K.SERVER, None),
    ("bare 401", 401, b"", K.AUTH, None),
    ("bare 402", 402, b"", K.QUOTA, None),
    ("bare 403", 403, b"", K.PERMISSION, None),
    ("bare 404 is an address", 404, b"", K.BAD_REQUEST, C.ADDRESS),
    ("405 is an address", 405, {"detail": "Method Not Allowed"}, K.BAD_REQUEST, C.ADDRESS),
    ("redirect is an address", 307, b"", K.BAD_REQUEST, C.ADDRESS),
    ("407 is the proxy", 407, b"", K.CONNECT, C.PROXY),
    ("bare 410", 410, b"", K.MODEL_NOT_FOUND, C.GONE),
    ("bare 413", 413, b"", K.TOO_LARGE, None),
    ("bare 429", 429, b"", K.RATE_LIMIT, None),
    ("434 Z.AI", 434, b"", K.PERMISSION, None),
    ("451", 451, b"", K.REGION, None),
    ("498 Groq flex", 498, error("Flex tier capacity exceeded"), K.OVERLOADED, None),
    ("bare 400", 400, b"", K.BAD_REQUEST, None),
    *((f"bare {status}", status, b"", K.SERVER, None) for status in (500, 502, 520, 521, 522, 523)),
    *((f"bare {status}", status, b"", K.TIMEOUT, None) for status in (504, 524)),
    *((f"bare {status}", status, b"", K.OVERLOADED, None) for status in (503, 529)),
    ("text 503", 503, b"no healthy upstream", K.OVERLOADED, None),
    ("empty 200", 200, b"", K.EMPTY, None),
    # a 429 is four things
    ("rate by code", 429, error("Slow.", code="rate_limit_exceeded"), K.RATE_LIMIT, None),
    ("rate by words", 429, {"message": "Too many requests"}, K.RATE_LIMIT, None),
    ("JSON string", 429, "Tokens per minute limit exceeded - too many tokens processed.", K.RATE_LIMIT, None),
    *(
        (code, 429, error("No.", code=code), K.QUOTA, None)
        for code in (
            "insufficient_quota",
            "billing_hard_limit_reached",
            "credit_balance_exhausted",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
        )
    ),
    ("Moonshot quota", 429, error("Pay first.", type="exceeded_current_quota_error"), K.QUOTA, None),
    ("Moonshot busy", 429, error("Later.", type="engine_overloaded_error"), K.OVERLOADED, None),
    ("quota before rate", 429, error("Rate limit: insufficient balance", type="rate_limit_error"), K.QUOTA, None),
    ("plan by words", 429, error("Your plan does not include access to big-2."), K.QUOTA, C.PLAN),
    ("overload by words", 429, error("The engine is overloaded now."), K.OVERLOADED, None),
    ("plan of days", 429, {"error": {"type": "usage_limit_reached", "message": "x"}}, K.QUOTA, None),
    ("soft word with a pace", 429, error("Quota exceeded: 60 requests per minute."), K.RATE_LIMIT, None),
    ("soft word without", 429, error("Quota exceeded for this account."), K.QUOTA, None),
    ("Ollama session", 429, "you (joe) have reached your session usage limit, upgrade", K.QUOTA, None),
    ("Cohere month", 429, {"message": "Trial key, limited to 1000 API calls / month."}, K.QUOTA, None),
    ("Bedrock throttle", 429, {"__type": "ThrottlingException", "message": "Slow"}, K.RATE_LIMIT, None),
    ("DashScope rate", 429, {"code": "Throttling.RateQuota", "message": "x"}, K.RATE_LIMIT, None),
    ("DashScope allocation", 429, {"code": "Throttling.AllocationQuota", "message": "x"}, K.QUOTA, None),
    ("DashScope arrears", 400, {"code": "Arrearage", "message": "Access denied."}, K.QUOTA, None),
    ("Gemini day", 429, error("x", **G429, details=quota_failure("RequestsPerDayPerProject")), K.QUOTA, C.DAILY),
    (
        "Gemini minute in quota words",
        429,
        error("You exceeded your current quota.", **G429, details=quota_failure("RequestsPerMinutePerProject")),
        K.RATE_LIMIT,
        None,
    ),
    ("Gemini in a list", 429, [error("x", **G429)], K.RATE_LIMIT, None),
    # Z.AI
    *((f"Z.AI {code}", 429, error("x", code=code), K.QUOTA, None) for code in ("1113", "1308", "1310", "1313", "1321")),
    ("Z.AI plan", 429, error("x", code="1311"), K.QUOTA, C.PLAN),
    *((f"Z.AI {code}", 429, error("x", code=code), K.RATE_LIMIT, None) for code in ("1302", "1303", "1305")),
    ("Z.AI busy", 429, error("x", code="1312"), K.OVERLOADED, None),
    ("Z.AI long", 400, error("x", code="1261"), K.CONTEXT_WINDOW, None),
    ("Z.AI sensitive", 400, error("x", code="1301"), K.CONTENT_FILTER, None),
    ("Z.AI model", 400, error("x", code="1211"), K.MODEL_NOT_FOUND, None),
    ("Z.AI token", 401, error("x", code="1002"), K.AUTH, None),
    ("Z.AI locked", 429, error("x", code="1121"), K.AUTH, None),
    ("Mistral 1300", 429, {"object": "error", "type": "rate_limited", "code": "1300"}, K.RATE_LIMIT, None),
    ("MiniMax in a 200", 200, {"base_resp": {"status_code": 1008, "status_msg": "x"}}, K.QUOTA, None),
    # money
    ("DeepSeek 402", 402, error("Insufficient Balance", type="unknown_error"), K.QUOTA, None),
    ("OpenRouter budget in flight", 402, error("x", code="in_flight_budget_exhausted"), K.RATE_LIMIT, None),
    ("Anthropic balance", 400, error("Your credit balance is too low", type="invalid_request_error"), K.QUOTA, None),
    ("Gemini billing", 400, error("Please enable billing.", code=400, status="FAILED_PRECONDITION"), K.QUOTA, None),
    ("suspended for a bill", 412, error("Suspended: monthly spending limit"), K.QUOTA, None),
    ("OpenRouter key limit", 403, error("Key limit exceeded (total limit).", code=403), K.QUOTA, None),
    ("xAI credits", 403, {"code": "x", "error": "Please purchase more credits."}, K.QUOTA, None),
    ("HF credits", 402, {"error": "You have exceeded your monthly included credits."}, K.QUOTA, None),
    ("LiteLLM budget", 400, error("Budget has been exceeded!", type="budget_exceeded", code="400"), K.QUOTA, None),
    # keys
    ("revoked", 403, error("OAuth token has been revoked.", type="permission_error"), K.AUTH, None),
    ("leaked", 403, error("Your API key was reported as leaked.", status="PERMISSION_DENIED"), K.AUTH, None),
    ("xAI key as 400", 400, {"code": "x", "error": "Incorrect API key provided: xa***."}, K.AUTH, None),
    ("organisation", 400, error("x", code="organization_restricted"), K.AUTH, None),
    ("Gemini key as 400", 400, error("API key expired.", code=400, status="INVALID_ARGUMENT"), K.AUTH, None),
    ("401 beats a rate", 401, error("Rate limit for bad keys", type="rate_limit_error"), K.AUTH, None),
    ("403 beats a rate", 403, error("Too many requests", code="rate_limit_exceeded"), K.PERMISSION, None),
    ("AWS token", 403, {"__type": "UnrecognizedClientException", "message": "x"}, K.AUTH, None),
    ("AWS access", 403, {"__type": "AccessDeniedException", "message": "No."}, K.PERMISSION, None),
    ("balance behind a 401", 401, error("Insufficient balance.", type="x"), K.QUOTA, None),
    # places
    ("region code", 403, error("x", code="unsupported_country_region_territory"), K.REGION, None),
    ("region words", 403, error("Not available in your country."), K.REGION, None),
    ("Gemini region", 400, error("User location is not supported for the API use."), K.REGION, None),
    # models
    ("model code", 404, error("x", code="model_not_found"), K.MODEL_NOT_FOUND, None),
    ("Azure deployment", 404, error("x", code="DeploymentNotFound"), K.MODEL_NOT_FOUND, None),
    ("Mistral model", 400, {"object": "error", "type": "invalid_model", "code": "1500"}, K.MODEL_NOT_FOUND, None),
    ("OpenRouter endpoints", 404, error("No endpoints found for a/b.", code=404), K.MODEL_NOT_FOUND, None),
    ("no access, typed", 403, error("No access to model x", code="model_not_found"), K.MODEL_NOT_FOUND, None),
    ("no access by words", 403, error("Team does not have access to model x"), K.PERMISSION, None),
    ("named by its parameter", 404, error("Only in v1/responses.", param="model"), K.MODEL_NOT_FOUND, None),
    ("Together model", 404, error("Unable to access model a/b."), K.MODEL_NOT_FOUND, None),
    ("GitHub model", 400, error("Unknown model: x", code="unknown_model"), K.MODEL_NOT_FOUND, None),
    ("no models loaded", 404, error("No models loaded. Please load one."), K.MODEL_NOT_FOUND, None),
    ("decommissioned", 400, error("x", code="model_decommissioned"), K.MODEL_NOT_FOUND, C.GONE),
    ("retired by words", 404, error("Model g-1.5-pro is no longer available."), K.MODEL_NOT_FOUND, C.GONE),
    (
        "end of life, typed",
        404,
        {"__type": "ResourceNotFoundException", "message": "This model version has reached the end of its life."},
        K.MODEL_NOT_FOUND,
        C.GONE,
    ),
    ("Ollama pull", 404, {"error": 'model "x:1b" not found, try pulling it first'}, K.MODEL_NOT_FOUND, None),
    ("wrong path", 404, {"detail": "Not Found"}, K.BAD_REQUEST, C.ADDRESS),
    ("wrong URL", 404, error("Invalid URL (POST /v1/x)", type="invalid_request_error"), K.BAD_REQUEST, C.ADDRESS),
    # windows
    ("context code", 400, error("x", code="context_length_exceeded"), K.CONTEXT_WINDOW, None),
    *(
        (words[:24], 400, error(words), K.CONTEXT_WINDOW, None)
        for words in (
            "This model's maximum context length is 10 tokens.",
            "Please reduce the length of the messages.",
            "prompt is too long: 11 tokens > 10 maximum",
            "Input is too long for requested model.",
            "The input token count (11) exceeds the maximum number of tokens allowed (10).",
            "the request exceeds the available context size",
            "Current length is 11 while limit is 10",
            "too many tokens: size limit exceeded",
            "Prompt exceeds max length",
            "Your request exceeded model token limit: 10",
            "Input validation error: `inputs` must have less than 10 tokens. Given: 11",
            "prompt token count of 11 exceeds the limit of 10",
            "This model's maximum prompt length is 10 but the request contains 11 tokens.",
            "Range of input length should be [1, 10]",
            "The number of tokens to keep from the initial prompt is greater than the context length",
        )
    ),
    ("llama.cpp in a 500", 500, error("the request exceeds the available context size"), K.CONTEXT_WINDOW, None),
    ("not a window", 400, error("Invalid 'user': too long", code="string_above_max_length"), K.BAD_REQUEST, None),
    ("Groq 413 keeps its status", 413, error("Too large on TPM", code="rate_limit_exceeded"), K.TOO_LARGE, None),
    # content
    ("OpenAI policy", 400, error("x", code="content_policy_violation"), K.CONTENT_FILTER, None),
    (
        "Azure policy",
        400,
        error("x", code="content_filter", param="prompt", innererror={"code": "ResponsibleAIPolicyViolation"}),
        K.CONTENT_FILTER,
        C.MODERATION,
    ),
    ("cyber policy", 400, error("x", code="cyber_policy"), K.CONTENT_FILTER, None),
    ("OpenRouter 403", 403, error("x", code=403, metadata={"reasons": ["violence"]}), K.CONTENT_FILTER, C.MODERATION),
    ("DashScope inspection", 400, error("x", code="data_inspection_failed"), K.CONTENT_FILTER, C.MODERATION),
    ("DeepSeek risk", 400, error("Content Exists Risk"), K.CONTENT_FILTER, None),
    ("Anthropic output", 400, error("Output blocked by content filtering policy"), K.CONTENT_FILTER, None),
    ("xAI guidelines", 403, {"error": "Content violates usage guidelines."}, K.CONTENT_FILTER, C.MODERATION),
    # what the caller sent
    ("output bound", 400, error("max_tokens: 11 > 10, the maximum number of output tokens"), K.BAD_REQUEST, None),
    ("no tools", 400, {"error": '"m" does not support tools'}, K.BAD_REQUEST, C.PARAMETER),
    ("parameter code", 400, error("x", code="unsupported_parameter", param="top_k"), K.BAD_REQUEST, C.PARAMETER),
    ("parameter words", 400, error("`top_p` is deprecated for this model."), K.BAD_REQUEST, C.PARAMETER),
    ("501", 501, error("Audio input is not there"), K.BAD_REQUEST, C.PARAMETER),
    ("prefill", 400, error("This model does not support assistant message prefill."), K.BAD_REQUEST, C.PREFILL),
    ("history", 400, error("The reasoning_content must be passed back."), K.BAD_REQUEST, C.HISTORY),
    ("encrypted", 400, error("x", code="invalid_encrypted_content"), K.BAD_REQUEST, C.HISTORY),
    ("tool schema", 400, error("Invalid schema for function 'f': no type."), K.BAD_REQUEST, C.TOOL_SCHEMA),
    ("tool use", 400, error("x", code="tool_use_failed"), K.BAD_REQUEST, C.TOOL_SCHEMA),
    ("plain fault", 422, {"detail": [{"msg": "field required", "loc": ["a"], "type": "missing"}]}, K.BAD_REQUEST, None),
    # servers
    ("overloaded type", 500, error("x", type="overloaded_error"), K.OVERLOADED, None),
    ("over capacity", 500, error("The service is over capacity"), K.OVERLOADED, None),
    ("OpenAI overloaded", 503, error("x", code="server_is_overloaded"), K.OVERLOADED, None),
    ("Bedrock agreement", 403, {"__type": "MPAgreementBeingCreated", "message": "x"}, K.OVERLOADED, None),
    ("Bedrock upstream", 424, {"__type": "ModelErrorException", "originalStatusCode": 400}, K.SERVER, None),
    ("cancelled", 499, error("x", status="CANCELLED"), K.SERVER, None),
    # pages
    ("portal", 200, b"<!DOCTYPE html><title>Sign in</title>", K.MALFORMED, C.PAGE),
    ("bad gateway page", 502, b"<html><title>502 Bad Gateway</title></html>", K.SERVER, C.PAGE),
    ("page of a wrong path", 404, b"<html>model not found</html>", K.BAD_REQUEST, C.ADDRESS),
    ("network login", 511, b"<html></html>", K.MALFORMED, C.PAGE),
    ("not JSON in a 200", 200, b"hello", K.MALFORMED, None),
    # a torn body and a body that is a stream
    ("torn", 429, b'{"error":{"code":"insufficient_quota","message":"You exc', K.QUOTA, None),
    ("stream", 400, b'data: {"error":{"code":"context_length_exceeded"}}\n\n', K.CONTEXT_WINDOW, None),
    ("error in a 200", 200, error("x", code=429), K.RATE_LIMIT, None),
]  # fmt: skip


@pytest.mark.parametrize(("status", "body", "kind", "cause"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_an_error_is_read_as_its_row_says(status: int, body: object, kind: Kind, cause: Cause | None) -> None:
    fault = read(status, body)
    assert (fault.kind, fault.cause) == (kind, cause), fault


STREAMS: list[tuple[str, object, Kind]] = [
    *(
        (f"Anthropic {name}", {"type": "error", "error": {"type": name, "message": "x"}}, kind)
        for name, kind in (
            ("invalid_request_error", K.BAD_REQUEST),
            ("authentication_error", K.AUTH),
            ("billing_error", K.QUOTA),
            ("permission_error", K.PERMISSION),
            ("not_found_error", K.MODEL_NOT_FOUND),
            ("request_too_large", K.TOO_LARGE),
            ("rate_limit_error", K.RATE_LIMIT),
            ("api_error", K.SERVER),
            ("timeout_error", K.TIMEOUT),
            ("overloaded_error", K.OVERLOADED),
        )
    ),
    ("OpenAI", error("x", type="server_error"), K.SERVER),
    ("vLLM", {"object": "error", "message": "x", "type": "BadRequestError", "code": 400}, K.BAD_REQUEST),
    ("OpenRouter", {"id": "gen-1", "error": {"code": 502, "message": "x"}, "choices": [{"delta": {}}]}, K.SERVER),
    ("Responses event", {"type": "error", "code": "rate_limit_exceeded", "message": "x"}, K.RATE_LIMIT),
    (
        "Responses failed",
        {"type": "response.failed", "response": {"status": "failed", "error": {"code": "server_error"}}},
        K.SERVER,
    ),
    (
        "Responses incomplete",
        {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "content_filter"}}},
        K.CONTENT_FILTER,
    ),
    ("Gemini", error("x", code=503, status="UNAVAILABLE"), K.OVERLOADED),
    ("Bedrock throttle", {"__type": "throttlingException", "message": "x"}, K.RATE_LIMIT),
    ("Bedrock stream", {"__type": "modelStreamErrorException", "message": "x"}, K.SERVER),
    ("words alone", {"error": "an internal error occurred"}, K.SERVER),
    ("context by words", {"error": {"message": "decode failed, try increasing context size"}}, K.CONTEXT_WINDOW),
    ("DeepSeek resources", error(code="insufficient_system_resource"), K.OVERLOADED),
    ("nothing fits", {"error": {"message": "hm"}}, K.STREAM_ERROR),
    ("cancelled", error("x", code=499, status="CANCELLED"), K.STREAM_ERROR),
    ("not an object", 5, K.STREAM_ERROR),
]


@pytest.mark.parametrize(("payload", "kind"), [row[1:] for row in STREAMS], ids=[row[0] for row in STREAMS])
def test_an_error_inside_a_stream_gets_the_class_of_its_twin(payload: object, kind: Kind) -> None:
    fault = classify_payload(payload, in_stream=True)
    assert fault.kind is kind, fault
    assert fault.in_stream


def test_numbers_in_prose_are_never_read() -> None:
    assert read(400, error("Line 429 of 500: 'a' was 401, 1302 given")).kind is Kind.BAD_REQUEST


def test_what_the_model_wrote_is_never_read() -> None:
    body = error("x", type="invalid_request_error", failed_generation='{"code": "insufficient_quota"}')
    assert read(400, body).kind is Kind.BAD_REQUEST


def test_an_upstream_error_in_a_string_is_opened() -> None:
    raw = json.dumps(error("Unknown.", code="unsupported_value"))
    fault = read(400, error("Provider returned error", code=400, metadata={"raw": raw}))
    assert (fault.kind, fault.cause, fault.code) == (Kind.BAD_REQUEST, Cause.PARAMETER, "unsupported_value")
    assert fault.detail == "Provider returned error: Unknown."


def test_the_detail_is_one_short_line_without_secrets() -> None:
    key = "sk-proj-" + "a1B2c3D4" * 6
    fault = read(401, error(f"Incorrect API key provided:\n {key}. " + "word " * 200))
    assert key[8:] not in fault.detail
    assert "\n" not in fault.detail
    assert len(fault.detail) == 300


def test_a_silent_error_names_its_status() -> None:
    assert read(502, b"").detail == "The provider answers 502 Bad Gateway and gives no reason."
    assert read(599, b"").detail == "The provider answers 599 and gives no reason."


def test_the_title_of_a_web_page_is_told() -> None:
    assert "Sign in to Wi-Fi" in read(200, b"<html><title>Sign in to Wi-Fi</title>").detail


def test_the_typed_code_is_kept() -> None:
    assert read(429, error("x", type="tokens", code="rate_limit_exceeded")).code == "rate_limit_exceeded"
    aws = {"X-Amzn-Errortype": "ThrottlingException:http://example.invalid/"}
    fault = read(400, {"message": "Slow"}, aws)
    assert (fault.kind, fault.code) == (Kind.RATE_LIMIT, "ThrottlingException")


def test_the_status_is_the_responses_or_the_one_inside_a_200() -> None:
    assert read(503, error("x", code=500)).status == 503
    assert classify_payload(error("x", code=502), status=200, in_stream=True).status == 502


@pytest.mark.parametrize(("said", "meant"), [("true", True), ("FALSE", False), ("maybe", None), (None, None)])
def test_the_server_says_whether_to_retry(said: str | None, meant: bool | None) -> None:
    assert read(500, b"", {} if said is None else {"X-Should-Retry": said}).retry is meant


def test_the_hint_reaches_the_fault() -> None:
    assert read(429, b"", {"retry-after": "7"}).wait_hint == 7.0
    assert read(429, error("Please try again in 1.5s")).wait_hint == 1.5
    assert read(403, {"__type": "MPAgreementBeingCreated"}).wait_hint == 900.0


def test_a_hanging_agreement_does_not_spend_the_key() -> None:
    assert verdict(read(403, {"__type": "MPAgreementBeingCreated"})) == VERDICTS[Kind.OVERLOADED]


def test_the_table_of_codes_is_written_as_it_is_looked_up() -> None:
    assert [name for name in CODES if not name.isalnum() or name != name.lower()] == []
    assert [status for status, (kind, cause) in STATUSES.items() if cause and (kind, cause) not in REFINED] == []


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["error", "code", "type", "message", "details", "retryDelay", "base_resp", "status_code"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "Date", "retry-after-ms", "content-type", "x-should-retry", "x-amzn-errortype"]),
    st.text(max_size=40),
)


@settings(max_examples=150, deadline=None)
@given(st.integers(-1, 1000), HEADERS, st.binary(max_size=300), st.floats())
def test_no_body_makes_it_raise(status: int, headers: dict[str, str], body: bytes, now: float) -> None:
    fault = classify(status, headers, body, now=now)
    assert len(fault.detail) <= 300
    assert fault.wait_hint is None or 0 < fault.wait_hint <= 7 * 86400


@settings(max_examples=150, deadline=None)
@given(JSON, st.none() | st.integers(100, 600), HEADERS, st.booleans())
def test_no_payload_makes_it_raise(payload: Any, status: int | None, headers: dict[str, str], in_stream: bool) -> None:
    fault = classify_payload(payload, status=status, headers=headers, in_stream=in_stream)
    assert fault.detail
    assert fault.in_stream is in_stream


def test_a_deep_body_is_read_without_harm() -> None:
    assert read(500, b"[" * 60_000).kind is Kind.SERVER
    assert read(500, b'{"error":' * 5_000).kind is Kind.SERVER
