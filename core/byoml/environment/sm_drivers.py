"""How SDK v3 asks for a launcher: `distributed.json` in the channel `sm_drivers` (contract/training 8.3 and 8.4)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from byoml.environment.config_files import read_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.environment.paths import ContainerPaths

__all__ = ["DriverFiles"]


@dataclass(frozen=True)
class DriverFiles:
    """What SDK v3 says beside the hyperparameters; its tuner says it nowhere else.

    Args:
        distributed: `distributed.json`; empty where nothing is distributed.
    """

    distributed: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, paths: ContainerPaths) -> DriverFiles:
        """Read the file; a missing or empty one says nothing.

        Args:
            paths: The tree.

        Returns:
            The value.

        Raises:
            UnreadableConfigFileError: It is there and holds no JSON object.
        """
        return cls(read_config(paths.input_data / "sm_drivers", "distributed.json"))

    @property
    def uses_torchrun(self) -> bool:
        return "smp" in self.distributed

    @property
    def uses_mpi(self) -> bool:
        return "mpi_additional_options" in self.distributed
