"""Cross-validation: each part of the rows is predicted by a model that was trained on the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from byoml_xgboost import model_files
from byoml_xgboost.boosting import boost
from byoml_xgboost.errors import FoldsError
from byoml_xgboost.matrices import matrix_of
from byoml_xgboost.measures import predicted_classes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    import xgboost as xgb
    from byoml.plugin.algorithm import AlgorithmJob
    from numpy.typing import NDArray

    from byoml_xgboost.hosts import Hosts
    from byoml_xgboost.hyperparameters import Hyperparameters
    from byoml_xgboost.rounds import History, Keeper
    from byoml_xgboost.training_rows import Rows

__all__ = ["Examples", "cross_validate", "folds_of"]


@dataclass(frozen=True)
class Examples:
    """What is learned from.

    Args:
        rows: This host's, of both channels.
        width: The number of features, on all hosts.
    """

    rows: Rows
    width: int


def cross_validate(
    job: AlgorithmJob, settings: Hyperparameters, hosts: Hosts, examples: Examples, keeper: Keeper
) -> Iterator[tuple[xgb.Booster, History]]:
    """Train a model for each fold, as often as the job repeats it, and leave each as `xgboost-model-<number>`.

    After each repeat a line gives the mean of the folds' last values, which the tuner reads; at the end
    `predictions.csv` in `output/data` gives label and mean prediction of each row, and of classes the one that most
    repeats predicted.

    Args:
        job: Where models and predictions go.
        settings: With `folds`.
        hosts: Each makes folds of its own rows.
        examples: All rows.
        keeper: Tells of a stop.

    Yields:
        Each model, with the history of its rounds.

    Raises:
        FoldsError: There are fewer rows than folds.
    """
    folds, rows = settings.folds or 1, examples.rows
    if not hosts.several and len(rows) < folds:
        raise FoldsError(folds, len(rows))
    histories: list[History] = []
    predictions: list[NDArray[Any]] = []
    for held in (folds_of(rows.labels, settings, repeat) for repeat in range(settings.repeats)):
        found: list[tuple[NDArray[Any], Any]] = []
        for fold in range(folds):
            parts = {"train": rows.taken(_where(held != fold)), "validation": rows.taken(_where(held == fold))}
            matrices = {
                name: matrix_of(part, examples.width, settings.objective, settings.booster.get("nthread"))
                for name, part in parts.items()
            }
            boosted = boost(settings, hosts, matrices, keeper)
            if hosts.first:
                model_files.save(boosted.model, job.model_dir, f"{model_files.NAME}-{len(histories)}")
            histories.append(boosted.history)
            yield boosted.model, boosted.history
            if boosted.stopped:
                return
            found.append((_where(held == fold), boosted.model.predict(matrices["validation"])))
        predictions.append(_in_order(found, len(rows)))
        _print_means(settings, hosts, histories[-folds:])
    if settings.repeats > 1:
        _print_means(settings, hosts, histories)
    _write(job.output_dir / _file_name(hosts), settings, rows, predictions)


def folds_of(labels: NDArray[Any], settings: Hyperparameters, repeat: int) -> NDArray[np.integer[Any]]:
    """Deal rows out to folds, by the job's seed; where there are classes, each fold gets its share of each.

    Args:
        labels: One a row.
        settings: The job's.
        repeat: Which time it is; each deals anew.

    Returns:
        The fold of each row, from 0.
    """
    import numpy as np

    seed = int(settings.booster.get("seed", 0))
    order = np.random.default_rng([abs(seed), seed < 0, repeat]).permutation(len(labels))
    if settings.classes:
        order = order[np.argsort(labels[order], kind="stable")]
    folds = np.empty(len(labels), np.int64)
    folds[order] = np.arange(len(labels)) % (settings.folds or 1)
    return folds


def _where(which: NDArray[np.bool_]) -> NDArray[np.integer[Any]]:
    import numpy as np

    return np.flatnonzero(which)


def _in_order(found: Sequence[tuple[NDArray[Any], Any]], count: int) -> NDArray[Any]:
    import numpy as np

    first = found[0][1]
    predictions = np.empty((count, *first.shape[1:]), np.float64)
    for which, predicted in found:
        predictions[which] = predicted
    return predictions


def _print_means(settings: Hyperparameters, hosts: Hosts, histories: Sequence[History]) -> None:
    import numpy as np

    if not hosts.first:
        return
    cells = [
        f"{data}-{metric}:{np.mean([history[data][metric][-1] for history in histories]):.5f}"
        for data, metrics in histories[0].items()
        for metric in metrics
    ]
    line = "\t".join([f"[{settings.num_round}]", *cells])
    print(line, flush=True)  # noqa: T201  the program's output, which the tuner reads


def _file_name(hosts: Hosts) -> str:
    return "predictions.csv" if hosts.first else f"predictions-{hosts.names[hosts.rank]}.csv"


def _write(path: Path, settings: Hyperparameters, rows: Rows, predictions: Sequence[NDArray[Any]]) -> None:
    import numpy as np

    columns = [rows.labels, np.mean(predictions, axis=0)]
    if settings.classes:
        said = np.stack([predicted_classes(each, settings.objective) for each in predictions])
        votes = np.stack([(said == label).sum(axis=0) for label in range(settings.classes)])
        columns.append(votes.argmax(axis=0))
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savetxt(path, np.column_stack(columns), "%f", ",")
