"""One program for each state directory: a second start hands its files to the first, which comes to the front.

The server's name is the user's own and the directory's. A socket that a crash left behind is removed when nobody
answers at it.
"""

import getpass
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile, QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

WAIT_MS = 500  # for the first program to answer
MOST_BYTES = 256 * 1024
MOST_FILES = 256


class Message(msgspec.Struct, frozen=True):
    """What a second start says: the files that it was given, and the token by which Wayland lets a window come up."""

    files: tuple[str, ...] = ()
    activation: str = ""


_decoder = msgspec.json.Decoder(Message)


def server_name(directory: Path) -> str:
    """Short, since the path of a socket may have 100 characters; the same for all spellings of a directory."""
    key = f"{_user()}\0{os.path.realpath(directory)}"
    return f"streamover-{hashlib.sha256(key.encode()).hexdigest()[:20]}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return str(getattr(os, "getuid", lambda: "")())


class SingleInstance(QObject):
    """`first()` decides who this is. The first then hears `asked` for each later start."""

    asked = Signal(list, str)  # paths of files as str (maybe none), and the activation token (maybe empty)

    def __init__(self, directory: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._directory = directory
        self._name = server_name(directory)
        self._server: QLocalServer | None = None
        self._lock: QLockFile | None = None
        self._open: set[QLocalSocket] = set()

    def first(self, files: Sequence[Path] = ()) -> bool:
        """Whether this program is to open its window. If not, the one that runs has been given `files`.

        Where nothing can be shared (no permission, no sockets), it is True: two windows are better than none.
        """
        if self._hand_over(files):
            return False
        lock = self._locked()
        if lock is None:  # another start is between its lock and its server: ask it again
            return not self._hand_over(files)
        self._lock = lock
        self._listen()
        return True

    def close(self) -> None:
        """Lets the next start be the first."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    # The second start

    def _hand_over(self, files: Sequence[Path]) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(WAIT_MS):
            return False
        paths = tuple(str(path.absolute()) for path in files[:MOST_FILES])
        message = Message(paths, os.environ.get("XDG_ACTIVATION_TOKEN", ""))
        socket.write(msgspec.json.encode(message) + b"\n")
        socket.flush()
        while socket.bytesToWrite():
            if not socket.waitForBytesWritten(WAIT_MS):
                return False
        socket.disconnectFromServer()
        if socket.state() is not QLocalSocket.LocalSocketState.UnconnectedState:
            socket.waitForDisconnected(WAIT_MS)
        return True

    # The first

    def _locked(self) -> QLockFile | None:
        """A lock beside the data, so that two starts in one moment do not both remove the other's socket."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
        except OSError:
            return QLockFile("")
        lock = QLockFile(str(self._directory / "instance.lock"))
        lock.setStaleLockTime(0)  # held as long as the program lives; Qt sees when its process is gone
        taken = lock.tryLock(WAIT_MS)
        return lock if taken or lock.error() is not QLockFile.LockError.LockFailedError else None

    def _listen(self) -> None:
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._connected)
        if not self._server.listen(self._name):  # a socket is in the way, and nobody answered at it
            QLocalServer.removeServer(self._name)
            self._server.listen(self._name)

    def _connected(self) -> None:
        while self._server is not None and (socket := self._server.nextPendingConnection()) is not None:
            self._open.add(socket)
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.disconnected.connect(lambda socket=socket: self._over(socket))
            if socket.bytesAvailable():
                self._read(socket)
            if socket.state() is QLocalSocket.LocalSocketState.UnconnectedState:
                self._over(socket)

    def _read(self, socket: QLocalSocket) -> None:
        if socket.bytesAvailable() > MOST_BYTES:
            socket.abort()
            return
        while socket in self._open and socket.canReadLine():
            self._take(bytes(socket.readLine(MOST_BYTES).data()))

    def _take(self, line: bytes) -> None:
        try:
            message = _decoder.decode(line)
        except msgspec.MsgspecError:
            return  # not one of ours: nothing to tell the user
        self.asked.emit(list(message.files[:MOST_FILES]), message.activation)

    def _over(self, socket: QLocalSocket) -> None:
        if socket in self._open:
            self._open.discard(socket)
            socket.deleteLater()
