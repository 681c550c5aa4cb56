"""The class that a framework plugin subclasses: what belongs to the chosen framework is a method here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from byoml.plugin.values import Capabilities, ImageRecipe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from types import ModuleType

    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin.values import Context, Launcher, ServerSettings
    from byoml.source.entry_point import EntryPoint

__all__ = ["Framework"]


class Framework:
    """An ML library's manner of training and serving; only `name` is required.

    Every method has a default that core itself uses when no framework is chosen. The serving functions have the very
    signatures that users write; a user's function of the same name stands instead. Whichever of them names a parameter
    `context` gets the request's Context. Import the library inside methods: the class is made in processes that never
    use it.

        class Joblib(Framework):
            name = "joblib"
            capabilities = Capabilities(batchable=True)

            def recognizes(self, model_dir):
                return (model_dir / "model.joblib").is_file()

            def model_fn(self, model_dir):
                import joblib
                return joblib.load(model_dir / "model.joblib")

            def predict_fn(self, data, model):
                return model.predict(data)
    """

    name: ClassVar[str]
    capabilities: ClassVar[Capabilities] = Capabilities()
    #: What a request without Content-Type is taken to send, and one without Accept is answered.
    default_content_type: ClassVar[str] = "application/json"
    default_accept: ClassVar[str] = "application/json"
    #: The types that `input_fn` reads and `output_fn` writes; None: all that there are codecs for.
    content_types: ClassVar[tuple[str, ...] | None] = None
    accepts: ClassVar[tuple[str, ...] | None] = None

    # training

    def env_vars(self, env: TrainingEnv) -> Mapping[str, str]:
        """Give variables for the user's program, beside the contract's.

        Args:
            env: The job.

        Returns:
            Variables by name.
        """
        return {}

    def launcher(self, env: TrainingEnv) -> Launcher | None:
        """Choose how the user's processes are started.

        Args:
            env: The job.

        Returns:
            A launcher, or None to leave the choice to hooks and core.
        """
        return None

    def default_entry_point(self, env: TrainingEnv) -> EntryPoint | None:
        """Name the built-in algorithm, which runs where the user gives no script.

        Args:
            env: The job.

        Returns:
            Its entry point, or None where there is none.
        """
        return None

    def check_model_dir(self, model_dir: Path) -> list[str]:
        """Look at what training left.

        Args:
            model_dir: `/opt/ml/model`.

        Returns:
            Warnings for the log, none where it can be served.
        """
        return []

    # processing

    def default_processing_entry_point(self, env: ProcessingEnv) -> EntryPoint | None:
        """Name the built-in processing program, which runs where the user gives no script.

        Args:
            env: The job.

        Returns:
            Its entry point, or None where there is none.
        """
        return None

    # serving

    def recognizes(self, model_dir: Path) -> bool:
        """Tell whether `model_fn` would load what lies in the folder; quick, from names alone."""
        return False

    def before_script(self) -> None:
        """Do what must be done in a process before it imports the user's serving script; called right before it."""

    def user_functions(self, module: ModuleType) -> Mapping[str, Callable[..., Any] | None]:
        """Take functions that the user's script has under names of this framework's own manner of serving.

        Args:
            module: The script.

        Returns:
            Functions by the names that byoml calls, such as `input_fn`; None where the script's own function of such a
            name is something else.
        """
        return {}

    def model_fn(self, model_dir: Path) -> Any:
        """Load the model; core's own has none, for functions that need no model."""
        return None

    def input_fn(self, body: bytes, content_type: str, context: Context) -> Any:
        """Decode a request's body by its content type."""
        return context.codecs.decode(body, content_type)

    def may_batch(self, model: Any) -> bool:
        """Tell whether this model predicts each row by itself; asked once, where `batchable` is declared."""
        return True

    def predict_fn(self, data: Any, model: Any) -> Any:
        """Predict; a model that can be called is called."""
        return model(data)

    def output_fn(self, prediction: Any, accept: str, context: Context) -> Any:
        """Encode the prediction; returns the body, or the body and its content type."""
        return context.codecs.encode(prediction, accept), accept

    def server_settings(self, settings: ServerSettings) -> ServerSettings:
        """Change how the server runs; returns the settings as they are or a changed copy."""
        return settings

    # image

    def image(self) -> ImageRecipe:
        """Say what an image for this framework needs.

        Returns:
            The plugin's own distribution, and what pip alone does not bring.
        """
        return ImageRecipe()
