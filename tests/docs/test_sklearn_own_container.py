"""The decision-tree walkthrough: its image's files do their three jobs in the container's tree, on real flowers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from byoml.testing.container import Container

_SHARED = Path(os.environ.get("BYOML_SHARED_DATA") or "../shared/data") / "sklearn-iris"


def test_the_dockerfile_copies_what_is_there(root: Path) -> None:
    """It names no file that is missing, and the scripts lie where the container's programs look."""
    folder = root / "examples/sklearn-own-container"
    copied = [line.split()[1:] for line in (folder / "Dockerfile").read_text("utf-8").splitlines() if "COPY" in line]

    assert [each[:-1] for each in copied] == [["byoml-*.whl", "byoml_sklearn-*.whl"], ["processing.py", "train.py"]]
    assert copied[1][-1] == "/opt/ml/code/"
    assert all((folder / name).is_file() for name in copied[1][:-1])


@pytest.mark.parametrize("rows", ["sklearn", "shared"])
def test_one_image_does_all_three_jobs(root: Path, container: Container, rows: str, tmp_path: Path) -> None:
    """With the rows that scikit-learn brings, and with those of AWS's own walkthrough where they are."""
    if rows == "shared" and not _SHARED.is_dir():
        pytest.skip(f"there is no {_SHARED}; BYOML_SHARED_DATA names the folder of shared data")
    folder = root / "examples/sklearn-own-container"
    given = [str(_SHARED / "iris.csv")] if rows == "shared" else []
    raw = container.path("processing/input/raw")
    subprocess.run([sys.executable, str(folder / "data.py"), str(raw), *given], check=True)
    container.write({f"code/{name}": (folder / name).read_text("utf-8") for name in ("processing.py", "train.py")})
    container.path("processing/output/split").mkdir(parents=True)
    env = {"BYOML_FRAMEWORK": "sklearn", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}

    processed = container.process(env=env)
    assert processed.exit_code == 0, processed.stderr
    for channel in ("train", "validation"):
        container.path("processing/output/split", channel).rename(container.path("input/data", channel))
    container.write({"input/config/hyperparameters.json": {"max-leaf-nodes": "4"}})
    trained = container.train(env)
    assert trained.exit_code == 0, trained.stderr
    validation = _accuracy(trained.stdout, "validation")
    container.path("code").rename(tmp_path / "code")  # `serve` is to find no script
    with container.serve(env) as endpoint:
        body = (_SHARED / "payload.csv").read_text() if given else "5.1,3.5,1.4,0.2\n"
        names = endpoint.invoke(body, "text/csv").text.splitlines()
        chances: Any = endpoint.invoke(body, "text/csv", "application/json; method=predict_proba").json()

    assert validation > 0.9
    assert len(names) == len(chances) == len(body.splitlines())
    assert {*names} <= {"setosa", "versicolor", "virginica"}
    assert names[0] == "setosa"
    assert all(sum(row) == pytest.approx(1) for row in chances)


def _accuracy(stdout: bytes, channel: str) -> float:
    (line,) = [line for line in stdout.decode().splitlines() if line.startswith(f"{channel}: ")]
    return float(line.rsplit(" ", 1)[1])
