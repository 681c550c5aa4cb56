"""scikit-learn as byoml's framework: how its models are served, and which program its algorithm is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from byoml.plugin import Capabilities, Framework, ImageRecipe
from byoml.source.entry_point import EntryPoint

from byoml_sklearn import model_files

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context
    from numpy.typing import NDArray

__all__ = ["SKLearn"]


class SKLearn(Framework):
    """Any estimator that joblib saved; a decision tree where the user gives no script."""

    name: ClassVar[str] = "sklearn"
    # Forked with one OpenMP thread; with more, some estimators would hang in the child.
    capabilities = Capabilities(batchable=True, fork_safe=True, trains=True)
    default_content_type = "text/csv"
    default_accept = "text/csv"
    content_types = ("text/csv", "application/json", "application/x-npy")
    accepts = ("text/csv", "application/json", "application/x-npy")

    # training

    def default_entry_point(self, env: TrainingEnv) -> EntryPoint:
        return EntryPoint.module("byoml_sklearn.train", env.paths.code)

    def check_model_dir(self, model_dir: Path) -> list[str]:
        if self.recognizes(model_dir):
            return []
        return [f"{model_dir} has no file {model_files.NAME}, so this plugin cannot serve what the job left"]

    # serving

    def recognizes(self, model_dir: Path) -> bool:
        return bool(model_files.candidates(model_dir))

    def model_fn(self, model_dir: Path) -> Any:
        return model_files.load(model_dir)

    def input_fn(self, body: bytes, content_type: str, context: Context) -> NDArray[np.floating[Any]]:
        from byoml.plugin.matrix import as_matrix

        return as_matrix(context.codecs.decode(body, content_type), content_type, "float64")

    def predict_fn(self, data: NDArray[np.floating[Any]], model: Any) -> Any:
        from byoml.plugin.matrix import check_width

        width: int = data.shape[1]
        check_width(data, getattr(model, "n_features_in_", width))
        return model.predict(data)

    # image

    def image(self) -> ImageRecipe:
        return ImageRecipe(requirements=("byoml-sklearn",))
