"""The order in which a timeline is painted: grid, lanes, waits, bars, arrows, words, and what is selected."""

from PySide6.QtCore import QLineF, QPointF, QRectF
from PySide6.QtGui import QPainter, QPainterPath

from gui.drawing import bars as paint
from gui.drawing.labels import Ink, Placer
from gui.models.timeline import Arrow
from gui.views.timeline.axis import paint_axis, paint_grid
from gui.views.timeline.gutter import paint_lane, paint_name
from gui.views.timeline.scene import AXIS, PAD, Scene
from gui.views.timeline.waits import paint_pauses, paint_strips
from gui.views.timeline.words import write_words


def paint_scene(scene: Scene, painter: QPainter) -> None:
    """Paints all of it. Words come last, once bars and arrows have taken their room."""
    palette, plot = scene.theme.palette, scene.plot
    painter.fillRect(QRectF(0, 0, scene.width, scene.height), palette.surface)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.find_bars()
    ink = Ink(painter, scene.theme)
    scene.placer = Placer(plot.adjusted(-2, 0, 0, 400))
    paint_grid(scene, painter)
    painter.save()
    painter.setClipRect(QRectF(0, AXIS, scene.width, scene.height - AXIS))
    _paint_lanes(scene, painter, ink)
    painter.setClipRect(plot.adjusted(-4, 0, 0, 0))
    if not scene.strip:
        paint_strips(scene, painter, ink)
    paint_pauses(scene, painter, ink)
    _paint_bars(scene, painter)
    _paint_arrows(scene, painter)
    _paint_now(scene, painter)
    if not scene.crowded:
        write_words(scene, ink)
    _paint_rings(scene, painter)
    painter.restore()
    paint_axis(scene, painter, ink)
    _paint_area(scene, painter)


def _area_rect(scene: Scene) -> QRectF | None:
    if scene.area is None:
        return None
    left, right = (min(max(scene.x(at), scene.left - 2), scene.width + 2) for at in scene.area)
    return QRectF(left, AXIS, right - left, scene.height - AXIS)


def _paint_area(scene: Scene, painter: QPainter) -> None:
    """A tint over the selected stretch, its ends, and its bar in the axis; high contrast has the frame alone."""
    rect, palette = _area_rect(scene), scene.theme.palette
    if rect is None:
        return
    if not palette.high_contrast:
        painter.fillRect(rect.intersected(scene.plot), paint.faded(palette.accent, 0.08))
    painter.setPen(paint.pen(palette.accent))
    for x in (rect.left(), rect.right()):
        if scene.left <= x <= scene.width:
            painter.drawLine(QPointF(paint.crisp(x), AXIS - 6), QPointF(paint.crisp(x), scene.height))
    bar = QRectF(rect.left(), AXIS - 4, rect.width(), 4)
    painter.fillRect(bar.intersected(QRectF(scene.left, 0, scene.width, AXIS)), palette.accent)


def _paint_lanes(scene: Scene, painter: QPainter, ink: Ink) -> None:
    palette, tops = scene.theme.palette, scene.tops
    for lane in scene.rows.timeline.lanes:
        top, bottom = tops[lane.index], tops[lane.index + 1]
        place = QRectF(PAD, top, scene.left - PAD, bottom - top)
        if scene.strip and lane.used:
            paint_name(ink, lane, place)
        elif bottom >= 0 and top <= scene.height and bottom > top:
            painter.setPen(paint.pen(palette.line))
            painter.drawLine(QPointF(PAD, paint.crisp(top)), QPointF(scene.width, paint.crisp(top)))
            paint_lane(painter, ink, lane, place, scene.width, compact=scene.compact)
        scene.placer.take(QRectF(scene.left, top, scene.width, 0.5))


def _paint_bars(scene: Scene, painter: QPainter) -> None:
    """In a crowd a bar is a block in the colour of its end: patterns would not be seen."""
    palette, visible = scene.theme.palette, scene.plot.adjusted(-4, -200, 0, 400)
    bars, crowded = scene.rows.timeline.bars, scene.crowded
    for attempt, rect in scene.rects.items():
        bar = bars[attempt - 1]
        painter.setOpacity(scene.opacity(attempt))
        if not crowded:
            scene.placer.take(rect)
        if bar.state is not None and (rect.width() < 5 or (crowded and rect.width() <= paint.CAP)):
            painter.fillRect(rect, palette.state(bar.state))
            continue
        covered = bar.state is not None and rect.width() <= paint.CAP  # the cap hides all phases
        paint.paint_bar(painter, bar, [] if covered else scene.span_rects(bar, rect), rect, palette, visible)
    painter.setOpacity(1.0)


