"""Where everything lies in the tree under `/opt/ml`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ContainerPaths"]


@dataclass(frozen=True)
class ContainerPaths:
    """The container's folders and files (contract/training 1.2); nothing is created by naming it.

    Args:
        base: The root of the tree, `/opt/ml` unless `SAGEMAKER_BASE_DIR` says else.
    """

    base: Path

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> ContainerPaths:
        return cls(Path(environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"))

    @property
    def code(self) -> Path:
        return self.base / "code"

    @property
    def input(self) -> Path:
        return self.base / "input"

    @property
    def input_config(self) -> Path:
        return self.input / "config"

    @property
    def input_data(self) -> Path:
        return self.input / "data"

    @property
    def model(self) -> Path:
        return self.base / "model"

    @property
    def output(self) -> Path:
        return self.base / "output"

    @property
    def output_data(self) -> Path:
        return self.output / "data"

    @property
    def output_intermediate(self) -> Path:
        return self.output / "intermediate"

    @property
    def failure(self) -> Path:
        return self.output / "failure"

    @property
    def metrics(self) -> Path:
        return self.output / "metrics/sagemaker"

    @property
    def checkpoints(self) -> Path:
        return self.base / "checkpoints"

    @property
    def config(self) -> Path:
        return self.base / "config"

    @property
    def processing_input(self) -> Path:
        return self.base / "processing/input"

    @property
    def processing_code(self) -> Path:
        return self.processing_input / "code"

    @property
    def processing_output(self) -> Path:
        return self.base / "processing/output"

    @property
    def message(self) -> Path:
        return self.output / "message"
