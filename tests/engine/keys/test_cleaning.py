import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.keys import KeyRefused, Secret
from engine.keys.cleaning import LONGEST, cleaned, cleaned_name

KEY = "sk-test-4f9Zq81LmPw2XvT7"


@pytest.mark.parametrize(
    "pasted",
    [
        f"  {KEY}\r\n",
        f"\u00a0{KEY}\u2003",
        f"\ufeff{KEY[:7]}\u200b{KEY[7:]}\u2060",
        f'"{KEY}"',
        f"“{KEY}”",
        f"`{KEY}`",
        f"Bearer {KEY}",
        f"Authorization: Bearer {KEY}",
        f"export OPENAI_API_KEY={KEY}",
        f"OPENAI_API_KEY = '{KEY}'",
    ],
)
def test_what_a_web_page_adds_is_taken_off(pasted):
    assert cleaned(pasted).reveal() == KEY


@pytest.mark.parametrize("key", [KEY, "ABCDEF==", "A_B==", "ABSKdXNlcjpwYXNz=", "AKIA0000:wJalrXUt/nFEMI+K7"])
def test_a_key_of_whatever_shape_stays_as_it_is(key):
    assert cleaned(Secret(key)).reveal() == key


@pytest.mark.parametrize(
    ("pasted", "word"),
    [
        ("", "empty"),
        (" \u200b\n", "empty"),
        ("sk-••••••••XvT7", "hidden"),
        ("sk-proj-...XvT7", "hidden"),
        ("sk-proj-…XvT7", "hidden"),
        ("sk-abc\nsk-def", "blank or a line break"),
        ("the key is sk-abc", "blank"),
        ("sk-ключ", "character"),
        ("sk-a\x00b", "character"),
        ("k" * (LONGEST + 1), "longer"),
    ],
)
def test_what_cannot_be_a_key_is_refused_with_one_sentence(pasted, word):
    with pytest.raises(KeyRefused) as refused:
        cleaned(pasted)
    assert word in str(refused.value)
    assert str(refused.value).count(". ") == 0


def test_a_wrong_prefix_is_refused_without_repeating_the_key():
    with pytest.raises(KeyRefused, match="begins with sk-ant-") as refused:
        cleaned(KEY, ("sk-ant-",))
    assert "4f9Z" not in str(refused.value)
    assert cleaned(KEY, ("gsk_", "sk-")) == Secret(KEY)


@given(st.text())
def test_any_text_is_a_clean_key_or_refused(pasted):
    try:
        key = cleaned(pasted).reveal()
    except KeyRefused:
        return
    assert key
    assert key.isascii()
    assert key.isprintable()
    assert " " not in key


@pytest.mark.parametrize("name", ["", " \n ", "x" * 65, KEY, f"my {KEY}"])
def test_a_name_that_is_empty_too_long_or_a_key_is_refused(name):
    with pytest.raises(KeyRefused) as refused:
        cleaned_name(name, Secret(KEY))
    assert "4f9Z" not in str(refused.value)


def test_a_name_stands_on_one_line():
    assert cleaned_name(" work\n laptop\x07 ", None) == "work laptop"
