"""`byoml image push`: into a repository of ECR, which it makes, logged in with the token that AWS gives.

AWS is moto's server, and the registry Debian's docker-registry. It answers under ECR's own name with a certificate of
its own, which only a daemon in namespaces of its own believes: nothing of this machine is changed.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import shutil
import subprocess
import sys
import tarfile
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from byoml.image.docker import Docker

if TYPE_CHECKING:
    from collections.abc import Iterator

_BYOML = str(Path(sys.executable).with_name("byoml"))
_HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
_TARGET = f"{_HOST}/team/churn:1"
_KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true"}
# For user AWS the password of moto's tokens, 123456789012-auth-token.
_PASSWORDS = "AWS:$2b$04$YBykd8OJVmdp0FUZ8fJXv.WJ3z3LO7jaFDV3zFvgALG3LrnR7OJoq\n"
_REGISTRY = """version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/registry}}}}
http: {{addr: "127.0.0.1:443", tls: {{certificate: {folder}/crt, key: {folder}/key}}}}
auth: {{htpasswd: {{realm: test, path: {folder}/passwords}}}}
"""
_START = """set -e
ip link set lo up
mount --bind {folder}/hosts /etc/hosts
mount --bind {folder}/docker /etc/docker
docker-registry serve {folder}/registry.yml >{folder}/registry.log 2>&1 &
exec dockerd --data-root {folder}/data --exec-root {folder}/exec --pidfile {folder}/pid -H unix://{folder}/socket \
  --bridge none --iptables=false --ip-masq=false --storage-driver vfs >{folder}/log 2>&1
"""

pytestmark = pytest.mark.timeout(180)


def _certify(folder: Path) -> None:
    """Make a certificate for the registry's name, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _HOST)])
    now = dt.datetime.now(dt.timezone.utc)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - dt.timedelta(days=1)).not_valid_after(now + dt.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(_HOST)]), critical=False)
    certificate = made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key").write_bytes(key.private_bytes(*plain))
    (folder / "crt").write_bytes(certificate)
    trusted = folder / "docker" / "certs.d" / _HOST
    trusted.mkdir(parents=True)
    (trusted / "ca.crt").write_bytes(certificate)


@pytest.fixture
def far(docker: Docker, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    """A daemon of its own, for which ECR's name is our registry; it has one image, tiny:1."""
    for program in ("docker-registry", "dockerd", "unshare"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no program {program}; `sh tools/docker.sh` installs it where it can")
    if os.getuid() != 0:
        pytest.skip("a daemon of its own needs root")
    # The path of a socket may have 108 bytes.
    folder = tmp_path_factory.mktemp("far")
    _certify(folder)
    (folder / "passwords").write_text(_PASSWORDS)
    (folder / "registry.yml").write_text(_REGISTRY.format(folder=folder))
    (folder / "hosts").write_text(f"127.0.0.1 localhost {_HOST}\n")
    command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c"]
    with subprocess.Popen([*command, _START.format(folder=folder)]) as daemon:
        client = Docker(
            docker.program,
            {**os.environ, "DOCKER_HOST": f"unix://{folder}/socket", "DOCKER_CONFIG": str(folder / "client")},
        )
        try:
            _wait(client, daemon, folder)
            (folder / "tiny.tar").write_bytes(_tiny())
            client.read("import", str(folder / "tiny.tar"), "tiny:1")
            yield client
        finally:
            daemon.kill()  # --kill-child takes all others along


def _wait(client: Docker, daemon: subprocess.Popen[bytes], folder: Path) -> None:
    while client.run("info").returncode or "listening on" not in (folder / "registry.log").read_text():
        assert daemon.poll() is None, (folder / "log").read_text()[-2000:]
        time.sleep(0.05)


def _tiny() -> bytes:
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w") as archive:
        entry = tarfile.TarInfo("hello.txt")
        entry.size = 5
        archive.addfile(entry, io.BytesIO(b"hello"))
    return whole.getvalue()


@pytest.fixture
def aws() -> Iterator[str]:
    """The URL of moto's server."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # What the tests before left is kept by the process, whichever server runs.
    urllib.request.urlopen(f"{url}/moto-api/reset", b"").close()
    yield url
    server.stop()


def _push(far: Docker, aws: str, *args: str) -> subprocess.CompletedProcess[str]:
    variables = {**far.environ, **_KEYS, "AWS_ENDPOINT_URL": aws}
    return subprocess.run(
        [_BYOML, "image", "push", *args], env=variables, capture_output=True, text=True, timeout=120, check=False
    )


def _repositories(aws: str) -> list[str]:
    import boto3

    keys: dict[str, Any] = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    client = boto3.client("ecr", region_name="us-east-1", endpoint_url=aws, **keys)
    return [found["repositoryName"] for found in client.describe_repositories()["repositories"]]


def test_an_image_goes_into_a_repository_that_was_not_there(far: Docker, aws: str) -> None:
    """The repository is made, the registry is logged in to, and the digest names the image for a job."""
    done = _push(far, aws, "tiny:1", _TARGET)
    assert done.returncode == 0, done.stderr
    assert _repositories(aws) == ["team/churn"]
    name = done.stdout.splitlines()[-1]
    assert name.startswith(f"{_HOST}/team/churn@sha256:")
    assert "Pushed" in done.stdout  # Docker's own progress
    far.read("rmi", _TARGET, "tiny:1")
    far.show("pull", "--quiet", name)

    again = _push(far, aws, name, _TARGET)
    assert again.returncode == 0, again.stderr
    assert _repositories(aws) == ["team/churn"]


def test_a_password_never_stands_in_arguments_or_output(far: Docker, aws: str) -> None:
    """It goes to Docker by stdin."""
    done = _push(far, aws, "tiny:1", _TARGET)
    assert done.returncode == 0, done.stderr
    assert "auth-token" not in done.stdout + done.stderr


def test_what_aws_refuses_is_told_in_one_line(far: Docker) -> None:
    """No traceback, and the registry's name in it; here nobody answers at AWS's address."""
    done = _push(far, "http://127.0.0.1:9", "tiny:1", _TARGET)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert f"{_TARGET} cannot be pushed to: " in done.stderr


def test_an_image_that_is_not_here_is_not_pushed(far: Docker, aws: str) -> None:
    """No repository is made for a mistyped name."""
    done = _push(far, aws, "tinny:1", _TARGET)
    assert done.returncode == 1
    assert "there is no image tinny:1 here" in done.stderr
    assert _repositories(aws) == []
