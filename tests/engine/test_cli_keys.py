"""Keys, providers and models from the command line: exit codes, one-line errors, and no secret on any stream."""

import argparse
import io

import pytest

from engine import cli_keys
from engine.core.faults import Kind
from engine.keys import KeyStore
from engine.lab import beats as b
from engine.lab.server import Lab
from engine.models_book import ModelsBook
from engine.models_read import ModelInfo
from engine.playground import Playground
from engine.providers import catalog
from tests.engine.keys.rings import RINGS, Broken, Memory
from tests.engine.little_server import little_server

KEY = "sk-test-PLANTED0123456789abcdefPLANTED"


class Terminal:
    """The command line over a keyring and a lab of the test's own."""

    def __init__(self, state, lab, monkeypatch, capsys):
        self.state, self.lab, self.ring, self.patch, self.capsys = state, lab, Memory(), monkeypatch, capsys
        monkeypatch.setattr(cli_keys, "Playground", self.playground)

    def playground(self, state):
        keys = KeyStore(state, backend=self.ring, trusted=RINGS)
        return Playground(state, keys=keys)

    def parser(self):
        top = argparse.ArgumentParser(prog="streamover-cli")
        cli_keys.add_parsers(top.add_subparsers(dest="command", required=True))
        return top

    async def __call__(self, *words, pasted=""):
        """The exit code, and what was said on the two streams."""
        self.patch.setattr("sys.stdin", io.StringIO(pasted))
        code = await cli_keys.run(self.parser().parse_args([*words, "--state", str(self.state)]))
        said = self.capsys.readouterr()
        assert "PLANTED" not in said.out + said.err
        return code, said.out, said.err


@pytest.fixture
async def cli(tmp_path, monkeypatch, capsys):
    async with Lab(speed=50) as lab:
        yield Terminal(tmp_path / "state", lab, monkeypatch, capsys)
    catalog.extend(())


def route(lab, *plays, keys=("env:LAB_KEY",), place="/here/v1"):
    names = ", ".join(f'"{key}"' for key in keys)
    return (
        '[[candidates]]\nprovider = "openai_compatible"\nmodel = "m"\ndialect = "chat_completions"\n'
        f'base_url = "{lab.play(place, *plays)}"\nkeys = [{names}]\n'
    )


async def test_a_key_is_added_from_standard_input_listed_and_removed(cli):
    code, out, _ = await cli("keys", "add", "openai", "--name", "work", pasted=KEY + "\n")
    assert (code, out) == (0, "Added openai/work. A route calls it keyring:work.\n")
    assert KEY in cli.ring.kept.values()
    code, out, _ = await cli("keys", "list")
    assert code == 0
    assert "openai/work  keyring:work    stored & verified  never" in out
    assert (await cli("keys", "remove", "openai/work"))[:2] == (0, "Removed openai/work.\n")
    assert cli.ring.kept == {}


