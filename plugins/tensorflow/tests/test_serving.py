"""SavedModels, Keras's files and users' functions, in one endpoint of many models."""

from __future__ import annotations

import io
import json
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tensorflow as tf
from byoml.testing.container import Container

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from byoml.testing.container import Answer, Endpoint

pytestmark = pytest.mark.timeout(300)

_JSON = "application/json"
_ROWS = {"predictions": [[2.5, 3.0, 4.5]] * 10}
_HANDLERS = """
import json

def input_handler(data, context):
    numbers = [float(cell) for cell in data.read().decode("utf-8").split("|")]
    assert context.request_content_type == "text/x-bars", context
    return json.dumps({"instances": [numbers], "signature_name": "serving_default"})

def output_handler(response, context):
    if response.status_code != 200:
        raise ValueError(response.content.decode("utf-8"))
    first = response.json()["predictions"][0]
    return "|".join(map(str, first)) + f" {context.model_name} {context.accept_header}", "text/x-bars"
"""
_HALF_A_PAIR = "def input_handler(data, context):\n    return data.read()\n"
_ALONE = "def handler(data, context):\n    return data.read(), 'text/plain'\n"
_KERAS = """
import json, os
import tensorflow as tf

def model_fn(model_dir):
    return tf.keras.models.load_model(os.path.join(model_dir, "mine.keras"))

def input_fn(data, content_type):
    return tf.constant(json.loads(data)["rows"], tf.float32)
"""
_SAVED = """
import json, os
import tensorflow as tf

def model_fn(model_dir):
    return tf.saved_model.load(os.path.join(model_dir, "elsewhere/saved"))

def input_fn(data, content_type):
    return {"x": json.loads(data)["rows"]}
"""


class Affine(tf.Module):  # type: ignore[misc]  # TensorFlow ships no types
    """x / 2 + a number, as TF Serving's own example has it, under two signatures."""

    def __init__(self, number: float) -> None:
        super().__init__()
        self.number = tf.Variable(number)

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "x")])  # type: ignore[untyped-decorator]
    def half(self, x: Any) -> Any:
        return {"y": x / 2 + self.number}

    @tf.function(input_signature=[tf.TensorSpec([None, 3], tf.float32, "x")])  # type: ignore[untyped-decorator]
    def whole(self, x: Any) -> Any:
        return {"y": x + self.number, "sum": tf.reduce_sum(x, axis=1)}


class Words(tf.Module):  # type: ignore[misc]
    """The length of each text, and the text again."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "word")])  # type: ignore[untyped-decorator]
    def __call__(self, word: Any) -> Any:
        return {"length": tf.strings.length(word), "word": word}


class Parses(tf.Module):  # type: ignore[misc]
    """Takes examples, as estimators' signatures do: the sum and the name of each."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, "examples")])  # type: ignore[untyped-decorator]
    def classify(self, examples: Any) -> Any:
        features = {"x": tf.io.FixedLenFeature([2], tf.float32), "n": tf.io.FixedLenFeature([], tf.int64)}
        parsed = tf.io.parse_example(examples, features)
        name = tf.strings.as_string(parsed["n"])
        return {"scores": parsed["x"], "classes": tf.stack([name, name + "!"], axis=1)}


