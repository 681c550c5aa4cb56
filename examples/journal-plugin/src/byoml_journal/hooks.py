"""What the plugin answers to byoml's hooks, in the order in which they are called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from byoml.plugin import hookimpl

from byoml_journal.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import click
    from byoml.codecs import Codec
    from byoml.environment.training_env import TrainingEnv
    from byoml.plugin import Framework, Outcome, TrainingJob
    from flask import Flask

    from byoml_journal.nice import NiceLauncher

__all__ = [
    "byoml_after_model_load",
    "byoml_after_training",
    "byoml_before_training",
    "byoml_env_vars",
    "byoml_register_codecs",
    "byoml_register_commands",
    "byoml_register_routes",
    "byoml_select_launcher",
]


@hookimpl
def byoml_register_commands() -> Iterable[click.Command]:
    """Bring `byoml journal`."""
    from byoml_journal.command import journal

    return [journal]


# training


@hookimpl
def byoml_select_launcher(env: TrainingEnv) -> NiceLauncher | None:
    """Run under `nice`, only where BYOML_JOURNAL_NICE says how much: one job has one launcher."""
    from byoml_journal.nice import NiceLauncher

    niceness = env.environ.get("BYOML_JOURNAL_NICE")
    return NiceLauncher(niceness) if niceness else None


@hookimpl
def byoml_env_vars(env: TrainingEnv) -> Mapping[str, str]:
    """Tell the program how many jobs were there before it."""
    return {"JOURNAL_JOBS_BEFORE": str(len(Journal.of(env.environ).entries("job started")))}


@hookimpl
def byoml_before_training(env: TrainingEnv, job: TrainingJob) -> None:
    host = env.resources.current_host
    Journal.of(env.environ).record("job started", job=env.job_name, host=host, command=job.command)


@hookimpl
def byoml_after_training(env: TrainingEnv, outcome: Outcome) -> None:
    Journal.of(env.environ).record("job ended", job=env.job_name, exit_code=outcome.exit_code, command=outcome.command)


# serving


@hookimpl
def byoml_register_routes(app: Flask) -> None:
    """Bring GET /journal."""
    journal = Journal.of(os.environ)
    app.add_url_rule("/journal", "journal", journal.entries)


@hookimpl
def byoml_register_codecs() -> Iterable[Codec]:
    """Bring tab-separated values."""
    from byoml_journal.tsv import TsvCodec

    return [TsvCodec()]


@hookimpl
def byoml_after_model_load(framework: Framework, seconds: float) -> None:
    """Record the load; a hook may name only those arguments that it needs."""
    Journal.of(os.environ).record(
        "model loaded", framework=framework.name, seconds=round(seconds, 3), worker=os.getpid()
    )
