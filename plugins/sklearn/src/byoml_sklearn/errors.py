"""What only this plugin can find wrong: each class says what was found, and what would be right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError
from byoml.request_errors import MalformedPayload, NotAcceptable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "FewRowsError",
    "ForeignModelError",
    "LabelKindError",
    "MissingValuesError",
    "NoSuchMethod",
    "PickleRefusedError",
    "UnfittedModelError",
    "UnnamedColumns",
    "UnreadableModelError",
    "UntrustedModelError",
    "ValueMissing",
]


class UnreadableModelError(ConfigurationError):
    """A file is not an estimator that can be loaded here."""

    def __init__(self, path: Path, reason: str, versions: str = "") -> None:
        super().__init__(
            f"{path} cannot be served ({reason}); it must be a fitted estimator that joblib.dump or skops.io.dump "
            f"wrote, with all its libraries installed here{f'. {versions}' if versions else ''}"
        )


class ForeignModelError(ConfigurationError):
    """A file holds another framework's model."""

    def __init__(self, path: Path, found: str, framework: str) -> None:
        super().__init__(
            f"{path} holds a {found}, which is no scikit-learn estimator; serve it with BYOML_FRAMEWORK={framework} "
            f"as that library saves it, or save the estimator that {framework} has for scikit-learn"
        )


class UnfittedModelError(ConfigurationError):
    """A file holds an estimator that was never fitted."""

    def __init__(self, path: Path, found: str) -> None:
        super().__init__(f"{path} holds a {found} that is not fitted; save it after fit")


class PickleRefusedError(ConfigurationError):
    """The only model is a pickle, which is loaded by choice alone (contract/inference 7-41)."""

    def __init__(self, path: Path, variable: str) -> None:
        super().__init__(
            f"{path} is a pickle, and loading it runs whatever code is in it. If you trust who wrote it, set "
            f"{variable}=1; better, save the model by joblib.dump as model.joblib or by skops.io.dump as model.skops"
        )


class UntrustedModelError(ConfigurationError):
    """A skops file names types that nobody has said to trust."""

    def __init__(self, path: Path, types: Iterable[str], variable: str) -> None:
        names = ",".join(types)
        super().__init__(f"{path} needs types that are not trusted: {names}. If you trust them, set {variable}={names}")


class MissingValuesError(ConfigurationError):
    """The training data has empty cells, and the estimator takes none."""

    def __init__(self, estimator: str, columns: Iterable[str]) -> None:
        super().__init__(
            f"{estimator} takes no missing values, and there are some in {', '.join(columns)}; set the hyperparameter "
            "imputer (mean, median or most_frequent), or take an estimator that does, such as "
            "HistGradientBoostingClassifier"
        )


class LabelKindError(ConfigurationError):
    """The labels do not suit the estimator."""

    def __init__(self, estimator: str, task: str, found: str, right: str) -> None:
        super().__init__(f"{estimator} is a {task}, and the labels are {found}; {right}")


class FewRowsError(ConfigurationError):
    """There are too few rows for cross-validation."""

    def __init__(self, folds: int, rows: int, of: str) -> None:
        super().__init__(
            f"cross_validation is {folds}, and there are {rows} rows {of}: it must be at most that, or left out"
        )


class NoSuchMethod(NotAcceptable):
    """The Accept header asks for a method that the model does not have."""

    type = "NotAcceptable"

    def __init__(self, asked: str, model: str, methods: Iterable[str]) -> None:
        super().__init__(f"method={asked}", (f"method={name}" for name in methods), f"the model is a {model}")


class ValueMissing(MalformedPayload):
    """A row has an empty cell or NaN, and the model takes none."""

    type = "MalformedPayload"

    def __init__(self, model: str, row: int, column: int) -> None:
        # The body is well formed, so the parent's words do not fit.
        super(MalformedPayload, self).__init__(
            f"row {row}, column {column}: the value is missing or infinite, and {model} takes only finite numbers"
        )


class UnnamedColumns(MalformedPayload):
    """Rows are objects, and their names are not the model's."""

    type = "MalformedPayload"

    def __init__(self, row: int, missing: Iterable[str]) -> None:
        names = ", ".join(missing)
        # As above.
        super(MalformedPayload, self).__init__(
            f"row {row} has no {names}; each row must name all features of the model"
            if names
            else "the rows are objects, but the model was trained without names; send lists of values"
        )
