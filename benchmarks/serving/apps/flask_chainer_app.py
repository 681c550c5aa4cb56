"""The endpoint of VGG that people write by hand: one array a request, predicted when it comes."""

import io
import os
from pathlib import Path

import numpy as np
from byoml_chainer import library, model_files  # for numpy 2, and the network; what is served is up to us
from flask import Flask, Response, request

app = Flask(__name__)
chainer = library.load()
network, _ = model_files.load(Path(os.environ["BENCH_MODEL"]))


@app.get("/ping")
def ping():
    return Response(status=200)


@app.post("/invocations")
def invocations():
    pictures = np.load(io.BytesIO(request.get_data()))
    with chainer.using_config("train", False), chainer.no_backprop_mode():  # noqa: FBT003  as Chainer's pages have it
        probabilities = chainer.functions.softmax(network(pictures)).array
    body = io.BytesIO()
    np.save(body, probabilities)
    return Response(body.getvalue(), mimetype="application/x-npy")
