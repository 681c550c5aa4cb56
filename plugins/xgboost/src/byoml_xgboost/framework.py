"""XGBoost as byoml's framework: how its models are served, and which program its algorithm is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from byoml.plugin import Capabilities, Framework, ImageRecipe
from byoml.source.entry_point import EntryPoint

from byoml_xgboost import model_files

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import xgboost as xgb
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context
    from numpy.typing import NDArray

__all__ = ["XGBoost"]

_JSON = "application/json"


class XGBoost(Framework):
    """The built-in algorithm of AWS's XGBoost container, and its answers."""

    name: ClassVar[str] = "xgboost"
    # Forked with one OpenMP thread; with more, the child would hang at its first prediction.
    capabilities = Capabilities(batchable=True, thread_safe=True, fork_safe=True, trains=True)
    default_content_type = "text/csv"
    default_accept = "text/csv"
    content_types = ("text/csv", _JSON, "application/x-npy")
    accepts = ("text/csv", _JSON, "application/x-npy")

    # training

    def default_entry_point(self, env: TrainingEnv) -> EntryPoint:
        return EntryPoint.module("byoml_xgboost.train", env.paths.code)

    def check_model_dir(self, model_dir: Path) -> list[str]:
        if self.recognizes(model_dir):
            return []
        return [f"{model_dir} has no file {model_files.NAME}, so this plugin cannot serve what the job left"]

    # serving

    def recognizes(self, model_dir: Path) -> bool:
        return bool(model_files.candidates(model_dir))

    def model_fn(self, model_dir: Path) -> xgb.Booster:
        # The number of threads is OMP_NUM_THREADS, which the OpenMP runtime reads by itself.
        return model_files.load(model_dir)

    def input_fn(self, body: bytes, content_type: str, context: Context) -> NDArray[np.floating[Any]]:
        from byoml.plugin.matrix import as_matrix

        return as_matrix(context.codecs.decode(body, content_type), content_type)

    def predict_fn(self, data: NDArray[np.floating[Any]], model: xgb.Booster) -> Any:
        from byoml.plugin.matrix import check_width

        from byoml_xgboost.predicting import predict

        check_width(data, model.num_features())
        return predict(model, data)

    def output_fn(self, prediction: Any, accept: str, context: Context) -> tuple[bytes, str]:
        answer = {"predictions": [{"score": score} for score in prediction.tolist()]} if accept == _JSON else prediction
        return context.codecs.encode(answer, accept), accept

    # image

    def image(self) -> ImageRecipe:
        return ImageRecipe(requirements=("byoml-xgboost",))
