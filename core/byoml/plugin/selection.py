"""Which framework a job or an endpoint gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin.framework import Framework
from byoml.plugin_errors import AmbiguousFrameworkError, UnknownFrameworkError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["NoFramework", "select"]


class NoFramework(Framework):
    """Core's own: the codecs, and no model."""

    name = "none"


def select(
    installed: Mapping[str, Framework],
    asked: str | None,
    model_dir: Path | None = None,
    said_by: str = "BYOML_FRAMEWORK",
) -> Framework:
    """Choose the framework.

    Args:
        installed: Frameworks by name.
        asked: `BYOML_FRAMEWORK`; None or empty where it is not set.
        model_dir: The model folder when serving, None when training.
        said_by: What asks, for the error.

    Returns:
        The one asked for, else the only one installed, else the only one that recognizes the model, else core's own.

    Raises:
        UnknownFrameworkError: The one asked for is not installed.
        AmbiguousFrameworkError: Several recognize the model.
    """
    if asked == NoFramework.name:
        return NoFramework()
    if asked:
        if asked not in installed:
            raise UnknownFrameworkError(asked, installed, said_by)
        return installed[asked]
    if len(installed) == 1:
        return next(iter(installed.values()))
    if model_dir is None:
        return NoFramework()
    recognizing = {name: framework for name, framework in installed.items() if framework.recognizes(model_dir)}
    if len(recognizing) > 1:
        raise AmbiguousFrameworkError(f"several frameworks would load {model_dir}", recognizing)
    return next(iter(recognizing.values()), NoFramework())
