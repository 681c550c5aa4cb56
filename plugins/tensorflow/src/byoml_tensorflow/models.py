"""Loaded models: by name and version, each with its signatures, called without Keras's `predict`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from byoml.errors import SettingError

from byoml_tensorflow import model_files
from byoml_tensorflow.errors import UnknownModel, UnreadableModelError
from byoml_tensorflow.model_files import DEFAULT_NAME, Notes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from byoml_tensorflow.model_files import Place

__all__ = ["Input", "Models", "Signature", "load", "models_of"]

_DEFAULT_SIGNATURE = "serving_default"


@dataclass(frozen=True)
class Input:
    """What one input of a signature takes.

    Args:
        name: As requests name it.
        shape: Sizes with the batch first, None for any; None as a whole where nothing is said.
        dtype: As numpy names it; `object` for strings.
    """

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str


@dataclass(frozen=True)
class Signature:
    """A function of a model.

    Args:
        inputs: What it takes, by name.
        call: Takes one array an input, by name; gives one array an output, by name.
        keeps: Whatever must live as long as the function does.
    """

    inputs: Mapping[str, Input]
    call: Callable[[Mapping[str, NDArray[Any]]], dict[str, NDArray[Any]]]
    keeps: Any = None

    @property
    def only_input(self) -> Input | None:
        return next(iter(self.inputs.values())) if len(self.inputs) == 1 else None


@dataclass(frozen=True)
class Models:
    """All models of a folder.

    Args:
        by_place: Signatures by name, of each version of each model.
        default: The name of the model that answers requests which name none.
        notes: What stands beside the models.
    """

    by_place: Mapping[tuple[str, int], Mapping[str, Signature]]
    default: str = DEFAULT_NAME
    notes: Notes = field(default_factory=Notes)

    def signature(
        self, model: str | None = None, version: int | None = None, signature: str | None = None
    ) -> Signature:
        """Choose a function.

        Args:
            model: The model's name; None for the default one.
            version: None for the highest.
            signature: None for `serving_default`, or the only one there is.

        Returns:
            The function.

        Raises:
            UnknownModel: There is no such model, version or signature.
        """
        name = model or self.default
        versions = sorted(number for named, number in self.by_place if named == name)
        if not versions:
            raise UnknownModel("model", name, sorted({named for named, _ in self.by_place}))
        if version is not None and version not in versions:
            raise UnknownModel(f"version of model {name!r}", str(version), versions)
        there = self.by_place[name, versions[-1] if version is None else version]
        wanted = signature or (next(iter(there)) if len(there) == 1 else _DEFAULT_SIGNATURE)
        if wanted not in there:
            raise UnknownModel(f"signature of model {name!r}", wanted, sorted(there))
        return there[wanted]


def load(model_dir: Path, default: str | None = None) -> Models:
    """Load everything of a folder.

    Args:
        model_dir: The model folder.
        default: The model that answers requests which name none; None for `model`, else the first by name.

    Returns:
        The models.

    Raises:
        ModelFilesError: There is none.
        AmbiguousModelError: There are several files of Keras.
        UnreadableModelError: One cannot be loaded, or has no signature.
        SettingError: There is no model of the default's name.
    """
    found = model_files.find(model_dir)
    names = sorted({place.name for place in found})
    if default and default not in names:
        raise SettingError("SAGEMAKER_TFS_DEFAULT_MODEL_NAME", default, f"one of {', '.join(names)}")
    default = default or (DEFAULT_NAME if DEFAULT_NAME in names else names[0])
    notes = model_files.read_notes(model_dir)
    return Models({(place.name, place.version): _load(place) for place in found}, default, notes)


def models_of(model: Any) -> Models | None:
    """Take what `model_fn` gave by its signatures.

    Args:
        model: Ours, or what a user's model_fn got from `tf.saved_model.load`, or anything else.

    Returns:
        The models; None where it has no signatures, such as a user's Keras model.
    """
    if isinstance(model, Models):
        return model
    signatures = getattr(model, "signatures", None)
    if callable(model) or not signatures:
        return None
    return Models({(DEFAULT_NAME, 1): _signatures_of(model)})


def _load(place: Place) -> Mapping[str, Signature]:
    import tensorflow as tf

    try:
        if place.path.is_dir():
            signatures = _signatures_of(tf.saved_model.load(str(place.path)))
        else:
            signatures = {_DEFAULT_SIGNATURE: _of_keras(tf.keras.models.load_model(place.path, compile=False))}
    except Exception as error:  # TensorFlow promises no kind of error for what is no model
        first = str(error).strip().split("\n", 1)[0]
        raise UnreadableModelError(place.path, f"{type(error).__name__}: {first}") from error
    if not signatures:
        raise UnreadableModelError(place.path, "it has no signature")
    return signatures


def _signatures_of(loaded: Any) -> dict[str, Signature]:
    """Take the signatures of what `tf.saved_model.load` gave."""
    return {name: _signature(function, loaded) for name, function in loaded.signatures.items()}


def _signature(function: Any, keeps: Any) -> Signature:
    import tensorflow as tf

    # Sorted, as TensorFlow gives them in another order each time.
    specs = dict(sorted(function.structured_input_signature[1].items()))

    def call(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        tensors = {name: tf.constant(array, specs[name].dtype) for name, array in arrays.items()}
        return {name: tensor.numpy() for name, tensor in sorted(function(**tensors).items())}

    return Signature({name: _input(name, spec) for name, spec in specs.items()}, call, keeps)


def _input(name: str, spec: Any) -> Input:
    shape = None if spec.shape.rank is None else tuple(spec.shape.as_list())
    return Input(name, shape, "object" if spec.dtype.name == "string" else spec.dtype.name)


def _of_keras(model: Any) -> Signature:
    """Make a function of a Keras model, traced once.

    Args:
        model: A model that knows its inputs: functional, sequential, or loaded.

    Returns:
        The function; its outputs are named as the model names them, `output_0` where there is one.
    """
    import tensorflow as tf

    named = {tensor.name.split(":")[0]: tensor for tensor in model.inputs}
    specs = {name: tf.TensorSpec(tensor.shape, tensor.dtype, name) for name, tensor in named.items()}

    @tf.function(input_signature=list(specs.values()))  # type: ignore[untyped-decorator]  # TensorFlow ships no types
    def predict(*tensors: Any) -> Any:
        return model(tensors[0] if len(tensors) == 1 else list(tensors), training=False)

    function = predict.get_concrete_function()

    def call(arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        tensors = [tf.constant(arrays[name], spec.dtype) for name, spec in specs.items()]
        return _outputs(function(*tensors), getattr(model, "output_names", ()))

    return Signature({name: _input(name, spec) for name, spec in specs.items()}, call, model)


def _outputs(said: Any, names: Sequence[str]) -> dict[str, NDArray[Any]]:
    if isinstance(said, dict):
        return {name: tensor.numpy() for name, tensor in said.items()}
    if isinstance(said, (list, tuple)):
        known = names if len(names) == len(said) else [f"output_{index}" for index in range(len(said))]
        return {name: tensor.numpy() for name, tensor in zip(known, said, strict=True)}
    return {"output_0": said.numpy()}
