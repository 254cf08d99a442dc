"""The header: the chat's title, the candidates of the route in order with their state, and what the lab struck."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeySequence, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from engine.core.request import Route
from engine.core.run import Run
from gui import words
from gui.drawing.labels import Ink, Line, Word
from gui.icons import icon, paint_icon
from gui.models.route_places import Place, current, faults_sentence, key_count, places_of, struck
from gui.theme import Palette, Theme, theme

HEIGHT, SIDE, STEP, ICON = 48.0, 24.0, 8.0, 12.0
TITLE_MOST = 240.0
PALETTE_KEYS = "Ctrl+K"


class RouteBar(QWidget):
    """What the window embeds."""

    candidate_clicked = Signal(int)
    edit_requested = Signal()
    palette_requested = Signal()

    def __init__(self, parent: QWidget | None = None, *, look: Theme | None = None) -> None:
        super().__init__(parent)
        self._theme = look or theme()
        self._route: Route | None = None
        self._run: Run | None = None
        self._armed = 0
        self.title = QLabel(self)
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self._full_title = ""
        self.strip = RouteStrip(self._theme, self)
        self.edit = QToolButton(self)
        self.faults = FaultCount(self._theme, self)
        self.search = SearchButton(self._theme, self)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Route")
        self._arrange()
        self._dress()
        self._renew()

    def show_title(self, title: str) -> None:
        """The name of the chat; a long one is elided."""
        self._full_title = title
        self._fit_title()

    def show_route(self, route: Route | None) -> None:
        self._route = route
        self._renew()

    def show_run(self, run: Run | None) -> None:
        """The states are this run's, as long as it is of the route that is shown."""
        self._run = run
        self._renew()

    def show_armed(self, number: int) -> None:
        """How many faults are armed and have not fired."""
        self._armed = number
        self._renew()

    def _arrange(self) -> None:
        self._row = QHBoxLayout(self)
        for widget in (self.title, self.strip, self.edit):
            self._row.addWidget(widget)
        self._row.addStretch(1)
        self._row.addWidget(self.faults)
        self._row.addWidget(self.search)
        self.edit.setToolTip("Edit the route")
        self.edit.setAccessibleName("Edit the route")
        self.strip.chosen.connect(self.candidate_clicked)
        self.strip.rest_clicked.connect(self.edit_requested)
        self.edit.clicked.connect(self.edit_requested)
        self.search.clicked.connect(self.palette_requested)
        self._theme.changed.connect(self._dress)

    def _dress(self) -> None:
        look, size = self._theme, self._theme.px(14)
        self.setFixedHeight(look.px(HEIGHT))
        self._row.setContentsMargins(look.px(SIDE), 0, look.px(16), 1)
        self._row.setSpacing(look.px(12))
        self.edit.setIcon(icon("sliders", look.palette.muted, size))
        self.edit.setIconSize(QSize(size, size))
        self.title.setFont(look.font("control", 600))
        self.title.setStyleSheet(f"color: {look.palette.text.name()}; background: transparent;")
        self._fit_title()

    def _fit_title(self) -> None:
        metrics = QFontMetricsF(self._theme.font("control", 600))
        most = min(self._theme.px(TITLE_MOST), self.width() * 0.25)
        shown = metrics.elidedText(self._full_title, Qt.TextElideMode.ElideRight, most)
        self.title.setText(shown)
        self.title.setToolTip(self._full_title if shown != self._full_title else "")
        self.title.setVisible(bool(shown))

    def _renew(self) -> None:
        places = places_of(self._route, self._run) if self._route is not None else ()
        self.strip.show_places(places)
        self.edit.setVisible(self._route is not None)
        self.faults.show_text(faults_sentence(struck(self._run), self._armed))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_title()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, palette = QPainter(self), self._theme.palette
        painter.fillRect(self.rect(), palette.surface)
        painter.fillRect(0, self.height() - 1, self.width(), 1, palette.line)
        painter.end()


