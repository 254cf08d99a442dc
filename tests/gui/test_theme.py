"""The tokens hold their contrast and their distances, and every state and fault has its look."""

from itertools import combinations
from math import atan2, cos, degrees, exp, hypot, radians, sin, sqrt

import pytest
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontInfo, QIcon, QImage, QPainter

import resources
from engine.core.faults import Kind
from gui.icons import ICONS, icon, paint_icon
from gui.style import style_sheet
from gui.theme import FAULT_LOOKS, LOOKS, PALETTES, Palette, State, Theme, load_fonts

LEAST_CONTRAST, HIGH_CONTRAST, LEAST_DISTANCE = 4.5, 7.0, 6.0

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
SIGHTS = {
    "normal": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}


def linear(colour: QColor) -> tuple[float, float, float]:
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return r, g, b


def contrast(one: QColor, other: QColor) -> float:
    """WCAG 2 contrast ratio."""
    lights = sorted(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(x), strict=True)) for x in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def lab(colour: QColor, sight) -> tuple[float, float, float]:
    seen = [min(1.0, max(0.0, sum(w * c for w, c in zip(row, linear(colour), strict=True)))) for row in sight]
    rows = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
    white = (0.95047, 1.0, 1.08883)
    xyz = [sum(w * c for w, c in zip(row, seen, strict=True)) / n for row, n in zip(rows, white, strict=True)]
    x, y, z = (v ** (1 / 3) if v > 216 / 24389 else (24389 / 27 * v + 16) / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one, other) -> float:
    """Sharma, Wu, Dalal 2005."""
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (hypot(a1, b1) + hypot(a2, b2)) / 2
    g = 0.5 * (1 - sqrt(mean**7 / (mean**7 + 25**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = hypot(a1, b1), hypot(a2, b2)
    h1, h2 = (degrees(atan2(b, a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = h2 - h1
    turn += 360 if turn < -180 else -360 if turn > 180 else 0
    dh = 2 * sqrt(c1 * c2) * sin(radians(turn) / 2) if c1 * c2 else 0.0
    lm, cm = (l1 + l2) / 2, (c1 + c2) / 2
    hm = h1 + h2 if not c1 * c2 else (h1 + h2) / 2 + (0 if abs(h1 - h2) <= 180 else 180 if h1 + h2 < 360 else -180)
    t = 1 - 0.17 * cos(radians(hm - 30)) + 0.24 * cos(radians(2 * hm))
    t += 0.32 * cos(radians(3 * hm + 6)) - 0.20 * cos(radians(4 * hm - 63))
    sl = 1 + 0.015 * (lm - 50) ** 2 / sqrt(20 + (lm - 50) ** 2)
    sc, sh = 1 + 0.045 * cm, 1 + 0.015 * cm * t
    twist = -sin(radians(60 * exp(-(((hm - 275) / 25) ** 2)))) * 2 * sqrt(cm**7 / (cm**7 + 25**7))
    dl, dc, dh = (l2 - l1) / sl, (c2 - c1) / sc, dh / sh
    return sqrt(dl * dl + dc * dc + dh * dh + twist * dc * dh)


def test_the_distance_agrees_with_the_published_example():
    assert ciede2000((50, 2.6772, -79.7751), (50, 0, -82.7485)) == pytest.approx(2.0425, abs=1e-4)
    assert ciede2000((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514)) == pytest.approx(0.9082, abs=1e-4)


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_every_state_can_be_read_on_every_ground(palette: Palette):
    for state in State:
        for ground in (palette.surface, palette.raised, palette.accent_tint):
            ratio = contrast(palette.state(state), ground)
            assert ratio >= LEAST_CONTRAST, (state, ground.name(), ratio)
        if palette.high_contrast:
            assert contrast(palette.state(state), palette.surface) >= HIGH_CONTRAST, state


@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_text_and_controls_can_be_read(palette: Palette):
    for ground in (palette.surface, palette.raised, palette.accent_tint):
        for colour in (palette.text, palette.muted, palette.accent):
            assert contrast(colour, ground) >= LEAST_CONTRAST
    assert contrast(palette.on_accent, palette.accent) >= LEAST_CONTRAST
    assert contrast(palette.line_strong, palette.surface) >= 3.0


@pytest.mark.parametrize("sight", SIGHTS.values(), ids=SIGHTS)
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_no_two_states_look_alike_to_any_eye(palette: Palette, sight):
    for one, other in combinations(State, 2):
        distance = ciede2000(lab(palette.state(one), sight), lab(palette.state(other), sight))
        assert distance >= LEAST_DISTANCE, (one, other, distance)


def test_every_fault_has_its_state_and_icon():
    assert set(FAULT_LOOKS) == set(Kind)
    assert all(look.icon in ICONS for look in FAULT_LOOKS.values())
    assert {look.state for look in FAULT_LOOKS.values()} == {State.FAILED_TRANSIENT, State.FAILED_PERMANENT}


def test_every_state_has_a_look_of_its_own():
    assert set(LOOKS) == set(State)
    assert len({look.icon for look in LOOKS.values()}) == len(State)
    assert all(look.icon in ICONS for look in LOOKS.values())


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something_inside_its_square(qapp, name):
    image = QImage(48, 48, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_icon(painter, name, QRectF(16, 16, 16, 16), QColor("#ff0000"))
    painter.end()
    inked = [(x, y) for x in range(48) for y in range(48) if image.pixelColor(x, y).alpha() > 40]
    assert len(inked) >= 10
    assert all(15 <= x <= 32 and 15 <= y <= 32 for x, y in inked)


def test_icons_are_sharp_at_double_ratio_and_faint_where_disabled(qapp):
    made = icon("check", QColor("#000000"), 16)
    sharp = made.pixmap(made.actualSize(made.availableSizes()[0] if made.availableSizes() else _size()), 2.0)
    assert sharp.width() == 32
    faint = made.pixmap(_size(), 1.0, QIcon.Mode.Disabled).toImage()
    assert 0 < max(faint.pixelColor(x, y).alpha() for x in range(16) for y in range(16)) < 130


def _size():
    from PySide6.QtCore import QSize

    return QSize(16, 16)


def test_the_bundled_fonts_load_with_their_licences(qapp):
    load_fonts()
    theme = Theme()
    assert QFontInfo(theme.font(weight=600)).family() == "Inter"
    assert QFontInfo(theme.font(mono=True)).family() == "JetBrains Mono"
    assert all("SIL Open Font License" in resources.text("fonts", name) for name in resources.names("fonts", ".txt"))
    assert len(resources.names("fonts", ".txt")) == 2


def test_a_mode_changes_the_palette_and_says_so(qapp, qtbot):
    theme = Theme()
    with qtbot.waitSignal(theme.changed):
        theme.set_mode("hc-dark")
    assert theme.palette.name == "hc-dark"
    assert theme.palette.dark
    theme.set_mode("light")
    assert not theme.palette.dark
    theme.set_mode("system")
    assert theme.palette.name in PALETTES


def test_the_zoom_scales_fonts_and_lengths_within_bounds(qapp):
    theme = Theme()
    theme.set_zoom(2.0)
    assert theme.font("caption").pixelSize() == 22
    assert theme.px(16) == 32
    theme.zoom_out()
    assert theme.zoom == 1.75
    theme.set_zoom(99)
    theme.zoom_in()
    assert theme.zoom == 2.5


def test_the_style_sheet_leaves_no_place_unfilled():
    for palette in PALETTES.values():
        sheet = style_sheet(palette, round)
        assert palette.accent.name() in sheet
        assert "{p" not in sheet
