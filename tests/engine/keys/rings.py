"""Keyrings that misbehave in one way each."""

import threading

from keyring import errors
from keyring.backend import KeyringBackend


class Memory(KeyringBackend):
    """Keeps what it is given. `calls` lists what was asked of it."""

    priority = 1

    def __init__(self):
        super().__init__()
        self.kept, self.calls = {}, []

    def get_password(self, service, username):
        self.calls.append(("get", service, username))
        return self.kept.get((service, username))

    def set_password(self, service, username, password):
        self.calls.append(("set", service, username))
        self.kept[service, username] = password

    def delete_password(self, service, username):
        self.calls.append(("delete", service, username))
        if (service, username) not in self.kept:
            raise errors.PasswordDeleteError("not found")
        del self.kept[service, username]


class Broken(Memory):
    """Raises `error` from every call while it is set; its text repeats the password, as a careless back-end's may."""

    def __init__(self, error=None):
        super().__init__()
        self.error = error

    def _fail(self, password=""):
        if self.error is not None:
            raise self.error(f"cannot keep {password}") from ValueError(password)

    def get_password(self, service, username):
        self._fail()
        return super().get_password(service, username)

    def set_password(self, service, username, password):
        self._fail(password)
        super().set_password(service, username, password)

    def delete_password(self, service, username):
        self._fail()
        super().delete_password(service, username)


class Garbling(Memory):
    """Gives back another text than it was given."""

    def get_password(self, service, username):
        kept = super().get_password(service, username)
        return None if kept is None else kept[:-1]


class Stuck(Memory):
    """Blocks like an unlock prompt, until `gate` is opened. Never more than one call may be inside."""

    def __init__(self):
        super().__init__()
        self.gate, self.inside, self.most = threading.Event(), 0, 0

    def _wait(self):
        self.inside += 1
        self.most = max(self.most, self.inside)
        self.gate.wait()
        self.inside -= 1

    def get_password(self, service, username):
        self._wait()
        return super().get_password(service, username)

    def set_password(self, service, username, password):
        self._wait()
        super().set_password(service, username, password)


RINGS = (Memory, Broken, Garbling, Stuck)
