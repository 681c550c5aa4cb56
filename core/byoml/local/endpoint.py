"""An endpoint on this machine: a `serve` process with a model's tree, from its start to its stop."""

from __future__ import annotations

import http.client
import logging
import os
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.child import Stopped, Stopper
from byoml.errors import SettingError
from byoml.local.errors import EndpointError
from byoml.local.runner import chosen
from byoml.local.tree import build_endpoint
from byoml.local.variables import endpoint_variables

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from byoml.environment.paths import ContainerPaths
    from byoml.local.runner import Runner
    from byoml.local.values import EndpointSpec

__all__ = ["Server", "checked_port", "free_port", "ready", "serve", "started"]

_HOST = "127.0.0.1"
# How long a model may take to load.
_READY_SECONDS = 600.0
_STOP_SECONDS = 60.0
_PING_SECONDS = 5.0
_PAUSE = 0.03
_TAIL_BYTES = 4096

_log = logging.getLogger("byoml.local")


def serve(
    spec: EndpointSpec,
    environ: Mapping[str, str],
    announce: Callable[[str], None],
    tell: Callable[[str], None] = _log.debug,
) -> int:
    """Serve a model until SIGTERM or SIGINT.

    Args:
        spec: The endpoint.
        environ: The user's environment.
        announce: Called with the endpoint's URL once it is ready.
        tell: Called with what happens now, one line each.

    Returns:
        0, whether a signal stopped it or it ended well by itself.

    Raises:
        SettingError: An option's value is not possible.
        SourceError: The model or the source is no archive.
        ScriptMissingError: `serve` is not installed where this Python's scripts are.
        EndpointError: The server did not become ready, or failed later.
    """
    port = checked_port(spec.port)
    with Stopper().listening(), suppress(Stopped), ready(spec, environ, port, tell) as server:
        announce(server.url)
        server.wait()
    return 0


@contextmanager
def ready(spec: EndpointSpec, environ: Mapping[str, str], port: int, tell: Callable[[str], None]) -> Iterator[Server]:
    """Start an endpoint in a folder of its own and wait until it answers; leave nothing of it behind.

    Args:
        spec: The endpoint.
        environ: The user's environment.
        port: Where it is reachable.
        tell: Called with what happens now, one line each.

    Yields:
        The server.

    Raises:
        ByomlError: What `serve` raises of the model, its source and the server.
    """
    with (
        chosen("serve", spec.image, environ) as runner,
        tempfile.TemporaryDirectory(prefix="byoml-serve-", ignore_cleanup_errors=True) as folder,
    ):
        tell("building the tree of the endpoint")
        paths = build_endpoint(Path(folder).resolve() / "ml", spec)
        tell("starting the server and loading the model")
        with started(spec, runner, paths, port) as server:
            server.wait_ready()
            yield server


@contextmanager
def started(spec: EndpointSpec, runner: Runner, paths: ContainerPaths, port: int) -> Iterator[Server]:
    """Start the server of an endpoint, and stop it at the end.

    Args:
        spec: The endpoint.
        runner: What runs it.
        paths: Its tree.
        port: Where it is reachable.

    Yields:
        The server, which may not be ready yet.
    """
    runner.warn(paths.base, paths.code, spec.source)
    runner.warn(paths.base, paths.model / "code", spec.model / "code")
    runner, listening = runner.publish(port)
    variables = endpoint_variables(runner.environ, spec, runner.base(paths.base), listening)
    start = runner.start(("serve",), paths.base, variables)
    process = subprocess.Popen(
        start.command, cwd=paths.base, env=dict(start.variables), stdin=subprocess.DEVNULL, start_new_session=True
    )
    server = Server(process, port)
    try:
        yield server
    finally:
        server.stop()


class Server:
    """A `serve` process.

    Args:
        process: It, in a session of its own.
        port: Where it listens.
        log: The file with its stderr, None where its stderr is ours.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, log: Path | None = None) -> None:
        self.process = process
        self.port = port
        self._log = log
        self._started = time.monotonic()

    @property
    def url(self) -> str:
        return f"http://{_HOST}:{self.port}"

    def ping(self) -> int | None:
        """Ask `/ping`.

        Returns:
            The status, None where nobody answers.
        """
        connection = http.client.HTTPConnection(_HOST, self.port, timeout=_PING_SECONDS)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def wait_ready(self, seconds: float = _READY_SECONDS) -> None:
        """Wait until `/ping` answers 200.

        Args:
            seconds: How long to wait.

        Raises:
            EndpointError: The server ended, or was not ready in time.
        """
        while self.ping() != http.HTTPStatus.OK:
            ended = self.process.poll()
            if ended is not None or self._age() > seconds:
                raise EndpointError(ended, self._age(), self._tail())
            time.sleep(_PAUSE)

    def wait(self) -> None:
        """Wait until it ends by itself.

        Raises:
            EndpointError: It ended with an error.
        """
        code = self.process.wait()
        if code:
            raise EndpointError(code, self._age(), self._tail(), ready=True)

    def stop(self, seconds: float = _STOP_SECONDS) -> int:
        """Ask it to end, and kill it with all its workers where it does not.

        Args:
            seconds: How long it may take.

        Returns:
            Its exit code, 128+n where signal n ended it.
        """
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except BaseException as error:
            os.killpg(self.process.pid, signal.SIGKILL)
            code = self.process.wait()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
        return code if code >= 0 else 128 - code

    def _age(self) -> float:
        return time.monotonic() - self._started

    def _tail(self) -> str:
        return self._log.read_bytes()[-_TAIL_BYTES:].decode("utf-8", "replace").strip() if self._log else ""


def free_port() -> int:
    """Find a port of this machine that nobody listens on."""
    with socket.create_server((_HOST, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def checked_port(port: int) -> int:
    """Make sure that who answers on the port is our server, and no other; 0 takes a free one."""
    if not port:
        return free_port()
    try:
        with socket.create_server((_HOST, port)):
            return port
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        raise SettingError("--port", port, f"a port that can be listened on ({reason}); 0 takes a free one") from None
