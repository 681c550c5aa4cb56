"""What `/execution-parameters` answers: computed, said by a variable, said by a function."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from byoml.codecs import Codecs
from byoml.environment.accelerators import Accelerators
from byoml.environment.paths import ContainerPaths
from byoml.environment.serving_env import ServingEnv
from byoml.errors import SettingError
from byoml.plugin.framework import Framework
from byoml.plugin.manager import make_manager
from byoml.request_errors import HandlerFailed
from byoml.serving.engine import Engine
from byoml.serving.execution_parameters import checked, execution_parameters
from byoml.serving.functions import InferenceFunctions
from byoml.serving.plan import Plan
from byoml.serving.settings import settle

if TYPE_CHECKING:
    from collections.abc import Callable

_NAMES = ("MaxConcurrentTransforms", "BatchStrategy", "MaxPayloadInMB")


class _Plain(Framework):
    name = "plain"


class _Response:
    """As Flask has it."""

    def get_data(self) -> bytes:
        return b'{"MaxPayloadInMB": 0, "Other": 1}'


def _told(environ: dict[str, str], function: Callable[..., Any] | None = None) -> tuple[Any, ...]:
    env = ServingEnv(environ, ContainerPaths(Path("/opt/ml")), Accelerators(4, 0))
    plan = Plan(env, make_manager({"BYOML_DISABLED_PLUGINS": ""}), _Plain(), None, settle(env))
    module = ModuleType("inference")
    if function is not None:
        vars(module)["execution_parameters_fn"] = function
    functions = InferenceFunctions.bind(_Plain(), module, Path("inference.py"))
    engine = Engine(_Plain(), functions, Codecs([]), None, Path("model"))
    told = asyncio.run(execution_parameters(plan, engine))
    assert set(told) == set(_NAMES)
    return tuple(told[name] for name in _NAMES)


@pytest.mark.parametrize(
    ("environ", "told"),
    [
        ({}, (4, "MULTI_RECORD", 25)),
        ({"BYOML_THREADS": "2"}, (8, "MULTI_RECORD", 12)),
        ({"BYOML_MAX_BODY_MB": "5"}, (4, "MULTI_RECORD", 5)),
        ({"SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": "50"}, (4, "MULTI_RECORD", 2)),
        ({"SAGEMAKER_MODEL_SERVER_WORKERS": "200"}, (200, "MULTI_RECORD", 1)),
        ({"BYOML_EXECUTION_PARAMETERS": '{"BatchStrategy": "SINGLE_RECORD"}'}, (4, "SINGLE_RECORD", 25)),
    ],
)
def test_the_server_says_what_it_can_take(environ: dict[str, str], told: tuple[Any, ...]) -> None:
    """A request a worker and thread, as large as 100 MB for all of them allows; a variable stands over it (H-52)."""
    assert _told(environ) == told


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"MaxConcurrentTransforms": 2}, (2, "MULTI_RECORD", 9)),
        ('{"MaxPayloadInMB": 1}', (4, "MULTI_RECORD", 1)),
        (_Response(), (4, "MULTI_RECORD", 0)),
    ],
)
def test_a_function_goes_before_the_variable(given: Any, told: tuple[Any, ...]) -> None:
    """What it leaves out others say; it gives a mapping, JSON, or a response as for AWS's older toolkit (H-51)."""
    assert _told({"BYOML_EXECUTION_PARAMETERS": '{"MaxPayloadInMB": 9}'}, lambda: given) == told


def test_a_function_may_take_the_context() -> None:
    """As all others may."""
    told = _told({}, lambda context: {"MaxConcurrentTransforms": len(str(context.model_dir))})
    assert told[0] == len("model")


def test_a_function_that_fails_is_named() -> None:
    """The platform then takes its defaults; the log has the reason."""
    with pytest.raises(HandlerFailed, match="execution_parameters_fn failed with ZeroDivisionError"):
        _told({}, lambda: 1 // 0)


@pytest.mark.parametrize(
    "found",
    [
        "{",
        "[]",
        None,
        3,
        {"MaxConcurrentTransforms": 0},
        {"MaxConcurrentTransforms": True},
        {"MaxConcurrentTransforms": "4"},
        {"BatchStrategy": "MultiRecord"},
        {"MaxPayloadInMB": 101},
        {"MaxPayloadInMB": 6.0},
    ],
)
def test_what_the_contract_does_not_have_is_refused(found: Any) -> None:
    """From whoever it comes; what would be right is said."""
    with pytest.raises(ValueError, match=r"^one JSON object with some of MaxConcurrentTransforms"):
        checked(found)


def test_a_variable_that_is_wrong_ends_the_start() -> None:
    """Not the first transform."""
    env = ServingEnv({"BYOML_EXECUTION_PARAMETERS": "{"}, ContainerPaths(Path("/opt/ml")), Accelerators(1, 0))
    with pytest.raises(SettingError, match=r"BYOML_EXECUTION_PARAMETERS is '{'; it must be one JSON object"):
        settle(env)
