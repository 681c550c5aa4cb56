"""What the plugin can find wrong; part of the one tree in `byoml.errors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "ContentTypeParameterError",
    "DaskChannelError",
    "DaskMissingError",
    "ExtraChannelError",
    "FoldsError",
    "HostFailedError",
    "HostLostError",
    "LabelsError",
    "NoGpuError",
    "NoRowsError",
    "TrackerError",
    "WidthsError",
]


class ContentTypeParameterError(ConfigurationError):
    """A parameter of a channel's content type has a value that is not known."""

    def __init__(self, content_type: str, name: str, value: str, allowed: Iterable[str]) -> None:
        super().__init__(
            f"the content type {content_type} has the parameter {name}={value}; it must be {' or '.join(allowed)}"
        )


class ExtraChannelError(ConfigurationError):
    """The job has channels that the algorithm would not read."""

    def __init__(self, names: Iterable[str], known: Iterable[str]) -> None:
        super().__init__(
            f"the algorithm does not read the channels {', '.join(names)}; it reads {', '.join(known)}. "
            "Rename or remove them"
        )


class FoldsError(ConfigurationError):
    """There are too few rows to make folds of."""

    def __init__(self, folds: int, rows: int) -> None:
        super().__init__(f"_kfold is {folds}, but there are only {rows} rows; each fold needs one at least")


class LabelsError(ConfigurationError):
    """A label is none that the objective can learn from."""

    def __init__(self, channel: str, row: int, label: float, objective: str, wanted: str) -> None:
        super().__init__(
            f"row {row} of channel {channel!r} has the label {label:g}; for objective {objective} it must be {wanted}"
        )


class NoRowsError(ConfigurationError):
    """A channel has no row on any host."""

    def __init__(self, channel: str, folder: object, hosts: int) -> None:
        where = f"on any of {hosts} hosts" if hosts > 1 else "there"
        super().__init__(f"{folder}: no row of channel {channel!r} is {where}; the algorithm needs at least one")


class WidthsError(ConfigurationError):
    """Channels, or their parts on different hosts, have different numbers of features."""

    def __init__(self, widths: Mapping[str, int]) -> None:
        told = " and ".join(f"{name} has {width} features" for name, width in widths.items())
        super().__init__(f"{told}; all rows must have the same")


class NoGpuError(ConfigurationError):
    """The job asks for a GPU that XGBoost cannot use here."""

    def __init__(self, asked: str, reason: str, remedy: str) -> None:
        super().__init__(f"{asked} needs a GPU, but {reason}; {remedy}")


class DaskChannelError(ConfigurationError):
    """Channels that Dask's workers cannot read each a part of, all of them at once."""

    def __init__(self, problems: Iterable[str]) -> None:
        super().__init__(f"use_dask_gpu_training: {'; '.join(problems)}")


class DaskMissingError(ConfigurationError):
    """The job asks for Dask, which is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "use_dask_gpu_training needs Dask, which is not installed: pip install 'byoml-xgboost[dask]', or leave the "
            "hyperparameter out: several hosts train together without it"
        )


class TrackerError(ConfigurationError):
    """The hosts did not find each other."""

    def __init__(self, host: str, port: int, seconds: float, reason: str) -> None:
        super().__init__(
            f"this host could not join the others at {host}:{port} within {seconds:g} s ({reason}); the job's security "
            "group must let its hosts talk to each other on all ports"
        )


class HostFailedError(ConfigurationError):
    """Another host of the job cannot go on, and has said why."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        told = "; ".join(f"on host {host}: {problem}" for host, problem in problems.items())
        super().__init__(f"training ends, as it cannot go on {told}")


class HostLostError(ConfigurationError):
    """The connection to another host broke while the model was trained."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"another host of the job is gone ({reason}); its own log says why, most often that its memory ran out"
        )