class RouteStrip(QWidget):
    """The candidates from left to right. Where they do not fit they lose the number of their keys; then only the one
    that matters now is shown, with "+2" for the rest."""

    chosen = Signal(int)
    rest_clicked = Signal()

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self.places: tuple[Place, ...] = ()
        self.buttons: list[CandidateButton] = []
        self.rest = QToolButton(self)
        self.rest.clicked.connect(self.rest_clicked)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        look.changed.connect(self._renew)

    def show_places(self, places: tuple[Place, ...]) -> None:
        if places == self.places:
            return
        self.places = places
        while len(self.buttons) > len(places):
            self.buttons.pop().deleteLater()
        while len(self.buttons) < len(places):
            button = CandidateButton(self._theme, self)
            button.clicked.connect(lambda _=False, index=len(self.buttons): self.chosen.emit(index))
            self.buttons.append(button)
        for button, place in zip(self.buttons, places, strict=True):
            button.show_place(place)
        self._renew()

    def _renew(self) -> None:
        self.updateGeometry()
        self._fit()

    def sizeHint(self) -> QSize:
        """Of all candidates with the number of their keys."""
        wide = sum(button.full_width() + self._gap for button in self.buttons) - self._gap
        return QSize(max(self._theme.px(160), wide), self._theme.px(HEIGHT - 1))

    @property
    def _gap(self) -> int:
        return self._theme.px(2 * STEP + ICON)

    def minimumSizeHint(self) -> QSize:
        return QSize(self._theme.px(160), self._theme.px(HEIGHT - 1))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.rest.setFont(self._theme.font("control", 500))
        for keys in (True, False):
            for button in self.buttons:
                button.set_keys_shown(keys)
            if self._width(self.buttons) <= self.width():
                self._show(self.buttons)
                return
        first = current(self.places)
        shown = self.buttons[first : first + 1]
        for button in self.buttons[first + 1 :]:  # as many of those behind it as fit
            if self._width([*shown, button]) + self._rest_width > self.width():
                break
            shown.append(button)
        self._show(shown)

    @property
    def _rest_width(self) -> int:
        """Of "+9" with the gap before it."""
        advance = QFontMetricsF(self._theme.font("control", 500)).horizontalAdvance("+99")
        return round(advance) + self._theme.px(STEP + 12)

    def _width(self, buttons: list["CandidateButton"]) -> int:
        return sum(button.sizeHint().width() + self._gap for button in buttons) - self._gap

    def _show(self, shown: list["CandidateButton"]) -> None:
        x, hidden = 0, len(self.buttons) - len(shown)
        room = self.width() - (self._rest_width if hidden else 0)
        for button in self.buttons:
            button.setVisible(button in shown)
        for button in shown:
            width = min(button.sizeHint().width(), max(0, room - x))
            height = button.sizeHint().height()
            button.setGeometry(x, (self.height() - height) // 2, width, height)
            x += width + self._gap
        self.rest.setVisible(hidden > 0)
        self.rest.setText(f"+{hidden}")
        self.rest.setAccessibleName(f"{words.count(hidden, 'more candidate')}")
        self.rest.setToolTip(
            "\n".join(p.told for p, b in zip(self.places, self.buttons, strict=True) if b not in shown)
        )
        height, start = self._theme.px(28), x - self._gap + self._theme.px(STEP)
        self.rest.setGeometry(start, (self.height() - height) // 2, self._rest_width - self._theme.px(STEP), height)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, side = QPainter(self), self._theme.px(ICON)
        shown = [button for button in self.buttons if not button.isHidden()]
        for button in shown[:-1]:
            x = button.geometry().right() + self._theme.px(STEP)
            place = QRectF(x, (self.height() - side) / 2, side, side)
            paint_icon(painter, "chevron-right", place, self._theme.palette.muted)
        painter.end()


class CandidateButton(QAbstractButton):
    """One candidate: its number, provider and model, how many keys it has, and the icon of its state."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._keys = True
        self.place: Place | None = None
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_place(self, place: Place) -> None:
        self.place = place
        self.setAccessibleName(place.told)
        self.setToolTip(place.told)
        self.update()

    def set_keys_shown(self, shown: bool) -> None:
        self._keys = shown
        self.update()

    def _line(self, palette: Palette) -> Line:
        place = self.place
        if place is None:
            return ()
        quiet = place.state is None and place.word == "standby"
        name = Word(
            f"{place.provider} · {place.model}", palette.muted if quiet else palette.text, 400 if quiet else 500,
            lead=8, scale="control",
        )  # fmt: skip
        number = Word(str(place.index + 1), palette.muted)
        keys = (Word(key_count(place.keys), palette.muted, lead=8),) if self._keys and place.keys else ()
        return (number, name, *keys)

    def full_width(self) -> int:
        """With the number of its keys, whether that is shown now or not."""
        shown, self._keys = self._keys, True
        wide = self.sizeHint().width()
        self._keys = shown
        return wide

    def sizeHint(self) -> QSize:
        width = Ink(QPainter(), self._theme).width(self._line(self._theme.palette)) + 12
        marked = self.place is not None and bool(self.place.icon)
        return QSize(self._theme.px(width + (ICON + 8 if marked else 0)) + 1, self._theme.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter, zoom = self._theme.palette, QPainter(self), self._theme.zoom
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(zoom, zoom)
        box = QRectF(0, 0, self.width() / zoom, self.height() / zoom)
        self._paint_ground(painter, box.adjusted(1, 1, -1, -1), palette)
        ink, place = Ink(painter, self._theme), self.place
        marked = place is not None and bool(place.icon)
        line = self._line(palette)
        room = box.width() - 12 - (ICON + 8 if marked else 0)
        if ink.width(line) > room + 1 and len(line) > 1:
            line = (line[0], ink.elided(line[1], room - ink.width(line[:1]) - 8))
        x = ink.write(line, QPointF(6, (box.height() - 16) / 2))
        if place is not None and place.icon:
            colour = palette.state(place.state) if place.state is not None else palette.muted
            paint_icon(painter, place.icon, QRectF(x + 8, (box.height() - ICON) / 2, ICON, ICON), colour)
        painter.end()

    def _paint_ground(self, painter: QPainter, box: QRectF, palette: Palette) -> None:
        if self.underMouse() or self.isDown():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.sunken)
            painter.drawRoundedRect(box, 6, 6)
        if self.hasFocus():
            painter.setPen(QPen(palette.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 6, 6)


class FaultCount(QWidget):
    """ "1 fault fired, 1 armed", with the bolt; hidden while there is none."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self.text = look, ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)
        self.hide()

    def show_text(self, text: str) -> None:
        if text != self.text:
            self.text = text
            self.setAccessibleName(text)
            self.updateGeometry()
            self.update()
        self.setVisible(bool(text))

    def _line(self) -> Line:
        return (Word(self.text, self._theme.palette.injected, 500, scale="control"),)

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(Ink(QPainter(), self._theme).width(self._line()) + 22) + 1, self._theme.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.scale(self._theme.zoom, self._theme.zoom)
        paint_icon(painter, "bolt", QRectF(0, 7, 14, 14), self._theme.palette.injected)
        Ink(painter, self._theme).write(self._line(), QPointF(20, 6))
        painter.end()


class SearchButton(QAbstractButton):
    """Opens the palette of commands; its key stands on it."""

    def __init__(self, look: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = look
        self._key = QKeySequence(PALETTE_KEYS).toString(QKeySequence.SequenceFormat.NativeText).replace("+", " ")
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setToolTip("Find a command, a scenario or a chat")
        self.setAccessibleName("Find a command")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.updateGeometry)

    def _cap(self) -> float:
        return QFontMetricsF(self._theme.font("caption", mono=True, zoomed=False)).horizontalAdvance(self._key) + 12

    def sizeHint(self) -> QSize:
        return QSize(self._theme.px(self._cap() + 34), self._theme.px(28))

    def paintEvent(self, event: QPaintEvent) -> None:
        palette, painter, zoom = self._theme.palette, QPainter(self), self._theme.zoom
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(zoom, zoom)
        box = QRectF(0, 0, self.width() / zoom, self.height() / zoom).adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.underMouse() or self.isDown():
            painter.setBrush(palette.sunken)
            painter.drawRoundedRect(box, 6, 6)
        paint_icon(painter, "search", QRectF(7, 7, 14, 14), palette.muted)
        cap = QRectF(28.5, 4.5, self._cap() - 1, 18)
        painter.setBrush(palette.surface)
        painter.setPen(QPen(palette.line_strong if palette.high_contrast else palette.line, 1))
        painter.drawRoundedRect(cap, 3, 3)
        painter.setFont(self._theme.font("caption", mono=True, zoomed=False))
        painter.setPen(palette.muted)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, self._key)
        if self.hasFocus():
            painter.setPen(QPen(palette.accent, 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box, 6, 6)
        painter.end()
