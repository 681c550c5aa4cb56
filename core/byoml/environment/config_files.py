"""The JSON files that the platform writes: found ignoring case, missing or empty ones are empty objects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from byoml.errors import UnreadableConfigFileError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_config"]


def read_config(folder: Path, name: str) -> dict[str, Any]:
    """Read one config file.

    Args:
        folder: The folder it lies in, such as `/opt/ml/input/config`.
        name: Its name; other cases of the same letters count too, the exact one first.

    Returns:
        Its object; an empty one where the file is missing or has no content.

    Raises:
        UnreadableConfigFileError: The file does not parse, or is not an object; it names line and column.
    """
    path = _find(folder, name)
    if path is None:
        return {}
    try:
        text = path.read_bytes().decode("utf-8-sig")
        value = json.loads(text) if text.strip() else {}
    except json.JSONDecodeError as error:
        raise UnreadableConfigFileError(path, error.msg, error.lineno, error.colno) from None
    except (ValueError, RecursionError, OSError) as error:  # ValueError: no UTF-8, or an integer of too many digits
        raise UnreadableConfigFileError(path, str(error)) from None
    if not isinstance(value, dict):
        raise UnreadableConfigFileError(path, f"found a {type(value).__name__}")
    return value


def _find(folder: Path, name: str) -> Path | None:
    exact = folder / name
    if exact.is_file():
        return exact
    if not folder.is_dir():
        return None
    same = sorted(path for path in folder.iterdir() if path.name.lower() == name.lower() and path.is_file())
    return same[0] if same else None
