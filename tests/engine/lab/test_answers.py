"""The lab's prose: true, short, and honest about what it is not."""

import pytest

from engine.lab.answers import ANSWERS, Answer, answer, tokens


@pytest.mark.parametrize(
    ("prompt", "phrase"),
    [
        ("Why are there two high tides a day?", "high tide"),
        ("why is the SKY blue", "scatter"),
        ("Write a Python function for primes", "```python"),
        ("What is failover?", "one attempt"),
    ],
)
def test_a_subject_is_told_by_its_words(prompt: str, phrase: str) -> None:
    assert phrase in answer(prompt).text


def test_two_providers_put_it_differently() -> None:
    assert answer("Why two tides?", 0).text != answer("Why two tides?", 1).text


def test_the_same_prompt_gets_the_same_answer() -> None:
    assert answer("Why two tides?", 7) == answer("Why two tides?", 7)


def test_anything_else_is_answered_honestly_with_the_prompt_repeated() -> None:
    text = answer("Who won the   cup\nin 2031?").text
    assert text.startswith("This is the built-in lab")
    assert "> Who won the cup in 2031?" in text


def test_an_endless_prompt_is_not_repeated_whole() -> None:
    assert len(answer("x " * 10_000).text) < 2_000


@pytest.mark.parametrize("known", ANSWERS, ids=lambda known: known.about[0])
def test_each_answer_has_eighty_to_two_hundred_words(known: Answer) -> None:
    assert 80 <= len(known.text.split()) <= 200


@pytest.mark.parametrize("known", ANSWERS, ids=lambda known: known.about[0])
def test_tokens_joined_are_the_text(known: Answer) -> None:
    assert "".join(tokens(known.text)) == known.text
    assert "".join(tokens(" a\n\n  b \n")) == " a\n\n  b \n"


def test_the_code_that_the_lab_shows_is_right() -> None:
    code = answer("python primes").text.partition("```python\n")[2].partition("```")[0]
    names: dict[str, object] = {}
    exec(code, names)
    primes = names["primes"]
    assert callable(primes)
    assert primes(30) == [2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
    assert [primes(n) for n in (0, 2, 3, 4)] == [[], [], [2], [2, 3]]
