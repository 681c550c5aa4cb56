"""A 3D-CNN as people wrote it in 2020, for Keras 2.3: strict argparse, old module paths, old names of weight files."""
# ruff: noqa: ANN201, B905, I001, ICN001, N806, PTH118, T201  written as scripts of 2020 are

import argparse
import os

import numpy as np
from keras.callbacks import ModelCheckpoint
from keras.layers import Activation, Conv3D, Dense, Dropout, Flatten, MaxPooling3D
from keras.layers.advanced_activations import LeakyReLU
from keras.models import Sequential
from keras.optimizers import Adam
from keras.utils import np_utils
from keras.utils.vis_utils import plot_model

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def main():
    parser = argparse.ArgumentParser(description="simple 3D convolution for action recognition")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--epoch", type=int, default=100)
    parser.add_argument("--nclass", type=int, default=101)
    parser.add_argument("--output", type=str, default=os.environ.get("SM_OUTPUT_DATA_DIR"))
    parser.add_argument("--data_dir", type=str, default=os.environ.get("SM_CHANNEL_TRAINING"))
    parser.add_argument("--model_dir", type=str, default=os.environ.get("SM_MODEL_DIR"))
    args = parser.parse_args()

    loaded = np.load(os.path.join(args.data_dir, "clips.npz"))
    X = loaded["X"].astype("float32")
    Y = np_utils.to_categorical(loaded["Y"].argmax(axis=1), args.nclass)

    model = Sequential()
    model.add(Conv3D(4, kernel_size=(3, 3, 3), input_shape=X.shape[1:], padding="same"))
    model.add(LeakyReLU())
    model.add(MaxPooling3D(pool_size=(3, 3, 3), padding="same"))
    model.add(Dropout(0.25))
    model.add(Flatten())
    model.add(Dense(args.nclass))
    model.add(Activation("softmax"))
    model.compile(loss="categorical_crossentropy", optimizer=Adam(), metrics=["accuracy"])
    plot_model(model, show_shapes=True, to_file=os.path.join(args.output, "model.png"))

    best = os.path.join(args.output, "best.hdf5")
    watch = ModelCheckpoint(best, monitor="loss", save_best_only=True, save_weights_only=True)
    history = model.fit(X, Y, batch_size=args.batch, epochs=args.epoch, verbose=1, shuffle=True, callbacks=[watch])
    plt.plot(history.history["accuracy"], marker=".")
    plt.savefig(os.path.join(args.output, "accuracy.png"))

    weights = os.path.join(args.output, "3dcnnmodel.hd5")
    model.save_weights(weights)
    before = [layer.copy() for layer in model.get_weights()]
    model.set_weights([np.zeros_like(layer) for layer in before])
    model.load_weights(weights)
    same = all(np.array_equal(old, new) for old, new in zip(before, model.get_weights()))
    model.load_weights(best)
    model.save(os.path.join(args.model_dir, "model.keras"))
    print("same weights:", same)


if __name__ == "__main__":
    main()
