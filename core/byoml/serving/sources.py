"""What one model is loaded from: its folder, its framework, its code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from byoml.source.entry_point import Named, find
from byoml.source.fetch import fetch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from byoml.environment.serving_env import ServingEnv
    from byoml.plugin.framework import Framework
    from byoml.source.entry_point import EntryPoint

__all__ = ["Source", "entry_point_in", "submitted"]

_DEFAULT = "inference.py"
_VARIABLES = ("BYOML_SERVE_PROGRAM", "SAGEMAKER_PROGRAM")


@dataclass(frozen=True)
class Source:
    """One model before it is loaded.

    Args:
        model_dir: Its folder.
        framework: Whose functions stand where the user has none.
        entry_point: The user's module, None where the framework's functions stand alone.
    """

    model_dir: Path
    framework: Framework
    entry_point: EntryPoint | None

    @property
    def script(self) -> Path | None:
        return self.entry_point.code_dir / self.entry_point.name if self.entry_point else None


def entry_point_in(env: ServingEnv, folders: Sequence[Path]) -> EntryPoint | None:
    """Find the user's module.

    Args:
        env: What the container is told.
        folders: Where to look, the one that wins first.

    Returns:
        It, None where there is none.

    Raises:
        EntryPointMissingError: A variable names one that is in none of the folders.
    """
    said = [Named(env.environ[name], name) for name in _VARIABLES if env.environ.get(name)]
    return find([*said, Named(_DEFAULT)], folders)


def submitted(env: ServingEnv) -> list[Path]:
    """Bring the submit directory here.

    A folder is used where it lies; an archive is unpacked over the code folder, which is looked at anyway.

    Args:
        env: What the container is told.

    Returns:
        The folder, none where no submit directory is named.

    Raises:
        SourceError: It is absent, or of an unknown kind.
    """
    uri = env.submit_directory
    if uri is None:
        return []
    if Path(uri).is_dir():
        return [Path(uri)]
    fetch(uri, env.paths.code, env.environ)
    return [env.paths.code]
