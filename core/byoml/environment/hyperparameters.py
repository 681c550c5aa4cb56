"""The job's hyperparameters: decoded, and split by who they are for (contract/training 3.1 to 3.3)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.environment.env_value import to_env_value

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SENT_BY_SDKS", "Hyperparameters", "decode", "plain_text"]

#: Keys that SDKs send without being asked: no mistake of the user's where an algorithm or a schema does not know them.
SENT_BY_SDKS = frozenset({"model_dir", "mp_parameters"})
_VARIABLE = "sagemaker_env_"
_RESERVED = frozenset(
    {
        "sagemaker_program",
        "sagemaker_submit_directory",
        "sagemaker_enable_cloudwatch_metrics",
        "sagemaker_region",
        "sagemaker_container_log_level",
        "sagemaker_job_name",
        "default_user_module_name",
        "_tuning_objective_metric",
        "sagemaker_s3_output",
    }
)


def decode(raw: object) -> Any:
    """Decode one value as every sender's toolkit does: JSON where it parses, else the string itself.

    Args:
        raw: The value in the file; anything but a string is kept.

    Returns:
        The typed value.
    """
    if not isinstance(raw, str):
        return raw
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):  # ValueError also for integers of more digits than Python converts
        return raw


def plain_text(value: object) -> str | None:
    """Undo one more layer of quoting, as reserved keys arrive raw from some senders and encoded from others.

    Args:
        value: A decoded value, None where there is none.

    Returns:
        The text, or None for nothing and for an empty text.
    """
    while isinstance(value, str) and value[:1] == '"':
        inner = decode(value)
        if inner == value:
            break
        value = inner
    return None if value is None or value == "" else str(value)


@dataclass(frozen=True)
class Hyperparameters:
    """Decoded hyperparameters, by who they are for.

    Args:
        user: What the user's program gets.
        framework: `sagemaker_*` keys that steer launchers and frameworks.
        reserved: Keys of the platform and the SDK, never passed on.
    """

    user: Mapping[str, Any]
    framework: Mapping[str, Any]
    reserved: Mapping[str, Any]

    @classmethod
    def from_raw(cls, raw: Mapping[str, object]) -> Hyperparameters:
        user: dict[str, Any] = {}
        framework: dict[str, Any] = {}
        reserved: dict[str, Any] = {}
        for key, value in raw.items():
            ours = framework if key.startswith("sagemaker_") else user
            (reserved if key in _RESERVED else ours)[key] = decode(value)
        return cls(user, framework, reserved)

    @property
    def variables(self) -> dict[str, str]:
        """Give what `sagemaker_env_NAME` sets for the program: tuning jobs have no other way to set variables."""
        named = {key.removeprefix(_VARIABLE): key for key in self.framework if key.startswith(_VARIABLE)}
        return {name: to_env_value(self.framework[key]) for name, key in named.items()}

    def reserved_text(self, key: str) -> str | None:
        return plain_text(self.reserved.get(key))
