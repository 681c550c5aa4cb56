"""Serve the curve with Flask, as people write it by hand."""

import functools

import numpy as np
from flask import Flask, Response, request

app = Flask(__name__)


@functools.cache
def curve() -> np.ndarray:
    return np.load("/opt/ml/model/curve.npy")


@app.get("/ping")
def ping() -> Response:
    return Response(status=200 if curve() is not None else 404)


@app.post("/invocations")
def invocations() -> Response:
    if request.content_type != "text/csv":
        return Response("this curve reads text/csv\n", status=415, mimetype="text/plain")
    x = np.fromstring(request.get_data(as_text=True), sep="\n")
    return Response("".join(f"{y:g}\n" for y in np.polyval(curve(), x)), mimetype="text/csv")
