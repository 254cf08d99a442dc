"""Checks of answers, and the part of JSON Schema that they know."""

import json
import time

import pytest

from engine.compare import checks, schema
from engine.compare.checks import Judged, Searcher, judge, problem
from engine.compare.sets import AnyCheck, Contains, Equals, HoldsSchema, Matches, Within

NEVER_ENDS = r"(a+)+$"
OBJECT = json.dumps({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}})
HELD: list[tuple[AnyCheck, str]] = [
    (Contains(text="blue"), "The sky is blue."),
    (Contains(text="BLUE", ignore_case=True), "The sky is blue."),
    (Equals(text="yes"), " yes\n"),
    (HoldsSchema(schema=OBJECT), '{"n": 2}'),
    (HoldsSchema(schema=OBJECT), 'Here you are:\n```json\n{"n": 2}\n```\n'),
    (Matches(pattern=r"bl\w+\."), "The sky is blue."),
    (Within(seconds=1.5), ""),
]
BROKEN: list[tuple[AnyCheck, str, str]] = [
    (Contains(text="BLUE"), "blue", "nowhere"),
    (Equals(text="yes"), "yes.", "another"),
    (HoldsSchema(schema=OBJECT), '{"n": 0}', "/n: 0 breaks minimum 1"),
    (HoldsSchema(schema=OBJECT), "{}", "'n' is missing"),
    (HoldsSchema(schema=OBJECT), '{"n": NaN}', "no NaN"),
    (HoldsSchema(schema=OBJECT), "{", "not JSON"),
    (HoldsSchema(schema=OBJECT), "[" * 100_000, "not JSON"),
    (Matches(pattern="^no$"), "yes", "nowhere"),
    (Within(seconds=0.5), "", "took 1.00 s"),
]


@pytest.mark.parametrize(("check", "answer"), HELD)
async def test_a_check_holds(check: AnyCheck, answer: str):
    searcher = Searcher()
    try:
        assert (await judge(check, answer, 1.0, searcher)).passed
    finally:
        await searcher.close()


@pytest.mark.parametrize(("check", "answer", "words"), BROKEN)
async def test_a_broken_check_says_why(check: AnyCheck, answer: str, words: str):
    searcher = Searcher()
    try:
        judged = await judge(check, answer, 1.0, searcher)
    finally:
        await searcher.close()
    assert not judged.passed
    assert words in judged.why


async def test_a_pattern_that_never_ends_is_ended_and_the_next_one_is_searched():
    searcher = Searcher(seconds=0.4)
    try:
        await searcher.found("a", "a")
        began = time.monotonic()
        judged = await judge(Matches(pattern=NEVER_ENDS), "a" * 60 + "!", 1.0, searcher)
        assert time.monotonic() - began < 3
        assert "make it simpler" in judged.why
        assert await judge(Matches(pattern="x"), "x", 1.0, searcher) == Judged(check="matches 'x'", passed=True)
    finally:
        await searcher.close()


def test_an_unknown_time_is_not_taken_for_a_short_one():
    assert checks.wrong(Within(seconds=1), "", None)


@pytest.mark.parametrize(
    ("check", "words"),
    [
        (Matches(pattern="("), "not a regular expression"),
        (HoldsSchema(schema="{"), "not JSON"),
        (HoldsSchema(schema='{"type": "text"}'), "must be one of"),
        (HoldsSchema(schema='{"properties": {"a": {"pattern": "x"}}}'), "/properties/a"),
        (HoldsSchema(schema='{"minimum": "1"}'), "must be a number"),
        (Within(seconds=0), "more than 0"),
        (Contains(text=""), "needs a text"),
    ],
)
def test_a_check_that_cannot_be_made_says_so(check: AnyCheck, words: str):
    assert words in problem(check)


# (schema, value, whether it holds), by the standard's own rules.
RULES = [
    ({"type": "integer"}, 1.0, True),
    ({"type": "integer"}, True, False),
    ({"type": ["string", "null"]}, None, True),
    ({"enum": [1, "a"]}, True, False),
    ({"const": {"a": [1]}}, {"a": [1.0]}, True),
    ({"const": False}, 0, False),
    ({"items": {"type": "string"}}, ["a", 1], False),
    ({"items": {"type": "string"}}, "no list", True),
    ({"properties": {"a": False}}, {"a": 1}, False),
    ({"additionalProperties": False, "properties": {"a": True}}, {"b": 1}, False),
    ({"additionalProperties": {"type": "number"}}, {"b": 1}, True),
    ({"minLength": 2, "maxLength": 3}, "ab", True),
    ({"minLength": 2, "maxLength": 3}, "abcd", False),
    ({"minItems": 1}, [], False),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, False),
    ({"exclusiveMaximum": 3}, 3, False),
    ({"anyOf": [{"type": "string"}, {"minimum": 3}]}, 2, False),
    ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, 5, False),
    ({"oneOf": [{"type": "integer"}, {"minimum": 3}]}, 2, True),
    ({"allOf": [{"minimum": 1}, {"maximum": 2}]}, 3, False),
    ({"not": {"type": "string"}}, "a", False),
    (True, "anything", True),
    (False, "anything", False),
]


@pytest.mark.parametrize(("rule", "value", "holds"), RULES)
def test_a_schema_judges_as_the_standard_does(rule, value, holds: bool):
    assert schema.problem(rule) == ""
    assert (schema.violation(value, rule) == "") is holds
