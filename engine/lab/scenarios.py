"""The named scenarios: who is asked, what each of them does, and what the engine should make of it. All data.

A new scenario is one more entry here. Clocks are short, so that each is over in five to fifteen seconds.
"""

from engine.core.events import Outcome, Rule
from engine.core.faults import Kind
from engine.core.request import Candidate, Dialect, Finish, Policy
from engine.lab import beats as b
from engine.lab.programme import GOOD, Category, Expected, Part, Scenario, lab_route

__all__ = ["SCENARIOS", "Category", "Expected", "Part", "Scenario", "lab_route"]

SKY = "Why is the sky blue?"


def openai(*keys: str, window: int | None = None) -> Candidate:
    names = tuple(f"lab:{key}" for key in keys or ("work",))
    dialect = Dialect.CHAT_COMPLETIONS
    return Candidate(provider="openai", model="gpt-5", dialect=dialect, keys=names, context_window=window)


def anthropic(*keys: str, window: int | None = None) -> Candidate:
    names = tuple(f"lab:{key}" for key in keys or ("team",))
    dialect = Dialect.MESSAGES
    return Candidate(provider="anthropic", model="claude-sonnet", dialect=dialect, keys=names, context_window=window)


def gemini(*keys: str) -> Candidate:
    names = tuple(f"lab:{key}" for key in keys or ("studio",))
    return Candidate(provider="gemini", model="gemini-flash", dialect=Dialect.GEMINI, keys=names)


def mistral(*keys: str, window: int | None = None) -> Candidate:
    names = tuple(f"lab:{key}" for key in keys or ("eu",))
    dialect = Dialect.CHAT_COMPLETIONS
    return Candidate(provider="mistral", model="mistral-large", dialect=dialect, keys=names, context_window=window)


THINKS: b.Play = (b.Wait(seconds=0.7), b.Think(), b.Wait(seconds=0.2), b.Say(), b.End())
LIMITED: b.Play = (b.Wait(seconds=0.4), b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=20))

