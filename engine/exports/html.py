"""A run as one HTML page that stands alone: no script, nothing from the network, light and dark, redacted."""

from datetime import UTC, datetime
from html import escape

from engine.core.cost import cost_lines
from engine.core.events import Outcome
from engine.core.faults import verdict
from engine.core.run import Attempt, Run
from engine.exports.trace import phases
from engine.redact import redact

WIDTH, GUTTER, AXIS, LANE, BAR, CAP = 960.0, 200.0, 28.0, 44.0, 16.0, 16.0
TICK_EVERY = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600)
OUTCOMES = {
    Outcome.ANSWERED: "Answered", Outcome.PARTIAL: "Cut short", Outcome.FAILED: "No answer", Outcome.STOPPED: "Stopped",
}  # fmt: skip

_STYLE = """
:root { color-scheme: light dark; --surface: #FFFFFF; --raised: #F6F6F7; --line: #E2E4E7; --text: #16181D;
  --muted: #595F69; --accent: #1540C4; --waiting: #36404F; --reasoning: #7F57D8; --good: #058053; --passing: #A95E00;
  --bad: #8F0A0F; --dropped: #554C40; --skipped: #6C6F74; }
@media (prefers-color-scheme: dark) { :root { --surface: #16181B; --raised: #1E2125; --line: #2C3036; --text: #ECEDEF;
  --muted: #A0A6AF; --accent: #4C93FF; --waiting: #B7BDC6; --reasoning: #C8B2FF; --good: #4FB286; --passing: #FFAD2F;
  --bad: #F3564A; --dropped: #D6C9B4; --skipped: #8E9196; } }
body { margin: 0 auto; max-width: 1040px; padding: 32px 40px 64px; background: var(--surface); color: var(--text);
  font: 15px/24px Inter, system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 20px; line-height: 28px; font-weight: 600; margin: 0 0 4px; }
h2 { font-size: 13px; line-height: 20px; font-weight: 600; margin: 40px 0 8px; }
p.lead { color: var(--muted); margin: 0 0 24px; }
.text { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 2px solid var(--accent); padding-left: 16px; }
.prompt { white-space: pre-wrap; overflow-wrap: anywhere; }
.ghost { border-color: var(--line); color: var(--muted); text-decoration: line-through; margin-bottom: 4px; }
.note { color: var(--muted); font-size: 13px; line-height: 20px; margin-bottom: 16px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; line-height: 20px; }
th { text-align: left; font-weight: 500; color: var(--muted); }
th, td { padding: 8px 16px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.number { text-align: right; white-space: nowrap; }
svg { display: block; max-width: 100%; height: auto; font: 11px Inter, system-ui, sans-serif; }
svg .name { font-size: 13px; font-weight: 600; fill: var(--text); }
svg text { fill: var(--muted); }
svg .grid { stroke: var(--line); }
"""

_PATTERNS = """<defs>
<pattern id="dots" width="5" height="6" patternUnits="userSpaceOnUse">
<circle cx="2.5" cy="3" r=".8" fill="var(--waiting)"/></pattern>
<pattern id="rows" width="8" height="4.5" patternUnits="userSpaceOnUse">
<rect width="8" height="4.5" fill="var(--reasoning)" opacity=".16"/>
<rect width="8" height="1.5" fill="var(--reasoning)"/>
</pattern>
<pattern id="falling" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
<rect width="6" height="6" fill="var(--dropped)" opacity=".1"/><rect width="1.4" height="6" fill="var(--dropped)"/>
</pattern>
</defs>"""


