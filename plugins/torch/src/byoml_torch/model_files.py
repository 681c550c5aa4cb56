"""The files that a network lies in: which of a folder, of what kind, and how they are read and written."""

from __future__ import annotations

import warnings
import zipfile
from typing import TYPE_CHECKING, Any

from byoml.errors import ByomlError
from byoml.plugin.model_files import only, written_whole

from byoml_torch.archives import check_archive, first_sentence
from byoml_torch.errors import PickledModelError, StateDictError, UnreadableModelError
from byoml_torch.network import exported

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import nn

__all__ = ["NAME", "candidates", "load", "save"]

NAME = "model.pt2"
_WEIGHTS = "model.pth"
# In the order in which they are preferred: what needs no code, what may be TorchScript.
_EXPORTED = (".pt2",)
_OTHERS = (".pt", ".pth", ".ts")
_OTHERS_TEXT = "*.pt2, *.pt, *.pth or *.ts"
# TorchScript keeps its code beside its weights; what torch.save writes has no code.
_CODE = "/code/"


def candidates(model_dir: Path) -> list[Path]:
    """Name the files that may be the model: `model.pt2`, else every `*.pt2`; else `model.pt`, else every other one.

    Args:
        model_dir: The model folder.

    Returns:
        Files of the folder itself, sorted; all others are none of our business.
    """
    for suffixes in (_EXPORTED, _OTHERS):
        found = sorted(path for path in model_dir.glob("*") if path.is_file() and path.suffix in suffixes)
        exact = [path for path in found if path.name == f"model{suffixes[0]}"]
        if found:
            return exact or found
    return []


def load(model_dir: Path, device: str) -> nn.Module:
    """Load the model of a folder, never more than weights of what is pickled.

    Args:
        model_dir: The model folder.
        device: Where it computes, as torch writes it.

    Returns:
        A module that is ready to predict; `input_of` of `byoml_torch.exported_input` tells what one that was exported
        wants.

    Raises:
        ModelFilesError: There is no model.
        AmbiguousModelError: There are several.
        StateDictError: It is weights alone, which only a `model_fn` of the user can serve.
        PickledModelError: It is a pickled model, or holds one.
        UnreadableModelError: It cannot be loaded.
    """
    import torch

    path = only(model_dir, candidates(model_dir), NAME, _OTHERS_TEXT)
    try:
        return _reader(path)(path, device)
    except ByomlError:
        raise
    except Exception as error:  # readers of files promise no kind of error for what is damaged
        raise UnreadableModelError(path, torch.__version__, first_sentence(error)) from error


def _reader(path: Path) -> Callable[[Path, str], Any]:
    if path.suffix in _EXPORTED:
        return _load_exported
    with zipfile.ZipFile(path) if zipfile.is_zipfile(path) else path.open("rb") as file:
        scripted = isinstance(file, zipfile.ZipFile) and any(_CODE in name for name in file.namelist())
    return _load_scripted if scripted else _refuse


def _load_exported(path: Path, device: str) -> nn.Module:
    import torch

    from byoml_torch.exported_input import remember

    check_archive(path)
    program = torch.export.load(path)
    if device != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, device)
    return remember(program, program.module(), device)


def _load_scripted(path: Path, device: str) -> nn.Module:
    import torch

    with warnings.catch_warnings():
        # TorchScript is on its way out; whoever has such a file can do nothing about it here.
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch.jit.load(str(path), map_location=device).eval()


def _refuse(path: Path, _device: str) -> nn.Module:
    """Say what a file of torch.save is, by loading no more than weights."""
    import pickle

    import torch

    try:
        torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise PickledModelError(path, first_sentence(error)) from error
    raise StateDictError(path)


def save(network: nn.Sequential, shape: tuple[int, int, int], model_dir: Path) -> None:
    """Write a network as `model.pt2`, which is served, and its weights as `model.pth`, to go on from.

    Args:
        network: From pictures to scores, on the CPU.
        shape: Channels, height and width of a picture.
        model_dir: The folder, made where it is missing.
    """
    import torch

    with written_whole(model_dir / _WEIGHTS) as part:
        torch.save(network.state_dict(), part)
    with written_whole(model_dir / NAME) as part, part.open("wb") as file, warnings.catch_warnings():
        # torch says so of weights that do not lie in memory in the order of their axes, and saves them rightly.
        warnings.filterwarnings("ignore", "No complete tensor found in the group", UserWarning)
        torch.export.save(exported(network, shape), file)
