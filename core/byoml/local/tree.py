"""The tree under `/opt/ml`, for one host of a job, as the platform lays it out (contract/training 1.2 to 1.4)."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from byoml.environment.paths import ContainerPaths
from byoml.errors import SettingError, SourceError
from byoml.source.entry_point import LEFT_OUT
from byoml.source.fetch import unpack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from byoml.local.values import EndpointSpec, JobSpec

__all__ = [
    "INSTANCE_TYPE",
    "METRICS",
    "Site",
    "build_endpoint",
    "build_job",
    "check_data",
    "check_job",
    "check_name",
    "check_source",
    "lay_code",
    "lay_data",
    "place_of",
    "resource_config",
]

METRICS = "output/metrics/sagemaker"

_GROUP = "homogeneousCluster"
INSTANCE_TYPE = "local"
_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9.\-_]{1,64}")


class Site(NamedTuple):
    """What a host finds around it.

    Args:
        hosts: All hosts, sorted as text, as the platform sorts them.
        interface: The network interface that they reach each other on.
        links: Whether its tree may link to the user's data; else there are places to mount them at.
    """

    hosts: tuple[str, ...]
    interface: str = "lo"
    links: bool = True


def check_job(spec: JobSpec) -> None:
    """Find what is wrong with a job before anything is written, or an earlier result replaced.

    Args:
        spec: The job.

    Raises:
        SettingError: A channel's name or path is not possible.
        SourceError: There is no such source.
    """
    for name, data in spec.channels.items():
        check_data("channel", name, data)
    check_source(spec.source)


def check_data(kind: str, name: str, data: Path) -> None:
    check_name(kind, name)
    if not data.exists():
        raise SettingError(f"{kind} {name!r}", str(data), "a file or folder that exists")


def check_name(kind: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise SettingError(kind, name, "a name of 1 to 64 letters, digits, '.', '-' or '_'")


def check_source(source: Path | None) -> None:
    if source is not None and not source.exists():
        raise SourceError(str(source), "there is no such folder or archive")


def build_job(base: Path, host: str, site: Site, spec: JobSpec) -> ContainerPaths:
    """Build one host's tree.

    Args:
        base: Its root, which does not exist yet.
        host: The host.
        site: What it finds around it.
        spec: The job, checked; its code is copied.

    Returns:
        The tree's paths.

    Raises:
        SourceError: The source is no archive.
    """
    paths = ContainerPaths(base)
    for folder in (paths.input_config, paths.input_data, paths.model, paths.output_data, base / METRICS):
        folder.mkdir(parents=True, exist_ok=True)
    _write_config(paths, "hyperparameters.json", spec.hyperparameters)
    _write_config(paths, "resourceconfig.json", resource_config(host, site))
    _write_config(paths, "inputdataconfig.json", {name: _channel_config() for name in spec.channels})
    for name, data in spec.channels.items():
        lay_data(paths.input_data, name, data, link=site.links)
    lay_code(paths.code, spec.source, spec.entry_point, leave_out=(spec.output,))
    return paths


def build_endpoint(base: Path, spec: EndpointSpec) -> ContainerPaths:
    """Build an endpoint's tree; the model is copied or unpacked, so that the server may write beside it.

    Args:
        base: Its root.
        spec: The endpoint.

    Returns:
        The tree's paths.

    Raises:
        SettingError: There is no such model.
        SourceError: The model or the source is no archive.
    """
    paths = ContainerPaths(base)
    if spec.model.is_dir():
        shutil.copytree(spec.model, paths.model, ignore=shutil.ignore_patterns("__pycache__"))
    elif spec.model.is_file():
        unpack(spec.model, paths.model)
    else:
        raise SettingError("MODEL", str(spec.model), "a folder or a model.tar.gz that exists")
    lay_code(paths.code, spec.source, spec.entry_point)
    return paths


def resource_config(host: str, site: Site) -> dict[str, object]:
    """Make `resourceconfig.json`, with the keys that it has on the platform today."""
    group = {"instance_group_name": _GROUP, "instance_type": INSTANCE_TYPE, "hosts": list(site.hosts)}
    return {
        "current_host": host,
        "current_instance_type": INSTANCE_TYPE,
        "current_group_name": _GROUP,
        "hosts": list(site.hosts),
        "instance_groups": [group],
        "network_interface_name": site.interface,
    }


def lay_code(code: Path, source: Path | None, entry_point: str | None, leave_out: Iterable[Path] = ()) -> None:
    """Copy the user's code into the tree.

    Args:
        code: The tree's code folder.
        source: A folder or an archive; None: the entry point's file alone, if one is named.
        entry_point: The entry point, as named.
        leave_out: Folders that are not part of the source, even where they lie in it.

    Raises:
        SourceError: It is no archive.
    """
    if source is None:
        if entry_point is not None and Path(entry_point).is_file():
            code.mkdir(parents=True)
            shutil.copy(entry_point, code)
    elif source.is_dir():
        shutil.copytree(source, code, ignore=_without(leave_out), ignore_dangling_symlinks=True)
    else:
        unpack(source, code)


def _without(folders: Iterable[Path]) -> Callable[[str, list[str]], set[str]]:
    ours = {folder.resolve() for folder in folders}

    def left_out(folder: str, names: list[str]) -> set[str]:
        return {name for name in names if name in LEFT_OUT or (Path(folder) / name).resolve() in ours}

    return left_out


def _write_config(paths: ContainerPaths, name: str, content: Mapping[str, object]) -> None:
    (paths.input_config / name).write_text(json.dumps(content), encoding="utf-8")


def _channel_config() -> dict[str, str]:
    return {"TrainingInputMode": "File", "S3DistributionType": "FullyReplicated", "RecordWrapperType": "None"}


def lay_data(data_dir: Path, name: str, data: Path, *, link: bool = True) -> None:
    """Link a folder of the user's, or a folder that holds a file of the user's, into the tree; or make places."""
    if data.is_dir() and link:
        (data_dir / name).symlink_to(data.resolve())
        return
    (data_dir / name).mkdir()
    if data.is_dir():
        return
    if link:
        (data_dir / name / data.name).symlink_to(data.resolve())
    else:
        (data_dir / name / data.name).touch()


def place_of(name: str, data: Path) -> str:
    """Tell where an input stands in its folder of the tree: itself, or as the only file of a folder."""
    return name if data.is_dir() else f"{name}/{data.name}"
