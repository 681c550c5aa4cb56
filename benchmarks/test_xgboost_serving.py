"""Rows a second of `serve` with XGBoost, beside the booster called directly in one process, in one run.

One worker and one client on a connection that is kept; both sides predict with one thread. Of an array the direct call
is `inplace_predict`; of CSV it is what a program does by hand: pandas reads the text, the booster predicts, a join
writes lines. A round asks the endpoint, then calls, for each size of request; compared are medians of the rounds'
ratios.
"""

from __future__ import annotations

import http.client
import io
import os
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
import xgboost as xgb
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

ROUNDS = int(os.environ.get("BYOML_BENCH_ROUNDS") or 3)
SECONDS = float(os.environ.get("BYOML_BENCH_SECONDS") or 1)
SIZES = (1, 100, 10_000)
FEATURES = 30
CSV, NPY = "text/csv", "application/x-npy"
ENV = {"BYOML_FRAMEWORK": "xgboost", "SAGEMAKER_MODEL_SERVER_WORKERS": "1", "OMP_NUM_THREADS": "1"}
OK = 200


class Figures(NamedTuple):
    """Rows a second of one form and one size, a round each."""

    direct: list[float]
    served: list[float]

    def row(self, *names: str) -> str:
        ratio = statistics.median(served / direct for direct, served in zip(self.direct, self.served, strict=True))
        rates = (f"{statistics.median(each):,.0f}" for each in self)
        return f"| {' | '.join((*names, *rates, f'{ratio:.0%}'))} |"


def test_serving_beside_the_direct_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each answer holds what the booster itself predicts; how fast is printed, not judged."""
    table = np.random.default_rng(0).normal(size=(max(SIZES), FEATURES)).astype("float32")
    matrix = xgb.DMatrix(table, table[:, 0] * table[:, 1] > 0)
    model = xgb.train({"objective": "binary:logistic", "max_depth": 5, "nthread": 1}, matrix, 100)
    container = Container(tmp_path, ENV)
    container.write({"model/xgboost-model": bytes(model.save_raw("ubj"))})
    lines = ["| body | rows a request | direct, rows/s | served, rows/s | |", "| --- " * 5 + "|"]
    with container.serve() as endpoint:
        for form, direct in ((NPY, of_array), (CSV, of_text)):
            for size in SIZES:
                figures = measured(model, table[:size], form, direct, endpoint.port)
                lines.append(figures.row(form, f"{size:,}"))
    with capsys.disabled():
        told = f"{time.strftime('%Y-%m-%d')}, Python {sys.version.split()[0]}, {os.cpu_count()} CPUs, {ROUNDS} rounds"
        print(f"\n{told}\n\n" + "\n".join(lines))


def measured(
    model: xgb.Booster, table: NDArray[np.float32], form: str, direct: Callable[..., Any], port: int
) -> Figures:
    """Ask and call in turns; each runs for SECONDS."""
    body = body_of(table, form)
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def ask() -> bytes:
        connection.request("POST", "/invocations", body, {"Content-Type": form, "Accept": form})
        response = connection.getresponse()
        answer = response.read()
        if response.status != OK:
            pytest.fail(f"{response.status} for {len(table)} rows: {answer[:200]!r}")
        return answer

    expected = model.inplace_predict(table)
    answer = ask()
    got = np.load(io.BytesIO(answer)) if form == NPY else np.array(answer.split(), "float32")
    np.testing.assert_array_equal(got, expected)
    figures = Figures([], [])
    given = table if form == NPY else body
    for _ in range(ROUNDS):
        figures.served.append(rate(ask) * len(table))
        figures.direct.append(rate(lambda: direct(model, given)) * len(table))
    connection.close()
    return figures


def body_of(table: NDArray[np.float32], form: str) -> bytes:
    if form == CSV:
        return "".join(",".join(map(str, row)) + "\n" for row in table).encode()
    file = io.BytesIO()
    np.save(file, table)
    return file.getvalue()


def of_array(model: xgb.Booster, table: NDArray[np.float32]) -> Any:
    return model.inplace_predict(table)


def of_text(model: xgb.Booster, body: bytes) -> str:
    table = pd.read_csv(io.BytesIO(body), header=None, dtype="float32")
    return "\n".join(map(str, model.inplace_predict(table.to_numpy()).tolist()))


def rate(call: Callable[[], object]) -> float:
    """Call for SECONDS, at least twice; returns how often a second."""
    call()
    started, count = time.perf_counter(), 0
    while count < 1 or time.perf_counter() - started < SECONDS:
        call()
        count += 1
    return count / (time.perf_counter() - started)
