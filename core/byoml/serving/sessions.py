"""Stateful sessions (contract/inference S-4 to S-6): a folder each, in memory that all workers share."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.environment.serving_env import truth
from byoml.request_errors import SessionFailed, SessionNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.environment.serving_env import ServingEnv

__all__ = ["SWITCH", "Session", "Sessions", "fresh_sessions"]

#: The variable that turns them on.
SWITCH = "SAGEMAKER_ENABLE_STATEFUL_SESSIONS"
_PATH = "SAGEMAKER_SESSIONS_PATH"
_ID = re.compile(r"[0-9a-f]{32}")  # as we make them: nothing else below the folder is ours to give or to remove
_LOCK = ".lock"
_SHARED_MEMORY = "/dev/shm/byoml_sessions_"  # noqa: S108  memory, of which others see the name alone
_EXPIRY_SECONDS = 1200
_CLOSING = ".closing-"


@dataclass(frozen=True)
class Session:
    """One client's state, which any worker may be asked for.

    Args:
        id: As the client sends it.
        folder: The session's own; what functions leave there is there for the next request.
    """

    id: str
    folder: Path

    def asked(self) -> None:
        """Let it live on from now; one that was closed meanwhile stays so."""
        with suppress(FileNotFoundError):
            os.utime(self.folder)

    @contextmanager
    def locked(self) -> Iterator[Path]:
        """Keep other requests of the same session out, in whatever worker they are.

        Yields:
            The folder.
        """
        with (self.folder / _LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield self.folder


class Sessions:
    """All sessions of an endpoint.

    Args:
        root: The folder of their folders.
        seconds: How long a session lives after its last request.
    """

    def __init__(self, root: Path, seconds: float) -> None:
        self._root = root
        self._seconds = seconds

    @classmethod
    def from_env(cls, env: ServingEnv) -> Sessions | None:
        """Read the variables; None where sessions are not asked for, and headers are the functions' own matter."""
        if not truth(env.environ.get(SWITCH)):
            return None
        root = env.environ.get(_PATH) or f"{_SHARED_MEMORY}{env.port}"
        return cls(Path(root), env.number("SAGEMAKER_SESSIONS_EXPIRATION", _EXPIRY_SECONDS))

    @property
    def seconds(self) -> float:
        return self._seconds

    def create(self) -> Session:
        """Begin a session; those that have expired go.

        Returns:
            The session.

        Raises:
            SessionFailed: There can be no folder for it.
        """
        name = uuid.uuid4().hex
        folder = self._root / name
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.sweep()
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise SessionFailed("beginning a session", error) from error
        return Session(name, folder)

    def find(self, session_id: str) -> Session:
        """Find a session, which lives on from now.

        Args:
            session_id: As the client sent it; it cannot name a folder outside.

        Returns:
            The session.

        Raises:
            SessionNotFound: There is none of this id, or no more.
        """
        folder = self._root / session_id
        if not _ID.fullmatch(session_id) or not folder.is_dir() or self._expired(folder):
            raise SessionNotFound(session_id)
        session = Session(session_id, folder)
        session.asked()
        return session

    def close(self, session: Session) -> None:
        """End a session, at once for whoever asks for it.

        Args:
            session: It.

        Raises:
            SessionNotFound: Another request has closed it.
            SessionFailed: Its folder cannot be removed.
        """
        going = session.folder.with_name(_CLOSING + session.id)
        try:
            session.folder.rename(going)
            shutil.rmtree(going)
        except FileNotFoundError:
            raise SessionNotFound(session.id) from None
        except OSError as error:
            raise SessionFailed(f"closing the session {session.id}", error) from error

    def announcement(self, session: Session) -> str:
        """Write the header of a new session: its id, and until when it lives if nobody asks again, in UTC."""
        end = datetime.fromtimestamp(time.time() + self._seconds, timezone.utc)
        return f"{session.id}; Expires={end:%Y-%m-%dT%H:%M:%SZ}"

    def sweep(self) -> None:
        """Remove what has expired, but for sessions whose lock is held; whatever else lies there stays."""
        for folder in self._root.iterdir() if self._root.is_dir() else ():
            if (
                _ID.fullmatch(folder.name.removeprefix(_CLOSING))
                and self._expired(folder)
                and not _held(folder / _LOCK)
            ):
                shutil.rmtree(folder, ignore_errors=True)

    def _expired(self, folder: Path) -> bool:
        try:
            return time.time() - folder.stat().st_mtime > self._seconds
        except FileNotFoundError:  # another worker has closed it
            return True


@contextmanager
def fresh_sessions(env: ServingEnv) -> Iterator[None]:
    """Let no session outlive its server, or be found by the next on the port; a folder that was named is left alone.

    Args:
        env: What the container is told.
    """
    ours = None if env.environ.get(_PATH) or not env.port else Path(f"{_SHARED_MEMORY}{env.port}")
    if ours is None or not truth(env.environ.get(SWITCH)):
        yield
        return
    shutil.rmtree(ours, ignore_errors=True)
    try:
        yield
    finally:
        shutil.rmtree(ours, ignore_errors=True)


def _held(path: Path) -> bool:
    try:
        with path.open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none
        return False
    return False
