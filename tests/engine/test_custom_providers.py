"""Providers of one's own: what is wrong is named with its line, and nothing secret is kept in the file."""

import shutil
import subprocess

import pytest

from engine import custom_providers as cp
from engine.core.request import Candidate, Clocks, Dialect
from engine.custom_providers import Custom, ProvidersError, install, load, save, with_clocks
from engine.providers import catalog
from engine.providers.catalog import PROVIDERS, CatalogError, provider
from engine.providers.registry import resolve

CORP = Custom(
    name="corp", label="Corp gateway", base_url="https://llm.corp.example/v1", model="gpt-5", env=("CORP_API_KEY",),
    headers={"x-team": "demo", "x.y": 'a "quoted" value'}, proxy="http://proxy.corp.example:3128", first_token=30.0,
)  # fmt: skip
PLAIN = Custom(name="box", base_url="http://10.0.0.3:8000/v1", needs_key=False)


@pytest.fixture(autouse=True)
def _catalogue():
    yield
    catalog.extend(())


@pytest.fixture(scope="session")
def ca(tmp_path_factory):
    """A CA's certificate and its key, made for the occasion."""
    if (openssl := shutil.which("openssl")) is None:
        pytest.skip("There is no openssl here to make a certificate with.")
    folder = tmp_path_factory.mktemp("ca")
    command = f"{openssl} req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=Test -keyout key.pem -out ca.pem"
    subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    return folder


def test_what_is_saved_is_read_back(tmp_path):
    save(tmp_path, (CORP, PLAIN))
    assert load(tmp_path) == (CORP, PLAIN)
    assert load(tmp_path / "elsewhere") == ()


def test_a_provider_of_ones_own_stands_behind_the_catalogue():
    before = list(PROVIDERS)
    install((CORP,))
    assert list(PROVIDERS) == [*before, "corp"]
    mine = resolve(Candidate(provider="corp", model="m"))
    assert (mine.base_url, mine.dialect) == ("https://llm.corp.example/v1", Dialect.CHAT_COMPLETIONS)
    install(())
    assert list(PROVIDERS) == before
    with pytest.raises(CatalogError):
        provider("corp")


def test_the_catalogue_is_not_overwritten():
    before = dict(PROVIDERS)
    with pytest.raises(CatalogError, match="openai"):
        catalog.extend([catalog.Provider(name="new", label="New"), catalog.Provider(name="openai", label="Mine")])
    assert before == PROVIDERS


def test_the_clocks_fill_what_a_candidate_leaves_open():
    mine = Candidate(provider="corp", model="m", clocks=Clocks(idle=3.0))
    assert with_clocks(mine, (CORP,)).clocks == Clocks(first_token=30.0, idle=3.0)
    other = Candidate(provider="openai", model="m")
    assert with_clocks(other, (CORP,)) == other


GOOD = '[[providers]]\nname = "corp"\nbase_url = "https://llm.corp.example/v1"\n'


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (GOOD + "[[providers]]\nbase_url = 'https://x.example/v1'\n", 4, "name"),
        (GOOD + "colour = 'red'\n", 4, "colour"),
        (GOOD + "connect = 0\n", 4, "more than 0"),
        (GOOD + "connect = 'soon'\n", 4, "expected"),
        (GOOD + "dialect = 'latin'\n", 4, "latin"),
        (GOOD + "headers = { Authorization = 'x' }\n", 4, "secret"),
        (GOOD + "[providers.headers]\n'X-Api-Key' = 'x'\n", 4, "secret"),
        (GOOD + "headers = { x-team = 'sk-proj-0123456789abcdef01234567' }\n", 4, "secret"),
        (GOOD + "headers = { 'a b' = 'x' }\n", 4, "name of a header"),
        (GOOD + "headers = { Host = 'x' }\n", 4, "set by the program"),
        (GOOD + "proxy = 'proxy:1'\n", 4, "proxy begins"),
        (GOOD + "proxy = 'http://me:hunter2hunter2@proxy.example:1'\n", 4, "password"),
        (GOOD + "ca_file = '/nowhere/ca.pem'\n", 4, "cannot be read"),
        (GOOD + "env = ['sk-proj-0123456789abcdef']\n", 4, "variable"),
        (GOOD + GOOD, 5, "already"),
        (GOOD.replace("corp", "openai"), 2, "already"),
        (GOOD.replace('"corp"', '"con"'), 2, "small letters"),
        (GOOD.replace('"corp"', '"Corp AG"'), 2, "small letters"),
        (GOOD.replace("https://llm", "ftp://llm"), 3, "ftp"),
        (GOOD.replace("llm.", "me:hunter2hunter2@llm."), 3, "password"),
        ("providers = 3\n", 0, "expected"),
        ("[[providers", 0, "TOML"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(tmp_path, text, line, words):
    (tmp_path / cp.NAME).write_text(text)
    with pytest.raises(ProvidersError) as raised:
        load(tmp_path)
    said = str(raised.value)
    assert words in said
    assert (f"line {line}:" in said) is bool(line)
    assert not any(secret in said for secret in ("hunter2", "0123456789abcdef"))
    assert said.endswith(".")


def test_a_file_that_is_no_text_is_said_so(tmp_path):
    (tmp_path / cp.NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(ProvidersError, match="UTF-8"):
        load(tmp_path)


def test_what_is_wrong_is_not_saved(tmp_path):
    save(tmp_path, (PLAIN,))
    with pytest.raises(ProvidersError, match="already"):
        save(tmp_path, (PLAIN, PLAIN))
    assert load(tmp_path) == (PLAIN,)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ProvidersError, match="cannot be written"):
        save(tmp_path / "file", (PLAIN,))


def test_a_ca_file_is_taken_and_other_files_are_not(tmp_path, ca):
    assert cp.ca_problem(ca / "ca.pem") == ""
    assert "private key" in cp.ca_problem(ca / "key.pem")
    other = tmp_path / "other.pem"
    for content in (b"", b"hello", b"\xff\x00", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
        other.write_bytes(content)
        assert "no file of certificates" in cp.ca_problem(other)
    assert "cannot be read" in cp.ca_problem(tmp_path)
    with other.open("wb") as big:
        big.truncate(cp.CA_BOUND + 1)
    assert "too large" in cp.ca_problem(other)


def test_a_provider_with_a_sound_ca_file_is_saved(tmp_path, ca):
    mine = Custom(name="corp", base_url="https://llm.corp.example/v1", ca_file=str(ca / "ca.pem"))
    save(tmp_path, (mine,))
    assert load(tmp_path) == (mine,)
