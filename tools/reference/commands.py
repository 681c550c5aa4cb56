"""The page of the commands: the help of each."""

from __future__ import annotations

import subprocess
import sysconfig
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from reference.markdown import code, page

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click

__all__ = ["cli"]

_WIDTH = 100


def cli() -> str:
    """Make the page of the commands: the help of each, without those of installed plugins."""
    from byoml.cli.root import make_root

    disabled = ",".join(entry.name for entry in entry_points(group="byoml"))
    root = make_root({"BYOML_DISABLED_PLUGINS": disabled})
    parts = ["# Commands", "Plugins may bring more: `byoml --help` lists what is installed."]
    for name, text in _helps("byoml", root):
        parts += [f"## {name}", code("text", text)]
    for word in ("train", "serve"):
        script = Path(sysconfig.get_path("scripts")) / word
        told = subprocess.run([str(script), "--help"], capture_output=True, text=True, check=True).stdout
        parts += [f"## {word}", code("text", told)]
    return page(parts)


def _helps(name: str, command: click.Command, parent: click.Context | None = None) -> Iterator[tuple[str, str]]:
    import click

    context = click.Context(
        command,
        info_name=name.rpartition(" ")[2],
        parent=parent,
        terminal_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )
    yield name, command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            yield from _helps(f"{name} {below}", command.commands[below], context)