async def test_the_prompt_shows_nothing(cli, monkeypatch):
    asked = []
    monkeypatch.setattr("getpass.getpass", lambda prompt: asked.append(prompt) or KEY)

    class Screen(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(io, "StringIO", Screen)
    assert (await cli("keys", "add", "openai"))[0] == 0
    assert asked == ["Key for OpenAI (hidden): "]


def test_a_secret_has_no_place_on_the_command_line(tmp_path, monkeypatch, capsys):
    terminal = Terminal(tmp_path, None, monkeypatch, capsys)
    with pytest.raises(SystemExit) as raised:
        terminal.parser().parse_args(["keys", "add", "openai", KEY])
    assert raised.value.code == 2
    capsys.readouterr()


@pytest.mark.parametrize(
    ("words", "pasted", "said"),
    [
        (("keys", "add", "openai"), "", "empty"),
        (("keys", "add", "opnai"), KEY, "openai"),
        (("keys", "add", "openai", "--env", "NOT_SET_ANYWHERE"), "", "not set"),
        (("keys", "remove", "openai/nobody"), "", "There is no such key"),
        (("keys", "check", "openai/nobody"), "", "There is no such key"),
        (("models", "nobody"), "", "nobody"),
        (("check", "nobody"), "", "nobody"),
        (("check", "nowhere.toml"), "", "nowhere.toml"),
    ],
)
async def test_bad_input_is_one_line_and_code_2(cli, words, pasted, said):
    code, out, err = await cli(*words, pasted=pasted)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert said in err
    assert err.startswith("streamover-cli: ")


async def test_a_damaged_file_of_providers_is_bad_input_with_its_line(cli):
    cli.state.mkdir(parents=True)
    (cli.state / "providers.toml").write_text("[[providers]]\nname = 'x'\nbase_url = 'nonsense'\n")
    code, _, err = await cli("providers")
    assert code == 2
    assert "line 3" in err


async def test_a_key_that_cannot_be_stored_is_no_success(cli):
    cli.ring = Broken(RuntimeError)
    code, out, err = await cli("keys", "add", "openai", pasted=KEY)
    assert (code, out) == (1, "")
    assert "Nothing was added" in err


async def test_a_variable_is_listed_by_name(cli, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    code, out, _ = await cli("keys", "add", "openai", "--env", "OPENAI_API_KEY")
    assert (code, out) == (0, "Added openai/OPENAI_API_KEY. A route calls it env:OPENAI_API_KEY.\n")


async def test_a_key_is_checked_and_what_was_found_is_kept(cli):
    cli.state.mkdir(parents=True)
    base = cli.lab.play("/here/v1", (b.Status(code=401, kind=Kind.AUTH, message=f"No: {KEY}"),))
    ModelsBook(cli.state).keep("openai_compatible", (ModelInfo(name="m"),), fetched=1.0, base_url=base)
    await cli("keys", "add", "openai_compatible", pasted=KEY)
    code, out, err = await cli("keys", "check", "openai_compatible/main")
    assert code == 1
    assert out.startswith("failed  openai_compatible/main  401 key refused. Replace the key. (")
    assert "costs" in err
    assert "invalid" in (await cli("keys", "list"))[1]
    cli.lab.play("/here/v1", (b.Say(words=1), b.End()))
    code, out, _ = await cli("keys", "check")
    assert (code, "The key works." in out) == (0, True)


async def test_a_key_of_a_provider_without_a_model_cannot_be_checked(cli):
    await cli("keys", "add", "gateway", pasted=KEY)
    code, _, err = await cli("keys", "check")
    assert code == 1
    assert "streamover-cli models gateway" in err


async def test_each_candidate_of_a_route_is_checked_with_each_key(cli, tmp_path, monkeypatch):
    monkeypatch.setenv("LAB_KEY", KEY)
    file = tmp_path / "route.toml"
    file.write_text(route(cli.lab, (b.Say(words=1), b.End()), keys=("env:LAB_KEY", "env:NOT_THERE")))
    code, out, _ = await cli("check", str(file))
    assert code == 1
    good, bad = sorted(out.splitlines(), key=lambda line: line.startswith("failed"))
    assert good.startswith("ok      openai_compatible · m · env:LAB_KEY  The key works.")
    assert "NOT_THERE is not set" in bad
    file.write_text(route(cli.lab, (b.Say(words=1), b.End())))
    assert (await cli("check", str(file)))[0] == 0


async def test_providers_are_listed_with_their_keys(cli, monkeypatch):
    monkeypatch.setenv("GROQ_API_KEY", KEY)
    await cli("keys", "add", "openai", "--name", "work", pasted=KEY)
    code, out, _ = await cli("providers")
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert code == 0
    assert lines["openai"].endswith("work")
    assert lines["groq"].endswith("GROQ_API_KEY")
    assert lines["ollama"].endswith("needs none")


async def test_models_are_fetched_kept_and_shown_again(cli, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    rows = [{"id": "gpt-5-mini"}, {"id": "new-one", "context_window": 1234}]
    async with little_server({"/v1/models": {"data": rows}}) as server:
        code, out, _ = await cli("models", "openai", "--base-url", f"{server.base}/v1")
        assert f"Bearer {KEY}" in server.asked[0]
    assert code == 0
    assert out.splitlines()[1].split() == ["gpt-5-mini", "400,000", "$0.25", "in,", "$2", "out"]
    assert out.splitlines()[2].split() == ["new-one", "1,234", "unknown"]
    assert (await cli("models", "openai", "--cached"))[:2] == (0, out)


async def test_models_that_cannot_be_had_are_code_1(cli):
    async with little_server({}) as server:
        code, out, err = await cli("models", "openai", "--base-url", server.base)
    assert (code, out) == (1, "")
    assert "by hand" in err
    assert (await cli("models", "openai", "--cached"))[0] == 1


async def test_headers_of_ones_own_go_with_the_question_for_models(cli):
    async with little_server({"/v1/models": {"data": [{"id": "m"}]}}) as server:
        cli.state.mkdir(parents=True)
        (cli.state / "providers.toml").write_text(
            f'[[providers]]\nname = "corp"\nbase_url = "{server.base}/v1"\nheaders = {{ x-team = "demo" }}\n'
        )
        assert (await cli("models", "corp"))[0] == 0
        assert "x-team: demo" in server.asked[0]
