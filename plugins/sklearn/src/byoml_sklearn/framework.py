"""scikit-learn as byoml's framework: how its models are served, and which program its algorithm is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from byoml.plugin import Capabilities, Framework, ImageRecipe
from byoml.source.entry_point import EntryPoint

from byoml_sklearn import model_files

if TYPE_CHECKING:
    from pathlib import Path

    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context

    from byoml_sklearn.signature import Signature

__all__ = ["SKLearn"]

_TYPES = ("text/csv", "application/json", "application/jsonlines", "application/x-npy")


class SKLearn(Framework):
    """Any estimator that joblib, skops or pickle saved; any estimator by name where the user gives no script."""

    name: ClassVar[str] = "sklearn"
    # Forked with one OpenMP thread; with more, some estimators would hang in the child.
    capabilities = Capabilities(batchable=True, linewise=True, fork_safe=True, trains=True)
    default_content_type = "text/csv"
    default_accept = "text/csv"
    content_types = _TYPES
    accepts = _TYPES

    def __init__(self) -> None:
        # What a model takes is read off it once; a model that is unloaded takes its signature along.
        self._signatures: WeakKeyDictionary[Any, Signature] = WeakKeyDictionary()

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

    def model_fn(self, model_dir: Path, context: Context | None = None) -> Any:
        return model_files.load(model_dir, context.environ if context else {})

    def input_fn(self, body: bytes, content_type: str, context: Context) -> Any:
        from byoml_sklearn.long_csv import read_long
        from byoml_sklearn.rows import rows_of

        plain = read_long(body, content_type)
        return rows_of(context.codecs.decode(body, content_type), content_type) if plain is None else plain

    def may_batch(self, model: Any) -> bool:
        from byoml_sklearn.predicting import predicts_rows_alone

        return predicts_rows_alone(model)

    def predict_fn(self, data: Any, model: Any, context: Context | None = None) -> Any:
        from byoml_sklearn.predicting import method_of, predict

        headers, environ = (context.headers, context.environ) if context else ({}, {})
        default = environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", self.default_accept)
        method = method_of(headers.get("accept") or default, model)
        # A user's input_fn may give what the model takes already: a DataFrame, a sparse matrix.
        if context is None or "input_fn" not in context.users:
            data = self._signature(model).take(data, headers.get("content-type", self.default_content_type))
        return predict(model, method, data)

    def _signature(self, model: Any) -> Signature:
        from byoml_sklearn.signature import Signature

        try:
            found = self._signatures.get(model)
            if found is None:
                found = self._signatures[model] = Signature.of(model)
        except TypeError:  # a user's class whose instances cannot be keys
            return Signature.of(model)
        return found

    # image

    def image(self) -> ImageRecipe:
        return ImageRecipe(requirements=("byoml-sklearn",))
