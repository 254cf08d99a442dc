"""What passes while nothing is sent: keys that cool, and waits that are sat out."""

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter

from gui.drawing import bars as paint
from gui.drawing.labels import Ink, Label, Word
from gui.icons import paint_icon
from gui.models.timeline import Pause, Strip
from gui.views.timeline.scene import STRIP_TOP, Scene
from gui.words import limit, seconds


def paint_strips(scene: Scene, painter: QPainter, ink: Ink) -> None:
    """Each key that cools, or did: ticks up to now, dashes behind it, and a check where it was fit again."""
    edge = scene.width - 62
    first, last = scene.scale.at(0.0), scene.scale.at(edge - scene.left)
    drawn: dict[int, float] = {}
    for strip in scene.rows.strips(first, last):
        left, right = max(scene.x(strip.start), scene.left - 4), min(scene.x(strip.end), edge)
        if right <= max(scene.left, drawn.get(strip.lane, -1e9) + 1):
            continue
        drawn[strip.lane] = right
        y = scene.tops[strip.lane] + STRIP_TOP
        paint.paint_strip(painter, left, scene.x(scene.rows.timeline.now), right, y, scene.theme.palette, scene.plot)
        _paint_end(scene, painter, ink, strip, right, y)
        scene.placer.take(QRectF(left, y - 2, right - left, 9))


def _paint_end(scene: Scene, painter: QPainter, ink: Ink, strip: Strip, right: float, y: float) -> None:
    now, palette = scene.rows.timeline.now, scene.theme.palette
    rest = strip.end - now
    if rest <= 0:
        if not scene.crowded and right < scene.width - 62:
            paint_icon(painter, "check", QRectF(right + 3, y - 2.5, 10, 10), palette.succeeded)
            scene.placer.take(QRectF(right + 2, y - 4, 12, 13))
        return
    share = rest / max(rest, strip.end - strip.start)
    paint.paint_ring(painter, QPointF(right + 10, y + 2.5), 5.5, share, palette.cooling, palette)
    ink.write((Word(seconds(rest), palette.cooling, 600),), QPointF(right + 20, y - 5.5))
    scene.placer.take(QRectF(right + 2, y - 6, 60, 17))


def paint_pauses(scene: Scene, painter: QPainter, ink: Ink) -> None:
    """The waits behind the attempts that are on the screen."""
    if not scene.rects or (scene.crowded and not scene.rows.timeline.waiting):
        return
    for pause in scene.rows.pauses(min(scene.rects), max(scene.rects)):
        rect = scene.rects.get(pause.attempt)
        if rect is not None:
            painter.setOpacity(scene.opacity(pause.attempt))
            _paint_pause(scene, painter, ink, pause, rect)
    painter.setOpacity(1.0)


def _paint_pause(scene: Scene, painter: QPainter, ink: Ink, pause: Pause, rect: QRectF) -> None:
    palette, y = scene.theme.palette, rect.center().y()
    colour = palette.state(pause.state)
    now = scene.rows.timeline.now
    left, until = rect.right(), scene.x(pause.end)
    right = scene.x(min(now, pause.end)) if pause.running else until - (6 if until - left > 14 else 0)
    if right > left:
        line = QRectF(left, y - 2, right - left, 4).intersected(scene.plot.adjusted(-9, -500, 9, 500))
        painter.fillRect(line, colour if pause.running else paint.faded(colour, 0.8))
        scene.placer.take(QRectF(left, y - 3, right - left, 6))
    if (pause.start, pause.end) in scene.folded:
        paint.paint_break(painter, (scene.x(pause.start) + until) / 2, y, palette)
        word = Word(limit(pause.end - pause.start), palette.muted)
        scene.placer.place([Label(((word,),), (QPointF(scene.x(pause.start) + 8, y - 24),))], ink)
    if pause.running:
        _paint_countdown(scene, painter, ink, pause, max(left, right), min(until, scene.width - 150), y)


def _paint_countdown(
    scene: Scene, painter: QPainter, ink: Ink, pause: Pause, left: float, right: float, y: float
) -> None:
    palette = scene.theme.palette
    colour = palette.state(pause.state)
    right = max(right, left)
    painter.setPen(paint.pen(colour, 1.4, (3, 3)))
    painter.drawLine(QPointF(left, y), QPointF(right, y))
    left_of = pause.left(scene.rows.timeline.now)
    paint.paint_ring(painter, QPointF(right + 14, y), 7, left_of, colour, palette)
    word = Word(pause.word, colour, 600)
    painter.fillRect(QRectF(right + 24, y - 8, ink.width((word,)) + 4, 16), palette.surface)
    ink.write((word,), QPointF(right + 26, y - 8))
    scene.placer.take(QRectF(left, y - 9, right - left + 30 + ink.width((word,)), 18))
