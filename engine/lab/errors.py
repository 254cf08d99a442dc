"""Error bodies as each vendor words them: the inverse of the classifier, as data.

Shapes and codes follow the vendors' public error references (OpenAI, Anthropic, google.rpc.Status, Cohere, Ollama,
Amazon Bedrock). The sentences are the lab's own, with the phrases that the vendors are known by.
"""

from http import HTTPStatus
from typing import Any, NamedTuple, assert_never

from engine.core.faults import Kind
from engine.core.request import Dialect


class Wording(NamedTuple):
    """One kind of error: the usual status, and its name in the OpenAI, Anthropic, Google and Amazon vocabularies."""

    status: int
    message: str
    openai: tuple[str, str | None]  # type, code
    anthropic: str
    google: str
    amazon: str


WORDINGS: dict[Kind, Wording] = {
    Kind.RATE_LIMIT: Wording(
        429,
        "Rate limit reached for requests per minute.",
        ("requests", "rate_limit_exceeded"),
        "rate_limit_error",
        "RESOURCE_EXHAUSTED",
        "ThrottlingException",
    ),
    Kind.QUOTA: Wording(
        429,
        "You exceeded your current quota, please check your plan.",
        ("insufficient_quota", "insufficient_quota"),
        "billing_error",
        "RESOURCE_EXHAUSTED",
        "ServiceQuotaExceededException",
    ),
    Kind.AUTH: Wording(
        401,
        "Incorrect API key provided.",
        ("invalid_request_error", "invalid_api_key"),
        "authentication_error",
        "UNAUTHENTICATED",
        "UnrecognizedClientException",
    ),
    Kind.PERMISSION: Wording(
        403,
        "This key has no permission for the requested resource.",
        ("invalid_request_error", "insufficient_permissions"),
        "permission_error",
        "PERMISSION_DENIED",
        "AccessDeniedException",
    ),
    Kind.REGION: Wording(
        403,
        "Country, region, or territory not supported.",
        ("request_forbidden", "unsupported_country_region_territory"),
        "permission_error",
        "FAILED_PRECONDITION",
        "AccessDeniedException",
    ),
    Kind.MODEL_NOT_FOUND: Wording(
        404,
        "The model does not exist or you do not have access to it.",
        ("invalid_request_error", "model_not_found"),
        "not_found_error",
        "NOT_FOUND",
        "ResourceNotFoundException",
    ),
    Kind.CONTEXT_WINDOW: Wording(
        400,
        "This model's maximum context length is 8192 tokens. Please send less.",
        ("invalid_request_error", "context_length_exceeded"),
        "invalid_request_error",
        "INVALID_ARGUMENT",
        "ValidationException",
    ),
    Kind.TOO_LARGE: Wording(
        413,
        "The request exceeds the maximum allowed number of bytes.",
        ("invalid_request_error", None),
        "request_too_large",
        "INVALID_ARGUMENT",
        "ValidationException",
    ),
    Kind.CONTENT_FILTER: Wording(
        400,
        "The prompt was refused by the content management policy.",
        ("invalid_request_error", "content_policy_violation"),
        "invalid_request_error",
        "INVALID_ARGUMENT",
        "ValidationException",
    ),
    Kind.BAD_REQUEST: Wording(
        400,
        "The value of 'messages' is not valid.",
        ("invalid_request_error", "invalid_value"),
        "invalid_request_error",
        "INVALID_ARGUMENT",
        "ValidationException",
    ),
    Kind.TIMEOUT: Wording(
        504,
        "The request took too long to process.",
        ("server_error", "timeout"),
        "timeout_error",
        "DEADLINE_EXCEEDED",
        "ModelTimeoutException",
    ),
    Kind.OVERLOADED: Wording(
        503,
        "The model is overloaded. Please try again later.",
        ("server_error", "server_is_overloaded"),
        "overloaded_error",
        "UNAVAILABLE",
        "ServiceUnavailableException",
    ),
    Kind.SERVER: Wording(
        500,
        "The server had an error while processing your request.",
        ("server_error", "server_error"),
        "api_error",
        "INTERNAL",
        "InternalServerException",
    ),
}
# The same sentence is not understood everywhere: what a vendor says in its own words.
OWN_WORDS: dict[tuple[Dialect, Kind], str] = {
    (Dialect.MESSAGES, Kind.CONTEXT_WINDOW): "prompt is too long: 212034 tokens > 200000 maximum",
    (Dialect.MESSAGES, Kind.QUOTA): "Your credit balance is too low to access the API.",
    (Dialect.MESSAGES, Kind.AUTH): "invalid x-api-key",
    (Dialect.MESSAGES, Kind.MODEL_NOT_FOUND): "model: no such model",
    (Dialect.MESSAGES, Kind.OVERLOADED): "Overloaded",
    (
        Dialect.GEMINI,
        Kind.CONTEXT_WINDOW,
    ): "The input token count exceeds the maximum number of tokens allowed (1048576).",
    (Dialect.GEMINI, Kind.MODEL_NOT_FOUND): "The model is not found for API version v1beta, or is not supported.",
    (Dialect.GEMINI, Kind.REGION): "User location is not supported for the API use.",
    (Dialect.GEMINI, Kind.AUTH): "API key not valid. Please pass a valid API key.",
    (Dialect.GEMINI, Kind.RATE_LIMIT): "Resource has been exhausted: requests per minute.",
    (Dialect.COHERE, Kind.AUTH): "invalid api token",
    (Dialect.COHERE, Kind.CONTEXT_WINDOW): "too many tokens: the prompt exceeds the maximum context length",
    (Dialect.COHERE, Kind.MODEL_NOT_FOUND): "model 'x' not found, make sure the correct model ID was used",
    (Dialect.OLLAMA, Kind.MODEL_NOT_FOUND): "model 'x' not found",
    (Dialect.BEDROCK, Kind.CONTEXT_WINDOW): "Input is too long for requested model.",
    (Dialect.BEDROCK, Kind.RATE_LIMIT): "Too many requests, please wait before trying again.",
    (Dialect.BEDROCK, Kind.AUTH): "The security token included in the request is invalid.",
}
OWN_STATUS: dict[tuple[Dialect, Kind], int] = {
    (Dialect.MESSAGES, Kind.OVERLOADED): 529,
    (Dialect.MESSAGES, Kind.QUOTA): 400,
    (Dialect.GEMINI, Kind.AUTH): 400,
    (Dialect.BEDROCK, Kind.QUOTA): 402,
}

