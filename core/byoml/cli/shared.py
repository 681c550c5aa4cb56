"""What the commands of `byoml local` and `byoml image` share: options, the log, and a word on what happens now."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from byoml.cli.pairs import pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["configure_log", "entry_point", "env", "framework", "image", "settings_as_usage", "source", "tell"]

source = click.option(
    "--source",
    type=click.Path(path_type=Path, exists=True),
    help="Folder (or tar.gz) with your code; it is copied, without .git, .venv and caches.",
)
entry_point = click.option(
    "--entry-point",
    metavar="FILE",
    help="Your program, relative to --source; without --source a file, which alone is copied.",
)
framework = click.option("--framework", metavar="NAME", help="Plugin to use, or none; `byoml plugins` lists them.")
image = click.option("--image", metavar="IMG", help="Run in containers of this Docker image, and not on this machine.")
env = pairs("--env", "KEY=VALUE", "Environment variable of the container; wins over all others. Repeat for more.")


def configure_log(environ: Mapping[str, str]) -> None:
    from byoml import log

    log.configure(log.level_number(environ.get("SAGEMAKER_CONTAINER_LOG_LEVEL")))


@contextmanager
def settings_as_usage() -> Iterator[None]:
    """Turn a setting that is not allowed into an error of the command line: that is where it was said."""
    from byoml.errors import SettingError

    try:
        yield
    except SettingError as error:
        raise click.UsageError(str(error)) from None


def tell(line: str) -> None:
    """Show what happens now, to a person only."""
    if sys.stderr.isatty():
        click.echo(f"byoml: {line} ...", err=True)
