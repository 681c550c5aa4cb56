"""What an endpoint answers: exported models, TorchScript, and networks of the user's own code."""

from __future__ import annotations

import io
import json
import shutil
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from byoml.environment.accelerators import count_cpus
from byoml.testing.container import Container
from byoml_torch.framework import Torch
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from byoml.testing.container import Endpoint

pytestmark = pytest.mark.timeout(300)

_NPY = "application/x-npy"
_NETWORK = """
import os
import torch

class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))

    def forward(self, rows):
        return self.layers(rows)

def model_fn(model_dir):
    network = Network()  # in training mode, as it is made
    network.load_state_dict(torch.load(os.path.join(model_dir, "model.pth"), weights_only=True))
    return network
"""
_SEEN = """
def predict_fn(data, model):
    seen = {"data": type(data).__name__, "dtype": str(data.dtype), "threads": torch.get_num_threads()}
    return {**seen, "prediction": model.eval()(data)}
"""
_OUTPUT = """
import json

def output_fn(prediction, accept):
    return json.dumps({"grad": prediction.requires_grad, "rows": prediction.detach().cpu().tolist()}), accept
"""


def npy(array: Any) -> bytes:
    """Write an array as clients do."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


@pytest.fixture(scope="module")
def endpoint(trained: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A server of the trained network."""
    container = Container(tmp_path_factory.mktemp("serve"), {"BYOML_FRAMEWORK": "torch"})
    shutil.copytree(trained.model_dir, container.paths.model, dirs_exist_ok=True)
    with container.serve({"SAGEMAKER_MODEL_SERVER_WORKERS": "1"}) as endpoint:
        yield endpoint


@pytest.fixture
def container(tmp_path: Path) -> Container:
    """Weights of a small network, and nothing that makes it."""
    container = Container(tmp_path, {"BYOML_FRAMEWORK": "torch", "SAGEMAKER_MODEL_SERVER_WORKERS": "2"})
    container.paths.model.mkdir(parents=True, exist_ok=True)
    layers = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3))
    weights = {f"layers.{name}": value for name, value in layers.state_dict().items()}
    torch.save(weights, container.paths.model / "model.pth")
    return container


def test_digits_are_named(endpoint: Endpoint, validation: Mapping[str, Any]) -> None:
    """One row of probabilities for each, the highest for the digit that it is, nine times in ten."""
    digits = validation["data"][:100]

    probabilities = np.load(io.BytesIO(endpoint.invoke(npy(digits), _NPY, _NPY).body))

    assert (probabilities.argmax(1) == validation["labels"][:100]).mean() > 0.85


def test_a_digit_may_be_sent_in_any_form(endpoint: Endpoint, validation: Mapping[str, Any]) -> None:
    """As an array, as JSON in its usual envelope, as flat rows and as a picture, its probabilities are the same."""
    digit = validation["data"][:1]
    picture = io.BytesIO()
    Image.fromarray((digit[0].transpose(1, 2, 0) * 255).round().astype(np.uint8)).save(picture, "PNG")
    bodies: dict[str, bytes | str] = {
        _NPY: npy(digit),
        "application/json": json.dumps({"instances": digit.tolist()}),
        "text/csv": ",".join(map(repr, digit.ravel().tolist())),
        "image/png": picture.getvalue(),
    }

    answers = {kind: endpoint.invoke(body, kind, "application/json").json() for kind, body in bodies.items()}

    for kind, answer in answers.items():
        assert np.array(answer) == pytest.approx(np.array(answers[_NPY]), abs=0.02), kind


def test_bytes_of_an_array_are_pixels(endpoint: Endpoint, validation: Mapping[str, Any]) -> None:
    """uint8 stands for 0..1, as in training."""
    pixels = (validation["data"][:3] * 255).round().astype(np.uint8)

    found, expected = (
        np.load(io.BytesIO(endpoint.invoke(npy(array), _NPY, _NPY).body))
        for array in (pixels, pixels / np.float32(255))
    )

    assert found.dtype == np.float32
    assert found == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (
            npy(np.zeros((2, 3, 5))),
            _NPY,
            "the array must be n x 3 x 32 x 32, as the model was exported for; got 2 x 3 x 5",
        ),
        (b"1,2\n", "text/csv", "must be n x 3 x 32 x 32, as the model was exported for; got 1 x 2"),
        (b"[[1, 2], [3]]", "application/json", "different lengths"),
        (b'["a"]', "application/json", "it must hold numbers"),
        (b'{"rows": 1}', "application/json", "found dict; it must hold numbers"),
        (npy(np.zeros((0, 3, 32, 32))), _NPY, "it must hold numbers, examples on the first axis"),
    ],
    ids=["shape", "columns", "ragged", "texts", "object", "empty"],
)
def test_what_the_model_cannot_take_is_400(endpoint: Endpoint, body: bytes, content_type: str, says: str) -> None:
    """The answer names what was expected and what came."""
    answer = endpoint.invoke(body, content_type)

    assert (answer.status, answer.json()["type"]) == (400, "MalformedPayload"), answer.body
    assert says in answer.json()["message"]


