"""The examples are real: the plugins install and pass their own tests, the container's files train and serve."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.testing.container import Container


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["minimal-plugin", "journal-plugin"])
def test_a_plugin_installs_and_passes_its_own_tests(name: str, root: Path, environment: Any, tmp_path: Path) -> None:
    """Built and installed as anybody would, found by its entry point, and tested in the environment that has it."""
    project = shutil.copytree(
        root / "examples" / name, tmp_path / name, ignore=shutil.ignore_patterns("build", "*.egg-info")
    )
    installed = environment.run("python", "-m", "pip", "install", ".", cwd=project)
    assert installed.returncode == 0, installed.stderr

    (project / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
    tested = environment.run("python", "-m", "pytest", "-p", "no:cacheprovider", "-q", "tests", cwd=project)

    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert re.search(r"^\d+ passed", tested.stdout, re.MULTILINE), tested.stdout
    assert "failed" not in tested.stdout.splitlines()[-1]


def test_the_dockerfile_has_ten_lines_and_copies_what_is_there(root: Path) -> None:
    """It is as short as the README says, and names no file that is missing; it is built by the tests of images."""
    folder = root / "examples/custom-container"
    lines = (folder / "Dockerfile").read_text("utf-8").splitlines()

    copied = [name for line in lines if line.startswith("COPY") for name in line.split()[1:-1]]
    assert len(lines) <= 10
    assert copied == ["byoml-*.whl", "train.py", "inference.py"]
    assert all((folder / name).is_file() for name in copied if "*" not in name)


def test_the_containers_files_train_and_serve_in_the_containers_tree(root: Path, container: Container) -> None:
    """With the files where the Dockerfile puts them, `train` fits the curve and `serve` answers for new points."""
    folder = root / "examples/custom-container"
    files: dict[str, Any] = {
        f"code/{name}": (folder / name).read_text("utf-8") for name in ("train.py", "inference.py")
    }
    container.write({**files, "input/data/points/points.csv": "0,1\n1,3\n2,5\n"})

    outcome = container.train()
    assert (outcome.exit_code, outcome.stdout) == (0, b"largest error: 0.000\n"), outcome.stderr
    with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}) as endpoint:
        answer = endpoint.invoke(b"10\n20\n", "text/csv")

    assert (answer.status, answer.json()) == (200, [21.0, 41.0])
