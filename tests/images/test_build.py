"""`byoml image build`: a folder of code and its requirements become an image, with nothing else in it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest
from built_images import BASE_IMAGE, certificates

if TYPE_CHECKING:
    from byoml.image.docker import Docker

_BYOML = str(Path(sys.executable).with_name("byoml"))
_DIST = Path(__file__).resolve().parents[2] / "dist"
# Small, in no image of ours, and the same as in docs/how-to/images.md: its layer is built once.
_REQUIREMENTS = "humanize==4.9.0\n"
_TRAIN = """import os, pathlib
import humanize
pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("first")
"""

pytestmark = pytest.mark.timeout(900)


def _byoml(*args: str, variables: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    # The builder that every Docker has; it says in words which layers come from its cache.
    env = {**os.environ, "DOCKER_BUILDKIT": "0", **(variables or {})}
    return subprocess.run([_BYOML, "image", *args], env=env, capture_output=True, text=True, timeout=600, check=False)


def _build(source: Path, tag: str, *args: str) -> str:
    """Build as somebody would whose network has an authority of its own; gives what Docker and byoml print."""
    authority = certificates()
    options = [*("--base-image", BASE_IMAGE, "--wheels", str(_DIST)), *args]
    options += ["--ca-file", str(authority)] if authority else []
    done = _byoml("build", "--source", str(source), "--tag", tag, *options)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def _lay(folder: Path) -> Path:
    folder.mkdir()
    (folder / "train.py").write_text(_TRAIN)
    (folder / "requirements.txt").write_text(_REQUIREMENTS)
    return folder


@pytest.fixture(scope="module")
def source(docker: Docker, context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a script and its requirements; byoml's wheels are in dist/."""
    assert docker.program
    assert context.is_dir()
    return _lay(tmp_path_factory.mktemp("build") / "src")


@pytest.fixture(scope="module")
def image(source: Path) -> str:
    """The image of that folder, without a framework."""
    printed = _build(source, "byoml-test/built", "--framework", "none")
    assert printed.splitlines()[-1].startswith("byoml-test/built: ")
    return "byoml-test/built"


def _run(docker: Docker, image: str, *command: str) -> str:
    return docker.read("run", "--rm", "--network", "none", image, *command)


def test_the_image_trains_by_the_code_with_what_it_requires(image: str, docker: Docker) -> None:
    """Without a network, and without a word, as version 3 of the SDK starts it; then for a user who is not root."""
    _run(docker, image)
    user = ("--user", "1234:1234", "--network", "none")
    assert docker.read("run", "--rm", *user, image, "sh", "-c", "train && cat /opt/ml/model/model.txt") == "first"


def _layers(docker: Docker, image: str, folder: Path) -> list[set[str]]:
    """Give the names of all files in each layer that the image has over its base."""
    below = len(json.loads(docker.read("image", "inspect", "--format", "{{json .RootFS.Layers}}", BASE_IMAGE)))
    docker.read("save", "--output", str(folder / "image.tar"), image)
    with tarfile.open(folder / "image.tar") as saved:
        manifest = json.loads(_member(saved, "manifest.json").read())
        layers = []
        for name in manifest[0]["Layers"][below:]:
            with tarfile.open(fileobj=_member(saved, name)) as layer:
                layers.append({entry.name for entry in layer if entry.isfile()})
    return layers


def _member(archive: tarfile.TarFile, name: str) -> io.BufferedReader:
    file = archive.extractfile(name)
    assert isinstance(file, io.BufferedReader)
    return file


def test_no_layer_holds_what_only_the_build_needs(image: str, docker: Docker, tmp_path: Path) -> None:
    """Neither wheels nor certificates nor requirements, nor the Dockerfile; not even in a layer that another hides."""
    layers = _layers(docker, image, tmp_path)
    files = set().union(*layers)
    assert "opt/ml/code/train.py" in files
    assert any(name.startswith("opt/byoml/") and "/humanize/" in name for name in files)
    names = {PurePosixPath(name).name for name in files}
    assert not names & {"ca.crt", "requirements.txt", "Dockerfile", ".dockerignore"}
    assert not [name for name in names if name.endswith(".whl")]
    assert {name for name in files if name.startswith("opt/ml/")} == {"opt/ml/code/train.py"}


