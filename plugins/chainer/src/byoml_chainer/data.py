"""The pictures of a job: this process's share of those that are trained on, and of those that are held back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml.plugin.image_arrays import read_images

from byoml_chainer import library
from byoml_chainer.errors import NothingToShareError, UnlikeHostsError

if TYPE_CHECKING:
    from byoml.environment.channels import Channel
    from byoml.plugin.algorithm import AlgorithmJob
    from byoml.plugin.image_arrays import LabelledImages

    from byoml_chainer.ranks import Ranks

__all__ = ["Pictures", "dataset", "load"]

_SHARDED = "ShardedByS3Key"


@dataclass(frozen=True)
class Pictures:
    """What one process learns from and is judged by; all processes have as many.

    Args:
        train: Its share of the pictures that are trained on.
        validation: Its share of those that are held back, None where the job has none.
        classes: How many classes the pictures of all processes have.
    """

    train: LabelledImages
    validation: LabelledImages | None
    classes: int


def load(job: AlgorithmJob, ranks: Ranks) -> Pictures:
    """Read the channels `train` (or `training`) and `validation`.

    A channel that is the same on all hosts is shared out among all processes; of one that the platform has sharded by
    object, each host has its own, which its processes share. The steps of all go together, so each has as many pictures
    as the one that has the fewest.

    Args:
        job: The job.
        ranks: The processes that train together.

    Returns:
        This process's share.

    Raises:
        ChannelMissingError: There is no channel to train on.
        ChannelDataError: A file cannot be used.
        NothingToShareError: A process has no picture.
        UnlikeHostsError: Hosts have pictures of different sizes.
    """
    channel = job.channel("train", "training")
    train = read_images(channel)
    shapes = ranks.every(train.shape)
    if len(set(shapes)) > 1:
        raise UnlikeHostsError([*shapes])
    classes = max(ranks.every(train.classes))
    held_back = job.channels.get("validation")
    validation = read_images(held_back, train, classes) if held_back else None
    shared = _share(validation, held_back, ranks) if held_back and validation else None
    return Pictures(_share(train, channel, ranks), shared, classes)


def dataset(images: LabelledImages) -> Any:
    """Give pictures as Chainer's iterators take them."""
    return library.load().datasets.TupleDataset(images.data, images.labels.astype("int32"))


def _share(images: LabelledImages, channel: Channel, ranks: Ranks) -> LabelledImages:
    sharded = channel.distribution == _SHARDED
    first, step = (ranks.local_rank, ranks.local_size) if sharded else (ranks.rank, ranks.size)
    mine = images[first::step]
    count = min(ranks.every(len(mine)))
    if not count:
        raise NothingToShareError(channel.path, len(images))
    return mine[:count]
