"""The images of dockerfiles/: what is in them, what is not, and that they train and serve."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from built_images import BASE_IMAGE

if TYPE_CHECKING:
    from collections.abc import Callable

    from byoml.image.docker import Docker

_ROOT = Path(__file__).resolve().parents[2]
_IMAGES = sorted(path.parent.name for path in (_ROOT / "dockerfiles").glob("*/Dockerfile"))
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


def test_each_dockerfile_is_what_would_be_written() -> None:
    """By the plugins' recipes and the words of `byoml image dockerfile`; neither Docker nor a framework is needed."""
    checked = subprocess.run(
        [sys.executable, _ROOT / "tools" / "make_dockerfiles.py", "--check"],
        capture_output=True,
        text=True,
        check=False,
    )
    advice = "`python tools/make_dockerfiles.py` writes them anew"
    assert checked.returncode == 0, f"{checked.stdout}{checked.stderr}\n{advice}"


@pytest.mark.parametrize("name", _IMAGES)
def test_every_image_speaks_the_contract_and_holds_no_tools_of_its_build(
    name: str, build: Callable[[str], str], docker: Docker, record_property: Callable[[str, object], None]
) -> None:
    """The words are on PATH; no ENTRYPOINT, no compiler, no wheels; the labels are read by the platform."""
    image = build(name)
    size = (_size(docker, image) - _size(docker, BASE_IMAGE)) / _MEGABYTE
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
    assert _size(docker, base) - _size(docker, BASE_IMAGE) <= 120 * _MEGABYTE


@pytest.mark.usefixtures("base")
def test_a_change_of_byoml_rebuilds_nothing_but_its_own_layers(docker: Docker, context: Path) -> None:
    """All packages come from the cache."""
    wheel = next((context / "byoml").glob("byoml-*.whl"))
    before = wheel.read_bytes()
    try:
        wheel.write_bytes(before + os.urandom(8))  # a zip may be followed by anything
        args = ("--build-arg", f"BASE_IMAGE={BASE_IMAGE}", "--file", str(context / "base" / "Dockerfile"))
        told = docker.read("build", *args, str(context))
    finally:
        wheel.write_bytes(before)
    steps = told.split("Step ")[1:]
    packages = next(step for step in steps if "--requirement" in step)
    own = next(step for step in steps if "--prefix /own" in step)
    assert "Using cache" in packages
    assert "Using cache" not in own
