"""The look as data: surface and state colours of the four themes, and what each state and each fault is shown by.

Every state is told four times: by colour, icon, pattern and word. A test recomputes the contrast of each colour and
the distances between states for normal and colour-blind eyes, and holds the fault table total.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from PySide6.QtGui import QColor

from engine.core.faults import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """The colours of one theme. State colours serve as text and as graphics on `surface` and `raised`."""

    name: str
    surface: QColor
    raised: QColor
    sunken: QColor
    line: QColor
    grid: QColor
    line_strong: QColor
    text: QColor
    muted: QColor
    accent: QColor
    accent_tint: QColor
    tint_line: QColor
    on_accent: QColor
    waiting: QColor
    streaming: QColor
    reasoning: QColor
    succeeded: QColor
    failed_transient: QColor
    failed_permanent: QColor
    superseded: QColor
    cooling: QColor
    injected: QColor
    skipped: QColor

    @property
    def dark(self) -> bool:
        return self.surface.lightness() < 128

    @property
    def high_contrast(self) -> bool:
        """In high contrast a selection is a frame instead of a tint."""
        return self.accent_tint == self.surface

    def state(self, state: "State") -> QColor:
        """The colour of a state."""
        return getattr(self, LOOKS[state].token)


def _palette(name: str, **tokens: str) -> Palette:
    return Palette(name=name, **{token: QColor(value) for token, value in tokens.items()})


PALETTES: dict[str, Palette] = {
    "light": _palette(
        "light",
        surface="#FFFFFF",
        raised="#F6F6F7",
        sunken="#EDEEF0",
        line="#E2E4E7",
        grid="#ECEEF0",
        line_strong="#8A8F98",
        text="#16181D",
        muted="#595F69",
        accent="#1540C4",
        accent_tint="#F3F6FE",
        tint_line="#C3D1F7",
        on_accent="#FFFFFF",
        waiting="#36404F",
        streaming="#1540C4",
        reasoning="#7F57D8",
        succeeded="#058053",
        failed_transient="#A95E00",
        failed_permanent="#8F0A0F",
        superseded="#554C40",
        cooling="#027A99",
        injected="#A10A6E",
        skipped="#6C6F74",
    ),
    "dark": _palette(
        "dark",
        surface="#16181B",
        raised="#1E2125",
        sunken="#101214",
        line="#2C3036",
        grid="#24282D",
        line_strong="#6F767F",
        text="#ECEDEF",
        muted="#A0A6AF",
        accent="#4C93FF",
        accent_tint="#192336",
        tint_line="#2D4777",
        on_accent="#0C1017",
        waiting="#B7BDC6",
        streaming="#4C93FF",
        reasoning="#C8B2FF",
        succeeded="#4FB286",
        failed_transient="#FFAD2F",
        failed_permanent="#F3564A",
        superseded="#D6C9B4",
        cooling="#84E9F5",
        injected="#DF5FBA",
        skipped="#8E9196",
    ),
    "hc-light": _palette(
        "hc-light",
        surface="#FFFFFF",
        raised="#FFFFFF",
        sunken="#F2F2F2",
        line="#000000",
        grid="#C9CDD2",
        line_strong="#000000",
        text="#000000",
        muted="#2B2F36",
        accent="#004AD6",
        accent_tint="#FFFFFF",
        tint_line="#004AD6",
        on_accent="#FFFFFF",
        waiting="#171F2E",
        streaming="#004AD6",
        reasoning="#3A0088",
        succeeded="#006540",
        failed_transient="#864A00",
        failed_permanent="#6B0002",
        superseded="#3A3021",
        cooling="#006171",
        injected="#860058",
        skipped="#57595B",
    ),
    "hc-dark": _palette(
        "hc-dark",
        surface="#000000",
        raised="#000000",
        sunken="#141414",
        line="#FFFFFF",
        grid="#4A4F57",
        line_strong="#FFFFFF",
        text="#FFFFFF",
        muted="#D6DAE0",
        accent="#4F96FE",
        accent_tint="#000000",
        tint_line="#4F96FE",
        on_accent="#000000",
        waiting="#F0F6FF",
        streaming="#4F96FE",
        reasoning="#DFC6FF",
        succeeded="#91FFC6",
        failed_transient="#FFAD2F",
        failed_permanent="#FE6254",
        superseded="#A89B8C",
        cooling="#19AEBC",
        injected="#FC6FBC",
        skipped="#BDBEC1",
    ),
}


class State(StrEnum):
    WAITING = "waiting"
    STREAMING = "streaming"
    REASONING = "reasoning"
    SUCCEEDED = "succeeded"
    FAILED_TRANSIENT = "failed-transient"
    FAILED_PERMANENT = "failed-permanent"
    SUPERSEDED = "superseded"
    COOLING = "cooling"
    INJECTED = "injected"
    SKIPPED = "skipped"


class Pattern(StrEnum):
    """How an area of a state is filled."""

    DOTS = "dots"
    SOLID = "solid"
    LINES = "lines"
    RISING = "rising"
    FALLING = "falling"
    CROSSED = "crossed"
    TICKS = "ticks"
    DASHED = "dashed"
    MARK = "mark"  # a marker above the bar, never a fill


class Look(NamedTuple):
    token: str
    icon: str
    pattern: Pattern
    word: str


LOOKS: dict[State, Look] = {
    State.WAITING: Look("waiting", "clock", Pattern.DOTS, "waiting"),
    State.STREAMING: Look("streaming", "lines", Pattern.SOLID, "streaming"),
    State.REASONING: Look("reasoning", "star", Pattern.LINES, "reasoning"),
    State.SUCCEEDED: Look("succeeded", "check", Pattern.SOLID, "done"),
    State.FAILED_TRANSIENT: Look("failed_transient", "warning", Pattern.RISING, "failed for now"),
    State.FAILED_PERMANENT: Look("failed_permanent", "cross", Pattern.CROSSED, "refused"),
    State.SUPERSEDED: Look("superseded", "discarded", Pattern.FALLING, "discarded"),
    State.COOLING: Look("cooling", "snowflake", Pattern.TICKS, "cooling"),
    State.INJECTED: Look("injected", "bolt", Pattern.MARK, "injected fault"),
    State.SKIPPED: Look("skipped", "chevrons", Pattern.DASHED, "skipped"),
}


class FaultLook(NamedTuple):
    state: State
    icon: str


_PASSING = FaultLook(State.FAILED_TRANSIENT, "warning")
_SILENT = FaultLook(State.FAILED_TRANSIENT, "stall")
_LASTING = FaultLook(State.FAILED_PERMANENT, "cross")

FAULT_LOOKS: dict[Kind, FaultLook] = {
    Kind.CONNECT: _PASSING,
    Kind.TLS: _PASSING,
    Kind.FIRST_TOKEN: _SILENT,
    Kind.IDLE: _SILENT,
    Kind.TOTAL: FaultLook(State.FAILED_TRANSIENT, "clock"),
    Kind.TIMEOUT: FaultLook(State.FAILED_TRANSIENT, "clock"),
    Kind.SERVER: _PASSING,
    Kind.OVERLOADED: _PASSING,
    Kind.RATE_LIMIT: _PASSING,
    Kind.QUOTA: _LASTING,
    Kind.AUTH: _LASTING,
    Kind.PERMISSION: _LASTING,
    Kind.REGION: _LASTING,
    Kind.MODEL_NOT_FOUND: _LASTING,
    Kind.CONTEXT_WINDOW: _LASTING,
    Kind.TOO_LARGE: _LASTING,
    Kind.CONTENT_FILTER: _LASTING,
    Kind.BAD_REQUEST: _LASTING,
    Kind.TRUNCATED: _PASSING,
    Kind.EMPTY: _PASSING,
    Kind.MALFORMED: _PASSING,
    Kind.STREAM_ERROR: _PASSING,
    Kind.KEY_UNAVAILABLE: FaultLook(State.FAILED_PERMANENT, "lock"),
}
