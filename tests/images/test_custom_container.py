"""examples/custom-container: its Dockerfiles, in place of those that people have, are built and run for real."""

from __future__ import annotations

import shutil
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from console_pages import blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from byoml.image.docker import Docker

_ROOT = Path(__file__).resolve().parents[2]
_EXAMPLE = _ROOT / "examples" / "custom-container"
_DOCKERFILES = sorted(path.name for path in _EXAMPLE.glob("*Dockerfile"))
_BASES = ("python:3.11-slim", "byoml-base")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example's folder, as deep below dist/ as the repository's."""
    (tmp_path / "dist").symlink_to(_ROOT / "dist")
    return Path(shutil.copytree(_EXAMPLE, tmp_path / "examples" / "custom-container"))


def _build(docker: Docker, example: Path, dockerfile: str, base: str) -> str:
    """Build one of the example's images, on the tests' base image; gives its name."""
    text = (example / dockerfile).read_text("utf-8")
    for name in _BASES:
        text = text.replace(f"FROM {name}\n", f"FROM {base}\n")
    (example / dockerfile).write_text(text, encoding="utf-8")
    image = f"byoml-test/custom-{dockerfile.lower().removesuffix('.dockerfile')}"
    docker.read("build", "--quiet", "--file", str(example / dockerfile), "--tag", image, str(example))
    return image


@pytest.mark.parametrize("name", _DOCKERFILES)
def test_each_dockerfile_has_ten_lines_at_most_and_stands_in_the_page(name: str) -> None:
    """On Python's image or ours, copying what is there."""
    text = (_EXAMPLE / name).read_text("utf-8")
    lines = text.splitlines()
    assert len(lines) <= 10
    assert lines[0].removeprefix("FROM ") in _BASES
    copied = [file for line in lines if line.startswith("COPY") for file in line.split()[1:-1]]
    assert copied
    assert all((_EXAMPLE / file).is_file() for file in copied if "*" not in file)
    assert text in [block.text for block in blocks(_EXAMPLE / "README.md")]


def test_the_page_does_what_it_says(
    base: str, example: Path, read: Callable[[Path, Path, Mapping[str, str]], None]
) -> None:
    """Its images train, process and serve, a Flask application too; only their names are others here."""
    words = {**dict.fromkeys(_BASES, base), "example/": "byoml-test/example-"}
    read(_EXAMPLE / "README.md", example, words)


def test_the_first_one_trains_and_serves_as_any_user(base: str, example: Path, docker: Docker, tree: Path) -> None:
    """In a container that is not root's, without a network while it trains."""
    for wheel in (_ROOT / "dist").glob("byoml-*.whl"):
        shutil.copy(wheel, example)
    image = _build(docker, example, "Dockerfile", base)
    (tree / "input" / "data" / "points").mkdir()
    (tree / "input" / "data" / "points" / "points.csv").write_text("0,1\n1,3\n2,5\n")
    mounts = [word for name in ("input", "model", "output") for word in ("--volume", f"{tree / name}:/opt/ml/{name}")]
    docker.show("run", "--rm", "--user", "1234:1234", "--network", "none", *mounts, image, "train")
    assert (tree / "model" / "curve.npy").is_file()
    assert _served(docker, image, mounts, b"5\n", "text/csv").strip() == b"11.0"


def test_a_flask_application_is_stopped_as_any_endpoint(base: str, example: Path, docker: Docker, tree: Path) -> None:
    """It answers /ping and /invocations by itself; SIGTERM ends it with 0."""
    import numpy as np

    np.save(tree / "model" / "curve.npy", [2.0, 1.0])
    image = _build(docker, example, "flask.Dockerfile", base)
    mounts = ["--volume", f"{tree / 'model'}:/opt/ml/model"]
    assert _served(docker, image, mounts, b"10\n20\n", "text/csv") == b"21\n41\n"


@pytest.mark.parametrize(
    "words",
    ["processing --least 2", "processing processing.py --least 2", "byoml processing processing.py --least 2"],
)
def test_the_job_may_say_the_entrypoint_of_a_processing_image(
    words: str, base: str, example: Path, docker: Docker, tree: Path
) -> None:
    """`ContainerEntrypoint` takes the place of the image's own, the arguments that of its CMD."""
    image = _build(docker, example, "processing.Dockerfile", base)
    for name, text in (("input/raw/points.csv", "0,1\n1,3\n2,\n"), ("output/points/points.csv", "")):
        (tree / "processing" / name).parent.mkdir(parents=True)
        (tree / "processing" / name).write_text(text)
    mount = f"{tree / 'processing'}:/opt/ml/processing"
    entrypoint, *args = words.split()
    said = docker.read("run", "--rm", "--volume", mount, "--entrypoint", entrypoint, image, *args)
    assert said == "1 of 3 points kept"
    assert (tree / "processing" / "output" / "points" / "points.csv").read_text() == "1,3\n"


@pytest.mark.parametrize("entrypoint", [None, "train", "byoml"])
def test_the_platforms_word_reaches_train_whatever_the_entrypoint(
    entrypoint: str | None, base: str, example: Path, docker: Docker, tree: Path
) -> None:
    """Without one, with byoml, and with the program itself, which does not take the word for an argument."""
    image = _build(docker, example, "program.Dockerfile", base)
    (tree / "input" / "data" / "points").mkdir()
    (tree / "input" / "data" / "points" / "points.csv").write_text("1,3\n2,6\n")
    mounts = [word for name in ("input", "model") for word in ("--volume", f"{tree / name}:/opt/ml/{name}")]
    options = ("--entrypoint", entrypoint) if entrypoint else ()
    assert docker.read("run", "--rm", *mounts, *options, image, "train") == "slope: 3"
    assert (tree / "model" / "slope.txt").read_text() == "3\n"


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
