"""What variables say about serving, read once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.environment.serving_env import truth
from byoml.errors import SettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KEYS", "ServingSettings"]

#: What selectable inference can put into an answer (contract/inference X-5).
KEYS = (
    "predicted_label",
    "labels",
    "probability",
    "probabilities",
    "raw_score",
    "raw_scores",
    "predicted_score",
)
_OUTPUT = "SAGEMAKER_INFERENCE_OUTPUT"
_ENSEMBLE = "SAGEMAKER_INFERENCE_ENSEMBLE"
_CSV = "BYOML_XGBOOST_CSV"
_INDEXING = "BYOML_XGBOOST_LIBSVM_INDEXING"
_MODEL = "BYOML_XGBOOST_MODEL"
_PICKLE = "BYOML_ALLOW_PICKLE"


@dataclass(frozen=True)
class ServingSettings:
    """How models are loaded, and how requests are answered.

    Args:
        keys: What an answer holds for each row, in this order; none: the prediction alone.
        ensemble: Several models predict together; else the first alone.
        one_line: CSV has all predictions on one line, as AWS's multi-model container wrote it.
        pickles: Pickled models are read.
        first_index: What libsvm's indices count from, where the content type does not say.
        models: Files of the model folder that are the model; none: those of the usual names.
    """

    keys: tuple[str, ...] = ()
    ensemble: bool = True
    one_line: bool = False
    pickles: bool = False
    first_index: int = 0
    models: tuple[str, ...] = ()

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> ServingSettings:
        """Read the variables.

        Args:
            environ: The server's.

        Returns:
            The settings.

        Raises:
            SettingError: A variable holds what it must not.
        """
        batch = truth(environ.get("SAGEMAKER_BATCH"))
        return cls(
            keys=_keys(environ.get(_OUTPUT, "")),
            ensemble=(environ.get(_ENSEMBLE) or "true").strip().lower() == "true",
            # A batch transform puts answers and records together line by line.
            one_line=_choice(environ, _CSV, ("lines", "comma")) == "comma" and not batch,
            pickles=truth(environ.get(_PICKLE)),
            first_index=int(_choice(environ, _INDEXING, ("0", "1"))),
            models=tuple(name.strip() for name in environ.get(_MODEL, "").split(",") if name.strip()),
        )


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(key for key in text.replace(" ", "").lower().split(",") if key)
    if unknown := [key for key in keys if key not in KEYS]:
        raise SettingError(_OUTPUT, ", ".join(unknown), f"a comma list of {', '.join(KEYS)}")
    return tuple(dict.fromkeys(keys))


def _choice(environ: Mapping[str, str], name: str, allowed: tuple[str, ...]) -> str:
    """Read a variable of few values; the first is the default."""
    value = environ.get(name, "").strip().lower() or allowed[0]
    if value not in allowed:
        raise SettingError(name, value, " or ".join(allowed))
    return value
