"""The processes that train together: who they are, and what they tell each other. One process alone tells nobody."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from torch import nn

__all__ = ["Ranks", "joined"]


@dataclass(frozen=True)
class Ranks:
    """This process among those that train together, as torchrun numbers them.

    Args:
        rank: This one, from 0; the first keeps what the job leaves.
        world: How many there are.
        local_rank: This one among those of its host.
        local_world: How many its host has.
        device: What it computes with: `cpu`, `cuda:0`.
    """

    rank: int = 0
    world: int = 1
    local_rank: int = 0
    local_world: int = 1
    device: str = "cpu"

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def summed(self, values: torch.Tensor) -> torch.Tensor:
        """Add up what all have; every process must call it."""
        return self._reduced(values, "SUM")

    def largest(self, value: int) -> int:
        """Give the largest of what all have; every process must call it."""
        return self._one(value, "MAX")

    def anyone(self, *, said: bool) -> bool:
        """Tell whether one of all says so; every process must call it."""
        return bool(self._one(int(said), "MAX")) if self.world > 1 else said

    def same(self, values: tuple[int, ...]) -> bool:
        """Tell whether all have the same whole numbers, as many of them; every process must call it."""
        import torch

        here = torch.tensor(values)
        return bool(torch.equal(self._reduced(here, "MAX"), self._reduced(here, "MIN")))

    def shared(self, content: bytes) -> bytes:
        """Give all what the first has; every process must call it, the others with nothing."""
        if self.world == 1:
            return content
        import torch
        from torch import distributed

        size = self.largest(len(content) if self.is_first else 0)
        buffer = torch.zeros(size, dtype=torch.uint8, device=self.device)
        if self.is_first and content:
            buffer = torch.frombuffer(bytearray(content), dtype=torch.uint8).to(self.device)
        distributed.broadcast(buffer, 0)
        return bytes(buffer.cpu().numpy())

    def parallel(self, network: nn.Module) -> nn.Module:
        """Wrap a network so that every step goes by the gradients of all; the first's weights are everybody's."""
        if self.world == 1:
            return network
        from torch.nn.parallel import DistributedDataParallel

        return DistributedDataParallel(network)

    def equalize(self, network: nn.Module) -> None:
        """Give all the first's running means and variances, which steps do not share."""
        if self.world > 1:
            from torch import distributed

            for buffer in network.buffers():
                distributed.broadcast(buffer, 0)

    def _one(self, value: int, how: str) -> int:
        import torch

        return int(self._reduced(torch.tensor(value), how))

    def _reduced(self, values: torch.Tensor, how: str) -> torch.Tensor:
        if self.world == 1:
            return values
        from torch import distributed

        # A copy: the call overwrites what it is given.
        there = values.detach().clone().to(self.device)
        distributed.all_reduce(there, getattr(distributed.ReduceOp, how))
        return there.to(values.device)


@contextmanager
def joined(environ: Mapping[str, str]) -> Iterator[Ranks]:
    """Meet the other processes for as long as the block lasts.

    Args:
        environ: The process's variables; without torchrun's it is alone.

    Yields:
        The processes.
    """
    import torch

    rank, world, local_rank, local_world = (
        int(environ.get(name) or default)
        for name, default in (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0), ("LOCAL_WORLD_SIZE", 1))
    )
    cuda = torch.cuda.is_available()
    ranks = Ranks(rank, world, local_rank, local_world, f"cuda:{local_rank}" if cuda else "cpu")
    if cuda:
        torch.cuda.set_device(local_rank)
    if world == 1:
        yield ranks
        return
    from torch import distributed

    distributed.init_process_group("nccl" if cuda else "gloo")
    yield ranks
    # Only where all went well: a process that failed must end at once, and not wait for the others.
    distributed.destroy_process_group()
