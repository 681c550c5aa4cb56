"""The endpoint of a CNN that people write by hand: one array a request, predicted when it comes."""

import io
import os
from pathlib import Path

import numpy as np
import torch
from flask import Flask, Response, request

app = Flask(__name__)
model = torch.export.load(Path(os.environ["BENCH_MODEL"]) / "model.pt2").module()


@app.get("/ping")
def ping():
    return Response(status=200)


@app.post("/invocations")
def invocations():
    pictures = torch.from_numpy(np.load(io.BytesIO(request.get_data())))
    with torch.inference_mode():
        probabilities = model(pictures)
    body = io.BytesIO()
    np.save(body, probabilities.numpy())
    return Response(body.getvalue(), mimetype="application/x-npy")
