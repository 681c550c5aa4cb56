"""What is answered without selectable inference, in every type and form."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.codecs.recordio_protobuf import read
from byoml.errors import SettingError
from byoml.request_errors import NotAcceptable
from byoml.testing.container import Container
from byoml_xgboost.framework import XGBoost
from byoml_xgboost.serving_settings import ServingSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture(scope="module")
def body(cancer: Mapping[str, Any]) -> str:
    return "".join(",".join(map(repr, row)) + "\n" for row in cancer["validation"][:3, 1:].tolist())


@pytest.fixture(scope="module")
def scores(cancer: Mapping[str, Any], booster: Any) -> list[float]:
    rows = cancer["validation"][:3, 1:].astype("float32")
    predictions: list[float] = booster.inplace_predict(rows).tolist()
    return predictions


def test_each_type_has_its_form(asked: Any, model_dir: Path, body: str, scores: list[float]) -> None:
    """JSON and its lines name each number `score`, as records do; arrays are arrays."""
    ask = asked(model_dir)
    named = [{"score": score} for score in scores]
    records = read(io.BytesIO(ask(body, accept="application/x-recordio-protobuf")))

    assert ask(body).decode() == "".join(str(np.float32(score)) + "\n" for score in scores)
    assert json.loads(ask(body, accept="application/json")) == {"predictions": named}
    assert list(map(json.loads, ask(body, accept="application/jsonlines").splitlines())) == named
    assert [np.asarray(record.label["score"].values).tolist() for record in records] == [[score] for score in scores]
    assert np.load(io.BytesIO(ask(body, accept="application/x-npy"))).tolist() == scores


def test_one_line_of_csv_is_for_clients_that_split_on_commas(
    asked: Any, model_dir: Path, body: str, scores: list[float]
) -> None:
    """As AWS's multi-model container wrote it: every number, no end of line; other types stay as they are."""
    ask = asked(model_dir, {"BYOML_XGBOOST_CSV": "comma"})

    assert ask(body).decode() == ",".join(map(str, scores))
    assert ask(body, accept="application/json") == asked(model_dir)(body, accept="application/json")


def test_a_list_of_accepted_types_is_chosen_from(asked: Any, model_dir: Path, body: str) -> None:
    """By weight, and whatever cannot be made is passed over; nothing that can be made is 406."""
    ask = asked(model_dir)

    assert ask(body, accept="image/png, application/json;q=0.5, text/csv;q=0.1").startswith(b'{"predictions"')
    with pytest.raises(NotAcceptable, match=r"'image/png'; possible: text/csv, application/json, application/jsonl"):
        ask(body, accept="image/png")


def test_without_headers_libsvm_is_read_and_csv_answered() -> None:
    """As AWS's container does it."""
    assert (XGBoost.default_content_type, XGBoost.default_accept) == ("text/libsvm", "text/csv")


def test_a_batch_transform_has_a_line_a_record(model_dir: Path, body: str, tmp_path: Path) -> None:
    """Also where one line is asked for, as answers and records are put together by lines; lists stay in quotes."""
    variables = {"SAGEMAKER_BATCH": "true", "BYOML_XGBOOST_CSV": "comma"}
    plain = serve(tmp_path / "plain", model_dir, variables, body)
    chosen = serve(tmp_path / "chosen", model_dir, {**variables, "SAGEMAKER_INFERENCE_OUTPUT": "labels"}, body)

    assert (plain.count("\n"), plain[-1:]) == (3, "\n")
    assert chosen == '"[0, 1]"\n' * 3


def serve(folder: Path, model_dir: Path, variables: Mapping[str, str], body: str) -> str:
    """Answer one request of CSV by a real server."""
    container = Container(folder, {"BYOML_FRAMEWORK": "xgboost", "SAGEMAKER_MODEL_SERVER_WORKERS": "1", **variables})
    container.write({"model/xgboost-model": (model_dir / "xgboost-model").read_bytes()})
    with container.serve() as endpoint:
        return endpoint.invoke(body, "text/csv", "text/csv").text


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("BYOML_XGBOOST_CSV", "line", "must be lines or comma"),
        ("BYOML_XGBOOST_LIBSVM_INDEXING", "2", "must be 0 or 1"),
    ],
)
def test_a_variable_with_a_wrong_value_says_what_it_may_be(variable: str, value: str, says: str) -> None:
    """Before the first request."""
    with pytest.raises(SettingError, match=says):
        ServingSettings.read({variable: value})


def test_what_variables_say_is_read_whatever_their_case() -> None:
    """Blanks and empty ones mean nothing."""
    assert ServingSettings.read({"SAGEMAKER_INFERENCE_OUTPUT": "", "SAGEMAKER_INFERENCE_ENSEMBLE": ""}) == (
        ServingSettings()
    )
    assert ServingSettings.read({"SAGEMAKER_INFERENCE_ENSEMBLE": "True", "BYOML_XGBOOST_CSV": "Comma "}) == (
        ServingSettings(one_line=True)
    )
    assert not ServingSettings.read({"SAGEMAKER_INFERENCE_ENSEMBLE": "no"}).ensemble
