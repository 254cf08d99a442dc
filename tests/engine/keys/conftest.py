import pytest

from engine.keys import KeyStore

from .rings import RINGS, Memory

KEY = "sk-test-4f9Zq81LmPw2XvT7"


@pytest.fixture
def ring():
    return Memory()


@pytest.fixture
def make(tmp_path):
    """Makes a store over a keyring; all are closed in the end."""
    made = []

    def make(ring, *, environ=None, patience=5.0, trusted=RINGS, now=lambda: 1_700_000_000.0):
        store = KeyStore(
            tmp_path / "data", backend=ring, trusted=trusted, environ=environ or {}, patience=patience, now=now
        )
        made.append(store)
        return store

    yield make
    for store in made:
        store.close()


@pytest.fixture
def store(make, ring):
    return make(ring)
