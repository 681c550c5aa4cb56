"""The images of dockerfiles/: what is in them, what is not, and that they train and serve."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from byoml.image.docker import Docker

_ROOT = Path(__file__).resolve().parents[2]
_IMAGES = sorted(path.parent.name for path in (_ROOT / "dockerfiles").glob("*/Dockerfile"))
_BASE_IMAGE = "byoml-test/python:3.11"
_LABEL = "com.amazonaws.sagemaker.capabilities."
_MEGABYTE = 1_000_000
# Chainer itself is imported only after the plugin's shim.
_IMPORTED = {"sklearn": "sklearn", "tensorflow": "tensorflow", "torch": "torch", "xgboost": "xgboost"}

pytestmark = pytest.mark.timeout(900)


def _config(docker: Docker, image: str) -> dict[str, object]:
    config: dict[str, object] = json.loads(docker.read("image", "inspect", "--format", "{{json .Config}}", image))
    return config


def _size(docker: Docker, image: str) -> int:
    return int(docker.read("image", "inspect", "--format", "{{.Size}}", image))


def test_there_is_an_image_for_byoml_alone_and_for_each_plugin() -> None:
    """A new plugin brings its image."""
    plugins = {path.parent.name for path in (_ROOT / "plugins").glob("*/setup.cfg")}
    assert set(_IMAGES) == {"base", *plugins}


@pytest.mark.parametrize("name", _IMAGES)
def test_every_image_speaks_the_contract_and_holds_no_tools_of_its_build(
    name: str, build: Callable[[str], str], docker: Docker, record_property: Callable[[str, object], None]
) -> None:
    """The words are on PATH; no ENTRYPOINT, no compiler, no wheels; the labels are read by the platform."""
    image = build(name)
    size = (_size(docker, image) - _size(docker, _BASE_IMAGE)) / _MEGABYTE
    record_property("megabytes_over_base", round(size))
    print(f"{image}: {size:.0f} MB over its base image")  # noqa: T201  the sizes are part of CI's output
    config = _config(docker, image)
    assert (config.get("Entrypoint"), config["Cmd"]) == (None, ["train"])
    labels = config["Labels"]
    assert isinstance(labels, dict)
    assert {key: value for key, value in labels.items() if key.startswith(_LABEL)} == dict.fromkeys(
        (f"{_LABEL}accept-bind-to-port", f"{_LABEL}bidirectional-streaming", f"{_LABEL}multi-models"), "true"
    )
    look = "for p in train serve processing byoml pip python3 bash; do command -v $p >/dev/null || echo no $p; done; "
    look += "for p in gcc cc g++ make; do ! command -v $p; done; ls -d /build /own 2>/dev/null; byoml plugins; "
    look += f"python3 -W ignore -c 'import {_IMPORTED.get(name, 'byoml')}' 2>/dev/null || echo no import"
    seen = docker.read("run", "--rm", "--network", "none", image, "bash", "-c", look)
    assert seen.startswith(name if name != "base" else "no plugins are installed"), seen
    assert "no import" not in seen


def test_the_image_of_byoml_alone_is_small(base: str, docker: Docker) -> None:
    """At most 120 MB over its Python image."""
    assert _size(docker, base) - _size(docker, _BASE_IMAGE) <= 120 * _MEGABYTE


@pytest.mark.usefixtures("base")
def test_a_change_of_byoml_rebuilds_nothing_but_its_own_layers(docker: Docker, context: Path) -> None:
    """All packages come from the cache."""
    wheel = next((context / "byoml").glob("byoml-*.whl"))
    before = wheel.read_bytes()
    try:
        wheel.write_bytes(before + os.urandom(8))  # a zip may be followed by anything
        args = ("--build-arg", f"BASE_IMAGE={_BASE_IMAGE}", "--file", str(context / "base" / "Dockerfile"))
        told = docker.read("build", *args, str(context))
    finally:
        wheel.write_bytes(before)
    steps = told.split("Step ")[1:]
    packages = next(step for step in steps if "--requirement" in step)
    own = next(step for step in steps if "--prefix /own" in step)
    assert "Using cache" in packages
    assert "Using cache" not in own


def test_the_example_of_a_custom_container_trains_and_serves_as_any_user(
    base: str, docker: Docker, tree: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Ten lines on top of the base image; a container that is not root's, without a network while it trains."""
    example = tmp_path_factory.mktemp("example")
    for name in ("train.py", "inference.py"):
        (example / name).write_bytes((_ROOT / "examples" / "custom-container" / name).read_bytes())
    (example / "Dockerfile").write_text(f"FROM {base}\nCOPY train.py inference.py /opt/ml/code/\n")
    image = "byoml-test/custom"
    docker.show("build", "--quiet", "--tag", image, str(example))
    (tree / "input" / "data" / "points").mkdir()
    (tree / "input" / "data" / "points" / "points.csv").write_text("0,1\n1,3\n2,5\n")
    mounts = [word for name in ("input", "model", "output") for word in ("--volume", f"{tree / name}:/opt/ml/{name}")]
    docker.show("run", "--rm", "--user", "1234:1234", "--network", "none", *mounts, image, "train")
    assert (tree / "model" / "curve.npy").is_file()
    assert _served(docker, image, mounts, b"5\n", "text/csv").strip() == b"11.0"


def _served(docker: Docker, image: str, mounts: list[str], body: bytes, content_type: str) -> bytes:
    """Start an endpoint, invoke it, and stop it as the platform does."""
    args = ("--detach", "--publish", "127.0.0.1::8080", "--user", "1234:1234", *mounts)
    container = docker.read("run", *args, image, "serve")
    try:
        address = docker.read("port", container, "8080/tcp").splitlines()[0]
        _wait_ready(docker, container, f"http://{address}/ping")
        request = urllib.request.Request(
            f"http://{address}/invocations", body, {"Content-Type": content_type, "Accept": content_type}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            given: bytes = answer.read()
        docker.read("stop", "--time", "30", container)
        assert docker.read("inspect", "--format", "{{.State.ExitCode}}", container) == "0"
    finally:
        docker.read("rm", "--force", container)
    return given


def _wait_ready(docker: Docker, container: str, url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                said = answer.read()
        except (OSError, urllib.error.URLError):
            running = docker.read("inspect", "--format", "{{.State.Running}}", container)
            assert running == "true", docker.run("logs", container).stderr
            time.sleep(0.1)
        else:
            assert said == b""
            return
    pytest.fail(docker.run("logs", container).stderr)
