"""The table twin tells the same as the drawing, sorted, filtered, copied and in step with it."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from gui.models.timeline import layout
from gui.models.timeline_table import RAW, AttemptsModel, AttemptsProxy, Column
from gui.theme import Theme
from gui.views.timeline import TimelineView
from tests.gui import sample_runs as runs


@pytest.fixture
def view(qtbot, qapp):
    made = TimelineView(look=Theme())
    qtbot.addWidget(made)
    made.resize(900, 420)
    made.show()
    made.show_run(runs.fold(runs.answered()), live=False)
    made.plot.setFocus()
    return made


def texts(proxy, column):
    return [proxy.index(row, column).data() for row in range(proxy.rowCount())]


def test_the_model_keeps_the_rules_while_a_run_grows(qapp):
    model = AttemptsModel()
    proxy = AttemptsProxy(model)
    testers = [
        QAbstractItemModelTester(one, QAbstractItemModelTester.FailureReportingMode.Fatal) for one in (model, proxy)
    ]
    for told in (runs.answered(), runs.all_failed()):
        for count in range(1, len(told) + 1, 5):
            run = runs.fold(told[:count])
            model.show(run, layout(run, run.now))
            assert model.rowCount() == len(run.attempts)
            proxy.show_only({1, 3} if count % 2 else None)
        model.show(None, layout(run, run.now).__class__())
    assert testers


def test_the_rows_say_what_the_bars_say(qapp):
    model, run = AttemptsModel(), runs.fold(runs.answered())
    model.show(run, layout(run, 12.6))
    row = {column: model.index(1, column).data() for column in Column}
    assert row[Column.CANDIDATE] == "openai · gpt-5"
    assert row[Column.KEY] == "spare"
    assert row[Column.END] == "stream cut, after 2 sentences"
    assert (row[Column.STARTED], row[Column.FIRST], row[Column.DURATION]) == ("1.70 s", "0.90 s", "3.20 s")
    assert (row[Column.TOKENS], row[Column.STATUS]) == ("58", "200")
    assert model.index(0, Column.FIRST).data() == "–"
    assert model.index(1, Column.KEY).data(Qt.ItemDataRole.AccessibleTextRole) == "Key: spare"


def test_rows_sort_by_value_and_not_by_text(view):
    view.show_table()
    proxy = view.table.proxy
    view.table.sortByColumn(Column.DURATION, Qt.SortOrder.DescendingOrder)
    durations = [proxy.index(row, Column.DURATION).data(RAW) for row in range(proxy.rowCount())]
    assert durations == sorted(durations, reverse=True)
    assert texts(proxy, Column.ATTEMPT) == ["3", "2", "1"]


def test_t_swaps_the_drawing_for_the_table_and_back(qtbot, view):
    qtbot.keyClick(view.plot, Qt.Key.Key_T)
    assert view.table.isVisible()
    qtbot.keyClick(view.table, Qt.Key.Key_T)
    assert view.plot.isVisible()


def test_the_filter_holds_for_the_table(view):
    view.show_table()
    view.plot.set_filter("state:failed")
    assert texts(view.table.proxy, Column.ATTEMPT) == ["1", "2"]


def test_the_selection_is_in_step_with_the_drawing(qtbot, view):
    view.show_table()
    view.select_attempt(2)
    assert view.table.currentIndex().row() == 1
    view.table.setFocus()
    with qtbot.waitSignal(view.attempt_selected) as heard:
        qtbot.keyClick(view.table, Qt.Key.Key_Down)
    assert heard.args == [3]
    assert view.plot.selected == ("bar", 3)


def test_rows_are_copied_with_tabs_and_in_markdown(view):
    view.show_table()
    view.table.select_attempt(2)
    view.table.copy()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:3] == ["Attempt", "Candidate", "Key"]
    assert lines[1].split("\t")[:3] == ["2", "openai · gpt-5", "spare"]
    assert len(lines) == 2
    view.table.copy(markdown=True)
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].startswith("| Attempt | Candidate |")
    assert lines[1].startswith("| ---: | --- |")
    assert lines[2].startswith("| 2 | openai · gpt-5 |")
