"""The values that pass between core and plugins; all frozen but the answer part of a Context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from byoml import __version__
from byoml.errors import SettingError
from byoml.plugin.mms_names import MmsNames

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml.child import Stopper
    from byoml.codecs import Codecs

__all__ = [
    "Capabilities",
    "Context",
    "ImageRecipe",
    "Invocation",
    "Launcher",
    "Outcome",
    "ServerSettings",
    "TrainingJob",
]

_LEAST_STATUS, _LARGEST_STATUS = 200, 599


@dataclass(frozen=True)
class Capabilities:
    """What a framework's defaults can do; tests and the server ask for a capability, never for a plugin's name.

    Args:
        batchable: `predict_fn` may get the rows of several requests as one array, and gives one row each. Requests
            whose Accept headers have different parameters do not meet; `Framework.may_batch` excludes single models.
        linewise: Beside that, `input_fn` reads each line of plain numbers in CSV as a row by itself, and `output_fn`
            writes CSV a line a row: so lines of several requests may be read and written at once.
        thread_safe: `predict_fn` may run in several threads at once on one model.
        fork_safe: A model loaded before the fork predicts in the child; proven by a test, never assumed.
        trains: There is a built-in algorithm for jobs without a script.
    """

    batchable: bool = False
    linewise: bool = False
    thread_safe: bool = False
    fork_safe: bool = False
    trains: bool = False


@dataclass(frozen=True)
class ImageRecipe:
    """What a framework's images need, beside byoml and the user's own requirements.

    Args:
        requirements: What pip installs; a bare name is pinned to the version that is installed here.
        apt_packages: Debian packages of the finished image.
        build_constraints: What the builds of packages without a wheel are limited to, such as `setuptools<81`.
        base: The image to build on; None: the one that byoml uses.
    """

    requirements: tuple[str, ...] = ()
    apt_packages: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()
    base: str | None = None


@dataclass(frozen=True)
class TrainingJob:
    """One launch of the user's program on this host.

    Args:
        command: The whole argument vector; never a shell's line.
        cwd: The folder it runs in.
        variables: Its whole environment.
        stopper: Hears SIGTERM and SIGINT, and passes them on.
        hosts: The hosts that take part, rank order.
        host_rank: This host's index in them.
    """

    command: tuple[str, ...]
    cwd: Path
    variables: Mapping[str, str]
    stopper: Stopper
    hosts: tuple[str, ...] = ("localhost",)
    host_rank: int = 0


@dataclass(frozen=True)
class Outcome:
    """How the user's program ended.

    Args:
        exit_code: 0..255; 128+n where signal n ended it.
        signal: The number of the signal that ended it, None where it ended by itself.
        stderr_tail: The end of its stderr.
        stopped: It was asked to stop by SIGTERM or SIGINT.
        command: What was run.
    """

    exit_code: int
    signal: int | None = None
    stderr_tail: str = ""
    stopped: bool = False
    command: tuple[str, ...] = ()


class Launcher(Protocol):
    """Starts the user's processes of one host, and waits for them."""

    name: str

    def launch(self, job: TrainingJob) -> Outcome:
        """Run the job's command; return only when all of it has ended."""


@dataclass(frozen=True)
class ServerSettings:
    """How the server runs; a framework may return a changed copy.

    Args:
        port: Where it listens, on all interfaces; 0 takes a free one.
        workers: Worker processes.
        threads: Threads that predict in each worker.
        timeout: Seconds a request may take.
        queue_limit: Requests that may wait in one worker.
        body_limit: Bytes of a request's body.
        batch_limit: Requests that may be predicted as one batch.
        load_timeout: Seconds that loading the model may take before the container ends; None: however long it takes.
        reason: Why this many workers, in words; logged at start.
    """

    port: int = 8080
    workers: int = 1
    threads: int = 1
    timeout: float = 60.0
    queue_limit: int = 1000
    body_limit: int = 100 * 2**20
    batch_limit: int = 256
    load_timeout: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Invocation:
    """One POST to `/invocations`, free of HTTP.

    Args:
        body: As it came.
        content_type: The header's value, or the default where there was none.
        accept: The header's value, or the default where there was none or `*/*`.
        headers: All headers, names in lower case.
        request_id: Ours, unless the request brought an `X-Amzn-SageMaker-Inference-Id`.
        session: The session it belongs to, None where there is none or sessions are off.
    """

    body: bytes
    content_type: str
    accept: str
    headers: Mapping[str, str]
    request_id: str
    session: Any = None


@dataclass
class Context(MmsNames):
    """What a function that names `context` gets beside its arguments.

    It answers to the names of multi-model-server's context too (contract/inference F-6).

    Args:
        model_dir: Where the model lies.
        codecs: The codecs of core and all plugins.
        headers: The request's headers, names in lower case; empty while the model is loaded.
        request_id: The request's id; empty while the model is loaded.
        session: The client's session, with its `id` and `folder`; None where there is none.
        device: What this worker computes with, as torch writes it: `cpu`, `cuda:0`.
        environ: The environment variables that the server was started with.
        model: What `model_fn` gave; None while it is loaded.
        users: The names of those functions that the user wrote.
    """

    model_dir: Path
    codecs: Codecs
    headers: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""
    session: Any = None
    device: str = "cpu"
    environ: Mapping[str, str] = field(default_factory=dict)
    model: Any = None
    users: frozenset[str] = frozenset()
    answer_status: int = 200
    answer_headers: dict[str, str] = field(default_factory=dict)

    @property
    def inference_id(self) -> str | None:
        return self.headers.get("x-amzn-sagemaker-inference-id")

    @property
    def custom_attributes(self) -> str | None:
        return self.headers.get("x-amzn-sagemaker-custom-attributes")

    @property
    def session_id(self) -> str | None:
        return self.headers.get("x-amzn-sagemaker-session-id")

    @property
    def target_model(self) -> str | None:
        return self.headers.get("x-amzn-sagemaker-target-model")

    @property
    def system_properties(self) -> dict[str, Any]:
        """What multi-model-server says of itself; kept so that handlers written for it run."""
        return {
            "model_dir": str(self.model_dir),
            "gpu_id": self.gpu_id,
            "batch_size": 1,
            "server_name": "byoml",
            "server_version": __version__,
        }

    @property
    def gpu_id(self) -> int | None:
        """The number of this worker's GPU among those that the container is given, None without one."""
        kind, _, number = self.device.partition(":")
        return int(number) if kind == "cuda" else None

    def set_status(self, status: int) -> None:
        """Set the answer's status.

        Args:
            status: From 200 to 599.

        Raises:
            SettingError: It is another.
        """
        if status not in range(_LEAST_STATUS, _LARGEST_STATUS + 1):
            raise SettingError("the answer's status", status, f"a number from {_LEAST_STATUS} to {_LARGEST_STATUS}")
        self.answer_status = int(status)

    def set_header(self, name: str, value: str) -> None:
        """Add a header to the answer; `Content-Type` takes the place of what would be said."""
        self.answer_headers[name] = str(value)
