"""The axis of time: its lines, its words, and the pill that says what now is."""

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter

from gui.drawing import bars as paint
from gui.drawing.labels import Ink, Word
from gui.models.scale import ticks
from gui.views.timeline.scene import AXIS, Scene
from gui.words import seconds


def paint_grid(scene: Scene, painter: QPainter) -> None:
    bottom = min(scene.height, scene.tops[-1])
    painter.setPen(paint.pen(scene.theme.palette.grid))
    _, moments = ticks(scene.scale, scene.width - scene.left)
    xs = [paint.crisp(scene.x(moment)) for moment in moments]
    painter.drawLines([QLineF(x, AXIS, x, bottom) for x in xs if x >= scene.left - 1])


def paint_axis(scene: Scene, painter: QPainter, ink: Ink) -> None:
    palette, timeline = scene.theme.palette, scene.rows.timeline
    painter.save()
    painter.setClipRect(QRectF(scene.left - 24, 0, scene.width, AXIS + 0.5))
    pill = scene.x(timeline.now) if timeline.live and timeline.bars else -1e9
    step, moments = ticks(scene.scale, scene.width - scene.left)
    for moment in moments:
        x, word = scene.x(moment) + 5, Word(axis_word(moment, step), palette.muted)
        end = x + ink.width((word,))
        if x >= scene.left and end < scene.width - 4 and not (x < pill + 30 and end > pill - 30):
            ink.write((word,), QPointF(x, 7))
    if pill > -1e8:
        _paint_pill(scene, painter, ink, pill, seconds(timeline.now))
    painter.restore()


def _paint_pill(scene: Scene, painter: QPainter, ink: Ink, x: float, text: str) -> None:
    word = Word(text, scene.theme.palette.on_accent, 600)
    width = max(40.0, ink.width((word,)) + 10)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(scene.theme.palette.accent)
    painter.drawRoundedRect(QRectF(x - width / 2, 7, width, 16), 3, 3)
    ink.write((word,), QPointF(x - ink.width((word,)) / 2, 7))
    painter.fillRect(QRectF(paint.crisp(x) - 0.5, 23, 1, AXIS - 23), scene.theme.palette.accent)


def axis_word(moment: float, step: float) -> str:
    """ "0", "2 s", "0.25 s", "1:30"."""
    if moment == 0:
        return "0"
    if step >= 20 and moment >= 60:
        return f"{int(moment) // 60}:{int(moment) % 60:02}"
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    return f"{moment:.{digits}f} s"
