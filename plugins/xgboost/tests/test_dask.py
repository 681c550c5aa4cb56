"""Training spread by Dask: a real scheduler, and real workers."""

from __future__ import annotations

import importlib.util
import json
import random
import re
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.environment.channels import Channel
from byoml.errors import ConfigurationError
from byoml.plugin.algorithm import AlgorithmJob
from byoml_xgboost.framework import XGBoost
from byoml_xgboost.train import train

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_SETTINGS = {
    "objective": "binary:logistic",
    "num_round": 4,
    "nthread": 1,
    "eval_metric": "logloss,accuracy",
    "use_dask_gpu_training": "true",
}
_INSTALLED = importlib.util.find_spec("distributed") is not None


@pytest.mark.skipif(not _INSTALLED, reason="Dask is not installed: pip install 'byoml-xgboost[dask]'")
@pytest.mark.timeout(300)
def test_dask_makes_a_model_of_all_files_on_all_hosts(
    start: Callable[..., Any], channels: Mapping[str, Path], cancer: Mapping[str, Any], tmp_path: Path
) -> None:
    """Two hosts, a worker each; the first one saves the model and prints a line a round, which both help with."""
    network = f"127.{random.randint(1, 250)}.{random.randint(1, 250)}"  # noqa: S311  no secret
    hosts = [f"{network}.{number}" for number in (1, 2)]
    variables = {"SM_HOSTS": json.dumps(hosts), "PATH": "/usr/bin"}
    processes = [
        start(channels, tmp_path / host / "model", _SETTINGS, SM_CURRENT_HOST=host, **variables) for host in hosts
    ]
    ended = [process.communicate(timeout=240) for process in processes]

    assert [process.returncode for process in processes] == [0, 0], ended
    assert [(tmp_path / host / "model").exists() for host in hosts] == [True, False]
    lines = re.findall(r"^\[\d\]\ttrain-logloss:\S+\ttrain-accuracy:\S+\tvalidation-log.*$", ended[0][0], re.MULTILINE)
    assert len(lines) == 4
    framework = XGBoost()
    features, labels = cancer["validation"][:, 1:].astype("float32"), cancer["validation"][:, 0]
    model: Any = framework.model_fn(tmp_path / hosts[0] / "model")
    accuracy = np.mean((model.inplace_predict(features) > 0.5) == labels)
    assert accuracy > 0.9
    assert float(lines[-1].rpartition(":")[2]) == pytest.approx(accuracy, abs=1e-5)


def job_of(path: Path, **channel: Any) -> AlgorithmJob:
    return AlgorithmJob(
        _SETTINGS, {"train": Channel("train", path, **channel)}, path / "model", ("algo-1", "algo-2"), "algo-1"
    )


def test_dask_is_asked_for_by_name_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says what to install, and what works without it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    monkeypatch.setitem(sys.modules, "dask", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'byoml-xgboost\[dask\]'"):
        train(job_of(tmp_path))


@pytest.mark.skipif(not _INSTALLED, reason="Dask is not installed: pip install 'byoml-xgboost[dask]'")
def test_channels_that_dask_cannot_share_are_named_at_once(tmp_path: Path) -> None:
    """Form and distribution, both in one message."""
    (tmp_path / "rows.libsvm").write_text("1 0:2\n")

    with pytest.raises(ConfigurationError) as caught:
        train(job_of(tmp_path, distribution="ShardedByS3Key"))

    assert "channel 'train' is ShardedByS3Key; on several hosts it must be FullyReplicated" in str(caught.value)
    assert "channel 'train' holds libsvm; it must be csv or parquet" in str(caught.value)