class Adds(tf.Module):  # type: ignore[misc]
    """Two inputs, one output."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name) for name in "ab"])  # type: ignore[untyped-decorator]
    def __call__(self, a: Any, b: Any) -> Any:
        return {"sum": a + b}


def _save_keras(path: Path) -> None:
    inputs = tf.keras.Input((3,), name="x")
    outputs = tf.keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")(inputs)
    path.parent.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Keras asks numpy for arrays as numpy 1 was asked
        tf.keras.Model(inputs, outputs).save(path)


@pytest.fixture(scope="module")
def many(one_worker: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Container:
    """Where all models lie."""
    return Container(tmp_path_factory.mktemp("many"), {**one_worker, "SAGEMAKER_MULTI_MODEL": "true"})


@pytest.fixture(scope="module")
def served(many: Container) -> Iterator[Endpoint]:
    """One process with all models but those that are refused; none changes another."""
    folder = many.path("models")
    for name, version, number in [("half", 1, 2.0), ("half", 2, 3.0), ("other", 7, 0.0)]:
        module = Affine(number)
        signatures = {"serving_default": module.half, "whole": module.whole}
        tf.saved_model.save(module, str(folder / "many/model" / name / str(version)), signatures)
    half = Affine(2.0)
    for name in ("one", "handlers", "pair", "alone"):
        tf.saved_model.save(half, str(folder / name / "model/1"), {"serving_default": half.half, "whole": half.whole})
    tf.saved_model.save(half, str(folder / "saved/model/elsewhere/saved"), {"serving_default": half.half})
    tf.saved_model.save(Words(), str(folder / "words/model/1"))
    tf.saved_model.save(Adds(), str(folder / "adds/model/1"))
    parses = Parses()
    tf.saved_model.save(parses, str(folder / "parses/model/1"), {"serving_default": parses.classify})
    methods = {"classify": parses.classify, "again": parses.classify}
    tf.saved_model.save(parses, str(folder / "methods/model/1"), methods)
    _save_keras(folder / "keras/model/model.keras")
    _save_keras(folder / "mine/model/mine.keras")
    scripts = {"handlers": _HANDLERS, "pair": _HALF_A_PAIR, "alone": _ALONE, "mine": _KERAS, "saved": _SAVED}
    for name, script in scripts.items():
        many.write_model(name, {"code/inference.py": script})
    with many.serve({"SAGEMAKER_TFS_DEFAULT_MODEL_NAME": ""}, timeout=120) as endpoint:
        for name in sorted(path.name for path in folder.iterdir()):
            if name not in ("pair", "alone"):
                loaded = endpoint.load_model(name, str(folder / name / "model"))
                assert loaded.status == 200, loaded.body
        yield endpoint


def ask(endpoint: Endpoint, model: str, body: Any, attributes: str = "", content_type: str = _JSON) -> Answer:
    sent = body if isinstance(body, (str, bytes)) else json.dumps(body)
    headers = {"X-Amzn-SageMaker-Custom-Attributes": attributes} if attributes else None
    return endpoint.invoke(sent, content_type, model=model, headers=headers)


@pytest.mark.parametrize(
    ("file", "content_type", "expected"),
    [
        ("test.json", _JSON, _ROWS),
        ("test-generic.json", _JSON, {"predictions": [[2.5, 3.0, 4.5]]}),
        ("test.csv", "text/csv", _ROWS),
        ("test-gcloud.jsons", "application/jsons", _ROWS),
        ("test-gcloud.jsons", "application/jsonlines", _ROWS),
        ("test-gcloud.jsons", _JSON, _ROWS),
    ],
)
def test_the_requests_of_tf_servings_own_tests_are_answered(
    served: Endpoint, shared_data: Path, file: str, content_type: str, expected: Any
) -> None:
    """In each of its forms, with the numbers that its half-plus-two model gives."""
    answer = ask(served, "one", (shared_data / "tfs-inputs" / file).read_bytes(), content_type=content_type)

    assert (answer.status, answer.json()) == (200, expected)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"instances": [[0, 2, 4]]}, {"predictions": [[2, 3, 4]]}),
        ({"instances": [{"x": [0, 2, 4]}]}, {"predictions": [[2, 3, 4]]}),
        ({"inputs": [[0, 2, 4]]}, {"outputs": [[2, 3, 4]]}),
        ({"inputs": {"x": [[0, 2, 4]]}}, {"outputs": [[2, 3, 4]]}),
        ({"signature_name": "whole", "instances": [[0, 2, 4]]}, {"predictions": [{"y": [2, 4, 6], "sum": 6}]}),
        ({"signature_name": "whole", "inputs": [[0, 2, 4]]}, {"outputs": {"y": [[2, 4, 6]], "sum": [6]}}),
        ([[0, 2, 4], [2, 2, 2]], {"predictions": [[2, 3, 4], [3, 3, 3]]}),
        ("[0, 2, 4] [2, 2, 2]", {"predictions": [[2, 3, 4], [3, 3, 3]]}),
        ('{"x": [0, 2, 4]}{"x": [2, 2, 2]}', {"predictions": [[2, 3, 4], [3, 3, 3]]}),
        ({"x": [0, 2, 4]}, {"predictions": [[2, 3, 4]]}),
    ],
)
def test_every_form_of_tf_servings_json_is_answered_in_its_own(served: Endpoint, body: Any, expected: Any) -> None:
    """Rows give predictions, columns give outputs, several outputs stand under their names."""
    answer = ask(served, "one", body)

    assert (answer.status, answer.json()) == (200, expected)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"instances": [[1, 2]]}, 400, "input 'x' takes any x 3; got 1 x 2"),
        ({"instances": [[1, 2, 3], [1, 2]]}, 400, "different lengths"),
        ({"instances": [["a", "b", "c"]]}, 400, "found 'a'; the model takes numbers"),
        ({"instances": []}, 400, "at least one row"),
        ({"instances": [{"z": [1, 2, 3]}]}, 400, "gives z; the model takes x"),
        ({"instances": [{"x": [1, 2, 3]}, {"z": 1}]}, 400, "row 2: each row must be an object with x"),
        ({"instances": [[1, 2, 3]], "signature_name": 5}, 400, "signature_name is 5"),
        ({"instances": [[1, 2, 3]], "signature_name": "nope"}, 404, "there are serving_default, whole"),
        ({"examples": [{"x": 1}]}, 400, "this signature parses no examples"),
        ('{"instances": [[1, 2, 3]]', 400, "row 1"),
        ({"instances": {"b64": "%"}}, 400, "no base64"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(served: Endpoint, body: Any, status: int, says: str) -> None:
    """The client's mistakes are 400 or 404, and name what was found and what the model takes."""
    answer = ask(served, "one", body)

    assert (answer.status, says in answer.json()["message"]) == (status, True), answer.body


