"""The word `train`: a probe job, of which the image may make what it can."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from byoml.image.check.container import COULD_NOT_START, Launch, running
from byoml.image.check.statements import verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.image.check.statements import Verdict
    from byoml.image.docker import Docker

__all__ = ["check_training", "judge_outcome"]

_FAILURE_BYTES = 1024
_CONFIGS: Mapping[str, object] = {
    "hyperparameters.json": {"probe": "1"},
    "resourceconfig.json": {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "eth0"},
    "inputdataconfig.json": {"train": {"TrainingInputMode": "File", "ContentType": "text/csv"}},
}
_ROWS = "0,1.0,2.0\n1,2.0,1.0\n" * 8


def check_training(docker: Docker, image: str, folder: Path, seconds: float) -> Iterator[Verdict]:
    """Run a job of sixteen CSV rows and one hyperparameter; that it fails is no fault, how it fails may be.

    Args:
        docker: Docker's client.
        image: The image.
        folder: An empty folder for the tree.
        seconds: How long the job may take.

    Yields:
        The verdicts.
    """
    mounts = _tree(folder)
    with running(docker, Launch(image, "train", mounts)) as container:
        code = container.wait(seconds)
        said = container.tail()
    if code in COULD_NOT_START:
        yield verdict("train-starts", f"exit code {code}: {said}", kept=False)
        yield verdict("train-outcome", "it did not start", kept=None)
        return
    yield verdict("train-starts", "it runs" if code is None else f"it ended with {code}", kept=True)
    if code is None:
        yield verdict("train-outcome", f"the probe job still ran after {seconds:g} s", kept=None)
    else:
        yield judge_outcome(folder, code, said)


def _tree(folder: Path) -> dict[str, Path]:
    for name in ("input/config", "input/data/train", "model", "output/data"):
        (folder / name).mkdir(parents=True)
    for name, content in _CONFIGS.items():
        (folder / "input" / "config" / name).write_text(json.dumps(content), encoding="utf-8")
    (folder / "input" / "data" / "train" / "rows.csv").write_text(_ROWS, encoding="utf-8")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o666)  # the image may run as any user
    return {f"/opt/ml/{name}": folder / name for name in ("input", "model", "output")}


def judge_outcome(folder: Path, code: int, said: str) -> Verdict:
    """Tell whether a job that has ended left what the platform takes.

    Args:
        folder: The tree, with `model/` and `output/`.
        code: How the job ended.
        said: The end of what it wrote.

    Returns:
        The verdict.
    """
    found, kept = _model(folder / "model") if code == 0 else _failure(folder / "output" / "failure", code, said)
    return verdict("train-outcome", found, kept=kept)


def _model(folder: Path) -> tuple[str, bool]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return (f"a model of {len(files)} file(s)", True) if files else ("exit code 0, and /opt/ml/model is empty", False)


def _failure(path: Path, code: int, said: str) -> tuple[str, bool]:
    if not path.is_file():
        return f"exit code {code} without /opt/ml/output/failure: {said}", False
    reason = path.read_bytes()
    if len(reason) > _FAILURE_BYTES:
        return f"/opt/ml/output/failure has {len(reason)} bytes, of which the platform shows {_FAILURE_BYTES}", False
    first = reason.decode("utf-8", "replace").strip().split("\n", 1)[0]
    return f"exit code {code}: {first[:120]}", bool(first)
