"""What a model takes, and how the rows of a request become it."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from byoml.request_errors import MalformedPayload, RequestError
from byoml_sklearn.predicting import method_of, predict, predicts_rows_alone
from byoml_sklearn.rows import rows_of
from byoml_sklearn.signature import Signature
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, RidgeClassifier
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

_FRAME = pd.DataFrame({"age": [1.0, 50, 60, 2] * 3, "city": ["Rome", "Oslo", "Rome", "Oslo"] * 3})
_ANSWERS = ["yes", "yes", "no", "no"] * 3
_TREE = DecisionTreeClassifier(random_state=0)


def _encoder() -> Any:
    return OneHotEncoder(handle_unknown="ignore", sparse_output=False)


MODELS = {
    "by-name": make_pipeline(ColumnTransformer([("c", _encoder(), ["city"])], remainder="passthrough"), _TREE),
    "by-place": make_pipeline(ColumnTransformer([("c", _encoder(), [1])], remainder="passthrough"), _TREE),
    "by-kind": make_pipeline(
        ColumnTransformer([("c", _encoder(), make_column_selector(pattern="ci"))], remainder="passthrough"), _TREE
    ),
    "nested": make_pipeline(
        ColumnTransformer(
            [
                ("n", make_pipeline(StandardScaler()), ["age"]),
                ("c", make_pipeline(SimpleImputer(strategy="most_frequent"), OrdinalEncoder()), ["city"]),
            ]
        ),
        _TREE,
    ),
}


@pytest.mark.parametrize("kind", MODELS)
def test_texts_and_names_are_read_off_a_users_own_pipeline(kind: str) -> None:
    """However its columns are chosen, rows of a request give what the training data gives."""
    model = MODELS[kind].fit(_FRAME, _ANSWERS)
    signature = Signature.of(model)
    listed = _FRAME.to_numpy().tolist()

    assert signature.names == ("age", "city")
    assert signature.texts == {1}
    for body in (listed, {"instances": listed}, _FRAME.to_dict("records"), np.array(listed).astype(str)):
        taken = signature.take(rows_of(body, "application/json"), "application/json")
        assert predict(model, "predict", taken).tolist() == model.predict(_FRAME).tolist()


def test_a_model_that_was_trained_without_names_takes_objects() -> None:
    """Texts by their place; no DataFrame, as there are no names."""
    model = MODELS["by-place"].fit(_FRAME.to_numpy(), _ANSWERS)

    taken = Signature.of(model).take(rows_of([[50, "Oslo"]], ""), "")

    assert (type(taken), taken.tolist()) == (np.ndarray, [[50.0, "Oslo"]])


def test_a_model_of_named_numbers_takes_a_frame() -> None:
    """scikit-learn would warn of an array, once for each request."""
    model = LinearRegression().fit(_FRAME[["age"]], range(12))

    taken = Signature.of(model).take(rows_of([{"age": 3, "more": "ignored"}, {"age": None}], ""), "")

    assert list(taken.columns) == ["age"]
    assert taken["age"].dtype == np.float64
    assert np.isnan(taken["age"][1])


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([[1, "Rome", 2]], "each row must have 2 features, as the model was trained on; got 3"),
        ([["old", "Rome"]], "row 1, column 1: 'old' is not a number"),
        ([[1, "Rome"], [1]], "row 2: the rows have different lengths; the first has 2"),
        ([{"age": 1, "city": "Rome"}, {"age": 1}], "row 2 has no city; each row must name all features"),
        ([[[1], "Rome"]], r"row 1, column 1: \[1\] is no number and no text"),
        ("text", "found str; it must hold rows"),
        ([], "found list; it must hold rows"),
        ([[]], "the rows are empty"),
    ],
)
def test_rows_that_do_not_fit_are_told_with_their_place(body: Any, says: str) -> None:
    """Row, column, what was found and what would be right."""
    signature = Signature.of(MODELS["by-name"].fit(_FRAME, _ANSWERS))

    with pytest.raises(RequestError, match=says) as caught:
        signature.take(rows_of(body, "application/json"), "application/json")

    assert caught.value.status == 400


def test_objects_need_a_model_that_knows_names() -> None:
    """One without cannot tell which is which."""
    signature = Signature.of(_TREE.fit([[1.0], [2.0]], [0, 1]))

    with pytest.raises(MalformedPayload, match="trained without names; send lists"):
        signature.take(rows_of([{"age": 1}], ""), "")


@pytest.mark.parametrize("found", [np.nan, np.inf])
def test_a_value_that_the_model_does_not_take_is_told_with_its_place(found: float) -> None:
    """It is the client's mistake, not the model's."""
    model = LogisticRegression().fit([[0.0, 1], [1, 1]], [0, 1])

    with pytest.raises(MalformedPayload, match="row 2, column 1: the value is missing or infinite, and Logistic"):
        predict(model, "predict", np.array([[1.0, 2], [found, 3]]))


@pytest.mark.parametrize(
    ("accept", "method"),
    [
        ("", "predict"),
        ("text/csv", "predict"),
        ("text/csv; q=0.5", "predict"),
        ("text/csv; method=predict_proba", "predict_proba"),
        ("application/json;q=0.1, */*; method=decision_function", "decision_function"),
    ],
)
def test_an_accept_header_names_the_method(accept: str, method: str) -> None:
    """By the parameter `method`; `predict` without it."""
    assert method_of(accept, LogisticRegression()) == method


@pytest.mark.parametrize("asked", ["predict_proba", "fit"])
def test_a_method_that_the_model_has_not_is_406(asked: str) -> None:
    """The answer names those that it has; nothing else of the object can be called."""
    said = "possible: method=predict, method=decision_function"

    with pytest.raises(RequestError, match=rf"cannot answer as 'method={asked}'.*RidgeClassifier.*{said}") as caught:
        method_of(f"text/csv; method={asked}", RidgeClassifier())

    assert caught.value.status == 406


@pytest.mark.parametrize("classes", [2, 3])
def test_probabilities_of_several_outputs_come_row_by_row(classes: int) -> None:
    """scikit-learn gives them output by output, which no batch could be split from."""
    rows = np.array([[0.0], [1], [2]])
    labels = np.array([[0, 0], [1, 1], [1, classes - 1]])
    model = MultiOutputClassifier(DecisionTreeClassifier()).fit(rows, labels)

    found = predict(model, "predict_proba", rows)

    assert len(found) == 3
    assert [len(output) for output in found[0]] == [2, classes]


@pytest.mark.parametrize(
    ("model", "alone"),
    [
        (make_pipeline(StandardScaler(), LogisticRegression()), True),
        (make_pipeline(FunctionTransformer(), LogisticRegression()), True),
        (make_pipeline(FunctionTransformer(np.unique), LogisticRegression()), False),
        (re, False),
    ],
    ids=["known", "identity", "function", "unknown"],
)
def test_models_with_parts_of_the_users_own_are_not_batched(model: Any, alone: bool) -> None:  # noqa: FBT001  a case
    """A function may look at all rows at once, and so mix up what strangers have sent."""
    assert predicts_rows_alone(model) is alone
