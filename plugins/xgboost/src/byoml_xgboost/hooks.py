"""What this plugin answers to byoml's hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.plugin import hookimpl

from byoml_xgboost.failures import byoml_explain_failure
from byoml_xgboost.framework import XGBoost

if TYPE_CHECKING:
    from collections.abc import Iterable

    import click

__all__ = ["byoml_explain_failure", "byoml_register_commands", "byoml_register_framework"]


@hookimpl
def byoml_register_commands() -> Iterable[click.Command]:
    """Bring `byoml xgboost`."""
    from byoml_xgboost.commands import xgboost

    return [xgboost]


@hookimpl
def byoml_register_framework() -> XGBoost:
    return XGBoost()
