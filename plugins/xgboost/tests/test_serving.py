"""What the endpoint of a booster answers, to good requests and bad ones."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb
from byoml.testing.container import Container
from byoml_xgboost import model_files
from byoml_xgboost.framework import XGBoost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.testing.container import Endpoint


@pytest.fixture(scope="module")
def endpoint(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A server of the demo's model."""
    container = Container(tmp_path_factory.mktemp("serve"), {"BYOML_FRAMEWORK": "xgboost"})
    shutil.copytree(model_dir, container.paths.model, dirs_exist_ok=True)
    with container.serve() as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def rows(cancer: Mapping[str, Any]) -> Any:
    return cancer["validation"][:4, 1:]


@pytest.fixture(scope="module")
def expected(model_dir: Path, rows: Any) -> Any:
    """What XGBoost itself says of the rows."""
    return XGBoost().model_fn(model_dir).inplace_predict(rows.astype("float32"))


def csv_of(rows: Any) -> str:
    return "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())


def test_csv_gives_one_prediction_a_line(endpoint: Endpoint, rows: Any, expected: Any) -> None:
    """As many lines as rows, each XGBoost's own number to the last digit, a newline at the end."""
    answer = endpoint.invoke(csv_of(rows), "text/csv", "text/csv")

    assert answer.text.endswith("\n")
    assert [np.float32(line) for line in answer.text.splitlines()] == expected.tolist()


def test_json_gives_a_list_of_scores(endpoint: Endpoint, rows: Any, expected: Any) -> None:
    """The form that AWS's container answers in."""
    answer = endpoint.invoke(json.dumps(rows.tolist()), "application/json", "application/json")

    assert answer.json() == {"predictions": [{"score": score} for score in expected.tolist()]}


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        ("1,2\n", "text/csv", "each row must have 30 features, as the model was trained on; got 2"),
        (",".join(["1"] * 29 + ["abc"]), "text/csv", "row 1, column 30: 'abc' is not a number"),
        (json.dumps([[1] * 30, [2] * 29]), "application/json", "different lengths"),
        (json.dumps([["x"] * 30]), "application/json", "'x' is not a number"),
        (json.dumps({"rows": []}), "application/json", "found an object with 'rows'"),
        ("[]", "application/json", "rows of numbers, at least one"),
    ],
    ids=["width", "text", "ragged", "json-text", "object", "no-rows"],
)
def test_rows_that_the_model_cannot_read_are_400(endpoint: Endpoint, body: str, content_type: str, says: str) -> None:
    """The answer names what was expected and what came, and where."""
    answer = endpoint.invoke(body, content_type)

    assert (answer.status, answer.json()["type"]) == (400, "MalformedPayload"), answer.body
    assert says in answer.json()["message"]


def test_missing_values_may_be_empty_cells_or_null(endpoint: Endpoint, model_dir: Path, rows: Any) -> None:
    """CSV's empty cell and JSON's null are the same missing value."""
    row = [None, *rows[0].tolist()[1:]]
    in_csv = endpoint.invoke(",".join("" if cell is None else repr(cell) for cell in row), "text/csv")
    in_json = endpoint.invoke(json.dumps([row]), "application/json", "text/csv")

    model = XGBoost().model_fn(model_dir)
    expected = model.inplace_predict(np.array([row], dtype="float32"))
    assert [np.float32(in_csv.text), np.float32(in_json.text)] == [expected[0]] * 2


def test_a_prediction_of_several_numbers_is_a_row(tmp_path: Path) -> None:
    """`multi:softprob` gives a row of probabilities: joined by commas in CSV, a list in JSON."""
    features = np.random.default_rng(0).random((90, 2), dtype="float32")
    parameters = {"objective": "multi:softprob", "num_class": 3, "nthread": 1}
    model = xgb.train(parameters, xgb.DMatrix(features, np.arange(90) % 3), 2)
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "xgboost"})
    model_files.save(model, container.paths.model)
    with container.serve() as endpoint:
        in_csv = endpoint.invoke("0.1,0.2\n0.3,0.4\n", "text/csv", "text/csv").text
        in_json = endpoint.invoke("0.1,0.2\n0.3,0.4\n", "text/csv", "application/json").json()

    expected = model.inplace_predict(np.array([[0.1, 0.2], [0.3, 0.4]], dtype="float32"))
    read = [[np.float32(cell) for cell in line.split(",")] for line in in_csv.splitlines()]
    assert read == expected.tolist()
    assert in_json == {"predictions": [{"score": row} for row in expected.tolist()]}


def test_a_model_that_cannot_be_read_ends_the_server_and_says_why(tmp_path: Path) -> None:
    """The endpoint never becomes ready, and the reason stands on stderr."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "xgboost"})
    container.write({"model/xgboost-model": b"binf\0\0"})
    with container.serve(ready=False) as endpoint:
        code = endpoint.process.wait(30)

    assert code != 0
    assert b"the model cannot be loaded: " in endpoint.stderr()
    assert b"byoml xgboost convert" in endpoint.stderr()
