"""`byoml xgboost`: what is to be done with models of XGBoost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["xgboost"]

_EXAMPLE = """\b
Example:
  byoml xgboost convert model/xgboost-model converted/xgboost-model
"""


@click.group()
def xgboost() -> None:
    """Work with models of XGBoost."""


@xgboost.command(epilog=_EXAMPLE)
@click.argument("old", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def convert(environ: Mapping[str, str], /, old: Path, new: Path) -> None:
    """Write the model OLD as NEW, in the form that today's XGBoost reads: JSON if NEW ends in .json, else UBJ.

    OLD may be of any release from 0.90 on: of the old binary form, or a pickle, of which nothing is run. Where the
    installed XGBoost does not read it, XGBoost 3.0 does, in an environment that is made for it with venv and pip, and
    removed at the end. Both must predict the same, or nothing is written.
    """
    from byoml_xgboost.converting import convert as write_anew

    write_anew(old, new, environ, lambda text: click.echo(text, err=True))
