"""Rows a second of `serve` with scikit-learn, beside `predict` called directly in one process, in one run.

One worker and one client on a connection that is kept; both sides predict with one thread. Of an array the direct call
is `predict` alone; of CSV it is what a program does by hand: pandas reads, the model predicts, a join writes. A round
asks the endpoint, then calls the model, for each size of request; compared are medians of the rounds' ratios.
"""

from __future__ import annotations

import http.client
import io
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
import pytest
from byoml.testing.container import Container
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
SECONDS = float(os.environ.get("BYOML_BENCH_SECONDS") or 1)
SIZES = (1, 100, 10_000)
MODELS: dict[str, Callable[[], Any]] = {
    "decision tree": lambda: DecisionTreeClassifier(max_depth=5, random_state=0),
    "scaler, logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "forest of 100 trees": lambda: RandomForestClassifier(100, random_state=0, n_jobs=1),
}
ENV = {"BYOML_FRAMEWORK": "sklearn", "SAGEMAKER_MODEL_SERVER_WORKERS": "1", "OMP_NUM_THREADS": "1"}
OK = 200


class Figures(NamedTuple):
    """Rows a second of one model, one form and one size."""

    direct: list[float]
    served: list[float]

    def row(self, *names: str) -> str:
        ratio = statistics.median(served / direct for direct, served in zip(self.direct, self.served, strict=True))
        cells = (
            *names,
            f"{statistics.median(self.direct):,.0f}",
            f"{statistics.median(self.served):,.0f}",
            f"{ratio:.0%}",
        )
        return f"| {' | '.join(cells)} |"


@pytest.mark.timeout(600)
def test_serving_beside_the_direct_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every request is answered with as many predictions as it has rows; how fast is printed, not judged."""
    features, labels = load_breast_cancer(return_X_y=True)
    lines = ["| model | body | rows a request | direct, rows/s | served, rows/s | |", "| --- " * 6 + "|"]
    for name, make in MODELS.items():
        model = make().fit(features, labels)
        container = Container(tmp_path / name, ENV)
        joblib.dump(model, container.paths.model / "model.joblib")
        with container.serve() as endpoint:
            lines += [
                measured(model, endpoint.port, np.resize(features, (size, features.shape[1])), form).row(
                    name, form, f"{size:,}"
                )
                for form in ("application/x-npy", "text/csv")
                for size in SIZES
            ]
    with capsys.disabled():
        told = f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, {ROUNDS} rounds"
        print(f"\n{told}\n\n" + "\n".join(lines))


def measured(model: Any, port: int, rows: NDArray[np.float64], form: str) -> Figures:
    """Ask and call in turns; each runs for SECONDS."""
    body = body_of(rows, form)
    connection = http.client.HTTPConnection("127.0.0.1", port)
    headers = {"Content-Type": form, "Accept": form}

    def ask() -> None:
        connection.request("POST", "/invocations", body, headers)
        response = connection.getresponse()
        answer = response.read()
        if response.status != OK or count_of(answer, form) != len(rows):
            pytest.fail(f"{response.status} for {len(rows)} rows: {answer[:200]!r}")

    figures = Figures([], [])
    with threadpool_limits(1):
        for _ in range(ROUNDS):
            figures.served.append(rate(ask) * len(rows))
            figures.direct.append(rate(lambda: by_hand(model, rows, body, form)) * len(rows))
    connection.close()
    return figures


def by_hand(model: Any, rows: NDArray[np.float64], body: bytes, form: str) -> Any:
    if form != "text/csv":
        return model.predict(rows)
    read = pd.read_csv(io.BytesIO(body), header=None).to_numpy()
    return "\n".join(map(str, model.predict(read).tolist()))


def body_of(rows: NDArray[np.float64], form: str) -> bytes:
    file = io.BytesIO()
    if form == "text/csv":
        np.savetxt(file, rows, "%.10g", ",")
    else:
        np.save(file, rows)
    return file.getvalue()


def count_of(answer: bytes, form: str) -> int:
    return answer.count(b"\n") if form == "text/csv" else len(np.load(io.BytesIO(answer)))


def rate(call: Callable[[], object]) -> float:
    """Call for SECONDS, at least twice; returns how often a second."""
    call()
    started, count = time.perf_counter(), 0
    while count < 1 or time.perf_counter() - started < SECONDS:
        call()
        count += 1
    return count / (time.perf_counter() - started)
