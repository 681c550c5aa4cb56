"""What the tests of images share: Docker, where it runs, and the images of dockerfiles/, built once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from byoml.image.docker import Docker, find
from byoml.image.errors import DockerMissingError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["BASE_IMAGE", "base", "build", "certificates", "context", "docker", "tree", "xgboost"]

_ROOT = Path(__file__).resolve().parents[2]
#: Made or pulled by tools/docker.sh.
BASE_IMAGE = "byoml-test/python:3.11"


def certificates() -> Path | None:
    """Tell which file of certificates this machine's own programs trust, where a variable names one."""
    named = (os.environ.get(name) for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"))
    return next((Path(file) for file in named if file and Path(file).is_file()), None)


@pytest.fixture(scope="session")
def docker() -> Docker:
    """Docker's client, where a daemon answers it and the base image is there."""
    try:
        client = find(os.environ)
    except DockerMissingError as error:
        pytest.skip(str(error))
    if client.run("image", "inspect", BASE_IMAGE).returncode:
        pytest.skip(f"there is no image {BASE_IMAGE}; `sh tools/docker.sh` makes it")
    return client


@pytest.fixture(scope="session")
def context() -> Path:
    """The folder that the images are built from, with byoml's wheels in it."""
    if not any((_ROOT / "dist").glob("byoml-*.whl")):
        pytest.skip("there are no wheels in dist/; `make wheels` builds them")
    subprocess.run([sys.executable, _ROOT / "tools" / "image_wheels.py"], check=True)
    return _ROOT / "dockerfiles"


@pytest.fixture(scope="session")
def build(docker: Docker, context: Path) -> Callable[[str], str]:
    """Build an image of dockerfiles/ on the test's base image; gives its name."""

    def build(name: str) -> str:
        image = f"byoml-test/{name}"
        args = ("--build-arg", f"BASE_IMAGE={BASE_IMAGE}", "--file", str(context / name / "Dockerfile"))
        docker.show("build", "--quiet", *args, "--tag", image, str(context))
        return image

    return build


@pytest.fixture(scope="session")
def base(build: Callable[[str], str]) -> str:
    """The image with byoml alone."""
    return build("base")


@pytest.fixture(scope="session")
def xgboost(build: Callable[[str], str]) -> str:
    """The image with XGBoost."""
    return build("xgboost")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """An empty `/opt/ml` of a container, writable for whoever it runs as."""
    for name in ("input/config", "input/data", "model", "output"):
        (tmp_path / name).mkdir(parents=True)
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o777)
    return tmp_path
