"""Users' inference.py as they are written for AWS's container, unchanged."""

from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb
from byoml.plugin.matrix import WrongFeatureCount
from byoml.testing.container import Container
from byoml_xgboost.ensemble import Ensemble
from byoml_xgboost.objective import objective_of
from byoml_xgboost.predictors import predict_any, width_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# The habits of such scripts: a pickled booster, a DMatrix from text, SHAP values from predict_fn, JSON by hand.
_ALL = """
import json
import os
import pickle

import numpy as np
import xgboost as xgb


def model_fn(model_dir):
    with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
        return pickle.load(file)


def input_fn(request_body, request_content_type):
    if request_content_type == "text/csv":
        rows = [[float(cell) for cell in line.split(",")] for line in request_body.strip().split("\\n")]
        return xgb.DMatrix(np.array(rows))
    raise ValueError("cannot read " + request_content_type)


def predict_fn(input_data, model):
    return np.hstack([model.predict(input_data).reshape(-1, 1), model.predict(input_data, pred_contribs=True)])


def output_fn(predictions, content_type):
    if content_type == "text/csv":
        return ",".join(str(cell) for cell in predictions[0])
    return json.dumps(predictions.tolist())
"""
_SOME = """
import os
import xgboost as xgb


def model_fn(model_dir):
    model = xgb.Booster()
    model.load_model(os.path.join(model_dir, "xgboost-model"))
    return model


def predict_fn(input_data, model):
    return model.predict(input_data) * 100
"""


@pytest.fixture
def rows(cancer: Mapping[str, Any]) -> Any:
    return cancer["validation"][:3, 1:].astype("float32")


def container_of(folder: Path, script: str, files: Mapping[str, bytes]) -> Container:
    container = Container(folder, {"BYOML_FRAMEWORK": "xgboost", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"})
    container.write({"model/code/inference.py": script, **{f"model/{name}": body for name, body in files.items()}})
    return container


def csv_of(rows: Any) -> str:
    return "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())


def test_a_script_with_all_functions_decides_everything(booster: Any, rows: Any, tmp_path: Path) -> None:
    """What it reads, predicts and writes; its pickle is its own affair."""
    expected = booster.predict(xgb.DMatrix(rows)), booster.predict(xgb.DMatrix(rows), pred_contribs=True)
    with container_of(tmp_path, _ALL, {"model.pkl": pickle.dumps(booster)}).serve() as endpoint:
        answer = endpoint.invoke(csv_of(rows), "text/csv", "application/json").json()
        failed = endpoint.invoke("{}", "application/json", "application/json")

    np.testing.assert_allclose(answer, np.column_stack(expected), rtol=1e-5, atol=1e-6)
    assert failed.status == 500
    assert "ValueError: cannot read application/json" in failed.json()["message"]


def test_a_script_with_some_functions_gets_a_dmatrix_and_bare_answers(
    booster: Any, rows: Any, model_dir: Path, tmp_path: Path
) -> None:
    """Whatever the content type; JSON is a list and CSV a column, as AWS's container has it for scripts."""
    expected = (booster.predict(xgb.DMatrix(rows)) * 100).tolist()
    libsvm = "".join("0 " + " ".join(f"{n}:{v!r}" for n, v in enumerate(row)) + "\n" for row in rows.tolist())
    model = {"xgboost-model": (model_dir / "xgboost-model").read_bytes()}
    with container_of(tmp_path, _SOME, model).serve() as endpoint:
        in_json = endpoint.invoke(csv_of(rows), "text/csv", "application/json")
        in_csv = endpoint.invoke(libsvm, "text/libsvm", "text/csv")

    assert in_json.json() == expected
    assert [float(line) for line in in_csv.text.splitlines()] == pytest.approx(expected, rel=1e-6)


def test_a_script_that_imports_awss_package_is_told_what_to_take_instead(tmp_path: Path) -> None:
    """The server ends, and the last line of its log says it."""
    script = "from sagemaker_xgboost_container import encoder\n"
    with container_of(tmp_path, script, {}).serve(ready=False) as endpoint:
        assert endpoint.process.wait(30) == 1

    assert b"sagemaker_xgboost_container is AWS's and not here" in endpoint.stderr()
    assert b"context.codecs" in endpoint.stderr()


def test_predict_fn_takes_what_users_functions_give(booster: Any, rows: Any) -> None:
    """DMatrix, array, list, pandas, a sparse matrix of scipy; boosters, ensembles and scikit-learn's classes."""
    import pandas as pd
    from scipy.sparse import csr_matrix

    expected = booster.inplace_predict(rows).tolist()
    ensemble = Ensemble((booster, booster), objective_of(booster))
    for data in (xgb.DMatrix(rows), rows, rows.tolist(), pd.DataFrame(rows), csr_matrix(rows)):
        assert predict_any(data, booster).tolist() == expected
        assert predict_any(data, ensemble).tolist() == expected

    classifier = xgb.XGBClassifier(n_estimators=2, nthread=1).fit(rows, [0, 1, 1])
    assert predict_any(rows, classifier).tolist() == classifier.predict(rows).tolist()
    assert (width_of(classifier), width_of(ensemble), width_of(object())) == (30, 30, None)


def test_a_matrix_that_is_wider_than_the_model_is_refused(booster: Any) -> None:
    """XGBoost itself would pass over the columns that are too many; fewer may be a sparse row's end."""
    with pytest.raises(WrongFeatureCount, match="each row must have 30 features, as the model was trained on; got 31"):
        predict_any(xgb.DMatrix(np.ones((1, 31))), booster)
    assert len(json.dumps(predict_any(xgb.DMatrix(np.ones((1, 29))), booster).tolist())) > 2
