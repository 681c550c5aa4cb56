"""What a local run is asked to do, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["EndpointSpec", "JobResult", "JobSpec", "ProcessResult", "ProcessSpec"]


@dataclass(frozen=True)
class JobSpec:
    """A training job.

    Args:
        output: The folder that gets the results.
        source: A folder or an archive with the user's code, None where there is none.
        entry_point: The program, relative to `source`; without a source a file, which alone is the source.
        framework: `BYOML_FRAMEWORK`, None to let byoml choose.
        channels: Files or folders, by channel name.
        hyperparameters: As the platform has them, all strings.
        hosts: How many hosts take part.
        env: Variables of the job; they win over all others.
        image: The image whose programs run; None: those of this machine.
    """

    output: Path
    source: Path | None = None
    entry_point: str | None = None
    framework: str | None = None
    channels: Mapping[str, Path] = field(default_factory=dict)
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    hosts: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None


@dataclass(frozen=True)
class JobResult:
    """What a job left.

    Args:
        exit_code: The code of the first host that failed, else 0.
        failure: The text of its failure file, None where there is none.
        model_dir: The merged model folder.
        artifact: `model.tar.gz`, None where the job failed.
        output_dir: The merged output folder.
        logs: One file for each host.
        metrics: `metrics.jsonl`, None where the job told no metrics.
    """

    exit_code: int
    failure: str | None
    model_dir: Path
    artifact: Path | None
    output_dir: Path
    logs: tuple[Path, ...]
    metrics: Path | None = None


@dataclass(frozen=True)
class EndpointSpec:
    """An endpoint.

    Args:
        model: A folder or a model artifact.
        source: A folder or an archive with the user's code; it goes before code that lies in the model.
        entry_point: The user's module, relative to `source`, or a file, as in `JobSpec`.
        framework: `BYOML_FRAMEWORK`, None to let byoml choose.
        port: Where it listens; 0: any free port.
        env: Variables of the endpoint; they win over all others.
        image: The image whose programs run; None: those of this machine.
    """

    model: Path
    source: Path | None = None
    entry_point: str | None = None
    framework: str | None = None
    port: int = 8080
    env: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None


@dataclass(frozen=True)
class ProcessSpec:
    """A processing job.

    Args:
        script: The program, relative to the code; without code a file, which alone is the code.
        args: The program's arguments.
        source: A folder or an archive with the user's code; None where the input `code` is it, or there is none.
        framework: `BYOML_FRAMEWORK`, None to let byoml choose.
        inputs: Files or folders, by input name.
        outputs: The folders that get what was written, by output name.
        hosts: How many hosts take part.
        env: Variables of the job; they win over all others.
        image: The image whose programs run; None: those of this machine.
    """

    script: str | None = None
    args: tuple[str, ...] = ()
    source: Path | None = None
    framework: str | None = None
    inputs: Mapping[str, Path] = field(default_factory=dict)
    outputs: Mapping[str, Path] = field(default_factory=dict)
    hosts: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    image: str | None = None


@dataclass(frozen=True)
class ProcessResult:
    """What a processing job left beside its outputs.

    Args:
        exit_code: The code of the first host that failed, else 0.
        message: The exit message, None where there is none.
        undeclared: Folders of `processing/output` with files that no output names; the platform drops them as well.
    """

    exit_code: int
    message: str | None
    undeclared: tuple[str, ...] = ()
