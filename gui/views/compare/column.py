"""One column: its name, how it stands, its timeline, its figures, and its answer."""

from collections.abc import Callable
from enum import StrEnum

from msgspec.structs import replace
from PySide6.QtCore import QPoint, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QAction, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget

from engine.core.run import Run
from gui.drawing.fittings import IconButton, Line, Text, grounded, write
from gui.icons import paint_icon
from gui.models.compare import Head, Lane
from gui.models.transcript import Failure, Ghost, Seam, Segment, segments
from gui.theme import State, theme
from gui.views.compare.figures import Figures, paint_best
from gui.views.compare.parts import Part, Why, part, update
from gui.views.compare.strip import Strip

LEAST_WIDTH = 280
HINT = "The answer will stand here."


class Act(StrEnum):
    """What a column's menu offers, in its order."""

    STOP = "Stop this column"
    SKIP = "Skip to the next candidate"
    AGAIN = "Ask this column again"
    CHOOSE = "Choose as the best answer"
    LINK = "Give it a prompt of its own"
    SETTINGS = "Parameters of its own …"
    LEFT = "Move left"
    RIGHT = "Move right"
    REMOVE = "Remove this column"


class Name(QWidget):
    """The column's name with its badges; dragging it moves the column."""

    dropped = Signal(QPoint)

    def __init__(self) -> None:
        super().__init__()
        self._text, self._chosen = "", False
        self._badges: tuple[str, ...] = ()
        self.setFixedHeight(theme().px(24))
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setToolTip("Drag to move the column")

    def show_name(self, text: str, badges: tuple[str, ...], chosen: bool) -> None:
        self._text, self._badges, self._chosen = text, badges, chosen
        self.setAccessibleName(", ".join([text, *badges, *(["chosen as the best"] if chosen else [])]))
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(80, theme().px(24))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, p, px, painter = theme(), theme().palette, theme().px, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        badge_font, right = look.font("caption", 500), float(self.width())
        if self._chosen:
            paint_best(painter, right, self.height() / 2)
            right -= px(50)
        for badge in reversed(self._badges):
            width = QFontMetricsF(badge_font).horizontalAdvance(badge) + px(12)
            box = QRectF(right - width, px(3), width - 1, px(18))
            painter.setPen(p.tint_line)
            painter.setBrush(p.accent_tint)
            painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            write(painter, box, badge, badge_font, p.accent, Qt.AlignmentFlag.AlignHCenter)
            right -= width + px(4)
        write(painter, QRectF(0, 0, right - px(4), self.height()), self._text, look.font("control", 600), p.text)
        painter.end()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.dropped.emit(event.globalPosition().toPoint())


class Standing(QWidget):
    """How it stands: an icon and a word in the state's colour; at the right the key and the attempt."""

    def __init__(self) -> None:
        super().__init__()
        self._head: Head | None = None
        self.setFixedHeight(theme().px(22))

    def show_head(self, head: Head) -> None:
        if head != self._head:
            self._head = head
            self.setAccessibleName(" ".join(filter(None, [head.word, head.key and f"key {head.key}", head.aside])))
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(120, theme().px(22))

    def paintEvent(self, event: QPaintEvent) -> None:
        if (head := self._head) is None:
            return
        look, p, px, painter = theme(), theme().palette, theme().px, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour, font, small = p.state(head.state), look.font("control", 500), look.font("caption")
        high, right = float(self.height()), float(self.width())
        paint_icon(painter, head.icon, QRectF(0, (high - px(13)) / 2, px(13), px(13)), colour)
        word = QFontMetricsF(font).horizontalAdvance(head.word)
        if head.aside:
            width = QFontMetricsF(small).horizontalAdvance(head.aside)
            write(painter, QRectF(right - width, 0, width + 2, high), head.aside, small, p.muted)
            right -= width + px(12)
        if head.key:
            width = QFontMetricsF(look.font()).horizontalAdvance(head.key)
            if right - width - px(24) > px(20) + word:
                write(painter, QRectF(right - width, 0, width + 2, high), head.key, look.font(), p.muted)
                side = px(12)
                paint_icon(painter, "key", QRectF(right - width - px(18), (high - side) / 2, side, side), p.muted)
                right -= width + px(24)
        write(painter, QRectF(px(20), 0, right - px(24), high), head.word, font, colour)
        painter.end()


