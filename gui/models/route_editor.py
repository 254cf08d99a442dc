"""Routes as the editor holds them: the list of routes, a draft with its past, the policy's fields, and the candidates
as an item model. It knows names of keys and no key."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from msgspec.structs import asdict
from PySide6.QtCore import QAbstractListModel, QMimeData, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from engine.core.plan import short
from engine.core.request import Candidate, Midstream, OnFilter, OnOverflow, Policy, Route
from engine.prices import Prices
from engine.providers.catalog import PROVIDERS
from engine.route_bounds import Bounds, window_of
from engine.route_lint import Finding, Severity
from gui import words

Index = QModelIndex | QPersistentModelIndex
MIME = "application/x-streamover-candidate"
ROW = Qt.ItemDataRole.UserRole  # the CandidateRow


# The policy's fields.

Unit = Literal["s", "tries", "characters/s", ""]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of the policy. `off` is the word for None where the field may be off; `choices` are its values with
    their words where it is no number."""

    name: str
    label: str
    unit: Unit
    sentence: str
    least: float = 0.0
    most: float = 3_600.0
    step: float = 1.0
    off: str = ""
    choices: tuple[tuple[Any, str], ...] = ()


FIELDS: dict[str, tuple[Field, ...]] = {
    "Clocks": (
        Field(name="connect", label="Connect", unit="s", least=0.1, sentence="Until the connection stands."),
        Field(
            name="first_token", label="First token", unit="s", least=0.1,
            sentence="From then to the first word. Whoever is silent for longer is left.",
        ),
        Field(name="idle", label="Idle", unit="s", least=0.1, sentence="The longest pause within an answer."),
        Field(name="total", label="Total", unit="s", least=1.0, step=10.0, sentence="The whole run, come what may."),
    ),
    "Retries": (
        Field(
            name="attempts", label="Tries", unit="tries", least=1, most=20,
            sentence="For each candidate. A change of key is not counted.",
        ),
        Field(
            name="backoff", label="First pause", unit="s", step=0.1,
            sentence="The longest wait before the first retry. It doubles each time.",
        ),
        Field(name="backoff_cap", label="Longest pause", unit="s", sentence="The doubling stops here."),
        Field(
            name="longest_wait", label="Sit out", unit="s",
            sentence="A provider that asks for a longer wait is left for the next.",
        ),
    ),
    "When it fails in the middle": (
        Field(
            name="midstream", label="Partial answer", unit="",
            sentence="What becomes of a text that broke off.",
            choices=((Midstream.RESTART, "Start again"), (Midstream.KEEP, "Keep it"), (Midstream.CONTINUE, "Go on")),
        ),
        Field(
            name="on_context_overflow", label="Prompt too long", unit="",
            sentence="Try larger windows, or end the run.",
            choices=((OnOverflow.LARGER, "Larger window"), (OnOverflow.ABORT, "End the run")),
        ),
        Field(
            name="on_content_filter", label="Filtered", unit="",
            sentence="What another provider's filter may let through.",
            choices=((OnFilter.ABORT, "End the run"), (OnFilter.NEXT, "Ask the next")),
        ),
    ),
    "Pace": (
        Field(
            name="hedge_delay", label="Hedge after", unit="s", off="off", step=0.5,
            sentence="Without a word by then, the next is asked beside it. Both may cost.",
        ),
        Field(
            name="floor", label="Least pace", unit="characters/s", off="off", most=10_000.0,
            sentence="A slower stream is left for another candidate.",
        ),
        Field(
            name="floor_window", label="Measured over", unit="s", least=1.0, sentence="The window of the least pace.",
        ),
    ),
}  # fmt: skip

PRESETS: dict[str, tuple[str, Policy]] = {
    "Default": ("A balance for chats.", Policy()),
    "Interactive": (
        "Somebody is waiting: moves on quickly, and asks two at once when the first is slow.",
        Policy(
            attempts=2, backoff=0.3, backoff_cap=2.0, longest_wait=3.0, connect=3.0, first_token=6.0, idle=8.0,
            total=60.0, hedge_delay=3.0,
        ),
    ),
    "Patient": (
        "Nobody is waiting: sits limits out rather than giving up.",
        Policy(
            attempts=5, backoff=1.0, backoff_cap=30.0, longest_wait=60.0, connect=10.0, first_token=60.0, idle=60.0,
            total=1_200.0,
        ),
    ),
    "Reasoning": (
        "Models that think before they speak.",
        Policy(attempts=2, first_token=60.0, idle=60.0, total=600.0),
    ),
    "Local": (
        "A server of one's own, which may have to load the model first.",
        Policy(attempts=2, longest_wait=2.0, connect=2.0, first_token=120.0, idle=60.0, total=600.0),
    ),
}  # fmt: skip


def changed_fields(policy: Policy) -> frozenset[str]:
    """The fields that differ from the default."""
    own, plain = asdict(policy), asdict(Policy())
    return frozenset(name for name in own if own[name] != plain[name])


def preset_of(policy: Policy) -> str:
    """The preset that this policy is; empty where it is one's own."""
    return next((name for name, (_, preset) in PRESETS.items() if preset == policy), "")


# Words.


def window_words(tokens: int | None) -> str:
    """ "128k", "1M", "–"."""
    if tokens is None:
        return words.UNKNOWN
    return f"{tokens / 1e6:.3g}M" if tokens >= 1_000_000 else f"{tokens / 1e3:.3g}k"


def money(dollars: float | None) -> str:
    """ "$0.012", "$1.20", "free", "unknown"."""
    if dollars is None:
        return "unknown"
    if dollars == 0:
        return "free"
    return f"${dollars:.2f}" if dollars >= 1 else f"${dollars:.2g}"


