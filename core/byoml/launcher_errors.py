"""The errors of starting programs on several hosts; part of the one tree in `errors`."""

from __future__ import annotations

from byoml.errors import ConfigurationError, ContainerError

__all__ = [
    "LauncherMissingError",
    "LauncherProgramError",
    "LauncherRefusal",
    "SecretMissingError",
    "StatusChannelError",
]


class StatusChannelError(ContainerError):
    """The hosts of a distributed program cannot watch each other."""

    def __init__(self, host: str, port: int, reason: str) -> None:
        super().__init__(
            f"the status channel of host {host}, port {port}, {reason}; all hosts must run one job, reach each other "
            "at this port (BYOML_STATUS_PORT) and have the same BYOML_STATUS_SECRET"
        )


class LauncherRefusal(ContainerError):  # noqa: N818  what this host answers to an order, no fault of its own
    """A host was ordered to start what it does not start."""


class LauncherMissingError(ConfigurationError):
    """The image lacks the program that a launcher runs."""

    def __init__(self, launcher: str, program: str, remedy: str) -> None:
        super().__init__(f"{launcher} was asked for, and {program} is not in this image; {remedy}")


class LauncherProgramError(ConfigurationError):
    """A launcher cannot start programs of this kind."""

    def __init__(self, launcher: str, program: str, allowed: str) -> None:
        super().__init__(f"{launcher} cannot start {program!r}; it must be {allowed}")


class SecretMissingError(ConfigurationError):
    """Nothing tells this job from others, so its hosts could not tell each other from strangers."""

    def __init__(self, launcher: str) -> None:
        super().__init__(
            f"{launcher} over several hosts needs a secret that they share: set TRAINING_JOB_NAME, as the platform "
            "does, or BYOML_STATUS_SECRET, to the same value on all hosts"
        )
