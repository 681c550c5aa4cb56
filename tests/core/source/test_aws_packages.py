"""Scripts written for AWS's containers that import what is only there."""

from __future__ import annotations

import pytest
from byoml.source.aws_packages import import_failure, instead_of


@pytest.mark.parametrize(
    ("module", "says"),
    [
        ("sagemaker_xgboost_container", "take context.codecs.decode and context.codecs.encode, which make the DMatrix"),
        ("sagemaker_xgboost_container.encoder", "context.codecs"),
        ("sagemaker_containers.beta.framework", "SM_* variables"),
        ("sagemaker_inference", "byoml.request_errors"),
    ],
)
def test_a_package_of_awss_is_told_with_what_takes_its_place(module: str, says: str) -> None:
    """On one line, after what Python says."""
    told = import_failure(ModuleNotFoundError(f"No module named {module!r}"))

    assert told.startswith(f"cannot be imported: ModuleNotFoundError: No module named {module!r}; ")
    assert says in told
    assert "\n" not in told


def test_of_other_modules_nothing_is_added() -> None:
    """Neither of those that are merely not installed, nor of other errors."""
    assert instead_of("No module named 'yaml'") is None
    assert import_failure(ValueError("No module named 'sagemaker_containers'")).endswith("containers'")
