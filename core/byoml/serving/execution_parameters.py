"""What a batch transform is told before its first request: by the server, a variable, a function (contract 1.6)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from byoml.errors import SettingError
from byoml.request_errors import HandlerFailed

if TYPE_CHECKING:
    from byoml.environment.serving_env import ServingEnv
    from byoml.serving.engine import Engine
    from byoml.serving.plan import Plan

__all__ = ["TOGETHER_MB", "checked", "execution_parameters", "said_by_variable"]

#: What the platform allows all requests on their way to be, in MB.
TOGETHER_MB = 100

_VARIABLE = "BYOML_EXECUTION_PARAMETERS"
_FUNCTION = "execution_parameters_fn"
_MEGABYTE = 2**20
_ALLOWED = (
    "one JSON object with some of MaxConcurrentTransforms (a whole number above 0), BatchStrategy (MULTI_RECORD or "
    f"SINGLE_RECORD) and MaxPayloadInMB (0 to {TOGETHER_MB})"
)
_POSSIBLE: dict[str, Any] = {
    "MaxConcurrentTransforms": lambda value: type(value) is int and value > 0,
    "BatchStrategy": lambda value: value in ("MULTI_RECORD", "SINGLE_RECORD"),
    "MaxPayloadInMB": lambda value: type(value) is int and 0 <= value <= TOGETHER_MB,
}


def checked(found: object) -> dict[str, Any]:
    """Hold execution parameters to the contract.

    Args:
        found: What somebody gives: a mapping, its JSON, or a WSGI response with it.

    Returns:
        The parameters of the contract that are in it.

    Raises:
        ValueError: They are not as the contract has them; the text says what it has.
    """
    if hasattr(found, "get_data"):
        found = found.get_data()
    if isinstance(found, (str, bytes)):
        try:
            found = json.loads(found)
        except ValueError:
            found = None
    if not isinstance(found, dict):
        raise ValueError(_ALLOWED)  # noqa: TRY004  whoever asked words the error
    given = {name: found[name] for name in _POSSIBLE if name in found}
    if not all(_POSSIBLE[name](value) for name, value in given.items()):
        raise ValueError(_ALLOWED)
    return given


def said_by_variable(env: ServingEnv) -> dict[str, Any]:
    """Read the variable that stands over what the server would say.

    Args:
        env: What the container is told.

    Returns:
        The parameters that it names.

    Raises:
        SettingError: It holds something else.
    """
    text = env.environ.get(_VARIABLE, "").strip()
    try:
        return checked(text) if text else {}
    except ValueError as error:
        raise SettingError(_VARIABLE, text, str(error)) from None


async def execution_parameters(plan: Plan, engine: Engine | None) -> dict[str, Any]:
    """Answer `/execution-parameters`.

    Args:
        plan: The endpoint.
        engine: Has the user's function, where there is one.

    Returns:
        All three parameters.

    Raises:
        HandlerFailed: The user's function fails, or gives something else.
    """
    said = {**_computed(plan), **said_by_variable(plan.env)}
    function = engine.functions.execution_parameters_fn if engine else None
    if engine is None or function is None:
        return said
    from asyncio import to_thread

    try:
        return {**said, **checked(await to_thread(function, engine.context({}, "")))}
    except Exception as error:
        raise HandlerFailed(_FUNCTION, error) from error


def _computed(plan: Plan) -> dict[str, Any]:
    """Use all workers, with requests as large as the platform and we take for so many at once (H-52)."""
    settings = plan.settings
    at_once = settings.workers * settings.threads
    share = TOGETHER_MB // plan.env.whole_number("SAGEMAKER_MAX_CONCURRENT_TRANSFORMS", at_once)
    return {
        "MaxConcurrentTransforms": at_once,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": max(1, min(share, settings.body_limit // _MEGABYTE)),
    }
