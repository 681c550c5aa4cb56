"""A parameter server, run by byoml beside the program of each host: `python -m byoml_tensorflow.parameter_server`."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from byoml_tensorflow.tf_config import VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["main"]


def main(environ: Mapping[str, str]) -> None:
    """Serve the parameters of a cluster until the process is ended.

    Args:
        environ: TF_CONFIG says which cluster, and which server of it this is.
    """
    import tensorflow as tf

    config = json.loads(environ[VARIABLE])
    cluster = tf.train.ClusterSpec(config["cluster"])
    tf.distribute.Server(cluster, job_name="ps", task_index=config["task"]["index"], protocol="grpc").join()


if __name__ == "__main__":
    main(os.environ)
