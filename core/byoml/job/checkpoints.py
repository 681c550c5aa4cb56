"""Checkpoints that survive a stop at any moment: `byoml.checkpoints`.

The platform mirrors the checkpoint folder to S3 while the job runs, and puts it back before a restart. So a checkpoint
appears under its name only when it is whole, and one that came back torn is passed over.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from byoml.environment.checkpoint_config import CheckpointConfig
from byoml.environment.paths import ContainerPaths
from byoml.errors import SettingError
from byoml.job.errors import NothingSavedError
from byoml.job.identity import identity
from byoml.job.manifest import IGNORED, Manifest, measure, sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from byoml.job.identity import Identity

__all__ = ["Checkpoint", "directory", "found", "latest", "save"]

_log = logging.getLogger("byoml.job")
_warned_of: set[str] = set()
_AGENTS = ".sagemaker-"


@dataclass(frozen=True)
class Checkpoint:
    """A whole checkpoint.

    Args:
        path: The file or folder.
        step: The step it was saved at.
        host: The host that saved it.
        rank: The rank that saved it, None where there are no ranks.
    """

    path: Path
    step: int
    host: str
    rank: int | None


def directory(environ: Mapping[str, str] = os.environ) -> Path:
    """Give the folder that the platform keeps, as checkpointconfig.json says, else `/opt/ml/checkpoints`.

    Args:
        environ: Where `SAGEMAKER_BASE_DIR` is looked for.

    Returns:
        The folder; it is made where it does not exist.

    Raises:
        UnreadableConfigFileError: checkpointconfig.json does not parse.
    """
    config = CheckpointConfig.read(ContainerPaths.from_environ(environ))
    if config.matches_siblings and config.s3_uri and config.s3_uri not in _warned_of:
        _warned_of.add(config.s3_uri)
        _log.warning(
            "the checkpoints' S3Uri %s has no slash at its end, so it also brings what lies under prefixes that begin "
            "with it, such as %s2/; put a slash at its end",
            config.s3_uri,
            config.s3_uri,
        )
    config.folder.mkdir(parents=True, exist_ok=True)
    return config.folder


def save(
    name: str,
    write: Callable[[Path], object],
    *,
    step: int,
    keep: int | None = 3,
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """Save a checkpoint, whole or not at all.

    Args:
        name: A file name such as `model.npz`; host, rank and step are put in before its suffix.
        write: Gets a path that ends with the name's suffix, and writes a file or a folder there.
        step: A whole number of at least 0.
        keep: How many checkpoints of this name to keep of this host and rank, the last ones saved; None for all.
        environ: Where host, rank and folder are looked for.

    Returns:
        Where it is.

    Raises:
        SettingError: The name, the step or `keep` is not possible.
        NothingSavedError: The function wrote nothing at its path.
        OSError: The disk is full or fails; earlier checkpoints stay.
    """
    _check(name, step, keep)
    folder, who = directory(environ), identity(environ)
    target = folder / _file_name(name, who, step)
    staging = folder / f"{target.name}.{os.getpid()}{IGNORED}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir()
    try:
        part = staging / target.name
        write(part)
        if not part.exists():
            raise NothingSavedError(part, (path.name for path in staging.iterdir()))
        manifest = Manifest(name, step, who.host, who.rank, time.time(), measure(part))
        _remove(target)
        part.rename(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    sync(folder)
    manifest.write(target)
    _prune(folder, name, who, keep)
    return target


def latest(
    name: str,
    *,
    own: bool = False,
    validate: Callable[[Path], object] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Checkpoint | None:
    """Find the checkpoint to go on from: the first of `found`.

    Args:
        name: As given to `save`.
        own: As in `found`.
        validate: As in `found`.
        environ: As in `found`.

    Returns:
        The checkpoint, None where there is none.
    """
    return next(found(name, own=own, validate=validate, environ=environ), None)


def found(
    name: str,
    *,
    own: bool = False,
    validate: Callable[[Path], object] | None = None,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Checkpoint]:
    """Find checkpoints that are whole, the highest step first; those that are torn are passed over with a warning.

    Args:
        name: As given to `save`.
        own: Whether only those of this host and rank count, as where every rank saves a part of its own; else any do,
            this host's and rank's first among equal steps.
        validate: Looks at a path; one where it raises, or returns False, is passed over too.
        environ: Where host, rank and folder are looked for.

    Yields:
        The checkpoints.
    """
    who = identity(environ)
    listed = [(path, manifest) for path, manifest in Manifest.all_in(directory(environ)) if manifest.name == name]
    listed.sort(key=lambda item: (-item[1].step, not _is_of(item[1], who), item[1].rank or 0, item[1].host))
    for path, manifest in listed:
        if own and not _is_of(manifest, who):
            continue
        fault = manifest.fault(path) or _judged(path, validate)
        if fault:
            _log.warning("checkpoint %s is not whole, and is passed over: %s", path, fault)
        else:
            yield Checkpoint(path, manifest.step, manifest.host, manifest.rank)


def _is_of(manifest: Manifest, who: Identity) -> bool:
    return (manifest.host, manifest.rank) == who


def _judged(path: Path, validate: Callable[[Path], object] | None) -> str | None:
    if validate is None:
        return None
    try:
        return "validate returned False" if validate(path) is False else None
    except Exception as error:  # noqa: BLE001  whatever the user's function finds
        return f"{type(error).__name__}: {error}"


def _check(name: str, step: int, keep: int | None) -> None:
    if not name or name != PurePath(name).name or name.startswith(".") or _AGENTS in name:
        raise SettingError("name of a checkpoint", name, f"a plain file name, without {_AGENTS!r} in it")
    if step < 0:
        raise SettingError("step of a checkpoint", step, "a whole number of at least 0")
    if keep is not None and keep < 1:
        raise SettingError("keep of a checkpoint", keep, "at least 1, or None for all")


def _file_name(name: str, who: Identity, step: int) -> str:
    """Put in who saved it, as one S3 prefix serves all hosts."""
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    host = who.host.replace("/", "_")
    return "-".join([stem, host, *([] if who.rank is None else [f"rank{who.rank}"]), f"{step:09d}"]) + suffix


def _remove(path: Path) -> None:
    """Remove a checkpoint, its manifest first: without it, what is left counts no more."""
    Manifest.beside(path).unlink(missing_ok=True)
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _prune(folder: Path, name: str, who: Identity, keep: int | None) -> None:
    """Keep the last ones by time: after a start from scratch the steps of an earlier run are higher."""
    _remove_abandoned(folder, name, who)
    if keep is None:
        return
    ours = [item for item in Manifest.all_in(folder) if item[1].name == name and _is_of(item[1], who)]
    ours.sort(key=lambda item: (item[1].saved_at, item[1].step))
    for path, _ in ours[:-keep]:
        _remove(path)


def _remove_abandoned(folder: Path, name: str, who: Identity) -> None:
    """Remove what a process that ended in the middle of saving has left."""
    begin = _file_name(name, who, 0).removesuffix(PurePath(name).suffix)[:-9]
    for path in folder.glob(f"*{IGNORED}"):
        said = path.name.removesuffix(IGNORED).rpartition(".")[2]
        if path.name.startswith(begin) and said.isdecimal() and not Path(f"/proc/{said}").exists():
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
