"""A look into a `.pt2` archive before torch loads it: whatever torch would unpickle must be weights.

`torch.export.load` unpickles what is no weight too, and loads machine code that lies in an archive.
"""

from __future__ import annotations

import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

from byoml_torch.errors import PickledModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["check_archive"]

# What torch 2.5 to 2.7 wrote under names that do not end in .pt.
_OLD = ("serialized_state_dict.json", "serialized_constants.json")
_CONFIGS = "_config.json"
_CODE = "data/aotinductor/"
# Objects of C++ classes, which torch's own reader makes without Python.
_OBJECTS_OF_CPP = "custom_obj_"


def check_archive(path: Path) -> None:
    """Refuse an archive that would run code of its own when it is loaded.

    Args:
        path: The archive.

    Raises:
        PickledModelError: It would.
        zipfile.BadZipFile: It is none.
        ValueError: A config in it is not JSON.
    """
    with zipfile.ZipFile(path) as archive:
        names = [item.filename for item in archive.infolist()]
        # torch looks names up in another way than Python: of two alike, each might see another one.
        if len({name.casefold() for name in names}) < len(names):
            raise PickledModelError(path, "two members have the same name")
        code = next((name for name in names if _CODE in name), None)
        if code is not None:
            raise PickledModelError(path, f"{code} is machine code")
        for name in names:
            if name.endswith((".pt", *_OLD)):
                _check_weights(path, name, archive.read(name))
        for name in _unpickled(archive, names):
            _check_weights(path, name, archive.read(name))


def _unpickled(archive: zipfile.ZipFile, names: list[str]) -> Iterator[str]:
    """Name the members that a config says to be pickled."""
    for config in (name for name in names if name.endswith(_CONFIGS)):
        said: Any = json.loads(archive.read(config)).get("config", {})
        for item in said.values():
            if item.get("use_pickle") and not item["path_name"].startswith(_OBJECTS_OF_CPP):
                yield config.rpartition("/")[0] + "/" + item["path_name"]


def _check_weights(path: Path, name: str, content: bytes) -> None:
    import torch

    if not content:
        return
    try:
        torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except Exception as error:  # an unpickler of strangers' bytes may raise anything
        raise PickledModelError(path, f"{name}: {first_sentence(error)}") from error


def first_sentence(error: BaseException) -> str:
    """Cut what torch says of a file that it does not load down to what is wrong with it."""
    text = str(error).strip()
    _, found, said = text.partition("WeightsUnpickler error: ")
    return (said if found else text).split("\n", 1)[0].strip(" .") or type(error).__name__
