"""Which file of a folder is the model, how it is loaded, and what is said of those that are not."""

from __future__ import annotations

import collections
import pickle
import shutil
import warnings
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import torch
from byoml.errors import ModelFilesError
from byoml.plugin.model_files import AmbiguousModelError
from byoml_torch import model_files
from byoml_torch.errors import PickledModelError, StateDictError, UnreadableModelError
from byoml_torch.framework import Torch

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.timeout(300)


class Harm:
    """What a stranger puts into a pickle: a call of anything, made when it is loaded."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (open, (str(self._path), "w"))


@pytest.fixture
def harm(tmp_path: Path) -> Harm:
    """Leaves the file `harm` when it is loaded."""
    return Harm(tmp_path / "harm")


def _script(path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.script(torch.nn.Linear(2, 1)).save(str(path))


@pytest.mark.parametrize("name", ["model.pt2", "mine.pt2"])
def test_an_exported_model_is_found_among_other_files(trained: Any, tmp_path: Path, name: str) -> None:
    """Weights, archives and code beside it are none of our business."""
    for other in ("model.pth", "model.tar.gz", "code.py", "model.pt"):
        (tmp_path / other).touch()
    shutil.copy(trained.model_dir / "model.pt2", tmp_path / name)

    assert Torch().recognizes(tmp_path)
    assert Torch().check_model_dir(tmp_path) == []
    assert model_files.load(tmp_path, "cpu")(torch.zeros(3, 3, 32, 32)).shape == (3, 10)


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "mine.pt"])
def test_torchscript_is_told_by_its_content(tmp_path: Path, name: str) -> None:
    """It may have any of the names that people give it, and is loaded in evaluation mode, without a warning."""
    _script(tmp_path / name)

    model = model_files.load(tmp_path, "cpu")

    assert isinstance(model, torch.jit.ScriptModule)
    assert not model.training


def test_several_models_are_an_error_unless_one_has_the_name_that_is_expected(tmp_path: Path) -> None:
    """Nothing is chosen by accident."""
    for name in ("a.pt", "b.pt"):
        _script(tmp_path / name)
    with pytest.raises(AmbiguousModelError, match=r"a\.pt, b\.pt; leave one"):
        model_files.load(tmp_path, "cpu")

    _script(tmp_path / "model.pt")

    assert model_files.load(tmp_path, "cpu")(torch.zeros(3, 2)).shape == (3, 1)


def test_a_folder_without_a_model_is_an_error_that_names_its_files(tmp_path: Path) -> None:
    """The message says what is looked for and what lies there."""
    (tmp_path / "model.onnx").touch()

    assert not Torch().recognizes(tmp_path)
    assert "model.pt2" in Torch().check_model_dir(tmp_path)[0]
    with pytest.raises(ModelFilesError, match=r"has no model\.pt2 or \*\.pt2, .*; files there: model\.onnx"):
        model_files.load(tmp_path, "cpu")


def test_weights_alone_need_the_users_network(tmp_path: Path) -> None:
    """The message says what to write."""
    torch.save(torch.nn.Linear(2, 1).state_dict(), tmp_path / "model.pth")

    with pytest.raises(StateDictError, match=r"model\.pth holds weights \(a state_dict\).*write model_fn\(model_dir\)"):
        model_files.load(tmp_path, "cpu")


def test_a_pickled_model_is_refused_with_the_way_out(tmp_path: Path) -> None:
    """torch.save(model) is how many do it; the message says what is wrong with that, and what to do instead."""
    torch.save(torch.nn.Linear(2, 1), tmp_path / "model.pth")

    with pytest.raises(PickledModelError, match=r"model\.pth holds pickled Python .*Linear.*torch\.export\.save"):
        model_files.load(tmp_path, "cpu")


@pytest.mark.parametrize("old", [False, True], ids=["zip", "before-zip"])
def test_nothing_is_run_that_lies_in_a_file_of_torch_save(tmp_path: Path, harm: Harm, old: bool) -> None:  # noqa: FBT001  a parameter of the test
    """Neither in the form of today nor in the one before."""
    torch.save({"weight": harm}, tmp_path / "model.pt", _use_new_zipfile_serialization=not old)

    with pytest.raises(PickledModelError):
        model_files.load(tmp_path, "cpu")

    assert not (tmp_path / "harm").exists()


def _rewritten(path: Path, change: Callable[[str, bytes], bytes | None]) -> None:
    """Write an archive anew, each member as the function gives it; None leaves one out."""
    with zipfile.ZipFile(path) as archive:
        members = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members:
            changed = change(name, content)
            if changed is not None:
                archive.writestr(name, changed)


def _in_example(harm: bytes) -> Callable[[str, bytes], bytes]:
    return lambda name, content: harm if name.endswith("sample_inputs/model.pt") else content


def _in_weights(harm: bytes) -> Callable[[str, bytes], bytes]:
    def change(name: str, content: bytes) -> bytes:
        if name.endswith("weights_config.json"):
            return content.replace(b'"use_pickle": false', b'"use_pickle": true')
        return harm if name.endswith("weight_0") else content

    return change


@pytest.mark.parametrize("place", [_in_example, _in_weights])
def test_nothing_is_run_that_lies_in_an_exported_model(
    trained: Any, tmp_path: Path, harm: Harm, place: Callable[[bytes], Callable[[str, bytes], bytes]]
) -> None:
    """torch.export.load itself would unpickle it."""
    buffer = tmp_path / "buffer"
    torch.save((harm,), buffer)
    content = buffer.read_bytes()
    path = Path(shutil.copy(trained.model_dir / "model.pt2", tmp_path / "model.pt2"))
    _rewritten(path, place(content))

    with pytest.raises(PickledModelError, match=r"model\.pt2 holds pickled Python objects"):
        model_files.load(tmp_path, "cpu")

    assert not (tmp_path / "harm").exists()


def test_an_archive_that_could_be_read_in_two_ways_is_refused(trained: Any, tmp_path: Path) -> None:
    """Of two members of one name, we might look at the one and torch load the other."""
    path = Path(shutil.copy(trained.model_dir / "model.pt2", tmp_path / "model.pt2"))
    with zipfile.ZipFile(path, "a") as archive:
        name = archive.namelist()[0]
        archive.writestr(name.upper(), b"")

    with pytest.raises(PickledModelError, match="two members have the same name"):
        model_files.load(tmp_path, "cpu")


def test_machine_code_in_an_archive_is_refused(trained: Any, tmp_path: Path) -> None:
    """Torch would load it as a library, which runs it."""
    path = Path(shutil.copy(trained.model_dir / "model.pt2", tmp_path / "model.pt2"))
    with zipfile.ZipFile(path, "a") as archive:
        root = archive.namelist()[0].partition("/")[0]
        archive.writestr(f"{root}/data/aotinductor/model/model.so", b"")

    with pytest.raises(PickledModelError, match=r"model\.so is machine code"):
        model_files.load(tmp_path, "cpu")


@pytest.mark.parametrize("name", ["model.pt2", "model.pt"])
@pytest.mark.parametrize("content", [b"", b"not a model", pickle.dumps(collections.OrderedDict())])
def test_a_file_that_cannot_be_loaded_is_an_error_that_names_it(tmp_path: Path, name: str, content: bytes) -> None:
    """The message says which file, why, and what it must be."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(
        (UnreadableModelError, PickledModelError, StateDictError), match=rf"{name} (cannot be loaded|holds)"
    ):
        model_files.load(tmp_path, "cpu")


def test_saving_leaves_whole_files(trained: Any) -> None:
    """There is no half-written one beside them."""
    assert sorted(path.name for path in trained.model_dir.iterdir()) == ["model.pt2", "model.pth"]
