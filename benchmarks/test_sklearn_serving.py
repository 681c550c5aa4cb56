"""Rows a second of `serve` with scikit-learn, beside `predict` called directly in one process, in one run.

One worker and one client on a connection that is kept; both sides predict with one thread. Of an array the direct call
is `predict` alone; of CSV it is what a program does by hand: pandas reads, the model predicts, a join writes. A round
asks the endpoint, then calls the model, for each size of request; compared are medians of the rounds' ratios.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

sys.path.insert(0, str(Path(__file__).resolve().parent / "serving"))

from direct import CSV, NPY, SIZES, asking, environment, measured, npy, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from direct import Figures
    from numpy.typing import NDArray

MODELS: dict[str, Callable[[], Any]] = {
    "decision tree": lambda: DecisionTreeClassifier(max_depth=5, random_state=0),
    "scaler, logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "forest of 100 trees": lambda: RandomForestClassifier(100, random_state=0, n_jobs=1),
}


@pytest.mark.timeout(600)
def test_serving_beside_the_direct_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every request is answered with as many predictions as it has rows; how fast is printed, not judged."""
    features, labels = load_breast_cancer(return_X_y=True)
    lines = []
    for name, make in MODELS.items():
        model = make().fit(features, labels)
        container = Container(tmp_path / name, environment("sklearn"))
        joblib.dump(model, container.paths.model / "model.joblib")
        with container.serve() as endpoint:
            for form in (NPY, CSV):
                for size in SIZES:
                    figures = compared(model, endpoint.port, np.resize(features, (size, features.shape[1])), form)
                    lines.append(figures.row(name, form, f"{size:,}"))
    show(capsys, ["model", "body"], lines)


def compared(model: Any, port: int, rows: NDArray[np.float64], form: str) -> Figures:
    body = body_of(rows, form)
    with asking(port, body, form) as ask, threadpool_limits(1):

        def served() -> None:
            count = count_of(ask(), form)
            if count != len(rows):
                pytest.fail(f"{count} predictions for {len(rows)} rows")

        return measured(served, lambda: by_hand(model, rows, body, form), len(rows))


def by_hand(model: Any, rows: NDArray[np.float64], body: bytes, form: str) -> Any:
    if form != CSV:
        return model.predict(rows)
    read = pd.read_csv(io.BytesIO(body), header=None).to_numpy()
    return "\n".join(map(str, model.predict(read).tolist()))


def body_of(rows: NDArray[np.float64], form: str) -> bytes:
    if form != CSV:
        return npy(rows)
    file = io.BytesIO()
    np.savetxt(file, rows, "%.10g", ",")
    return file.getvalue()


def count_of(answer: bytes, form: str) -> int:
    return answer.count(b"\n") if form == CSV else len(np.load(io.BytesIO(answer)))
