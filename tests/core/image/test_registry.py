"""Names of images in ECR."""

from __future__ import annotations

import pytest
from byoml.image.registry import EcrRepository


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/churn:1", "churn"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/churn", "team/churn"),
        ("123456789012.dkr.ecr.eu-west-1.amazonaws.com.cn/churn:v1.0-rc", "churn"),
    ],
)
def test_an_ecr_name_tells_account_region_and_repository(image: str, name: str) -> None:
    """With or without a tag, and with folders."""
    assert EcrRepository.parse(image) == ("123456789012", "eu-west-1", name)


@pytest.mark.parametrize("image", ["churn:1", "127.0.0.1:5000/churn", "public.ecr.aws/x/y", "ghcr.io/me/churn:1"])
def test_another_registry_is_not_taken_for_ecr(image: str) -> None:
    """It is pushed to as it is: the user has logged in."""
    assert EcrRepository.parse(image) is None
