"""Rows a second of `serve` with XGBoost, beside the booster called directly in one process, in one run.

One worker and one client on a connection that is kept; both sides predict with one thread. Of an array the direct call
is `inplace_predict`; of CSV it is what a program does by hand: pandas reads the text, the booster predicts, a join
writes lines. A round asks the endpoint, then calls, for each size of request; compared are medians of the rounds'
ratios.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xgboost as xgb
from byoml.testing.container import Container

sys.path.insert(0, str(Path(__file__).resolve().parent / "serving"))

from direct import CSV, NPY, SIZES, asking, environment, measured, npy, show

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest
    from direct import Figures
    from numpy.typing import NDArray

FEATURES = 30


def test_serving_beside_the_direct_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each answer holds what the booster itself predicts; how fast is printed, not judged."""
    table = np.random.default_rng(0).normal(size=(max(SIZES), FEATURES)).astype("float32")
    matrix = xgb.DMatrix(table, table[:, 0] * table[:, 1] > 0)
    model = xgb.train({"objective": "binary:logistic", "max_depth": 5, "nthread": 1}, matrix, 100)
    container = Container(tmp_path, environment("xgboost"))
    container.write({"model/xgboost-model": bytes(model.save_raw("ubj"))})
    lines = []
    with container.serve() as endpoint:
        for form, direct in ((NPY, of_array), (CSV, of_text)):
            for size in SIZES:
                figures = compared(model, table[:size], form, direct, endpoint.port)
                lines.append(figures.row(form, f"{size:,}"))
    show(capsys, ["body"], lines)


def compared(
    model: xgb.Booster, table: NDArray[np.float32], form: str, direct: Callable[..., Any], port: int
) -> Figures:
    body = body_of(table, form)
    given = table if form == NPY else body
    with asking(port, body, form) as ask:
        answer = ask()
        got = np.load(io.BytesIO(answer)) if form == NPY else np.array(answer.split(), "float32")
        np.testing.assert_array_equal(got, model.inplace_predict(table))
        return measured(ask, lambda: direct(model, given), len(table))


def body_of(table: NDArray[np.float32], form: str) -> bytes:
    return npy(table) if form == NPY else "".join(",".join(map(str, row)) + "\n" for row in table).encode()


def of_array(model: xgb.Booster, table: NDArray[np.float32]) -> Any:
    return model.inplace_predict(table)


def of_text(model: xgb.Booster, body: bytes) -> str:
    table = pd.read_csv(io.BytesIO(body), header=None, dtype="float32")
    return "\n".join(map(str, model.inplace_predict(table.to_numpy()).tolist()))
