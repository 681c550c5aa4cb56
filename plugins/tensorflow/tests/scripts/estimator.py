"""A script for AWS's first TensorFlow container: it defines functions, and nothing calls them here."""
# ruff: noqa: ANN001, ANN201, ANN202, ARG001, PTH118  written as scripts of 2018 are

import os

import numpy as np
import tensorflow as tf


def model_fn(features, labels, mode, params):
    """A line, fitted by gradient descent."""
    predictions = tf.compat.v1.layers.dense(features["x"], 1, name="line")
    if mode == tf.estimator.ModeKeys.PREDICT:
        outputs = {"serving_default": tf.estimator.export.PredictOutput({"y": predictions})}
        return tf.estimator.EstimatorSpec(mode, predictions={"y": predictions}, export_outputs=outputs)
    loss = tf.compat.v1.losses.mean_squared_error(labels, predictions)
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(params["learning_rate"])
    step = optimizer.minimize(loss, tf.compat.v1.train.get_or_create_global_step())
    return tf.estimator.EstimatorSpec(mode, loss=loss, train_op=step)


def _input(folder, name):
    points = np.loadtxt(os.path.join(folder, name), delimiter=",", dtype="float32")
    features = tf.data.Dataset.from_tensor_slices(({"x": points[:, :1]}, points[:, 1:]))
    return features.repeat().batch(8)


def train_input_fn(training_dir, params):
    return _input(training_dir, params["train_file"])


def eval_input_fn(training_dir, params):
    return _input(training_dir, params["train_file"])


def serving_input_fn(params):
    x = tf.compat.v1.placeholder(tf.float32, [None, 1], "x")
    return tf.estimator.export.ServingInputReceiver({"x": x}, {"x": x})
