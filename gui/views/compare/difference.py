"""Two answers side by side with what differs between them, word by word, while they stream."""

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QTextCharFormat, QTextCursor, QTextOption
from PySide6.QtWidgets import QFrame, QHBoxLayout, QTextEdit, QVBoxLayout, QWidget

from engine.compare.diff import Diff, Following
from gui.drawing.fittings import Choice, Line, Text
from gui.models.compare_diff import Piece, pieces
from gui.theme import State, theme
from gui.views.compare.bars import Row, Toggle

STEP = 200  # ms between two comparisons of texts that grow


class Pane(QTextEdit):
    """One text, with its own words marked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(name)
        self.setWordWrapMode(QTextOption.WrapMode.WordWrap)
        self.setStyleSheet("QTextEdit { border: none; padding: 0; }")
        self.document().setDocumentMargin(0)
        self._shown: tuple[Piece, ...] = ()

    def forget(self) -> None:
        """Shows nothing, so that all is written at the next time."""
        self._shown = ()
        self.clear()

    def show_pieces(self, found: tuple[Piece, ...], *, removed: bool) -> None:
        """Writes what is new; pieces at the front that did not change stay as they are."""
        same = 0
        while same < min(len(found), len(self._shown)) and found[same] == self._shown[same]:
            same += 1
        keep = sum(len(piece.text) for piece in self._shown[:same])
        at = self.verticalScrollBar().value()
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        cursor.setPosition(keep)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        for piece in found[same:]:
            cursor.insertText(piece.text, _format(piece, removed=removed))
        cursor.endEditBlock()
        self._shown = found
        self.verticalScrollBar().setValue(at)


def _format(piece: Piece, *, removed: bool) -> QTextCharFormat:
    look, p, made = theme(), theme().palette, QTextCharFormat()
    made.setFont(look.font("reading"))
    made.setForeground(p.text)
    if piece.folded:
        made.setFont(look.font("caption"))
        made.setForeground(p.muted)
    elif piece.differs:
        made.setForeground(p.state(State.FAILED_PERMANENT if removed else State.SUCCEEDED))
        made.setBackground(p.sunken)
        made.setFontUnderline(not removed)
        made.setFontStrikeOut(removed)
    return made


class Differences(QWidget):
    """Chooses two columns and shows them against each other, scrolled together."""

    def __init__(self) -> None:
        super().__init__()
        self._texts: dict[int, tuple[str, bool]] = {}
        self._following, self._diff = Following(), Diff((), 1.0)
        self.left, self.right = Choice(), Choice()
        self.only = Toggle("Only what differs")
        self.similar = Text("", weight=500)
        self.panes = Pane("First answer"), Pane("Second answer")
        self._steps = QTimer(self, singleShot=True, interval=STEP)
        self._steps.timeout.connect(self.compare)
        self._scrolling = False
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        px = theme().px
        room = QVBoxLayout(self)
        room.setContentsMargins(0, 0, 0, 0)
        room.setSpacing(0)
        head = Row(44)
        self.left.setAccessibleName("First answer")
        self.right.setAccessibleName("Second answer")
        for widget in (self.left, Text("and", token="muted"), self.right):
            head.row.addWidget(widget)
        head.row.addSpacing(px(8))
        head.row.addWidget(self.similar)
        head.row.addStretch(1)
        legend = Text("struck: only in the first · underlined: only in the second", "caption", token="muted")
        head.row.addWidget(legend)
        head.row.addWidget(self.only)
        room.addWidget(head)
        room.addWidget(Line())
        across = QHBoxLayout()
        across.setSpacing(0)
        for place, pane in enumerate(self.panes):
            if place:
                across.addWidget(Line(upright=True))
            box = QVBoxLayout()
            box.setContentsMargins(px(24), px(14), px(8), 0)
            box.addWidget(pane)
            across.addLayout(box, 1)
        room.addLayout(across, 1)

    def _connect(self) -> None:
        self.left.currentIndexChanged.connect(self._again)
        self.right.currentIndexChanged.connect(self._again)
        self.only.toggled.connect(self._show)
        for place, pane in enumerate(self.panes):
            pane.verticalScrollBar().valueChanged.connect(lambda _, place=place: self._scroll(place))

    # What is compared

    def show_names(self, names: list[str]) -> None:
        """The columns that can be chosen; the choice stays where it can."""
        for choice, usual in ((self.left, 0), (self.right, 1)):
            at = choice.currentIndex()
            choice.blockSignals(True)
            choice.clear()
            choice.addItems(names)
            choice.setCurrentIndex(at if 0 <= at < len(names) else min(usual, len(names) - 1))
            choice.blockSignals(False)

    def show_text(self, place: int, text: str, *, live: bool) -> None:
        """The text of a column as it is now; what is chosen is compared again, a little later while it grows."""
        self._texts[place] = (text, live)
        if place in self._chosen() and not self._steps.isActive():
            self._steps.start(STEP if live else 0)

    def restyle(self) -> None:
        """Takes the theme's colours: what is shown is written anew."""
        for pane in self.panes:
            pane.forget()
        self._show()

    def _chosen(self) -> tuple[int, int]:
        return self.left.currentIndex(), self.right.currentIndex()

    def _again(self) -> None:
        self._following = Following()
        self.compare()

    def compare(self) -> None:
        """Compares the two that are chosen, now."""
        (a, live_a), (b, live_b) = (self._texts.get(place, ("", False)) for place in self._chosen())
        self._diff = self._following.update(a, b)
        if not live_a and not live_b:
            self._diff = self._following.finished()
        self._show()

    def _show(self) -> None:
        (a, live_a), (b, live_b) = (self._texts.get(place, ("", False)) for place in self._chosen())
        only = self.only.isChecked()
        self.panes[0].show_pieces(pieces(self._diff.blocks, a, first=True, only=only), removed=True)
        self.panes[1].show_pieces(pieces(self._diff.blocks, b, first=False, only=only), removed=False)
        state = " so far" if live_a or live_b else ""
        if not a and not b:
            self.similar.setText("Nothing to compare yet.")
        else:
            self.similar.setText(f"{self._diff.similarity:.0%} of the words are alike{state}")

    # Scrolling together

    def _scroll(self, place: int) -> None:
        if self._scrolling:
            return
        self._scrolling = True
        here, there = self.panes[place], self.panes[1 - place]
        bar, other = here.verticalScrollBar(), there.verticalScrollBar()
        if self.only.isChecked() or not self._diff.blocks:
            other.setValue(round(other.maximum() * bar.value() / max(1, bar.maximum())))
        else:
            at = here.cursorForPosition(QPoint(2, 2)).position()
            cursor = QTextCursor(there.document())
            end = there.document().characterCount() - 1
            cursor.setPosition(min(end, round(self._diff.across(at, back=place == 1))))
            other.setValue(other.value() + there.cursorRect(cursor).top())
        self._scrolling = False
