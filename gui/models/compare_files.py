"""The files of a comparison: its set and its report. Each gives the sentence that says how it went."""

from pathlib import Path

from engine.compare import report, set_file
from engine.compare.saved import Journal
from engine.compare.sets import Comparison
from engine.state import write_atomically
from gui.models.compare import Board
from gui.models.compare_set import comparison_of


def save_set(board: Board, path: Path) -> str:
    """The set as a file, which the command line reads as well. Scenarios of the lab cannot stand in it."""
    if any(lane.scenario for lane in board.lanes):
        return "Scenarios live in this window alone: remove their columns before you save the set."
    try:
        text = set_file.dump(comparison_of(board, tuple(lane.route for lane in board.lanes)))
    except ValueError as error:
        return str(error)
    return _written(path, text)


def save_report(journal: Journal | None, comparison: Comparison | None, path: Path) -> str:
    """Every number of the comparison, in the form that the ending of the name asks for."""
    if journal is None or comparison is None or not journal.results:
        return "There is nothing to report yet: run the comparison first."
    if (form := report.FORMS.get(path.suffix.lower())) is None:
        return f"A report ends in one of {', '.join(report.FORMS)}."
    return _written(path, form(report.report(journal.header, comparison, tuple(journal.results))))


def _written(path: Path, text: str) -> str:
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        return f"{path} cannot be written ({error.strerror}). Choose another place."
    return f"Saved as {path}."
