"""The file of a model: found among others, read by Chainer's own means too, and named where it cannot be served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from byoml.errors import ModelFilesError
from byoml.plugin.model_files import AmbiguousModelError
from byoml_chainer import library, model_files
from byoml_chainer.errors import UnreadableModelError
from byoml_chainer.predicting import predict
from byoml_chainer.vgg import Facts, make_network

if TYPE_CHECKING:
    from pathlib import Path

_FACTS = Facts((1, 5, 7), 3, width=0.0625, dropout=0.5)


@pytest.fixture
def network() -> Any:
    return make_network(_FACTS)


def test_a_model_comes_back_as_it_was(network: Any, tmp_path: Path) -> None:
    """Its numbers, the size of its pictures, and what it was made from."""
    pictures = np.random.default_rng(0).normal(size=(2, *_FACTS.shape)).astype("float32")

    model_files.save(network, _FACTS, tmp_path)
    loaded, facts = model_files.load(tmp_path)

    assert facts == _FACTS
    np.testing.assert_array_equal(predict(pictures, loaded), predict(pictures, network))
    assert [path.name for path in tmp_path.iterdir()] == ["model.npz"]


def test_chainers_own_load_npz_reads_it(network: Any, tmp_path: Path) -> None:
    """A person needs nothing of byoml but the network."""
    path = model_files.save(network, _FACTS, tmp_path)
    other = make_network(_FACTS)

    library.load().serializers.load_npz(path, other)

    for mine, theirs in zip(network.params(), other.params(), strict=True):
        np.testing.assert_array_equal(mine.array, theirs.array)


def test_model_npz_goes_before_other_files(network: Any, tmp_path: Path) -> None:
    """Snapshots and archives may lie beside it."""
    assert model_files.candidates(tmp_path) == []
    for name in ("b.npz", "a.npz", "model.tar.gz"):
        (tmp_path / name).touch()
    assert [path.name for path in model_files.candidates(tmp_path)] == ["a.npz", "b.npz"]
    with pytest.raises(AmbiguousModelError, match=r"a\.npz, b\.npz; leave one, or name it model\.npz"):
        model_files.load(tmp_path)

    model_files.save(network, _FACTS, tmp_path)

    assert model_files.load(tmp_path)[1] == _FACTS


def test_a_folder_without_a_model_is_named(tmp_path: Path) -> None:
    """With what it does hold."""
    (tmp_path / "notes.txt").touch()

    with pytest.raises(ModelFilesError, match=r"notes\.txt"):
        model_files.load(tmp_path)


@pytest.mark.parametrize("content", ["another", "torn", "nonsense", "shape", "pickled"])
def test_what_is_no_model_of_ours_is_told_with_the_way_out(network: Any, tmp_path: Path, content: str) -> None:
    """A network of the user's own needs a model_fn; a damaged file says so."""
    path = model_files.save(network, _FACTS, tmp_path)
    if content == "torn":
        path.write_bytes(path.read_bytes()[:-100])
    elif content == "nonsense":
        path.write_bytes(b"nonsense")
    else:
        arrays: dict[str, Any] = dict(np.load(path))
        if content == "another":
            del arrays["byoml/shape"]
        elif content == "shape":
            arrays["byoml/width"] = np.asarray(1.0)
        else:
            arrays["0/W"] = np.array([{}], dtype=object)
        np.savez(path, **arrays)

    with pytest.raises(UnreadableModelError, match=r"model\.npz is no model .*model_fn.*load_npz"):
        model_files.load(tmp_path)
