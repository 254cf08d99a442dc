"""The keys of the plot, in one table."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt

ZOOM_STEP, PAN_STEP = 1.25, 80.0

# Any: the plot imports this table.
KEYS: dict[Qt.Key, Callable[[Any], None]] = {
    Qt.Key.Key_Comma: lambda plot: plot.step(-1),
    Qt.Key.Key_Period: lambda plot: plot.step(1),
    Qt.Key.Key_Up: lambda plot: plot.step_lane(-1),
    Qt.Key.Key_Down: lambda plot: plot.step_lane(1),
    Qt.Key.Key_W: lambda plot: plot.zoom(ZOOM_STEP),
    Qt.Key.Key_S: lambda plot: plot.zoom(1 / ZOOM_STEP),
    Qt.Key.Key_A: lambda plot: plot.pan(-PAN_STEP),
    Qt.Key.Key_D: lambda plot: plot.pan(PAN_STEP),
    Qt.Key.Key_F: lambda plot: plot.fit(),
    Qt.Key.Key_R: lambda plot: plot.area_to_view(),
    Qt.Key.Key_T: lambda plot: plot.table_asked.emit(),
    Qt.Key.Key_Slash: lambda plot: plot.filter_asked.emit(),
    Qt.Key.Key_End: lambda plot: plot.follow(),
    Qt.Key.Key_Space: lambda plot: plot.toggle_folds(),
    Qt.Key.Key_Return: lambda plot: plot.activated.emit(),
    Qt.Key.Key_Enter: lambda plot: plot.activated.emit(),
}
