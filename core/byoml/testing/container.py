"""A container for black-box tests: a tree of files, the real `train`, `serve` and `processing` in it, and what came."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from byoml.environment.paths import ContainerPaths
from byoml.local.endpoint import Server, free_port
from byoml.local.scripts import console_script
from byoml.testing.endpoint import Answer, Endpoint
from byoml.testing.outcomes import ProcessOutcome, TrainOutcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import IO

__all__ = ["Answer", "Container", "Endpoint", "ProcessOutcome", "TrainOutcome"]

_TIMEOUT_SECONDS = 60.0
_KILL_SECONDS = 5.0
_PAUSE = 0.02
# A test run that measures coverage measures the processes under test as well.
_COVERAGE = "COVERAGE_"


class Container:
    """A tree such as `/opt/ml`, and the programs that run in it, with an environment that has nothing of the caller's.

    Args:
        root: A folder of the test's own; the tree is `root/ml`, what programs print goes beside it.
        environ: Variables that all programs get beside PATH, HOME, LANG and the root of the tree.
    """

    def __init__(self, root: Path, environ: Mapping[str, str] | None = None) -> None:
        self.root = root.resolve()
        self.paths = ContainerPaths(self.root / "ml")
        self._environ = dict(environ or {})
        for folder in (self.paths.input_config, self.paths.input_data, self.paths.model, self.paths.output_data):
            folder.mkdir(parents=True, exist_ok=True)

    def path(self, *parts: str) -> Path:
        """Name a file or folder of the tree."""
        return self.paths.base.joinpath(*parts)

    def write(self, files: Mapping[str, Any]) -> None:
        """Write files into the tree.

        Args:
            files: Content by path relative to the tree: text and bytes as they are, anything else as JSON.
        """
        for name, content in files.items():
            path = self.path(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")

    def write_model(self, name: str, files: Mapping[str, Any]) -> str:
        """Write one model of a multi-model endpoint; returns the url that loads it."""
        self.write({f"models/{name}/model/{path}": content for path, content in files.items()})
        return str(self.path("models", name, "model"))

    def environment(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Make the whole environment of a program.

        Args:
            env: Variables of this run; they win.

        Returns:
            All of its variables.
        """
        coverage = {name: value for name, value in os.environ.items() if name.startswith(_COVERAGE)}
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.defpath]),
            "HOME": str(self.root),
            "LANG": "C.UTF-8",
            "SAGEMAKER_BASE_DIR": str(self.paths.base),
            **coverage,
            **self._environ,
            **(env or {}),
        }

    def train(
        self,
        env: Mapping[str, str] | None = None,
        stop_after: Path | None = None,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> TrainOutcome:
        """Run `train` to its end.

        Args:
            env: Variables of this run.
            stop_after: SIGTERM is sent once this file exists.
            timeout: Seconds that it may take.

        Returns:
            How it ended.

        Raises:
            TimeoutError: It took longer, or the file never came; it has been killed.
        """
        code = self._to_its_end(("train",), env, stop_after, signal.SIGTERM, timeout)
        return TrainOutcome(code, _text_of(self.paths.failure), *self._streams("train"))

    def process(
        self,
        *args: str,
        env: Mapping[str, str] | None = None,
        stop_after: Path | None = None,
        stop_signal: int = signal.SIGTERM,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> ProcessOutcome:
        """Run `processing` to its end.

        Args:
            args: Its arguments: a script and the script's arguments.
            env: Variables of this run.
            stop_after: The signal is sent once this file exists.
            stop_signal: Which signal.
            timeout: Seconds that it may take.

        Returns:
            How it ended.

        Raises:
            TimeoutError: It took longer, or the file never came; it has been killed.
        """
        code = self._to_its_end(("processing", *args), env, stop_after, stop_signal, timeout)
        return ProcessOutcome(code, _text_of(self.paths.message), *self._streams("processing"))

    def _to_its_end(
        self,
        words: tuple[str, ...],
        env: Mapping[str, str] | None,
        stop_after: Path | None,
        stop_signal: int,
        timeout: float,
    ) -> int:
        with self._running(words, env) as process:
            deadline = time.monotonic() + timeout
            if stop_after is not None:
                _wait_for(stop_after, process, deadline)
                process.send_signal(stop_signal)
            try:
                code = process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise TimeoutError(
                    f"{words[0]} ran for more than {timeout:g} s; it wrote: {self._printed(words[0])}"
                ) from None
        return code if code >= 0 else 128 - code

    def _streams(self, word: str) -> tuple[bytes, bytes]:
        return (self.root / f"{word}.stdout").read_bytes(), (self.root / f"{word}.stderr").read_bytes()

    @contextmanager
    def serve(
        self,
        env: Mapping[str, str] | None = None,
        *,
        ready: bool = True,
        timeout: float = _TIMEOUT_SECONDS,
    ) -> Iterator[Endpoint]:
        """Run `serve` on a free port, and stop it at the end.

        Args:
            env: Variables of this run.
            ready: Whether to wait until `/ping` answers 200.
            timeout: Seconds to wait for that, and for each answer.

        Yields:
            The endpoint.

        Raises:
            EndpointError: It ended before it was ready, or was not ready in time.
        """
        port = free_port()
        with self._running(("serve",), {"SAGEMAKER_BIND_TO_PORT": str(port), **(env or {})}) as process:
            server = Server(process, port, self.root / "serve.stderr")
            try:
                if ready:
                    server.wait_ready(timeout)
                yield Endpoint(server, self.root, timeout)
            finally:
                server.stop()

    @contextmanager
    def _running(self, words: tuple[str, ...], env: Mapping[str, str] | None) -> Iterator[subprocess.Popen[bytes]]:
        """Start a program that never outlives the block; its output goes to files, so it never waits for a reader."""
        word, *args = words
        with self._output(word, "stdout") as stdout, self._output(word, "stderr") as stderr:
            process = subprocess.Popen(
                [console_script(word), *args],
                cwd=self.root,
                env=self.environment(env),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
                start_new_session=True,
            )
        try:
            yield process
        finally:
            _end(process)

    def _output(self, word: str, stream: str) -> IO[bytes]:
        return (self.root / f"{word}.{stream}").open("wb")

    def _printed(self, word: str) -> str:
        return (self.root / f"{word}.stderr").read_text(encoding="utf-8", errors="replace")


def _text_of(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _wait_for(path: Path, process: subprocess.Popen[bytes], deadline: float) -> None:
    while not path.exists():
        if process.poll() is not None:
            return
        if time.monotonic() > deadline:
            raise TimeoutError(f"{path} did not come")
        time.sleep(_PAUSE)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program that should have ended: asked twice, `train` kills what it started; else it is killed itself."""
    for number in (signal.SIGTERM, signal.SIGTERM):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(_KILL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