def test_a_change_of_code_installs_nothing_again(image: str, source: Path, docker: Docker, tmp_path: Path) -> None:
    """All layers but the last come from the cache: the next build takes seconds."""
    assert docker.read("image", "inspect", "--format", "{{.Id}}", image)
    changed = _lay(tmp_path / "src")
    (changed / "train.py").write_text((source / "train.py").read_text().replace("first", tmp_path.name))
    steps = _build(changed, "byoml-test/rebuilt", "--framework", "none").split("\nStep ")
    (installs,) = [step for step in steps if "pip install" in step]
    (packages,) = [step for step in steps if "COPY --from=packages" in step]
    (code,) = [step for step in steps if "COPY --from=code" in step]
    assert "Using cache" in installs
    assert "Using cache" in packages
    assert "Using cache" not in code
    assert _run(docker, "byoml-test/rebuilt", "sh", "-c", "train && cat /opt/ml/model/model.txt") == tmp_path.name


def test_the_frameworks_plugin_comes_with_all_that_it_needs(source: Path, docker: Docker) -> None:
    """And nothing else of ours, though its wheel lies among others."""
    printed = _byoml("dockerfile", "--framework", "xgboost")
    if "--framework is 'xgboost'" in printed.stderr:
        pytest.skip("the plugin xgboost is not installed here")
    _build(source, "byoml-test/built-xgboost", "--framework", "xgboost")
    look = "byoml plugins && python3 -W ignore -c 'import humanize, xgboost' && ls /opt/ml/code"
    plugin, *code = _run(docker, "byoml-test/built-xgboost", "bash", "-c", look).splitlines()
    assert plugin.startswith("xgboost ")
    assert code == ["train.py"]


def test_a_dockerfile_that_is_kept_beside_the_code_is_used(base: str, source: Path, docker: Docker) -> None:
    """As it is, with the build arguments that it asks for; the framework is its own matter."""
    kept = _lay(source.parent / "kept")
    (kept / "Dockerfile").write_text(
        "ARG BASE_IMAGE\nFROM ${BASE_IMAGE}\nARG MOTTO\nENV MOTTO=${MOTTO}\nCOPY train.py /opt/ml/code/\n"
    )
    options = ("--base-image", base, "--build-arg", "MOTTO=two words")
    done = _byoml("build", "--source", str(kept), "--tag", "byoml-test/kept", *options)
    assert done.returncode == 0, done.stderr
    assert _run(docker, "byoml-test/kept", "sh", "-c", "echo $MOTTO; ls /opt/ml/code") == "two words\ntrain.py"


def test_what_dockerfile_prints_builds_when_it_is_kept(image: str, source: Path, docker: Docker) -> None:
    """Kept as it is it gives the very same layers."""
    printed = _byoml("dockerfile", "--source", str(source), "--framework", "none", "--wheels", str(_DIST))
    kept = _lay(source.parent / "printed")
    (kept / "Dockerfile").write_text(printed.stdout)
    _build(kept, "byoml-test/printed")
    layers = ("image", "inspect", "--format", "{{json .RootFS.Layers}}")
    ours, theirs = (json.loads(docker.read(*layers, name)) for name in (image, "byoml-test/printed"))
    assert ours[:-1] == theirs[:-1]


def test_a_build_that_fails_is_told_in_one_line_below_dockers_own(source: Path) -> None:
    """No traceback; the line names the image, and what to mend."""
    broken = _lay(source.parent / "broken")
    (broken / "Dockerfile").write_text(f"FROM {BASE_IMAGE}\nRUN echo no such thing >&2; exit 3\n")
    done = _byoml("build", "--source", str(broken), "--tag", "byoml-test/broken")
    assert done.returncode == 1
    assert "no such thing" in done.stdout + done.stderr
    said = f"byoml: the image byoml-test/broken was not built: Docker's last lines say why; mend {broken}/Dockerfile"
    assert done.stderr.splitlines()[-1] == said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "command", [["build", "--tag", "a"], ["push", "a"], ["check", "a"]], ids=lambda words: words[0]
)
def test_a_daemon_that_does_not_answer_is_named_with_what_to_do(
    command: list[str], docker: Docker, tmp_path: Path
) -> None:
    """In one line, whichever command needs it."""
    assert docker.program
    done = _byoml(*command, variables={"DOCKER_HOST": f"unix://{tmp_path}/nobody"})
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert f"unix://{tmp_path}/nobody" in line
    assert "start its daemon" in line
