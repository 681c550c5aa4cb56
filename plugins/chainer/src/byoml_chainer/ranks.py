"""The processes that train together, as MPI numbers them: who they are, and what they tell each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from byoml_chainer import library
from byoml_chainer.errors import MpiMissingError, NotUnderMpiError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import chainermn

__all__ = ["Ranks", "joined"]

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together.

    Args:
        communicator: ChainerMN's, None for one process alone, which tells nobody.
    """

    communicator: chainermn.CommunicatorBase | None = None

    @property
    def rank(self) -> int:
        """This one, from 0; the first keeps what the job leaves."""
        return int(self.communicator.rank) if self.communicator else 0

    @property
    def size(self) -> int:
        return int(self.communicator.size) if self.communicator else 1

    @property
    def local_rank(self) -> int:
        """This one among those of its host."""
        return int(self.communicator.intra_rank) if self.communicator else 0

    @property
    def local_size(self) -> int:
        return int(self.communicator.intra_size) if self.communicator else 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def every(self, value: _Value) -> list[_Value]:
        """Give what all say, in the order of their ranks; every process must call it."""
        return list(self.communicator.mpi_comm.allgather(value)) if self.communicator else [value]

    def of_first(self, value: _Value) -> _Value:
        """Give what the first says; every process must call it."""
        told: _Value = self.communicator.bcast_obj(value) if self.communicator else value
        return told

    def optimizer(self, optimizer: Any) -> Any:
        """Let an optimizer step by the gradients of all; the first's weights are everybody's from its first step on."""
        if self.communicator is None:
            return optimizer
        return _chainermn().create_multi_node_optimizer(optimizer, self.communicator)

    def evaluator(self, evaluator: Any) -> Any:
        """Let an evaluator give the mean of what all find."""
        if self.communicator is None:
            return evaluator
        return _chainermn().create_multi_node_evaluator(evaluator, self.communicator)

    def equalize(self, network: Any) -> None:
        """Give all the mean of the running statistics, which steps do not share; every process must call it."""
        if self.communicator:
            _chainermn().extensions.AllreducePersistent(network, self.communicator)()


def joined(environ: Mapping[str, str], hosts: int) -> Ranks:
    """Meet the other processes of the job.

    Args:
        environ: The program's variables; without mpirun's it is alone.
        hosts: How many hosts the job has.

    Returns:
        The processes.

    Raises:
        NotUnderMpiError: There are several hosts, and this one is alone.
        MpiMissingError: There is no mpi4py, or it finds no MPI.
    """
    if int(environ.get("OMPI_COMM_WORLD_SIZE") or 1) > 1:
        # The one communicator that works without a GPU.
        return Ranks(_chainermn().create_communicator("naive"))
    if hosts > 1:
        raise NotUnderMpiError(hosts)
    return Ranks()


def _chainermn() -> Any:
    library.load()
    try:
        import mpi4py.MPI  # noqa: F401  ChainerMN would go on without it, and fail later
    except (ImportError, RuntimeError) as error:  # the second where no libmpi is found
        raise MpiMissingError(str(error)) from None
    import chainermn

    return chainermn
