"""Stateful sessions (contract/inference S-4 to S-6): a folder each, in memory that all workers share."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml.environment.serving_env import truth
from byoml.request_errors import BadParameter, SessionFailed, SessionNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.environment.serving_env import ServingEnv
    from byoml.plugin.values import Invocation

__all__ = ["CLOSE", "NEW", "SESSION_HEADER", "Session", "Sessions", "asked_for", "refuse_session"]

NEW = "NEW_SESSION"
CLOSE = "CLOSE"
SESSION_HEADER = "x-amzn-sagemaker-session-id"

_SWITCH = "SAGEMAKER_ENABLE_STATEFUL_SESSIONS"
_ID = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9])*")
_LONGEST_ID = 256
_LOCK = ".lock"
_EXPIRY_SECONDS = 1200
_LONGEST_COMMAND = 4096
_LONGEST_SHOWN = 200
_COMMANDS = f'{{"requestType": "{NEW}"}} or {{"requestType": "{CLOSE}"}}, with nothing beside it'
_CLOSING = ".closing-"  # no id begins with a dot


@dataclass(frozen=True)
class Session:
    """One client's state, which any worker may be asked for.

    Args:
        id: As the client sends it.
        folder: The session's own; what functions leave there is there for the next request.
    """

    id: str
    folder: Path

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
        if not truth(env.environ.get(_SWITCH)):
            return None
        root = env.environ.get("SAGEMAKER_SESSIONS_PATH") or f"/dev/shm/byoml_sessions_{env.port}"  # noqa: S108  memory
        return cls(Path(root), env.number("SAGEMAKER_SESSIONS_EXPIRATION", _EXPIRY_SECONDS))

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
            self._sweep()
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
        known = len(session_id) <= _LONGEST_ID and _ID.fullmatch(session_id) and folder.is_dir()
        if not known or self._expired(folder):
            raise SessionNotFound(session_id)
        folder.touch()
        return Session(session_id, folder)

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

    def _sweep(self) -> None:
        for folder in self._root.iterdir():
            if self._expired(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def _expired(self, folder: Path) -> bool:
        try:
            return time.time() - folder.stat().st_mtime > self._seconds
        except FileNotFoundError:  # another worker has closed it
            return True


def asked_for(invocation: Invocation) -> tuple[str | None, str | None]:
    """Tell what a request says of sessions.

    Args:
        invocation: The request.

    Returns:
        The session header, and the command in the body: `NEW_SESSION`, `CLOSE`, or None: the body is for the model.

    Raises:
        BadParameter: The request is of a session, and its body would be a command but for what stands beside it.
    """
    header = invocation.headers.get(SESSION_HEADER)
    said = _request_type(invocation.body)
    if said in ({"requestType": NEW}, {"requestType": CLOSE}):
        return header, said["requestType"]
    if header is not None and said:
        raise BadParameter("the session's command", json.dumps(said)[:_LONGEST_SHOWN], _COMMANDS)
    return header, None


def refuse_session(invocation: Invocation, *, commands_only: bool) -> None:
    """Tell a client that there are no sessions here, before its command is taken for data.

    Args:
        invocation: A request whose body no function of the user reads.
        commands_only: Another function of the user may see to what else is of a session.

    Raises:
        BadParameter: The request is of a session, and sessions are off.
    """
    header = invocation.headers.get(SESSION_HEADER)
    if header is None or invocation.session is not None:
        return
    if not commands_only or asked_for(invocation)[1]:
        raise BadParameter(SESSION_HEADER, header, f"absent, as sessions are off; {_SWITCH}=true turns them on")


def _request_type(body: bytes) -> dict[str, Any]:
    """Read a body that may be a command; empty where it is none."""
    if len(body) > _LONGEST_COMMAND or b"requestType" not in body:
        return {}
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) and "requestType" in said else {}
