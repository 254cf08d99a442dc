"""Who there is: hosts, dialects, default models, key prefixes and habits of each provider, as data.

A provider that speaks a known dialect is one row here and nothing else.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from enum import StrEnum
from typing import Literal

from msgspec import Struct

from engine.core.request import Capabilities, Dialect

# Stands for the model that comes with this program; the transport starts it and learns its port when it is asked.
LOCAL_BASE = "http://smollm2.localhost/v1"


class Auth(StrEnum):
    """The header that carries the key. The value of each member is the header's name."""

    BEARER = "authorization"
    X_API_KEY = "x-api-key"
    API_KEY = "api-key"
    X_GOOG_API_KEY = "x-goog-api-key"


class CatalogError(LookupError):
    """One sentence on what a candidate names wrongly, with the remedy."""


class Provider(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One provider. The first of `dialects` is the one it is asked in when a candidate names none.

    `base_url` is empty where every account has its own address; `example` then shows its form. `bases` holds the
    addresses of dialects that live elsewhere than at `base_url`.
    """

    name: str
    label: str
    base_url: str = ""
    dialects: tuple[Dialect, ...] = (Dialect.CHAT_COMPLETIONS,)
    bases: tuple[tuple[Dialect, str], ...] = ()
    example: str = ""
    model: str = ""
    key_prefixes: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    local: bool = False  # loads models on this machine: the first token may take minutes
    needs_key: bool = True
    auth: Auth = Auth.BEARER
    capabilities: Capabilities = Capabilities()
    # Habits of its chat completions.
    stream_options: bool = True  # takes stream_options.include_usage
    limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: Literal["seed", "random_seed"] = "seed"
    json_schema: bool = True  # takes response_format json_schema; else json_object alone
    tool_id: Literal["any", "alnum9"] = "any"  # alnum9: exactly nine letters and digits
    reasoning_back: bool = False  # wants reasoning_content of its own tool turns back
    prefill_mark: Literal["", "prefix", "partial"] = ""  # the flag that marks a partial assistant turn

    def base_for(self, dialect: Dialect) -> str:
        """The address for `dialect`; empty where the account must say."""
        return dict(self.bases).get(dialect, self.base_url)


CHAT, RESPONSES, MESSAGES = Dialect.CHAT_COMPLETIONS, Dialect.RESPONSES, Dialect.MESSAGES
_OPENAI_WIRES = (CHAT, RESPONSES)
_GATEWAY_WIRES = (CHAT, RESPONSES, MESSAGES)
_PREFILL = Capabilities(prefill=True)
_NO_PREFILL = Capabilities(prefill=False)

_ROWS = (
    # The models' own houses.
    Provider(
        name="openai",
        label="OpenAI",
        base_url="https://api.openai.com/v1",
        dialects=_OPENAI_WIRES,
        model="gpt-5-mini",
        key_prefixes=("sk-proj-", "sk-svcacct-", "sk-"),
        env=("OPENAI_API_KEY",),
        limit_field="max_completion_tokens",
        capabilities=_NO_PREFILL,
    ),
    Provider(
        name="anthropic",
        label="Anthropic",
        base_url="https://api.anthropic.com",
        dialects=(MESSAGES,),
        model="claude-sonnet-4-6",
        key_prefixes=("sk-ant-",),
        env=("ANTHROPIC_API_KEY",),
        auth=Auth.X_API_KEY,
    ),
    Provider(
        name="gemini",
        label="Google Gemini",
        base_url="https://generativelanguage.googleapis.com/v1beta",
        bases=((CHAT, "https://generativelanguage.googleapis.com/v1beta/openai"),),
        dialects=(Dialect.GEMINI, CHAT),
        model="gemini-2.5-flash",
        key_prefixes=("AIza", "AQ."),
        env=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
        auth=Auth.X_GOOG_API_KEY,
    ),
    Provider(
        name="mistral",
        label="Mistral",
        base_url="https://api.mistral.ai/v1",
        model="mistral-small-latest",
        env=("MISTRAL_API_KEY",),
        stream_options=False,
        seed_field="random_seed",
        tool_id="alnum9",
        prefill_mark="prefix",
        capabilities=_PREFILL,
    ),
    Provider(
        name="deepseek",
        label="DeepSeek",
        base_url="https://api.deepseek.com",
        bases=((MESSAGES, "https://api.deepseek.com/anthropic"),),
        dialects=_GATEWAY_WIRES,
        model="deepseek-chat",
        key_prefixes=("sk-",),
        env=("DEEPSEEK_API_KEY",),
        json_schema=False,
        reasoning_back=True,
    ),
    Provider(
        name="xai",
        label="xAI",
        base_url="https://api.x.ai/v1",
        dialects=_GATEWAY_WIRES,
        model="grok-4",
        key_prefixes=("xai-",),
        env=("XAI_API_KEY",),
        limit_field="max_completion_tokens",
    ),
    Provider(
        name="cohere",
        label="Cohere",
        base_url="https://api.cohere.com",
        bases=((CHAT, "https://api.cohere.ai/compatibility/v1"),),
        dialects=(Dialect.COHERE, CHAT),
        model="command-a-03-2025",
        env=("COHERE_API_KEY", "CO_API_KEY"),
    ),
    Provider(
        name="moonshot",
        label="Moonshot Kimi",
        base_url="https://api.moonshot.ai/v1",
        bases=((MESSAGES, "https://api.moonshot.ai/anthropic"),),
        dialects=(CHAT, MESSAGES),
        model="kimi-k2.5",
        key_prefixes=("sk-",),
        env=("MOONSHOT_API_KEY",),
        reasoning_back=True,
        prefill_mark="partial",
        capabilities=_PREFILL,
    ),
    Provider(
        name="zai",
        label="Z.AI",
        base_url="https://api.z.ai/api/paas/v4",
        bases=((MESSAGES, "https://api.z.ai/api/anthropic"),),
        dialects=(CHAT, MESSAGES),
        model="glm-4.6",
        env=("ZAI_API_KEY", "ZHIPUAI_API_KEY"),
        json_schema=False,
    ),
    Provider(
        name="alibaba",
        label="Alibaba Model Studio",
        base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
        model="qwen3-max",
        key_prefixes=("sk-",),
        env=("DASHSCOPE_API_KEY",),
        prefill_mark="partial",
        json_schema=False,
    ),
    Provider(
        name="perplexity",
        label="Perplexity",
        base_url="https://api.perplexity.ai",
        model="sonar",
        key_prefixes=("pplx-",),
        env=("PERPLEXITY_API_KEY",),
        stream_options=False,
    ),
    Provider(
        name="writer",
        label="Writer",
        base_url="https://api.writer.com/v1",
        model="palmyra-x5",
        env=("WRITER_API_KEY",),
    ),
    # Clouds.
    Provider(
        name="azure",
        label="Azure OpenAI",
        example="https://RESOURCE.openai.azure.com/openai/v1",
        dialects=_OPENAI_WIRES,
        model="gpt-5-mini",
        env=("AZURE_OPENAI_API_KEY",),
        auth=Auth.API_KEY,
        limit_field="max_completion_tokens",
        capabilities=_NO_PREFILL,
    ),
    Provider(
        name="bedrock",
        label="Amazon Bedrock",
        base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
        dialects=(Dialect.BEDROCK,),
        model="amazon.nova-lite-v1:0",
        key_prefixes=("ABSK", "bedrock-api-key-"),
        env=("AWS_BEARER_TOKEN_BEDROCK",),
    ),
    Provider(
        name="vertex",
        label="Google Vertex AI",
        example="https://LOCATION-aiplatform.googleapis.com/v1/projects/PROJECT/locations/LOCATION",
        dialects=(Dialect.GEMINI, MESSAGES),
        model="gemini-2.5-flash",
        env=("VERTEX_ACCESS_TOKEN",),
    ),
    Provider(
        name="snowflake",
        label="Snowflake Cortex",
        example="https://ACCOUNT.snowflakecomputing.com/api/v2/cortex/v1",
        model="claude-sonnet-4-5",
        env=("SNOWFLAKE_TOKEN",),
        stream_options=False,
        limit_field="max_completion_tokens",
    ),
    Provider(
        name="heroku",
        label="Heroku Inference",
        base_url="https://us.inference.heroku.com/v1",
        model="claude-4-sonnet",
        key_prefixes=("inf-",),
        env=("INFERENCE_KEY",),
        stream_options=False,
    ),
    # Hosts of open models.
    Provider(
        name="groq",
        label="Groq",
        base_url="https://api.groq.com/openai/v1",
        dialects=_OPENAI_WIRES,
        model="llama-3.3-70b-versatile",
        key_prefixes=("gsk_",),
        env=("GROQ_API_KEY",),
        limit_field="max_completion_tokens",
    ),
    Provider(
        name="together",
        label="Together AI",
        base_url="https://api.together.xyz/v1",
        model="meta-llama/Llama-3.3-70B-Instruct-Turbo",
        key_prefixes=("tgp_v1_",),
        env=("TOGETHER_API_KEY",),
    ),
    Provider(
        name="fireworks",
        label="Fireworks AI",
        base_url="https://api.fireworks.ai/inference/v1",
        model="accounts/fireworks/models/llama-v3p3-70b-instruct",
        key_prefixes=("fw_",),
        env=("FIREWORKS_API_KEY",),
    ),
    Provider(
        name="cerebras",
        label="Cerebras",
        base_url="https://api.cerebras.ai/v1",
        model="gpt-oss-120b",
        key_prefixes=("csk-",),
        env=("CEREBRAS_API_KEY",),
        limit_field="max_completion_tokens",
    ),
    Provider(
        name="sambanova",
        label="SambaNova",
        base_url="https://api.sambanova.ai/v1",
        model="Meta-Llama-3.3-70B-Instruct",
        env=("SAMBANOVA_API_KEY",),
    ),
    Provider(
        name="nvidia",
        label="NVIDIA NIM",
        base_url="https://integrate.api.nvidia.com/v1",
        model="meta/llama-3.3-70b-instruct",
        key_prefixes=("nvapi-",),
        env=("NVIDIA_API_KEY",),
    ),
    Provider(
        name="huggingface",
        label="Hugging Face",
        base_url="https://router.huggingface.co/v1",
        model="openai/gpt-oss-120b",
        key_prefixes=("hf_",),
        env=("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    ),
    Provider(
        name="venice",
        label="Venice",
        base_url="https://api.venice.ai/api/v1",
        model="llama-3.3-70b",
        env=("VENICE_API_KEY",),
    ),
    Provider(
        name="avian",
        label="Avian",
        base_url="https://api.avian.io/v1",
        model="moonshotai/kimi-k2.5",
        key_prefixes=("avian-",),
        env=("AVIAN_API_KEY",),
    ),
    Provider(
        name="doubleword",
        label="Doubleword",
        base_url="https://api.doubleword.ai/v1",
        model="openai/gpt-oss-20b",
        env=("DOUBLEWORD_API_KEY",),
    ),
    # Gateways.
    Provider(
        name="openrouter",
        label="OpenRouter",
        base_url="https://openrouter.ai/api/v1",
        bases=((MESSAGES, "https://openrouter.ai/api"),),
        dialects=_GATEWAY_WIRES,
        model="openrouter/auto",
        key_prefixes=("sk-or-",),
        env=("OPENROUTER_API_KEY",),
    ),
    Provider(
        name="vercel_gateway",
        label="Vercel AI Gateway",
        base_url="https://ai-gateway.vercel.sh/v1",
        dialects=_GATEWAY_WIRES,
        model="openai/gpt-5-mini",
        key_prefixes=("vck_",),
        env=("AI_GATEWAY_API_KEY",),
    ),
    Provider(
        name="litellm_proxy",
        label="LiteLLM proxy",
        base_url="http://127.0.0.1:4000/v1",
        dialects=_GATEWAY_WIRES,
        key_prefixes=("sk-",),
        env=("LITELLM_API_KEY", "LITELLM_MASTER_KEY"),
        needs_key=False,
    ),
    Provider(
        name="gateway",
        label="Gateway",
        example="https://gateway.example.com/v1",
        dialects=_GATEWAY_WIRES,
        needs_key=False,
    ),
    Provider(
        name="copilot",
        label="GitHub Copilot",
        base_url="https://api.githubcopilot.com",
        dialects=_OPENAI_WIRES,
        model="gpt-4o",
        env=("GITHUB_COPILOT_TOKEN",),
    ),
    Provider(
        name="chatgpt",
        label="ChatGPT plan",
        base_url="https://chatgpt.com/backend-api/codex",
        dialects=(RESPONSES,),
        model="gpt-5.4",
        env=("CHATGPT_ACCESS_TOKEN",),
    ),
    # Servers of one's own.
    Provider(
        name="ollama",
        label="Ollama",
        base_url="http://127.0.0.1:11434",
        bases=((CHAT, "http://127.0.0.1:11434/v1"), (RESPONSES, "http://127.0.0.1:11434/v1")),
        dialects=(Dialect.OLLAMA, CHAT, RESPONSES, MESSAGES),
        model="llama3.2",
        env=("OLLAMA_API_KEY",),
        local=True,
        needs_key=False,
        capabilities=_PREFILL,
    ),
    Provider(
        name="lmstudio",
        label="LM Studio",
        base_url="http://127.0.0.1:1234/v1",
        dialects=_GATEWAY_WIRES,
        env=("LMSTUDIO_API_KEY",),
        local=True,
        needs_key=False,
    ),
    Provider(
        name="vllm",
        label="vLLM",
        base_url="http://127.0.0.1:8000/v1",
        dialects=_GATEWAY_WIRES,
        env=("VLLM_API_KEY",),
        local=True,
        needs_key=False,
    ),
    Provider(
        name="llamacpp",
        label="llama.cpp server",
        base_url="http://127.0.0.1:8080/v1",
        dialects=_GATEWAY_WIRES,
        env=("LLAMA_API_KEY",),
        local=True,
        needs_key=False,
    ),
    Provider(
        name="llama_cpp_python",
        label="llama-cpp-python server",
        base_url="http://127.0.0.1:8000/v1",
        local=True,
        needs_key=False,
    ),
    Provider(
        name="mistralrs",
        label="mistral.rs",
        base_url="http://127.0.0.1:1234/v1",
        dialects=_OPENAI_WIRES,
        local=True,
        needs_key=False,
    ),
    Provider(
        name="gpustack",
        label="GPUStack",
        example="http://SERVER/v1",
        env=("GPUSTACK_API_KEY",),
        key_prefixes=("gpustack_",),
        local=True,
        needs_key=False,
    ),
    Provider(
        name="openai_compatible",
        label="OpenAI-compatible",
        example="http://127.0.0.1:8000/v1",
        dialects=_GATEWAY_WIRES,
        needs_key=False,
    ),
    # This program's own.
    Provider(
        name="local",
        label="Local (small, may be wrong)",
        base_url=LOCAL_BASE,
        dialects=_GATEWAY_WIRES,
        model="smollm2-135m-instruct",
        local=True,
        needs_key=False,
    ),
    Provider(
        name="lab",
        label="Lab",
        example="http://127.0.0.1:8765",
        dialects=tuple(Dialect),
        model="lab",
        needs_key=False,
    ),
)

PROVIDERS: dict[str, Provider] = {row.name: row for row in _ROWS}


def extend(rows: Iterable[Provider]) -> None:
    """Puts these rows behind the built-in ones, in place of those that an earlier call put there. Raises CatalogError,
    and changes nothing, where one has the name of a built-in row."""
    own, known = {row.name: row for row in rows}, {row.name: row for row in _ROWS}
    if taken := sorted(own.keys() & known.keys()):
        raise CatalogError(f"There is a provider {taken[0]!r} already: choose another name.")
    PROVIDERS.clear()
    PROVIDERS.update(known | own)


def built_in() -> tuple[Provider, ...]:
    """The rows of this file, without those of the user's own."""
    return _ROWS


def provider(name: str) -> Provider:
    """The row of `name`. Raises CatalogError, which names close matches, when there is none."""
    if (row := PROVIDERS.get(name)) is not None:
        return row
    close = get_close_matches(name.lower(), PROVIDERS, n=3, cutoff=0.5)
    remedy = f"did you mean {' or '.join(close)}?" if close else "use openai_compatible with its base_url."
    raise CatalogError(f"No provider is named {name!r}: {remedy}")
