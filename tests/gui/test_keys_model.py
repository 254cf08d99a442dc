"""Each key stands where its past has put it, what is pasted is judged in words, and the model holds."""

import pytest
from msgspec.structs import replace
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from engine.core import events as e
from engine.core.faults import Kind
from engine.keys import KeyState, Where
from gui.models.key_past import MarkKind
from gui.models.key_rows import REFUSED as CHECKED_BAD
from gui.models.key_rows import REMEDIES
from gui.models.keys import Column, KeysModel, Standing, ago, guess_provider, problems_of, rows, summary
from tests.gui.sample_keys import BENCHES, ENTRIES, LIMIT, NOW, PLANTED, RUNS, bench, entry, row_of, run, seven

# Rows.


def test_each_key_stands_where_its_past_has_put_it():
    assert {row.alias: row.state for row in seven()} == {
        "work": Standing.COOLING, "spare": Standing.READY, "old-demo": Standing.DEAD, "team": Standing.SERVING,
        "private": Standing.OFF, "eu-1": Standing.PROBATION, "free": Standing.UNCHECKED,
    }  # fmt: skip


def test_a_cooling_key_says_why_and_until_when():
    row = row_of("work")
    assert (row.why, row.since, row.until) == ("429, asked for 20 s", NOW - 10.3, NOW + 9.7)
    assert row.reason == "429, asked for 20 s. as it said"
    assert row.used_by == "Tides, place 1 of 2"


def test_a_wait_that_nobody_asked_for_is_called_our_own():
    limited = run("keyring:work", 2, 1, replace(LIMIT, wait_hint=None))
    shown = rows((entry("w", "work"),), (bench("keyring:work", -1, 3),), (limited,), NOW)
    assert shown[0].why == "429, own backoff of 4 s"


def test_a_refused_key_is_dead_with_its_status_and_a_remedy():
    row = row_of("old-demo")
    assert (row.word, row.next) == ("dead, 401", "Replace the key.")


def test_a_fault_that_is_not_the_keys_leaves_it_ready():
    row = row_of("spare")
    assert row.why == "1 stream cut, not the key's fault"
    assert (row.served, row.failed) == (1, 1)


def test_a_success_after_a_rest_ends_the_probation():
    later = (*RUNS, run("keyring:eu-1", 30, provider="mistral"))
    health = BENCHES[:2]  # a success closes the rest
    assert row_of("eu-1", rows(ENTRIES, health, later, NOW)).state is Standing.READY


def test_a_key_is_found_by_every_name_that_a_route_may_use():
    session = entry("x", "work", where=Where.SESSION)
    for name in ("keyring:work", "session:work", "keyring:x"):
        assert rows((session,), (), (run(name, 9),), NOW)[0].served == 1
    assert rows((session,), (), (run("env:work", 9),), NOW)[0].served == 0
    variable = entry("y", "OPENAI_API_KEY", where=Where.ENVIRONMENT)
    assert rows((variable,), (), (run("env:OPENAI_API_KEY", 9),), NOW)[0].served == 1


def test_a_key_of_another_provider_with_the_same_name_is_another_key():
    shown = rows((entry("a", "work"), entry("b", "work", "groq")), BENCHES[:1], RUNS[:2], NOW)
    assert [row.state for row in shown] == [Standing.COOLING, Standing.UNCHECKED]


@pytest.mark.parametrize("state", [KeyState.LOCKED, KeyState.BACKEND_MISSING, KeyState.LOST, KeyState.NOT_SET])
def test_a_key_out_of_reach_says_so_with_the_remedy(state):
    row = rows((entry("w", "work", state=state),), (), (), NOW)[0]
    assert (row.state, row.word) == (Standing.UNREACHABLE, state.value)
    assert row.next


def test_a_check_that_failed_makes_a_key_dead():
    row = rows((entry("w", "work", state=KeyState.INVALID, checked=NOW - 60),), (), (), NOW)[0]
    assert (row.state, row.since) == (Standing.DEAD, NOW - 60)
    assert [mark.kind for mark in row.marks] == [MarkKind.DEAD]