def page(run: Run) -> str:
    """The whole page. Every text of a provider or a user is redacted and escaped."""
    title = _safe(run.request.route.name)
    began = datetime.fromtimestamp(run.wall, UTC)
    outcome = OUTCOMES[run.outcome] if run.outcome is not None else "Under way"
    end = run.now if run.ended is None else run.ended
    served = f" by {_safe(run.candidate_of(run.answer).label)}" if run.answer is not None else ""
    attempts = f"{len(run.attempts)} attempt{'' if len(run.attempts) == 1 else 's'}"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body>\n"
        f"<h1>{title}</h1>\n"
        f'<p class="lead">{outcome}{served} in {end:.1f} s, {attempts}. {began:%Y-%m-%d %H:%M:%S} UTC</p>\n'
        f'<div class="scroll">{timeline_svg(run)}</div>\n'
        f"<h2>Asked</h2>\n<div class='prompt'>{_prompt(run)}</div>\n"
        f"<h2>Answer</h2>\n{_texts(run)}\n"
        f"<h2>Attempts</h2>\n<div class='scroll'>{_table(run)}</div>\n"
        f"<h2>What it cost</h2>\n{_cost(run)}\n</body></html>\n"
    )


def _safe(text: str) -> str:
    return escape(redact(text))


def _prompt(run: Run) -> str:
    asked = [message for message in run.request.messages if message.role == "user"]
    return _safe(asked[-1].text) if asked else ""


def _texts(run: Run) -> str:
    """What was shown and dropped, then the answer."""
    parts: list[str] = []
    for a in run.attempts:
        if a.superseded is not None and a.text:
            who = _safe(run.candidate_of(a).label)
            parts.append(f'<div class="text ghost">{_safe(str(a.text))}</div>')
            parts.append(f'<div class="note">Shown by {who}, then discarded.</div>')
    text = _safe(run.text)
    parts.append(f'<div class="text">{text}</div>' if text else '<p class="note">No text came.</p>')
    return "\n".join(parts)


def _table(run: Run) -> str:
    heads = ("Attempt", "Candidate", "Key", "From", "To", "First token", "Why it began", "End")
    rows = "\n".join(f"<tr>{_row(run, a)}</tr>" for a in run.attempts)
    return (
        f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead><tbody>{rows}</tbody></table>"
    )


def _row(run: Run, a: Attempt) -> str:
    first = "–" if a.first_output is None else f"{a.first_output - a.started:.2f} s"
    ended = "–" if a.ended is None else f"{a.ended:.2f} s"
    numbers = "".join(f'<td class="number">{cell}</td>' for cell in (f"{a.started:.2f} s", ended, first))
    who = f"<td>{a.number}</td><td>{_safe(run.candidate_of(a).label)}</td><td>{_safe(a.key) or '–'}</td>"
    detail = f": {a.fault.detail}" if a.fault is not None and a.fault.detail else ""
    return f"{who}{numbers}<td>{_safe(a.why or a.rule.value)}</td><td>{_safe(_end(a) + detail)}</td>"


def _end(a: Attempt) -> str:
    if a.completed:
        return "done"
    if a.fault is not None:
        status = f"{a.fault.status} " if a.fault.status and a.fault.status >= 400 else ""
        return status + verdict(a.fault).word
    return a.cut.value if a.cut is not None else "under way"


def _cost(run: Run) -> str:
    rows = "".join(f"<tr><th>{_safe(name)}</th><td>{_safe(value)}</td></tr>" for name, value in cost_lines(run))
    return f"<table><tbody>{rows}</tbody></table>"


# The timeline.


