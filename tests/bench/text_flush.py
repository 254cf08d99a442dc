"""How long one flush of streaming Markdown takes, beside plain insertText, with four answers of 250 KB at once.

Run: QT_QPA_PLATFORM=offscreen python -m tests.bench.text_flush [characters]
Each answer stands in a column as in the chat. A frame feeds every answer once and lets Qt lay out and paint.
"""

import statistics
import sys
import time
from collections.abc import Callable

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from engine.core.pieces import NOTHING
from gui.theme import theme
from gui.views.chat.text_body import TextBody

SIZE = 250_000  # characters of each answer
PIECE = 300  # characters in a frame: 2,000 tokens a second, four times what a fast provider sends
COLUMNS = 4
SAMPLE = """## Tides, part {n}

The Moon pulls on the **nearest** water, and *less* on what is far; see [the source](https://example.org/{n}).
A second sentence with `code` makes the paragraph wrap over several lines of a column.

- first point of {n}
- second point, with **bold** words
  - a nested one

```python
def pull(distance: float) -> float:
    return 1 / distance**2  # part {n}
```

| body | pull | note |
|------|-----:|------|
| Moon | 2.2 | near |
| Sun | 1.0 | *far* |

> Twice a day.

"""


def answer(size: int) -> str:
    text, n = "", 0
    while len(text) < size:
        n += 1
        text += SAMPLE.format(n=n)
    return text[:size]


def window() -> tuple[QWidget, list[TextBody]]:
    """Four columns, each with a text as tall as its content in a scrolling area that follows its end."""
    shown, bodies = QWidget(), []
    row = QHBoxLayout(shown)
    for _ in range(COLUMNS):
        area, page, body = QScrollArea(), QWidget(), TextBody()
        QVBoxLayout(page).addWidget(body)
        area.setWidgetResizable(True)
        area.setWidget(page)
        bar = area.verticalScrollBar()
        bar.rangeChanged.connect(lambda low, high, bar=bar: bar.setValue(high))
        row.addWidget(area)
        bodies.append(body)
    shown.resize(1600, 900)
    shown.show()
    return shown, bodies


def measure(app: QApplication, text: str, add: Callable[[int, str], None]) -> tuple[list[float], list[float]]:
    """Milliseconds of each flush, and of each frame of four flushes with layout and paint."""
    flushes, frames = [], []
    for at in range(0, len(text), PIECE):
        start = time.perf_counter()
        for column in range(COLUMNS):
            before = time.perf_counter()
            add(column, text[at : at + PIECE])
            flushes.append((time.perf_counter() - before) * 1000)
        app.processEvents()
        frames.append((time.perf_counter() - start) * 1000)
    return flushes, frames


def line(name: str, values: list[float]) -> str:
    p = statistics.quantiles(values, n=100)
    return f"{name:28} p50 {p[49]:6.2f}  p95 {p[94]:6.2f}  p99 {p[98]:6.2f}  worst {max(values):7.2f} ms"


def main() -> None:
    app = QApplication.instance() or QApplication([])
    theme().apply(app)
    text = answer(int(sys.argv[1]) if len(sys.argv) > 1 else SIZE)
    shown, bodies = window()
    pieces = [NOTHING] * COLUMNS

    def markdown(column: int, added: str) -> None:
        pieces[column] = pieces[column].plus((added,))
        bodies[column].show_pieces(pieces[column], live=True)

    streamed = measure(app, text, markdown)
    shown.close()
    other, plain_bodies = window()

    def plain(column: int, added: str) -> None:
        cursor = QTextCursor(plain_bodies[column].document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(added)

    floor = measure(app, text, plain)
    other.close()
    for kind, i in (("flush", 0), ("frame of four", 1)):
        print(line(f"Markdown, {kind}", streamed[i]))
        print(line(f"insertText, {kind}", floor[i]))
        print(f"ratio of medians: {statistics.median(streamed[i]) / statistics.median(floor[i]):.2f}")


if __name__ == "__main__":
    main()