class Column(QWidget):
    """Shows one lane and its run. What is wanted of it is said as an `Act`."""

    acted = Signal(object)  # Act
    dropped = Signal(QPoint)
    prompt_changed = Signal(str)
    scrolled = Signal(float)  # by hand: how far down, from 0 to 1

    def __init__(self, lane: Lane) -> None:
        super().__init__()
        self.lane = lane
        self._parts: list[Part] = []
        self._shown: tuple[type[Segment], ...] = ()
        self._hidden = False
        self.run: Run | None = None
        self.name, self.standing, self.strip, self.figures = Name(), Standing(), Strip(), Figures()
        self.stop = IconButton("stop", "Stop this column")
        self.more = IconButton("chevron-down", "What to do with this column")
        self.own = QLineEdit(lane.prompt or "")
        self._arrange()
        self._connect()
        self.setMinimumWidth(theme().px(LEAST_WIDTH))

    def _arrange(self) -> None:
        px = theme().px
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        top = QVBoxLayout()
        top.setContentsMargins(px(24), px(12), px(24), px(12))
        top.setSpacing(px(4))
        first = QHBoxLayout()
        first.setSpacing(px(4))
        first.addWidget(self.name, 1)
        first.addWidget(self.stop)
        first.addWidget(self.more)
        top.addLayout(first)
        top.addWidget(self.standing)
        top.addSpacing(px(8))
        top.addWidget(self.strip)
        top.addSpacing(px(12))
        top.addWidget(self.figures)
        column.addLayout(top)
        column.addWidget(Line())
        box = QHBoxLayout()
        box.setContentsMargins(px(24), px(8), px(24), 0)
        box.addWidget(self.own)
        column.addLayout(box)
        column.addWidget(self._scrolling(), 1)
        self.own.setVisible(self.lane.prompt is not None)
        self.own.setAccessibleName("Prompt of this column")
        self.own.setPlaceholderText("The prompt of this column alone")
        self.stop.hide()

    def _scrolling(self) -> QScrollArea:
        px = theme().px
        self._page = QWidget()
        grounded(self._page)
        self._body = QVBoxLayout(self._page)
        self._body.setContentsMargins(px(24), px(14), px(20), px(24))
        self._body.setSpacing(px(12))
        self._hint = Text(HINT, token="muted", wraps=True)
        self._body.addWidget(self._hint)
        self._body.addStretch(1)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.area.setWidget(self._page)
        self.area.setAccessibleName("Answer")
        self._follows = True
        bar = self.area.verticalScrollBar()
        bar.rangeChanged.connect(self._follow)
        bar.valueChanged.connect(self._note_scroll)
        return self.area

    def _connect(self) -> None:
        self.stop.clicked.connect(lambda: self.acted.emit(Act.STOP))
        self.more.clicked.connect(self._open_menu)
        self.name.dropped.connect(self.dropped)
        self.own.editingFinished.connect(lambda: self.prompt_changed.emit(self.own.text()))

    # What is shown

    def show_name(self, text: str, badges: tuple[str, ...], *, chosen: bool, hidden: bool) -> None:
        again = hidden != self._hidden
        self._hidden = hidden
        self.name.show_name(text, badges, chosen)
        self.area.setAccessibleName(f"Answer of {text}")
        if again and self.run is not None:
            self.show_run(self.run)

    def show_run(self, run: Run | None) -> None:
        """Draws what is new of the answer."""
        if run is None or self.run is None or run.id != self.run.id:
            self._clear()
        self.run = run
        self._hint.setVisible(run is None)
        self.stop.setVisible(run is not None and run.outcome is None)
        if run is not None:
            self._show_segments(_told(segments(run), hidden=self._hidden))

    def _show_segments(self, found: tuple[Segment, ...]) -> None:
        for place, segment in enumerate(found):
            if place < len(self._parts) and update(self._parts[place], segment):
                continue
            self._cut(place)
            made = part(segment)
            if isinstance(made, Why):
                made.again.connect(lambda: self.acted.emit(Act.AGAIN))
            self._parts.append(made)
            self._body.insertWidget(self._body.count() - 1, made)
        self._cut(len(found))

    def _cut(self, place: int) -> None:
        for old in self._parts[place:]:
            self._body.removeWidget(old)
            old.hide()
            old.deleteLater()
        del self._parts[place:]

    def _clear(self) -> None:
        self._cut(0)
        self._follows = True

    # Scrolling

    def _follow(self, _low: int, high: int) -> None:
        if self._follows and self.run is not None and self.run.outcome is None:
            self.area.verticalScrollBar().setValue(high)

    def _note_scroll(self, value: int) -> None:
        bar = self.area.verticalScrollBar()
        self._follows = value >= bar.maximum() - theme().px(24)
        if bar.maximum() and self.area.underMouse():
            self.scrolled.emit(value / bar.maximum())

    def scroll_to(self, share: float) -> None:
        """Goes as far down as another column is."""
        bar = self.area.verticalScrollBar()
        bar.setValue(round(share * bar.maximum()))

    # The menu

    def _open_menu(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.fill(menu)
        menu.popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

    def fill(self, menu: QMenu) -> None:
        """The acts that make sense now; the others are there, and switched off."""
        live = self.run is not None and self.run.outcome is None
        over = self.run is not None and not live
        can = {Act.STOP: live, Act.SKIP: live, Act.AGAIN: not live, Act.CHOOSE: over}
        for act in Act:
            if act in (Act.AGAIN, Act.CHOOSE, Act.LINK, Act.LEFT):
                menu.addSeparator()
            words = "Follow the common prompt again" if act is Act.LINK and self.lane.prompt is not None else act.value
            action = QAction(words, menu)
            action.setEnabled(can.get(act, True))
            action.triggered.connect(self._say(act))
            menu.addAction(action)

    def _say(self, act: Act) -> Callable[[], None]:
        return lambda: self.acted.emit(act)


def _told(found: tuple[Segment, ...], *, hidden: bool) -> tuple[Segment, ...]:
    """The segments; without what tells who answers while names are hidden."""
    return tuple(_unnamed(segment) for segment in found) if hidden else found


def _unnamed(segment: Segment) -> Segment:
    match segment:
        case Seam(state=State.STREAMING):
            return replace(segment, text="the answer begins again here")
        case Ghost():
            return replace(segment, note="Shown, then discarded.")
        case Failure():
            return replace(segment, reasons=())
        case _:
            return segment
