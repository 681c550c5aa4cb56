"""Pictures of a training: each file shows what was handed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="pictures need matplotlib, which the plugins bring")

from byoml.job import pictures

if TYPE_CHECKING:
    from pathlib import Path


def _text(path: Path) -> str:
    """The words of an SVG, which matplotlib writes as comments before their shapes."""
    return path.read_text()


def test_learning_curves_name_their_data_and_their_measure(tmp_path: Path) -> None:
    """Every curve is in the legend, and both axes say what they are."""
    path = tmp_path / "new" / "loss.svg"
    pictures.learning_curves(path, {"train": [3.0, 2.0], "validation": [3.5, 2.9]}, "loss")
    for word in ("train", "validation", "loss", "epoch"):
        assert f"<!-- {word} -->" in _text(path)


def test_a_confusion_matrix_shows_every_count_beside_its_classes(tmp_path: Path) -> None:
    """Counts and class names stand in the picture."""
    path = tmp_path / "confusion.svg"
    pictures.confusion_matrix(path, np.array([[50, 3], [7, 40]]), ["benign", "malignant"])
    for word in ("benign", "malignant", "50", "3", "7", "40", "predicted", "true"):
        assert f"<!-- {word} -->" in _text(path)


def test_a_matrix_of_many_classes_is_drawn_without_numbers(tmp_path: Path) -> None:
    """Twenty-five classes are 625 cells, too many to read: the colours alone tell."""
    path = tmp_path / "confusion.svg"
    pictures.confusion_matrix(path, np.full((25, 25), 4321), [f"c{i}" for i in range(25)])
    assert "<!-- c24 -->" in _text(path)
    assert "<!-- 4321 -->" not in _text(path)


def test_importance_shows_the_weightiest_features_only(tmp_path: Path) -> None:
    """Of forty features the thirty weightiest are drawn."""
    path = tmp_path / "importance.svg"
    pictures.importance(path, {f"feature{i}": float(i) for i in range(40)}, "gain")
    assert "<!-- feature39 -->" in _text(path)
    assert "<!-- feature10 -->" in _text(path)
    assert "<!-- feature9 -->" not in _text(path)


def test_a_png_is_written_for_a_name_that_says_so(tmp_path: Path) -> None:
    """The suffix chooses the format."""
    path = tmp_path / "loss.png"
    pictures.learning_curves(path, {"train": [1.0]}, "loss")
    assert path.read_bytes().startswith(b"\x89PNG")
