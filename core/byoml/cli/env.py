"""`byoml env`: what the container sees, with every secret masked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.training_env import TrainingEnv

__all__ = ["env"]

_OURS = ("AWS_", "BYOML_", "SAGEMAKER_", "SM_", "TRAINING_JOB_")
_PATHS = ("base", "code", "input_config", "input_data", "model", "output", "checkpoints", "config", "processing_input")
_Facts = dict[str, Any]
_T = TypeVar("_T")


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of a table.")
@click.pass_obj
def env(environ: Mapping[str, str], *, as_json: bool) -> int:
    """Print what the container sees: paths, hosts, channels, hyperparameters, accelerators, framework, launcher.

    Values whose name or look says that they are secret are masked. What cannot be read is told in its place; then the
    exit code is 1.
    """
    sections = _sections(environ)
    if as_json:
        click.echo(json.dumps(sections, indent=2))
    else:
        for title, facts in sections.items():
            _print_table(title, facts)
    return 1 if "errors" in sections else 0


def _sections(environ: Mapping[str, str]) -> dict[str, _Facts]:
    """Read each part by itself, so that a broken one hides no other."""
    from byoml.environment.paths import ContainerPaths
    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.training_env import TrainingEnv
    from byoml.log import redact_all

    paths = ContainerPaths.from_environ(environ)
    errors: _Facts = {}
    sections: dict[str, _Facts] = {"paths": {name: _place(getattr(paths, name)) for name in _PATHS}}
    job = _read("training", errors, lambda: TrainingEnv.read(environ))
    if job:
        sections.update(_training(job))
    if paths.config.is_dir() or paths.processing_input.is_dir():
        processing = _read("processing", errors, lambda: ProcessingEnv.read(environ))
        sections.update(_processing(processing) if processing else {})
    sections["framework"] = _read("framework", errors, lambda: _framework(environ, job)) or {}
    variables = {name: environ[name] for name in sorted(environ) if name.startswith(_OURS)}
    sections["variables"] = redact_all(variables)
    return {**sections, "errors": errors} if errors else sections


def _read(name: str, errors: _Facts, read: Callable[[], _T]) -> _T | None:
    from byoml.errors import ByomlError

    try:
        return read()
    except ByomlError as error:
        errors[name] = str(error)
        return None


def _place(path: Path) -> str:
    return str(path) if path.exists() else f"{path} (absent)"


def _training(env: TrainingEnv) -> dict[str, _Facts]:
    from byoml.log import redact_all

    hyperparameters = env.hyperparameters
    given = {**hyperparameters.user, **hyperparameters.framework, **hyperparameters.reserved}
    resources, accelerators = env.resources, env.accelerators
    return {
        "hosts": {
            "current": resources.current_host,
            "rank": resources.host_rank,
            "all": list(resources.hosts),
            "instance type": resources.instance_type,
            "network interface": resources.network_interface,
        },
        "channels": {channel.name: f"{channel.path} ({channel.mode})" for channel in env.channels},
        "hyperparameters": redact_all({key: given[key] for key in sorted(given)}),
        "accelerators": {"cpus": accelerators.cpus, "gpus": accelerators.gpus, "neuron cores": accelerators.neurons},
    }


def _processing(env: ProcessingEnv) -> dict[str, _Facts]:
    return {
        "processing inputs": {port.name: f"{port.path} ({port.mode})" for port in env.inputs},
        "processing outputs": {port.name: f"{port.path} ({port.mode})" for port in env.outputs},
    }


def _framework(environ: Mapping[str, str], job: TrainingEnv | None) -> _Facts:
    from byoml.plugin import builtin_launchers
    from byoml.plugin.manager import frameworks, make_manager
    from byoml.plugin.selection import select
    from byoml.training.choose import choose_launcher

    plugins = make_manager(environ, [builtin_launchers])
    installed = frameworks(plugins)
    framework = select(installed, environ.get("BYOML_FRAMEWORK"))
    facts: _Facts = {"chosen": framework.name, "installed": sorted(installed)}
    return {**facts, "launcher": choose_launcher(job, framework, plugins).name} if job else facts


def _print_table(title: str, facts: Mapping[str, object]) -> None:
    click.echo(title)
    width = max(map(len, facts), default=0)
    for name, value in facts.items():
        text = value if isinstance(value, str) else json.dumps(value)
        click.echo(f"  {name:<{width}}  {text}".rstrip())
    if not facts:
        click.echo("  none")
