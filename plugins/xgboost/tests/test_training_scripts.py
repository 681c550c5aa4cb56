"""Scripts that were written for AWS's container: they run as they are, or are told what to use instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.environment.training_env import TrainingEnv
from byoml.plugin.values import Outcome
from byoml.testing.container import Container
from byoml_xgboost.failures import byoml_explain_failure

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# As AWS's examples have it: arguments with SM_* defaults, a DMatrix of the channel, the model saved by its name.
_SCRIPT = """
import argparse, json, os
import numpy as np
import xgboost as xgb

def model_fn(model_dir):
    booster = xgb.Booster()
    booster.load_model(os.path.join(model_dir, "xgboost-model.json"))
    return booster

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--max_depth", type=int)
    parser.add_argument("--eta", type=float)
    parser.add_argument("--objective", type=str)
    parser.add_argument("--num_round", type=int)
    parser.add_argument("--train", type=str, default=os.environ["SM_CHANNEL_TRAIN"])
    parser.add_argument("--model_dir", type=str, default=os.environ["SM_MODEL_DIR"])
    parser.add_argument("--hosts", type=str, default=json.loads(os.environ["SM_HOSTS"]))
    args, _ = parser.parse_known_args()
    rows = np.loadtxt(os.path.join(args.train, "train.csv"), delimiter=",")
    matrix = xgb.DMatrix(rows[:, 1:], rows[:, 0])
    parameters = {"max_depth": args.max_depth, "eta": args.eta, "objective": args.objective, "nthread": 1}
    booster = xgb.train(parameters, matrix, args.num_round, evals=[(matrix, "train")])
    booster.save_model(os.path.join(args.model_dir, "xgboost-model.json"))
"""


def test_a_script_of_awss_examples_trains_unchanged(cancer: Mapping[str, Any], tmp_path: Path) -> None:
    """Hyperparameters as arguments, folders and hosts by variables, and the model where the platform takes it."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "xgboost"})
    rows = "\n".join(",".join(map(repr, row)) for row in cancer["train"].tolist())
    hyperparameters = {"max_depth": "3", "eta": "0.2", "objective": "binary:logistic", "num_round": "3"}
    container.write(
        {
            "code/train.py": _SCRIPT,
            "input/data/train/train.csv": rows,
            "input/config/hyperparameters.json": {**hyperparameters, "sagemaker_program": "train.py"},
        }
    )

    outcome = container.train()

    assert outcome.exit_code == 0, outcome.stderr
    assert b"[2]\ttrain-logloss:" in outcome.stdout
    import xgboost as xgb

    model = xgb.Booster(model_file=container.paths.model / "xgboost-model.json")
    right = (model.inplace_predict(cancer["validation"][:, 1:]) > 0.5) == cancer["validation"][:, 0]
    assert np.mean(right) > 0.9


@pytest.mark.parametrize("module", ["sagemaker_xgboost_container", "sagemaker_xgboost_container.data_utils"])
def test_a_script_that_needs_awss_modules_is_told_what_to_use_instead(tmp_path: Path, module: str) -> None:
    """Its import fails as any would, and the hint names byoml's own of each."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "xgboost"})
    container.write({"code/train.py": f"from {module} import distributed\n"})

    outcome = container.train()

    assert outcome.exit_code == 1
    failure = (container.paths.output / "failure").read_text("utf-8")
    assert failure.startswith("ModuleNotFoundError: No module named 'sagemaker_xgboost_container'")
    for name in ("byoml_xgboost.hosts.together", "byoml_xgboost.data.load", "byoml.checkpoints"):
        assert name in failure


def test_what_the_hint_names_is_there() -> None:
    """The modules that it sends users to exist, with those names in them."""
    import byoml
    from byoml_xgboost import data, hosts

    assert callable(hosts.together)
    assert callable(data.load)
    assert callable(byoml.checkpoints.save)


def test_other_failures_are_left_to_others(tmp_path: Path) -> None:
    """A module that is missing otherwise is none of this plugin's business."""
    env = TrainingEnv.read({"SAGEMAKER_BASE_DIR": str(tmp_path)})

    assert byoml_explain_failure(env, Outcome(1, None, "ModuleNotFoundError: No module named 'yaml'\n")) is None
