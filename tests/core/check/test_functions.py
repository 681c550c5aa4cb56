"""The signatures of serving functions, told from their text by the server's own rule."""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING

import pytest
from byoml.errors import UserModuleError
from byoml.plugin import Framework
from byoml.serving.functions import InferenceFunctions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Check = Callable[..., list[str]]


class _Plain(Framework):
    name = "plain"


@pytest.mark.parametrize(
    ("definition", "fits"),
    [
        ("def model_fn(model_dir): ...", True),
        ("def model_fn(model_dir, context): ...", True),
        ("def model_fn(model_dir, *, context): ...", True),
        ("def model_fn(model_dir, extra=None, /, *more, key=1, **rest): ...", True),
        ("def model_fn(*args): ...", True),
        ("def model_fn(): ...", False),
        ("def model_fn(model_dir, *, needed): ...", False),
        ("def model_fn(a, b, c): ...", False),
        ("def predict_fn(data): ...", False),
        ("def predict_fn(data, model): ...", True),
        ("def output_fn(prediction, accept, context=None): ...", True),
        ("def input_fn(body, content_type, a, b): ...", False),
        ("def transform_fn(model, data, content_type, accept): ...", True),
        ("def transform_fn(model, data, content_type, accept): ...\ndef output_fn(a, b): ...", False),
        ("def helper(): ...", True),
    ],
)
def test_the_check_says_what_the_server_then_does(found: Check, tmp_path: Path, definition: str, *, fits: bool) -> None:
    """An error exactly where binding the imported module is one, with the same words."""
    errors = found({"inference.py": f"{definition}\n"})
    path = tmp_path / "inference.py"
    spec = importlib.util.spec_from_file_location("checked_inference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        InferenceFunctions.bind(_Plain(), module, path)
        said = []
    except UserModuleError as error:
        said = [str(error).removeprefix(f"{path}: ")]
    assert [error.split(": error: ")[1] for error in errors] == said
    assert (not said) is fits


def test_an_async_function_is_held_to_the_same_rule(found: Check) -> None:
    """The server waits for it; its arguments are those of any other."""
    assert found({"inference.py": "async def predict_fn(data, model): ...\n"}) == []
    [error] = found({"inference.py": "\nasync def predict_fn(data): ...\n"})
    assert error.startswith("inference.py:2: error: predict_fn(data) does not fit")


def test_a_decorated_function_is_not_judged(found: Check) -> None:
    """What the decorator makes of it, only running it could tell."""
    assert found({"inference.py": "@wrap\ndef predict_fn(): ...\n"}) == []


def test_functions_in_the_training_script_are_judged_too(found: Check) -> None:
    """One file may serve both, as SAGEMAKER_PROGRAM names one."""
    [error] = found({"train.py": "def model_fn(): ...\n"})
    assert error.startswith("train.py:1: error: model_fn()")
