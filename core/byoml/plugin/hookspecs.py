"""The hooks: what holds whatever the framework is. Each says first when it is called, then what to return.

No hook is called per request. Where one answer is wanted and two plugins give one, that is an error naming both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import click
    from flask import Flask

    from byoml.codecs import Codec
    from byoml.environment.processing_env import ProcessingEnv
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin.framework import Framework
    from byoml.plugin.values import Launcher, Outcome, TrainingJob

__all__ = ["PROJECT", "hookimpl", "hookspec"]

PROJECT = "byoml"

hookspec = pluggy.HookspecMarker(PROJECT)
#: Marks a plugin's function as its answer to the hook of the same name.
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def byoml_register_commands() -> Iterable[click.Command]:  # type: ignore[empty-body]  # a specification has no body
    """Called when `byoml` parses its command line; return click commands, which become `byoml <name>`."""


@hookspec
def byoml_register_framework() -> Framework:  # type: ignore[empty-body]
    """Called once a process, before a framework is chosen; return an instance of your Framework."""


@hookspec
def byoml_register_codecs() -> Iterable[Codec]:  # type: ignore[empty-body]
    """Called once in a serving process, before the model is loaded; return codecs for content types of your own."""


@hookspec
def byoml_env_vars(env: TrainingEnv) -> Mapping[str, str]:  # type: ignore[empty-body]
    """Called once a job, before the launch; return variables for the user's program. The contract's names win."""


@hookspec
def byoml_select_launcher(env: TrainingEnv) -> Launcher | None:
    """Called once a job where the framework names no launcher; return one, or None to stay out of it."""


@hookspec
def byoml_before_training(env: TrainingEnv, job: TrainingJob) -> None:
    """Called once a job, right before the launch; what you raise ends the job."""


@hookspec(firstresult=True)
def byoml_explain_failure(env: TrainingEnv | ProcessingEnv, outcome: Outcome) -> str | None:
    """Called when the user's program failed, in training or processing; return a line that says what to do, or None.

    The first answer is taken.
    """


@hookspec
def byoml_after_training(env: TrainingEnv, outcome: Outcome) -> None:
    """Called once a job when the user's program has ended, well or not, before the exit code is given."""


@hookspec
def byoml_register_routes(app: Flask) -> None:
    """Called once in each worker; add routes and blueprints for people to the Flask app behind the data plane.

    `app.config["BYOML"]` says what is served: framework, model_dir, script, reads, writes, settings, routes.
    """


@hookspec
def byoml_after_model_load(framework: Framework, model: object, seconds: float) -> None:
    """Called in each worker when a model is loaded: one before `/ping` may answer 200, or many in multi-model mode."""
