"""What tests of several folders share: an S3 on the loopback interface."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from buckets import S3

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def _moto() -> Iterator[str]:
    """The server's address; it runs in a thread of ours, and answers any process."""
    pytest.importorskip("boto3", reason="boto3 is not installed: byoml[s3] brings it")
    server = pytest.importorskip("moto.server", reason="moto is not installed: pip install 'moto[server]'")
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    running.start()
    host, port = running.get_host_and_port()
    yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def s3(_moto: str, request: pytest.FixtureRequest) -> Iterator[S3]:
    """An empty bucket, and the variables with which a container reaches it."""
    import boto3

    variables = {
        "AWS_ENDPOINT_URL_S3": _moto,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
    }
    client = boto3.client(
        "s3",
        endpoint_url=_moto,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",  # noqa: S106  the server takes any
    )
    bucket = f"bucket-{abs(hash(request.node.nodeid)):x}"
    client.create_bucket(Bucket=bucket)
    yield S3(client, bucket, variables)
    client.close()
