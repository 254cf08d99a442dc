import pytest

from engine.keys import KeyRefused, KeyState, KeyUnavailable, Secret, Where

from .conftest import KEY
from .rings import Memory

OTHER = "sk-test-aaaabbbbccccdddd"


async def test_a_stored_key_survives_a_restart(make, ring):
    entry = await make(ring).add("openai", "work", KEY)
    assert (entry.state, entry.where, entry.name) == (KeyState.VERIFIED, Where.KEYRING, "keyring:work")
    again = make(ring)
    assert await again.list() == (entry,)
    assert (await again.secret("openai", "keyring:work")) == Secret(KEY)


async def test_each_key_has_a_service_of_its_own_and_a_fixed_user(store, ring):
    entry = await store.add("openai", "work", KEY)
    assert ring.kept == {(f"streamover/openai/{entry.id}", "streamover"): KEY}


async def test_a_key_is_read_from_the_keyring_once_a_session(make, ring):
    await make(ring).add("openai", "work", KEY)
    store = make(ring)
    ring.calls.clear()
    for _ in range(3):
        await store.secret("openai", "keyring:work")
    assert len(ring.calls) == 1


async def test_nothing_asks_the_keyring_before_it_is_needed(store, ring):
    await store.list()
    await store.add("openai", "work", KEY, session_only=True)
    assert ring.calls == []


async def test_a_session_key_is_gone_after_a_restart(make, ring):
    store = make(ring)
    entry = await store.add("openai", "work", KEY, session_only=True)
    assert entry.state is KeyState.SESSION_ONLY
    assert (await store.secret("openai", "session:work")).reveal() == KEY
    assert ring.kept == {}
    assert await make(ring).list() == ()


async def test_a_key_is_found_by_its_id_and_by_its_alias_at_its_provider_only(store):
    entry = await store.add("openai", "work", KEY)
    assert await store.secret("openai", f"keyring:{entry.id}") == Secret(KEY)
    with pytest.raises(KeyUnavailable, match="no key work for groq") as raised:
        await store.secret("groq", "keyring:work")
    assert raised.value.state is KeyState.NOT_FOUND


@pytest.mark.parametrize("name", [KEY, "", "work", "env:" + KEY, "keyring:" + KEY, "session:0123456789abcdef01234567"])
async def test_a_name_that_means_nothing_is_refused_and_not_repeated(store, name):
    with pytest.raises(KeyUnavailable) as raised:
        await store.secret("openai", name)
    assert "4f9Z" not in str(raised.value)
    assert "456789" not in str(raised.value)


async def test_the_environment_is_read_at_the_time_of_asking(make, ring):
    environ = {"A_KEY": KEY}
    store = make(ring, environ=environ)
    assert await store.secret("openai", "env:A_KEY") == Secret(KEY)
    environ["A_KEY"] = OTHER
    assert await store.secret("openai", "env:A_KEY") == Secret(OTHER)
    assert ring.calls == []


async def test_a_registered_resolver_answers_for_its_prefix(store):
    store.register("lab:", lambda provider, rest: Secret(f"{provider}/{rest}"))
    assert (await store.secret("openai", "lab:good")).reveal() == "openai/good"
    with pytest.raises(ValueError, match="own"):
        store.register("env", lambda *_: Secret(""))


async def test_a_key_that_is_there_already_is_refused_with_its_alias(make, ring):
    await make(ring).add("openai", "work", KEY)
    store = make(ring)
    with pytest.raises(KeyRefused, match="already, as work"):
        await store.add("openai", "home", f" {KEY}\n")
    assert (await store.add("groq", "home", KEY)).state is KeyState.VERIFIED


async def test_a_fingerprint_that_only_collides_refuses_nobody(store, monkeypatch):
    monkeypatch.setattr("engine.keys.entry.Index.fingerprint", lambda *_: "abcd")
    await store.add("openai", "work", KEY)
    entry = await store.add("openai", "home", OTHER)
    assert (entry.fingerprint, entry.duplicate_of) == ("abcd", "")


async def test_an_alias_is_taken_once_at_each_provider(store):
    await store.add("openai", "work", KEY)
    with pytest.raises(KeyRefused, match="work for openai already"):
        await store.add("openai", "work", OTHER)
    assert (await store.add("groq", "work", OTHER)).alias == "work"


async def test_a_wrong_prefix_is_refused_before_anything_is_stored(store, ring):
    with pytest.raises(KeyRefused, match="begins with gsk_"):
        await store.add("groq", "work", KEY, prefixes=("gsk_",))
    assert ring.kept == {}
    assert await store.list() == ()


async def test_a_removed_key_comes_back_as_it_was(make, ring):
    store = make(ring)
    await store.add("openai", "first", KEY)
    entry = await store.add("openai", "second", OTHER)
    await store.remove(entry.id)
    assert list(ring.kept.values()) == [KEY]
    assert [e.alias for e in await store.list()] == ["first"]
    assert await store.restore(entry.id) == entry
    assert await store.secret("openai", "keyring:second") == Secret(OTHER)
    with pytest.raises(KeyUnavailable, match="add it again"):
        await store.restore(entry.id)


async def test_a_key_removed_after_a_restart_comes_back_too(make, ring):
    entry = await make(ring).add("openai", "work", KEY)
    store = make(ring)
    await store.remove(entry.id)
    assert ring.kept == {}
    await store.add("openai", "work", OTHER)
    assert (await store.restore(entry.id)).alias == "work 2"
    assert await store.secret("openai", "keyring:work 2") == Secret(KEY)


