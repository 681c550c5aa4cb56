"""The built-in algorithm: the mean of each class of channel `train`, whose CSV files have the label first."""

from __future__ import annotations

import os
import sys

import numpy as np
from byoml.plugin.algorithm import AlgorithmJob, run
from byoml.plugin.channel_files import files_of
from byoml.plugin.tabular import read_csv


def fit(job: AlgorithmJob) -> None:
    table = read_csv(files_of(job.channel("train")))
    labels = np.unique(table.labels)
    centroids = np.stack([table.features[table.labels == label].mean(axis=0) for label in labels])
    np.savez(job.model_dir / "centroids.npz", labels=labels, centroids=centroids)
    print(f"{len(labels)} classes of {len(table.labels)} rows")


if __name__ == "__main__":
    sys.exit(run(fit, os.environ))
