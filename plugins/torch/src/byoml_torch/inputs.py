"""A request's body as the tensor that a model takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from byoml.codecs.instances import instances
from byoml.codecs.media_type import parse_media_type
from byoml.plugin.image_arrays import scaled
from byoml.request_errors import MalformedPayload

from byoml_torch.errors import WrongShape

if TYPE_CHECKING:
    import torch
    from byoml.codecs import Codecs
    from numpy.typing import NDArray

    from byoml_torch.exported_input import ExportedInput

__all__ = ["fitted", "read"]

_PICTURES = ("image/png", "image/jpeg", "application/x-image")
_ARRAYS = ("application/x-npy", "tensor/pt")


def read(body: bytes, content_type: str, codecs: Codecs) -> torch.Tensor:
    """Decode a body as a tensor on the CPU, examples on its first axis.

    Args:
        body: As it came.
        content_type: What it is.
        codecs: All codecs.

    Returns:
        A picture is one example, channels x height x width, of 0..1; whole numbers of an npy file stay whole, all
        others are float32.

    Raises:
        MalformedPayload: It is no array of numbers.
        UnsupportedContentType: Nothing reads its type.
    """
    import numpy as np
    import torch

    essence = parse_media_type(content_type).essence
    data = codecs.decode(body, content_type)
    if essence in _PICTURES:
        return torch.from_numpy(np.ascontiguousarray(scaled(data).transpose(2, 0, 1)[None]))
    try:
        array = np.asarray(instances(data))
    except ValueError:
        raise MalformedPayload(content_type, "the lists have different lengths") from None
    if array.ndim == 0 or not array.size or array.dtype.kind not in "iufb":
        found = f"found {type(data).__name__}" if array.ndim == 0 else f"found {array.dtype} of shape {array.shape}"
        raise MalformedPayload(content_type, f"{found}; it must hold numbers, examples on the first axis")
    return torch.from_numpy(_numbers(array, whole=essence in _ARRAYS))


def _numbers(array: NDArray[Any], *, whole: bool) -> NDArray[Any]:
    """Give numbers as torch knows them, in memory that it may change."""
    import numpy as np

    if whole and array.dtype.kind in "iub" and array.dtype != np.uint8:
        return np.require(array, array.dtype if array.dtype.kind == "b" else np.int64, ["C", "W"])
    return np.require(scaled(array), np.float32, ["C", "W"])


def fitted(data: Any, wanted: ExportedInput | None) -> torch.Tensor:
    """Give a model its input in the shape and the kind of numbers that it was exported for.

    Args:
        data: A tensor, or the joined rows of several requests; examples on the first axis.
        wanted: What the model wants; None where nobody knows.

    Returns:
        The tensor; examples that came as flat rows have the model's shape.

    Raises:
        WrongShape: It has another one.
    """
    import torch

    tensor = torch.as_tensor(data)
    if wanted is None:
        return tensor
    if tensor.ndim == 2 < len(wanted.shape) and None not in wanted.shape[1:]:  # noqa: PLR2004  rows x columns
        sizes = [size for size in wanted.shape[1:] if size is not None]
        if math.prod(sizes) == tensor.shape[1]:
            tensor = tensor.reshape(-1, *sizes)
    if len(tensor.shape) != len(wanted.shape) or any(
        size not in (None, found) for size, found in zip(wanted.shape, tensor.shape, strict=True)
    ):
        raise WrongShape(wanted.shape, tuple(tensor.shape))
    return tensor.to(wanted.dtype)