def test_the_strip_holds_15_minutes_and_cuts_a_rest_at_the_next_success():
    runs = (run("keyring:work", 200, 10), run("keyring:work", 2000))
    shown = rows((entry("w", "work"),), (bench("keyring:work", -500, -100),), runs, NOW)
    assert [(mark.kind, round(NOW - mark.start), round(NOW - mark.end)) for mark in shown[0].marks] == [
        (MarkKind.COOLING, 500, 200), (MarkKind.SERVED, 200, 190),
    ]  # fmt: skip


def test_a_rest_that_run_and_health_both_know_is_told_once():
    noted = replace(
        RUNS[1], benches=(e.Bench(provider="openai", key="keyring:work", since=1, until=21, kind=Kind.RATE_LIMIT),)
    )
    row = rows((entry("w", "work"),), BENCHES[:1], (RUNS[0], noted), NOW)[0]
    assert [passage.text for passage in row.passages] == [
        "Cooling for 20 s, as asked", "429 rate limited, no text shown", "Served 412 tokens",
    ]  # fmt: skip


def test_successes_in_a_row_are_one_line():
    row = rows((entry("w", "work"),), (), [run("keyring:work", 100 - i) for i in range(5)], NOW)[0]
    assert [passage.text for passage in row.passages] == ["Served 5 requests"]


# Words.


def test_the_sentence_counts_who_can_serve_and_names_what_comes_next():
    lead, rest, state = summary(seven(), NOW)
    assert lead == "Two of seven keys can serve right now."
    assert rest == "Key work is ready again in 9.7 s. Key old-demo is dead and can be removed."
    assert state is Standing.COOLING


def test_the_sentence_fits_few_keys_too():
    one = rows((entry("w", "work", checked=NOW),), (), (), NOW)
    assert summary(one, NOW)[0] == "Your key can serve right now."
    assert summary(rows((entry("w", "work"),), (), (), NOW), NOW)[0] == "Key work has not proved itself yet."
    both = rows(ENTRIES[:2], (bench("keyring:work", 0, 9), bench("keyring:spare", 0, 5)), (), NOW)
    assert summary(both, NOW)[:2] == ("None of two keys can serve right now.", "Key spare is ready again in 5.0 s.")


@pytest.mark.parametrize(
    ("passed", "words"), [(0, "now"), (7, "7 s ago"), (99, "99 s ago"), (780, "13 min ago"), (10800, "3 h ago"),
                          (172800, "2 days ago"), (None, "never")],
)  # fmt: skip
def test_the_last_use_is_told_in_the_unit_that_fits(passed, words):
    assert ago(None if passed is None else NOW - passed, NOW) == words


# What is pasted.


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("sk-ant-" + "a" * 30, "anthropic"), ("sk-proj-" + "a" * 30, "openai"), ("sk-or-v1-" + "a" * 30, "openrouter"),
        ("sk-" + "a" * 30, "openai"), ("gsk_" + "a" * 30, "groq"), ("AIza" + "a" * 30, "gemini"),
        ("export DEEPSEEK_API_KEY=sk-" + "a" * 30, "deepseek"), ("Bearer gsk_" + "a" * 30, "groq"),
        ("a" * 30, ""), ("", ""),
    ],
)  # fmt: skip
def test_the_provider_is_guessed_by_the_longest_prefix_or_the_variable(text, provider):
    assert guess_provider(text) == provider