@pytest.mark.parametrize(
    ("attributes", "first"),
    [
        ("", 3.0),
        ("tfs-model-name=half", 3.0),
        ("tfs-model-name=half,tfs-model-version=1", 2.0),
        ("trace=1, TFS-Model-Version=1", 2.0),
        ("tfs-model-name=other", 0.0),
    ],
)
def test_custom_attributes_choose_among_models_and_versions(served: Endpoint, attributes: str, first: float) -> None:
    """Without them the first name and its highest version answer; what stands beside them is not ours."""
    assert ask(served, "many", [[0, 0, 0]], attributes).json() == {"predictions": [[first] * 3]}


@pytest.mark.parametrize(
    ("attributes", "says"),
    [
        ("tfs-model-name=third", "there is no model 'third'; there are half, other"),
        ("tfs-model-version=9", "there is no version of model 'half' '9'; there are 1, 2"),
        ("tfs-model-version=new", "whole numbers"),
        ("tfs-method=guess", "predict, classify, regress"),
    ],
)
def test_an_attribute_that_names_nothing_is_404(served: Endpoint, attributes: str, says: str) -> None:
    """Nothing else answers in its place."""
    answer = ask(served, "many", [[0, 0, 0]], attributes)

    assert (answer.status, says in answer.json()["message"]) == (404, True), answer.body


def test_texts_and_bytes_reach_the_model_and_come_back(served: Endpoint) -> None:
    """Base64 stands for bytes, in both directions where they are no text."""
    answer = ask(served, "words", {"instances": ["Grüße", {"b64": "/wA="}]})

    rows = [{"length": 7, "word": "Grüße"}, {"length": 2, "word": {"b64": "/wA="}}]
    assert answer.json() == {"predictions": rows}


