"""Fit a small network on several hosts at once: MultiWorkerMirroredStrategy with a loop of one's own.

Keras 3's `fit` does not train under this strategy. TF_CONFIG says who takes part; byoml sets it where the
hyperparameter `sagemaker_multi_worker_mirrored_strategy_enabled` is true.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import numpy as np
import tensorflow as tf


def data(rank: int, hosts: int, rows: int = 256) -> tf.data.Dataset:
    """Make this host's share of points on a plane, with what stands above each."""
    random = np.random.default_rng(0)
    points = random.uniform(-1, 1, (rows, 2)).astype("float32")
    heights = (points @ np.array([[2.0], [-3.0]], dtype="float32")) + 1.0
    return tf.data.Dataset.from_tensor_slices((points, heights)).shard(hosts, rank).batch(16, drop_remainder=True)


def main() -> None:
    """Train, leave the weights of each host, and the model of the first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    args = parser.parse_args()
    # Before the strategy starts its threads, as it reads TF_CONFIG by itself.
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    rank = json.loads(os.environ["TF_CONFIG"])["task"]["index"]
    hosts = strategy.num_replicas_in_sync
    with strategy.scope():
        # The hosts need not begin alike: the strategy sends out the first one's weights.
        model = tf.keras.Sequential([tf.keras.Input((2,)), tf.keras.layers.Dense(1)])
        optimizer = tf.keras.optimizers.SGD(args.learning_rate)
        optimizer.build(model.trainable_variables)

    def step(points: tf.Tensor, heights: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.square(model(points, training=True) - heights)) / hosts
        gradients = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        return loss

    @tf.function
    def together(points: tf.Tensor, heights: tf.Tensor) -> tf.Tensor:
        losses = strategy.run(step, args=(points, heights))
        return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

    loss = tf.constant(0.0)
    for _ in range(args.epochs):
        for points, heights in data(rank, hosts):
            loss = together(points, heights)
    weights = np.concatenate([variable.numpy().ravel() for variable in model.trainable_variables])
    print(f"host {rank} of {hosts}: loss {float(loss):.4f}, weights {' '.join(f'{one:.6f}' for one in weights)}")
    folder = Path(os.environ["SM_MODEL_DIR"])
    np.save(folder / f"weights-{rank}.npy", weights)
    if rank == 0:
        kernel, bias = (tf.constant(variable.numpy()) for variable in model.trainable_variables)
        signature = [tf.TensorSpec([None, 2], tf.float32, "points")]
        module = tf.Module()
        module.heights = tf.function(lambda points: {"heights": points @ kernel + bias}, input_signature=signature)
        tf.saved_model.save(module, str(folder / "1"), {"serving_default": module.heights})


if __name__ == "__main__":
    main()
