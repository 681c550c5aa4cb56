"""The user's training program: who names it, and where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.source import training_function
from byoml.source.entry_point import EntryPoint, Kind, Named, find

if TYPE_CHECKING:
    from byoml.environment.training_env import TrainingEnv

__all__ = ["training_program"]

_DEFAULT = "train.py"
_VARIABLES = ("BYOML_TRAIN_PROGRAM", "SAGEMAKER_PROGRAM")


def training_program(env: TrainingEnv) -> EntryPoint | None:
    """Find the user's training program in the code folder, once the code is there.

    Args:
        env: The job.

    Returns:
        The program; None where the job has none, and a framework's algorithm is to be run.

    Raises:
        EntryPointMissingError: A program is named and is not there.
        SettingError: SAGEMAKER_TRAINING_MODULE names no function.
    """
    code_dir = env.paths.code
    said = [Named(env.environ[name], name) for name in _VARIABLES if env.environ.get(name)]
    reserved = env.hyperparameters.reserved_text("sagemaker_program")
    if reserved:
        said.append(Named(reserved, "hyperparameter sagemaker_program"))
    if env.environ.get(training_function.VARIABLE):
        training_function.check(env.environ[training_function.VARIABLE])
        # The function starts the user's program by itself, and reads its name from SM_USER_ENTRY_POINT.
        return EntryPoint(said[0].name if said else _DEFAULT, Kind.FUNCTION, code_dir)
    return find([*said, Named(_DEFAULT)], [code_dir], modules=True)
