"""The values that pass between core and plugins."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import byoml
import pytest
from byoml.child import Stopper
from byoml.codecs import Codecs
from byoml.plugin.values import Capabilities, Context, Invocation, Outcome, ServerSettings, TrainingJob

if TYPE_CHECKING:
    from collections.abc import Mapping

_FROZEN: list[Any] = [
    Capabilities(),
    TrainingJob(("x",), Path("/"), {}, Stopper()),
    Outcome(0),
    ServerSettings(),
    Invocation(b"", "text/csv", "text/csv", {}, "id"),
]


@pytest.mark.parametrize("value", _FROZEN, ids=lambda value: type(value).__name__)
def test_a_value_cannot_be_changed_but_copied_with_changes(value: Any) -> None:
    """Change means a new one."""
    name = dataclasses.fields(value)[0].name
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, None)
    assert dataclasses.replace(value) == value


def test_nothing_is_claimed_that_was_not_said() -> None:
    """Every capability is off by default."""
    assert not any(dataclasses.astuple(Capabilities()))


def _context(headers: Mapping[str, str] | None = None) -> Context:
    return Context(Path("/opt/ml/model"), Codecs([]), headers or {})


def test_a_context_reads_the_platforms_headers() -> None:
    """By the names that they have there; None where one is missing."""
    prefix = "x-amzn-sagemaker-"
    context = _context(
        {
            f"{prefix}inference-id": "i",
            f"{prefix}custom-attributes": "a=b",
            f"{prefix}session-id": "s",
            f"{prefix}target-model": "m",
        }
    )
    assert (context.inference_id, context.custom_attributes, context.session_id, context.target_model) == (
        "i",
        "a=b",
        "s",
        "m",
    )
    empty = _context()
    assert {empty.inference_id, empty.custom_attributes, empty.session_id, empty.target_model} == {None}


def test_a_context_carries_what_the_function_says_of_its_answer() -> None:
    """Status and headers; 200 and none unless said; one context knows nothing of another."""
    context = _context()
    assert (context.answer_status, context.answer_headers) == (200, {})
    context.set_status(202)
    context.set_header("X-Mine", "1")
    assert (context.answer_status, context.answer_headers) == (202, {"X-Mine": "1"})
    assert _context().answer_headers == {}


def test_handlers_written_for_awss_toolkit_find_what_the_server_says_of_itself() -> None:
    """Under `system_properties`, all that multi-model-server has there (contract/inference F-6)."""
    context = _context()
    assert context.system_properties == {
        "model_dir": "/opt/ml/model",
        "gpu_id": None,
        "batch_size": 1,
        "server_name": "byoml",
        "server_version": byoml.__version__,
    }
    on_gpu = dataclasses.replace(context, device="cuda:3")
    assert (on_gpu.gpu_id, on_gpu.system_properties["gpu_id"]) == (3, 3)
