"""XGBoost as byoml's framework: how its models are served, and which program its algorithm is."""

from __future__ import annotations

import logging
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary

from byoml.environment.serving_env import many_models
from byoml.plugin import Capabilities, Framework, ImageRecipe
from byoml.source.entry_point import EntryPoint

from byoml_xgboost import model_files
from byoml_xgboost.content_types import ACCEPTS, CONTENT_TYPES
from byoml_xgboost.importing import import_alone
from byoml_xgboost.serving_settings import ServingSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

    import xgboost as xgb
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context

    from byoml_xgboost.ensemble import Ensemble
    from byoml_xgboost.objective import Objective
    from byoml_xgboost.request_rows import RowReader

__all__ = ["XGBoost"]

# With one of these a user's script decides what is predicted: answers have the forms of AWS's script mode.
_SCRIPTED = frozenset({"model_fn", "input_fn", "predict_fn"})
_log = logging.getLogger(__name__)


class XGBoost(Framework):
    """The built-in algorithm of AWS's XGBoost container, and its answers."""

    name: ClassVar[str] = "xgboost"
    # Forked with one OpenMP thread; with more, the child would hang at its first prediction.
    capabilities = Capabilities(batchable=True, linewise=True, thread_safe=True, fork_safe=True, trains=True)
    default_content_type = "text/libsvm"
    default_accept = "text/csv"
    content_types = CONTENT_TYPES
    accepts = ACCEPTS

    def __init__(self) -> None:
        self._read: tuple[Mapping[str, str], ServingSettings] | None = None
        self._readers: WeakKeyDictionary[Any, RowReader] = WeakKeyDictionary()
        self._objectives: WeakKeyDictionary[xgb.Booster, Objective] = WeakKeyDictionary()

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

    def model_fn(self, model_dir: Path, context: Context | None = None) -> Any:
        # The number of threads is OMP_NUM_THREADS, which the OpenMP runtime reads by itself.
        settings = self._settings(context.environ if context else {})
        # Of many models, others may come with scripts.
        if context is not None and not context.users and not many_models(context.environ):
            import_alone()
        model = model_files.load(model_dir, settings)
        if settings.keys:
            self._check_keys(settings.keys, self._objective(model))
        return model

    def input_fn(self, body: bytes, content_type: str, context: Context) -> Any:
        table = self._reader(context).read(body, content_type)
        return self._matrix(table, context.model) if "predict_fn" in context.users else table

    def predict_fn(self, data: Any, model: Any) -> Any:
        return self._predictors.predict_any(data, model)

    def output_fn(self, prediction: Any, accept: str, context: Context) -> tuple[bytes, str]:
        answers, settings = self._answers, self._settings(context.environ)
        if context.users & _SCRIPTED:
            return context.codecs.encode(prediction, accept), accept
        if settings.keys:
            from byoml_xgboost.selectable import select

            rows = select(prediction, settings.keys, self._objective(context.model))
            return answers.selected(rows, accept, context.codecs), accept
        if settings.one_line and accept == self.default_accept:
            return answers.one_line(prediction), accept
        return answers.plain(prediction, accept, context.codecs), accept

    def _settings(self, environ: Mapping[str, str]) -> ServingSettings:
        """Read the variables once; a process has one environment."""
        if self._read is None or self._read[0] is not environ:
            self._read = (environ, ServingSettings.read(environ))
        return self._read[1]

    # An import statement in a function costs a microsecond each time, and these run for each request.

    @cached_property
    def _predictors(self) -> ModuleType:
        from byoml_xgboost import predictors

        return predictors

    @cached_property
    def _answers(self) -> ModuleType:
        from byoml_xgboost import answers

        return answers

    def _reader(self, context: Context) -> RowReader:
        """Make what reads a model's rows, once for each model that can be told apart from others."""
        try:
            return self._readers[context.model]
        except (KeyError, TypeError):
            pass
        from byoml_xgboost.request_rows import RowReader

        width, names = self._predictors.width_of(context.model), self._predictors.names_of(context.model)
        reader = RowReader(context.codecs, width, names, self._settings(context.environ).first_index)
        with suppress(TypeError):
            self._readers[context.model] = reader
        return reader

    def _objective(self, model: xgb.Booster | Ensemble) -> Objective:
        """Read a model's objective once, as it takes long beside a prediction."""
        from byoml_xgboost.ensemble import Ensemble
        from byoml_xgboost.objective import objective_of

        if isinstance(model, Ensemble):
            return model.objective
        if model not in self._objectives:
            self._objectives[model] = objective_of(model)
        return self._objectives[model]

    @staticmethod
    def _check_keys(keys: tuple[str, ...], objective: Objective) -> None:
        from byoml_xgboost.selectable import keys_of

        if empty := [key for key in keys if key not in keys_of(objective)]:
            told = "a model of %s has no %s, so answers hold NaN there (null in JSON); it has %s"
            _log.warning(told, objective.name, ", ".join(empty), ", ".join(keys_of(objective)))

    @staticmethod
    def _matrix(table: Any, model: Any) -> xgb.DMatrix:
        """Make what a user's predict_fn gets in AWS's container."""
        import xgboost as xgb

        from byoml_xgboost.predictors import names_of

        return xgb.DMatrix(table, feature_names=names_of(model))

    # image

    def image(self) -> ImageRecipe:
        return ImageRecipe(requirements=("byoml-xgboost",))
