"""Predictions to the bodies that AWS's container answers with (contract/inference X-1 to X-7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.request_errors import NotAcceptable

from byoml_xgboost.content_types import ACCEPTS, CSV, JSON, NPY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.codecs import Codecs
    from numpy.typing import NDArray

__all__ = ["one_line", "plain", "selected"]


def plain(prediction: NDArray[Any], accept: str, codecs: Codecs) -> bytes:
    """Write predictions: one a line in CSV, elsewhere each under the name `score`.

    Args:
        prediction: One number a row, or a row of them.
        accept: One of ACCEPTS.
        codecs: All codecs.

    Returns:
        The body.
    """
    if accept in (CSV, NPY):
        return codecs.encode(prediction, accept)
    return _named([{"score": score} for score in prediction.tolist()], accept, codecs)


def one_line(prediction: NDArray[Any]) -> bytes:
    """Write all numbers on one line of CSV without an end, for clients that split the whole answer on commas."""
    return ",".join(map(str, prediction.ravel().tolist())).encode("ascii")


def selected(rows: Sequence[dict[str, Any]], accept: str, codecs: Codecs) -> bytes:
    """Write what selectable inference has made; lines of CSV are joined, so that the last has no end.

    Args:
        rows: One mapping a row.
        accept: One of ACCEPTS.
        codecs: All codecs.

    Returns:
        The body.

    Raises:
        NotAcceptable: The type has no names.
    """
    if accept == NPY:
        raise NotAcceptable(accept, ACCEPTS[:-1], "SAGEMAKER_INFERENCE_OUTPUT asks for values by name")
    if accept == CSV:
        return "\n".join(",".join(map(_cell, row.values())) for row in rows).encode("ascii")
    return _named(rows, accept, codecs)


def _named(rows: Sequence[dict[str, Any]], accept: str, codecs: Codecs) -> bytes:
    return codecs.encode({"predictions": rows} if accept == JSON else rows, accept)


def _cell(value: object) -> str:
    return f'"{value}"' if isinstance(value, list) else str(value)
