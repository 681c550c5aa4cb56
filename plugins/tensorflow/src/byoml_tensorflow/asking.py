"""What a request asks: which model, which signature, with which columns, and in which of TF Serving's shapes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from byoml_tensorflow.columns import column
from byoml_tensorflow.errors import UnknownModel, WrongInputs
from byoml_tensorflow.examples import results, serialized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from byoml_tensorflow.models import Models, Signature

__all__ = ["Answer", "Ask", "Target"]

_PREFIX = "tfs-"
_METHODS = ("predict", "classify", "regress")


@dataclass(frozen=True)
class Target:
    """Which model is asked, as the custom attributes say (contract/inference H-31).

    Args:
        model: Its name, None for the default one.
        version: None for the highest.
        method: `predict`, `classify` or `regress`.
    """

    model: str | None = None
    version: int | None = None
    method: str = "predict"

    @classmethod
    def read(cls, attributes: str | None) -> Target:
        """Read `tfs-model-name=...,tfs-model-version=...,tfs-method=...`; what stands beside them is not ours."""
        pairs = (part.partition("=") for part in (attributes or "").split(","))
        said = {
            key.strip().lower(): value.strip() for key, _, value in pairs if key.strip().lower().startswith(_PREFIX)
        }
        version, method = said.get("tfs-model-version"), said.get("tfs-method") or cls.method
        if version and not (version.isascii() and version.isdigit()):
            raise UnknownModel("tfs-model-version", version, ["whole numbers"])
        if method not in _METHODS:
            raise UnknownModel("tfs-method", method, _METHODS)
        return cls(said.get("tfs-model-name") or None, int(version) if version else None, method)


@dataclass(frozen=True)
class Answer:
    """The outputs of a signature.

    Args:
        outputs: One array an output, by name.
        form: `rows`, `columns` or `results`, as TF Serving writes them.
    """

    outputs: Mapping[str, NDArray[Any]]
    form: str = "rows"

    def __len__(self) -> int:
        return len(next(iter(self.outputs.values())))

    @property
    def only(self) -> NDArray[Any] | None:
        return next(iter(self.outputs.values())) if len(self.outputs) == 1 else None

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object of TF Serving."""
        if self.form == "columns":
            whole = {name: _plain(array) for name, array in self.outputs.items()}
            return {"outputs": whole if self.only is None else next(iter(whole.values()))}
        if self.form == "results":
            return {"results": results(self.outputs)}
        if self.only is not None:
            return {"predictions": _plain(self.only)}
        columns = {name: _plain(array) for name, array in self.outputs.items()}
        return {"predictions": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]}


def _plain(array: NDArray[Any]) -> Any:
    """Make lists; what TensorFlow gives as bytes is text, or base64 where it is none, as TF Serving has it."""
    return _readable(array.tolist()) if array.dtype.kind in "OS" else array.tolist()


def _readable(value: Any) -> Any:
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if not isinstance(value, bytes):
        return value
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        from base64 import b64encode

        return {"b64": b64encode(value).decode("ascii")}


@dataclass(frozen=True)
class Ask:
    """A request that says more than rows for the default signature.

    Args:
        given: Values by the input's name; under the name "" the values of the only input.
        form: `rows`, `columns` or `examples`, as the request was written.
        target: Which model.
        signature: Which of its signatures, None for the default one.
    """

    given: Mapping[str, Any]
    form: str = "rows"
    target: Target = field(default_factory=Target)
    signature: str | None = None

    def answer(self, models: Models) -> Answer:
        """Predict.

        Args:
            models: What is loaded.

        Returns:
            The outputs.

        Raises:
            UnknownModel: What is asked for is not there.
            MalformedPayload: The values do not fit its inputs.
        """
        signature = self._signature(models)
        if self.form == "examples":
            return Answer(signature.call(self._examples(signature)), "results")
        return Answer(signature.call(self._columns(signature)), self.form)

    def _signature(self, models: Models) -> Signature:
        target = self.target
        if self.signature is None and target.method != Target.method:
            # Estimators name it `classification`, or make it the default.
            with suppress(UnknownModel):
                return models.signature(target.model, target.version, target.method)
        return models.signature(target.model, target.version, self.signature)

    def _columns(self, signature: Signature) -> dict[str, NDArray[Any]]:
        names = signature.inputs
        if set(self.given) == {""} and signature.only_input is not None:
            return {signature.only_input.name: column(self.given[""], signature.only_input)}
        if set(self.given) != set(names):
            raise WrongInputs(sorted(filter(None, self.given)), names)
        columns = {name: column(self.given[name], names[name]) for name in names}
        sizes = {len(array) for array in columns.values() if array.ndim}
        if len(sizes) > 1:
            raise WrongInputs(sorted(columns), names, f"with {' and '.join(map(str, sorted(sizes)))} rows")
        return columns

    def _examples(self, signature: Signature) -> dict[str, NDArray[Any]]:
        only = signature.only_input
        if only is None or only.dtype != "object":
            raise WrongInputs(["examples"], signature.inputs, "this signature parses no examples")
        return {only.name: serialized(self.given[""])}
