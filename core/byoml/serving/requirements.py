"""What is installed before the server starts: what the model asks for, and what the code beside it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.environment.serving_env import truth
from byoml.source.install import install_requirements
from byoml.source.pip_args import pip_variables

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from byoml.child import Stopper
    from byoml.environment.serving_env import ServingEnv

__all__ = ["install_all", "installing"]

_SWITCH = "STANDARD_AUTO_INSTALL_REQ"
_OPTIONS = "STANDARD_PIP_ARGS"
_WHEELS = "requirements"


def install_all(env: ServingEnv, code: Iterable[Path], stopper: Stopper) -> None:
    """Install the requirements in the model's own folder, then those of the code (contract/inference F-10 and 2.2).

    Args:
        env: What the container is told; `STANDARD_AUTO_INSTALL_REQ=false` passes over the model's folder.
        code: The code folders.
        stopper: Passes signals on to pip.

    Raises:
        ByomlError: It cannot be installed, or a variable holds what it must not.
    """
    variables, model = installing(env), env.paths.model
    if truth(env.environ.get(_SWITCH) or "true") and (model / "requirements.txt").is_file():
        install_requirements(model, variables, stopper, model / _WHEELS)
    for folder in code:
        install_requirements(folder, variables, stopper)


def installing(env: ServingEnv) -> Mapping[str, str]:
    """Make the installer's environment: the container's, with the options that `STANDARD_PIP_ARGS` gives pip."""
    return {**env.environ, **pip_variables(_OPTIONS, env.environ.get(_OPTIONS, ""))}
