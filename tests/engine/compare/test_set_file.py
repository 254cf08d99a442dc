"""Comparison files: what they hold comes back as it was, and what is wrong is named with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.compare import set_file
from engine.compare.set_file import SetError
from engine.compare.sets import Comparison, Contains, Equals, HoldsSchema, Matches, Mode, Prompt, Within
from engine.core.request import Parameters

TWO = """
[[columns]]
provider = "openai"
model = "gpt-5"
keys = ["env:OPENAI_API_KEY"]

[[columns]]
provider = "openai"
model = "gpt-5"
[columns.parameters]
temperature = 0.9
"""
ASKS = """
[[prompts]]
text = "Why are there {{n}} tides?"
[[prompts.rows]]
n = "two"
"""


def test_a_file_gives_columns_prompts_and_cases():
    found = set_file.parse(TWO + ASKS, "x.toml", name="tides")
    assert found.name == "tides"
    assert [column.label for column in found.columns] == ["openai · gpt-5", "openai · gpt-5 (2)"]
    assert found.columns[0].route.candidates[0].keys == ("env:OPENAI_API_KEY",)
    assert found.columns[1].parameters == Parameters(temperature=0.9)
    assert found.mode is Mode.BY_BACKEND


def test_routes_in_a_file_of_their_own_stand_beside_the_set(tmp_path: Path):
    (tmp_path / "r.toml").write_text('name = "both"\n[[candidates]]\nprovider = "openai"\nmodel = "gpt-5"\n')
    (tmp_path / "set.toml").write_text('[[columns]]\nroute = "r.toml"\nlabel = "saved"\n' + TWO + ASKS)
    found = set_file.load(tmp_path / "set.toml")
    assert found.columns[0].file == "r.toml"
    assert found.columns[0].route.name == "both"
    assert set_file.parse(set_file.dump(found), "again", folder=tmp_path) == found


WRONG = {
    "unknown field": ("repeats = 3\n" + TWO + ASKS, "line 1", "repeats"),
    "unknown field of a column": (TWO + 'api_key = "x"\n' + ASKS, "line 12", "api_key"),
    "key in clear": (TWO.replace("env:OPENAI_API_KEY", "sk-abc123") + ASKS, "line 5", "key may not stand"),
    "one column": (TWO.partition("\n\n")[0] + ASKS, "line 2", "2 to 8"),
    "no model": (TWO.replace('model = "gpt-5"\nkeys', "keys") + ASKS, "line 2", "no model"),
    "no such provider": (TWO.replace('"openai"', '"opnai"', 1) + ASKS, "line 3", "did you mean openai"),
    "no value": (TWO + ASKS.replace("n = ", "m = "), "line 15", "{{n}} has no value"),
    "no prompts": (TWO, "x.toml", "no [[prompts]]"),
    "bad mode": ('mode = "both"\n' + TWO + ASKS, "line 1", "mode"),
    "bad repeat": ("repeat = 0\n" + TWO + ASKS, "line 1", "at least 1"),
    "bad cap": ("cap = -1\n" + TWO + ASKS, "line 1", "more than 0"),
    "two ways": (TWO + ASKS + '[[columns]]\nroute = "r"\nprovider = "p"\n', "line 17", "exactly one"),
    "bad policy": (TWO + "[columns.policy]\nattempts = 0\n" + ASKS, "line 13", "attempts must be"),
    "not TOML": ("name = \n", "x.toml", "not valid TOML"),
    "key in extra": (
        TWO + 'extra = { api_key = "sk-abcdefgh12345678" }\n' + ASKS, "line 12", "parameters carry a key in clear"
    ),
    "bad pattern": (TWO + ASKS + '[[prompts.checks]]\nkind = "regex"\npattern = "("\n', "line 17", "not a regular"),
    "bad schema": (
        TWO + ASKS + '[[prompts.checks]]\nkind = "json_schema"\nschema = \'{"$ref": "#"}\'\n', "line 17", "'$ref'"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_with_its_line(case: str):
    text, line, words = WRONG[case]
    with pytest.raises(SetError) as caught:
        set_file.parse(text, "x.toml")
    assert line in str(caught.value)
    assert words in str(caught.value)
    assert "sk-abc" not in str(caught.value)
    assert str(caught.value).startswith("x.toml")


def test_a_header_inside_a_long_text_is_no_header():
    long = 'system = """\n[[columns]]\nmodel = 1\n"""\nrepeat = 0\n'
    with pytest.raises(SetError, match="line 5"):
        set_file.parse(long + TWO + ASKS, "x.toml")


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
filled = texts.filter(lambda text: bool(text.strip()) and "{{" not in text)
checks = st.one_of(
    st.builds(Contains, text=filled, ignore_case=st.booleans()),
    st.just(Matches(pattern=r"\d+\\n\"")),
    st.builds(Equals, text=texts),
    st.just(HoldsSchema(schema='{"type": ["object", "null"], "const": null}')),
    st.builds(Within, seconds=st.floats(0.1, 1e6)),
)
names = st.sampled_from(["one", "two words", 'a "quoted" one', "ü\x7f"])
parameters = st.builds(
    Parameters,
    temperature=st.none() | st.floats(0, 2),
    max_tokens=st.none() | st.integers(1, 10_000),
    stop=st.lists(texts, max_size=2).map(tuple),
    extra=st.dictionaries(names, st.integers() | st.lists(st.booleans(), max_size=2), max_size=2),
)


@given(
    name=filled, system=texts.filter(lambda t: "{{" not in t), common=parameters, own=parameters,
    prompts=st.lists(
        st.builds(
            Prompt, name=filled, text=filled, system=st.none() | filled, tags=st.lists(texts, max_size=2).map(tuple),
            rows=st.lists(st.dictionaries(names, texts, max_size=2), max_size=2).map(tuple),
            checks=st.lists(checks, max_size=3).map(tuple),
        ),
        min_size=1, max_size=3, unique_by=lambda prompt: prompt.name,
    ),
    repeat=st.integers(1, 99), seed=st.none() | st.integers(0, 99), cap=st.none() | st.floats(0.01, 9),
    mode=st.sampled_from(Mode),
)  # fmt: skip
def test_a_set_is_written_back_without_loss(name, system, common, own, prompts, repeat, seed, cap, mode):
    base = set_file.parse(TWO + INLINE + ASKS, "x.toml")
    columns = (*base.columns[:2], set_file.Column(label="inline", route=base.columns[2].route, parameters=own))
    wanted = Comparison(
        name=name, columns=columns, prompts=tuple(prompts), system=system, parameters=common, mode=mode,
        repeat=repeat, seed=seed, cap=cap, tags=("a", 'b "c"'),
    )  # fmt: skip
    assert set_file.parse(set_file.dump(wanted), "again") == wanted


INLINE = """
[[columns]]
label = "inline"
[columns.policy]
attempts = 2
[[columns.candidates]]
provider = "anthropic"
model = "claude"
idle = 3.5
[[columns.candidates]]
provider = "openai"
model = "gpt-5"
"""
