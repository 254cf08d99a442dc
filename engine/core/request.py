"""What is asked, of whom, and how patiently. Immutable values; nothing here knows a provider's wire format."""

from enum import StrEnum
from typing import Any, Literal

from msgspec import Struct

Role = Literal["system", "user", "assistant", "tool"]


class Text(Struct, frozen=True, tag="text"):
    text: str


class Image(Struct, frozen=True, tag="image"):
    """An image as base64 text, with its media type (`image/png`)."""

    media_type: str
    data: str


class Reasoning(Struct, frozen=True, kw_only=True, tag="reasoning"):
    """Reasoning of an earlier turn. `signature` is the provider's opaque seal; it is valid at `provider` alone."""

    text: str
    signature: str = ""
    provider: str = ""


class ToolCall(Struct, frozen=True, kw_only=True, tag="tool_call"):
    """A call that the model made. `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


class ToolResult(Struct, frozen=True, kw_only=True, tag="tool_result"):
    call_id: str
    name: str
    content: str


Part = Text | Image | Reasoning | ToolCall | ToolResult


class Message(Struct, frozen=True):
    """One turn of the conversation, by role, in parts."""

    role: Role
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))


class Tool(Struct, frozen=True, kw_only=True):
    """A function that the model may call; `schema` is its JSON Schema."""

    name: str
    description: str = ""
    schema: dict[str, Any] = {}


class Parameters(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sampling parameters. None means: not sent, the provider's default holds."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    reasoning_effort: str | None = None
    json_schema: dict[str, Any] | None = None
    extra: dict[str, Any] = {}  # merged into the body last, as the user wrote it


class Dialect(StrEnum):
    """A wire format: how a request is written and an answer read."""

    CHAT_COMPLETIONS = "chat_completions"
    RESPONSES = "responses"
    MESSAGES = "messages"
    GEMINI = "gemini"
    COHERE = "cohere"
    OLLAMA = "ollama"
    BEDROCK = "bedrock"


class Clocks(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Limits in seconds; None means: the route's, then the default.

    connect: until the connection stands. first_token: from then until the first meaningful output. idle: between
    two outputs. total: of the whole run on a policy, of one attempt on a candidate.
    """

    connect: float | None = None
    first_token: float | None = None
    idle: float | None = None
    total: float | None = None


class Capabilities(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a candidate is known to take; None means not known, and is tried."""

    tools: bool | None = None
    vision: bool | None = None
    json: bool | None = None
    reasoning: bool | None = None
    prefill: bool | None = None  # continues a partial assistant turn


class Candidate(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One place in a route. `keys` are names ("env:NAME", "keyring:alias", "session:alias"), never values.

    `usual_first_token` is how long its kind may take (seconds): a local server loads the model, a reasoning one thinks.
    """

    provider: str
    model: str
    dialect: Dialect | None = None
    base_url: str | None = None
    keys: tuple[str, ...] = ()
    context_window: int | None = None
    clocks: Clocks = Clocks()
    usual_first_token: float | None = None
    capabilities: Capabilities = Capabilities()

    @property
    def label(self) -> str:
        return f"{self.provider} · {self.model}"


class Midstream(StrEnum):
    RESTART = "restart"  # supersede what was shown and start again elsewhere
    KEEP = "keep"  # keep the partial text, with the error below it
    CONTINUE = "continue"  # hand the partial text to a candidate that takes one


class OnOverflow(StrEnum):
    LARGER = "larger"
    ABORT = "abort"


class OnFilter(StrEnum):
    ABORT = "abort"
    NEXT = "next"


class Policy(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How patiently a route is walked. Times in seconds; `attempts` is for each candidate, rotations not counted.

    `floor` is the least output, in characters a second over each `floor_window`, below which a stream is left for
    another candidate; None: any pace will do.
    """

    attempts: int = 3
    backoff: float = 0.5
    backoff_cap: float = 8.0
    longest_wait: float = 10.0
    connect: float = 5.0
    first_token: float = 10.0
    idle: float = 10.0
    total: float = 120.0
    midstream: Midstream = Midstream.RESTART
    on_context_overflow: OnOverflow = OnOverflow.LARGER
    on_content_filter: OnFilter = OnFilter.ABORT
    hedge_delay: float | None = None
    floor: float | None = None
    floor_window: float = 10.0


class Route(Struct, frozen=True, kw_only=True):
    """An ordered list of candidates and the policy by which it is walked."""

    name: str
    candidates: tuple[Candidate, ...]
    policy: Policy = Policy()


class Request(Struct, frozen=True, kw_only=True):
    """One prompt with its conversation, sent along one route."""

    messages: tuple[Message, ...]
    route: Route
    system: str = ""
    parameters: Parameters = Parameters()
    tools: tuple[Tool, ...] = ()


class Usage(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens as the provider counts them; None where it did not say.

    Dialects differ: the messages and bedrock ones count `cached` beside `input`, the gemini one counts `reasoning`
    beside `output`; elsewhere they are parts of them.
    """

    input: int | None = None
    output: int | None = None
    reasoning: int | None = None
    cached: int | None = None


class Finish(StrEnum):
    """Why a provider stopped, in one vocabulary."""

    STOP = "stop"
    LENGTH = "length"
    TOOL_CALLS = "tool_calls"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


def ask(prompt: str, route: Route, *, system: str = "", parameters: Parameters = Parameters()) -> Request:
    """A request of a single user turn. Raises ValueError as `spoken` does."""
    return Request(messages=(spoken(prompt),), route=route, system=system, parameters=parameters)


def spoken(prompt: str) -> Message:
    """A user's turn. Half of a surrogate pair, which no wire and no file takes, becomes a replacement character.

    Raises ValueError with one sentence when the prompt is blank.
    """
    if not prompt.strip():
        raise ValueError("The prompt is empty: write what you want to ask.")
    return Message("user", (Text(prompt.encode("utf-8", "replace").decode()),))