def test_braces_within_a_text_are_no_rows(served: Endpoint) -> None:
    """JSON is read as JSON, not by a pattern: one text stays one text (contract/inference C-13)."""
    answer = ask(served, "words", {"instances": ['{"a": 1} {"b": 2}']})

    assert [row["word"] for row in answer.json()["predictions"]] == ['{"a": 1} {"b": 2}']


def test_a_csv_of_texts_keeps_them_whole(served: Endpoint) -> None:
    """Commas and quotes within cells, and one column that is a text a row (contract/inference C-13)."""
    answer = ask(served, "words", '"a, ""b"""\nc\n', content_type="text/csv")

    assert [row["word"] for row in answer.json()["predictions"]] == ['a, "b"', "c"]


def test_examples_are_classified_as_tf_serving_writes_it(served: Endpoint) -> None:
    """Pairs of label and score for each, by the signature that has the method's name, else by the default."""
    examples = {"examples": [{"x": [0.25, 0.75], "n": 3}, {"x": [1, 2.5], "n": 4}]}
    for model in ("parses", "methods"):
        answer = ask(served, model, examples, "tfs-method=classify")
        assert answer.json() == {"results": [[["3", 0.25], ["3!", 0.75]], [["4", 1.0], ["4!", 2.5]]]}, model


def test_several_inputs_are_given_by_name(served: Endpoint) -> None:
    """As rows and as columns; rows without names cannot be told apart, and are refused with the names."""
    assert ask(served, "adds", {"instances": [{"a": 1, "b": 2}]}).json() == {"predictions": [3.0]}
    assert ask(served, "adds", {"inputs": {"a": [1, 5], "b": [2, 5]}}).json() == {"outputs": [3.0, 10.0]}
    for body in ([[1, 2]], {"inputs": {"a": [1, 2], "b": [1]}}):
        refused = ask(served, "adds", body)
        assert (refused.status, "the model takes a, b" in refused.json()["message"]) == (400, True)


def test_a_file_of_keras_is_served_like_a_saved_model(served: Endpoint) -> None:
    """Rows, names and npy, without `predict`."""
    npy = io.BytesIO()
    np.save(npy, np.ones((2, 3)))

    assert ask(served, "keras", {"instances": [{"x": [1, 2, 3]}]}).json() == {"predictions": [[6.0]]}
    assert ask(served, "keras", npy.getvalue(), content_type="application/x-npy").json() == {"predictions": [[3.0]] * 2}


def test_a_users_own_functions_stand_for_ours(served: Endpoint) -> None:
    """A Keras model of the user's is asked by its batches, a SavedModel by its signature, a mapping by its names."""
    for name, expected in (("mine", [[6.0]]), ("saved", [[2.5, 3.0, 3.5]])):
        answer = ask(served, name, {"rows": [[1, 2, 3]]})
        assert (answer.status, answer.json()) == (200, {"predictions": expected}), name


def test_handlers_written_for_tf_servings_container_run(served: Endpoint) -> None:
    """They get a stream, its context and a response with TF Serving's JSON, and say the answer's type."""
    answer = served.invoke("1|2|3", "text/x-bars", "text/x-bars", model="handlers")

    assert (answer.status, answer.text) == (200, "2.5|3.0|3.5 model text/x-bars")
    assert answer.headers["content-type"] == "text/x-bars"


@pytest.mark.parametrize(
    ("name", "says"), [("pair", "not the other of the pair"), ("alone", "sends its request to TF Serving")]
)
def test_handlers_that_are_not_whole_are_refused_at_load(
    served: Endpoint, many: Container, name: str, says: str
) -> None:
    """With what to write, and before the first request."""
    answer = served.load_model(name, str(many.path("models", name, "model")))

    assert answer.status == 500
    assert says in answer.json()["message"]
