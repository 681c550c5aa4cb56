"""Selectable inference: every key of every objective, in every type that AWS's container answers in."""

from __future__ import annotations

import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import xgboost as xgb
from byoml.codecs.recordio_protobuf import read
from byoml.errors import SettingError
from byoml.request_errors import NotAcceptable
from byoml_xgboost.objective import Objective, objective_of
from byoml_xgboost.selectable import keys_of, select
from byoml_xgboost.serving_settings import KEYS, ServingSettings

if TYPE_CHECKING:
    from pathlib import Path

_CLASSES = 3
_BODY = "0.1,0.2\n0.9,0.3\n"


def trained(objective: str, folder: Path) -> Any:
    """Leave a small model of an objective in a folder."""
    features = np.random.default_rng(0).random((90, 2), dtype="float32")
    several = {"num_class": _CLASSES} if objective.startswith("multi:") else {}
    labels = np.arange(90) % _CLASSES if several else (features[:, 0] > 0.5).astype("float32")
    labels = labels + 1 if objective == "reg:gamma" else labels
    matrix = xgb.DMatrix(features, labels)
    if objective == "survival:aft":
        matrix.set_float_info("label_lower_bound", labels + 1)
        matrix.set_float_info("label_upper_bound", labels + 2)
    if objective.startswith("rank:"):
        matrix.set_group([45, 45])
    model = xgb.train({"objective": objective, "nthread": 1, "max_depth": 2, **several}, matrix, 3)
    model.save_model(folder / "xgboost-model.ubj")
    return model


def rows_of(body: bytes) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(body)["predictions"]
    return rows


_PROBABLE = {"predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores"}
_LABELLED = {"predicted_label", "labels", "raw_score", "raw_scores"}
_SCORED = {"predicted_score"}


@pytest.mark.parametrize(
    ("objective", "known"),
    [
        ("binary:logistic", _PROBABLE),
        ("multi:softprob", _PROBABLE),
        ("binary:logitraw", _LABELLED),
        ("binary:hinge", _LABELLED),
        ("multi:softmax", _LABELLED),
        *(
            (name, _SCORED)
            for name in (
                "reg:squarederror",
                "reg:logistic",
                "reg:gamma",
                "reg:tweedie",
                "reg:absoluteerror",
                "count:poisson",
                "rank:pairwise",
                "rank:ndcg",
                "survival:cox",
                "survival:aft",
            )
        ),
    ],
)
def test_every_key_of_every_objective(asked: Any, tmp_path: Path, objective: str, known: set[str]) -> None:
    """Values are made of XGBoost's own predictions; a key that the objective has nothing for is null."""
    model = trained(objective, tmp_path)
    ask = asked(tmp_path, {"SAGEMAKER_INFERENCE_OUTPUT": ", ".join(KEYS).upper()})
    own = model.inplace_predict(np.array([[0.1, 0.2], [0.9, 0.3]], "float32"))

    rows = rows_of(ask(_BODY, accept="application/json"))

    assert [list(row) for row in rows] == [list(KEYS)] * 2
    for row, prediction in zip(rows, own.tolist(), strict=True):
        assert {key for key, value in row.items() if value is not None} == known
        assert row == expected(objective, prediction)


def expected(objective: str, prediction: Any) -> dict[str, Any]:
    """What AWS's container answers for one row, written out."""
    values: dict[str, Any] = dict.fromkeys(KEYS)
    if objective == "multi:softprob":
        top = max(prediction)
        values |= {"predicted_label": prediction.index(top), "labels": [0, 1, 2]}
        values |= dict.fromkeys(("probability", "raw_score"), top)
        values |= dict.fromkeys(("probabilities", "raw_scores"), prediction)
    elif objective.startswith(("binary:", "multi:")):
        label = {"binary:logistic": int(prediction > 0.5), "binary:logitraw": int(prediction > 0)}
        values |= {"predicted_label": label.get(objective, prediction)}
        values |= {"labels": [0, 1, 2] if objective.startswith("multi:") else [0, 1]}
        values |= {"raw_score": prediction, "raw_scores": [1 - prediction, prediction]}
        if objective == "binary:logistic":
            values |= {"probability": prediction, "probabilities": [1 - prediction, prediction]}
    else:
        values |= {"predicted_score": prediction}
    return values


