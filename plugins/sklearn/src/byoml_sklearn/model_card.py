"""The model's card, in the form that SageMaker's model cards have: what was trained, how, with what result."""

from __future__ import annotations

import json
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from byoml_sklearn.estimators import task_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from byoml_sklearn.examples import Examples

__all__ = ["NAME", "installed_versions", "make_card", "saved_versions"]

NAME = "model-card.json"
_LIBRARIES = ("scikit-learn", "numpy", "scipy", "pandas", "joblib")
_PROBLEMS = {"classifier": "Classification", "regressor": "Regression", "clusterer": "Clustering"}
_PYTHON = "python"


def installed_versions() -> dict[str, str]:
    """Tell the versions of Python and of the libraries that a saved model depends on."""
    found = {_PYTHON: platform.python_version()}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def make_card(
    model: Any, examples: Examples, raw: Mapping[str, Any], metrics: Mapping[str, Mapping[str, Any]], library: str
) -> dict[str, Any]:
    """Make the card.

    Args:
        model: Fitted.
        examples: What it was trained on.
        raw: The job's hyperparameters.
        metrics: Numbers by metric, by channel.
        library: The distribution of the estimator's own library where it is not scikit-learn, else empty.

    Returns:
        The card, as JSON; `additional_information.custom_details` has features, classes and versions as texts.
    """
    last = model[-1] if hasattr(model, "steps") else model
    details = {
        "features": json.dumps(examples.names),
        "categorical_features": json.dumps(examples.texts),
        "training_rows": str(len(examples.features)),
        **{f"version_{name}": number for name, number in installed_versions().items()},
    }
    if library:
        details[f"version_{library}"] = version(library)
    if hasattr(model, "classes_"):
        details["classes"] = json.dumps(model.classes_.tolist())
    return {
        "model_overview": {
            "model_description": f"{type(last).__name__} trained by byoml-sklearn",
            "algorithm_type": type(last).__name__,
            "problem_type": _PROBLEMS.get(task_of(model) or "", "Other"),
        },
        "training_details": {
            "training_job_details": {
                "user_provided_hyper_parameters": [
                    {"name": key, "value": str(value)} for key, value in sorted(raw.items())
                ],
                "user_provided_training_metrics": _listed(metrics.get("train", {})),
            }
        },
        "evaluation_details": [
            {
                "name": name,
                "metric_groups": [{"name": name, "metric_data": _listed(found, type="number")}],
            }
            for name, found in metrics.items()
            if name != "train"
        ],
        "additional_information": {"custom_details": details},
    }


def _listed(metrics: Mapping[str, Any], **more: str) -> list[dict[str, Any]]:
    return [{"name": name, **more, "value": value} for name, value in metrics.items()]


def saved_versions(model_dir: Path) -> dict[str, str]:
    """Read the versions that a model was saved with.

    Args:
        model_dir: Its folder.

    Returns:
        By library, as the card beside it says; nothing where there is no card, or one of somebody else's.
    """
    try:
        card = json.loads((model_dir / NAME).read_text("utf-8"))
        details = card["additional_information"]["custom_details"]
        return {key.removeprefix("version_"): str(details[key]) for key in details if key.startswith("version_")}
    except (OSError, ValueError, TypeError, LookupError, AttributeError):
        return {}
