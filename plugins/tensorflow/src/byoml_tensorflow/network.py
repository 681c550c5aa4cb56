"""The 3D-CNN: two blocks of two convolutions over rows, columns and frames, then dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["build"]

_FILTERS = (32, 64)
_DENSE = 512
_KERNEL = 3
_POOL = 3


def build(shape: Sequence[int], classes: int, width: float, scale: float, learning_rate: float) -> Any:
    """Make a compiled model.

    Args:
        shape: Rows, columns, frames, channels.
        classes: How many there are.
        width: What the filters and the dense layer are multiplied by.
        scale: What pixels are multiplied by first, so that the model takes them as the file has them.
        learning_rate: Adam's.

    Returns:
        A Keras model from clips to the probability of each class.
    """
    import tensorflow as tf

    layers = tf.keras.layers
    stack = [tf.keras.Input(tuple(shape), name="clips"), layers.Rescaling(scale)]
    for filters in _FILTERS:
        size = _scaled(filters, width)
        stack += [layers.Conv3D(size, _KERNEL, padding="same", activation="relu") for _ in range(2)]
        stack += [layers.MaxPooling3D(_POOL, padding="same"), layers.Dropout(0.25)]
    stack += [layers.Flatten(), layers.Dense(_scaled(_DENSE, width), activation="relu"), layers.Dropout(0.5)]
    stack.append(layers.Dense(classes, activation="softmax"))
    model = tf.keras.Sequential(stack)
    loss = "sparse_categorical_crossentropy"
    model.compile(optimizer=tf.keras.optimizers.Adam(learning_rate), loss=loss, metrics=["accuracy"])
    return model


def _scaled(count: int, width: float) -> int:
    return max(1, round(count * width))
