"""The pictures in the repository show the window as it is."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from gui import shots
from gui.theme import theme
from tests.gui.looped import looped

STORED = Path(__file__).resolve().parents[2] / "resources" / "screenshots"
SMALL = 160  # px: the pictures are compared as thumbnails, in which a pixel more or less of a letter is lost
CLOSE = 4.0  # of 255, on average: another build of the font engine stays below, a view that moved does not


def thumbnail(image: QImage) -> bytes:
    small = image.scaledToWidth(SMALL, Qt.TransformationMode.SmoothTransformation)
    grey = small.convertToFormat(QImage.Format.Format_Grayscale8)  # held: its bits are gone with it
    return bytes(grey.constBits())


def distance(a: QImage, b: QImage) -> float:
    one, other = thumbnail(a), thumbnail(b)
    assert len(one) == len(other)
    return sum(abs(x - y) for x, y in zip(one, other, strict=True)) / len(one)


@pytest.mark.slow
@pytest.mark.parametrize("shot", shots.SHOTS, ids=lambda shot: shot.name)
def test_a_picture_shows_the_window_as_it_is(shot: shots.Shot, qapp: QApplication):
    async def compare() -> None:
        theme().apply(qapp)
        for mode in shots.THEMES:
            path = STORED / f"{shot.name}-{mode}.png"
            assert path.is_file(), f"run: make shots (it draws {path.name})"
            stored, now = QImage(str(path)), (await shots.pixmap(shot, mode)).toImage()
            assert stored.size() == now.size()
            assert distance(stored, now) < CLOSE, f"{path.name} is stale: run make shots, and look at it"
        theme().set_mode("system")

    looped(compare)


def test_two_pictures_that_differ_are_told_apart(qapp: QApplication):
    light, dark = QImage(400, 300, QImage.Format.Format_RGB32), QImage(400, 300, QImage.Format.Format_RGB32)
    light.fill(Qt.GlobalColor.white)
    dark.fill(Qt.GlobalColor.black)
    assert distance(light, light) == 0.0
    assert distance(light, dark) > CLOSE
