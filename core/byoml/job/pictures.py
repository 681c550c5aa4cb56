"""Pictures of how a training went, for `output/data`: learning curves, a confusion matrix, the weight of each feature.

    pictures.learning_curves(folder / "loss.png", {"train": losses, "validation": validation_losses}, "loss")

They need matplotlib, which a framework plugin that draws requires; core does not.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike

__all__ = ["confusion_matrix", "importance", "learning_curves"]

_MOST_FEATURES = 30
_MOST_CELLS_WITH_TEXT = 400


def learning_curves(
    path: Path, curves: Mapping[str, Sequence[float]], measure: str, steps: str = "epoch", first: int = 1
) -> None:
    """Draw how a measure went from step to step.

    Args:
        path: The picture; its suffix says the format.
        curves: One value a step, by the name of the data it was measured on.
        measure: What was measured, such as `loss`.
        steps: What a step is, such as `epoch` or `round`.
        first: The number of the first step.
    """
    with _figure(path, (6.4, 4.0)) as figure:
        axes = figure.add_subplot()
        for name, values in curves.items():
            axes.plot(range(first, first + len(values)), values, marker="." if len(values) <= _MOST_FEATURES else "")
            axes.lines[-1].set_label(name)
        axes.set(xlabel=steps, ylabel=measure)
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.grid(alpha=0.3)
        axes.legend()


def confusion_matrix(path: Path, matrix: ArrayLike, classes: Sequence[str]) -> None:
    """Draw how often each class was taken for which.

    Args:
        path: The picture; its suffix says the format.
        matrix: Counts; a row for each true class, a column for each predicted one.
        classes: Their names, in the order of the rows.
    """
    import numpy as np

    counts = np.asarray(matrix)
    side = min(16.0, 2.0 + 0.6 * len(classes))
    with _figure(path, (side + 1.0, side)) as figure:
        axes = figure.add_subplot()
        image = axes.imshow(counts, cmap="Blues", vmin=0)
        axes.set(xlabel="predicted", ylabel="true")
        axes.set_xticks(range(len(classes)), classes, rotation=45, ha="right")
        axes.set_yticks(range(len(classes)), classes)
        dark = counts.max(initial=0) / 2
        for (row, column), count in np.ndenumerate(counts) if counts.size <= _MOST_CELLS_WITH_TEXT else ():
            color = "white" if count > dark else "black"
            axes.text(column, row, f"{count:g}", ha="center", va="center", color=color)
        figure.colorbar(image, ax=axes, shrink=0.8)


def importance(path: Path, weights: Mapping[str, float], measure: str = "importance") -> None:
    """Draw which features a model goes by, the weightiest first; the 30 weightiest where there are more.

    Args:
        path: The picture; its suffix says the format.
        weights: By feature.
        measure: What the weights are, such as `gain`.
    """
    ranked = sorted(weights.items(), key=lambda item: -item[1])[:_MOST_FEATURES]
    with _figure(path, (6.4, 1.2 + 0.25 * len(ranked))) as figure:
        axes = figure.add_subplot()
        axes.barh([name for name, _ in ranked], [weight for _, weight in ranked])
        axes.invert_yaxis()
        axes.set(xlabel=measure)
        axes.grid(alpha=0.3, axis="x")


@contextmanager
def _figure(path: Path, inches: tuple[float, float]) -> Iterator[Any]:
    """Make a figure of its own, never pyplot's: that one keeps state, and looks for a screen."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=inches, layout="constrained")
    FigureCanvasAgg(figure)
    yield figure
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