def span(seconds: float) -> str:
    """A length as it is set: "10 s", "0.5 s", "1,200 s"."""
    return f"{seconds:,.1f}".removesuffix(".0") + " s"


def counted(number: int, noun: str) -> str:
    """ "1 candidate", "3 candidates"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def figures(bounds: Bounds) -> tuple[tuple[str, str, str], ...]:
    """The report's figures: (label, figure, what it means)."""
    of_tokens = f"{bounds.prompt_tokens:,} tokens in and {bounds.output_tokens:,} out"
    priced = (
        f"{of_tokens} for every attempt." if bounds.cost is not None else f"No price of {_listed(bounds.unpriced)}."
    )
    return (
        ("First word by", span(bounds.first_output), "Or the run has given up by then."),
        ("All silent", span(bounds.silent), "Connected, and then nothing from anybody."),
        ("Attempts up to", str(bounds.attempts), "Tries and keys of all candidates."),
        ("Cost up to", money(bounds.cost), priced),
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


CAN = (("tools", "tools"), ("vision", "images"), ("json", "JSON"), ("reasoning", "thinks"), ("prefill", "continues"))
CLOCKS = (("connect", "connect"), ("first_token", "first token"), ("idle", "idle"), ("total", "total"))


# The candidates.


@dataclass(frozen=True, slots=True, kw_only=True)
class CandidateRow:
    """One candidate as shown. `keys` are names without their prefix, each with whether it is known; `marks` are what it
    can and cannot do; `worst` is its worst finding's severity."""

    place: int
    provider: str
    model: str
    keys: tuple[tuple[str, bool], ...] = ()
    window: str = ""
    marks: tuple[tuple[str, bool], ...] = ()
    clocks: tuple[str, ...] = ()
    address: str = ""
    worst: Severity | None = None
    findings: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        """All of it in words, for a screen reader."""
        keys = f"keys {', '.join(name for name, _ in self.keys)}" if self.keys else "no key"
        can = [word if able else f"no {word}" for word, able in self.marks]
        parts = [f"{self.place + 1}. {self.provider} · {self.model}", keys, self.window, *can, *self.clocks]
        return ". ".join([", ".join(part for part in parts if part), *self.findings])


def rows_of(
    route: Route, findings: Sequence[Finding], known: frozenset[tuple[str, str]] | None, table: Prices
) -> tuple[CandidateRow, ...]:
    """The candidates of a route with what the linter found about each."""
    return tuple(
        _row(place, candidate, [f for f in findings if f.place == place], known, table)
        for place, candidate in enumerate(route.candidates)
    )


def _row(
    place: int, candidate: Candidate, own: Sequence[Finding], known: frozenset[tuple[str, str]] | None, table: Prices
) -> CandidateRow:
    row = PROVIDERS.get(candidate.provider)
    fixed = row.base_for(candidate.dialect or row.dialects[0]).rstrip("/") if row is not None else ""
    address = candidate.base_url or ""
    can, clocks = asdict(candidate.capabilities), asdict(candidate.clocks)
    return CandidateRow(
        place=place,
        provider=row.label if row is not None else candidate.provider,
        model=candidate.model,
        keys=tuple((short(key), _is_known(candidate.provider, key, known)) for key in candidate.keys),
        window=f"{window_words(window)} window" if (window := window_of(candidate, table)) else "window not known",
        marks=tuple((word, can[name]) for name, word in CAN if can[name] is not None),
        clocks=tuple(f"{word} {span(clocks[name])}" for name, word in CLOCKS if clocks[name] is not None),
        address="" if address == fixed else address,
        worst=min((f.severity for f in own), key=list(Severity).index, default=None),
        findings=tuple(f.what for f in own),
    )


def _is_known(provider: str, key: str, known: frozenset[tuple[str, str]] | None) -> bool:
    return known is None or key.startswith("lab:") or bool({(provider, key), ("", key)} & known)


class CandidatesModel(QAbstractListModel):
    """The candidates in order. It changes nothing by itself: a drop asks for the move."""

    move_asked = Signal(int, int)  # from, to: the places before and after

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: tuple[CandidateRow, ...] = ()

    def set_rows(self, rows: Iterable[CandidateRow]) -> None:
        """Shows these rows; in place where their number stays."""
        news = tuple(rows)
        if len(news) == len(self._rows):
            self._rows = news
            if news:
                self.dataChanged.emit(self.index(0), self.index(len(news) - 1))
            return
        self.beginResetModel()
        self._rows = news
        self.endResetModel()

    def rows(self) -> tuple[CandidateRow, ...]:
        return self._rows

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self._rows):
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return f"{row.provider} · {row.model}"
            case Qt.ItemDataRole.AccessibleTextRole:
                return row.told
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(row.findings) or None
            case _:
                return row if role == ROW else None

    # Moving by the mouse

    def flags(self, index: Index) -> Qt.ItemFlag:
        flag = Qt.ItemFlag
        if not index.isValid():
            return flag.ItemIsDropEnabled
        return flag.ItemIsEnabled | flag.ItemIsSelectable | flag.ItemIsDragEnabled | flag.ItemNeverHasChildren

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        if indexes:
            data.setData(MIME, str(indexes[0].row()).encode())
        return data

    def dropMimeData(self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index) -> bool:
        """Asks for the move. False, so that the view takes nothing away: the rows move when the draft has."""
        text = bytes(data.data(MIME).data()).decode()
        if text.isdigit() and int(text) < len(self._rows):
            place = int(text)
            before = parent.row() if row < 0 and parent.isValid() else len(self._rows) if row < 0 else row
            to = before - 1 if before > place else before
            if to != place:
                self.move_asked.emit(place, to)
        return False
