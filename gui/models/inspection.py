"""What the inspector shows, as values: one page each for a decision, an attempt, its request and its response."""

from msgspec import Struct

from engine.core import events as e
from engine.core.faults import Fault, verdict
from engine.core.run import Attempt, Run
from gui import words
from gui.models.markdown import visible
from gui.tokens import FAULT_LOOKS, State


class Line(Struct, frozen=True):
    """A name and its value; `mono` for what the provider wrote, `state` where it is told by colour and icon."""

    name: str
    value: str
    mono: bool = False
    state: State | None = None
    icon: str = ""


class Option(Struct, frozen=True, kw_only=True):
    """A way that could have been taken, and why it was or was not."""

    icon: str
    title: str
    chosen: bool
    why: str


class Page(Struct, frozen=True, kw_only=True):
    tab: str
    title: str
    lines: tuple[Line, ...] = ()
    options: tuple[Option, ...] = ()


def as_text(page: Page) -> str:
    """The page as lines of text, for the clipboard."""
    rows = [f"{line.name}: {line.value}" for line in page.lines]
    ways = [f"{'*' if o.chosen else '-'} {o.title}: {o.why}" for o in page.options]
    return "\n".join((page.title, "", *rows, *(("", *ways) if ways else ()))) + "\n"


def attempt_of(run: Run, index: int) -> int:
    """The attempt that a decision in the trail starts, or else concerns; 0 where there is none."""
    event = run.trail[index]
    if isinstance(
        event, e.AttemptStarted | e.AttemptCut | e.Benched | e.KeyRotated | e.TextSuperseded | e.HedgeStarted
    ):
        return event.attempt
    started = [d.attempt for d in run.trail[:index] if isinstance(d, e.AttemptStarted)]
    return started[-1] if started else 0


def decision_of(run: Run, number: int) -> int:
    """The place in the trail where an attempt was started."""
    return next(i for i, d in enumerate(run.trail) if isinstance(d, e.AttemptStarted) and d.attempt == number)


def decision_page(run: Run, index: int) -> Page:
    """Why it was decided so: what was seen, its class, the rule, and the ways not taken."""
    event = run.trail[index]
    lines = [*_seen(run, index), Line("Rule", event.rule.value), Line("When", words.seconds(event.at), True)]
    match event:
        case e.WaitStarted():
            asked = ", as the provider asks" if event.asked else ""
            lines.append(Line("Wait", f"{words.limit(event.until - event.at)}{asked}"))
        case e.Benched(bench=bench):
            what = f"key {words.key_name(bench.key)}" if bench.key else bench.model or bench.provider
            length = words.limit(bench.until - bench.since)
            lines.append(Line("Cooling", f"{what}, for {length}", False, State.COOLING, "snowflake"))
        case e.KeyRotated(from_key=old, to_key=new):
            lines.append(Line("Keys", f"{words.key_name(old)} makes room for {words.key_name(new)}"))
        case e.CandidateSkipped(candidate=place):
            lines.append(Line("Candidate", run.candidates[place].label))
        case _:
            pass
    title = f"{words.decision_title(event)}. {_sentence(words.reason(event))}"
    return Page(tab=f"Decision {index + 1}", title=title, lines=tuple(lines), options=_options(event))


def _seen(run: Run, index: int) -> list[Line]:
    event = run.trail[index]
    before = [d.attempt for d in run.trail[:index] if isinstance(d, e.AttemptStarted)]
    if isinstance(event, e.AttemptCut):
        fault, number = event.fault, event.attempt
    elif before:
        number = before[-1]
        fault = run.attempt(number).fault
    else:
        return [Line("Seen", "Nothing yet: the run begins.")]
    if fault is None:
        return [Line("Seen", f"Attempt {number}: {words.attempt_word(run.attempt(number))}")]
    look = FAULT_LOOKS[fault.kind]
    lasting = "lasting" if look.state is State.FAILED_PERMANENT else "passing"
    place = "in mid-answer" if run.attempt(number).spoke else "before any text"
    return [
        Line("Seen", fault_text(fault), True),
        Line("Class", f"{verdict(fault).word}: {lasting}, {place}", False, look.state, look.icon),
    ]


def _options(event: e.Verb) -> tuple[Option, ...]:
    match event:
        case e.AttemptStarted(action=action) | e.WaitStarted(action=action):
            chosen = action
        case e.KeyRotated():
            chosen = e.Action.ROTATE
        case e.HedgeStarted():
            chosen = e.Action.HEDGE
        case e.RunEnded(outcome=e.Outcome.FAILED | e.Outcome.PARTIAL):
            chosen = e.Action.GIVE_UP
        case _:
            chosen = None
    reasons = {other.action: other.why_not for other in event.alternatives}
    if not reasons:
        return ()
    if chosen is not None:
        reasons[chosen] = words.reason(event)
    return tuple(
        Option(icon=words.ACTION_ICONS[a], title=words.ACTION_TITLES[a], chosen=a is chosen, why=reasons[a])
        for a in e.Action
        if a in reasons
    )


