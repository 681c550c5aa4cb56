"""The framework: a row is of the class whose mean is nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from byoml.plugin import Capabilities, Framework, hookimpl
from byoml.plugin.matrix import as_matrix, check_width
from byoml.source.entry_point import EntryPoint

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context


class NearestCentroid(Framework):
    name: ClassVar[str] = "minimal"
    capabilities = Capabilities(batchable=True, thread_safe=True, trains=True)

    def default_entry_point(self, env: TrainingEnv) -> EntryPoint:
        return EntryPoint.module("byoml_minimal.train", env.paths.code)

    def recognizes(self, model_dir: Path) -> bool:
        return (model_dir / "centroids.npz").is_file()

    def model_fn(self, model_dir: Path) -> Any:
        import numpy as np

        with np.load(model_dir / "centroids.npz") as model:
            return model["labels"], model["centroids"]

    def input_fn(self, body: bytes, content_type: str, context: Context) -> Any:
        return as_matrix(context.codecs.decode(body, content_type), content_type)

    def predict_fn(self, data: Any, model: Any) -> Any:
        labels, centroids = model
        check_width(data, centroids.shape[1])
        distances = ((data[:, None] - centroids) ** 2).sum(axis=2)
        return labels[distances.argmin(axis=1)]


@hookimpl
def byoml_register_framework() -> Framework:
    return NearestCentroid()
