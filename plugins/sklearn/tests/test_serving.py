"""What the endpoint of an estimator answers, to good requests and bad ones."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import joblib
import pytest
from byoml.testing.container import Container
from sklearn.tree import DecisionTreeClassifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.testing.container import Endpoint


@pytest.fixture(scope="module")
def endpoint(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A server of the trained tree."""
    container = Container(tmp_path_factory.mktemp("serve"), {"BYOML_FRAMEWORK": "sklearn"})
    shutil.copytree(trained.model_dir, container.paths.model, dirs_exist_ok=True)
    with container.serve() as endpoint:
        yield endpoint


def test_predictions_are_the_estimators_own(endpoint: Endpoint, trained: Any, cancer: Mapping[str, Any]) -> None:
    """CSV gives one class a line, JSON a list of classes; whole numbers stay whole."""
    rows = cancer["validation"][:6, 1:]
    expected = joblib.load(trained.model_dir / "model.joblib").predict(rows).tolist()
    body = "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())

    assert endpoint.invoke(body, "text/csv", "text/csv").text == "".join(f"{label}\n" for label in expected)
    assert endpoint.invoke(body, "text/csv", "application/json").json() == expected


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        ("1,2\n", "text/csv", "each row must have 30 features, as the model was trained on; got 2"),
        (",".join(["1"] * 29 + ["abc"]), "text/csv", "row 1, column 30: 'abc' is not a number"),
        ("[[1, 2], [3]]", "application/json", "different lengths"),
    ],
    ids=["width", "text", "ragged"],
)
def test_rows_that_the_model_cannot_read_are_400(endpoint: Endpoint, body: str, content_type: str, says: str) -> None:
    """The answer names what was expected and what came, and where."""
    answer = endpoint.invoke(body, content_type)

    assert (answer.status, answer.json()["type"]) == (400, "MalformedPayload"), answer.body
    assert says in answer.json()["message"]


def test_class_names_are_answered_as_they_are(tmp_path: Path) -> None:
    """An estimator whose classes are texts answers with texts."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "sklearn"})
    model = DecisionTreeClassifier().fit([[0.0], [1.0]], ["setosa", "virginica"])
    joblib.dump(model, container.paths.model / "model.joblib")
    with container.serve() as endpoint:
        in_csv = endpoint.invoke("0\n1\n", "text/csv")
        in_json = endpoint.invoke("[[0], [1]]", "application/json", "application/json")

    assert in_csv.text == "setosa\nvirginica\n"
    assert in_json.json() == ["setosa", "virginica"]


def test_a_model_that_cannot_be_read_ends_the_server_and_says_why(tmp_path: Path) -> None:
    """The endpoint never becomes ready, and the reason stands on stderr."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "sklearn"})
    container.write({"model/model.joblib": b"nonsense"})
    with container.serve(ready=False) as endpoint:
        code = endpoint.process.wait(30)

    assert code != 0
    assert b"model.joblib cannot be served" in endpoint.stderr()
