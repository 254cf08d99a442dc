"""Which words a timeline shows, and where they would like to stand."""

from PySide6.QtCore import QPointF, QRectF

from gui.drawing import bars as paint
from gui.drawing.labels import Ink, Label, Word
from gui.models.timeline import Arrow, Bar, Mark, Marker, Phase
from gui.theme import State
from gui.views.timeline.scene import MARK_STATES, Scene

ABOVE = 17.0  # from a label's top to the top of the bar below it
MARK_ICONS: dict[Mark, str] = {
    Mark.INJECTED: "bolt",
    Mark.STALL: "stall",
    Mark.RETRY_AFTER: "clock",
    Mark.RESTS: "snowflake",
    Mark.TRIED: "retry",
    Mark.SKIP: "chevrons",
}


def write_words(scene: Scene, ink: Ink) -> None:
    """Places all words, the most telling first, so that the lesser give way."""
    timeline = scene.rows.timeline
    shown = [
        timeline.bars[attempt - 1]
        for attempt, rect in scene.rects.items()
        if scene.opacity(attempt) == 1.0 and rect.right() > scene.left
    ]
    numbers_shown = {bar.attempt for bar in shown}
    if not shown:
        return
    first, last = min(numbers_shown), max(numbers_shown)
    arrows = [arrow for arrow in scene.arrows if arrow.source in numbers_shown]
    marks = [marker for marker in scene.rows.markers(first, last) if marker.attempt in numbers_shown]
    if scene.strip:
        _last_word(scene, ink, shown)
        return
    leaving = {arrow.source: arrow for arrow in arrows}
    arriving = {arrow.target: arrow for arrow in arrows if arrow.target is not None}
    for marker in marks:
        _tick(scene, ink, marker)
    for arrow in sorted(arrows, key=lambda arrow: scene.selected != ("arrow", arrow.index)):
        if scene.selected == ("arrow", arrow.index):
            _decision(scene, ink, arrow)
    numbers = {bar.attempt: _number(scene, ink, bar, arriving.get(bar.attempt)) for bar in shown}
    for bar in shown:
        _end(scene, ink, bar, leaving.get(bar.attempt), numbers[bar.attempt])
    for arrow in arrows:
        if scene.selected != ("arrow", arrow.index):
            _decision(scene, ink, arrow)
    for marker in marks:
        _mark(scene, ink, marker)
    for bar in shown:
        _figures(scene, ink, bar)


def _last_word(scene: Scene, ink: Ink, shown: list[Bar]) -> None:
    """In the low strip only the newest bar has a word."""
    bar = max(shown, key=lambda bar: bar.attempt)
    _live_end(scene, ink, bar) if bar.state is None else _end(scene, ink, bar, None, None)


def _number(scene: Scene, ink: Ink, bar: Bar, arrow: Arrow | None) -> QRectF | None:
    rect, palette = scene.rects[bar.attempt], scene.theme.palette
    left = max(rect.left(), scene.left)
    if arrow is not None and arrow.lane != arrow.to_lane and (source := scene.rects.get(arrow.source)) is not None:
        left = max(left, scene.arrow_x(arrow, source)[0] + 10)
    spots = (QPointF(left, rect.top() - ABOVE),)
    target = ("bar", bar.attempt)
    texts = (f"Attempt {bar.attempt}", str(bar.attempt))
    return scene.placer.place([Label(((Word(t, palette.muted),),), spots, target=target) for t in texts], ink)


def _end(scene: Scene, ink: Ink, bar: Bar, arrow: Arrow | None, number: QRectF | None) -> None:
    rect, palette = scene.rects[bar.attempt], scene.theme.palette
    target = ("bar", bar.attempt)
    if bar.state is None:
        _live_end(scene, ink, bar)
        return
    right = rect.right()
    if arrow is not None and arrow.target is not None and arrow.lane != arrow.to_lane:
        right = max(right, scene.arrow_x(arrow, rect)[0])
    beside = QPointF(right + 10, rect.center().y() - 8)
    above = (
        QPointF(number.right() + 8, number.top()) if number is not None else QPointF(rect.left(), rect.top() - ABOVE)
    )
    spots = (beside, above, QPointF(rect.left(), rect.bottom() + 3))
    word = Word(bar.word, palette.state(bar.state), 600)
    detail = Word(bar.detail, palette.muted, lead=10)
    variants = [Label(((word, detail),), spots, target=target)] if bar.detail else []
    scene.placer.place([*variants, Label(((word,),), spots, target=target)], ink)


