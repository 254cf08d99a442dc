import copy
import json
import pickle

import msgspec
import pytest

from engine.keys import Secret, mask
from engine.keys.secret import shown

KEY = "sk-test-4f9Zq81LmPw2XvT7"


@pytest.mark.parametrize("show", [repr, str, format, lambda s: f"{s!r:>40} {s} {s!s}", lambda s: repr([{"a": (s,)}])])
def test_no_way_of_printing_shows_the_value(show):
    assert "4f9Z" not in show(Secret(KEY))


def test_reveal_is_the_one_way_out():
    assert Secret(KEY).reveal() == KEY
    assert not hasattr(Secret(KEY), "__dict__")


@pytest.mark.parametrize("leak", [pickle.dumps, copy.copy, copy.deepcopy, json.dumps, msgspec.json.encode, hash])
def test_a_secret_is_not_pickled_copied_encoded_or_hashed(leak):
    with pytest.raises(TypeError) as raised:
        leak(Secret(KEY))
    assert "4f9Z" not in str(raised.value)


def test_secrets_compare_by_value_and_with_secrets_only():
    assert Secret(KEY) == Secret(KEY)
    assert Secret(KEY) != Secret(KEY + "x")
    assert Secret(KEY) != KEY
    assert Secret("ключ") != Secret("key")


@pytest.mark.parametrize(
    ("key", "masked"),
    [
        (KEY, "sk-…"),
        ("sk-ant-" + "0123456789abcdef", "sk-ant-…"),
        ("AIzaSyA1234567890abcdef", "AIza…"),
        ("0123456789abcdef0123456789abcdef", "…"),
        ("sk-short", "…"),
        ("", "…"),
    ],
)
def test_the_mask_shows_the_family_and_nothing_of_the_key(key, masked):
    assert mask(key) == mask(Secret(key)) == masked


def test_a_provider_may_name_further_families():
    assert mask("inf-0123456789abcdefgh", ("inf-",)) == "inf-…"


@pytest.mark.parametrize("pasted", [KEY, "0123456789abcdef0123456789abcdef"])
def test_a_key_in_the_place_of_a_name_is_not_repeated(pasted):
    assert pasted not in shown(pasted)
    assert shown("work") == "work"
