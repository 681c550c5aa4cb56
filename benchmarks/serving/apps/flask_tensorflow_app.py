"""The container that people write by hand for a SavedModel: Flask, a numpy body, the model's signature."""

import io
import os

import numpy as np
import tensorflow as tf
from flask import Flask, Response, request

app = Flask(__name__)
if os.environ.get("BENCH_PREDICT"):
    keras = tf.keras.models.load_model(f"{os.environ['BENCH_MODEL']}/model.keras", compile=False)

    def predict(clips):
        return keras.predict(clips, verbose=0)
else:
    loaded = tf.saved_model.load(f"{os.environ['BENCH_MODEL']}/1")
    signature = loaded.signatures["serving_default"]

    def predict(clips):
        return next(iter(signature(clips=tf.constant(clips, tf.float32)).values())).numpy()


@app.get("/ping")
def ping():
    return Response(status=200)


@app.post("/invocations")
def invocations():
    body = io.BytesIO()
    np.save(body, predict(np.load(io.BytesIO(request.get_data()), allow_pickle=False)))
    return Response(body.getvalue(), mimetype="application/x-npy")
