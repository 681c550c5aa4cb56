"""RecordIO-protobuf of a channel: records with features and a label, both named `values`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from byoml.codecs.recordio import RecordIOError
from byoml.plugin.channel_files import ChannelDataError

from byoml_xgboost.training_rows import Rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from byoml.codecs.recordio_protobuf import Record, Tensor
    from numpy.typing import NDArray

__all__ = ["read"]


def read(paths: Sequence[Path]) -> Rows:
    """Read RecordIO-protobuf files.

    Args:
        paths: The files, with at least one record among them.

    Returns:
        Dense rows where every record is dense, else sparse ones.

    Raises:
        ChannelDataError: A record cannot be read, or lacks label or features; it names file and record.
    """
    import numpy as np

    tensors: list[Tensor] = []
    labels: list[float] = []
    for path in paths:
        for number, record in _records(path):
            tensor = _tensor(path, number, record.features, "features")
            if tensor.keys is None and tensors and tensors[0].keys is None and tensor.width != tensors[0].width:
                found = f"record {number} has {tensor.width} features, and those before it {tensors[0].width}"
                raise ChannelDataError(path, found)
            tensors.append(tensor)
            labels.append(_label(path, number, _tensor(path, number, record.label, "label")))
    if all(tensor.keys is None for tensor in tensors):
        features: Any = np.stack([tensor.values for tensor in tensors]).astype(np.float32)
    else:
        features = _sparse(tensors)
    return Rows(features, np.array(labels, np.float32))


def _records(path: Path) -> Iterator[tuple[int, Record]]:
    from byoml.codecs import recordio_protobuf

    with path.open("rb") as file:
        try:
            yield from enumerate(recordio_protobuf.read(file), 1)
        except RecordIOError as error:
            raise ChannelDataError(path, str(error)) from None


def _tensor(path: Path, number: int, values: Mapping[str, Any], what: str) -> Tensor:
    from byoml.codecs.recordio_protobuf import VALUES, Tensor

    tensor = values.get(VALUES)
    if tensor is None:
        found = ", ".join(map(repr, values)) or "nothing"
        raise ChannelDataError(path, f"record {number} has no {what} named 'values'; found {found}")
    if not isinstance(tensor, Tensor):
        raise ChannelDataError(path, f"record {number} has {what} of bytes; they must be numbers")
    return tensor


def _label(path: Path, number: int, tensor: Tensor) -> float:
    import numpy as np

    values = np.asarray(tensor.values)
    if values.size != 1 or not np.isfinite(values).all():
        raise ChannelDataError(path, f"record {number} has the label {values.tolist()}; it must be one number")
    return float(values[0])


def _sparse(tensors: Sequence[Tensor]) -> Any:
    import numpy as np
    import scipy.sparse

    columns = [_columns(tensor) for tensor in tensors]
    bounds = np.cumsum([0, *(len(each) for each in columns)])
    values = np.concatenate([tensor.values for tensor in tensors]).astype(np.float32)
    shape = (len(tensors), max(tensor.width for tensor in tensors))
    return scipy.sparse.csr_matrix((values, np.concatenate(columns), bounds), shape=shape)


def _columns(tensor: Tensor) -> NDArray[np.int64]:
    import numpy as np

    return np.arange(tensor.width) if tensor.keys is None else tensor.keys.astype(np.int64)
