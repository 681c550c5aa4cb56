"""What the endpoint of an estimator answers, to good requests and bad ones."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import pytest
from byoml.testing.container import Container
from byoml_sklearn.framework import SKLearn
from sklearn.tree import DecisionTreeClassifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.testing.container import Endpoint

_ENV = {"BYOML_FRAMEWORK": "sklearn", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}
_POOLS = """
import json, os
import sklearn.ensemble
from threadpoolctl import threadpool_info

def output_fn(prediction, accept):
    pools = sorted({pool["num_threads"] for pool in threadpool_info()})
    return json.dumps([pools, int(os.environ["OMP_NUM_THREADS"])])
"""


@pytest.fixture(scope="module")
def endpoint(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A server of the trained tree."""
    container = Container(tmp_path_factory.mktemp("serve"), _ENV)
    shutil.copytree(trained.model_dir, container.paths.model, dirs_exist_ok=True)
    with container.serve() as endpoint:
        yield endpoint


def _csv(rows: Any) -> str:
    return "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist())


def test_predictions_are_the_estimators_own(endpoint: Endpoint, trained: Any, cancer: Mapping[str, Any]) -> None:
    """CSV gives one class a line, JSON a list of classes; whole numbers stay whole."""
    rows = cancer["validation"][:6, 1:]
    expected = joblib.load(trained.model_dir / "model.joblib").predict(rows).tolist()

    assert endpoint.invoke(_csv(rows), "text/csv", "text/csv").text == "".join(f"{label}\n" for label in expected)
    assert endpoint.invoke(_csv(rows), "text/csv", "application/json").json() == expected


def test_each_request_gets_the_method_that_it_asks_for(
    endpoint: Endpoint, trained: Any, cancer: Mapping[str, Any]
) -> None:
    """Also where many wait together and ask for different ones."""
    model = joblib.load(trained.model_dir / "model.joblib")
    rows = cancer["validation"][:3, 1:]
    accepts = ["application/json", "application/json; method=predict_proba"] * 20

    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda accept: endpoint.invoke(_csv(rows), "text/csv", accept), accepts))

    assert {answer.headers["content-type"] for answer in answers} == {"application/json"}
    assert all(answer.json() == model.predict(rows).tolist() for answer in answers[::2])
    assert all(answer.json() == model.predict_proba(rows).tolist() for answer in answers[1::2])


def test_a_method_that_the_model_has_not_is_406(endpoint: Endpoint) -> None:
    """A tree has no decision_function."""
    answer = endpoint.invoke(",".join(["1"] * 30), "text/csv", "text/csv; method=decision_function")

    assert (answer.status, answer.json()["type"]) == (406, "NotAcceptable")
    assert "possible: method=predict, method=predict_proba" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        ("1,2\n", "text/csv", "each row must have 30 features, as the model was trained on; got 2"),
        (",".join(["1"] * 29 + ["abc"]), "text/csv", "row 1, column 30: 'abc' is not a number"),
        ("[[1, 2], [3]]", "application/json", "different lengths"),
        ('[{"mean radius": 1}]', "application/json", "the model was trained without names; send lists"),
    ],
    ids=["width", "text", "ragged", "objects"],
)
def test_rows_that_the_model_cannot_read_are_400(endpoint: Endpoint, body: str, content_type: str, says: str) -> None:
    """The answer names what was expected and what came, and where."""
    answer = endpoint.invoke(body, content_type)

    assert (answer.status, answer.json()["type"]) == (400, "MalformedPayload"), answer.body
    assert says in answer.json()["message"]


def test_names_and_texts_go_through_the_endpoint(job: Any, tmp_path: Path) -> None:
    """A model of the algorithm with categories and class names takes CSV, lists and objects, and answers names."""
    lines = "".join(f"{'yes' if n % 2 else 'no'},{'Rome' if n % 2 else 'Oslo'},{n}\n" for n in range(20))
    job.train({"target": "answer"}, train="answer,city,age\n" + lines)
    container = Container(tmp_path, {**_ENV, "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "text/csv; method=predict_proba"})
    shutil.copytree(job.model_dir, container.paths.model, dirs_exist_ok=True)
    with container.serve() as endpoint:
        in_csv = endpoint.invoke("Oslo,6\nRome,7\n", "text/csv", "text/csv")
        in_json = endpoint.invoke('[{"age": 7, "city": "Rome"}]', "application/json", "application/json")
        by_default = endpoint.invoke("Lima,7\n", "text/csv")

    assert in_csv.text == "no\nyes\n"
    assert in_json.json() == ["yes"]
    assert len(by_default.text.split(",")) == 2


def test_each_workers_thread_pools_share_the_cores(trained: Any, tmp_path: Path) -> None:
    """OpenMP's and BLAS's threads of all workers together are no more than there are cores."""
    container = Container(tmp_path, {**_ENV, "SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    shutil.copytree(trained.model_dir, container.paths.model, dirs_exist_ok=True)
    container.write({"model/code/inference.py": _POOLS})
    with container.serve() as endpoint:
        pools, said = endpoint.invoke(",".join(["1"] * 30), "text/csv").json()

    assert pools == [said]
    assert said <= max(1, (os.cpu_count() or 1) // 2)


def test_a_users_input_fn_gives_what_the_model_takes() -> None:
    """Its DataFrame, list or sparse matrix goes to the model as it is."""
    from pathlib import Path

    from byoml.codecs import Codecs
    from byoml.plugin import Context
    from scipy.sparse import csr_array

    model = DecisionTreeClassifier().fit([[0.0], [1.0]], ["a", "b"])
    context = Context(Path("model"), Codecs([]), users=frozenset({"input_fn"}))

    assert SKLearn().predict_fn(csr_array([[1.0]]), model, context).tolist() == ["b"]
    assert SKLearn().predict_fn(np.array([[0.0]]), model).tolist() == ["a"]


def test_a_model_that_cannot_be_read_ends_the_server_and_says_why(tmp_path: Path) -> None:
    """The endpoint never becomes ready, and the reason stands on stderr."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "sklearn"})
    container.write({"model/model.joblib": b"nonsense"})
    with container.serve(ready=False) as endpoint:
        code = endpoint.process.wait(30)

    assert code != 0
    assert b"model.joblib cannot be served" in endpoint.stderr()
