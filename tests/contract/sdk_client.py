"""What the SDK's local mode needs on this machine: variables, an S3 that containers reach, and one who tidies up."""

from __future__ import annotations

import gc
import importlib
import ipaddress
import logging
import socket
import warnings
from importlib import metadata
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.image.docker import Docker

__all__ = ["BUCKET", "ROLE", "Client", "client", "drives", "load", "quiet", "storage", "version"]

BUCKET = "my-bucket"
ROLE = "arn:aws:iam::123456789012:role/any"
_MODULES = {2: ("sagemaker",), 3: ("sagemaker.train.model_trainer", "sagemaker.core.processing")}
_SUBNET = "{{(index .IPAM.Config 0).Subnet}}"
_CONTAINERS = ("--filter", "status=exited", "--filter", "status=created", "--filter", r"name=[-_]algo-\d")


class Client(NamedTuple):
    """Where somebody who uses the SDK stands."""

    #: A port of this machine that nobody listens on.
    port: int
    #: A client of the S3 that the SDK is told of.
    s3: Any


def version() -> int:
    """Say which of the SDK's lines is installed; 0 where none is."""
    try:
        return int(metadata.version("sagemaker").partition(".")[0])
    except metadata.PackageNotFoundError:
        return 0


def drives(line: int) -> list[pytest.MarkDecorator]:
    """Make the marks of tests in which one line of the SDK runs: it may take its time, and leaves pipes open."""
    return [
        pytest.mark.skipif(version() != line, reason=f"version {line} of the SageMaker SDK is not installed"),
        pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),  # It closes no pipe to docker-compose.
        pytest.mark.timeout(300),
    ]


def load(*names: str) -> None:
    """Import modules of the SDK: what it and its libraries warn of while they are loaded is not ours."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            importlib.import_module(name)


def quiet() -> dict[str, Any]:
    """Give the SDK's setting that keeps it from sending what it was called with to AWS."""
    return {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}


@pytest.fixture(scope="session")
def storage(docker: Docker) -> Iterator[str]:
    """The address of an S3 on the gateway of Docker's bridge, which this machine and every container reach."""
    server = pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")
    subnet = docker.read("network", "inspect", "bridge", "--format", _SUBNET)
    # The gateway is the first address; an older daemon does not list it.
    gateway = str(next(ipaddress.ip_network(subnet).hosts()))
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = server.ThreadedMotoServer(ip_address=gateway, port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture(scope="module")
def client(storage: str, docker: Docker) -> Iterator[Client]:
    """The SDK's variables, and S3 with an empty bucket; the containers that the SDK leaves are removed."""
    import boto3

    load(*_MODULES[version()])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in _variables(storage).items():
            patch.setenv(name, value)
        s3 = boto3.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        yield Client(port, s3)
        s3.close()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # It closes no pipe to docker-compose.
        gc.collect()
    left = docker.read("ps", "--all", "--quiet", *_CONTAINERS).split()
    if left:
        docker.run("rm", "--volumes", *left)


def _variables(storage: str) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": storage,
        "COMPOSE_HTTP_TIMEOUT": "120",  # The SDK sets it so, and leaves it.
        "NO_PROXY": "*",
        "SAGEMAKER_SUPPRESS_V2_WARNING": "1",
    }
