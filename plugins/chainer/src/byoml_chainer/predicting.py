"""Predictions: of any network, and of the built-in algorithm's, which knows how large its pictures are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.image_arrays import scaled
from byoml.request_errors import MalformedPayload

from byoml_chainer import library

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from byoml_chainer.vgg import Facts

__all__ = ["Served", "WrongPictures", "as_pictures", "predict"]

_TABLE, _ONE = 2, 3


class WrongPictures(MalformedPayload):
    """The pictures of a request are not of the size that the model was trained on."""

    type = "MalformedPayload"

    def __init__(self, wanted: tuple[int, int, int], got: tuple[int, ...]) -> None:
        # The body is well formed; only its shape is wrong, so the parent's words do not fit.
        size = " x ".join(map(str, wanted))
        super(MalformedPayload, self).__init__(
            f"the model takes pictures of {size} (channels x height x width); got the shape {got}, which must be "
            f"n x {size}, {size} for one, or n x {wanted[0] * wanted[1] * wanted[2]} for rows of a table"
        )


@dataclass(frozen=True)
class Served:
    """The built-in algorithm's model.

    Args:
        network: Gives scores.
        facts: What it was made from.
    """

    network: Any
    facts: Facts

    def __call__(self, data: NDArray[Any]) -> Any:
        """Give each picture's probability of each class; raises WrongPictures."""
        pictures = as_pictures(data, self.facts.shape)
        return library.load().functions.softmax(self.network(pictures))


def as_pictures(data: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[np.float32]:
    """Make an array the pictures that it holds.

    Args:
        data: n x channels x height x width; one picture without n; or n rows of a table. uint8 stands for 0..1.
        shape: What the model was trained on.

    Returns:
        n x channels x height x width, float32.

    Raises:
        WrongPictures: It has another shape.
    """
    pictures = data
    if data.ndim == _TABLE and data.shape[1] == shape[0] * shape[1] * shape[2]:
        pictures = data.reshape(-1, *shape)
    elif data.ndim == _ONE:
        pictures = data[None]
    if pictures.shape[1:] != shape:
        raise WrongPictures(shape, data.shape)
    return scaled(pictures)


def predict(data: Any, model: Any) -> Any:
    """Call a model as it is called when it is not trained: no dropout, no statistics of the batch, no gradients.

    Args:
        data: What the model takes.
        model: A `chainer.Chain` or whatever can be called.

    Returns:
        The array of the variable that it gives, or what it gives.
    """
    chainer = library.load()
    with chainer.using_config("train", value=False), chainer.no_backprop_mode():
        prediction = model(data)
    return prediction.array if isinstance(prediction, chainer.Variable) else prediction
