import pytest

from engine.keys import KeyState, KeyUnavailable, environment_keys
from engine.keys.environment import from_environment

KEY = "sk-test-4f9Zq81LmPw2XvT7"


def test_the_preview_names_variables_and_shows_no_key():
    environ = {"A_KEY": KEY, "B_KEY": " ", "C_KEY": "two words", "OTHER": KEY}
    found = environment_keys({"openai": ("A_KEY", "B_KEY"), "groq": ("C_KEY", "D_KEY")}, environ)
    assert [(f.provider, f.variable, f.masked) for f in found] == [("openai", "A_KEY", "sk-…"), ("groq", "C_KEY", "")]
    assert "blank" in found[1].problem
    assert "4f9Z" not in repr(found)


def test_the_preview_reads_the_environment_of_the_process(monkeypatch):
    monkeypatch.setenv("STREAMOVER_TEST_KEY", KEY)
    assert environment_keys({"openai": ("STREAMOVER_TEST_KEY",)})[0].masked == "sk-…"


def test_a_variable_is_cleaned_like_a_pasted_key():
    assert from_environment("A_KEY", {"A_KEY": f"'{KEY}'\n"}).reveal() == KEY


@pytest.mark.parametrize("variable", ["A_KEY", "B_KEY", "C_KEY", KEY, "gsk_0123456789abcdefghij"])
def test_a_variable_without_a_usable_key_is_not_set_and_says_so(variable):
    with pytest.raises(KeyUnavailable) as raised:
        from_environment(variable, {"B_KEY": "  ", "C_KEY": "two words"})
    assert raised.value.state is KeyState.NOT_SET
    assert "4f9Z" not in str(raised.value)
    assert "456789" not in str(raised.value)
