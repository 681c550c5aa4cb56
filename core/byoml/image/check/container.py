"""One container of the image under examination, from its start to its removal."""

from __future__ import annotations

import http.client
import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from byoml.image.errors import DockerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.image.docker import Docker

__all__ = ["COULD_NOT_START", "Answer", "Container", "Launch", "running"]

#: Docker's exit codes for a program that cannot be run, or is not there.
COULD_NOT_START = (126, 127)
_PAUSE = 0.05
_TAIL_LINES = "5"


class Answer(NamedTuple):
    """What a server answered.

    Args:
        status: The HTTP status; None: nothing came.
        body: The body, its first bytes.
        seconds: How long it took.
    """

    status: int | None
    body: bytes
    seconds: float


@dataclass(frozen=True)
class Container:
    """A container that has been started.

    Args:
        docker: Docker's client.
        id: Its id.
        port: The port it was asked to serve at.
    """

    docker: Docker
    id: str
    port: int

    def exit_code(self) -> int | None:
        """Tell how it ended; None while it runs."""
        state = json.loads(self.docker.read("inspect", "--format", "{{json .State}}", self.id))
        return None if state["Running"] else int(state["ExitCode"])

    def wait(self, seconds: float) -> int | None:
        """Wait for its end; None where it still runs then."""
        deadline = time.monotonic() + seconds
        while (code := self.exit_code()) is None and time.monotonic() < deadline:
            time.sleep(_PAUSE)
        return code

    def tail(self) -> str:
        """Give the end of what it wrote, on one line."""
        ended = self.docker.run("logs", "--tail", _TAIL_LINES, self.id)
        lines = [line.strip() for line in (ended.stdout + ended.stderr).splitlines() if line.strip()]
        return " | ".join(lines)[-300:] or "it wrote nothing"

    def stop(self, seconds: int) -> tuple[int | None, float]:
        """Send SIGTERM, and SIGKILL after a time; gives the exit code and how long it took."""
        begun = time.monotonic()
        self.docker.run("stop", "--time", str(seconds), self.id)
        return self.exit_code(), time.monotonic() - begun

    def ask(self, method: str, path: str, body: bytes = b"", timeout: float = 5.0) -> Answer:
        """Send a request from outside the container."""
        begun = time.monotonic()
        try:
            host, _, port = self.docker.read("port", self.id, f"{self.port}/tcp").splitlines()[0].rpartition(":")
            connection = http.client.HTTPConnection(host, int(port), timeout=timeout)
            connection.request(method, path, body, {"Content-Type": "text/csv"} if body else {})
            response = connection.getresponse()
            return Answer(response.status, response.read(4096), time.monotonic() - begun)
        except (OSError, http.client.HTTPException, DockerError, IndexError):
            return Answer(None, b"", time.monotonic() - begun)

    def answers(self, path: str, seconds: float, wanted: int | None = None) -> Answer:
        """Ask a path until it answers, with a wanted status where one is given, or the container ends."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.ask("GET", path)
            if answer.status is not None and wanted in {None, answer.status}:
                return answer
            if time.monotonic() > deadline or self.exit_code() is not None:
                return answer
            time.sleep(_PAUSE)


@dataclass(frozen=True)
class Launch:
    """How a container is started.

    Args:
        image: The image.
        word: What stands behind the image's name.
        mounts: Folders of this machine, by the path in the container.
        variables: Its environment.
        port: The port to be reached at.
    """

    image: str
    word: str
    mounts: Mapping[str, Path]
    variables: Mapping[str, str] = field(default_factory=dict)
    port: int = 8080


@contextmanager
def running(docker: Docker, launch: Launch) -> Iterator[Container]:
    """Start a container as the platform does, and remove it at the end.

    Args:
        docker: Docker's client.
        launch: How it is started.

    Yields:
        The container.
    """
    options = [word for path, folder in launch.mounts.items() for word in ("--volume", f"{folder}:{path}")]
    options += [word for name, value in launch.variables.items() for word in ("--env", f"{name}={value}")]
    made = docker.read("create", "--publish", f"127.0.0.1::{launch.port}", *options, launch.image, launch.word)
    container = Container(docker, made.splitlines()[-1], launch.port)
    try:
        # A program that is not there fails here; its exit code tells that it is so.
        docker.run("start", container.id)
        yield container
    finally:
        docker.run("rm", "--force", "--volumes", container.id)