def attempt_page(run: Run, number: int) -> Page:
    """An attempt: its phases in time, what it used, and how it ended."""
    a = run.attempt(number)
    key = f" · {words.key_name(a.key)}" if a.key else ""
    title = f"{words.who(run, a)}{key}: {words.attempt_word(a)}"
    lines = [*_phases(run, a), *_used(a), *(_fault_lines(a.fault) if a.fault else ())]
    lines += [
        Line("Injected", f"{name}, at {words.seconds(at)}", False, State.INJECTED, "bolt") for at, name in a.injected
    ]
    if a.superseded is not None:
        discarded = f"{words.tokens(a)}, at {words.seconds(a.superseded)}"
        lines.append(Line("Discarded", discarded, False, State.SUPERSEDED, "discarded"))
    if a.warning:
        lines.append(Line("Warning", visible(a.warning)))
    return Page(tab=f"Attempt {number}", title=title, lines=tuple(lines))


def _phases(run: Run, a: Attempt) -> list[Line]:
    """Each phase from its start to its end; one that goes on says so."""
    now = run.now if a.ended is None else a.ended
    marks = [
        ("Connect", a.started, a.connected),
        ("Wait", a.connected, a.first_output),
        ("Reasoning", a.first_output, a.first_text if a.reasoning else a.first_output),
        ("Stream", a.first_text, a.finished or a.ended),
    ]
    lines = [Line("Started", f"{words.seconds(a.started)} into the run", True)]
    for name, start, end in marks:
        if start is None or start == end:
            continue
        reused = " (the connection stood)" if name == "Connect" and a.reused else ""
        open_ = "" if end is not None or a.ended is not None else ", so far"
        lines.append(Line(name, f"{words.seconds((now if end is None else end) - start)}{open_}{reused}", True))
    if a.held:
        lines.append(Line("Held by us", words.seconds(a.held), True))
    if a.ended is not None:
        lines.append(
            Line("Ended", f"{words.seconds(a.ended)} into the run, after {words.seconds(now - a.started)}", True)
        )
    return lines


def _used(a: Attempt) -> list[Line]:
    u = a.usage
    counted = (("in", u.input), ("of them cached", u.cached), ("out", u.output), ("of them reasoning", u.reasoning))
    known = ", ".join(f"{number:,} {name}" for name, number in counted if number is not None)
    lines = [Line("Tokens", known or f"{words.tokens(a)} (the provider did not say)", True)]
    if a.model:
        lines.append(Line("Model", visible(a.model), True))
    if a.finish is not None:
        native = f" ({visible(a.native_finish)})" if a.native_finish and a.native_finish != a.finish else ""
        lines.append(Line("Finish", f"{a.finish}{native}", True))
    return lines


def _fault_lines(fault: Fault) -> list[Line]:
    row, look = verdict(fault), FAULT_LOOKS[fault.kind]
    cause = f", {fault.cause}" if fault.cause is not None else ""
    lines = [Line("Fault", f"{row.word} ({fault.kind}{cause})", False, look.state, look.icon)]
    if fault.detail or fault.code:
        lines.append(Line("It said", fault_text(fault), True))
    if fault.wait_hint is not None:
        lines.append(Line("Asked for", f"a wait of {words.limit(fault.wait_hint)}"))
    if row.remedy:
        lines.append(Line("Remedy", row.remedy))
    return lines


def fault_text(fault: Fault) -> str:
    """What came from outside: status, code and the provider's own words."""
    parts = (str(fault.status or ""), fault.code, fault.detail)
    return visible(" ".join(part for part in parts if part)) or verdict(fault).word


def request_page(run: Run, number: int) -> Page:
    """What was sent, without secrets."""
    sent = run.attempt(number).request
    if sent is None:
        return Page(tab="Request", title="Nothing was sent yet." if run.attempt(number).live else "Nothing was sent.")
    head = (Line("Address", visible(sent.url), True), Line("Body", f"{sent.body_bytes:,} bytes", True))
    return Page(tab="Request", title=f"{sent.method} request", lines=(*head, *_headers(sent.headers)))


def response_page(run: Run, number: int) -> Page:
    """The head of what came back: its status, and the headers that may be kept."""
    a = run.attempt(number)
    if a.status is None:
        return Page(tab="Response", title="No response yet." if a.live else "No response came.")
    opened = words.seconds(a.opened - a.started) if a.opened is not None else words.UNKNOWN
    head = Line("Headers after", opened, True)
    return Page(tab="Response", title=f"Status {a.status}", lines=(head, *_headers(a.headers)))


def _headers(headers: tuple[tuple[str, str], ...]) -> list[Line]:
    return [Line(visible(name), visible(value), True) for name, value in headers]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}." if text else ""
