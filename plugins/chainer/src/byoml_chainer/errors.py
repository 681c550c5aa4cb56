"""What can go wrong here beside what core knows: each class says who must act."""

from __future__ import annotations

from typing import TYPE_CHECKING

from byoml.errors import ConfigurationError, ContainerError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "CHAINER_COMMAND",
    "ChainerMissingError",
    "MpiMissingError",
    "NotUnderMpiError",
    "NothingToShareError",
    "UnlikeHostsError",
    "UnreadableModelError",
]

#: Chainer comes as source alone, and its build needs what setuptools had until 81. Old and new releases of pip read one
#: variable each.
CHAINER_COMMAND = (
    "echo 'setuptools<81' > build.txt && "
    "PIP_CONSTRAINT=build.txt PIP_BUILD_CONSTRAINT=build.txt pip install chainer==7.8.1"
)
_MPI_COMMAND = "pip install 'mpi4py>=4'"


class ChainerMissingError(ContainerError):
    """Chainer is not installed."""

    def __init__(self) -> None:
        super().__init__(f"Chainer is not installed; this installs it: {CHAINER_COMMAND}")


class MpiMissingError(ContainerError):
    """Several processes are to train together, and mpi4py is not installed or finds no MPI."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"ChainerMN cannot speak to the other processes ({reason}); it needs {_MPI_COMMAND}")


class NotUnderMpiError(ConfigurationError):
    """A job of several hosts was not started by mpirun, so that each would train a model of its own."""

    def __init__(self, hosts: int) -> None:
        super().__init__(
            f"the job has {hosts} hosts, but this program was not started by mpirun; leave sagemaker_use_mpi out, "
            "which then is on, and ask for no other launcher"
        )


class UnlikeHostsError(ConfigurationError):
    """The processes of a job have pictures that do not go together."""

    def __init__(self, shapes: list[tuple[int, ...]]) -> None:
        told = ", ".join("x".join(map(str, shape)) for shape in shapes)
        super().__init__(f"the processes have pictures of different sizes, in the order of their ranks: {told}")


class NothingToShareError(ConfigurationError):
    """There are fewer pictures than processes."""

    def __init__(self, path: Path, pictures: int) -> None:
        super().__init__(
            f"{path}: {pictures} pictures are too few for the processes that share them; each needs one at least"
        )


class UnreadableModelError(ConfigurationError):
    """A file holds no model that can be loaded without a function of the user's."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is no model of this plugin's algorithm ({reason}); for a network of your own write a "
            "model_fn(model_dir) in inference.py that makes it and calls chainer.serializers.load_npz"
        )