def test_a_users_network_is_served_with_its_weights(container: Container) -> None:
    """Scripts as for AWS: what they load is put into evaluation mode; without gradients, whatever the batch."""
    container.write({"code/inference.py": _NETWORK + _OUTPUT})
    with container.serve() as endpoint:
        one = endpoint.invoke("[[1, 2]]", "application/json").json()
        two = endpoint.invoke("1,2\n3,4\n", "text/csv").json()

    assert one["grad"] is False
    assert two["rows"][0] == pytest.approx(one["rows"][0], abs=1e-6)
    assert len(two["rows"][1]) == 3


def test_a_users_predict_fn_gets_a_tensor_and_a_share_of_the_cores(container: Container) -> None:
    """Floating-point, as AWS's container gives it; two workers have no more threads than there are cores."""
    container.write({"code/inference.py": _NETWORK + _SEEN})
    with container.serve() as endpoint:
        seen = endpoint.invoke("[[1, 2]]", "application/json").json()

    assert (seen["data"], seen["dtype"]) == ("Tensor", "torch.float32")
    assert seen["threads"] == max(1, count_cpus() // 2)
    assert np.shape(seen["prediction"]) == (1, 3)


def test_weights_without_a_network_end_the_server_and_say_why(container: Container) -> None:
    """The endpoint never becomes ready, and what to do stands on stderr."""
    with container.serve(ready=False) as endpoint:
        code = endpoint.process.wait(60)

    assert code != 0
    assert b"write model_fn(model_dir) in inference.py" in endpoint.stderr()


class _Two(torch.nn.Module):  # type: ignore[misc]  # torch is not installed where types are checked
    """A model with two outputs, of bfloat16 and of whole numbers."""

    def forward(self, rows: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return rows.to(torch.bfloat16), rows.to(torch.int64)


def _model(kind: str, folder: Path) -> Any:
    if kind == "plain":
        return _Two()
    if kind == "exported":
        program = torch.export.export(_Two(), (torch.zeros(2, 3),), dynamic_shapes=({0: torch.export.Dim("n")},))
        torch.export.save(program, folder / "model.pt2")
    else:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            torch.jit.script(_Two()).save(str(folder / "model.pt"))
    return Torch().model_fn(folder)


@pytest.mark.parametrize("kind", ["plain", "exported", "scripted"])
def test_several_outputs_are_a_list_of_them(kind: str, tmp_path: Path) -> None:
    """Whatever form the model has, and also where numpy has no such numbers."""
    from byoml_torch.predicting import as_arrays

    model = _model(kind, tmp_path)

    found = as_arrays(Torch().predict_fn(np.array([[1.5, 2, 3]], np.float32), model))

    assert [array.tolist() for array in found] == [[[1.5, 2, 3]], [[1, 2, 3]]]


@pytest.mark.parametrize("open_axis", [True, False], ids=["any", "two"])
def test_a_model_of_a_fixed_number_of_examples_gets_no_batches(tmp_path: Path, open_axis: bool) -> None:  # noqa: FBT001  a parameter of the test
    """Rows of several requests would be more than it takes."""
    shapes = ({0: torch.export.Dim("n")},) if open_axis else None
    program = torch.export.export(torch.nn.Linear(3, 1), (torch.zeros(2, 3),), dynamic_shapes=shapes)
    torch.export.save(program, tmp_path / "model.pt2")

    assert Torch().may_batch(Torch().model_fn(tmp_path)) is open_axis
    assert Torch().may_batch(torch.nn.Linear(3, 1))


@pytest.mark.parametrize("said", ["aot_eager", "nonsense"])
def test_a_model_is_compiled_where_the_variable_asks_for_it(
    trained: Any, monkeypatch: pytest.MonkeyPatch, validation: Mapping[str, Any], said: str
) -> None:
    """It predicts the same; a backend that torch does not know is an error that names those it knows."""
    two = validation["data"][:2]
    expected = Torch().predict_fn(two, Torch().model_fn(trained.model_dir))
    monkeypatch.setenv("BYOML_TORCH_COMPILE", said)
    if said == "nonsense":
        with pytest.raises(Exception, match=r"BYOML_TORCH_COMPILE is 'nonsense'.*inductor"):
            Torch().model_fn(trained.model_dir)
        return

    compiled = Torch().model_fn(trained.model_dir)

    assert type(compiled).__name__ == "OptimizedModule"
    assert Torch().predict_fn(two, compiled).numpy() == pytest.approx(expected.numpy(), abs=1e-5)


def test_cat_is_refused_by_a_model_of_small_pictures(endpoint: Endpoint, shared_data: Path) -> None:
    """A photograph of another size than the model was trained on is told both sizes."""
    answer = endpoint.invoke((shared_data / "images/cat.jpg").read_bytes(), "image/jpeg")

    assert answer.status == 400
    assert "must be n x 3 x 32 x 32, as the model was exported for; got 1 x 3 x " in answer.json()["message"]


def test_pictures_of_the_right_size_are_classified(endpoint: Endpoint, shared_data: Path) -> None:
    """Real photographs of 32 x 32 pixels get ten probabilities each, from several clients at once."""
    from concurrent.futures import ThreadPoolExecutor

    paths = sorted((shared_data / "cifar-png").glob("*.png"))
    with ThreadPoolExecutor(4) as clients:
        answers = list(clients.map(lambda path: endpoint.invoke(path.read_bytes(), "image/png"), paths))

    assert {answer.status for answer in answers} == {200}
    assert np.array([answer.json() for answer in answers]).shape == (len(paths), 1, 10)