@pytest.mark.parametrize(
    ("text", "provider", "said"),
    [
        ("  ", "openai", "empty"), ("sk-aaa\nbbb", "openai", "line break"), ("sk-a bbb", "openai", "blank"),
        ("sk-••••1234", "openai", "middle hidden"), ("sk-\u200b" + "a" * 30, "openai", "invisible"),
        ("sk-ant-" + "a" * 30, "openai", "key of Anthropic, not of OpenAI"), ("a" * 30, "groq", "begin with gsk_"),
        ("work", "openai", "name of a key"),
    ],
)  # fmt: skip
def test_a_paste_that_is_no_good_is_told_in_words(text, provider, said):
    (problem,) = problems_of(text, provider, ENTRIES, "linux")
    assert said in problem


def test_a_sound_key_has_no_problem():
    for text, provider in ((PLANTED, "openai"), ("sk-" + "a" * 30, "deepseek"), ("a" * 40, "mistral")):
        assert problems_of(text, provider, ENTRIES, "linux") == ()


def test_the_limit_of_windows_is_told_on_windows_only():
    long = "sk-" + "a" * 1300
    assert "1,280" in problems_of(long, "openai", (), "win32")[0]
    assert problems_of(long, "openai", (), "linux") == ()


def test_no_problem_repeats_what_was_pasted():
    for provider in ("groq", "anthropic", "openai"):
        for text in (PLANTED, f"{PLANTED} x", f"•{PLANTED}", f"\u200b{PLANTED}"):
            assert "PLANTED" not in "".join(problems_of(text, provider, (), "win32"))


# The model.


@pytest.fixture
def model(qtbot) -> KeysModel:
    made = KeysModel()
    made.tester = QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal)
    made.set_rows(seven(), NOW)
    return made


def test_the_model_holds_under_every_change(model):
    model.set_rows(rows(ENTRIES[:4], (), (), NOW), NOW)
    model.set_rows((), NOW)
    model.set_rows(seven(), NOW)
    model.set_now(NOW + 5)
    assert model.rowCount() == 4
    assert model.index_of("w", Column.STATE).data() == "cooling, 4.7 s"


def test_a_change_in_place_keeps_what_is_chosen(model, qtbot):
    with qtbot.assertNotEmitted(model.modelReset), qtbot.waitSignal(model.dataChanged):
        model.set_rows(rows(ENTRIES, (), RUNS, NOW), NOW)
    assert model.index_of("w", Column.STATE).data() == "ready"


def test_only_a_countdown_is_told_more_often_than_once_a_second(model):
    told: list[str] = []
    model.dataChanged.connect(lambda index, _: told.append(model.row_of(index).alias))
    model.set_now(NOW + 0.1)
    assert told == ["work"]
    model.set_now(NOW + 1.1)
    assert len(told) == 1 + 7


def test_a_key_is_dropped_among_its_own_only(model, qtbot):
    data = model.mimeData([model.index_of("d")])
    openai, anthropic = model.index(0, 0), model.index(1, 0)
    assert not model.canDropMimeData(data, Qt.DropAction.MoveAction, 0, 0, anthropic)
    with qtbot.waitSignal(model.order_asked) as asked:
        assert not model.dropMimeData(data, Qt.DropAction.MoveAction, 0, 0, openai)
    assert asked.args == ["openai", ["d", "w", "s"]]


def test_only_names_of_our_own_can_be_changed(qtbot):
    model = KeysModel()
    model.set_rows(rows((entry("v", "OPENAI_API_KEY", where=Where.ENVIRONMENT), entry("w", "work")), (), (), NOW), NOW)
    editable = Qt.ItemFlag.ItemIsEditable
    assert not model.flags(model.index_of("v")) & editable
    assert model.flags(model.index_of("w")) & editable
    with qtbot.waitSignal(model.rename_asked) as asked:
        model.setData(model.index_of("w"), " office ")
    assert asked.args == ["w", "office"]


def test_every_state_of_a_key_is_either_fit_or_has_its_remedy():
    fit = {KeyState.VERIFIED, KeyState.UNVERIFIED, KeyState.SESSION_ONLY, KeyState.FROM_ENVIRONMENT}
    assert fit | set(REMEDIES) | set(CHECKED_BAD) | {KeyState.DISABLED} == set(KeyState)
