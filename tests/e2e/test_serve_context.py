"""What functions get as `context`, under our names and under multi-model-server's (contract/inference F-6 and 7)."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from byoml.testing.container import Container, Endpoint

_SCRIPT = """
import json, time

def model_fn(model_dir, context):
    assert context.system_properties["model_dir"] == model_dir
    return context.system_properties["gpu_id"]

def predict_fn(data, model, context):
    time.sleep(0.01)
    return [context.get_request_id(0), model]

def output_fn(prediction, accept, context):
    headers = context.get_all_request_header(0)
    context.set_response_status(code=207, phrase="Multi-Status", idx=0)
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", headers["X-Amzn-SageMaker-Custom-Attributes"])
    context.set_response_content_type(0, "application/x-mine")
    context.metrics.add_counter("Answers", 1)
    said = [context.get_request_header(0, "X-Amzn-SageMaker-Inference-Id"), context.request_id, context.inference_id]
    return json.dumps({"prediction": prediction, "ids": said, "context": [
        context.custom_attributes, context.session_id, context.target_model, context.gpu_id, context.model_name,
        context.headers["content-type"], context.device,
    ]})
"""


@pytest.fixture
def endpoint(container: Container) -> Iterator[Endpoint]:
    """One worker whose functions run in four threads."""
    container.write({"model/code/inference.py": _SCRIPT})
    variables = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1", "BYOML_THREADS": "4"}
    with container.serve(env=variables) as running:
        yield running


def test_functions_written_for_multi_model_server_run_unchanged(endpoint: Endpoint) -> None:
    """Also in threads, where each request has a context of its own."""
    prefix = "X-Amzn-SageMaker-"

    def ask(number: int) -> None:
        headers = {f"{prefix}Inference-Id": f"id-{number}", f"{prefix}Custom-Attributes": f"n={number}"}
        answer = endpoint.invoke("[1]", "application/json", headers=headers)
        assert answer.status == 207
        assert answer.headers["content-type"] == "application/x-mine"
        assert answer.headers["x-amzn-sagemaker-custom-attributes"] == f"n={number}"
        told = json.loads(answer.body)
        assert told["prediction"] == [f"id-{number}", None]
        assert told["ids"] == [f"id-{number}"] * 3
        assert told["context"] == [f"n={number}", None, None, None, "model", "application/json", "cpu"]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(ask, range(40)))
    assert endpoint.stderr().count(b"Answers.Count:1|#ModelName:model,Level:Model|#hostname:") == 40