async def test_a_removed_session_key_comes_back_for_the_session(store):
    entry = await store.add("openai", "work", KEY, session_only=True)
    await store.remove(entry.id)
    with pytest.raises(KeyUnavailable):
        await store.secret("openai", "session:work")
    assert await store.restore(entry.id) == entry
    assert await store.secret("openai", "session:work") == Secret(KEY)


async def test_a_renamed_key_is_called_by_its_new_alias(store):
    entry = await store.add("openai", "work", KEY)
    assert (await store.rename(entry.id, " job ")).name == "keyring:job"
    assert await store.secret("openai", "keyring:job") == Secret(KEY)
    with pytest.raises(KeyRefused, match="holds a key"):
        await store.rename(entry.id, KEY)
    await store.add("openai", "home", OTHER)
    with pytest.raises(KeyRefused, match="already"):
        await store.rename(entry.id, "home")


async def test_keys_stand_in_the_order_that_was_asked_for(make, ring):
    store = make(ring)
    ids = [(await store.add("openai", f"k{n}", f"{OTHER}{n}")).id for n in range(4)]
    assert [entry.colour for entry in await store.list("openai")] == [0, 1, 2, 3]
    await store.reorder("openai", (ids[2], ids[0]))
    assert [entry.alias for entry in await make(ring).list("openai")] == ["k2", "k0", "k1", "k3"]


async def test_a_key_that_is_switched_off_is_not_given_out(make, ring):
    entry = await make(ring).add("openai", "work", KEY)
    store = make(ring)
    assert (await store.enable(entry.id, on=False)).state is KeyState.DISABLED
    with pytest.raises(KeyUnavailable, match="switched off") as raised:
        await store.secret("openai", "keyring:work")
    assert raised.value.state is KeyState.DISABLED
    assert (await store.enable(entry.id)).state is KeyState.VERIFIED


async def test_a_check_is_kept_with_its_time(make, ring):
    store = make(ring, now=lambda: 5.0)
    entry = await store.add("openai", "work", KEY)
    await store.record_check(entry.id, KeyState.INVALID)
    (kept,) = await make(ring).list()
    assert (kept.checked, kept.state) == (5.0, KeyState.INVALID)
    assert (await store.record_check(entry.id, KeyState.VERIFIED)).state is KeyState.VERIFIED
    with pytest.raises(ValueError, match="not the outcome"):
        await store.record_check(entry.id, KeyState.LOCKED)


async def test_a_good_check_of_a_session_key_leaves_it_a_session_key(store):
    entry = await store.add("openai", "work", KEY, session_only=True)
    assert (await store.record_check(entry.id, KeyState.INVALID)).state is KeyState.INVALID
    assert (await store.record_check(entry.id, KeyState.VERIFIED)).state is KeyState.SESSION_ONLY


async def test_a_variable_is_listed_without_its_value(make, ring, tmp_path):
    environ = {"A_KEY": KEY}
    store = make(ring, environ=environ)
    entry = await store.refer("openai", "A_KEY")
    assert (entry.name, entry.state, entry.duplicate_of) == ("env:A_KEY", KeyState.FROM_ENVIRONMENT, "")
    assert ring.kept == {}
    del environ["A_KEY"]
    assert [e.state for e in await store.list()] == [KeyState.NOT_SET]
    with pytest.raises(KeyRefused, match="cannot be renamed"):
        await store.rename(entry.id, "mine")


async def test_a_variable_that_is_switched_off_is_not_given_out(make, ring):
    store = make(ring, environ={"A_KEY": KEY})
    await store.enable((await store.refer("openai", "A_KEY")).id, on=False)
    with pytest.raises(KeyUnavailable, match="switched off"):
        await store.secret("openai", "env:A_KEY")
    assert await store.secret("groq", "env:A_KEY") == Secret(KEY)


async def test_a_variable_and_a_stored_key_that_are_the_same_are_told(make, ring):
    store = make(ring, environ={"A_KEY": KEY, "B_KEY": OTHER})
    await store.add("openai", "work", KEY)
    assert (await store.refer("openai", "A_KEY")).duplicate_of == "work"
    await store.refer("openai", "B_KEY")
    assert (await store.add("openai", "home", OTHER)).duplicate_of == "B_KEY"


async def test_a_damaged_list_gives_a_notice_once(make, ring, tmp_path):
    await make(ring).add("openai", "work", KEY)
    (tmp_path / "data" / "keys.json").write_text("{")
    store = make(ring)
    assert await store.list() == ()
    (notice,) = store.take_notices()
    assert "keys.json.damaged-1" in notice
    assert store.take_notices() == ()


async def test_two_windows_share_the_list(make, ring):
    ours, theirs = make(ring), make(ring)
    await ours.add("openai", "work", KEY)
    await theirs.add("openai", "home", OTHER)
    assert [entry.alias for entry in await ours.list()] == ["work", "home"]


async def test_the_probe_writes_reads_and_leaves_nothing(store, ring):
    status = await store.backend()
    assert status.ready
    assert "Memory" in status.name
    assert {call[0] for call in ring.calls} == {"get", "set", "delete"}
    assert ring.kept == {}


async def test_an_override_is_reported(make):
    store = make(Memory(), environ={"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"})
    assert "PYTHON_KEYRING_BACKEND=keyring.backends.null.Keyring" in (await store.backend()).override


async def test_closing_lets_go_of_the_secrets(store):
    await store.add("openai", "work", KEY, session_only=True)
    store.close()
    assert store._secrets == {}
