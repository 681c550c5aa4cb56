"""TensorFlow as byoml's framework: how its models are served, and which programs train and process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from byoml.plugin import Capabilities, Framework, ImageRecipe
from byoml.source.entry_point import EntryPoint

from byoml_tensorflow import model_files
from byoml_tensorflow.content_types import ACCEPTS, CONTENT_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import ModuleType

    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Context
    from byoml.plugin.values import Launcher

    from byoml_tensorflow.models import Models

__all__ = ["TensorFlow"]

_DEFAULT_MODEL = "SAGEMAKER_TFS_DEFAULT_MODEL_NAME"


class TensorFlow(Framework):
    """SavedModels and Keras's files, asked as TF Serving is; a 3D-CNN for videos where the user gives no script."""

    name: ClassVar[str] = "tensorflow"
    capabilities = Capabilities(batchable=True, thread_safe=True, trains=True)
    content_types = CONTENT_TYPES
    accepts = ACCEPTS

    # training

    def env_vars(self, env: TrainingEnv) -> dict[str, str]:
        from byoml_tensorflow.launching import program_variables

        return program_variables(env)

    def launcher(self, env: TrainingEnv) -> Launcher | None:
        from byoml_tensorflow.launching import choose_launcher

        return choose_launcher(env)

    def default_entry_point(self, env: TrainingEnv) -> EntryPoint:
        return EntryPoint.module("byoml_tensorflow.train", env.paths.code)

    def check_model_dir(self, model_dir: Path) -> list[str]:
        if self.recognizes(model_dir):
            return []
        return [f"{model_dir} has no SavedModel in a folder with a number and no .keras, so it cannot be served"]

    # processing

    def default_processing_entry_point(self, env: ProcessingEnv) -> EntryPoint:
        return EntryPoint.module("byoml_tensorflow.process", env.paths.base)

    # serving

    def recognizes(self, model_dir: Path) -> bool:
        return bool(model_files.places(model_dir))

    def user_functions(self, module: ModuleType) -> dict[str, Callable[..., Any] | None]:
        """Take `input_handler` with `output_handler`, and leave alone what an estimator's script calls model_fn."""
        from byoml_tensorflow.function_scripts import TRAINS
        from byoml_tensorflow.handlers import handler_functions

        estimators = any(hasattr(module, name) for name in TRAINS)
        return {**({"model_fn": None} if estimators else {}), **handler_functions(module)}

    def before_script(self) -> None:
        from byoml_tensorflow.old_keras import answer_old_names

        answer_old_names()

    def model_fn(self, model_dir: Path, context: Context) -> Models:  # type: ignore[override]  # bound by its name
        from byoml_tensorflow import models

        return models.load(model_dir, context.environ.get(_DEFAULT_MODEL))

    def input_fn(self, body: bytes, content_type: str, context: Context) -> Any:
        from byoml_tensorflow.asking import Target
        from byoml_tensorflow.models import models_of
        from byoml_tensorflow.reading import read

        models = models_of(context.model)
        return read(body, content_type, context.codecs, models, Target.read(context.custom_attributes))

    def predict_fn(self, data: Any, model: Any) -> Any:
        from byoml_tensorflow.predicting import predict

        return predict(data, model)

    def output_fn(self, prediction: Any, accept: str, context: Context) -> tuple[bytes, str]:
        from byoml_tensorflow.answering import write
        from byoml_tensorflow.models import models_of

        models = models_of(context.model)
        return write(prediction, accept, context.codecs, models.notes.classes if models else ()), accept

    # image

    def image(self) -> ImageRecipe:
        return ImageRecipe(requirements=("byoml-tensorflow",))