def _paint_rings(scene: Scene, painter: QPainter) -> None:
    """What is selected and what is pointed at, over all words."""
    kind, number = scene.selected or ("", 0)
    if kind == "bar" and (rect := scene.rects.get(number)) is not None:
        paint.paint_focus(painter, rect, scene.theme.palette)
    elif scene.hovered is not None and (rect := scene.rects.get(scene.hovered)) is not None:
        paint.outline(painter, rect.adjusted(-2, -2, 2, 2), scene.theme.palette.text, scene.plot, radius=4.0)


def _paint_arrows(scene: Scene, painter: QPainter) -> None:
    scene.paths = []
    first, last = scene.scale.at(-200.0), scene.scale.at(scene.width - scene.left)
    scene.arrows = scene.rows.arrows(first, last)
    if scene.crowded:
        _paint_crowd(scene, painter)
        return
    for arrow in scene.arrows:
        if arrow.target is not None:
            painter.setOpacity(scene.opacity(arrow.target))
            _paint_arrow(scene, painter, arrow)
    painter.setOpacity(1.0)


def _paint_crowd(scene: Scene, painter: QPainter) -> None:
    """Many arrows are thin strokes from lane to lane; those that would share three pixels are drawn once."""
    lines: list[QLineF] = []
    drawn_until = -1e9
    middles = [scene.bar_top(lane.index) + scene.bar_height / 2 for lane in scene.rows.timeline.lanes]
    for arrow in scene.arrows:
        x = scene.x(arrow.at)
        if arrow.lane != arrow.to_lane and x >= drawn_until:
            down = 1 if arrow.to_lane > arrow.lane else -1
            reach = down * scene.bar_height / 2
            lines.append(QLineF(x, middles[arrow.lane] + reach, x, middles[arrow.to_lane] - reach))
            drawn_until = x + 3.0
    painter.setPen(paint.pen(scene.theme.palette.line_strong))
    painter.drawLines(lines)


def _paint_arrow(scene: Scene, painter: QPainter, arrow: Arrow) -> None:
    assert arrow.target is not None
    source, target = scene.rects.get(arrow.source), scene.rects.get(arrow.target)
    if source is None or target is None:
        return
    palette, chosen = scene.theme.palette, scene.selected == ("arrow", arrow.index)
    colour, width = (palette.accent, 2.0) if chosen else (palette.muted, 1.5)
    if arrow.lane == arrow.to_lane:
        tip, start = QPointF(target.left(), target.center().y()), QPointF(source.right(), source.center().y())
        if tip.x() - start.x() > 9:
            paint.paint_arrow(painter, QPainterPath(tip), tip, QPointF(1, 0), colour, width)
        _take_path(scene, QRectF(start, tip).normalized().adjusted(0, -4, 0, 4), arrow)
        return
    down = arrow.to_lane > arrow.lane
    x, from_side = scene.arrow_x(arrow, source)
    edge = source.bottom() if down else source.top()
    start = QPointF(max(source.right(), x - 8), source.center().y()) if from_side else QPointF(x, edge)
    tip = QPointF(x, target.top() if down else target.bottom())
    paint.paint_arrow(painter, paint.arrow_path(start, x, tip.y()), tip, QPointF(0, 1 if down else -1), colour, width)
    _take_path(scene, QRectF(QPointF(x, start.y()), tip).normalized().adjusted(-3, 0, 3, 0), arrow)


def _take_path(scene: Scene, rect: QRectF, arrow: Arrow) -> None:
    scene.placer.take(rect)
    scene.paths.append((rect, ("arrow", arrow.index)))


def _paint_now(scene: Scene, painter: QPainter) -> None:
    timeline = scene.rows.timeline
    if timeline.live and timeline.bars:
        x = paint.crisp(scene.x(timeline.now))
        painter.setPen(paint.pen(scene.theme.palette.accent))
        painter.drawLine(QPointF(x, AXIS), QPointF(x, min(scene.height, scene.tops[-1])))
