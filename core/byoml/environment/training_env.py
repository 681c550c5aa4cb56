"""All that a training job is told, read once into one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.environment.accelerators import Accelerators
from byoml.environment.channels import Channel, channels_of
from byoml.environment.checkpoint_config import CheckpointConfig
from byoml.environment.config_files import read_config
from byoml.environment.hyperparameters import Hyperparameters
from byoml.environment.paths import ContainerPaths
from byoml.environment.resource_config import ResourceConfig
from byoml.log import level_number

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["TrainingEnv"]


@dataclass(frozen=True)
class TrainingEnv:
    """A training job as the container sees it; environment variables win over hyperparameters.

    Args:
        environ: The environment variables that `train` was started with.
        paths: The tree.
        hyperparameters: Decoded and split.
        channels: The training inputs, by name.
        resources: Hosts and groups.
        accelerators: What may be computed with.
        input_data_config: `inputdataconfig.json` as it is.
        checkpoint_dir: The folder of checkpoints, None for `checkpoints` in the tree.
    """

    environ: Mapping[str, str]
    paths: ContainerPaths
    hyperparameters: Hyperparameters
    channels: tuple[Channel, ...]
    resources: ResourceConfig
    accelerators: Accelerators
    input_data_config: Mapping[str, Any]
    checkpoint_dir: Path | None = None

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> TrainingEnv:
        """Read the tree's config files and probe the machine.

        Args:
            environ: Environment variables; the value keeps its own copy.

        Returns:
            The job.

        Raises:
            UnreadableConfigFileError: A config file does not parse.
            SettingError: A config file contradicts itself.
        """
        paths = ContainerPaths.from_environ(environ)
        config = read_config(paths.input_config, "inputdataconfig.json")
        return cls(
            environ=dict(environ),
            paths=paths,
            hyperparameters=Hyperparameters.from_raw(read_config(paths.input_config, "hyperparameters.json")),
            channels=channels_of(config, paths.input_data),
            resources=ResourceConfig.from_raw(read_config(paths.input_config, "resourceconfig.json")),
            accelerators=Accelerators.probe(environ),
            input_data_config=config,
            checkpoint_dir=CheckpointConfig.read(paths).folder,
        )

    def _setting(self, variable: str, hyperparameter: str) -> str | None:
        return self.environ.get(variable) or self.hyperparameters.reserved_text(hyperparameter)

    @property
    def submit_directory(self) -> str | None:
        return self._setting("SAGEMAKER_SUBMIT_DIRECTORY", "sagemaker_submit_directory")

    @property
    def job_name(self) -> str:
        return self._setting("TRAINING_JOB_NAME", "sagemaker_job_name") or ""

    @property
    def log_level(self) -> int:
        return level_number(self._setting("SAGEMAKER_CONTAINER_LOG_LEVEL", "sagemaker_container_log_level"))

    def channel(self, name: str) -> Channel | None:
        return next((channel for channel in self.channels if channel.name == name), None)