@pytest.fixture(scope="module")
def softprob(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("softprob")
    trained("multi:softprob", folder)
    return folder


def test_csv_has_the_keys_in_their_order_and_lists_in_quotes(asked: Any, softprob: Path) -> None:
    """A line a row, the last without an end, as AWS's container writes it."""
    ask = asked(softprob, {"SAGEMAKER_INFERENCE_OUTPUT": "labels,predicted_label,probability"})
    rows = rows_of(ask(_BODY, accept="application/json"))

    lines = [f'"{row["labels"]}",{row["predicted_label"]},{row["probability"]}' for row in rows]

    assert ask(_BODY).decode() == "\n".join(lines)
    assert lines[0].startswith('"[0, 1, 2]",')


def test_json_lines_have_an_object_a_row(asked: Any, softprob: Path) -> None:
    """The last line ends like all others."""
    ask = asked(softprob, {"SAGEMAKER_INFERENCE_OUTPUT": "predicted_label,probabilities"})
    body = ask(_BODY, accept="application/jsonlines")

    assert body.endswith(b"\n")
    assert list(map(json.loads, body.splitlines())) == rows_of(ask(_BODY, accept="application/json"))


def test_records_have_a_label_of_float32_for_each_key(asked: Any, softprob: Path) -> None:
    """Each record holds its own row, and nothing of those before it."""
    ask = asked(softprob, {"SAGEMAKER_INFERENCE_OUTPUT": "predicted_label,probabilities"})
    rows = rows_of(ask(_BODY, accept="application/json"))

    records = list(read(io.BytesIO(ask(_BODY, accept="application/x-recordio-protobuf"))))

    for record, row in zip(records, rows, strict=True):
        values = {name: np.asarray(tensor.values).tolist() for name, tensor in record.label.items()}
        assert values == {"predicted_label": [row["predicted_label"]], "probabilities": row["probabilities"]}


def test_arrays_have_no_names_so_they_cannot_hold_what_is_selected(asked: Any, softprob: Path) -> None:
    """The answer is 406, and says why."""
    ask = asked(softprob, {"SAGEMAKER_INFERENCE_OUTPUT": "labels"})
    with pytest.raises(NotAcceptable, match="SAGEMAKER_INFERENCE_OUTPUT asks for values by name"):
        ask(_BODY, accept="application/x-npy")


def test_a_key_that_the_model_has_nothing_for_is_told_once_at_load(
    asked: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """With those that it has; in CSV the value is nan."""
    trained("count:poisson", tmp_path)
    ask = asked(tmp_path, {"SAGEMAKER_INFERENCE_OUTPUT": "probability,predicted_score"})

    assert "a model of count:poisson has no probability" in caplog.text
    assert "it has predicted_score" in caplog.text
    assert math.isnan(float(ask(_BODY).decode().split(",")[0]))


def test_a_key_that_nobody_knows_ends_the_server() -> None:
    """A typing mistake is told before the first request."""
    with pytest.raises(SettingError, match=r"SAGEMAKER_INFERENCE_OUTPUT is 'labls'; it must be a comma list of predic"):
        ServingSettings.read({"SAGEMAKER_INFERENCE_OUTPUT": "labls, labels"})


def test_the_objective_is_read_of_the_model(tmp_path: Path) -> None:
    """Name and classes; two where it is binary, none where it knows none."""
    assert objective_of(trained("multi:softmax", tmp_path)) == ("multi:softmax", 3)
    assert objective_of(trained("binary:hinge", tmp_path)) == ("binary:hinge", 2)
    assert objective_of(trained("reg:gamma", tmp_path)) == ("reg:gamma", 0)


def test_an_objective_of_tomorrow_has_a_score() -> None:
    """What is not known is answered as it is, several targets as a list."""
    objective = Objective("reg:of-tomorrow")
    assert keys_of(objective) == ("predicted_score",)
    assert select(np.array([[1.0, 2.0]]), ["predicted_score"], objective) == [{"predicted_score": [1.0, 2.0]}]
