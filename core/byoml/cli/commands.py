"""Core's own commands, registered through the same hook as everybody's."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from byoml.plugin.discovery import find_plugins
from byoml.plugin.hookspecs import PROJECT, hookimpl

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["byoml_register_commands"]


@hookimpl
def byoml_register_commands() -> Iterable[click.Command]:
    """Bring `train`, `serve`, `processing`, `local`, `image`, `check`, `env` and `plugins`."""
    from byoml.cli.check import check
    from byoml.cli.env import env
    from byoml.cli.image import image
    from byoml.cli.local import local

    return [train, serve, processing, local, image, check, env, plugins]


@click.command()
@click.pass_obj
def train(environ: Mapping[str, str]) -> int:
    """Run the training job that lies under /opt/ml (or SAGEMAKER_BASE_DIR); the same as the word `train`."""
    from byoml.training.main import main

    return main(environ)


@click.command()
@click.pass_obj
def serve(environ: Mapping[str, str]) -> int:
    """Serve the model that lies under /opt/ml (or SAGEMAKER_BASE_DIR); the same as the word `serve`."""
    from byoml.serving.main import main

    return main(environ)


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("args", nargs=-1, type=click.UNPROCESSED, metavar="[SCRIPT [ARG...]]")
@click.pass_obj
def processing(environ: Mapping[str, str], args: tuple[str, ...]) -> int:
    """Run the processing job that lies under /opt/ml (or SAGEMAKER_BASE_DIR); the same as the word `processing`."""
    from byoml.processing.main import main

    return main(environ, args, Path.cwd())


@click.command()
@click.pass_obj
def plugins(environ: Mapping[str, str]) -> int:
    """List the installed plugins: name, distribution, version and the hooks they answer."""
    from byoml.plugin.manager import make_manager

    manager = make_manager(environ)
    entries = {entry.name: entry for entry in find_plugins(PROJECT)}
    for name, plugin in sorted(manager.list_name_plugin()):
        entry = entries[name]
        where = f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value
        hooks = sorted(caller.name for caller in manager.get_hookcallers(plugin) or [])
        click.echo(f"{name:<14} {where:<28} {', '.join(hooks)}")
    if not entries:
        click.echo(f"no plugins are installed; `pip install byoml[xgboost]` brings one{os.linesep}", nl=False)
    return 0