_BY_STATUS = {
    400: Kind.BAD_REQUEST,
    401: Kind.AUTH,
    402: Kind.QUOTA,
    403: Kind.PERMISSION,
    404: Kind.MODEL_NOT_FOUND,
    408: Kind.TIMEOUT,
    413: Kind.TOO_LARGE,
    422: Kind.BAD_REQUEST,
    429: Kind.RATE_LIMIT,
    503: Kind.OVERLOADED,
    504: Kind.TIMEOUT,
    524: Kind.TIMEOUT,
    529: Kind.OVERLOADED,
}


def kind_of(status: int) -> Kind:
    """The kind that a bare status most often stands for."""
    return _BY_STATUS.get(status, Kind.SERVER if status >= 500 else Kind.BAD_REQUEST)


def usual_status(dialect: Dialect, kind: Kind) -> int:
    return OWN_STATUS.get((dialect, kind), wording(kind).status)


def reason(status: int) -> str:
    """The reason phrase of a status line."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Overloaded" if status == 529 else "Error"


def wording(kind: Kind) -> Wording:
    return WORDINGS.get(kind, WORDINGS[Kind.SERVER])


def error_json(
    dialect: Dialect, kind: Kind, message: str = "", status: int | None = None, wait: float | None = None
) -> dict[str, Any]:
    """The body of an error as `dialect` forms it. `wait` in seconds, for those that say it in the body."""
    words = wording(kind)
    text = message or OWN_WORDS.get((dialect, kind), words.message)
    status = status or usual_status(dialect, kind)
    match dialect:
        case Dialect.CHAT_COMPLETIONS | Dialect.RESPONSES:
            type_, code = words.openai
            return {"error": {"message": text, "type": type_, "param": None, "code": code}}
        case Dialect.MESSAGES:
            type_ = "invalid_request_error" if kind is Kind.QUOTA and status == 400 else words.anthropic
            return {"type": "error", "error": {"type": type_, "message": text}, "request_id": "req_lab"}
        case Dialect.GEMINI:
            return {"error": _google(kind, text, status, wait)}
        case Dialect.COHERE:
            return {"id": "lab", "message": text}
        case Dialect.OLLAMA:
            return {"error": text}
        case Dialect.BEDROCK:
            return {"message": text, "__type": words.amazon}
        case _:
            assert_never(dialect)


def _google(kind: Kind, text: str, status: int, wait: float | None) -> dict[str, Any]:
    details: list[dict[str, Any]] = []
    if kind is Kind.AUTH:
        info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
        details.append({**info, "domain": "googleapis.com"})
    if kind in (Kind.QUOTA, Kind.RATE_LIMIT):
        per = "Day" if kind is Kind.QUOTA else "Minute"
        violation = {"quotaId": f"GenerateRequestsPer{per}PerProjectPerModel", "quotaValue": "50"}
        details.append({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]})
    if wait is not None:
        details.append({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": f"{wait:.9g}s"})
    name = "INVALID_ARGUMENT" if kind is Kind.AUTH and status == 400 else wording(kind).google
    error: dict[str, Any] = {"code": status, "message": text, "status": name}
    return {**error, "details": details} if details else error