def _live_end(scene: Scene, ink: Ink, bar: Bar) -> None:
    rect, palette = scene.rects[bar.attempt], scene.theme.palette
    phase = bar.spans[-1].phase if bar.spans else Phase.CONNECT
    state = {Phase.STREAM: State.STREAMING, Phase.REASONING: State.REASONING}.get(phase, State.WAITING)
    word = Word(bar.word, palette.state(state), 600)
    lines = ((word,), (Word(bar.detail, palette.muted),)) if bar.detail else ((word,),)
    top = rect.center().y() - 8 * len(lines)
    spots = (QPointF(rect.right() + 10, top), QPointF(rect.right() - 70, rect.top() - ABOVE))
    target = ("bar", bar.attempt)
    scene.placer.place([Label(lines, spots, target=target), Label(((word,),), spots, target=target)], ink)


def _decision(scene: Scene, ink: Ink, arrow: Arrow) -> None:
    palette = scene.theme.palette
    chosen = scene.selected == ("arrow", arrow.index)
    colour = palette.accent if chosen else palette.failed_permanent if arrow.final else palette.text
    title = Word(arrow.title, colour, 600)
    reason = Word(arrow.reason, palette.text if chosen else palette.muted)
    head = (title, Word(arrow.wait, palette.muted, lead=10)) if arrow.wait else (title,)
    margin = 34.0 if chosen else 24.0
    spots = _decision_spots(scene, arrow, max(ink.width(head), ink.width((reason,))) + margin, chosen)
    room = max(scene.width - spots[0].x() - margin, 60.0)
    reason = ink.elided(reason, room)

    def label(*lines: tuple[Word, ...], tinted: bool = chosen) -> Label:
        target = ("arrow", arrow.index)
        return Label(lines, spots, icon=arrow.icon, icon_colour=colour, target=target, tinted=tinted)

    full = [] if scene.compact else [label(head, (reason,))]
    scene.placer.place([*full, label(head), label((title,)), label((title,), tinted=False), label(tinted=False)], ink)


def _decision_spots(scene: Scene, arrow: Arrow, width: float, chosen: bool) -> tuple[QPointF, ...]:
    """Behind the arrow and below the bar; in front of the arrow where the plot ends too soon."""
    rect = scene.rects[arrow.source]
    x = rect.right()
    if arrow.target is not None:
        x = scene.arrow_x(arrow, rect)[0] if arrow.lane != arrow.to_lane else rect.right() - 8
    left, top = x + (6 if chosen else 10), rect.bottom() + (1 if chosen else 4)
    if left + width > scene.width:
        before = scene.width - width if arrow.target is None else x - width + 6
        left = before if before >= scene.left else left
    rows = (top, top + 16) if not scene.compact else (top, top + 10)
    beside = (QPointF(rect.right() + 10, rect.center().y() - 8),) if arrow.final else ()
    return (*(QPointF(left, row) for row in rows), *beside)


def _tick(scene: Scene, ink: Ink, marker: Marker) -> None:
    """The first token and a seam are short strokes above the bar."""
    if marker.mark not in (Mark.FIRST_TOKEN, Mark.SEAM):
        return
    rect, palette = scene.rects[marker.attempt], scene.theme.palette
    if rect.width() < 12:
        return
    seam = marker.mark is Mark.SEAM
    x = paint.crisp(scene.x(marker.at))
    ink.painter.setPen(paint.pen(palette.accent if seam else palette.muted, 2.0 if seam else 1.0))
    ink.painter.drawLine(QPointF(x, rect.top() - 6), QPointF(x, rect.top() - 1))


def _mark(scene: Scene, ink: Ink, marker: Marker) -> None:
    icon, state = MARK_ICONS.get(marker.mark), MARK_STATES.get(marker.mark)
    if icon is None or state is None:
        return
    rect, colour = scene.rects[marker.attempt], scene.theme.palette.state(state)
    x = min(max(scene.x(marker.at), rect.left() + 6), rect.right())
    x = x - paint.CAP / 2 if marker.mark is Mark.INJECTED and x > rect.right() - 6 else x
    spots = (QPointF(x - 6, rect.top() - ABOVE),)
    target = ("bar", marker.attempt)
    bare = Label((), spots, icon=icon, icon_colour=colour, target=target)
    word = Word(marker.word, colour, 500)
    full = [Label(((word,),), spots, icon=icon, icon_colour=colour, target=target)] if marker.word else []
    scene.placer.place([*full, bare], ink)


def _figures(scene: Scene, ink: Ink, bar: Bar) -> None:
    rect, palette = scene.rects[bar.attempt], scene.theme.palette
    for span in bar.spans:
        if not span.figure:
            continue
        left = max(scene.x(span.start), scene.left)
        word = Word(span.figure, palette.muted)
        line = (word,)
        if ink.width(line) + 4 <= min(scene.x(span.end), rect.right()) - left:
            scene.placer.place([Label((line,), (QPointF(left + 2, rect.bottom() + 3),))], ink)
