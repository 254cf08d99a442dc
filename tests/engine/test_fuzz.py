"""Whatever bytes come, a decoder yields deltas that end in exactly one End or Failure. See tests/fuzz.py."""

import random

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.core.faults import Fault
from engine.core.request import Candidate, Dialect
from engine.providers.base import End, Failure
from engine.providers.registry import adapter_for, resolve
from tests.fuzz import BROKEN, TOKENS, check, decoder, mutated, pieces, run, samples

BROADLY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
BYTES = st.one_of(
    st.binary(max_size=400),
    st.lists(st.one_of(st.sampled_from(TOKENS), st.binary(max_size=6)), max_size=60).map(b"".join),
)
each_dialect = pytest.mark.parametrize("dialect", list(Dialect))


@each_dialect
def test_the_samples_are_read(dialect: Dialect):
    ends = [type(check(decoder(dialect), [body])[-1]) for body in samples(dialect)]
    assert ends[0] is ends[2] is End
    assert ends[-1] is Failure


@each_dialect
@BROADLY
@given(reads=st.lists(BYTES, max_size=5), broken=st.sampled_from((None, BROKEN)))
def test_any_bytes_end_in_one_end(dialect: Dialect, reads: list[bytes], broken: Fault | None):
    check(decoder(dialect), reads, broken)


@each_dialect
@BROADLY
@given(seed=st.integers(0, 2**32), number=st.integers(0, 4), broken=st.sampled_from((None, BROKEN)))
def test_a_damaged_answer_ends_in_one_end(dialect: Dialect, seed: int, number: int, broken: Fault | None):
    dice, good = random.Random(seed), samples(dialect)
    check(decoder(dialect), pieces(mutated(good[number], dice, good[0]), dice), broken)


@each_dialect
@BROADLY
@given(status=st.integers(300, 599), body=BYTES, hint=st.text(max_size=30))
def test_any_error_body_is_a_fault(dialect: Dialect, status: int, body: bytes, hint: str):
    candidate = Candidate(provider="openai_compatible", model="m", dialect=dialect, base_url="http://host")
    headers = httpx.Headers([(b"retry-after", hint.encode()), (b"content-type", b"application/json")])
    fault = adapter_for(resolve(candidate)).fault(status, headers, body, now=1_767_225_600.0)
    assert fault.status == status
    assert fault.detail
    assert len(fault.detail) <= 300
    assert fault.wait_hint is None or 0 < fault.wait_hint <= 7 * 24 * 3600


def test_the_long_form_runs(capsys: pytest.CaptureFixture[str]):
    assert run(1.0, seed=1) == 0
    assert "0 broke a decoder" in capsys.readouterr().out
