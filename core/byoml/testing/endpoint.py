"""A running endpoint, asked over HTTP with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.local.endpoint import Server

__all__ = ["Answer", "Endpoint"]

_TIMEOUT_SECONDS = 60.0


def _model_path(name: str) -> str:
    return f"/models/{quote(name, safe='')}"


@dataclass(frozen=True)
class Answer:
    """What the server answered.

    Args:
        status: The HTTP status.
        headers: By name, in lower case; a name sent twice has its values joined by `, `.
        body: The body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


class Endpoint:
    """A running `serve`.

    Args:
        server: Its process.
        output: The folder with its stdout and stderr.
        timeout: Seconds that one answer may take.
    """

    def __init__(self, server: Server, output: Path, timeout: float) -> None:
        self._server = server
        self._output = output
        self._timeout = timeout

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def port(self) -> int:
        return self._server.port

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self._server.process

    def ping(self) -> int:
        """Ask `/ping`.

        Returns:
            The status; 0 where nobody answers yet, or any more.
        """
        return self._server.ping() or 0

    def wait_ready(self, timeout: float = _TIMEOUT_SECONDS) -> None:
        """Wait until `/ping` answers 200.

        Args:
            timeout: How many seconds to wait.

        Raises:
            EndpointError: The server ended, or was not ready in time.
        """
        self._server.wait_ready(timeout)

    def invoke(
        self,
        body: bytes | str,
        content_type: str | None = None,
        accept: str | None = None,
        headers: Mapping[str, str] | None = None,
        model: str | None = None,
    ) -> Answer:
        """Send one invocation.

        Args:
            body: The body; text is sent as UTF-8.
            content_type: The Content-Type; None sends none.
            accept: The Accept; None sends none.
            headers: More headers.
            model: Its name in a multi-model endpoint; None asks `/invocations`.

        Returns:
            The answer, of whatever status.
        """
        said = {"Content-Type": content_type, "Accept": accept, **(headers or {})}
        named = {name: value for name, value in said.items() if value is not None}
        return self.request("POST", f"{_model_path(model)}/invoke" if model else "/invocations", body, named)

    def load_model(self, name: str, url: str) -> Answer:
        """Have a multi-model endpoint load a model from a folder."""
        body = json.dumps({"model_name": name, "url": url})
        return self.request("POST", "/models", body, {"Content-Type": "application/json"})

    def unload_model(self, name: str) -> Answer:
        """Have a multi-model endpoint unload a model."""
        return self.request("DELETE", _model_path(name))

    def request(
        self, method: str, path: str, body: bytes | str = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send any request, on a connection of its own.

        Args:
            method: Such as `GET`.
            path: Such as `/ping`, with its query.
            body: The body; text is sent as UTF-8.
            headers: Its headers; Host and Content-Length are added.

        Returns:
            The answer, of whatever status.
        """
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self._timeout)
        try:
            connection.request(method, path, body.encode() if isinstance(body, str) else body, dict(headers or {}))
            response = connection.getresponse()
            names = {name.lower() for name, _ in response.getheaders()}
            return Answer(response.status, {name: response.headers[name] for name in names}, response.read())
        finally:
            connection.close()

    def stop(self) -> int:
        """Stop the server by SIGTERM; once it has ended, only tell its exit code.

        Returns:
            Its exit code, 128+n where signal n ended it.
        """
        return self._server.stop()

    def stdout(self) -> bytes:
        return (self._output / "serve.stdout").read_bytes()

    def stderr(self) -> bytes:
        return (self._output / "serve.stderr").read_bytes()
