"""How a transform runs: as its options say, else as the endpoint asks for, else as the platform does (H-50)."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.errors import SettingError
from byoml.local.transform.errors import ExecutionParametersError
from byoml.serving.execution_parameters import TOGETHER_MB, checked

if TYPE_CHECKING:
    from byoml.local.transform.values import TransformSpec

__all__ = ["Parameters", "ask", "check", "settle", "variables"]

_MEGABYTE = 2**20
_SECONDS = 60.0
_STRATEGIES = {"MultiRecord": "MULTI_RECORD", "SingleRecord": "SINGLE_RECORD"}
_DEFAULTS = {"MaxConcurrentTransforms": 1, "BatchStrategy": "MULTI_RECORD", "MaxPayloadInMB": 6}


@dataclass(frozen=True)
class Parameters:
    """How requests are made.

    Args:
        concurrent: How many at once.
        several: Each carries as many records as fit, else one.
        limit: The bytes of each, 0 for no limit.
    """

    concurrent: int
    several: bool
    limit: int


def check(spec: TransformSpec) -> None:
    """Refuse what the platform's request refuses.

    Args:
        spec: The transform.

    Raises:
        SettingError: Options do not go together.
    """
    if spec.strategy == "MultiRecord" and spec.split == "None":
        raise SettingError("--strategy", spec.strategy, "used with --split Line: else a file is one record")
    if (spec.max_concurrent or 1) * (spec.max_payload_mb or 0) > TOGETHER_MB:
        text = f"at most {TOGETHER_MB // (spec.max_concurrent or 1)} with --max-concurrent {spec.max_concurrent}"
        raise SettingError("--max-payload-mb", spec.max_payload_mb, f"{text}: together they may be {TOGETHER_MB}")


def variables(spec: TransformSpec) -> dict[str, str]:
    """Make the variables that tell a container of its transform; all but the first only where they are asked for."""
    said = {
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": spec.max_payload_mb,
        "SAGEMAKER_BATCH_STRATEGY": _STRATEGIES.get(spec.strategy or ""),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": spec.max_concurrent,
    }
    return {"SAGEMAKER_BATCH": "true", **{name: str(value) for name, value in said.items() if value is not None}}


def ask(port: int) -> dict[str, Any]:
    """Ask an endpoint for its execution parameters.

    Args:
        port: Where it listens.

    Returns:
        What it asks for; nothing where it does not answer 200.

    Raises:
        ExecutionParametersError: It asks for what there is not.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", "/execution-parameters")
        response = connection.getresponse()
        body = response.read()
    except (OSError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        return {}
    try:
        return checked(body)
    except ValueError as error:
        raise ExecutionParametersError(body.decode("utf-8", "replace"), str(error)) from None


def settle(spec: TransformSpec, asked: dict[str, Any]) -> Parameters:
    """Decide how requests are made.

    Args:
        spec: The transform.
        asked: What its endpoint asks for.

    Returns:
        The parameters.
    """
    told = {**_DEFAULTS, **asked}
    concurrent = spec.max_concurrent or told["MaxConcurrentTransforms"]
    megabytes = spec.max_payload_mb
    if megabytes is None:
        megabytes = min(told["MaxPayloadInMB"], max(1, TOGETHER_MB // concurrent))
    strategy = _STRATEGIES.get(spec.strategy or "", told["BatchStrategy"])
    return Parameters(concurrent, strategy == "MULTI_RECORD", megabytes * _MEGABYTE)
