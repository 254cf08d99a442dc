"""The page's menus, and the dialogs that ask for a file. Nothing here waits: each says what was chosen."""

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec.structs import replace
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from engine.core.request import Route
from engine.lab.scenarios import SCENARIOS, Category
from gui.models.compare import Board, Lane

SETS = "Comparisons (*.toml)"
REPORTS = "Page (*.html);;Markdown (*.md);;Table (*.csv);;Data (*.json);;Tests (*.xml)"
CAPS = (None, 0.05, 0.5, 5.0)  # US dollars


def offer_menu(
    parent: QWidget, routes: tuple[Route, ...], add: Callable[[Lane], None], add_scenario: Callable[[str], None]
) -> QMenu:
    """What can become a column: a route, one of its candidates alone, or a scenario of the lab."""
    menu = QMenu(parent)
    for route in routes:
        ways = menu.addMenu(route.name)
        _line(ways, "The whole route", lambda route=route: add(Lane(label=route.name, route=route)))
        for candidate in route.candidates:
            alone = replace(route, name=candidate.label, candidates=(candidate,))
            _line(ways, candidate.label, lambda alone=alone: add(Lane(label=alone.name, route=alone)))
    if routes:
        menu.addSeparator()
    for category in Category:
        kinds = menu.addMenu(category.value)
        for name, scenario in SCENARIOS.items():
            if scenario.category is category:
                _line(kinds, scenario.title, lambda name=name: add_scenario(name))
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


def more_menu(
    parent: QWidget, board: Board, acts: Mapping[str, Callable[[], object]], change: Callable[[Board], None]
) -> QMenu:
    """Files, blind judging and the cap."""
    menu = QMenu(parent)
    for text, act in acts.items():
        _line(menu, text, act)
    menu.addSeparator()
    blind = menu.addAction("Hide names until the vote")
    blind.setCheckable(True)
    blind.setChecked(board.blind)
    blind.toggled.connect(lambda on: change(replace(board, blind=on)))
    caps = menu.addMenu("Spend at most")
    for cap in CAPS:
        action = caps.addAction("No cap" if cap is None else f"${cap:g}")
        action.setCheckable(True)
        action.setChecked(board.cap == cap)
        action.triggered.connect(lambda _=False, cap=cap: change(replace(board, cap=cap)))
    menu.aboutToHide.connect(menu.deleteLater)
    return menu


def _line(menu: QMenu, text: str, act: Callable[[], object]) -> None:
    menu.addAction(text).triggered.connect(lambda _=False: act())


def ask_path(
    parent: QWidget, title: str, kinds: str, chosen: Callable[[Path], object], *, saves: bool = True
) -> QFileDialog:
    """Opens a dialog for a file; the ending of a new one follows the kind that is chosen."""
    dialog = QFileDialog(parent, title)
    dialog.setNameFilter(kinds)
    if saves:
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(_ending(kinds))
        dialog.filterSelected.connect(lambda kind: dialog.setDefaultSuffix(_ending(kind)))
    dialog.fileSelected.connect(lambda name: chosen(Path(name)))
    dialog.finished.connect(dialog.deleteLater)
    dialog.open()
    return dialog


def _ending(kinds: str) -> str:
    return kinds.partition("*.")[2].partition(")")[0]
