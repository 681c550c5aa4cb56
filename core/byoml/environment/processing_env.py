"""All that a processing job is told (contract/training 1.6), read once into one frozen value; no file need be there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from byoml.environment.accelerators import Accelerators
from byoml.environment.config_files import read_config
from byoml.environment.paths import ContainerPaths
from byoml.environment.resource_config import ResourceConfig
from byoml.errors import SettingError
from byoml.log import level_number

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProcessingEnv", "ProcessingPort"]

_CONFIG = "processingjobconfig.json"
_ROOT = PurePosixPath("/opt/ml")
_PLACES = ("S3Input", "DatasetDefinition", "S3Output")


@dataclass(frozen=True)
class ProcessingPort:
    """One input or output of a processing job.

    Args:
        name: As the job names it.
        path: Its folder (of an input in Pipe mode its fifo).
        mode: `File` or `Pipe` of an input, `EndOfJob` or `Continuous` of an output.
    """

    name: str
    path: Path
    mode: str


@dataclass(frozen=True)
class ProcessingEnv:
    """A processing job as the container sees it.

    Args:
        environ: The environment variables that `processing` was started with.
        paths: The tree.
        job_name: The job's name, empty where no file tells it.
        inputs: In the file's order; without the file, the folders of `processing/input`.
        outputs: In the file's order; without the file, the folders of `processing/output`.
        resources: The hosts.
        accelerators: What may be computed with.
        job_config: `processingjobconfig.json` as it is.
    """

    environ: Mapping[str, str]
    paths: ContainerPaths
    job_name: str
    inputs: tuple[ProcessingPort, ...]
    outputs: tuple[ProcessingPort, ...]
    resources: ResourceConfig
    accelerators: Accelerators
    job_config: Mapping[str, Any]

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> ProcessingEnv:
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
        config = read_config(paths.config, _CONFIG)
        return cls(
            environ=dict(environ),
            paths=paths,
            job_name=str(config.get("ProcessingJobName") or ""),
            inputs=_inputs(config, paths) if config else _folders(paths.processing_input, "File"),
            outputs=_outputs(config, paths) if config else _folders(paths.processing_output, "EndOfJob"),
            resources=ResourceConfig.from_raw(read_config(paths.config, "resourceconfig.json")),
            accelerators=Accelerators.probe(environ),
            job_config=config,
        )

    @property
    def log_level(self) -> int:
        return level_number(self.environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL"))


def _folders(parent: Path, mode: str) -> tuple[ProcessingPort, ...]:
    folders = sorted(parent.iterdir()) if parent.is_dir() else ()
    return tuple(ProcessingPort(folder.name, folder, mode) for folder in folders if folder.is_dir())


def _inputs(config: Mapping[str, Any], paths: ContainerPaths) -> tuple[ProcessingPort, ...]:
    said = _objects(config.get("ProcessingInputs"), "ProcessingInputs", "InputName")
    ports = []
    for one in said:
        place = one.get("S3Input") or one.get("DatasetDefinition") or {}
        mode = place.get("S3InputMode") or place.get("InputMode") or "File"
        ports.append((str(one["InputName"]), place.get("LocalPath"), str(mode)))
    return _with_place(ports, paths)


def _outputs(config: Mapping[str, Any], paths: ContainerPaths) -> tuple[ProcessingPort, ...]:
    whole = config.get("ProcessingOutputConfig") or {}
    if not isinstance(whole, dict):
        raise SettingError(f"ProcessingOutputConfig of {_CONFIG}", whole, "an object with Outputs")
    said = _objects(whole.get("Outputs"), "Outputs", "OutputName")
    places = [(str(one["OutputName"]), one.get("S3Output") or {}) for one in said]
    ports = [(name, place.get("LocalPath"), str(place.get("S3UploadMode") or "EndOfJob")) for name, place in places]
    return _with_place(ports, paths)


def _objects(said: object, key: str, name: str) -> list[dict[str, Any]]:
    wanted = f"a list of objects, each with {name}"
    if said is None:
        return []
    if not isinstance(said, list):
        raise SettingError(f"{key} of {_CONFIG}", said, wanted)
    for one in said:
        if not isinstance(one, dict) or name not in one or not all(isinstance(one.get(k) or {}, dict) for k in _PLACES):
            raise SettingError(f"an entry of {key} in {_CONFIG}", one, wanted)
    return said


def _with_place(ports: list[tuple[str, Any, str]], paths: ContainerPaths) -> tuple[ProcessingPort, ...]:
    """Keep what has a folder here: an input that the program fetches itself has none, nor has a feature store."""
    return tuple(ProcessingPort(name, _here(str(path), paths), mode) for name, path, mode in ports if path)


def _here(local_path: str, paths: ContainerPaths) -> Path:
    """Find a path of the file in a tree that lies elsewhere than at `/opt/ml`."""
    path = PurePosixPath(local_path)
    return paths.base / path.relative_to(_ROOT) if path.is_relative_to(_ROOT) else Path(local_path)
