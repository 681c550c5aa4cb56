"""An endpoint whose code may be changed while it serves: a new server loads it, and takes over once it is ready."""

from __future__ import annotations

import logging
import shutil
import socket
import tempfile
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.child import Stopped, Stopper
from byoml.errors import ByomlError
from byoml.local.endpoint import checked_port, free_port, started
from byoml.local.relay import Relay
from byoml.local.runner import chosen
from byoml.local.tree import build_endpoint
from byoml.local.watching import Watch, watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.local.endpoint import Server
    from byoml.local.runner import Runner
    from byoml.local.values import EndpointSpec

__all__ = ["serve"]

_HOST = "127.0.0.1"
_PAUSE = 0.2
_NAMED = 3

_log = logging.getLogger("byoml.local")


def serve(
    spec: EndpointSpec,
    environ: Mapping[str, str],
    announce: Callable[[str], None],
    tell: Callable[[str], None] = _log.debug,
) -> int:
    """Serve a model until SIGTERM or SIGINT, each time with the code as it was last changed.

    Args:
        spec: The endpoint.
        environ: The user's environment.
        announce: Called with the endpoint's URL once it is ready.
        tell: Called with what happens now, one line each.

    Returns:
        0, whether a signal stopped it or it ended well by itself.

    Raises:
        ByomlError: What `byoml.local.endpoint.serve` raises; code that was changed raises nothing.
    """
    port = checked_port(spec.port)
    with (
        Stopper().listening(),
        chosen("serve", spec.image, environ) as runner,
        tempfile.TemporaryDirectory(prefix="byoml-serve-", ignore_cleanup_errors=True) as folder,
        suppress(Stopped),
        ExitStack() as stack,
    ):
        tell("starting the server and loading the model")
        relay = Relay()
        listener = stack.enter_context(socket.create_server((_HOST, port)))
        stack.enter_context(relay.listening(listener))
        versions = _Versions(spec, runner, Path(folder).resolve())
        stack.callback(versions.stop)  # the first to end: its last answers go through the relay
        relay.target = versions.current.port
        versions.current.wait_ready()
        announce(f"http://{_HOST}:{port}")
        versions.follow(relay)
    return 0


class _Version:
    """A server with one state of the code."""

    def __init__(self, spec: EndpointSpec, runner: Runner, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._stack = ExitStack()
        self._stack.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            paths = build_endpoint(folder / "ml", spec)
            self._server: Server = self._stack.enter_context(started(spec, runner, paths, self.port))
        except BaseException:
            self._stack.close()
            raise

    def wait_ready(self) -> None:
        self._server.wait_ready()

    def ended(self) -> bool:
        """Tell whether it has ended by itself; raises EndpointError where that was with an error."""
        if self._server.process.poll() is None:
            return False
        self._server.wait()
        return True

    def stop(self) -> None:
        self._stack.close()


class _Versions:
    """The servers, one after another."""

    def __init__(self, spec: EndpointSpec, runner: Runner, folder: Path) -> None:
        self._spec = spec
        self._runner = runner
        self._folder = folder
        self._number = 0
        self._watch = Watch(watched(spec))
        self.current = self._next()

    def _next(self) -> _Version:
        self._number += 1
        return _Version(self._spec, self._runner, self._folder / str(self._number))

    def stop(self) -> None:
        self.current.stop()

    def follow(self, relay: Relay) -> None:
        """Serve each change until the server ends by itself."""
        while not self.current.ended():
            changed = self._watch.changed()
            if changed:
                self._take(changed, relay)
            time.sleep(_PAUSE)

    def _take(self, changed: list[Path], relay: Relay) -> None:
        """Let a new server take over once it is ready; what cannot be served leaves everything as it is."""
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        _log.info("%s%s changed: loading the model with it", ", ".join(path.name for path in changed[:_NAMED]), more)
        try:
            new = self._loaded()
        except (ByomlError, OSError) as error:
            _log.error("the change is not served: %s; what was there before goes on", error)
            return
        relay.target, old, self.current = new.port, self.current, new
        _log.info("the change is served")
        old.stop()

    def _loaded(self) -> _Version:
        new = self._next()
        try:
            new.wait_ready()
        except BaseException:
            new.stop()
            raise
        return new
