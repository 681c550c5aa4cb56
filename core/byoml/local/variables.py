"""The variables of a local job or endpoint: the user's own, and the platform's in place of those of any container."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.local.mount import MOUNT_POINT
from byoml.local.tree import METRICS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from byoml.local.values import EndpointSpec, JobSpec, ProcessSpec

__all__ = ["endpoint_variables", "job_variables", "process_variables"]

# These tell a container about its job; those of another job would mislead this one.
_CONTAINERS_OWN = ("SAGEMAKER_", "SM_", "TRAINING_JOB_")


def job_variables(environ: Mapping[str, str] | None, spec: JobSpec, base: Path, job_name: str) -> dict[str, str]:
    """Make a job's variables.

    Args:
        environ: The user's environment; None: the program is in a container, which has one of its own.
        spec: The job; its own variables win.
        base: Where the job finds its tree.
        job_name: The job's name.

    Returns:
        All variables of the `train` process.
    """
    variables = {
        **_inherited(environ, "BYOML_TRAIN_PROGRAM" if spec.entry_point else None),
        **_base(base),
        "SAGEMAKER_METRICS_DIRECTORY": str(base / METRICS),
        "TRAINING_JOB_NAME": job_name,
        **_program(spec),
        **_framework(spec),
    }
    return {**variables, **spec.env}


def endpoint_variables(environ: Mapping[str, str] | None, spec: EndpointSpec, base: Path, port: int) -> dict[str, str]:
    """Make an endpoint's variables.

    Args:
        environ: The user's environment; None: the program is in a container, which has one of its own.
        spec: The endpoint; its own variables win.
        base: Where the endpoint finds its tree.
        port: Where it listens.

    Returns:
        All variables of the `serve` process.
    """
    code = (
        {} if spec.source is None and spec.entry_point is None else {"SAGEMAKER_SUBMIT_DIRECTORY": str(base / "code")}
    )
    variables = {
        **_inherited(environ, "BYOML_SERVE_PROGRAM" if spec.entry_point else None),
        **_base(base),
        "SAGEMAKER_BIND_TO_PORT": str(port),
        "BYOML_CONSOLE": (environ or {}).get("BYOML_CONSOLE", "1"),
        **code,
        **_program(spec),
        **_framework(spec),
    }
    return {**variables, **spec.env}


def process_variables(environ: Mapping[str, str] | None, spec: ProcessSpec, base: Path) -> dict[str, str]:
    """Make a processing job's variables; the platform gives it none of its own.

    Args:
        environ: The user's environment; None: the program is in a container, which has one of its own.
        spec: The job; its own variables win.
        base: Where the job finds its tree.

    Returns:
        All variables of the `processing` process.
    """
    inherited = _inherited(environ, "BYOML_PROCESS_PROGRAM" if spec.script else None)
    return {**inherited, **_base(base), **_framework(spec), **spec.env}


def _inherited(environ: Mapping[str, str] | None, overruled: str | None) -> dict[str, str]:
    """Keep what is the user's; `overruled` would win over an option of the command line."""
    if environ is None:
        return {}
    kept = {
        name: value for name, value in environ.items() if not name.startswith(_CONTAINERS_OWN) and name != overruled
    }
    scripts = str(Path(sys.executable).parent)
    search_path = kept.get("PATH", os.defpath).split(os.pathsep)
    if scripts not in search_path:  # `python` in a shell script is then the one that byoml runs on
        kept["PATH"] = os.pathsep.join([scripts, *search_path])
    # A pipe is no terminal: what a script prints would else come only at its end.
    kept.setdefault("PYTHONUNBUFFERED", "1")
    return kept


def _base(base: Path) -> dict[str, str]:
    return {} if base == MOUNT_POINT else {"SAGEMAKER_BASE_DIR": str(base)}


def _program(spec: JobSpec | EndpointSpec) -> dict[str, str]:
    if spec.entry_point is None:
        return {}
    return {"SAGEMAKER_PROGRAM": spec.entry_point if spec.source else Path(spec.entry_point).name}


def _framework(spec: JobSpec | EndpointSpec | ProcessSpec) -> dict[str, str]:
    return {} if spec.framework is None else {"BYOML_FRAMEWORK": spec.framework}
