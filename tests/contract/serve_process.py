"""A real ``serve`` for the black-box tests: start it, ask it, stop it."""

from __future__ import annotations

import http.client
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from blackbox import console_script, environment, free_port, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Answer", "Server", "serving", "start", "stop", "wait_until_ready"]

# The platform kills 30 s after SIGTERM; nothing here may need longer.
_SECONDS = 30


class Answer(NamedTuple):
    """What came back for one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """The media type, without parameters."""
        return self.headers.get("content-type", "").split(";")[0].strip()


class Server(NamedTuple):
    """A running ``serve`` and where it listens."""

    process: subprocess.Popen[bytes]
    port: int
    stderr: Path

    def ask(self, method: str, path: str, body: bytes | None = None, headers: Any = None) -> Answer:
        """Send one request over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SECONDS)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()

    def ping(self) -> int | None:
        """Say what /ping answers, or None where nobody answers."""
        try:
            return self.ask("GET", "/ping").status
        except (OSError, http.client.HTTPException):
            return None

    def told(self) -> str:
        """Everything that the server wrote to stderr."""
        return self.stderr.read_text("utf-8", "replace")


def start(
    files: Mapping[str, str], folder: Path, variables: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> Server:
    """Start ``serve`` over a model that is nothing but code.

    Args:
        files: The text of each file, by its path below model/code.
        folder: Where the tree and what the server writes go.
        variables: More of the environment; ``${BASE}`` stands for the root.
        prefix: What stands before the command, and runs it.

    Returns:
        The server, which may not listen yet.
    """
    for name, text in files.items():
        path = folder / "ml/model/code" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    port = free_port()
    own = {
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "SAGEMAKER_MODEL_SERVER_WORKERS": "2",
        "BYOML_FRAMEWORK": "none",
    }
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        process = subprocess.Popen(
            [*prefix, console_script("serve")],
            env=environment(folder / "ml", {**own, **(variables or {})}),
            stdout=stdout,
            stderr=stderr,
            cwd=folder,
            start_new_session=True,
        )
    return Server(process, port, folder / "stderr")


@contextmanager
def serving(
    files: Mapping[str, str], folder: Path, variables: Mapping[str, str] | None = None, prefix: Sequence[str] = ()
) -> Iterator[Server]:
    """Start ``serve`` as `start` does, wait until it is ready, and stop it at the end."""
    server = start(files, folder, variables, prefix)
    try:
        wait_until_ready(server)
        yield server
    finally:
        stop(server)


def wait_until_ready(server: Server) -> None:
    """Wait until /ping answers 200, and fail with the server's own words where it does not."""
    ready = wait_until(lambda: server.ping() == 200 or server.process.poll() is not None, _SECONDS)
    assert ready, server.told()
    assert server.process.poll() is None, server.told()


def stop(server: Server) -> int:
    """Send SIGTERM and wait for the end.

    Returns:
        The exit code.
    """
    server.process.send_signal(signal.SIGTERM)
    try:
        return server.process.wait(_SECONDS)
    finally:
        server.process.kill()
        server.process.wait()
