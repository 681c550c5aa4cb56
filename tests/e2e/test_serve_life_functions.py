"""What a script may say about its model's life, and a web application in its place."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from blackbox import wait_until

if TYPE_CHECKING:
    from byoml.testing.container import Container, Endpoint

_NONE = {"BYOML_FRAMEWORK": "none", "SAGEMAKER_MODEL_SERVER_WORKERS": "1"}


def _until(endpoint: Endpoint, status: int) -> bool:
    return wait_until(lambda: endpoint.ping() == status, 20)


def test_the_functions_before_and_after_the_load_are_called_in_order(container: Container) -> None:
    """pre_model_fn, model_fn, model_warmup_fn, and only then /ping answers 200 (contract/inference 3.1)."""
    script = """
calls = []
def pre_model_fn(model_dir): calls.append(["pre", model_dir])
def model_fn(model_dir): calls.append(["load", model_dir]); return "m"
def model_warmup_fn(model_dir, model, context): calls.append(["warm", model, context.device])
def predict_fn(data, model): return calls
"""
    container.write({"model/code/inference.py": script})
    folder = str(container.path("model"))
    with container.serve(env=_NONE) as endpoint:
        assert endpoint.invoke("[1]", "application/json").json() == [
            ["pre", folder],
            ["load", folder],
            ["warm", "m", "cpu"],
        ]


def test_the_health_function_decides_what_ping_answers(container: Container) -> None:
    """It is asked beside the requests; while it says no, or raises, /ping answers 503 (H-15)."""
    script = """
import os
def model_fn(model_dir): return model_dir
def healthcheck_fn(model):
    if os.path.exists(model + "/broken"): raise OSError("lost")
    return not os.path.exists(model + "/ill")
def predict_fn(data, model): return data
"""
    container.write({"model/code/inference.py": script})
    with container.serve(env={**_NONE, "BYOML_HEALTH_SECONDS": "0.05"}) as endpoint:
        for name in ("ill", "broken"):
            container.path("model", name).touch()
            assert _until(endpoint, 503)
            container.path("model", name).unlink()
            assert _until(endpoint, 200)
        assert b"healthcheck_fn failed" in endpoint.stderr()


def test_a_script_answers_with_a_status_of_its_own(container: Container) -> None:
    """byoml.HTTPError carries status, message and headers (H-43); a plain exception stays 500."""
    script = """
import byoml
def predict_fn(data, model):
    raise byoml.HTTPError(429, "slow down", {"Retry-After": "7"})
"""
    container.write({"model/code/inference.py": script})
    with container.serve(env=_NONE) as endpoint:
        answer = endpoint.invoke("[1]", "application/json")
        assert (answer.status, answer.headers["retry-after"]) == (429, "7")
        assert (answer.json()["code"], answer.json()["type"]) == (429, "HTTPError")
        assert answer.json()["message"] == "slow down"


_FLASK = """
from flask import Flask, request
app = Flask("mine")

@app.route("/ping")
def ping():
    return "fine"

@app.route("/invocations", methods=["POST"])
def invocations():
    return request.get_data()[::-1], 200, {"Content-Type": "text/csv"}
"""
_ASGI = """
async def app(scope, receive, send):
    body = (await receive()).get("body", b"") if scope["path"] == "/invocations" else b"enif"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/csv")]})
    await send({"type": "http.response.body", "body": body[::-1]})
"""


@pytest.mark.parametrize("script", [_FLASK, _ASGI], ids=["Flask", "ASGI"])
def test_a_hand_written_application_is_served_as_it_is(container: Container, script: str) -> None:
    """Its own /ping and /invocations answer, under our server."""
    container.write({"model/code/inference.py": script})
    with container.serve(env=_NONE) as endpoint:
        assert endpoint.request("GET", "/ping").text == "fine"
        answer = endpoint.invoke("abc", "text/csv")
        assert (answer.status, answer.text, answer.headers["content-type"]) == (200, "cba", "text/csv")


def test_an_application_beside_functions_of_the_contract_is_left_alone(container: Container) -> None:
    """A script that only happens to have an `app` is served by its functions."""
    script = "def app(*args): raise RuntimeError\n\ndef predict_fn(data, model):\n    return data\n"
    container.write({"model/code/inference.py": script})
    with container.serve(env=_NONE) as endpoint:
        assert json.loads(endpoint.invoke("[1]", "application/json").body) == [1]
