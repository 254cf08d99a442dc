"""Asking for a file without stopping what else goes on."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QWidget

FILES = "Routes (*.toml)"


def ask_import(parent: QWidget, done: Callable[[str], object]) -> None:
    """Asks which file to read; `done` is told its path."""
    dialog = QFileDialog(parent, "Import a route", "", FILES)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    dialog.fileSelected.connect(done)
    dialog.open()


def ask_export(parent: QWidget, name: str, done: Callable[[str, str], object]) -> None:
    """Asks where to write the route `name`; `done` is told the name and the path."""
    dialog = QFileDialog(parent, "Export the route", str(Path.home() / f"{name}.toml"), FILES)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix("toml")
    dialog.fileSelected.connect(lambda path: done(name, path))
    dialog.open()
