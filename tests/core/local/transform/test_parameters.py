"""How a transform runs: options before the endpoint's wishes before the platform's defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from byoml.errors import SettingError
from byoml.local.transform.parameters import Parameters, check, settle, variables
from byoml.local.transform.values import TransformSpec
from byoml.local.values import EndpointSpec

_MEGABYTE = 2**20
_ASKED = {"MaxConcurrentTransforms": 4, "BatchStrategy": "SINGLE_RECORD", "MaxPayloadInMB": 25}


def _spec(**options: Any) -> TransformSpec:
    return TransformSpec(EndpointSpec(Path("m")), Path("i"), Path("o"), **options)


@pytest.mark.parametrize(
    ("options", "asked", "settled"),
    [
        ({}, {}, Parameters(1, several=True, limit=6 * _MEGABYTE)),
        ({}, _ASKED, Parameters(4, several=False, limit=25 * _MEGABYTE)),
        ({"strategy": "MultiRecord", "split": "Line"}, _ASKED, Parameters(4, several=True, limit=25 * _MEGABYTE)),
        ({"max_concurrent": 2, "max_payload_mb": 1}, _ASKED, Parameters(2, several=False, limit=_MEGABYTE)),
        ({"max_payload_mb": 0}, _ASKED, Parameters(4, several=False, limit=0)),
        ({"max_concurrent": 10}, _ASKED, Parameters(10, several=False, limit=10 * _MEGABYTE)),
        ({"max_concurrent": 200}, _ASKED, Parameters(200, several=False, limit=_MEGABYTE)),
    ],
)
def test_options_go_before_the_endpoint_before_the_platform(options: Any, asked: Any, settled: Parameters) -> None:
    """And no more than 100 MB are on their way, where the endpoint did not know how many requests there would be."""
    assert settle(_spec(**options), asked) == settled


def test_the_container_is_told_what_was_asked_for_alone() -> None:
    """SAGEMAKER_BATCH always, each of the others only where its option was given."""
    assert variables(_spec()) == {"SAGEMAKER_BATCH": "true"}
    assert variables(_spec(strategy="SingleRecord", max_payload_mb=0, max_concurrent=3)) == {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "0",
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "3",
    }


def test_what_the_platform_refuses_is_refused() -> None:
    """Many records of a file that is one, and more than 100 MB at once."""
    with pytest.raises(SettingError, match=r"--strategy is 'MultiRecord'; it must be used with --split Line"):
        check(_spec(strategy="MultiRecord"))
    with pytest.raises(SettingError, match=r"--max-payload-mb is 26; it must be at most 25 with --max-concurrent 4"):
        check(_spec(max_concurrent=4, max_payload_mb=26))
    check(_spec(max_concurrent=4, max_payload_mb=25))
