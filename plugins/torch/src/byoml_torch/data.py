"""The pictures of a job: this process's share of those that are trained on, and of those that are held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from byoml.plugin.algorithm import TrainingRefusedError
from byoml.plugin.channel_files import ChannelDataError
from byoml.plugin.image_arrays import read_images

if TYPE_CHECKING:
    from byoml.environment.channels import Channel
    from byoml.plugin.algorithm import AlgorithmJob
    from byoml.plugin.image_arrays import LabelledImages

    from byoml_torch.ranks import Ranks

__all__ = ["Pictures", "load"]

_SHARDED = "ShardedByS3Key"


@dataclass(frozen=True)
class Pictures:
    """What one process learns from and is judged by.

    Args:
        train: Its share of the pictures that are trained on.
        validation: Its share of those that are held back, None where the job has none.
        classes: How many classes the pictures of all processes have.
    """

    train: LabelledImages
    validation: LabelledImages | None
    classes: int

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of one picture."""
        return self.train.shape


def load(job: AlgorithmJob, ranks: Ranks) -> Pictures:
    """Read the channels `train` (or `training`) and `validation`.

    A channel that is the same on all hosts is shared out among all processes; of one that the platform has sharded by
    object, each host has its own, which its processes share.

    Args:
        job: The job.
        ranks: The processes that train together.

    Returns:
        This process's share.

    Raises:
        ChannelMissingError: There is no channel to train on.
        ChannelDataError: A file cannot be used; or a process has no picture to train on.
        TrainingRefusedError: Hosts have pictures of different sizes.
    """
    channel = job.channel("train", "training")
    train = read_images(channel)
    if not ranks.same(train.shape):
        raise TrainingRefusedError("PyTorch", "the hosts have pictures of different sizes")
    classes = ranks.largest(train.classes)
    held_back = job.channels.get("validation")
    validation = read_images(held_back, train, classes) if held_back else None
    mine = _share(train, channel, ranks)
    if ranks.anyone(said=not len(mine)):
        problem = f"{len(train)} pictures are too few for the processes that share them; each needs one at least"
        raise ChannelDataError(channel.path, problem)
    return Pictures(mine, _share(validation, held_back, ranks) if held_back and validation else None, classes)


def _share(images: LabelledImages, channel: Channel, ranks: Ranks) -> LabelledImages:
    sharded = channel.distribution == _SHARDED
    first, step = (ranks.local_rank, ranks.local_world) if sharded else (ranks.rank, ranks.world)
    return images[first::step]
