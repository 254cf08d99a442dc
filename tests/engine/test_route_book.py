"""Routes are kept by name, never lost and never half written."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from engine import routes
from engine.core.request import Candidate, Capabilities, Clocks, Midstream, Policy, Route
from engine.route_book import BookError, RouteBook, refused_name

CANDIDATE = Candidate(provider="openai", model="gpt-5-mini", keys=("env:OPENAI_API_KEY", "keyring:work"))


def a_route(name: str = "everyday", **policy: object) -> Route:
    local = Candidate(
        provider="ollama", model="llama3.2", clocks=Clocks(first_token=90.0), context_window=8_192,
        capabilities=Capabilities(tools=False),
    )  # fmt: skip
    return Route(name=name, candidates=(CANDIDATE, local), policy=Policy(**policy))  # pyright: ignore[reportArgumentType]


@pytest.fixture
def book(tmp_path: Path) -> RouteBook:
    return RouteBook(tmp_path)


def names(book: RouteBook) -> list[str]:
    return [saved.name for saved in book.list()]


def test_a_saved_route_is_read_back_as_it_was_saved(book):
    kept = book.save(a_route(attempts=5, midstream=Midstream.KEEP, hedge_delay=2.5))
    assert book.load("everyday") == kept
    assert kept.policy == Policy(attempts=5, midstream=Midstream.KEEP, hedge_delay=2.5)
    assert kept.candidates[0].keys == CANDIDATE.keys
    assert RouteBook(book.folder.parent).list()[0].route == kept


def test_an_empty_book_lists_nothing_and_makes_no_folder(book):
    assert book.list() == ()
    assert not book.folder.exists()


def test_routes_are_listed_by_name_whatever_their_capitals(book):
    for name in ("beta", "Alpha", "gamma"):
        book.save(a_route(name))
    assert names(book) == ["Alpha", "beta", "gamma"]


def test_the_files_name_is_the_routes_name(book):
    book.save(a_route("inner"))
    (book.folder / "inner.toml").rename(book.folder / "outer.toml")
    [saved] = book.list()
    assert (saved.name, saved.route.name) == ("outer", "outer")


@pytest.mark.parametrize(
    "name",
    ["", "  ", "a/b", "..", "../up", "a\\b", "a:b", "what?", "tab\there", " lead", "trail ", "dot.", ".hidden", "CON",
     "nul.toml", "lpt1", "x" * 81],
)  # fmt: skip
def test_a_name_that_is_no_file_name_is_refused_with_one_sentence(book, name):
    with pytest.raises(BookError) as caught:
        book.save(a_route(name))
    assert str(caught.value).count("\n") == 0
    assert str(caught.value).endswith(".")
    assert not book.folder.exists()


@given(st.text(max_size=100))
@settings(max_examples=300)
def test_a_name_that_is_taken_stays_inside_the_folder(name):
    if refused_name(name) is None:
        path = Path("/state/routes") / f"{name}.toml"
        assert path.name == f"{name}.toml"
        assert path.parent == Path("/state/routes")


def test_names_that_differ_in_capitals_only_do_not_collide(book):
    book.save(a_route("everyday"))
    with pytest.raises(BookError, match="capitals"):
        book.save(a_route("Everyday"))
    assert names(book) == ["everyday"]


def test_a_route_that_could_not_be_read_back_is_not_written(book):
    with pytest.raises(BookError, match="cannot be saved"):
        book.save(Route(name="empty", candidates=()))
    with pytest.raises(BookError, match="base_url"):
        book.save(Route(name="homeless", candidates=(Candidate(provider="azure", model="m"),)))
    assert not book.folder.exists()


def test_a_key_in_clear_is_never_written(book):
    with pytest.raises(BookError) as caught:
        book.save(replace(a_route(), candidates=(replace(CANDIDATE, keys=("sk-planted-secret",)),)))
    assert "sk-planted-secret" not in str(caught.value)
    assert not book.folder.exists()


# Damage


def damage(book: RouteBook, name: str = "hurt") -> Path:
    book.save(a_route(name))
    path = book.folder / f"{name}.toml"
    path.write_text("[[candidates]\n", encoding="utf-8")
    return path


def test_a_damaged_file_is_listed_with_its_error_beside_the_others(book):
    damage(book)
    book.save(a_route("well"))
    hurt, well = book.list()
    assert hurt.route is None
    assert "TOML" in hurt.error
    assert well.route is not None


def test_a_damaged_file_is_not_overwritten(book):
    path = damage(book)
    with pytest.raises(BookError, match="not overwritten"):
        book.save(a_route("hurt"))
    with pytest.raises(BookError, match="TOML"):
        book.rename("hurt", "mended")
    with pytest.raises(BookError, match="TOML"):
        book.duplicate("hurt")
    assert path.read_text() == "[[candidates]\n"


def test_a_damaged_file_can_be_deleted_and_put_back_as_it_was(book):
    path = damage(book)
    book.delete("hurt")
    assert not path.exists()
    book.restore("hurt")
    assert path.read_text() == "[[candidates]\n"


def test_a_save_that_fails_leaves_the_old_file(book, monkeypatch):
    book.save(a_route(attempts=2))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(BookError, match="No space left"):
        book.save(a_route(attempts=9))
    assert book.load("everyday").policy.attempts == 2
    assert os.listdir(book.folder) == ["everyday.toml"]


# Renaming, copying, deleting


def test_renaming_moves_the_file_and_the_name_in_it(book):
    book.save(a_route())
    assert book.rename("everyday", "weekend").name == "weekend"
    assert names(book) == ["weekend"]
    assert 'name = "weekend"' in (book.folder / "weekend.toml").read_text()


def test_renaming_to_other_capitals_works(book):
    book.save(a_route())
    book.rename("everyday", "Everyday")
    assert names(book) == ["Everyday"]


def test_renaming_onto_another_route_is_refused(book):
    book.save(a_route("one", attempts=1))
    book.save(a_route("two", attempts=2))
    with pytest.raises(BookError, match="already"):
        book.rename("one", "Two")
    assert book.load("two").policy.attempts == 2
    assert names(book) == ["one", "two"]


def test_copies_get_names_that_are_free(book):
    book.save(a_route())
    assert [book.duplicate("everyday").name for _ in range(3)] == [
        "everyday copy", "everyday copy 2", "everyday copy 3",
    ]  # fmt: skip


def test_the_copy_of_a_long_name_has_a_name_that_may_be(book):
    book.save(a_route("x" * 80))
    assert all(refused_name(book.duplicate("x" * 80).name) is None for _ in range(12))


def test_what_was_deleted_comes_back_as_it_was(book):
    kept = book.save(a_route(attempts=4))
    book.delete("everyday")
    assert names(book) == []
    book.restore("everyday")
    assert book.load("everyday") == kept
    with pytest.raises(BookError, match="was deleted"):
        book.restore("everyday")


def test_putting_back_does_not_overwrite_a_newer_route(book):
    book.save(a_route(attempts=1))
    book.delete("everyday")
    (book.folder / "everyday.toml").write_text(routes.dump(a_route(attempts=7)))
    with pytest.raises(BookError, match="again"):
        book.restore("everyday")
    assert book.load("everyday").policy.attempts == 7


@pytest.mark.parametrize("act", ["load", "delete", "duplicate"])
def test_what_is_not_there_is_said_so(book, act):
    with pytest.raises(BookError, match="no saved route"):
        getattr(book, act)("nowhere")


# To and from elsewhere


def test_an_exported_route_is_what_the_command_line_reads(book, tmp_path):
    kept = book.save(a_route())
    book.export("everyday", tmp_path / "out" / "mine.toml")
    assert routes.load(tmp_path / "out" / "mine.toml") == kept


def test_importing_saves_under_a_name_that_is_free(book, tmp_path):
    book.save(a_route())
    source = tmp_path / "from.toml"
    source.write_text(routes.dump(a_route("everyday", attempts=6)))
    assert book.import_file(source).name == "everyday 2"
    assert book.load("everyday 2").policy.attempts == 6
    assert book.load("everyday").policy.attempts == 3


def test_importing_makes_a_file_name_of_any_name(book, tmp_path):
    source = tmp_path / "from.toml"
    source.write_text(routes.dump(a_route("a/b: what?")))
    assert book.import_file(source).name == "a-b- what-"


def test_importing_a_file_that_is_no_route_says_why(book, tmp_path):
    with pytest.raises(BookError, match="cannot be read"):
        book.import_file(tmp_path / "nowhere.toml")
    (tmp_path / "bad.toml").write_text('[[candidates]]\nprovider = "opnai"\nmodel = "m"\n')
    with pytest.raises(BookError, match="openai"):
        book.import_file(tmp_path / "bad.toml")
    assert book.list() == ()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such file modes")
def test_a_saved_route_is_its_owners_alone(book):
    book.save(a_route())
    assert (book.folder / "everyday.toml").stat().st_mode & 0o077 == 0