_ALL = (
    Scenario(
        name="first",
        title="The first start",
        sentence="One key is limited, the other is cut in mid-answer, and another provider answers.",
        category=Category.CHAINS,
        candidates=(openai("work", "spare"), anthropic(), mistral()),
        parts=(
            Part(key="work", plays=(LIMITED,)),
            Part(key="spare", plays=((b.Wait(seconds=0.9), b.Say(words=44, rate=22), b.Truncate()),)),
            Part(candidate=1, plays=(THINKS,)),
        ),
        expected=Expected(
            word="Answers all the same",
            attempts=3,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.ROTATE_LIMITED, Rule.RESTART, Rule.ANSWERED),
            kinds=(Kind.RATE_LIMIT, Kind.TRUNCATED),
        ),
        notes="Look at the ghost and the seam: what the cut attempt said is withdrawn, not mixed in.",
    ),
    Scenario(
        name="key-rotation",
        title="Key rotation on 429",
        sentence="One key is limited, the next one serves.",
        category=Category.LIMITS,
        candidates=(openai("work", "spare"), anthropic()),
        parts=(Part(key="work", plays=(LIMITED,)),),
        expected=Expected(
            word="Rotates once",
            attempts=2,
            served_by=0,
            rules=(Rule.FIRST_FIT, Rule.ROTATE_LIMITED, Rule.ANSWERED),
            kinds=(Kind.RATE_LIMIT,),
        ),
        notes="The limited key cools for the 20 s that the provider asked for.",
    ),
    Scenario(
        name="cut",
        title="Cut in mid-answer",
        sentence="The stream breaks, another provider restarts.",
        category=Category.MID_ANSWER,
        candidates=(openai(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.6), b.Say(words=48), b.Truncate()),)),),
        expected=Expected(
            word="Leaves a ghost and a seam",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.RESTART, Rule.ANSWERED),
            kinds=(Kind.TRUNCATED,),
        ),
    ),
    Scenario(
        name="quiet-cut",
        title="A polite cut",
        sentence="The body ends cleanly in mid-sentence, with no finish reason and no end mark.",
        category=Category.MID_ANSWER,
        candidates=(anthropic(), openai()),
        parts=(Part(plays=((b.Wait(seconds=0.6), b.Say(words=60), b.Cut()),)),),
        expected=Expected(
            word="Is not fooled",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.RESTART, Rule.ANSWERED),
            kinds=(Kind.TRUNCATED,),
        ),
        notes="An ended stream is not a finished one.",
    ),
    Scenario(
        name="dead-key",
        title="Dead key",
        sentence="A revoked key is benched and never tried again.",
        category=Category.KEYS,
        candidates=(openai("old", "work"), anthropic()),
        parts=(Part(key="old", plays=((b.Wait(seconds=0.3), b.Status(code=401)),)),),
        expected=Expected(
            word="Benches one key",
            attempts=2,
            served_by=0,
            rules=(Rule.FIRST_FIT, Rule.ROTATE_SPENT, Rule.ANSWERED),
            kinds=(Kind.AUTH,),
        ),
    ),
    Scenario(
        name="quota",
        title="Out of credit",
        sentence="A 429 that no waiting cures: the credit is used up.",
        category=Category.KEYS,
        candidates=(openai("trial", "work"), anthropic()),
        parts=(Part(key="trial", plays=((b.Wait(seconds=0.3), b.Status(code=429, kind=Kind.QUOTA)),)),),
        expected=Expected(
            word="Rotates without a wait",
            attempts=2,
            served_by=0,
            rules=(Rule.FIRST_FIT, Rule.ROTATE_SPENT, Rule.ANSWERED),
            kinds=(Kind.QUOTA,),
        ),
        notes="The same status as a rate limit, told apart by its code.",
    ),
    Scenario(
        name="silence",
        title="Silence before the first token",
        sentence="Connected, with comments to keep it alive, but no token comes in 4 s.",
        category=Category.SILENCE,
        candidates=(openai(), anthropic()),
        parts=(
            Part(plays=((b.Wait(seconds=0.3), b.Head(), b.Role(), b.Comment(times=8, gap=0.4), b.Stall()),)),
        ),
        expected=Expected(
            word="Falls back after 4 s",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.CLOCK, Rule.SILENCE, Rule.ANSWERED),
            kinds=(Kind.FIRST_TOKEN,),
        ),
        notes="Neither the comments nor the role count as output.",
    ),
    Scenario(
        name="stall",
        title="Stall after 40 tokens",
        sentence="The stream stops moving, the watchdog ends it.",
        category=Category.SILENCE,
        candidates=(openai(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.6), b.Say(words=40), b.Stall()),)),),
        expected=Expected(
            word="Detects a stall in 3 s",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.CLOCK, Rule.RESTART, Rule.ANSWERED),
            kinds=(Kind.IDLE,),
        ),
    ),
    Scenario(
        name="drip",
        title="Slow drip",
        sentence="Two words a second, then ever fewer, until the gap is too long.",
        category=Category.SILENCE,
        candidates=(openai(), anthropic()),
        parts=(
            Part(
                plays=(
                    (b.Wait(seconds=0.6), b.Say(words=8, rate=2), b.Wait(seconds=1.5), b.Say(words=1), b.Stall()),
                )
            ),
        ),
        expected=Expected(
            word="Falls back to another model",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.CLOCK, Rule.RESTART, Rule.ANSWERED),
            kinds=(Kind.IDLE,),
        ),
    ),
    Scenario(
        name="reasoning-silence",
        title="Reasoning, then silence",
        sentence="Thinks for a few seconds, and never answers.",
        category=Category.SILENCE,
        candidates=(anthropic(), openai()),
        parts=(Part(plays=((b.Wait(seconds=0.5), b.Think(words=40, rate=14), b.Stall()),)),),
        expected=Expected(
            word="Keeps the reasoning",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.CLOCK, Rule.SILENCE, Rule.ANSWERED),
            kinds=(Kind.IDLE,),
        ),
    ),
    Scenario(
        name="all-limited",
        title="All keys limited",
        sentence="Each key asks for a short wait, the engine waits it out.",
        category=Category.LIMITS,
        candidates=(openai("work", "spare"),),
        parts=tuple(
            Part(
                key=key,
                plays=((b.Wait(seconds=0.3), b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=4)), GOOD),
            )
            for key in ("work", "spare")
        ),
        expected=Expected(
            word="Waits, then serves",
            attempts=3,
            served_by=0,
            rules=(Rule.FIRST_FIT, Rule.ROTATE_LIMITED, Rule.WAIT_AS_ASKED, Rule.ANSWERED),
            kinds=(Kind.RATE_LIMIT, Kind.RATE_LIMIT),
        ),
    ),
    Scenario(
        name="long-wait",
        title="A wait too long",
        sentence="The only key is limited for a minute, which is longer than the route sits out.",
        category=Category.LIMITS,
        candidates=(gemini(), anthropic()),
        parts=(
            Part(plays=((b.Wait(seconds=0.3), b.Status(code=429, kind=Kind.RATE_LIMIT, retry_after=60)),)),
        ),
        expected=Expected(
            word="Moves on at once",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.WAIT_TOO_LONG, Rule.ANSWERED),
            kinds=(Kind.RATE_LIMIT,),
        ),
        notes="Gemini names the time in the body of the error.",
    ),
    Scenario(
        name="error-in-stream",
        title="Error inside a 200 stream",
        sentence="The failure arrives as an event after 12 tokens.",
        category=Category.MID_ANSWER,
        candidates=(anthropic(), openai()),
        parts=(
            Part(
                plays=((b.Wait(seconds=0.6), b.Say(words=12, rate=20), b.ErrorEvent(kind=Kind.OVERLOADED), b.Cut()),)
            ),
        ),
        expected=Expected(
            word="Treats it as a failure",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.RESTART, Rule.ANSWERED),
            kinds=(Kind.OVERLOADED,),
        ),
    ),
    Scenario(
        name="context",
        title="Context too long",
        sentence="A 400 that no other key can cure: only a larger window will do.",
        category=Category.CHAINS,
        candidates=(openai("work", "spare", window=8_192), mistral(window=8_192), anthropic(window=1_000_000)),
        parts=(Part(plays=((b.Wait(seconds=0.4), b.Status(code=400, kind=Kind.CONTEXT_WINDOW)),)),),
        expected=Expected(
            word="Goes to a larger window",
            attempts=2,
            served_by=2,
            rules=(Rule.FIRST_FIT, Rule.LARGER_WINDOW, Rule.ANSWERED),
            kinds=(Kind.CONTEXT_WINDOW,),
        ),
    ),
    Scenario(
        name="context-end",
        title="Context too long, no larger one",
        sentence="The prompt fits no candidate. Stop at once.",
        category=Category.CHAINS,
        candidates=(openai("work", "spare", window=200_000), anthropic(window=200_000)),
        parts=(Part(plays=((b.Wait(seconds=0.4), b.Status(code=400, kind=Kind.CONTEXT_WINDOW)),)),),
        expected=Expected(
            word="Gives up, no fallback",
            outcome=Outcome.FAILED,
            attempts=1,
            rules=(Rule.FIRST_FIT, Rule.EXHAUSTED),
            kinds=(Kind.CONTEXT_WINDOW,),
        ),
    ),
    Scenario(
        name="three-down",
        title="Three providers down",
        sentence="Every candidate fails, the partial text stays.",
        category=Category.CHAINS,
        candidates=(openai(), anthropic(), gemini()),
        policy=Policy(first_token=4, idle=3, attempts=1),
        parts=(
            Part(plays=((b.Wait(seconds=0.4), b.Status(code=503)),)),
            Part(candidate=1, plays=((b.Wait(seconds=0.4), b.Status(code=529)),)),
            Part(candidate=2, plays=((b.Wait(seconds=0.6), b.Say(words=30), b.Truncate()),)),
        ),
        expected=Expected(
            word="Gives up in words",
            outcome=Outcome.PARTIAL,
            attempts=3,
            served_by=2,
            rules=(Rule.FIRST_FIT, Rule.RETRIES_EXHAUSTED, Rule.RETRIES_EXHAUSTED, Rule.EXHAUSTED),
            kinds=(Kind.OVERLOADED, Kind.OVERLOADED, Kind.TRUNCATED),
        ),
    ),
    Scenario(
        name="overloaded",
        title="Overloaded",
        sentence="A 529, again and again. The key is not to blame.",
        category=Category.CHAINS,
        candidates=(anthropic("team", "spare"), openai()),
        parts=(Part(plays=((b.Wait(seconds=0.3), b.Status(code=529, kind=Kind.OVERLOADED)),)),),
        expected=Expected(
            word="Burns no keys",
            attempts=4,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.RETRY_TRANSIENT, Rule.RETRY_TRANSIENT, Rule.RETRIES_EXHAUSTED, Rule.ANSWERED),
            kinds=(Kind.OVERLOADED,) * 3,
        ),
    ),
    Scenario(
        name="hiccup",
        title="A short hiccup",
        sentence="The server fails once, and is well again at the second try.",
        category=Category.CHAINS,
        candidates=(openai(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.3), b.Status(code=500)), GOOD)),),
        expected=Expected(
            word="Retries once",
            attempts=2,
            served_by=0,
            rules=(Rule.FIRST_FIT, Rule.RETRY_TRANSIENT, Rule.ANSWERED),
            kinds=(Kind.SERVER,),
        ),
    ),
    Scenario(
        name="portal",
        title="A page from a portal",
        sentence="A web page with status 200 comes in the provider's place.",
        category=Category.CHAINS,
        candidates=(openai(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.3), b.Page()),)),),
        expected=Expected(
            word="Is not taken for an answer",
            attempts=3,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.RETRY_TRANSIENT, Rule.RETRIES_EXHAUSTED, Rule.ANSWERED),
            kinds=(Kind.MALFORMED, Kind.MALFORMED),
        ),
    ),
    Scenario(
        name="empty",
        title="Empty answer",
        sentence="A well-formed stream that says nothing, then a good one.",
        category=Category.MID_ANSWER,
        candidates=(openai(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.5), b.Role(), b.Empty(times=3), b.End()), GOOD)),),
        expected=Expected(
            word="Retries once",
            attempts=2,
            served_by=0,
            rules=(Rule.FIRST_FIT, Rule.RETRY_TRANSIENT, Rule.ANSWERED),
            kinds=(Kind.EMPTY,),
        ),
    ),
    Scenario(
        name="reset",
        title="Reset before headers",
        sentence="The connection is reset before any answer, then all is well.",
        category=Category.CHAINS,
        candidates=(openai(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.4), b.Reset()), GOOD)),),
        expected=Expected(
            word="Retries once",
            attempts=2,
            served_by=0,
            rules=(Rule.FIRST_FIT, Rule.RETRY_TRANSIENT, Rule.ANSWERED),
            kinds=(Kind.CONNECT,),
        ),
    ),
    Scenario(
        name="retired",
        title="A model that is gone",
        sentence="The first candidate's model does not exist there.",
        category=Category.CHAINS,
        candidates=(openai(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.3), b.Status(code=404, kind=Kind.MODEL_NOT_FOUND)),)),),
        expected=Expected(
            word="Falls back to another model",
            attempts=2,
            served_by=1,
            rules=(Rule.FIRST_FIT, Rule.KEYS_EXHAUSTED, Rule.ANSWERED),
            kinds=(Kind.MODEL_NOT_FOUND,),
        ),
    ),
    Scenario(
        name="filtered",
        title="Stopped by a filter",
        sentence="The provider stops its own answer for its content.",
        category=Category.MID_ANSWER,
        candidates=(gemini(), anthropic()),
        parts=(Part(plays=((b.Wait(seconds=0.5), b.Stopped(finish=Finish.CONTENT_FILTER), b.Cut()),)),),
        expected=Expected(
            word="Ends, and says why",
            outcome=Outcome.FAILED,
            attempts=1,
            rules=(Rule.FIRST_FIT, Rule.FILTERED),
            kinds=(Kind.CONTENT_FILTER,),
        ),
    ),
    Scenario(
        name="calm",
        title="Calm day",
        sentence="Nothing fails. The baseline to compare with.",
        category=Category.CHAINS,
        candidates=(openai(), anthropic()),
        expected=Expected(
            word="Serves first time", attempts=1, served_by=0, rules=(Rule.FIRST_FIT, Rule.ANSWERED)
        ),
        prompt=SKY,
    ),
)  # fmt: skip

SCENARIOS: dict[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