def timeline_svg(run: Run) -> str:
    """The attempts as bars on a time axis, a lane for each candidate and key. Colours come from the page's style."""
    lanes = list(dict.fromkeys((a.candidate, a.key) for a in run.attempts))
    end = max(run.now if run.ended is None else run.ended, 0.5)
    rate = (WIDTH - GUTTER - 150) / end
    height = AXIS + LANE * max(1, len(lanes))
    parts = [_PATTERNS, *_axis(end, rate, height)]
    for i, (candidate, key) in enumerate(lanes):
        y, label = AXIS + LANE * i, _safe(run.candidates[candidate].label)
        parts.append(f'<line class="grid" x1="0" x2="{WIDTH:g}" y1="{y:g}" y2="{y:g}"/>')
        parts.append(f'<text class="name" x="0" y="{y + 20:g}">{label}</text>')
        parts.append(f'<text x="0" y="{y + 36:g}">{_safe(key)}</text>')
    for a in run.attempts:
        parts += _bar(run, a, AXIS + LANE * lanes.index((a.candidate, a.key)) + 14, rate)
    described = f"{len(run.attempts)} attempts in {end:.1f} s. The table below tells them one by one."
    box = f'viewBox="0 0 {WIDTH:g} {height:g}" width="{WIDTH:g}" height="{height:g}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {box} role="img" aria-label="{described}">'
    return "\n".join([head, *parts, "</svg>"])


def _axis(end: float, rate: float, height: float) -> list[str]:
    step = next((step for step in TICK_EVERY if step * rate >= 80), TICK_EVERY[-1])
    parts: list[str] = []
    for i in range(int(end / step) + 2):
        x = GUTTER + i * step * rate
        parts.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{AXIS:g}" y2="{height:g}"/>')
        parts.append(f'<text x="{x + 4:.1f}" y="16">{i * step:g}{" s" if i else ""}</text>')
    return parts


def _bar(run: Run, a: Attempt, y: float, rate: float) -> list[str]:
    end = run.now if a.ended is None else a.ended
    left, right = GUTTER + a.started * rate, GUTTER + max(end * rate, a.started * rate + CAP)
    tip = f"<title>Attempt {a.number}: {_safe(_end(a))}</title>"
    parts = [f"<g>{tip}"]
    for name, start, stop in phases(a, end):
        parts.append(_phase(a, name, GUTTER + start * rate, GUTTER + stop * rate, y))
    colour, word = _colour(a), _safe(_end(a))
    if not a.live:
        box = f'x="{right - CAP:.1f}" y="{y:g}" width="{CAP:g}" height="{BAR:g}" rx="3"'
        parts.append(f'<rect {box} fill="var({colour})"/>')
        sign = "M4 8.5l3 3 5-7" if a.completed else "M4.5 4.5l7 7m0-7l-7 7"
        place = f'transform="translate({right - CAP:.1f} {y:g})"'
        parts.append(f'<path {place} d="{sign}" fill="none" stroke="var(--surface)" stroke-width="1.5"/>')
    fits = right + 6 * len(word) < WIDTH
    x, anchor, dy = (right + 8, "start", 12) if fits else (right, "end", -4)
    style = f'style="fill: var({colour}); font-weight: 600"'
    parts.append(f'<text x="{x:.1f}" y="{y + dy:g}" text-anchor="{anchor}" {style}>{word}</text>')
    parts.append(f'<text x="{left:.1f}" y="{y - 3:g}">{a.number}</text></g>')
    return parts


def _phase(a: Attempt, name: str, left: float, right: float, y: float) -> str:
    width = max(0.5, right - left)
    if name == "connect":
        return f'<rect x="{left:.1f}" y="{y + BAR / 2 - 3:g}" width="{width:.1f}" height="6" fill="var(--waiting)"/>'
    dropped = name == "stream" and a.superseded is not None
    fill, line = {
        "wait": ("url(#dots)", "--waiting"),
        "reasoning": ("url(#rows)", "--reasoning"),
        "stream": ("url(#falling)", "--dropped") if dropped else ("var(--accent)", "--accent"),
    }[name]
    box = f'x="{left + 0.5:.1f}" y="{y + 0.5:g}" width="{max(0.5, width - 1):.1f}" height="{BAR - 1:g}"'
    return f'<rect {box} fill="{fill}" stroke="var({line})"/>'


def _colour(a: Attempt) -> str:
    if a.completed:
        return "--good"
    if a.fault is not None:
        return "--passing" if verdict(a.fault).retries else "--bad"
    return "--skipped" if a.ended is not None else "--accent"
