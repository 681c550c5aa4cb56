"""Two hosts of one job train one model, through ChainerMN."""

from __future__ import annotations

import importlib.util
import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from blackbox import free_port
from cluster import Cluster, Host

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(shutil.which("mpirun") is None, reason="Open MPI (openmpi-bin) is not installed"),
    pytest.mark.skipif(importlib.util.find_spec("mpi4py") is None, reason="mpi4py is not installed"),
    pytest.mark.timeout(180),
]

# As Chainer's own example has it: nothing in it knows of byoml.
_SCRIPT = """
import os
import chainer
import chainer.links as L
import chainermn
import numpy as np

comm = chainermn.create_communicator('naive')
np.random.seed(comm.rank)
model = L.Classifier(L.Linear(2, 3))
optimizer = chainermn.create_multi_node_optimizer(chainer.optimizers.Adam(), comm)
optimizer.setup(model)
points = np.random.RandomState(0).rand(40, 2).astype(np.float32)
data = chainer.datasets.TupleDataset(points, (points[:, 0] * 3).astype(np.int32))
data = chainermn.scatter_dataset(data if comm.rank == 0 else None, comm, shuffle=True)
updater = chainer.training.StandardUpdater(chainer.iterators.SerialIterator(data, 10), optimizer)
chainer.training.Trainer(updater, (3, 'epoch'), out=os.environ['SM_OUTPUT_DATA_DIR']).run()
chainer.serializers.save_npz(os.path.join(os.environ['SM_MODEL_DIR'], 'rank-%d.npz' % comm.rank), model)
"""


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """Two hosts on 127.0.0.1 and 127.0.0.2."""
    hosts = [Host(address, tmp_path / address) for address in ("127.0.0.1", "127.0.0.2")]
    for host in hosts:
        host.base.mkdir()
    variables = {
        "BYOML_FRAMEWORK": "chainer",
        "BYOML_PEER_TIMEOUT_SECONDS": "60",
        "BYOML_STATUS_PORT": str(free_port()),
        "OMP_NUM_THREADS": "1",
        "TRAINING_JOB_NAME": f"job-{tmp_path.name}",
    }
    found = Cluster(hosts, variables)
    try:
        yield found
    finally:
        found.end()


def test_a_script_with_chainermn_has_the_same_parameters_on_both_hosts(cluster: Cluster) -> None:
    """Several hosts are MPI without being asked for; their first weights differ, their last do not."""
    cluster.prepare(_SCRIPT, {})
    cluster.start()

    assert [host.ended(150) for host in cluster.hosts] == [0, 0], cluster.hosts[0].text("stderr")

    first, second = (dict(np.load(host.base / f"model/rank-{n}.npz")) for n, host in enumerate(cluster.hosts))
    assert first.keys() == second.keys() == {"predictor/W", "predictor/b"}
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])


def test_the_algorithm_trains_one_model_and_the_first_host_leaves_it(
    cluster: Cluster, small_channels: Mapping[str, Path]
) -> None:
    """Each host sees its half of the pictures; both say the same at the end, and one model is left."""
    cluster.prepare("", {"epochs": "2", "width": "0.0625", "batch-size": "16"})
    for host in cluster.hosts:
        (host.base / "code/train.py").unlink()
        (host.base / "input/data").mkdir(parents=True)
        for name, folder in small_channels.items():
            shutil.copytree(folder, host.base / "input/data" / name)
    cluster.start()

    assert [host.ended(150) for host in cluster.hosts] == [0, 0], cluster.hosts[0].text("stderr")

    first, second = cluster.hosts
    # 160 pictures of two hosts, 16 a step: 5 steps an epoch.
    assert '"iteration": 10' in first.text("output/data/log")
    assert (first.base / "model/model.npz").is_file()
    assert not list((second.base / "model").iterdir())


@pytest.mark.parametrize(
    ("counts", "sides", "says"),
    [
        ((2, 2), (8, 4), r"UnlikeHostsError: .*, in the order of their ranks: 1x8x8, 1x4x4"),
        (
            (1, 1),
            (8, 8),
            r"NothingToShareError: .*/train: 1 pictures are too few for the processes that share them; .*",
        ),
    ],
    ids=["sizes", "few"],
)
def test_pictures_that_hosts_cannot_share_are_refused(
    cluster: Cluster, counts: tuple[int, ...], sides: tuple[int, ...], says: str
) -> None:
    """The failure file of each host says what is wrong."""
    cluster.prepare("", {"width": "0.0625"})
    for host, count, side in zip(cluster.hosts, counts, sides, strict=True):
        (host.base / "code/train.py").unlink()
        (host.base / "input/data/train").mkdir(parents=True)
        data, labels = np.zeros((count, 1, side, side), np.float32), np.zeros(count, int)
        np.savez(host.base / "input/data/train/a.npz", data=data, labels=labels)
    cluster.start()

    assert [host.ended(150) for host in cluster.hosts] == [1, 1]

    for host in cluster.hosts:
        assert re.match(says, host.text("output/failure")), host.text("output/failure")


@pytest.mark.parametrize("said", ["false", "true"])
def test_the_job_may_say_whether_it_wants_mpi(cluster: Cluster, said: str) -> None:
    """As in AWS's container, `sagemaker_use_mpi` decides; without MPI the script runs once on each host."""
    script = (
        "import os, pathlib\n"
        "rank = os.environ.get('OMPI_COMM_WORLD_RANK', 'none')\n"
        "pathlib.Path(os.environ['SM_MODEL_DIR'], rank).touch()\n"
    )
    codes = cluster.run(script, {"sagemaker_use_mpi": said})

    assert codes == [0, 0], cluster.hosts[0].text("stderr")
    left = [path.name for host in cluster.hosts for path in (host.base / "model").iterdir()]
    assert left == (["0", "1"] if said == "true" else ["none", "none"])
